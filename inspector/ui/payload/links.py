"""The other events an event has to do with, as a line of links."""

from __future__ import annotations

from inspector.record.rows import ANSWER_KINDS, HTTP_KINDS, RowKind
from inspector.record.text import counted, duration
from inspector.record.timeline import Timeline
from inspector.ui import theme

_ARROW = " ⇄ "
_NOTES = frozenset({RowKind.NOTIFICATION, RowKind.TOOL_STEP})


def links(timeline: Timeline, row: int) -> str:
    """Markup whose links are event numbers; the row itself is bold. Empty if nothing is linked."""
    root = timeline.root(row)
    start = row if root is None or timeline.kinds[row] == RowKind.VIOLATION else root
    followers = timeline.followers(start)
    parts = [_http(timeline, row, start, followers)] if timeline.kinds[start] in HTTP_KINDS else []
    if timeline.kinds[start] == RowKind.REQUEST:
        parts = [_exchange(timeline, row, start, followers), _progress(timeline, row, followers)]
    elif root is not None and not parts:
        parts = [f"{_link(timeline, row, row)} about {_link(timeline, root, row)}"]
    findings = [follower for follower in timeline.followers(row) if timeline.kinds[follower] == RowKind.VIOLATION]
    parts += [_link(timeline, finding, row) for finding in findings[:5]]
    parts.append(_carrier(timeline, row))
    return " &nbsp;·&nbsp; ".join(part for part in parts if part)


def _link(timeline: Timeline, target: int, row: int) -> str:
    said = f"{timeline.kind_word(target)} #{timeline.numbers[target]:,}"
    said = said[0].upper() + said[1:]
    if target == row:
        return f"<b>{said}</b>"
    return f'<a href="{timeline.numbers[target]}" style="color:{theme.colors().accent}">{said}</a>'


def _exchange(timeline: Timeline, row: int, request: int, followers: list[int]) -> str:
    answers = [follower for follower in followers if timeline.kinds[follower] in ANSWER_KINDS]
    if not answers:
        return f"{_link(timeline, request, row)}{_ARROW}no answer yet"
    took = timeline.latencies_ms[answers[0]]
    after = f" ({duration(took)})" if took == took else ""  # noqa: PLR0124 - NaN stands for none
    return (
        _link(timeline, request, row) + _ARROW + ", ".join(_link(timeline, answer, row) for answer in answers) + after
    )


def _progress(timeline: Timeline, row: int, followers: list[int]) -> str:
    notes = [follower for follower in followers if timeline.kinds[follower] in _NOTES]
    if not notes:
        return ""
    first, last = _link(timeline, notes[0], row), _link(timeline, notes[-1], row)
    said = counted(len(notes), "step" if timeline.kinds[notes[0]] == RowKind.TOOL_STEP else "notification")
    return f"{said}: {first}" if len(notes) == 1 else f"{said}: {first} … {last}"


def _http(timeline: Timeline, row: int, start: int, followers: list[int]) -> str:
    chain = [start, *(follower for follower in followers if timeline.kinds[follower] in HTTP_KINDS)]
    return " → ".join(_link(timeline, member, row) for member in chain)


def _carrier(timeline: Timeline, row: int) -> str:
    """The HTTP exchange that carried a message."""
    rows = timeline.http_rows(timeline.streams[row])
    if not rows or row in rows:
        return ""
    return f"on {timeline.lane_name(timeline.streams[row])}: {_link(timeline, rows[0], row)}"
