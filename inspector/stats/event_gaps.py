"""The gaps between the events of one stream, exact or nearly so, in little memory."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from inspector.stats.percentiles import NOTHING, Distribution
from inspector.stats.samples import Samples

MAX_GAPS = 2_048
"""So many of the newest gaps are kept one by one."""


class EventGaps:
    """Takes the times of events; nothing is kept before the second event, and only figures after `close`."""

    __slots__ = ("_last_ns", "_samples", "_told")

    def __init__(self) -> None:
        self._last_ns: int | None = None
        self._samples: Samples | None = None
        self._told = NOTHING

    def add(self, stamps_ns: Sequence[int]) -> None:
        """Events came at these times; those of one moment are told at once."""
        for stamp_ns, group in groupby(stamps_ns):
            count = len(list(group))
            if self._last_ns is not None:
                self._keep(stamp_ns, max(0, stamp_ns - self._last_ns) / 1e6, 1)
            if count > 1:
                self._keep(stamp_ns, 0.0, count - 1)
            self._last_ns = stamp_ns

    def distribution(self) -> Distribution:
        """What the gaps were like."""
        return self._told if self._samples is None else self._samples.distribution()

    def close(self) -> None:
        """No more events will come."""
        self._told, self._samples = self.distribution(), None

    def _keep(self, stamp_ns: int, gap_ms: float, count: int) -> None:
        if self._samples is None:
            self._samples = Samples(MAX_GAPS)
        self._samples.add(stamp_ns, gap_ms, count)
