"""Pictures are decoded within bounds, and no drawing reaches beyond itself."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from inspector.ui.payload.hex_view import HexView
from inspector.ui.views.block_widgets import SavableBytes, binary, file_name, picture
from inspector.ui.views.content import Block, BlockKind
from inspector.ui.views.picture import MAX_SVG_BYTES, decode_image, image_kind

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints|qt.svg")

OPENING = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='40' height='20'>"
RED = "<rect width='40' height='20' fill='#ff0000'/>"


def svg(inside: str) -> bytes:
    return f"{OPENING}{inside}</svg>".encode()


def png(width: int, height: int, form: bytes = b"PNG") -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, form.decode())  # type: ignore[call-overload]
    return bytes(data.data())


@pytest.mark.parametrize("form", [b"PNG", b"JPEG", b"BMP", b"WEBP"])
def test_common_formats_are_decoded_and_named(qtbot: QtBot, form: bytes) -> None:
    data = png(40, 20, form)
    if not data:
        pytest.fail(f"Qt cannot write {form!r} here")
    image, words = decode_image(data)
    assert image is not None
    assert words == "40×20"
    assert image_kind(data).upper() == form.decode()


def test_a_drawing_is_drawn(qtbot: QtBot) -> None:
    image, words = decode_image(b"<?xml version='1.0' encoding='UTF-16'?>" + svg(RED))
    assert image is not None
    assert words == "40×20"
    assert (image.width(), image.height(), image.devicePixelRatio()) == (80, 40, 2)
    assert image.pixelColor(10, 10) == QColor("#ff0000")


def test_a_large_drawing_is_scaled(qtbot: QtBot) -> None:
    image, words = decode_image(OPENING.replace("'40'", "'100000'").encode() + RED.encode() + b"</svg>")
    assert image is not None
    assert max(image.width(), image.height()) == 1_280
    assert words == "100000×20"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (svg("<image href='file:///etc/hostname'/>"), "it has other images in it"),
        (svg("<use href='other.svg#a'/>"), "outside of itself"),
        (svg("<use xlink:href='http://127.0.0.1:9/a'/>"), "outside of itself"),
        (svg("<script>alert(1)</script>"), "scripts"),
        (svg("<filter id='a'/>"), "filters"),
        (svg("<use href='#a'/>" * 21), "too many elements"),
        (svg("<g/>" * 20_001), "too many elements"),
        (b"<!DOCTYPE svg [<!ENTITY a 'aaaa'>]>" + svg("<text>&a;</text>"), "declares entities"),
        (svg(RED)[:-8], "no XML"),
        (svg("<text>\xff</text>").replace(b"\xc3\xbf", b"\xff"), "not UTF-8"),
        (b"<svg></svg>", "no complete SVG"),
        (b"<svg>" + b" " * MAX_SVG_BYTES + b"</svg>", "too much"),
        (png(5_000, 5_000), "5000×5000 is too large"),
        (b"", "is not shown"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_shown_is_explained(qtbot: QtBot, data: bytes, words: str) -> None:
    image, said = decode_image(data)
    assert image is None
    assert words in said


def test_drawings_within_drawings_end_soon(qtbot: QtBot) -> None:
    levels = "".join(f"<g id='l{n}'><use href='#l{n + 1}'/><use href='#l{n + 1}'/></g>" for n in range(10))
    began_s = time.monotonic()
    decode_image(svg(f"<defs>{levels}<g id='l10'>{RED}</g></defs>"))
    assert time.monotonic() - began_s < 5


def test_bytes_are_shown_and_saved(qtbot: QtBot, tmp_path: Path) -> None:
    part = Block(BlockKind.BINARY, "demo://x/a.bin · application/octet-stream", b"\x00\x01abc", "A note.", "demo://x/a")
    view = binary(part)
    qtbot.addWidget(view)
    view.show()
    assert isinstance(view, SavableBytes)
    shown = view.findChild(HexView)
    assert shown is not None
    assert "abc" in shown.line(0)
    path = tmp_path / "out.bin"
    button = view.findChild(QAbstractButton, "saveBytes")
    assert isinstance(button, QAbstractButton)
    button.click()
    dialog = view.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    assert path.read_bytes() == part.value
    assert outcome(view) == f"Saved as {path}."
    dialog.reject()


def test_a_file_that_cannot_be_written_is_a_sentence(qtbot: QtBot, tmp_path: Path) -> None:
    view = binary(Block(BlockKind.BINARY, "x", b"abc"))
    qtbot.addWidget(view)
    assert isinstance(view, SavableBytes)
    view.save(str(tmp_path / "no" / "where"))
    assert outcome(view).startswith("Cannot write ")
    assert "No such file" in outcome(view)


def outcome(view: SavableBytes) -> str:
    label = view.findChild(QLabel, "saveOutcome")
    assert isinstance(label, QLabel)
    return label.text()


def test_a_picture_that_is_none_shows_its_bytes(qtbot: QtBot) -> None:
    view = picture(Block(BlockKind.IMAGE, "image · image/png", b"no image"))
    qtbot.addWidget(view)
    assert view.findChild(HexView) is not None
    assert any("is not shown" in label.text() for label in view.findChildren(QLabel))


@pytest.mark.parametrize(
    ("heading", "uri", "name"),
    [
        ("image · image/png", "", "content.png"),
        ("resource · demo://a/pic · image/png", "demo://a/pic", "pic.png"),
        ("x", "file:///a/b/../..", "content.bin"),
        ("application/pdf", "https://h/doc.pdf?x=/y", "doc.pdf"),
        ("x", "a:b/" + "ü" * 300, "ü" * 80 + ".bin"),
        ("x", "a:b/c\x00\n|d", "c_d.bin"),
    ],
)
def test_file_names_are_names_only(heading: str, uri: str, name: str) -> None:
    assert file_name(Block(BlockKind.BINARY, heading, b"", "", uri)) == name
