"""The roots: the folders whose names a server is given when it asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qtawesome
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from inspector.protocol.roots import MAX_ROOTS, Root, first_problem, of_folder
from inspector.ui.badge import deprecated_badge
from inspector.ui.dialogs.dialog_parts import button_row, heading, problem_label, push_button
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.theme import color
from inspector.ui.views.scrolled import scrolled

_WORDS = "When a server asks for roots, it is told these names and addresses. Nothing is read or opened for it."
_EMPTY = "No roots: a server that asks is given an empty list."


class RootsDialog(QDialog):
    """Edits a copy: `changed` carries the new roots, Cancel leaves everything as it was."""

    changed = Signal(object)

    def __init__(self, roots: Sequence[Root], parent: QWidget | None = None, *, is_deprecated: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("rootsDialog")
        self.setWindowTitle("Roots")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._before = tuple(roots)
        self._rows: list[_Row] = []
        self._column = QVBoxLayout()
        self._empty = muted_label(_EMPTY)
        self._problem = problem_label("rootsProblem")
        self._badge = deprecated_badge("Roots are")
        self._badge.setVisible(is_deprecated)
        self._folder = push_button("Add folder…", "addFolder", "Choose a folder to add")
        self._add = push_button("Add address", "addRoot", "Add a root by its file:// address")
        self._lay_out()
        self._folder.clicked.connect(self._open_chooser)
        self._add.clicked.connect(lambda: self._append(Root("file:///")).focus())
        for root in roots:
            self._append(root)
        self._renumber()

    def roots(self) -> tuple[Root, ...]:
        """What the dialog shows now."""
        return tuple(row.root() for row in self._rows)

    def accept(self) -> None:
        """Close if everything can be used; otherwise say what cannot, and go there."""
        wrong = first_problem(self.roots())
        if wrong is not None:
            place, sentence = wrong
            self._problem.say(f"✕ {sentence}")
            self._rows[place].focus()
            return
        if self.roots() != self._before:
            self.changed.emit(self.roots())
        super().accept()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(heading("Folders for servers"))
        top.addWidget(self._badge)
        top.addStretch()
        self._empty.setObjectName("rootsEmpty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self._empty)
        self._column.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addLayout(top)
        column.addWidget(muted_label(_WORDS))
        column.addWidget(scrolled(self._column), 1)
        column.addWidget(self._problem)
        cancel = push_button("Cancel", "rootsCancel", "Change nothing (Esc)")
        ok = push_button("OK", "rootsOk", "Use these roots (Ctrl+Enter)", primary=True)
        cancel.clicked.connect(self.reject)
        ok.clicked.connect(self.accept)
        column.addLayout(button_row(cancel, ok, left=(self._folder, self._add)))
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.accept)
        self.resize(680, 360)

    def _append(self, root: Root) -> _Row:
        row = _Row(root)
        row.changed.connect(lambda: self._problem.say(""))
        row.removed.connect(lambda: self._drop(row))
        row.moved.connect(lambda step: self._move(row, step))
        self._rows.append(row)
        self._column.insertWidget(len(self._rows), row)
        self._renumber()
        return row

    def _drop(self, row: _Row) -> None:
        self._rows.remove(row)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._renumber()
        self._add.setFocus()

    def _move(self, row: _Row, step: int) -> None:
        here = self._rows.index(row)
        self._rows.insert(here + step, self._rows.pop(here))
        self._column.insertWidget(here + step + 1, row)
        self._renumber()

    def _renumber(self) -> None:
        self._problem.say("")
        for number, row in enumerate(self._rows):
            row.set_number(number, len(self._rows))
        self._empty.setVisible(not self._rows)
        for button in (self._folder, self._add):
            button.setEnabled(len(self._rows) < MAX_ROOTS)

    def _open_chooser(self) -> None:
        chooser = QFileDialog(self, "Folder to add", str(Path.home()))
        chooser.setObjectName("folderChooser")
        chooser.setFileMode(QFileDialog.FileMode.Directory)
        chooser.setOption(QFileDialog.Option.ShowDirsOnly)
        chooser.fileSelected.connect(self._take_folder)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _take_folder(self, path: str) -> None:
        self._append(of_folder(Path(path).absolute()))


class _Row(QWidget):
    """Name, address, up, down, and a cross to remove it."""

    changed = Signal()
    removed = Signal()
    moved = Signal(int)

    def __init__(self, root: Root) -> None:
        super().__init__()
        self._name = QLineEdit(root.name, placeholderText="Name")
        self._uri = QLineEdit(root.uri, placeholderText="file:///home/me/project")
        self._up, self._down = tool_button("", "Move up"), tool_button("", "Move down")
        self._remove = tool_button("", "Remove this root")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self._name, 1)
        layout.addWidget(self._uri, 3)
        for button in (self._up, self._down, self._remove):
            layout.addWidget(button)
        self._name.textChanged.connect(self.changed)
        self._uri.textChanged.connect(self.changed)
        self._up.clicked.connect(lambda: self.moved.emit(-1))
        self._down.clicked.connect(lambda: self.moved.emit(1))
        self._remove.clicked.connect(self.removed)
        self._draw_icons()

    def root(self) -> Root:
        return Root(self._uri.text().strip(), self._name.text().strip())

    def focus(self) -> None:
        """Put the cursor behind the address."""
        self._uri.setFocus()
        self._uri.end(False)

    def set_number(self, number: int, count: int) -> None:
        """Rows are named by their place, counted from 0."""
        named = {"name": self._name, "uri": self._uri, "up": self._up, "down": self._down, "remove": self._remove}
        for part, widget in named.items():
            widget.setObjectName(f"root:{number}:{part}")
        self._name.setAccessibleName(f"Name of root {number + 1}")
        self._uri.setAccessibleName(f"Address of root {number + 1}")
        for button in (self._up, self._down, self._remove):
            button.setAccessibleName(f"{button.toolTip()}, root {number + 1}")
        self._up.setEnabled(number > 0)
        self._down.setEnabled(number < count - 1)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_remove"):
            self._draw_icons()

    def _draw_icons(self) -> None:
        icons = ((self._up, "mdi6.arrow-up"), (self._down, "mdi6.arrow-down"), (self._remove, "mdi6.close"))
        for button, name in icons:
            button.setIcon(qtawesome.icon(name, color=color("muted"), color_disabled=color("border")))
