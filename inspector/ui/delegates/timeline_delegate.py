"""Paints the cells of the timeline: prebuilt colours, elided texts from a cache, nothing looked up twice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from inspector.record.rows import ERROR, HTTP_KINDS, WARN, RowKind
from inspector.record.timeline import INBOUND, OUTBOUND
from inspector.ui import theme
from inspector.ui.models.timeline_cells import RIGHT_ALIGNED, Column
from inspector.ui.models.timeline_model import Index, TimelineModel

PADDING_PX = 6
MARK = "★"
_CACHE_LIMIT = 8_192
MONO = frozenset({Column.NUMBER, Column.TIME, Column.DELTA, Column.ID, Column.SIZE, Column.LATENCY, Column.PREVIEW})
_QUIET = frozenset({Column.NUMBER, Column.TIME, Column.DELTA, Column.ID, Column.SIZE})
_LANE_HUES = 12


class TimelineDelegate(QStyledItemDelegate):
    """Draws from the model's columns directly; `restyle` after a change of theme or font."""

    def __init__(self, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._cache: dict[tuple[str, int, bool], tuple[str, int]] = {}
        self.is_found: Callable[[int], bool] = lambda _row: False
        """Whether the searched text was found in a timeline row."""
        self.restyle()

    def restyle(self) -> None:
        """Take colours and fonts from the theme anew."""
        self._cache.clear()
        self._fonts = (QFont(), theme.mono_font(0.95))
        self._metrics = (QFontMetrics(self._fonts[0]), QFontMetrics(self._fonts[1]))
        self._text, self._muted, self._accent = (theme.color(role) for role in ("text", "muted", "accent"))
        self._selection, self._mark = theme.color("selection"), theme.color("warn")
        self._directions = {INBOUND: theme.color("inbound"), OUTBOUND: theme.color("outbound")}
        self._kinds = _kind_colors()
        self._severities = {WARN: theme.color("warn"), ERROR: theme.color("bad")}
        self._tints = {code: _faint(color) for code, color in self._severities.items()}
        self._lanes = [_lane_color(number) for number in range(_LANE_HUES)]

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One cell; never touches the event unless the cell shows something of it."""
        model, position, column = self._model, index.row(), index.column()
        row = model.row_at(position)
        rect: QRect = option.rect
        severity = model.timeline.severities[row]
        is_selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if is_selected:
            painter.fillRect(rect, self._selection)
        elif severity in self._tints:
            painter.fillRect(rect, self._tints[severity])
        if column == Column.NUMBER:
            self._paint_signs(painter, rect, row)
        elif column == Column.LANE:
            self._paint_lane(painter, rect, row)
        text = model.cell(position, column)
        if text:
            quiet = self._text if is_selected else self._muted
            self._paint_text(painter, rect, text, column, self._color(row, column, severity, quiet))

    def _paint_text(self, painter: QPainter, rect: QRect, text: str, column: int, color: QColor) -> None:
        mono = column in MONO
        metrics = self._metrics[mono]
        elided, width = self._elided(text, rect.width() - 2 * PADDING_PX, mono)
        x = rect.right() - PADDING_PX - width if column in RIGHT_ALIGNED else rect.left() + PADDING_PX
        y = rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) // 2
        painter.setFont(self._fonts[mono])
        painter.setPen(color)
        if elided.isascii():
            painter.drawText(x, y, elided)
            return
        # Stacked accents and tall scripts must not reach into the neighbours' rows.
        painter.save()
        painter.setClipRect(rect)
        painter.drawText(x, y, elided)
        painter.restore()

    def _elided(self, text: str, width: int, mono: bool) -> tuple[str, int]:
        key = (text, width, mono)
        found = self._cache.get(key)
        if found is None:
            if len(self._cache) >= _CACHE_LIMIT:
                self._cache.clear()
            metrics = self._metrics[mono]
            elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            found = self._cache[key] = (elided, metrics.horizontalAdvance(elided))
        return found

    def _color(self, row: int, column: int, severity: int, quiet: QColor) -> QColor:
        timeline = self._model.timeline
        if column in _QUIET:
            return quiet
        if column == Column.DIRECTION:
            return self._directions.get(timeline.directions[row], quiet)
        if column == Column.KIND:
            return self._severities.get(severity) or self._kinds.get(timeline.kinds[row], self._text)
        if column == Column.PREVIEW and timeline.kinds[row] in _QUIET_KINDS and severity < WARN:
            return quiet
        return self._text

    def _paint_signs(self, painter: QPainter, rect: QRect, row: int) -> None:
        if self.is_found(row):
            painter.fillRect(rect.left(), rect.top() + 1, 3, rect.height() - 2, self._accent)
        if self._model.timeline.numbers[row] in self._model.marks:
            painter.setFont(self._fonts[0])
            painter.setPen(self._mark)
            painter.drawText(rect.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, MARK)

    def _paint_lane(self, painter: QPainter, rect: QRect, row: int) -> None:
        stream = self._model.timeline.streams[row]
        if stream:
            painter.fillRect(rect.left(), rect.top(), 3, rect.height(), self._lanes[stream % _LANE_HUES])


_QUIET_KINDS = HTTP_KINDS | {RowKind.STATE, RowKind.ATTEMPT, RowKind.COMMENT}


def _kind_colors() -> dict[int, QColor]:
    roles = {
        RowKind.STATE: "lifecycle",
        RowKind.ATTEMPT: "lifecycle",
        RowKind.SESSION: "good",
        RowKind.REQUEST: "outbound",
        RowKind.RESPONSE: "inbound",
        RowKind.NOTIFICATION: "note",
        RowKind.TOOL_STEP: "note",
        RowKind.COMMENT: "heartbeat",
        **dict.fromkeys(HTTP_KINDS, "http"),
    }
    return {int(kind): theme.color(role) for kind, role in roles.items()}


def _faint(color: QColor) -> QColor:
    faint = QColor(color)
    faint.setAlphaF(0.10)
    return faint


def _lane_color(number: int) -> QColor:
    # Neighbouring streams get hues far apart; the name of the lane stands beside the colour.
    dark = theme.color("base").lightness() < 128
    return QColor.fromHsl(number * 5 % _LANE_HUES * 30, 130, 150 if dark else 110)
