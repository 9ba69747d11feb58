"""The page of the connection dialog for what the server may ask of the user, and what it is asked to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.protocol.roots import Root
from inspector.record.log_lines import LEVELS
from inspector.record.text import counted
from inspector.ui.dialogs.dialog_parts import heading
from inspector.ui.dialogs.roots_dialog import RootsDialog
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import ConnectionSettings
from inspector.ui.user_data import UserData

_SWITCHES = (
    ("roots", "Roots: the folders you wrote down for servers"),
    ("sampling", "Sampling: you answer in place of a model"),
    ("elicitation_form", "Elicitation by form: you fill in what is asked"),
    ("elicitation_url", "Elicitation by address: you agree before a page opens"),
)


class CapabilitiesPage(QWidget):
    """What is off is not declared. With `data` the roots can be edited here; `roots_changed` tells that they were."""

    changed = Signal()
    roots_changed = Signal()

    def __init__(self, settings: ConnectionSettings, data: UserData | None = None) -> None:
        super().__init__()
        self._data = data
        self._switches = {name: QCheckBox(words) for name, words in _SWITCHES}
        self._edit_roots = QPushButton()
        self._level = QComboBox()
        self._level.addItem("The server’s own choice", None)
        for level in LEVELS:
            self._level.addItem(level, level)
        self._listen = QCheckBox("Keep a stream open for what the server tells by itself")
        self._paginated = QCheckBox("Fetch long lists page by page, the next one on demand")
        self._lay_out()
        self.show_settings(settings)
        self._edit_roots.clicked.connect(self._open_roots)
        for switch in (*self._switches.values(), self._listen, self._paginated):
            switch.toggled.connect(self.changed)

    def show_settings(self, settings: ConnectionSettings) -> None:
        for name, switch in self._switches.items():
            switch.setChecked(getattr(settings, name))
        self._level.setCurrentIndex(max(0, self._level.findData(settings.log_level)))
        self._listen.setChecked(settings.listen)
        self._paginated.setChecked(settings.paginated)

    def apply_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with what this page shows."""
        return replace(
            settings,
            roots=self._switches["roots"].isChecked(),
            sampling=self._switches["sampling"].isChecked(),
            elicitation_form=self._switches["elicitation_form"].isChecked(),
            elicitation_url=self._switches["elicitation_url"].isChecked(),
            log_level=self._level.currentData(),
            listen=self._listen.isChecked(),
            paginated=self._paginated.isChecked(),
        )

    def problem(self) -> tuple[str, QWidget] | None:
        """Every choice here can be used."""
        return None

    def _lay_out(self) -> None:
        named: list[tuple[QWidget, str, str]] = [
            (self._edit_roots, "editRoots", "Edit the roots"),
            (self._level, "logLevelChoice", "Level that the server shall log from"),
            (self._listen, "listenSwitch", self._listen.text()),
            (self._paginated, "paginatedSwitch", self._paginated.text()),
            *((switch, f"declare:{name}", switch.text()) for name, switch in self._switches.items()),
        ]
        for widget, name, label in named:
            widget.setObjectName(name)
            widget.setAccessibleName(label)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(6)
        column.addWidget(heading("What servers may ask of you"))
        for name, switch in self._switches.items():
            column.addLayout(_row(switch, *([self._edit_roots] if name == "roots" and self._data else [])))
        column.addWidget(muted_label("What is off is not declared, so a server should not ask for it."))
        column.addSpacing(12)
        column.addWidget(heading("What servers shall tell you"))
        title = QLabel("Log from level")
        title.setBuddy(self._level)
        column.addLayout(_row(title, self._level))
        column.addWidget(self._listen)
        column.addWidget(muted_label("The GET stream, or subscriptions/listen from revision 2026-07-28 on."))
        column.addWidget(self._paginated)
        column.addStretch()
        self._count_roots()

    def _count_roots(self) -> None:
        count = len(self._data.roots()) if self._data else 0
        self._edit_roots.setText(f"Edit {counted(count, 'root')}…")

    def _open_roots(self) -> None:
        if self._data is not None:
            dialog = RootsDialog(self._data.roots(), self)
            dialog.changed.connect(self._take_roots)
            dialog.open()

    def _take_roots(self, roots: Sequence[Root]) -> None:
        if self._data is not None:
            self._data.set_roots(roots)
            self._count_roots()
            self.roots_changed.emit()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch()
    return row
