"""The frame of every question that a server asks the user: who asks, how many more wait, and a way to say no to all."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.record.text import counted, plain
from inspector.ui.badge import deprecated_badge
from inspector.ui.dialogs.dialog_parts import heading, push_button
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label

ARM_MS = 500
"""Until then nothing can be agreed to: the user may still be typing elsewhere, or clicking the question before."""
MAX_SERVER_CHARS = 80


class QuestionDialog(QDialog):
    """Not modal, so that the timeline can be read while it is open. It is answered once, or withdrawn.

    `answered` carries the result for the server, `refused` a sentence; `all_declined` comes before either, when the
    user wants no more questions of this server.
    """

    answered = Signal(object)
    refused = Signal(str)
    all_declined = Signal()

    def __init__(self, title: str, server: str, parent: QWidget | None = None, *, deprecated: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._is_settled = False
        self._guarded: list[QWidget] = []
        self._waiting = muted_label(wrap=False)
        self._decline_all = push_button(
            "Decline all from this server", "declineAll", "Decline this and all further questions of this connection"
        )
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(14, 14, 14, 14)
        self.column.setSpacing(10)
        self.column.addLayout(self._top(title, server, deprecated))
        self._decline_all.clicked.connect(self._say_no_to_all)
        self.set_waiting(0, 1)

    def set_waiting(self, waiting: int, asked: int) -> None:
        """Show that so many more questions wait, and that the server has asked `asked` altogether."""
        words = counted(waiting, "more question")
        self._waiting.setText(f"{words} wait{'s' if waiting == 1 else ''}" if waiting else "")
        self._waiting.setVisible(waiting > 0)
        self._decline_all.setVisible(asked > 1)

    def guard(self, *buttons: QPushButton) -> None:
        """Let these buttons, which agree to something, be pressed only after a moment."""
        self._guarded += buttons
        for button in buttons:
            button.setEnabled(False)

    def settle(self, result: Any) -> None:
        """Answer with `result` and close."""
        if not self._is_settled:
            self._is_settled = True
            super().accept()
            self.answered.emit(result)

    def refuse(self, sentence: str) -> None:
        """Do not answer, and close."""
        if not self._is_settled:
            self._is_settled = True
            super().reject()
            self.refused.emit(sentence)

    def withdraw(self) -> None:
        """Close without a word: nobody waits for the answer any more."""
        self._is_settled = True
        super().reject()

    def dismiss(self) -> None:
        """Esc and the close button: neither yes nor no."""
        self.refuse("The user closed the question.")

    def decline(self) -> None:
        """An explicit no."""
        self.refuse("The user declined.")

    def open(self) -> None:
        """Show it without taking the window away from the user."""
        QTimer.singleShot(ARM_MS, self, self._arm)
        self.show()

    def reject(self) -> None:
        if self._is_settled:
            super().reject()
        else:
            self.dismiss()

    def _top(self, title: str, server: str, deprecated: str) -> QVBoxLayout:
        self._waiting.setObjectName("questionsWaiting")
        self._waiting.setAccessibleName("Questions that wait")
        who = ElidedLabel(f"· {plain(server, MAX_SERVER_CHARS)}" if server else "")
        who.setObjectName("questionServer")
        who.setAccessibleName("Server that asks")
        who.setProperty("muted", True)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(heading(title))
        if deprecated:
            first.addWidget(deprecated_badge(deprecated), 0, Qt.AlignmentFlag.AlignVCenter)
        first.addWidget(who, 1)
        second.addWidget(self._waiting)
        second.addStretch()
        second.addWidget(self._decline_all)
        rows = QVBoxLayout()
        rows.setSpacing(6)
        rows.addLayout(first)
        rows.addLayout(second)
        return rows

    def _arm(self) -> None:
        for button in self._guarded:
            button.setEnabled(True)

    def _say_no_to_all(self) -> None:
        self.all_declined.emit()
        self.decline()
