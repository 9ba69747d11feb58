"""Where one can go from a row of the timeline: to its request, its answer, its finding, the next error."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from inspector.record.rows import ANSWER_KINDS, ERROR, WARN, RowKind
from inspector.record.timeline import Timeline

_ASKING = frozenset({RowKind.REQUEST, RowKind.HTTP_REQUEST})
MOST_WARNINGS = 2_000
_MOST_STEPS = 64
"""No chain of "is about" is that long; a hostile recording's may be."""


def row_showing(timeline: Timeline, n: int) -> int | None:
    """The row of event `n`, or that of the next event that has one: a chunk has none, but what it brought has."""
    row = bisect_left(timeline.numbers, n)
    return row if row < len(timeline.numbers) else None


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


def place_of(codes: bytes, code: int, start: int | None, *, forward: bool) -> int | None:
    """Where `code` stands next behind (or before) the place `start`, around the end; None if nowhere."""
    wanted = bytes((code,))
    if forward:
        found = -1 if start is None else codes.find(wanted, start + 1)
        found = codes.find(wanted) if found < 0 else found
    else:
        found = -1 if start is None else codes.rfind(wanted, 0, start)
        found = codes.rfind(wanted) if found < 0 else found
    return None if found < 0 else found


def failure_place(codes: bytes, start: int | None, is_failure: Callable[[int], bool], *, forward: bool) -> int | None:
    """Where the next error stands, or the next warning that `is_failure` says is one, as `place_of` goes.

    Only the nearest warnings are asked about, as that may mean to read them.
    """
    found = place_of(codes, ERROR, start, forward=forward)
    steps = len(codes) + 1 if found is None else _steps(found, start, len(codes), forward=forward)
    place, done = start, -1
    for _ in range(MOST_WARNINGS):
        place = place_of(codes, WARN, place, forward=forward)
        if place is None:
            break
        before, done = done, _steps(place, start, len(codes), forward=forward)
        if not before < done < steps:  # once around, or the error comes first
            break
        if is_failure(place):
            return place
    return found


def _steps(place: int, start: int | None, count: int, *, forward: bool) -> int:
    if forward:
        return (place - (-1 if start is None else start) - 1) % count
    return ((count if start is None else start) - place - 1) % count


def _first(timeline: Timeline, rows: Iterable[int], wanted: Iterable[int]) -> int | None:
    return next((row for row in rows if timeline.kinds[row] in wanted), None)
