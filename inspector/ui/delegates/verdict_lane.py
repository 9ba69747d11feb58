"""The lane of an expectation: when it was met and when it was not, in a cell of the table."""

from __future__ import annotations

from bisect import bisect_left

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from inspector.expect.expectation import Figure, Uptime
from inspector.expect.verdict import Moment, State, Verdict
from inspector.record.text import calendar
from inspector.ui import theme
from inspector.ui.forms.parts import tool_tip
from inspector.ui.models.table_model import TableModel

_MARGIN_PX = 6
_TICK_PX = 3
_BLOCK_PX = 8
_NEAR_PX = 8
Index = QModelIndex | QPersistentModelIndex


class VerdictLane(QStyledItemDelegate):
    """A thin line while it is met, a bar of the cell's height for each failure, a block while a figure is too high.

    A click near a failure emits `jump` with its event.
    """

    jump = QtSignal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.span_ns: tuple[int, int] | None = None
        """The time that the cell stands for."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        verdict = _verdict(index)
        if verdict is None or self.span_ns is None:
            return
        painter.save()
        self._paint_lane(painter, option.rect.adjusted(_MARGIN_PX, 3, -_MARGIN_PX, -3), verdict)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        """A click goes to the failure at that place."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            moment = self._moment_at(event.position().toPoint(), option.rect, index)
            if moment is not None and moment.evidence:
                self.jump.emit(moment.evidence[-1])
        return super().editorEvent(event, model, option, index)

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """What failed at that place, and when."""
        moment = self._moment_at(event.pos(), option.rect, index)
        words = "" if moment is None else f"{calendar(moment.at)[11:23]}  {moment.text}"
        QToolTip.showText(event.globalPos(), tool_tip(words) if words else "", view)
        return True

    def _paint_lane(self, painter: QPainter, room: QRect, verdict: Verdict) -> None:
        middle = room.center().y()
        began = verdict.began_ns
        if began is None:
            painter.setPen(QPen(theme.color("border"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(room.left(), middle, room.right(), middle)
            return
        start = self._x_of(began, room)
        if start > room.left():
            painter.setPen(QPen(theme.color("border"), 1, Qt.PenStyle.DotLine))
            painter.drawLine(room.left(), middle, start, middle)
        calm = "muted" if verdict.state in (State.PENDING, State.UNUSED) else "good"
        painter.setPen(QPen(theme.color(calm), 2))
        painter.drawLine(start, middle, room.right(), middle)
        for left, right in self._failing(verdict, room):
            top = room.top() if right == left else middle - _BLOCK_PX // 2
            height = room.height() if right == left else _BLOCK_PX
            painter.fillRect(QRect(left, top, max(_TICK_PX, right - left), height), theme.color("bad"))

    def _failing(self, verdict: Verdict, room: QRect) -> list[tuple[int, int]]:
        """Where it was not met: moments, or of a figure the time until it was met again."""
        found: list[tuple[int, int]] = []
        lasts = isinstance(verdict.expectation, Figure | Uptime)
        since: int | None = None
        for moment in verdict.moments:
            x = self._x_of(moment.at_ns, room)
            if not moment.is_met:
                since = x if since is None else since
                if not lasts:
                    found.append((x, x))
            elif lasts and since is not None:
                found.append((since, x))
                since = None
        if lasts and since is not None:
            found.append((since, room.right()))
        return found

    def _x_of(self, at_ns: int, room: QRect) -> int:
        start_ns, end_ns = self.span_ns or (0, 1)
        share = (at_ns - start_ns) / max(1, end_ns - start_ns)
        return room.left() + round(min(max(share, 0.0), 1.0) * max(0, room.width() - _TICK_PX))

    def _moment_at(self, place: QPoint, cell: QRect, index: Index) -> Moment | None:
        """The failure that is nearest, if one is near."""
        verdict = _verdict(index)
        if verdict is None or self.span_ns is None:
            return None
        room = cell.adjusted(_MARGIN_PX, 0, -_MARGIN_PX, 0)
        failures = [moment for moment in verdict.moments if not moment.is_met]
        places = [self._x_of(moment.at_ns, room) + _TICK_PX // 2 for moment in failures]
        right = bisect_left(places, place.x())
        near = [at for at in (right - 1, right) if 0 <= at < len(places)]
        nearest = min(near, key=lambda at: abs(places[at] - place.x()), default=None)
        if nearest is None or abs(places[nearest] - place.x()) > _NEAR_PX:
            return None
        return failures[nearest]


def _verdict(index: Index) -> Verdict | None:
    model = index.model()
    return model.row(index) if isinstance(model, TableModel) else None
