"""What the term being typed may become, as a list that opens below the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QHeaderView, QLineEdit, QTreeView

from inspector.record.query import Completion
from inspector.ui import theme

ASK_DELAY_MS = 120
MAX_ROWS = 12
_WIDTH_PX = 420
_TAKING = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}

Index = QModelIndex | QPersistentModelIndex


Ask = Callable[[str, int], Sequence[Completion]]
"""What a text may become at a position."""


class CompletionModel(QAbstractTableModel):
    """The text on the left, what it means on the right."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.found: list[Completion] = []

    def show(self, found: Sequence[Completion]) -> None:
        self.beginResetModel()
        self.found = list(found)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.found)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            found = self.found[index.row()]
            return found.note if index.column() else found.text
        if role == Qt.ItemDataRole.ForegroundRole and index.column():
            return theme.color("muted")
        return None


class FilterCompletion(QObject):
    """Belongs to a line: typing asks a moment later, Ctrl+Space and Down ask at once.

    Tab takes the first or the chosen entry, Return the chosen one, Escape closes.
    """

    closed = Signal()
    """The user wants no suggestion."""

    def __init__(self, line: QLineEdit, ask: Ask) -> None:
        super().__init__(line)
        self._line, self._ask = line, ask
        self._model = CompletionModel(self)
        self.popup = QTreeView()
        self.popup.setObjectName(f"{line.objectName()}Completion")
        self.popup.setAccessibleName("What the filter may become")
        self.popup.setHeaderHidden(True)
        self.popup.setRootIsDecorated(False)
        self.popup.setUniformRowHeights(True)
        self._completer = QCompleter(self._model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(MAX_ROWS)
        self._completer.setWidget(line)
        self._completer.setPopup(self.popup)
        self.popup.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.popup.clicked.connect(lambda index: self._take(index.row()))
        self.popup.installEventFilter(self)
        self._timer = QTimer(self, singleShot=True, interval=ASK_DELAY_MS)
        self._timer.timeout.connect(self._suggest)
        line.textEdited.connect(self._edited)

    def texts(self) -> list[str]:
        """What is offered at present."""
        return [found.text for found in self._model.found] if self.popup.isVisible() else []

    def ask_now(self) -> bool:
        """Open the list with its first entry chosen; False if there is nothing to offer."""
        if not self._suggest():
            return False
        self.popup.setCurrentIndex(self._completer.completionModel().index(0, 0))
        return True

    def close(self) -> None:
        """Take the list away, and forget what was to be asked."""
        self._timer.stop()
        self.popup.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys that choose; all others go to the line."""
        if watched is not self.popup or not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            self.closed.emit()
            return True
        if event.key() not in _TAKING:
            return super().eventFilter(watched, event)
        chosen = self.popup.currentIndex()
        self.close()
        if chosen.isValid() or event.key() == Qt.Key.Key_Tab:
            self._take(max(0, chosen.row()))
        else:
            self._line.returnPressed.emit()
        return True

    def _edited(self, text: str) -> None:
        self.popup.hide()  # it belongs to another text
        if text:
            self._timer.start()
        else:
            self._timer.stop()

    def _suggest(self) -> bool:
        """Show what there is, unless the text stands there already."""
        self._timer.stop()
        text, cursor = self._line.text(), self._line.cursorPosition()
        found = [one for one in self._ask(text, cursor) if text[one.start : one.end] != one.text]
        self._model.show(found)
        if not found or not self._line.hasFocus():
            self.popup.hide()
            return False
        area = self._line.rect()
        area.setLeft(min(self._line.cursorRect().left(), max(0, area.width() - _WIDTH_PX)))
        area.setWidth(_WIDTH_PX)
        self._completer.complete(area)
        self.popup.setCurrentIndex(QModelIndex())  # Return is for the text as it stands until the user chooses
        return True

    def _take(self, row: int) -> None:
        if row >= len(self._model.found):
            return
        chosen, text = self._model.found[row], self._line.text()
        self.close()
        self._line.setText(text[: chosen.start] + chosen.text + text[chosen.end :])
        self._line.setCursorPosition(chosen.start + len(chosen.text))
        self._line.textEdited.emit(self._line.text())  # a chosen field asks for its values
