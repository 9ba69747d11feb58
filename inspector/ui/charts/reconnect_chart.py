"""The strip of attempts to come back: the pause chosen, made and asked for, and what came of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from inspector.record.text import counted, duration, plain
from inspector.stats.attempts import Attempt
from inspector.ui.charts import glyphs
from inspector.ui.charts.chart import Hit, Value
from inspector.ui.charts.duration_chart import DurationChart
from inspector.ui.charts.figures import Floats
from inspector.ui.charts.plot import LegendEntry
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import Sight


class ReconnectChart(DurationChart):
    """A symbol per attempt, as high as its pause; the line joins the pauses we chose in one search: the backoff."""

    name, title = "reconnects", "Reconnects"
    empty = "No reconnect yet. Each attempt to come back becomes a symbol here, with the pause before it."
    legend = (
        LegendEntry("third", "o", "back"),
        LegendEntry("failure", "x", "failed"),
        LegendEntry("first", glyphs.HOLLOW, "open"),
        LegendEntry("second", "_", "asked for"),
        LegendEntry("first", "dash", "backoff"),
    )

    def __init__(self, source: Source, parent: QWidget | None = None) -> None:
        super().__init__(source, parent)
        self.attempts: list[Attempt] = []
        """Those in sight."""
        self.back, self.failed = pg.ScatterPlotItem(size=9), pg.ScatterPlotItem(size=10)
        self.open, self.asked = pg.ScatterPlotItem(size=9), pg.ScatterPlotItem(size=16)
        self.backoff = pg.PlotCurveItem(connect="finite")
        for item in (self.backoff, self.asked, self.back, self.failed, self.open):
            self.box.addItem(item)
        self.restyle()

    def restyle(self) -> None:
        super().restyle()
        if hasattr(self, "backoff"):
            for item, entry in zip((self.back, self.failed, self.open, self.asked), self.legend, strict=False):
                glyphs.style_symbols(item, entry.role, entry.glyph)
            self.backoff.setPen(glyphs.pen("first", "dash", self.devicePixelRatioF()))

    def version(self, sight: Sight) -> Any:
        return self.source.reconnects.attempts_made

    def has_ever(self) -> bool:
        return len(self.source.reconnects.attempts_made) > 0

    def draw_values(self, sight: Sight) -> bool:
        made = self.source.reconnects.attempts_made
        self.attempts = [each for each in made if sight.start_ns <= _left_ns(each) <= sight.end_ns]
        asked_ms = [each.asked_ms for each in self.attempts if each.asked_ms is not None]
        pauses_ms = [_pause_ms(each) for each in self.attempts]
        self.set_timed_axes(sight, self.duration_scale(np.array([*pauses_ms, *asked_ms], dtype=np.float64)))
        for item, state in ((self.back, True), (self.failed, False), (self.open, None)):
            item.setData(*self._points([each for each in self.attempts if each.succeeded is state]))
        self._draw_asked()
        self._draw_backoff()
        self.summary = self._sum_up()
        return bool(self.attempts)

    def _points(self, attempts: Sequence[Attempt]) -> tuple[Floats, Floats]:
        x = np.array([self.source.seconds(_left_ns(each)) for each in attempts], dtype=np.float64)
        return x, self._heights(_pause_ms(each) for each in attempts)

    def _heights(self, ms: Iterable[float]) -> Floats:
        return self.heights(np.array(list(ms), dtype=np.float64))

    def _draw_asked(self) -> None:
        asked = [each for each in self.attempts if each.asked_ms is not None]
        x, _ = self._points(asked)
        self.asked.setData(x, self._heights(each.asked_ms or 0.0 for each in asked))

    def _draw_backoff(self) -> None:
        """The line begins anew with each search."""
        x, _ = self._points(self.attempts)
        y = self._heights(each.delay_ms or 0.0 for each in self.attempts)
        begins = [place for place, each in enumerate(self.attempts) if each.attempt <= 1 and place]
        self.backoff.setData(np.insert(x, begins, np.nan), np.insert(y, begins, np.nan))

    def _sum_up(self) -> str:
        if not self.attempts:
            return ""
        parts = [counted(len(self.attempts), "attempt")]
        for word, state in (("back", True), ("failed", False)):
            count = sum(each.succeeded is state for each in self.attempts)
            parts += [f"{count:,} {word}"] if count else []
        return " · ".join(parts)

    def values(self) -> Iterator[Value]:
        for each in self.attempts:
            seconds = self.source.seconds(_left_ns(each))
            note = f"attempt {each.attempt}, {each.outcome}"
            for series, ms in (("used", each.used_ms), ("chosen", each.delay_ms), ("asked for", each.asked_ms)):
                if ms is not None:
                    yield Value(series, seconds, ms, "ms", note, each.n)

    def hit_value(self, at: QPointF) -> Hit | None:
        x, y = self._points(self.attempts)
        found = self.nearest(at, x, y)
        if found is None:
            return None
        return Hit(float(x[found]), self._words(self.attempts[found]), self.attempts[found].n, float(y[found]))

    def _words(self, attempt: Attempt) -> str:
        parts = [f"pause of {duration(attempt.used_ms)}"] if attempt.used_ms is not None else []
        parts += [f"{duration(attempt.delay_ms)} chosen"] if attempt.delay_ms is not None else []
        parts += [f"{duration(attempt.asked_ms)} asked for"] if attempt.asked_ms is not None else ["none asked for"]
        when = self.source.words(_left_ns(attempt))
        return f"{when}: attempt {attempt.attempt}: {', '.join(parts)}: {plain(attempt.outcome, 80)}"


def _pause_ms(attempt: Attempt) -> float:
    """The pause that was made, or that is to be made."""
    return (attempt.delay_ms or 0.0) if attempt.used_ms is None else attempt.used_ms


def _left_ns(attempt: Attempt) -> int:
    """When the attempt left, or is to leave."""
    return attempt.at_ns + round(_pause_ms(attempt) * 1e6)
