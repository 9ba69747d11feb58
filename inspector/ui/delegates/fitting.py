"""Fits texts into cells: elided where they are too long, and measured, with as few questions to Qt as can be."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QFontMetricsF, QPainter, QStaticText, QTransform

_ELLIPSIS = "…"
_CACHE_LIMIT = 8_192
_STATIC_LIMIT = 1_024
_LOW_SIGNS = dict.fromkeys(map(ord, "…←→µΔ·–✕★✎⏱"))
"""Beyond ASCII, but of one line's height in any font."""


class Fitted(NamedTuple):
    """What of a text is shown, how wide it is, and whether it may be higher than a line."""

    text: str
    width: int
    is_high: bool = False


class Fitting:
    """Texts in one font; where all its letters are equally wide, their number says how wide they are."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetrics(font)
        self._rise = self._metrics.ascent() - self._metrics.descent()
        self._ascent = QFontMetricsF(font).ascent()
        self._advance = _fixed_advance(font)
        self._ellipsis_px = QFontMetricsF(font).horizontalAdvance(_ELLIPSIS)
        self._fitted: dict[tuple[str, int], Fitted] = {}
        self._prepared: dict[str, QStaticText] = {}

    def fit(self, text: str, width: int) -> Fitted:
        """Cut `text` to `width` pixels."""
        if self._advance and text.isascii():
            length = len(text)
            if length * self._advance <= width:
                return Fitted(text, round(length * self._advance))
            if self._ellipsis_px > width:
                return Fitted("", 0)
            kept = int((width - self._ellipsis_px) / self._advance)
            return Fitted(text[:kept] + _ELLIPSIS, round(kept * self._advance + self._ellipsis_px))
        found = self._fitted.get((text, width))
        if found is None:
            if len(self._fitted) >= _CACHE_LIMIT:
                self._fitted.clear()
            shown = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            is_high = not shown.translate(_LOW_SIGNS).isascii()
            found = self._fitted[text, width] = Fitted(shown, self._metrics.horizontalAdvance(shown), is_high)
        return found

    def baseline(self, top: int, height: int) -> int:
        """Where letters stand in a cell, so that they are in its middle."""
        return top + (height + self._rise) // 2

    def draw(self, painter: QPainter, x: int, baseline: int, text: str) -> None:
        """Draw a text; the painter has the font."""
        painter.drawText(x, baseline, text)

    def draw_clipped(self, painter: QPainter, x: int, baseline: int, text: str, rect: QRect) -> None:
        """Stacked accents and tall scripts must not reach into the neighbours' rows."""
        painter.save()
        painter.setClipRect(rect)
        painter.drawText(x, baseline, text)
        painter.restore()

    def draw_often(self, painter: QPainter, x: int, baseline: int, text: str) -> None:
        """Draw a text that is drawn again and again, which Qt needs to lay out only once."""
        prepared = self._prepared.get(text)
        if prepared is None:
            if len(self._prepared) >= _STATIC_LIMIT:
                self._prepared.clear()
            prepared = QStaticText(text)
            prepared.setTextFormat(Qt.TextFormat.PlainText)
            prepared.prepare(QTransform(), self.font)
            self._prepared[text] = prepared
        painter.drawStaticText(x, round(baseline - self._ascent), prepared)


def _fixed_advance(font: QFont) -> float:
    """How wide every letter of ASCII is, 0 if they differ."""
    metrics = QFontMetricsF(font)
    advances = {metrics.horizontalAdvance(chr(code) * 100) / 100 for code in range(32, 127)}
    return advances.pop() if len(advances) == 1 else 0.0
