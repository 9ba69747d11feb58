"""What lanes say: titles, tips, and the sentence for those who do not see them. No Qt."""

from __future__ import annotations

from inspector.record.lanes import CONNECTION, NEVER, LaneFacts, Lanes
from inspector.record.rows import WARN, RowKind
from inspector.record.text import calendar, counted, duration, plain
from inspector.record.timeline import OUTBOUND, Timeline
from inspector.ui.models.timeline_cells import DIRECTION_SIGNS, SEVERITY_SIGNS, SEVERITY_WORDS

_TITLE_CHARS = 80
_LABEL_CHARS = 160
_FIRST_ROWS = 4
_MESSAGES = frozenset({RowKind.REQUEST, RowKind.NOTIFICATION, RowKind.RESPONSE, RowKind.ERROR})


def title(timeline: Timeline, lanes: Lanes, lane: int) -> tuple[str, str, str]:
    """The sign of a lane with problems, what the lane is called, and what its stream was for: a tool by its name."""
    facts = lanes.facts(lane)
    sign = SEVERITY_SIGNS[facts.severity] if facts.severity >= WARN else ""
    if lane == CONNECTION:
        return sign, "Connection", ""
    name = plain(timeline.lane_name(facts.stream), _TITLE_CHARS)
    return sign, name, subject(timeline, lanes, lane) or _purpose(timeline, facts.first_row)


def subject(timeline: Timeline, lanes: Lanes, lane: int) -> str:
    """The tool, prompt or URI that a stream was opened for, if its first rows name one."""
    rows = lanes.rows(lane)[:_FIRST_ROWS]
    asked = (row for row in rows if timeline.kinds[row] == RowKind.REQUEST and timeline.directions[row] == OUTBOUND)
    return plain(next((name for row in asked if (name := timeline.name(row))), ""), _TITLE_CHARS)


def _purpose(timeline: Timeline, row: int) -> str:
    """What the first row of a stream was for; without a word for it, the method of the message that opened it."""
    said = timeline.name(row)
    if not said and timeline.kinds[row] in _MESSAGES:
        said = timeline.label(row)
    return plain(said, _TITLE_CHARS)


def row_tip(timeline: Timeline, row: int) -> str:
    """One row: what it is, and exactly when it was."""
    severity = timeline.severities[row]
    worth = f" · {SEVERITY_WORDS[severity]}" if severity else ""
    label = plain(f"{timeline.label(row)} {timeline.name(row)}".strip(), _LABEL_CHARS)
    sign = DIRECTION_SIGNS[timeline.directions[row]]
    first = f"#{timeline.numbers[row]:,} {sign} {timeline.kind_word(row)} {label}{worth}"
    return f"{' '.join(first.split())}\n{_moment(timeline, row, timeline.monotonic_ns[row])}"


def lane_tip(timeline: Timeline, lanes: Lanes, lane: int, now_ns: int) -> str:
    """A lane as a whole: how far its stream came, and how it ended."""
    facts = lanes.facts(lane)
    rows = counted(facts.row_count, "row")
    if lane == CONNECTION:
        return f"Connection: states, attempts and what belongs to no stream\n{rows}"
    purpose = _purpose(timeline, facts.first_row)
    names = (plain(timeline.lane_name(facts.stream), _TITLE_CHARS), purpose, subject(timeline, lanes, lane))
    lines = [" · ".join(filter(None, names))]
    lines.append(f"sent {_moment(timeline, facts.first_row, facts.sent_ns)}")
    for word, at_ns in (("headers", facts.headers_ns), ("first event", facts.first_ns)):
        lines.append(f"{word} after {_after(facts, at_ns)}" if at_ns != NEVER else f"no {word} yet")
    if facts.end_ns == NEVER:
        lines = [line.replace("no headers yet", "headers awaited") for line in lines]
        lines.append(f"open for {_after(facts, now_ns)}")
    else:
        lines = [line.removesuffix(" yet") for line in lines]
        lines.append(f"ended after {_after(facts, facts.end_ns)}: {plain(timeline.label(facts.end_row), _LABEL_CHARS)}")
    worst = f", worst: {SEVERITY_WORDS[facts.severity]}" if facts.severity else ""
    return "\n".join((*lines, f"{rows}{worst}"))


def overview(lanes: Lanes, shown_ns: int) -> str:
    """How many lanes there are and how much time is in sight."""
    parts = [counted(len(lanes) - 1, "stream"), f"{len(lanes.open):,} open", counted(lanes.findings, "finding")]
    return f"{', '.join(parts)}; {duration(shown_ns / 1e6)} in sight."


def _after(facts: LaneFacts, at_ns: int) -> str:
    return duration(max(0, at_ns - facts.sent_ns) / 1e6)


def _moment(timeline: Timeline, row: int, at_ns: int) -> str:
    """A time on the clock and since the start; `row` is one whose clock time is known."""
    stamps = timeline.monotonic_ns
    clock = calendar(timeline.at[row] + (at_ns - stamps[row]) / 1e9).rpartition(" ")[2]
    return f"{clock} (+{(at_ns - stamps[0]) / 1e9:,.6f} s)"
