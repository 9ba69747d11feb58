"""One part of a result as a widget: a picture, bytes, a link."""

from __future__ import annotations

import mimetypes
import re
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.record.text import size
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.forms.spec import shown
from inspector.ui.payload.hex_view import HexView
from inspector.ui.views.content import Block
from inspector.ui.views.picture import decode_image

HEX_LINES = 12
_UNSAFE = re.compile(r"[^\w.-]+")


def column(*widgets: QWidget) -> QWidget:
    """Widgets below each other, close together."""
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget)
    return made


class SavableBytes(QWidget):
    """A heading with "Save as …" beside it; `body` stands below. The dialog does not block."""

    def __init__(self, heading: str, part: Block, body: list[QWidget]) -> None:
        super().__init__()
        self._part = part
        self._outcome = muted_label()
        self._outcome.setObjectName("saveOutcome")
        title = ElidedLabel(heading)
        title.setProperty("muted", True)
        save = tool_button("Save as …", "Save the bytes to a file")
        save.setObjectName("saveBytes")
        save.clicked.connect(self._ask)
        header = QHBoxLayout()
        header.addWidget(title, 1)
        header.addWidget(save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(header)
        save.setVisible(bool(part.value))  # not before it has a parent: it would be a window of its own
        for widget in [*body, *([muted_label(part.note)] if part.note else []), self._outcome]:
            layout.addWidget(widget)
        self._outcome.hide()

    def save(self, path: str) -> None:
        """Write the bytes, or say why that is impossible."""
        try:
            Path(path).write_bytes(self._part.value)
            words = f"Saved as {path}."
        except OSError as error:
            words = f"Cannot write {path}: {error.strerror or error}."
        self._outcome.setText(words)
        self._outcome.show()

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Save as", file_name(self._part))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self.save)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def file_name(part: Block) -> str:
    """A name for the file, from the URI and the type; never a path."""
    mime = next((word for word in part.heading.split(" · ") if re.fullmatch(r"\w+/[\w.+-]+", word)), "")
    stem = _UNSAFE.sub("_", part.uri.partition("?")[0].rstrip("/").rpartition("/")[2])[:80].strip("._")
    ending = mimetypes.guess_extension(mime) or ""
    return f"{stem or 'content'}{'' if '.' in stem else ending or '.bin'}"


def picture(part: Block) -> QWidget:
    """A picture, or why it is none."""
    image, words = decode_image(part.value)
    heading = f"{part.heading} · {words} · {size(len(part.value))}"
    if image is None:
        return SavableBytes(heading, part, [muted_label(f"The image is {words}."), *_bytes(part.value)])
    label = QLabel()
    label.setPixmap(QPixmap.fromImage(image))
    label.setAccessibleName(f"Image, {words}")
    return SavableBytes(heading, part, [label])


def binary(part: Block) -> QWidget:
    """Bytes that nobody can read otherwise."""
    return SavableBytes(f"{part.heading} · {size(len(part.value))}", part, _bytes(part.value))


def _bytes(data: bytes) -> list[QWidget]:
    if not data:
        return []
    view = HexView()
    view.show_bytes(data)
    lines = min(view.line_count(), HEX_LINES)
    view.setFixedHeight(view.fontMetrics().lineSpacing() * (lines + 1) + 12)
    return [view]


class LinkRow(QWidget):
    """The address of a resource that can be read."""

    wanted = Signal(str)

    def __init__(self, part: Block) -> None:
        super().__init__()
        address = ElidedLabel(shown(part.uri, 500))
        read = QPushButton("Read resource…")
        read.setObjectName("readResource")
        read.setToolTip("Asks the server for this resource")
        read.clicked.connect(lambda: self.wanted.emit(part.uri))
        row = QHBoxLayout()
        row.addWidget(address, 1)
        row.addWidget(read)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(muted_label(part.heading))
        layout.addLayout(row)
        if part.note:
            layout.addWidget(muted_label(part.note))
