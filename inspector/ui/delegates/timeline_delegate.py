"""Paints the rows of the timeline: prebuilt colours, texts fitted from a cache, column by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QObject, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPolygon
from PySide6.QtWidgets import QStyledItemDelegate

from inspector.record.rows import CHAT, ERROR, HTTP_KINDS, NOTE, WARN, RowKind
from inspector.record.timeline import INBOUND, OUTBOUND
from inspector.ui import theme
from inspector.ui.delegates.fitting import Fitting
from inspector.ui.models.timeline_cells import MARK_SIGN, RIGHT_ALIGNED, Column
from inspector.ui.models.timeline_model import TimelineModel

PADDING_PX = 6
MONO = frozenset({Column.NUMBER, Column.TIME, Column.DELTA, Column.ID, Column.SIZE, Column.LATENCY, Column.PREVIEW})
_QUIET = frozenset({Column.NUMBER, Column.TIME, Column.DELTA, Column.ID, Column.SIZE})
_EACH_ITS_OWN = frozenset({Column.NUMBER, Column.TIME, Column.ID, Column.PREVIEW})
"""Columns in which hardly a text comes twice."""
_LANE_HUES = 12
_GROUND_ALPHA = 0.15
_FOUND_PX = 3
_CORNER_PX = 8
"""What findings rest on has a coloured corner, and a bar while the finding is being read."""
MARK_ROLE = "http"
"""The accent would look like the selection, and yellow like a warning."""


class Line(NamedTuple):
    """A row to paint: its position in the model, and its upper edge."""

    position: int
    top: int
    is_selected: bool = False


class Strip(NamedTuple):
    """A column to paint."""

    column: int
    left: int
    width: int


class TimelineDelegate(QStyledItemDelegate):
    """Draws from the model's columns directly; `restyle` after a change of theme or font."""

    def __init__(self, model: TimelineModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.is_found: Callable[[int], bool] = lambda _row: False
        """Whether the searched text was found in a timeline row."""
        self.first_column = 0
        """The one at the left, of those that are not hidden."""
        self.restyle()

    def restyle(self) -> None:
        """Take colours and fonts from the theme anew."""
        self._fittings = (Fitting(QFont()), Fitting(theme.mono_font(0.95)))
        self._text, self._muted, self._accent = (theme.color(role) for role in ("text", "muted", "accent"))
        self._selection, self._mark = theme.color("selection"), theme.color(MARK_ROLE)
        self._directions = {INBOUND: theme.color("inbound"), OUTBOUND: theme.color("outbound")}
        self._kinds = _kind_colors()
        self._severities = {WARN: theme.color("warn"), ERROR: theme.color("bad")}
        self._tints = {code: faint(color) for code, color in self._severities.items()}
        self._marked = faint(self._mark)
        note = theme.color("note")
        self._evidence = {CHAT: note, NOTE: note, **self._severities}
        self._lanes = [_lane_color(number) for number in range(_LANE_HUES)]

    def paint_lines(self, painter: QPainter, strips: Sequence[Strip], lines: Sequence[Line], height: int) -> None:
        """Paint the cells of `lines`, which follow each other, in `strips`; column by column: the font changes seldom.

        No event is touched unless a cell shows something of it.
        """
        row_at, text_of = self._model.row_at, self._model.cells.text
        rows = [row_at(line.position) for line in lines]
        above = [row_at(lines[0].position - 1) if lines[0].position else None, *rows]
        self._paint_grounds(painter, strips, list(zip(lines, rows, strict=True)), height)
        for strip in strips:
            fitting = self._fittings[strip.column in MONO]
            draw = fitting.draw if strip.column in _EACH_ITS_OWN else fitting.draw_often
            is_right, room = strip.column in RIGHT_ALIGNED, strip.width - 2 * PADDING_PX
            painter.setFont(fitting.font)
            pen = None
            for line, row, previous in zip(lines, rows, above, strict=False):
                text = text_of(row, strip.column, previous)
                if not text:
                    continue
                fitted = fitting.fit(text, room)
                color = self._color(row, strip.column, self._text if line.is_selected else self._muted)
                if color is not pen:
                    painter.setPen(color)
                    pen = color
                x = strip.left + (strip.width - 1 - PADDING_PX - fitted.width if is_right else PADDING_PX)
                baseline = fitting.baseline(line.top, height)
                if fitted.is_high:
                    fitting.draw_clipped(
                        painter, x, baseline, fitted.text, QRect(strip.left, line.top, strip.width, height)
                    )
                else:
                    draw(painter, x, baseline, fitted.text)

    def _paint_grounds(
        self, painter: QPainter, strips: Sequence[Strip], lines: Sequence[tuple[Line, int]], height: int
    ) -> None:
        """What stands behind the texts, of each line with its row."""
        left = min(strip.left for strip in strips)
        width = max(strip.left + strip.width for strip in strips) - left
        severities, numbers, marks = self._model.timeline.severities, self._model.timeline.numbers, self._model.marks
        columns = {strip.column: strip for strip in strips}
        number, lane = columns.get(Column.NUMBER), columns.get(Column.LANE)
        evidence, first = self._model.evidence, columns.get(self.first_column)
        for line, row in lines:
            is_marked = numbers[row] in marks
            before = numbers[row - 1] if row else -1
            held = evidence.shown_at(numbers[row], before)
            is_read = held is not None and evidence.is_read_at(numbers[row], before)
            color = self._tints.get(severities[row]) or (self._marked if is_marked else None)
            if line.is_selected:
                color = self._selection
            elif held is not None and is_read:
                color = faint(self._evidence[held.code])
            if color is not None:
                painter.fillRect(left, line.top, width, height, color)
            if held is not None and first is not None:
                self._paint_evidence(painter, QPoint(first.left, line.top), height, held.code, is_read=is_read)
            if self.is_found(row):
                painter.fillRect(left, line.top + 1, _FOUND_PX, height - 2, self._accent)
            if is_marked and number is not None:
                self._paint_mark(painter, QRect(number.left, line.top, number.width, height))
            if lane is not None:
                self._paint_lane(painter, QRect(lane.left, line.top, lane.width, height), row)

    def _color(self, row: int, column: int, quiet: QColor) -> QColor:
        timeline = self._model.timeline
        if column in _QUIET:
            return quiet
        if column == Column.DIRECTION:
            return self._directions.get(timeline.directions[row], quiet)
        if column == Column.KIND:
            return self._severities.get(timeline.severities[row]) or self._kinds.get(timeline.kinds[row], self._text)
        if column == Column.PREVIEW and timeline.kinds[row] in _QUIET_KINDS and timeline.severities[row] < WARN:
            return quiet
        return self._text

    def _paint_evidence(self, painter: QPainter, corner: QPoint, height: int, code: int, *, is_read: bool) -> None:
        color = self._evidence[code]
        if is_read:
            painter.fillRect(corner.x(), corner.y(), _FOUND_PX + 1, height, color)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        right, below = corner + QPoint(_CORNER_PX, 0), corner + QPoint(0, _CORNER_PX)
        painter.drawPolygon(QPolygon([corner, right, below]))

    def _paint_mark(self, painter: QPainter, rect: QRect) -> None:
        painter.setFont(self._fittings[0].font)
        painter.setPen(self._mark)
        painter.drawText(rect.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, MARK_SIGN)

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
        RowKind.LAB: "accent",
        **dict.fromkeys(HTTP_KINDS, "http"),
    }
    return {int(kind): theme.color(role) for kind, role in roles.items()}


def faint(color: QColor) -> QColor:
    """The colour as the ground of a row that one must be able to read."""
    ground = QColor(color)
    ground.setAlphaF(_GROUND_ALPHA)
    return ground


def _lane_color(number: int) -> QColor:
    # Neighbouring streams get hues far apart; the name of the lane stands beside the colour.
    dark = theme.color("base").lightness() < 128
    return QColor.fromHsl(number * 5 % _LANE_HUES * 30, 130, 150 if dark else 110)
