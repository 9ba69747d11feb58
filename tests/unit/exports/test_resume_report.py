"""A resume test as a page for a bug report."""

from __future__ import annotations

from inspector.exports.resume_report import as_markdown
from inspector.session.calls import Answer
from inspector.session.resume_bench import BenchPlan, BenchReport, Cut, Run
from inspector.session.resume_compare import Difference, Got


def run(**facts: object) -> Run:
    found = Run(Answer(True, "tools/call"), got=[Got("a", "a"), Got("b", "b")], was_primed=True)
    for name, value in facts.items():
        setattr(found, name, value)
    return found


def test_each_cut_has_a_row() -> None:
    lossy = run(resumed_from=["s/1", "s/2"], statuses=[200, 200], asked_ms=250, delay_ms=260.0, got=[Got("a", "a")])
    cuts = (
        Cut(1, lossy, Difference(lost=1), False, "Of 2 events: 1 lost."),
        Cut(2, run(), Difference(), True, "Nothing lost, nothing twice."),
    )
    page = as_markdown(
        BenchReport(run(), cuts), BenchPlan("steps", how="rst", mid_event=True), "http://a/mcp", "demo 1"
    )
    assert "| 1 | 1 | 1 | 0 | 0 | 0 | s/1 → s/2 | 200 200 | 250 ms | 260 ms | Of 2 events: 1 lost. |" in page
    assert "| 2 | 2 | 0 | 0 | 0 | 0 | – | – | – | – | Nothing lost, nothing twice. |" in page
    assert "1 of 2 cuts went wrong: 1 lost, 0 duplicated, 0 reordered." in page
    assert "cut 2 times by RST, in the middle of an event" in page and "begins with a priming event" in page


def test_what_the_peer_named_is_no_markup() -> None:
    cut = Cut(1, run(resumed_from=["|x|\n# y", "<b>"]), Difference(), True, "fine")
    page = as_markdown(BenchReport(run(), (cut,)), BenchPlan("a\n# b"), "http://a/mcp", "<i>server</i>")
    assert "\n# y" not in page and "\n# b" not in page and "<i>" not in page.replace("\\<i\\>", "")


def test_what_could_not_be_cut_says_why() -> None:
    report = BenchReport(run(was_primed=False), obstacle="No event has an id.")
    page = as_markdown(report, BenchPlan("steps"), "http://a/mcp")
    assert "No event has an id." in page and "without a priming event" in page and "Server" not in page
