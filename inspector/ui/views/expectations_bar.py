"""What can be done with the expectations: begin with a template, judge anew, keep them in a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QToolButton, QWidget

from inspector.expect.grammar import FORMS, MAX_CHARS
from inspector.ui.forms.parts import tool_button

FIRST_SET = """\
first event under 2s
answer under 30s
no gap over 30s
no errors
no drops
no finding above warn"""
FILE_NAME = "expectations.txt"
_FILTER = "Expectations (*.txt);;All files (*)"


class ExpectationsBar(QWidget):
    """`lines_wanted` carries lines to add, `loaded` the text of a file, `said` a sentence for the user."""

    lines_wanted = Signal(str)
    anew_wanted = Signal()
    loaded = Signal(str)
    said = Signal(str)

    def __init__(self, text: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._add = _button("Add", "expectationsAdd", "Add an expectation: every form there is, with an example")
        self._add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self._add)
        self._menu.setObjectName("expectationsAddMenu")
        self._menu.setToolTipsVisible(True)
        self._fill_menu()
        self._add.setMenu(self._menu)
        self._anew = _button("Judge from now", "expectationsAnew", "Forget the verdicts; what comes from now on counts")
        self._load = _button(
            "Open…", "expectationsOpen", "Open a file of expectations, as check --expectations reads it"
        )
        self._save = _button("Save…", "expectationsSave", "Save them as a file for check --expectations")
        self._anew.clicked.connect(self.anew_wanted)
        self._load.clicked.connect(self._ask_to_open)
        self._save.clicked.connect(self._ask_to_save)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for button in (self._add, self._anew, self._load, self._save):
            layout.addWidget(button)
        layout.addStretch()

    def set_any(self, is_any: bool) -> None:
        """Whether anything is expected."""
        self._anew.setEnabled(is_any)
        self._save.setEnabled(is_any)

    def set_live(self, is_live: bool) -> None:
        """Nothing comes in a recording, so nothing can be judged from now on there."""
        self._anew.setVisible(is_live)

    def open_file(self, path: Path) -> None:
        """Take the text of a file."""
        try:
            with path.open(encoding="utf-8-sig") as file:
                text = file.read(MAX_CHARS + 1)
        except UnicodeDecodeError:
            self.said.emit(f"{path.name} is no text in UTF-8. Save it as UTF-8 first.")
        except OSError as error:
            self.said.emit(f"{path.name} cannot be read: {error.strerror}. Look at its rights.")
        else:
            self.loaded.emit(text)

    def save_file(self, path: Path) -> None:
        """Write the text to a file."""
        text = self._text()
        try:
            path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
        except OSError as error:
            self.said.emit(f"{path.name} cannot be written: {error.strerror}. Choose another folder.")
        else:
            self.said.emit(f"Saved. In CI: sse-mcp-inspector check URL --expectations {path.name}")

    def _fill_menu(self) -> None:
        first = self._menu.addAction("A first set for any server", lambda: self.lines_wanted.emit(FIRST_SET))
        first.setToolTip(FIRST_SET)
        self._menu.addSeparator()
        for line, meaning in FORMS:
            action = self._menu.addAction(line, partial(self.lines_wanted.emit, line))
            action.setToolTip(meaning)

    def _ask_to_open(self) -> None:
        dialog = self._dialog("Open expectations")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open_file(Path(name)))
        dialog.open()

    def _ask_to_save(self) -> None:
        dialog = self._dialog("Save expectations")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("txt")
        dialog.selectFile(FILE_NAME)
        dialog.fileSelected.connect(lambda name: self.save_file(Path(name)))
        dialog.open()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title, "", _FILTER)
        dialog.setObjectName("expectationsFileDialog")
        dialog.finished.connect(dialog.deleteLater)
        return dialog


def _button(text: str, object_name: str, meaning: str) -> QToolButton:
    button = tool_button(text, meaning)
    button.setObjectName(object_name)
    return button
