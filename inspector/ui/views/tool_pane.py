"""The list of tools with its search line."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.forms.parts import muted_label
from inspector.ui.models.tool_list import ToolListModel, ToolRow
from inspector.ui.theme import color, mono_font

MARGIN = 8
NOT_CONNECTED = "Not connected."
NO_TOOLS = "This server offers no tools."
NO_MATCH = "No tool matches the search."


class ToolDelegate(QStyledItemDelegate):
    """Two lines: the name with its badges as words, and the title or description."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        lines = QFontMetrics(mono_font()).height() + option.fontMetrics.height()
        return QSize(80, lines + MARGIN + 4)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row: ToolRow | None = index.data(ToolListModel.RowRole)
        if row is None:
            return
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, color("selection"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, color("raised"))
        area = option.rect.adjusted(MARGIN, MARGIN // 2, -MARGIN, -MARGIN // 2)
        self._paint_texts(painter, option, row, area)
        painter.restore()

    def _paint_texts(self, painter: QPainter, option: QStyleOptionViewItem, row: ToolRow, area: QRect) -> None:
        """As many badges as fit behind the name; if not even one does, it stands before the description."""
        mono = mono_font()
        left = area.width() - QFontMetrics(mono).horizontalAdvance(row.name) - 2 * MARGIN
        offers = [" · ".join(row.badges), row.badges[0] if row.badges else ""]
        badges = next((words for words in offers if option.fontMetrics.horizontalAdvance(words) <= left), offers[1])
        width = option.fontMetrics.horizontalAdvance(badges)
        is_roomy = width <= left
        painter.setFont(mono)
        painter.setPen(color("text"))
        _line(painter, row.name, area, Qt.AlignmentFlag.AlignTop)
        painter.setFont(option.font)
        painter.setPen(color("warn" if "destructive" in row.badges else "note"))
        if is_roomy:
            _line(painter, badges, area.adjusted(area.width() - width, 0, 0, 0), Qt.AlignmentFlag.AlignTop)
        else:
            _line(painter, badges, area, Qt.AlignmentFlag.AlignBottom)
        painter.setPen(color("muted"))
        words = " — ".join(filter(None, (row.title, row.description)))
        start = width + MARGIN if badges and not is_roomy else 0
        _line(painter, words, area.adjusted(start, 0, 0, 0), Qt.AlignmentFlag.AlignBottom)


def _line(painter: QPainter, text: str, area: QRect, place: Qt.AlignmentFlag) -> None:
    if area.width() <= 0:
        return
    elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, place | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine, elided)


class ToolPane(QWidget):
    """`selected` carries the raw entry of tools/list of the selection, `activated` if Enter asks for its form."""

    selected = Signal(object)
    activated = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = ToolListModel()
        self._search = QLineEdit()
        self._list = QListView()
        self._count = muted_label(wrap=False)
        self._empty = muted_label(NOT_CONNECTED)
        self._none_because = NOT_CONNECTED
        self._current: Any = None
        self._build()
        self._search.textChanged.connect(self._filter)
        self._search.installEventFilter(self)
        self._list.selectionModel().currentChanged.connect(self._current_changed)
        self._list.activated.connect(self._activate)

    def set_tools(self, tools: Any, none_because: str = "") -> None:
        """Show the raw entries of tools/list, or why there are none; None while there is no connection."""
        self._none_because = NOT_CONNECTED if tools is None else none_because or NO_TOOLS
        self.model.set_tools(tools)
        self._after_reset()

    def select(self, name: str) -> bool:
        """Choose the tool of this name; False if the list does not show it."""
        row = self.model.row_of({"name": name})
        if row < 0:
            return False
        self._list.setCurrentIndex(self.model.index(row))
        return True

    def focus_search(self) -> None:
        """Put the cursor into the search line."""
        self._search.setFocus()
        self._search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down in the search line move the selection, Enter activates it."""
        if watched is self._search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._activate()
                return True
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        self._search.setObjectName("toolSearch")
        self._search.setAccessibleName("Search tools")
        self._search.setPlaceholderText("Search tools")
        self._search.setToolTip("Search names and descriptions (Ctrl+K)")
        self._search.setClearButtonEnabled(True)
        self._list.setObjectName("toolList")
        self._list.setAccessibleName("Tools")
        self._list.setModel(self.model)
        self._list.setItemDelegate(ToolDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._count.setObjectName("toolCount")
        self._count.setAccessibleName("Number of tools")
        self._empty.setObjectName("toolsEmpty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(6)
        layout.addWidget(self._search)
        layout.addLayout(self._stack)
        layout.addWidget(self._count)

    def _filter(self, text: str) -> None:
        self.model.set_filter(text)
        self._after_reset()

    def _after_reset(self) -> None:
        """Say what is shown, and keep the chosen tool where it is still there."""
        rows, total = self.model.rowCount(), self.model.total
        self._empty.setText(NO_MATCH if total else self._none_because)
        self._stack.setCurrentIndex(1 if rows else 0)
        noun = "tool" if total == 1 else "tools"
        self._count.setText(f"{rows:,} of {total:,} {noun}" if rows != total else f"{total:,} {noun}")
        self._count.setVisible(bool(total))
        row = self.model.row_of(self._current) if self._current is not None else -1
        if row >= 0:
            self._list.setCurrentIndex(self.model.index(row))

    def _step(self, by: int) -> None:
        row = self._list.currentIndex().row() + by
        if 0 <= row < self.model.rowCount():
            self._list.setCurrentIndex(self.model.index(row))

    def _current_changed(self, index: QModelIndex) -> None:
        row: ToolRow | None = index.data(ToolListModel.RowRole)
        if row is not None and row.tool is not self._current:
            self._current = row.tool
            self.selected.emit(row.tool)

    def _activate(self) -> None:
        index = self._list.currentIndex()
        if not index.isValid() and self.model.rowCount():
            self._list.setCurrentIndex(self.model.index(0))
        row: ToolRow | None = self._list.currentIndex().data(ToolListModel.RowRole)
        if row is not None:
            self.activated.emit(row.tool)
