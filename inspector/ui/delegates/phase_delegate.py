"""Draws where the time of a call went: one bar of coloured pieces, on the scale of the calls around it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from inspector.stats.call_timing import CallTiming
from inspector.ui import theme
from inspector.ui.models.call_phases import in_words, segments

_MARGIN_PX = 6
_GAP_PX = 1


class PhaseDelegate(QStyledItemDelegate):
    """`timing` gives the call of an index; the cell is as wide as `scale_ms`. Beside the bar, words are in columns."""

    def __init__(self, timing: Callable[[QModelIndex | QPersistentModelIndex], CallTiming], parent: QWidget) -> None:
        super().__init__(parent)
        self._timing = timing
        self.scale_ms = 1.0

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The background of the cell, and the pieces over it."""
        option = QStyleOptionViewItem(option)
        self.initStyleOption(option, index)
        option.text = ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        room: QRect = option.rect.adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        for piece in segments(self._timing(index)):
            left = room.left() + self._px(piece.start_ms, room)
            right = room.left() + self._px(piece.end_ms, room)
            width = max(1, right - left - _GAP_PX)
            painter.fillRect(left, room.top(), width, room.height(), theme.color(piece.phase.role))

    def helpEvent(
        self,
        event: QHelpEvent,
        view: QAbstractItemView,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        """The pieces in words."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        QToolTip.showText(event.globalPos(), in_words(self._timing(index)), view)
        return True

    def _px(self, ms: float, room: QRect) -> int:
        return round(room.width() * min(ms / self.scale_ms, 1.0)) if self.scale_ms > 0 else 0
