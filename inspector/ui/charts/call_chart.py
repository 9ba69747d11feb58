"""Charts of calls: of all, or of those of one method or tool."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from inspector.record.text import counted, plain
from inspector.ui.charts.duration_chart import DurationChart
from inspector.ui.charts.figures import Ints, Table
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight

_KEY_CHARS = 60


class CallChart(DurationChart):
    """Knows the calls that ended in a time."""

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self._table = Table(source.series.calls.points)

    def version(self, sight: Sight) -> Any:
        return self._table.version

    def has_ever(self) -> bool:
        return len(self.source.series.calls.points) > 0

    def rows_in(self, sight: Sight) -> Ints:
        """The rows of the calls that ended in that time."""
        at_ns = self._table["at_ns"]
        inside = (at_ns >= sight.start_ns) & (at_ns <= sight.end_ns)
        if self.key:
            number = self.source.series.calls.number_of(self.key)
            inside &= self._table["key"] == (-1 if number is None else number)
        return np.flatnonzero(inside)

    def counted_calls(self, count: int) -> str:
        """How many calls, and of what unless of all."""
        calls = counted(count, "call")
        return f"{calls} of {plain(self.key, _KEY_CHARS)}" if self.key else calls
