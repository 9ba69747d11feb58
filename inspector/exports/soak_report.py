"""A soak told: in a line while it runs, and in the end for a person, for a bug report and for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from io import BytesIO
from typing import Any

from inspector.exports import availability_text
from inspector.exports.check_formats import finding_text, findings_markdown
from inspector.exports.soaking import SoakReport
from inspector.record.formats.markdown import Report, Table, write_markdown
from inspector.record.text import calendar, counted, duration, plain, size
from inspector.stats.latency import LatencyRow
from inspector.stats.resumption import MAX_RESUMPTIONS
from inspector.trace.events import Severity

_NAME_CHARS = 22
_NOTHING = "–"


def verdict(report: SoakReport) -> str:
    """The outcome in one sentence."""
    if report.error:
        return f"No connection stood: {report.error}"
    if not report.sessions:
        return "No connection stood."
    now = report.availability
    share = "" if report.uptime_share is None else f"up {availability_text.share(report.uptime_share)} of the time, "
    lasted = f"Held for {span(report.elapsed_s)}{_of_plan(report)}"
    trouble = ", ".join(_trouble(report)) or "nothing was lost"
    return f"{lasted}: {share}{counted(now.drops, 'drop')}; {trouble}."


def state_line(report: SoakReport) -> str:
    """How it goes, short enough for a line of a terminal."""
    now = report.availability
    parts = [f"{span(report.elapsed_s)} of {span(report.plan.for_s)}"]
    parts.append(
        "not connected yet" if report.uptime_share is None else f"up {availability_text.share(report.uptime_share)}"
    )
    parts.append(counted(now.drops, "drop"))
    if report.called is not None:
        answered = report.called.count - report.called.in_flight
        failed = report.failed_calls + report.lost_calls
        parts.append(f"{counted(answered, 'call')}, {failed:,} failed, p50 {_ms(report.called.p50_ms)}")
    parts.append(counted(report.events, "event"))
    if report.memory_end_bytes is not None:
        parts.append(size(report.memory_end_bytes))
    return " · ".join(parts)


def as_text(report: SoakReport) -> str:
    """For a terminal."""
    speaks = f" over {report.transport}" if report.transport else ""
    server = plain(f"{report.server}{speaks}", 200)
    lines = [f"Soak of {plain(report.subject, 400)}", *([server] if server else []), verdict(report)]
    sections = list(_sections(report))
    width = max(_NAME_CHARS, *(len(name) for _, facts in sections for name, _ in facts))
    for title, facts in sections:
        lines += ["", title.upper(), *(f"  {name:{width}} {value}" for name, value in facts)]
    lines += ["", "LATENCY", *_latency_lines(report)]
    lines += ["", "FINDINGS", *([finding_text(finding) for finding in report.findings] or ["  None."])]
    return "\n".join(lines) + "\n"


def as_markdown(report: SoakReport) -> str:
    """For a bug report."""
    facts = [("Server", report.server), ("Transport", report.transport), ("Outcome", verdict(report))]
    told = [fact for _, section in _sections(report) for fact in section]
    latency = Table("Latency", _COLUMNS, [_cells(row) for row in _rows(report)], frozenset(range(1, len(_COLUMNS))))
    causes = [[str(cause), f"{times:,}"] for cause, times in _causes(report)]
    tables = [Table("Drops by cause", ("Cause", "Drops"), causes, frozenset({1})), latency]
    sections = [("Findings", findings_markdown(report.findings))]
    out = BytesIO()
    write_markdown(Report(f"Soak of {report.subject}", [f for f in facts if f[1]] + told, tables, sections), out)
    return out.getvalue().decode()


def as_json(report: SoakReport) -> dict[str, Any]:
    """One JSON object; what was not measured is null."""
    now, plan = report.availability, report.plan
    return {
        "subject": report.subject,
        "server": report.server or None,
        "transport": report.transport or None,
        "protocol_version": report.protocol_version or None,
        "begun_at": report.begun_at_s,
        "elapsed_s": round(report.elapsed_s, 3),
        "plan": {
            "for_s": plan.for_s,
            "tool": plan.tool or None,
            "every_s": plan.every_s if plan.tool else None,
            "concurrency": plan.concurrency if plan.tool else None,
        },
        "whole": report.is_whole,
        "ok": is_good(report),
        "error": report.error or None,
        "sessions": report.sessions,
        "availability": {
            **availability_text.as_json(now),
            "uptime_share": report.uptime_share,
            "without_session_ms": report.apart_ms,
        },
        "resumptions": asdict(report.resumed),
        "latency": [asdict(row) for row in _rows(report)],
        "events": report.events,
        "bytes_received": report.bytes_received,
        "comments": report.comments,
        "memory": {
            "rss_start_bytes": report.memory_start_bytes,
            "rss_end_bytes": report.memory_end_bytes,
            "rss_most_bytes": report.memory_most_bytes,
        },
        "findings": [
            {"rule": each.rule, "severity": each.severity.value, "grade": each.grade, "title": each.title}
            for finding in report.findings
            for each in (finding, *finding.dependants)
        ],
    }


def is_good(report: SoakReport) -> bool:
    """Whether a connection stood, every call was answered well, no event was lost, and no finding is an error."""
    lost = report.failed_calls + report.lost_calls + report.resumed.lost
    return bool(report.sessions) and not report.error and not lost and Severity.ERROR not in _severities(report)


def _severities(report: SoakReport) -> Iterator[Severity]:
    return (each.severity for finding in report.findings for each in (finding, *finding.dependants))


def _of_plan(report: SoakReport) -> str:
    return "" if report.is_whole else f" of {span(report.plan.for_s)}"


def _trouble(report: SoakReport) -> Iterator[str]:
    if report.failed_calls:
        yield f"{counted(report.failed_calls, 'call')} failed"
    if report.lost_calls:
        yield f"{counted(report.lost_calls, 'call')} lost"
    for name in ("lost", "duplicated", "reordered"):
        if times := getattr(report.resumed, name):
            yield f"{counted(times, 'event')} {name}"
    if errors := list(_severities(report)).count(Severity.ERROR):
        yield f"{counted(errors, 'finding')} {'is an error' if errors == 1 else 'are errors'}"


def _sections(report: SoakReport) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    now, resumed = report.availability, report.resumed
    newest = " or more; the newest of them:" if resumed.times >= MAX_RESUMPTIONS else ""
    causes = [(f"  {cause}", f"{times:,}") for cause, times in _causes(report)]
    yield (
        "Availability",
        [
            ("Begun", calendar(report.begun_at_s)[:19]),
            ("Uptime", _NOTHING if report.uptime_share is None else availability_text.share(report.uptime_share)),
            ("Up", duration(now.up_ms)),
            ("Down", duration(now.down_ms) if now.down_ms else "never"),
            ("Drops", f"{now.drops:,}"),
            *causes,
            *_own_drops(report),
            ("Time between drops", _mean(now.mean_time_between_drops_ms)),
            ("Downtime of a drop", _mean(now.mean_downtime_ms, now.longest_downtime_ms)),
            ("Worst silence", _ms(now.worst_silence_ms)),
            ("Reconnect storms", f"{len(now.storms):,}"),
            ("Sessions begun", f"{report.sessions:,}, {counted(report.connect_failures, 'attempt')} failed"),
        ],
    )
    yield "Calls and events", [*_call_facts(report), *_event_facts(report)]
    yield (
        "Resumptions",
        [
            ("Streams resumed", f"{resumed.times:,}{newest}"),
            ("Events replayed", f"{resumed.replayed:,}"),
            ("Lost", f"{resumed.lost:,}"),
            ("Duplicated", f"{resumed.duplicated:,}"),
            ("Reordered", f"{resumed.reordered:,}"),
        ],
    )
    yield "Memory of the inspector", list(_memory_facts(report))


def _own_drops(report: SoakReport) -> Iterator[tuple[str, str]]:
    """What blames nobody is counted apart, and named only where it happened."""
    now = report.availability
    if report.apart_ms:
        yield "Without a session", duration(report.apart_ms)
    if now.drops_by_us:
        yield "Dropped by us", f"{now.drops_by_us:,}, down {duration(now.down_by_us_ms)}"
    if now.drops_by_sleep:
        yield "This machine slept", f"{counted(now.drops_by_sleep, 'time')}, down {duration(now.down_by_sleep_ms)}"
    if now.polls:
        yield "Ends as asked for", f"{now.polls:,}"


def _call_facts(report: SoakReport) -> Iterator[tuple[str, str]]:
    row, plan = report.called, report.plan
    if row is None:
        yield "Calls", "none; the connection alone was watched" if not plan.tool else "none was sent"
        return
    at_once = f", {plan.concurrency:,} at once" if plan.concurrency > 1 else ""
    yield "Calls", f"{row.count:,} of {plain(plan.tool, 80)}, every {span(plan.every_s)}{at_once}"
    yield "Errors", f"{row.errors:,}"
    yield "Lost", f"{row.lost:,}"
    yield "Timed out", f"{row.timed_out:,}"
    if row.cancelled:
        yield "Cancelled at the end", f"{row.cancelled:,}"


def _event_facts(report: SoakReport) -> Iterator[tuple[str, str]]:
    yield "Events", f"{report.events:,}"
    yield "Heartbeats", f"{report.comments:,}"
    yield "Received", size(report.bytes_received)


def _memory_facts(report: SoakReport) -> Iterator[tuple[str, str]]:
    for name, held_bytes in (
        ("At the start", report.memory_start_bytes),
        ("At the end", report.memory_end_bytes),
        ("At most", report.memory_most_bytes),
    ):
        yield name, _NOTHING if held_bytes is None else size(held_bytes)


_COLUMNS = ("Method", "Count", "Errors", "Lost", "p50", "p95", "p99", "max", "First event p50")


def _rows(report: SoakReport) -> list[LatencyRow]:
    called = [report.called] if report.called else []
    return [*called, report.total] if report.total.count else called


def _cells(row: LatencyRow) -> list[str]:
    times = (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms, row.ttfe_p50_ms)
    return [plain(row.key, 60), f"{row.count:,}", f"{row.errors:,}", f"{row.lost:,}", *map(_ms, times)]


def _latency_lines(report: SoakReport) -> list[str]:
    table = [list(_COLUMNS), *(_cells(row) for row in _rows(report))]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    pads: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(widths) - 1)]
    return ["  " + "  ".join(p(cell, w) for p, cell, w in zip(pads, line, widths, strict=True)) for line in table]


def _causes(report: SoakReport) -> list[tuple[str, int]]:
    return [(str(cause), times) for cause, times in report.availability.drops_by_cause]


def _mean(value_ms: float | None, longest_ms: float | None = None) -> str:
    if value_ms is None:
        return _NOTHING
    at_most = "" if longest_ms is None else f", {duration(longest_ms)} at most"
    return f"{duration(value_ms)} on average{at_most}"


def span(seconds: float) -> str:
    """A time that is planned or goes on, as coarse as one reads it: `30 s`, `15 min`, `8 h`, `2 h 30 min`."""
    if seconds < 60:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest_s = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest_s:02} s".removesuffix(" 00 s")
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min".removesuffix(" 00 min")


def _ms(value: float | None) -> str:
    return _NOTHING if value is None else duration(value)
