"""The marks of a time axis: round times at a distance that leaves room for their labels. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inspector.record.lanes_bins import Columns

_SECOND = 10**9
_STEPS_NS = (
    *(digit * 10**power for power in range(9) for digit in (1, 2, 5)),
    *(seconds * _SECOND for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200)),
    *(hours * 3_600 * _SECOND for hours in (6, 12, 24, 48, 24 * 7, 24 * 30, 24 * 365)),
)
_GAP_PX = 26


class Mark(NamedTuple):
    """A round time, and in which column it lies; one without text only divides."""

    column: int
    text: str


def marks(columns: Columns, origin_ns: int, char_px: float) -> list[Mark]:
    """The marks in sight, as times since `origin_ns`; a label takes `char_px` a character."""
    step_ns = next((step for step in _STEPS_NS if _fits(columns, origin_ns, step, char_px)), _STEPS_NS[-1])
    return list(_marks(columns, origin_ns, step_ns))


def label(since_ns: int, step_ns: int) -> str:
    """A time on an axis whose marks are `step_ns` apart: `250 µs`, `1.5 ms`, `12.25 s`, `2:05`, `1:02:05.5`."""
    sign, since_ns = ("−" if since_ns < 0 else ""), abs(since_ns)
    if since_ns < 60 * _SECOND:
        for unit, unit_ns in (("ns", 1), ("µs", 10**3), ("ms", 10**6)):
            if since_ns < 1_000 * unit_ns and (since_ns or step_ns < 1_000 * unit_ns):
                return f"{sign}{_decimal(since_ns, unit_ns, step_ns)} {unit}"
        return f"{sign}{_decimal(since_ns, _SECOND, step_ns)} s"
    minutes, rest_ns = divmod(since_ns, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    seconds = _decimal(rest_ns, _SECOND, step_ns)
    seconds = f"0{seconds}" if rest_ns < 10 * _SECOND else seconds
    return f"{sign}{hours:,}:{minutes:02}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"


def _decimal(value_ns: int, unit_ns: int, step_ns: int) -> str:
    """The value in a unit with as many digits as tell one step from the next."""
    digits = 0
    while step_ns % unit_ns and unit_ns // 10**digits > 1 and step_ns % (unit_ns // 10**digits):
        digits += 1
    whole, rest_ns = divmod(value_ns, unit_ns)
    return f"{whole}.{rest_ns * 10**digits // unit_ns:0{digits}}" if digits else str(whole)


def _fits(columns: Columns, origin_ns: int, step_ns: int, char_px: float) -> bool:
    longest = max(len(label(at_ns // step_ns * step_ns, step_ns)) for at_ns in _ends(columns, origin_ns))
    return step_ns / columns.step_ns >= longest * char_px + _GAP_PX


def _ends(columns: Columns, origin_ns: int) -> tuple[int, int]:
    return columns.start_ns - origin_ns, columns.end_ns - origin_ns


def _marks(columns: Columns, origin_ns: int, step_ns: int) -> Iterator[Mark]:
    start_ns, end_ns = _ends(columns, origin_ns)
    for since_ns in range(max(0, -(-start_ns // step_ns) * step_ns), end_ns, step_ns):
        yield Mark(columns.column(origin_ns + since_ns), label(since_ns, step_ns))
