"""A resume test told for a bug report: what became of each cut."""

from __future__ import annotations

from io import BytesIO

from inspector.record.formats.markdown import Report, Table, write_markdown
from inspector.record.text import counted, duration
from inspector.session.resume_bench import BenchPlan, BenchReport, Cut

_NOTHING = "–"
_COLUMNS = (
    "Cut after",
    "Came",
    "Lost",
    "Twice",
    "Disorder",
    "Extra",
    "Resumed from",
    "HTTP",
    "Asked",
    "Used",
    "Verdict",
)


def as_markdown(report: BenchReport, plan: BenchPlan, subject: str, server: str = "") -> str:
    """The verdict, how it was found, and a row for each cut."""
    where = "in the middle of an event" if plan.mid_event else "between events"
    facts = [
        ("Address", subject),
        ("Server", server),
        (
            "Call",
            f"{plan.tool}: once whole, then cut {counted(len(report.cuts), 'time')} by {plan.how.upper()}, {where}",
        ),
        ("Whole run", f"{counted(len(report.whole.got), 'event')}, {_begins(report)}"),
        ("Outcome", report.words),
    ]
    table = Table("Cuts", _COLUMNS, [_cells(cut) for cut in report.cuts], frozenset({0, 1, 2, 3, 4, 5, 8, 9}))
    out = BytesIO()
    write_markdown(Report("Resume test", [fact for fact in facts if fact[1]], [table]), out)
    return out.getvalue().decode()


def _begins(report: BenchReport) -> str:
    return "begins with a priming event" if report.whole.was_primed else "begins without a priming event"


def _cells(cut: Cut) -> list[str]:
    found, run = cut.difference, cut.run
    counts = (cut.place, len(run.got), found.lost, found.duplicated, found.reordered, found.extra)
    asked, used = ((_NOTHING if ms is None else duration(ms)) for ms in (run.asked_ms, run.delay_ms))
    ids, statuses = " → ".join(run.resumed_from), " ".join(map(str, run.statuses))
    return [*(f"{count:,}" for count in counts), ids or _NOTHING, statuses or _NOTHING, asked, used, cut.words]
