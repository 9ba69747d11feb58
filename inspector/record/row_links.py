"""Where one can go from a row of the timeline: to its request, its answer, its finding, the next error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from inspector.record.rows import ANSWER_KINDS, RowKind
from inspector.record.timeline import Timeline

_ASKING = frozenset({RowKind.REQUEST, RowKind.HTTP_REQUEST})
_MOST_STEPS = 64
"""No chain of "is about" is that long; a hostile recording's may be."""


def request_of(timeline: Timeline, row: int) -> int | None:
    """The request that `row` belongs to, of JSON-RPC or else of HTTP; None for a request itself."""
    above, steps = timeline.root(row), 0
    while above is not None and steps < _MOST_STEPS:
        if timeline.kinds[above] in _ASKING:
            return above
        above, steps = timeline.root(above), steps + 1
    if timeline.kinds[row] in _ASKING or not timeline.streams[row]:
        return None
    opened = timeline.http_rows(timeline.streams[row])
    return opened[0] if opened and opened[0] != row else None


def answer_of(timeline: Timeline, row: int) -> int | None:
    """What answered the request that `row` is or belongs to; None for an answer itself, and where there is none."""
    request = row if timeline.kinds[row] in _ASKING else request_of(timeline, row)
    if request is None:
        return None
    is_http = timeline.kinds[request] == RowKind.HTTP_REQUEST
    wanted = {RowKind.HTTP_RESPONSE, RowKind.HTTP_END} if is_http else ANSWER_KINDS
    answer = _first(timeline, timeline.followers(request), wanted)
    return answer if answer != row else None


def finding_of(timeline: Timeline, row: int) -> int | None:
    """The violation seen in `row`; from a violation the next one of the same row, or back to that row."""
    violation = {RowKind.VIOLATION}
    if timeline.kinds[row] != RowKind.VIOLATION:
        return _first(timeline, timeline.followers(row), violation)
    about = timeline.root(row)
    if about is None:
        return None
    later = _first(timeline, (other for other in timeline.followers(about) if other > row), violation)
    return about if later is None else later


def rows_with(timeline: Timeline, severity: int, row: int | None, *, forward: bool) -> Iterator[int]:
    """The rows of that severity behind (or before) `row`, nearest first, then on around the end."""
    codes, wanted = timeline.severities.tobytes(), bytes((severity,))
    if forward:
        start = 0 if row is None else row + 1
        yield from _ascending(codes, wanted, start, len(codes))
        yield from _ascending(codes, wanted, 0, start)
    else:
        end = len(codes) if row is None else row
        yield from _descending(codes, wanted, 0, end)
        yield from _descending(codes, wanted, end, len(codes))


def _ascending(codes: bytes, wanted: bytes, start: int, end: int) -> Iterator[int]:
    while (start := codes.find(wanted, start, end) + 1) > 0:
        yield start - 1


def _descending(codes: bytes, wanted: bytes, start: int, end: int) -> Iterator[int]:
    while (end := codes.rfind(wanted, start, end)) >= 0:
        yield end


def _first(timeline: Timeline, rows: Iterable[int], wanted: Iterable[int]) -> int | None:
    return next((row for row in rows if timeline.kinds[row] in wanted), None)
