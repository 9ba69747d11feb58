"""What the tests of questions do with their dialogs."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.dialogs.question_dialog import QuestionDialog
from tests.support.panes import part


class Asked:
    """An open question and what became of it."""

    def __init__(self, qtbot: QtBot, dialog: QuestionDialog) -> None:
        self.dialog = dialog
        self.answers: list[Any] = []
        self.refusals: list[str] = []
        self.all_declined = 0
        dialog.answered.connect(self.answers.append)
        dialog.refused.connect(self.refusals.append)
        dialog.all_declined.connect(self._count)
        dialog.open()
        qtbot.waitUntil(dialog.isVisible)

    def arm(self) -> None:
        """Let the moment pass in which nothing can be agreed to."""
        self.dialog._arm()

    def click(self, name: str) -> None:
        button = self.button(name)
        assert button.isVisible(), name
        button.click()

    def button(self, name: str) -> QAbstractButton:
        return part(self.dialog, QAbstractButton, name)

    def says(self, name: str) -> str:
        """The text of a label, empty where it is hidden."""
        label = part(self.dialog, QLabel, name)
        return label.text() if label.isVisible() else ""

    def _count(self) -> None:
        self.all_declined += 1


def window(qtbot: QtBot) -> QWidget:
    """What the questions belong to."""
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made
