"""Figures that are kept to compare later ones with, and what the difference is worth.

The interval of a percentile is distribution-free: its ends are values of the series, at ranks that follow from the
binomial distribution (order statistics; Conover, Practical Nonparametric Statistics, section 3.2). The interval of a
difference is made of the two intervals by the square-and-add method (MOVER; Zou and Donner, 2008). Both take calls as
independent of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import msgspec

from inspector.stats.latency import LatencyStats
from inspector.stats.percentiles import Ordered, percentile
from inspector.stats.samples import Samples

CONFIDENCE = 0.95
MAX_KEPT = 1_000
"""So many values are kept of a series, evenly out of its order if it had more."""
_EXACT_UP_TO = 2_000
_TAIL = (1 - CONFIDENCE) / 2
_Z = NormalDist().inv_cdf(1 - _TAIL)
_MAX_NAME = 200
_VERSION = 1


class BaselineError(Exception):
    """A file holds no baseline; the text is one sentence with the next step."""


class Kept(msgspec.Struct, frozen=True):
    """What is kept of a series of `count` durations: its values by size."""

    count: int
    ordered_ms: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.ordered_ms)

    def __getitem__(self, rank: int, /) -> float:
        return self.ordered_ms[rank]


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a time, under a name: `series` has the round trips of each method or tool, and of all.

    `at` is when it was kept (Unix seconds), `server` what was called, `window` which part of the session it is of.
    """

    name: str
    at: float
    server: str = ""
    window: str = ""
    version: int = _VERSION
    series: dict[str, Kept] = {}

    def to_json(self) -> bytes:
        """The baseline as text, to be kept in a file."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


@dataclass(frozen=True, slots=True)
class Delta:
    """How much a percentile differs, later minus earlier; `low_ms` to `high_ms` holds the truth in 95 of 100 cases.

    The ends are None where there are too few calls to tell. It `is_sure` that there is a difference where the interval
    is on one side of zero.
    """

    p: float
    before_ms: float | None
    after_ms: float | None
    delta_ms: float | None
    low_ms: float | None
    high_ms: float | None
    is_sure: bool
    words: str


Values = Samples | Kept | Sequence[float]
"""What can be compared: a series, what is kept of one, or plain durations in any order."""


def baseline_of(
    latency: LatencyStats, name: str, at: float, *, server: str = "", window: str = "", since_ns: int | None = None
) -> Baseline:
    """The round trips of each method and tool as they are now."""
    total = latency.total().key
    series = {key: kept_of(latency.samples(key), since_ns) for key in (*latency.keys, total)}
    measured = {key: kept for key, kept in series.items() if kept.count}
    return Baseline(name=name[:_MAX_NAME], at=at, server=server, window=window, series=measured)


def from_json(data: bytes | str) -> Baseline:
    """The baseline that was kept as this text. Raises `BaselineError`."""
    try:
        baseline = msgspec.json.decode(data, type=Baseline)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise BaselineError(f"This is no baseline: {error}. Choose a file that was kept as one.") from error
    if baseline.version != _VERSION:
        raise BaselineError("Another version of this program kept this baseline. Keep a new one.")
    if not all(map(_is_sound, baseline.series.values())):
        raise BaselineError("The values of this baseline contradict each other. Keep a new one.")
    return baseline


def compare(before: Values, after: Values, p: float = 50.0) -> Delta:
    """How much the `p`-th percentile of later calls differs from that of earlier ones."""
    old, new = _Estimate(before, p), _Estimate(after, p)
    if old.value_ms is None or new.value_ms is None:
        words = "nothing to compare with" if old.value_ms is None else "no calls yet"
        return Delta(p, old.value_ms, new.value_ms, None, None, None, False, words)
    delta_ms = new.value_ms - old.value_ms
    interval = _interval(old, new, delta_ms)
    if interval is None:
        words = (
            f"too few calls to tell: p{p:g} needs {fewest(p)} on each side, there are {old.count:,} and {new.count:,}"
        )
        return Delta(p, old.value_ms, new.value_ms, delta_ms, None, None, False, words)
    low_ms, high_ms = interval
    is_sure = low_ms > 0 or high_ms < 0
    words = _words(delta_ms, low_ms, high_ms, is_sure=is_sure)
    return Delta(p, old.value_ms, new.value_ms, delta_ms, low_ms, high_ms, is_sure, words)


def fewest(p: float) -> int:
    """How many calls it takes at least until a percentile has an interval: 6 for the median, 72 for the 95th."""
    share = max(p, 100 - p) / 100
    return math.ceil(math.log(_TAIL) / math.log(share)) if share < 1 else 0


class _Estimate:
    """A percentile of a series and the ends of its interval, None where the series does not reach so far."""

    def __init__(self, values: Values, p: float) -> None:
        ordered = _by_size(values)
        self.count = values.count if isinstance(values, Kept) else len(ordered)
        self.value_ms = percentile(ordered, p) if self.count else None
        self.low_ms = self.high_ms = None
        low, high = _ranks(self.count, p / 100)
        if low >= 1 and high <= self.count:
            self.low_ms, self.high_ms = (percentile(ordered, 100 * (r - 1) / (self.count - 1)) for r in (low, high))


def _interval(old: _Estimate, new: _Estimate, delta_ms: float) -> tuple[float, float] | None:
    ends = old.value_ms, old.low_ms, old.high_ms, new.value_ms, new.low_ms, new.high_ms
    if any(end is None for end in ends):
        return None
    value, low, high, new_value, new_low, new_high = (end or 0.0 for end in ends)
    down_ms = math.hypot(new_value - new_low, high - value)
    up_ms = math.hypot(new_high - new_value, value - low)
    return delta_ms - down_ms, delta_ms + up_ms


def _ranks(count: int, share: float) -> tuple[int, int]:
    """Which values of a sorted series (the first is 1) hold its percentile between them; may lie outside of it."""
    if count > _EXACT_UP_TO:
        half = _Z * math.sqrt(count * share * (1 - share))
        return math.floor(count * share - half), math.ceil(count * share + half) + 1
    low, high, below = 0, count + 1, 0.0
    for hits in range(count + 1):
        if below <= _TAIL:
            low = hits  # the chance that fewer than this many are below the percentile
        if high > count and 1 - below <= _TAIL:
            high = hits
        below += _chance(count, hits, share)
    return low, high


def _chance(count: int, hits: int, share: float) -> float:
    """The binomial distribution, by logarithms as its factors are beyond all floats."""
    if not 0 < share < 1:
        return float(hits == count * share)
    ways = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    return math.exp(ways + hits * math.log(share) + (count - hits) * math.log1p(-share))


def _by_size(values: Values) -> Ordered:
    if isinstance(values, Samples):
        return values.ordered()
    return values if isinstance(values, Kept) else sorted(values)


def kept_of(samples: Samples, since_ns: int | None = None) -> Kept:
    """What was measured since then, evenly out of its order if it is much; to be kept, or to be compared."""
    ordered = samples.ordered(since_ns)
    count = len(ordered)
    if count <= MAX_KEPT:
        return Kept(count, tuple(ordered[rank] for rank in range(count)))
    return Kept(count, tuple(percentile(ordered, 100 * rank / (MAX_KEPT - 1)) for rank in range(MAX_KEPT)))


def _is_sound(kept: Kept) -> bool:
    values = kept.ordered_ms
    is_full = 0 < len(values) <= MAX_KEPT and kept.count >= len(values)
    return is_full and values == tuple(sorted(values)) and values[0] >= 0


def _words(delta_ms: float, low_ms: float, high_ms: float, *, is_sure: bool) -> str:
    if not is_sure:
        return f"no difference that this many calls can show (95 %: {_number(low_ms)} to {_number(high_ms)} ms)"
    ends = sorted((abs(low_ms), abs(high_ms)))
    direction = "slower" if delta_ms > 0 else "faster"
    return f"{direction} by {_number(abs(delta_ms))} ms (95 %: {_number(ends[0])} to {_number(ends[1])})"


def _number(ms: float) -> str:
    """With as many digits as the eye takes in."""
    places = 0 if abs(ms) >= 99.95 else 1 if abs(ms) >= 9.995 else 2
    return f"{ms:,.{places}f}".replace("-0.00", "0.00") if abs(ms) < 0.005 else f"{ms:,.{places}f}"
