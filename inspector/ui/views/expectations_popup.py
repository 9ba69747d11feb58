"""Suggestions in the editor of expectations: names of tools while typing, everything on Ctrl+Space."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QObject, QStringListModel, Qt
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QCompleter, QListView, QPlainTextEdit

from inspector.ui.models.expectation_completion import offered

_MAX_ROWS = 10
_CHOOSING = {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab}


class ExpectationsPopup(QObject):
    """Belongs to an editor, which hands it every key; `names` gives the tools that are known at present.

    While somebody types nothing is chosen beforehand, so that Return begins the next line.
    """

    def __init__(self, edit: QPlainTextEdit) -> None:
        super().__init__(edit)
        self.names: Callable[[], Sequence[str]] = tuple
        self._edit = edit
        self._typed = ""
        self._values = QStringListModel(self)
        self._completer = QCompleter(self._values, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(_MAX_ROWS)
        self._completer.setWidget(edit)
        self.list = QListView()
        self.list.setObjectName("expectationsSuggestions")
        self.list.setAccessibleName("Suggestions")
        self._completer.setPopup(self.list)
        self._completer.activated.connect(self._take)

    def values(self) -> list[str]:
        """What is suggested at present."""
        return self._values.stringList() if self.list.isVisible() else []

    def takes(self, event: QKeyEvent) -> bool:
        """Whether a key is for the suggestions and not for the text."""
        key = event.key()
        if key == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._suggest(only_names=False)
            self.list.setCurrentIndex(self._values.index(0, 0))
            return True
        if not self.list.isVisible():
            return False
        if key == Qt.Key.Key_Escape or (key in _CHOOSING and self.list.currentIndex().isValid()):
            event.ignore()  # which leaves it to the list
            return True
        if key in _CHOOSING:
            self.list.hide()
        return False

    def typed(self, event: QKeyEvent) -> None:
        """A key has changed the text, or not."""
        if event.key() == Qt.Key.Key_Backspace or (event.text() and event.text().isprintable()):
            self._suggest(only_names=True)

    def _suggest(self, *, only_names: bool) -> None:
        cursor = self._edit.textCursor()
        line, place = cursor.block().text(), cursor.positionInBlock()
        self._typed, found = offered(line[:place], self.names())
        is_form = self._typed == line[:place].lstrip()
        if not found or line[place:].strip() or (is_form and only_names):
            self.list.hide()
            return
        self._values.setStringList(found)
        at = self._edit.cursorRect().translated(self._edit.viewport().pos())
        at.setWidth(self.list.sizeHintForColumn(0) + 2 * self.list.frameWidth() + 32)
        self._completer.complete(at)
        self.list.setCurrentIndex(QModelIndex())

    def _take(self, text: str) -> None:
        """The user has chosen."""
        cursor = self._edit.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.Left, QTextCursor.MoveMode.KeepAnchor, len(self._typed))
        cursor.insertText(text)
        self._edit.setTextCursor(cursor)
        self.list.hide()
