"""How often each cause made a drop, as bars with their counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from inspector.record.text import plain
from inspector.ui import theme
from inspector.ui.forms.parts import tool_tip

EMPTY = "No drops. What breaks the connection or a stream is counted here, by cause."
TITLE = "Drops by cause"
_GAP_PX = 8
_BAR_SHARE = 0.3
_LEAST_BAR_PX = 3.0


class CauseBars(QWidget):
    """A line for each cause: its name, a bar, and how many there were; the last one sums up what has no room.

    Where there is room for no line, all stand in one, without bars.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._causes: list[tuple[str, int, str]] = []
        self._most_rows = 3
        self.setObjectName("dropCauses")
        self.setAccessibleName(TITLE)
        policy = QSizePolicy.Policy
        self.setSizePolicy(policy.Preferred, policy.Fixed)
        self.show_causes([], 0)

    def show_causes(self, causes: Sequence[tuple[str, int, str]], apart: int) -> None:
        """Each cause, its count and more words on it; the last `apart` of them blame neither server nor network."""
        shown = [(plain(cause, 80), count, words) for cause, count, words in causes]
        self._apart = apart
        if shown == self._causes and self.accessibleDescription():
            return
        self._causes = shown
        said = [f"{count:,} × {cause}{f' ({words})' if words else ''}" for cause, count, words in shown]
        self.setAccessibleDescription("; ".join(said) or EMPTY)
        self.setToolTip("".join(tool_tip(line) for line in said))
        self.updateGeometry()
        self.update()

    def set_most_rows(self, count: int) -> None:
        """So many causes are named at most; with none, all stand in one line as far as it goes."""
        if count != self._most_rows:
            self._most_rows = count
            self.updateGeometry()
            self.update()

    def lines(self) -> list[tuple[str, int]]:
        """What is painted: as many causes as there is room for, the rest in one line."""
        rows = max(1, self._most_rows)
        named = [(cause, count) for cause, count, _ in self._causes]
        if len(named) <= rows:
            return named
        rest = named[rows - 1 :]
        return [*named[: rows - 1], (f"{len(rest):,} more causes", sum(count for _, count in rest))]

    def sizeHint(self) -> QSize:
        rows = min(self._most_rows, max(2, len(self._causes))) + 1
        return QSize(self.fontMetrics().averageCharWidth() * 56, rows * self._row_px())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 24, self.sizeHint().height())

    def _row_px(self) -> int:
        return self.fontMetrics().height() + 4

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("muted"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        if not self._causes:
            painter.drawText(self.rect(), flags, EMPTY)
        elif not self._most_rows:
            self._paint_one_line(painter)
        else:
            self._paint_lines(painter)
        painter.end()

    def _paint_one_line(self, painter: QPainter) -> None:
        metrics = self.fontMetrics()
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft, TITLE)
        rest = self.rect().adjusted(metrics.horizontalAdvance(TITLE) + _GAP_PX, 0, 0, 0)
        said = " · ".join(f"{count:,} × {cause}" for cause, count, _ in self._causes)
        painter.setPen(theme.color("text"))
        line = metrics.elidedText(said, Qt.TextElideMode.ElideRight, rest.width())
        painter.drawText(rest, Qt.AlignmentFlag.AlignLeft, line)

    def _paint_lines(self, painter: QPainter) -> None:
        metrics, lines, height = self.fontMetrics(), self.lines(), self._row_px()
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, TITLE)
        most = max(count for _, count in lines)
        count_px = max(metrics.horizontalAdvance(f"{count:,}") for _, count in lines)
        width_px = min(self.width(), self.sizeHint().width())
        bar_px = int(width_px * _BAR_SHARE)
        name_px = width_px - bar_px - count_px - 2 * _GAP_PX
        own = {cause for cause, _, _ in self._causes[len(self._causes) - self._apart :]}
        for place, (cause, count) in enumerate(lines, 1):
            role = "muted" if cause in own else "bad"
            row = QRect(0, place * height, width_px, height)
            painter.setPen(theme.color("text"))
            name = metrics.elidedText(cause, Qt.TextElideMode.ElideRight, name_px)
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{count:,}")
            width = max(_LEAST_BAR_PX, bar_px * count / most)
            at = QPointF(name_px + _GAP_PX, row.top() + height / 2 - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(role))
            painter.drawRoundedRect(QRectF(at.x(), at.y(), width, 8), 2, 2)
