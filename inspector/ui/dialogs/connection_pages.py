"""The pages of the connection dialog beside the headers: the connection itself, and its time limits."""

from __future__ import annotations

import ssl
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from inspector.protocol.era import REVISIONS
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.settings import ConnectionSettings
from inspector.ui.theme import color

MAX_CA_BYTES = 16 * 1024 * 1024
MAX_SECONDS = 1e9
_DANGER = (
    "⚠ Anyone between here and the server can read and change everything. The window says so in red while it holds."
)


class ConnectionPage(QWidget):
    """Revision, certificates, and what happens when a connection is lost."""

    changed = Signal()

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._revision = QComboBox()
        self._revision.addItem(f"Newest first ({REVISIONS[-1]})", None)
        for revision in reversed(REVISIONS):
            self._revision.addItem(revision, revision)
        self._system = QRadioButton("The system’s certificates")
        self._ca = QRadioButton("This CA file:")
        self._insecure = QRadioButton("Do not check certificates (dangerous)")
        self._path = QLineEdit(placeholderText="Certificates in PEM form")
        self._choose = QPushButton("Choose…")
        self._danger = plain_label(_DANGER)
        self._reconnect = QCheckBox("Reconnect by itself when a stream breaks")
        self._reinitialize = QCheckBox("Begin a new session when the server answers 404")
        self._name_all()
        self._lay_out()
        self.show_settings(settings)
        self._connect()

    def show_settings(self, settings: ConnectionSettings) -> None:
        self._revision.setCurrentIndex(self._revision.findData(settings.protocol_version))
        if settings.ca_file is not None:
            self._path.setText(str(settings.ca_file))
        chosen = self._ca if settings.ca_file is not None else self._system
        (self._insecure if settings.insecure else chosen).setChecked(True)
        self._reconnect.setChecked(settings.reconnect)
        self._reinitialize.setChecked(settings.reinitialize_on_404)
        self._refresh()

    def apply_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with what this page shows."""
        return replace(
            settings,
            protocol_version=self._revision.currentData(),
            ca_file=Path(self._path.text().strip()).expanduser() if self._ca.isChecked() else None,
            insecure=self._insecure.isChecked(),
            reconnect=self._reconnect.isChecked(),
            reinitialize_on_404=self._reinitialize.isChecked(),
        )

    def problem(self) -> tuple[str, QWidget] | None:
        """Why the CA file cannot be used, before a connection fails over it."""
        sentence = _ca_problem(self._path.text().strip()) if self._ca.isChecked() else None
        return None if sentence is None else (sentence, self._path)

    def _name_all(self) -> None:
        named = (
            (self._revision, "revisionChoice", "Protocol revision"),
            (self._system, "trustSystem", "Trust the system’s certificates"),
            (self._ca, "trustCa", "Trust the certificates in a file"),
            (self._insecure, "trustNothing", "Do not check certificates, dangerous"),
            (self._path, "caPath", "CA file"),
            (self._choose, "chooseCa", "Choose the CA file"),
            (self._danger, "insecureDanger", "What not checking certificates means"),
            (self._reconnect, "reconnectSwitch", "Reconnect by itself"),
            (self._reinitialize, "reinitializeSwitch", "Begin a new session when the server answers 404"),
        )
        for widget, name, label in named:
            widget.setObjectName(name)
            widget.setAccessibleName(label)

    def _lay_out(self) -> None:
        path = QHBoxLayout()
        path.setSpacing(6)
        path.addWidget(self._ca)
        path.addWidget(self._path, 1)
        path.addWidget(self._choose)
        revision = QHBoxLayout()
        revision.addWidget(self._revision)
        revision.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(6)
        column.addWidget(_heading("Protocol revision"))
        column.addLayout(revision)
        column.addWidget(
            muted_label(
                "Offered to the server, which may settle on another one. Newest first finds out what it speaks."
            )
        )
        column.addSpacing(12)
        column.addWidget(_heading("Certificates"))
        column.addWidget(self._system)
        column.addLayout(path)
        column.addWidget(self._insecure)
        column.addWidget(self._danger)
        column.addSpacing(12)
        column.addWidget(_heading("When the connection is lost"))
        column.addWidget(self._reconnect)
        column.addWidget(self._reinitialize)
        column.addStretch()
        red = f"color: {color('bad').name()};"
        self._insecure.setStyleSheet(red)
        self._danger.setStyleSheet(red)

    def _connect(self) -> None:
        for button in (self._system, self._ca, self._insecure):
            button.toggled.connect(self._refresh)
            button.toggled.connect(self.changed)
        self._path.textEdited.connect(lambda: self._ca.setChecked(True))
        self._path.textChanged.connect(self.changed)
        self._choose.clicked.connect(self._open_chooser)

    def _refresh(self) -> None:
        self._danger.setVisible(self._insecure.isChecked())

    def _open_chooser(self) -> None:
        chooser = QFileDialog(self, "CA file", self._path.text(), "Certificates (*.pem *.crt *.cer);;All files (*)")
        chooser.setObjectName("caChooser")
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self._take_path)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _take_path(self, path: str) -> None:
        self._path.setText(path)
        self._ca.setChecked(True)


class SecondsField(QLineEdit):
    """A number of seconds above 0; with `may_be_empty` no text stands for no limit."""

    def __init__(self, *, may_be_empty: bool = False) -> None:
        super().__init__(placeholderText="none" if may_be_empty else "", maxLength=12)
        self._may_be_empty = may_be_empty
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(90)

    def set_seconds(self, seconds: float | None) -> None:
        self.setText("" if seconds is None else f"{seconds:.10g}")

    def seconds(self) -> float | None:
        """The number; None for an empty field, and for what is no number above 0."""
        try:
            number = float(self.text().strip().replace(",", "."))
        except ValueError:
            return None
        return number if 0 < number <= MAX_SECONDS else None

    def is_usable(self) -> bool:
        return self.seconds() is not None or (self._may_be_empty and not self.text().strip())


class LimitsPage(QWidget):
    """How long to wait for what."""

    changed = Signal()

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._connect_timeout = SecondsField()
        self._request_timeout = SecondsField()
        self._reset = QCheckBox("Begin anew with each progress notification")
        self._max_total = SecondsField()
        self._idle = SecondsField(may_be_empty=True)
        self._lay_out()
        self.show_settings(settings)
        for field in self._fields():
            field.textChanged.connect(self.changed)

    def show_settings(self, settings: ConnectionSettings) -> None:
        self._connect_timeout.set_seconds(settings.connect_timeout_s)
        self._request_timeout.set_seconds(settings.request_timeout_s)
        self._reset.setChecked(settings.reset_on_progress)
        self._max_total.set_seconds(max(settings.max_total_s, settings.request_timeout_s))
        self._idle.set_seconds(settings.idle_timeout_s)

    def apply_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with these limits; only to be asked for while there is no `problem`."""
        return replace(
            settings,
            connect_timeout_s=self._connect_timeout.seconds() or settings.connect_timeout_s,
            request_timeout_s=self._request_timeout.seconds() or settings.request_timeout_s,
            reset_on_progress=self._reset.isChecked(),
            max_total_s=self._max_total.seconds() or settings.max_total_s,
            idle_timeout_s=self._idle.seconds(),
        )

    def problem(self) -> tuple[str, QWidget] | None:
        """What is no number of seconds, or limits that contradict each other."""
        for field in self._fields():
            if not field.is_usable():
                return f"{field.text()[:20]!r} is no number of seconds above 0.", field
        if (self._max_total.seconds() or 0) < (self._request_timeout.seconds() or 0):
            return "The hard maximum is below the time limit of a request; raise it.", self._max_total
        return None

    def _fields(self) -> tuple[SecondsField, ...]:
        return self._connect_timeout, self._request_timeout, self._max_total, self._idle

    def _lay_out(self) -> None:
        rows: tuple[tuple[str, str, SecondsField, str], ...] = (
            ("Connect", "connectTimeout", self._connect_timeout, "Name look-up, TCP and TLS together."),
            ("Request", "requestTimeout", self._request_timeout, "From sending a request to its answer."),
            ("Hard maximum", "maxTotal", self._max_total, "A request ends after this, whatever progress it reports."),
            ("Idle stream", "idleTimeout", self._idle, "Silence after which a stream is given up; empty: never."),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(14, 14, 14, 14)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(3)
        for number, (title, name, field, words) in enumerate(rows):
            label = QLabel(title)
            label.setBuddy(field)
            field.setObjectName(name)
            field.setAccessibleName(f"{title} time limit in seconds")
            line = 4 * number
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
            grid.addWidget(muted_label("seconds", wrap=False), line, 2)
            grid.addWidget(muted_label(words), line + 1, 1, 1, 3)
            grid.setRowMinimumHeight(line + 3, 10)
        self._reset.setObjectName("resetOnProgress")
        self._reset.setAccessibleName("Begin the time limit of a request anew with each progress notification")
        grid.addWidget(self._reset, 6, 1, 1, 3)
        grid.setColumnStretch(3, 1)
        grid.setRowStretch(4 * len(rows), 1)


def _heading(text: str) -> QLabel:
    label = plain_label(text, wrap=False)
    label.setProperty("heading", True)
    return label


def _ca_problem(typed: str) -> str | None:
    if not typed:
        return "Choose the CA file, or trust the system’s certificates."
    path = Path(typed).expanduser()
    try:
        if not path.is_file():
            return f"There is no file {typed!r}; choose another CA file."
        if path.stat().st_size > MAX_CA_BYTES:
            return f"{typed!r} is too large to be a file of certificates."
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        return f"{typed!r} holds no certificate in PEM form."
    except (OSError, ValueError) as error:
        return f"{typed!r} cannot be read: {getattr(error, 'strerror', None) or error}."
    return None
