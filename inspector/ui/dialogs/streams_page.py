"""The page of the connection dialog for streams that are no MCP: where a manifest is, and what opens a raw stream."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from inspector.ui.dialogs.dialog_parts import heading
from inspector.ui.forms.json_edit import JsonEdit
from inspector.ui.forms.parts import muted_label
from inspector.ui.settings import ConnectionSettings

METHODS = ("GET", "POST", "PUT")
BODY_HEIGHT = 110


class StreamsPage(QWidget):
    """Only the transports Tool stream and Raw SSE look at it."""

    changed = Signal()

    def __init__(self, settings: ConnectionSettings) -> None:
        super().__init__()
        self._manifest = QLineEdit(placeholderText="Empty: it is looked for where manifests usually are")
        self._method = QComboBox(editable=True)
        self._method.addItems(METHODS)
        self._body = JsonEdit("rawStreamBody", "Body of the request that opens the stream")
        self._body.setPlaceholderText("Empty: no body")
        self._lay_out()
        self.show_settings(settings)
        self._manifest.textChanged.connect(self.changed)
        self._method.currentTextChanged.connect(self.changed)
        self._body.textChanged.connect(self.changed)

    def show_settings(self, settings: ConnectionSettings) -> None:
        self._manifest.setText(settings.manifest_url)
        self._method.setCurrentText(settings.raw_method)
        self._body.setPlainText(settings.raw_body)

    def apply_to(self, settings: ConnectionSettings) -> ConnectionSettings:
        """The settings with what this page shows."""
        return replace(
            settings,
            manifest_url=self._manifest.text().strip(),
            raw_method=self._method.currentText().strip().upper(),
            raw_body=self._body.text(),
        )

    def problem(self) -> tuple[str, QWidget] | None:
        """Why the address or the method cannot be used, before a connection fails over it."""
        url, method = self._manifest.text().strip(), self._method.currentText().strip()
        if url and not _is_web_address(url):
            return "The address of the manifest needs http:// or https:// and a host name.", self._manifest
        if not (method.isascii() and method.isalpha()):
            return f"{method[:20]!r} is no HTTP method; take GET or POST.", self._method
        return None

    def _lay_out(self) -> None:
        self._manifest.setObjectName("manifestUrl")
        self._manifest.setAccessibleName("Address of the manifest of a tool stream")
        self._method.setObjectName("rawStreamMethod")
        self._method.setAccessibleName("HTTP method that opens a raw stream")
        if (field := self._method.lineEdit()) is not None:
            field.setObjectName("rawStreamMethodText")
            field.setAccessibleName(self._method.accessibleName())
        self._body.setFixedHeight(BODY_HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(6)
        column.addWidget(heading("Tool stream: one POST for each call"))
        column.addLayout(_line("Manifest", self._manifest, grows=True))
        column.addWidget(muted_label("A JSON file that names the endpoint and the tools."))
        column.addSpacing(12)
        column.addWidget(heading("Raw SSE: any other event stream"))
        column.addLayout(_line("Open with", self._method))
        column.addWidget(self._body)
        column.addWidget(
            muted_label(
                "The body is sent as it stands. A stream that is not opened with GET is not reopened by itself: "
                "to ask again might do again what the first request did."
            )
        )
        column.addStretch()


def _line(title: str, field: QWidget, *, grows: bool = False) -> QHBoxLayout:
    label = QLabel(title)
    label.setBuddy(field)
    row = QHBoxLayout()
    row.addWidget(label)
    row.addWidget(field, int(grows))
    if not grows:
        row.addStretch()
    return row


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
