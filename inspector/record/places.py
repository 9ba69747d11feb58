"""A place in the timeline as one types it: an event number, a time of day, or seconds since the start."""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import datetime, time

from inspector.record.timeline import Timeline

HINT = "1234, 12:03:04.5 or +3.2"
_NUMBER = re.compile(r"#?\s*(\d[\d,]{0,18})")
_SINCE_START = re.compile(r"\+\s*(\d{1,12}(?:\.\d{1,9})?)\s*s?")
_TIME_OF_DAY = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?")


class PlaceError(ValueError):
    """The sentence to show."""


def row_at(timeline: Timeline, place: str) -> int:
    """The row there, or the next one behind; `PlaceError` if that is nowhere."""
    if not len(timeline):
        raise PlaceError("There is no event yet.")
    place = place.strip()
    if found := _NUMBER.fullmatch(place):
        return _row_of_number(timeline, int(found[1].replace(",", "")))
    if found := _SINCE_START.fullmatch(place):
        return _row_since_start(timeline, float(found[1]))
    if found := _TIME_OF_DAY.fullmatch(place):
        return _row_at_time(timeline, found)
    raise PlaceError(f"Type an event number, a time of day, or seconds since the start: {HINT}.")


def _row_of_number(timeline: Timeline, n: int) -> int:
    last = timeline.numbers[-1]
    if n > last:
        raise PlaceError(f"There is no event {n:,}: the last one is {last:,}.")
    return bisect_left(timeline.numbers, n)


def _row_since_start(timeline: Timeline, seconds: float) -> int:
    first, last = timeline.monotonic_ns[0], timeline.monotonic_ns[-1]
    if first + seconds * 1e9 > last:
        raise PlaceError(f"The last event came {(last - first) / 1e9:,.3f} s after the start.")
    return bisect_left(timeline.monotonic_ns, first + int(seconds * 1e9))


def _row_at_time(timeline: Timeline, found: re.Match[str]) -> int:
    hour, minute, second = (int(part or 0) for part in found.groups()[:3])
    try:
        of_day = time(hour, minute, second, int((found[4] or "0").ljust(6, "0")))
    except ValueError as error:
        raise PlaceError("A day has no such time: it ends at 23:59:59.") from error
    try:
        days = {datetime.fromtimestamp(timeline.at[row]).astimezone().date(): None for row in (0, -1)}
        wanted = [datetime.combine(day, of_day).timestamp() for day in days]
    except (ValueError, OverflowError, OSError) as error:
        raise PlaceError("The events carry no time of day that a calendar knows.") from error
    first, last_at = timeline.at[0], timeline.at[-1]
    inside = [stamp for stamp in wanted if first <= stamp <= last_at]
    if inside or wanted[0] < first:
        return bisect_left(timeline.at, inside[0]) if inside else 0
    last = datetime.fromtimestamp(last_at).astimezone()
    raise PlaceError(f"The last event came at {last:%H:%M:%S.%f}.")
