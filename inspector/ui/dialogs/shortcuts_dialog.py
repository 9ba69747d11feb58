"""All keys of the window in one place."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.ui.theme import mono_font

SHORTCUTS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Connection",
        (
            ("Ctrl+L", "Go to the address; Return connects"),
            ("Ctrl+R", "Connect anew"),
            ("C", "In Reconnects: copy the availability as text"),
            ("Ctrl+,", "Settings"),
            ("Ctrl+B", "Show or hide the server; with Shift the detail"),
            ("F10", "The menu; a letter chooses in it"),
        ),
    ),
    (
        "Recordings",
        (
            ("Ctrl+O", "Open a recording"),
            ("Ctrl+S", "Save the recording, or a copy of it"),
            ("Ctrl+E", "Export, without secrets"),
            ("Ctrl+D", "Compare with another recording"),
            ("Ctrl+Shift+K", "Check the server, with requests made for it"),
        ),
    ),
    (
        "Work",
        (
            ("Ctrl+K", "Search tools; Up and Down choose, Return opens"),
            ("Ctrl+Return", "Call the tool, get the prompt, read the resource, send the request"),
            ("Esc", "Cancel the call"),
            ("Ctrl+Shift+L", "Laboratory: drops, delays, resume test, two addresses, soak"),
            ("Shift+F1", "Rules of the diagnosis; Delete dismisses a finding"),
            ("Ctrl+1", "What is worked on; Ctrl+2 to Ctrl+0: the tabs beside it"),
        ),
    ),
    (
        "Latency",
        (
            ("M", "Mark: figures from here on; S: the calls that shared a socket"),
            ("B", "Keep the figures as a baseline; C: save as CSV, Esc: close the calls"),
        ),
    ),
    (
        "Lanes",
        (
            ("+", "Zoom in; - zooms out, 0 shows all time, End the newest"),
            ("Left", "Earlier; Right: later; Up and Down: another lane"),
            ("Space", "To the row; Return: only the rows of the lane"),
            ("R", "Select the rows of the time in sight; Esc: none"),
            ("P", "Only lanes with problems"),
        ),
    ),
    (
        "Charts",
        (
            ("Left", "Earlier; Right: later; Home: the beginning, End: the newest"),
            ("+", "Less time; -: more, 0: all"),
            ("Ctrl+Right", "Cross hair to the next value; Ctrl+Left: the one before"),
            ("Return", "To the event under the cross hair"),
            ("L", "Durations on a logarithmic scale"),
        ),
    ),
    (
        "Presentation",
        (
            ("F11", "Show the text of the latest call to an audience; Esc leaves"),
            ("H", "Hide secrets, or show them"),
            ("+", "Larger letters; -: smaller; D: dark or light; M: Markdown"),
        ),
    ),
    (
        "Timeline",
        (
            ("Ctrl+Shift+F", "Filter the rows; Ctrl+Space completes, Up brings earlier ones"),
            ("Ctrl+F", "Find text"),
            ("F3", "Next match; with Shift the one before"),
            ("F8", "Next error; with Shift the one before"),
            ("F2", "Next mark; with Shift the one before"),
            ("Ctrl+M", "Mark or unmark the row"),
            ("Ctrl+;", "Comment on the row"),
            ("Ctrl+T", "Count the time from the row, or no more"),
            ("Ctrl+G", "Go to an event number or a time"),
            ("Alt+Up", "To the request of the row; Alt+Down: to its answer"),
            ("Ctrl+J", "Jump between a request and its answer; with Shift to the finding"),
            ("Ctrl+C", "Copy the rows; with Shift the payload; more in the menu of the row"),
            ("Ctrl+Shift+S", "Show only the stream of the row"),
            ("Ctrl+Shift+A", "Show all streams"),
            ("Ctrl+Shift+T", "Follow the stream of the row, as text"),
            ("End", "Follow the newest row"),
        ),
    ),
)
_COLUMN_GAP = 18
_RIGHT = 3
"""How many groups, the last ones, stand to the right."""


class ShortcutsDialog(QDialog):
    """Keys and what they do, in groups, in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutsDialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        both = QHBoxLayout()
        both.setSpacing(2 * _COLUMN_GAP)
        for groups in (SHORTCUTS[:-_RIGHT], SHORTCUTS[-_RIGHT:]):
            grid = QGridLayout()
            grid.setHorizontalSpacing(_COLUMN_GAP)
            grid.setVerticalSpacing(5)
            for title, shortcuts in groups:
                self._add_group(grid, title, shortcuts)
            grid.setRowStretch(grid.rowCount(), 1)
            both.addLayout(grid)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 16)
        column.setSpacing(16)
        column.addLayout(both)
        column.addWidget(buttons)

    def _add_group(self, grid: QGridLayout, title: str, shortcuts: tuple[tuple[str, str], ...]) -> None:
        heading = QLabel(title)
        heading.setProperty("heading", True)
        heading.setContentsMargins(0, 8, 0, 0)
        grid.addWidget(heading, grid.rowCount(), 0, 1, 2)
        for keys, effect in shortcuts:
            line = grid.rowCount()
            shown = QLabel(QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText))
            shown.setFont(mono_font())
            shown.setProperty("muted", True)
            grid.addWidget(shown, line, 0)
            grid.addWidget(QLabel(effect), line, 1)
