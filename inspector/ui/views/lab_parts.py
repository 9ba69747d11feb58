"""What the pages of the laboratory share: which tool to call, buttons to start and stop, a table, a report."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIntValidator, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.dialogs.dialog_parts import ColoredLabel, push_button
from inspector.ui.forms.parts import muted_label
from inspector.ui.laboratory import Laboratory
from inspector.ui.theme import mono_font
from inspector.wire import jsontext

MARGIN, SPACING = 12, 10
NO_CALL = "(no calls)"


class Page(QWidget):
    """A page of the laboratory: what it does in words, its controls, what came of it."""

    def __init__(self, laboratory: Laboratory, words: str) -> None:
        super().__init__()
        self.laboratory = laboratory
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        self.column.setSpacing(SPACING)
        self.column.addWidget(muted_label(words))
        laboratory.ticked.connect(self._tick)

    def refresh(self) -> None:
        """Show what is so now; called a few times a second while the page is in sight."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _tick(self) -> None:
        if self.isVisible():
            self.refresh()


class ToolChoice(QWidget):
    """The tool to call and its arguments; `changed` when either is another. It begins with the user's latest call."""

    changed = Signal()

    def __init__(self, laboratory: Laboratory, name: str, *, may_be_none: bool = False) -> None:
        super().__init__()
        self._laboratory = laboratory
        self._may_be_none = may_be_none
        self._was_chosen = False
        self._tools = QComboBox()
        self._tools.setMinimumContentsLength(16)
        self._tools.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._arguments = QLineEdit("{}")
        for widget, part, meaning in (
            (self._tools, "Tool", "The tool to call"),
            (self._arguments, "Arguments", "Its arguments, a JSON object"),
        ):
            widget.setObjectName(f"{name}{part}")
            widget.setAccessibleName(meaning)
            widget.setToolTip(meaning)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self._tools)
        row.addWidget(QLabel("with"))
        row.addWidget(self._arguments, 1)
        self.offer()
        self._tools.activated.connect(self._note_choice)
        self._tools.currentTextChanged.connect(self.changed)
        self._arguments.textEdited.connect(self._note_choice)
        self._arguments.textChanged.connect(self.changed)

    def offer(self) -> None:
        """Let be chosen what the server offers now; until the user has chosen, the latest call stands there.

        Whoever asks for this looks at it next, so nothing is said of a change.
        """
        blockers = QSignalBlocker(self._tools), QSignalBlocker(self._arguments)
        names = self._laboratory.tools()
        wanted = [NO_CALL, *names] if self._may_be_none else names
        if wanted != [self._tools.itemText(place) for place in range(self._tools.count())]:
            before = self._tools.currentText()
            self._tools.clear()
            self._tools.addItems(wanted)
            self._tools.setCurrentText(before)
        latest = self._laboratory.latest
        if latest is not None and not self._was_chosen and latest.tool in names:
            self._tools.setCurrentText(latest.tool)
            arguments = jsontext.dumps(latest.arguments).decode()
            if self._arguments.text() != arguments:
                self._arguments.setText(arguments)
                self._arguments.setCursorPosition(0)  # how they begin says more than how they end
        del blockers

    @property
    def tool(self) -> str:
        """The chosen tool, empty for none."""
        name = self._tools.currentText()
        return "" if name == NO_CALL else name

    def arguments(self) -> dict[str, Any] | None:
        """The arguments, None while they are no JSON object."""
        value = jsontext.parse(self._arguments.text().strip() or "{}")
        return value.value if value.error is None and isinstance(value.value, dict) else None

    def obstacle(self) -> str:
        """Why nothing can be called with this, empty if it can."""
        if not self._may_be_none and not self.tool:
            return "This server offers no tool to call."
        return "" if self.arguments() is not None else """The arguments are no JSON object; write {"text": "hello"}."""

    def _note_choice(self) -> None:
        self._was_chosen = True


class Report(QWidget):
    """The text of a report, to be copied or saved; `name` is a part of the file's name.

    `note` says what became of that. A page that shows its outcome otherwise hides the text and takes only `parts`.
    """

    def __init__(self, parent: QWidget, name: str, empty: str = "") -> None:
        super().__init__(parent)
        self._name = name
        self._document = ""
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(mono_font(0.92))
        self.text.setPlaceholderText(empty)
        self.text.setObjectName(f"{name}Report")
        self.text.setAccessibleName("Report")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy = push_button("Copy report", f"{name}Copy", "Copy the report as Markdown")
        self.save = push_button("Save report…", f"{name}Save", "Save the report as Markdown")
        self.note = ColoredLabel("muted")
        self.note.setObjectName(f"{name}Note")
        self.note.setAccessibleName("What became of the report")
        self.parts = (self.copy, self.save, self.note)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._ask_where)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.text)
        self.show_report("", "")

    def show_report(self, text: str, markdown: str) -> None:
        """What is shown, and what is copied and saved."""
        bar = self.text.verticalScrollBar()
        place = bar.value()
        if text != self.text.toPlainText():
            self.text.setPlainText(text)
            bar.setValue(place)
        if markdown != self._document:
            self.note.say("")
        self._document = markdown
        for button in (self.copy, self.save):
            button.setEnabled(bool(markdown))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._document)
        self.note.say("Copied the report.", "note")

    def _ask_where(self) -> None:
        chooser = QFileDialog(self, "Save the report", "", "Markdown (*.md);;All files (*)")
        chooser.setObjectName("reportFileDialog")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("md")
        chooser.selectFile(f"inspector-{self._name}.md")
        chooser.fileSelected.connect(self.save_to)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def save_to(self, name: str) -> None:
        """Write the report, and say what became of it."""
        from pathlib import Path  # noqa: PLC0415 - only when a report is saved

        try:
            Path(name).write_text(self._document, encoding="utf-8")
        except OSError as error:
            self.note.say(f"Cannot write {name!r}: {error.strerror}. Choose a folder that is yours.", "bad")
            return
        self.note.say(f"Saved the report to {name}.", "note")


class NumberField(QLineEdit):
    """A whole number from `low` to `high`; Up and Down count. What is no such number counts as the nearest one."""

    def __init__(self, low: int, high: int, value: int, name: str, meaning: str) -> None:
        super().__init__(str(value))
        self._low, self._high = low, high
        self.setObjectName(name)
        self.setAccessibleName(meaning)
        self.setToolTip(f"{meaning}: {low:,} to {high:,}")
        self.setValidator(QIntValidator(0, high, self))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(f"{high}0") + 16)

    def value(self) -> int:
        """The number that is meant."""
        text = self.text()
        return min(max(self._low, int(text)), self._high) if text.isdecimal() else self._low

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.setText(str(min(max(self._low, self.value() + step), self._high)))


def line(*parts: QWidget | str, stretch: int | None = None) -> QHBoxLayout:
    """Words and widgets in a line; the widget at place `stretch` takes what is left, else nothing does."""
    row = QHBoxLayout()
    row.setSpacing(6)
    for place, part in enumerate(parts):
        widget = QLabel(part) if isinstance(part, str) else part
        row.addWidget(widget, 1 if place == stretch else 0)
    if stretch is None:
        row.addStretch()
    return row


def state_label(name: str) -> ColoredLabel:
    """Where a page says how it stands."""
    label = ColoredLabel("muted")
    label.setObjectName(name)
    label.setAccessibleName("How it stands")
    return label
