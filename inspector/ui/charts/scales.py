"""Axes: round values at distances that leave room for their labels, and the units they are read in. No Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass

from inspector.ui.charts.span import SECOND_NS, Sight
from inspector.ui.views.lanes_axis import label

Tick = tuple[float, str]
"""Where it stands on the axis, and what it says."""

_SLOTS_NS = (
    *(tenths * SECOND_NS // 10 for tenths in (1, 2, 5, 10, 20, 50, 100, 150, 300, 600)),
    *(minutes * 60 * SECOND_NS for minutes in (2, 5, 10, 15, 30, 60, 120, 360, 720, 1_440, 10_080)),
)
_TIME_STEPS_NS = (
    *(digit * 10**power for power in range(3, 9) for digit in (1, 2, 5)),
    *(seconds * SECOND_NS for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200)),
    *(hours * 3_600 * SECOND_NS for hours in (6, 12, 24, 48, 24 * 7, 24 * 30, 24 * 365)),
)
_TIME_LABEL_PX = 74
_VALUE_LABEL_PX = 30
_TOPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Unit:
    """A value times `factor` is a number of `name`."""

    name: str
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """A value axis from `low` to `high` in the coordinates of the plot, which are logarithms where `is_log`."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    unit: Unit
    is_log: bool = False


def slot_ns(sight: Sight, slots: int) -> int:
    """A round width of slots, so that about so many of them are in sight."""
    return next((width for width in _SLOTS_NS if width * slots >= sight.width_ns), _SLOTS_NS[-1])


def duration_unit(ms: float) -> Unit:
    """What a duration of this length is told in."""
    if ms < 1:
        return Unit("µs", 1e3)
    if ms < 2e3:
        return Unit("ms")
    return Unit("s", 1e-3) if ms < 6e5 else Unit("min", 1 / 6e4)


def byte_rate_unit(bytes_per_s: float) -> Unit:
    """What a rate of this height is told in, in powers of 1000."""
    for name, scale in (("B/s", 1.0), ("kB/s", 1e3), ("MB/s", 1e6)):
        if bytes_per_s < scale * 1e3:
            return Unit(name, 1 / scale)
    return Unit("GB/s", 1e-9)


def linear(top: float, unit: Unit, height_px: float, least: float = 0.0) -> Scale:
    """From 0 to a round value above `top`, so that the axis does not move with every new value."""
    high = _round_top(max(top, least) * unit.factor) / unit.factor
    step = _step(high * unit.factor / max(1.0, height_px // _VALUE_LABEL_PX))
    count = int(high * unit.factor / step + 1e-9)
    ticks = tuple((place * step / unit.factor, number(place * step, step)) for place in range(count + 1))
    return Scale(0.0, high, ticks, unit)


def log_durations(low_ms: float, top_ms: float, room_px: float, label_px: float = _VALUE_LABEL_PX) -> Scale:
    """Whole decades around durations above 0, each tick in its own unit."""
    first = math.floor(math.log10(low_ms) + 1e-9)
    last = max(first + 1, math.ceil(math.log10(top_ms) - 1e-9))
    each = max(1, math.ceil((last - first) * label_px / max(1.0, room_px)))
    ticks = [(float(power), short_duration(10.0**power)) for power in range(first, last + 1, each)]
    if each == 1 and (last - first) * 3 * label_px <= room_px:
        between = ((power, digit) for power in range(first, last) for digit in (2, 5))
        ticks += [(power + math.log10(digit), short_duration(digit * 10.0**power)) for power, digit in between]
    return Scale(float(first), float(last), tuple(sorted(ticks)), Unit(""), is_log=True)


def short_duration(ms: float) -> str:
    """A round duration in few letters: `20 µs`, `5 ms`, `1 s`, `1,000 s`."""
    for unit, each_ms in (("s", 1e3), ("ms", 1.0), ("µs", 1e-3)):
        if ms >= each_ms * 0.999:
            return f"{ms / each_ms:,.3g} {unit}" if ms < each_ms * 999 else f"{ms / each_ms:,.0f} {unit}"
    return f"{ms * 1e6:,.3g} ns"


def time_ticks(sight: Sight, origin_ns: int, width_px: float) -> list[tuple[int, str]]:
    """The round times in sight, as times since `origin_ns`."""
    most = max(1, int(width_px // _TIME_LABEL_PX))
    step_ns = next((step for step in _TIME_STEPS_NS if step * most >= sight.width_ns), _TIME_STEPS_NS[-1])
    start_ns = max(0, -(-(sight.start_ns - origin_ns) // step_ns) * step_ns)
    times = range(start_ns, sight.end_ns - origin_ns, step_ns)
    return [(origin_ns + since_ns, label(since_ns, step_ns)) for since_ns in times]


def number(value: float, step: float) -> str:
    """A value with as many digits as tell one step from the next."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9)) if step < 1 else 0
    return f"{value:,.{digits}f}"


def _round_top(value: float) -> float:
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((top * power for top in _TOPS if top * power >= value * 1.02), 15 * power)


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next((digit * power for digit in (1, 2, 5) if digit * power >= least * 0.999), 10 * power)
