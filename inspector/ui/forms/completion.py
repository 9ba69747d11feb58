"""Suggestions while somebody types into a line: asked for a moment after the last key, answered whenever they come."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView

from inspector.ui.suggestions import Suggestions

ASK_DELAY_MS = 150
MAX_ROWS = 12

Reply = Callable[[Suggestions], None]
Ask = Callable[[str, Reply], None]
"""Asks what a text may become; the reply may come at once, late, or never."""


class Completion(QObject):
    """Belongs to a line: typing asks, and so do Down and Ctrl+Space; the newest answer alone counts.

    A chosen suggestion is told by the line's own `textEdited`. `said` carries how many there are, in words.
    """

    said = Signal(str)

    def __init__(self, line: QLineEdit, ask: Ask) -> None:
        super().__init__(line)
        self._line, self._ask = line, ask
        self._number = 0
        self._values = QStringListModel(self)
        self._completer = QCompleter(self._values, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(MAX_ROWS)
        self._completer.setWidget(line)  # the line's own `setCompleter` would open the list of the text before
        self._popup = QListView()
        self._popup.setObjectName(f"suggestions:{line.objectName()}")
        self._popup.setAccessibleName("Suggestions of the server")
        self._completer.setPopup(self._popup)
        self._completer.activated.connect(self._take)
        self._timer = QTimer(self, singleShot=True, interval=ASK_DELAY_MS)
        self._timer.timeout.connect(self.ask_now)
        line.textEdited.connect(self._edited)
        line.installEventFilter(self)

    def ask_now(self) -> None:
        """Ask for the text as it stands; answers to earlier questions do not count any more."""
        self._timer.stop()
        self._number += 1
        self._ask(self._line.text(), partial(self._show, self._number))

    def values(self) -> list[str]:
        """What is suggested at present."""
        return self._values.stringList()

    def close(self) -> None:
        """Forget what was asked, and take the list away."""
        self._timer.stop()
        self._number += 1
        self._popup.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down and Ctrl+Space ask without typing."""
        if watched is self._line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            with_control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            if event.key() == Qt.Key.Key_Down or (event.key() == Qt.Key.Key_Space and with_control):
                self.ask_now()
                return True
        return super().eventFilter(watched, event)

    def _edited(self) -> None:
        self._number += 1
        self._popup.hide()  # it belongs to another text
        self._timer.start()

    def _show(self, number: int, found: Suggestions) -> None:
        if number != self._number:
            return
        self._values.setStringList(list(found.values))
        self.said.emit(found.words)
        offers_more = found.values and found.values != (self._line.text(),)
        if offers_more and self._line.hasFocus():
            self._completer.complete()
        else:
            self._popup.hide()

    def _take(self, text: str) -> None:
        """The user has chosen."""
        self._line.setText(text)
        self._line.textEdited.emit(text)
        self.close()
