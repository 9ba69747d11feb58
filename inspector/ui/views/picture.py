"""Pictures from a server, decoded within bounds: nothing is fetched, and nothing on this machine is opened."""

from __future__ import annotations

import re

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt, QXmlStreamReader
from PySide6.QtGui import QImage, QImageReader, QPainter

from inspector.record.text import size as size_words

MAX_IMAGE_SIDE = 8_192
MAX_IMAGE_PIXELS = 24_000_000
"""Decoded, that is 96 MB and a fifth of a second."""
SHOWN_IMAGE_SIDE = 640
RASTER_FORMATS = {b"png", b"jpeg", b"jpg", b"gif", b"webp", b"bmp"}
MAX_SVG_BYTES = 1_000_000
MAX_SVG_ELEMENTS = 20_000
MAX_SVG_USES = 20
"""An element may be used by one that is used itself: twenty draw at most some 1,500 copies."""
SVG_SCALE = 2
XLINK = "http://www.w3.org/1999/xlink"
_REFUSED_SVG = {
    "filter": "filters",
    "foreignObject": "foreign objects",
    "image": "other images",
    "marker": "markers",
    "mask": "masks",
    "pattern": "patterns",
    "script": "scripts",
}
"""What could bring in something foreign, or be drawn a million times by a few lines."""
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_SIGNS = ((b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP"))


def decode_image(data: bytes) -> tuple[QImage | None, str]:
    """A picture scaled to fit the view with its size in words, or None and the reason."""
    if looks_like_svg(data):
        return draw_svg(data)
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    if bytes(reader.format().data()) not in RASTER_FORMATS:
        return None, "not a PNG, JPEG, GIF, WebP, BMP or SVG image, so it is not shown"
    pixels = reader.size()
    words = f"{pixels.width()}×{pixels.height()}"
    too_many = pixels.width() * pixels.height() > MAX_IMAGE_PIXELS
    if too_many or max(pixels.width(), pixels.height()) > MAX_IMAGE_SIDE:
        return None, f"{words} is too large to be shown"
    if max(pixels.width(), pixels.height()) > SHOWN_IMAGE_SIDE:
        reader.setScaledSize(_fitted(pixels))
    image = reader.read()
    if image.isNull():
        return None, f"cannot be decoded: {reader.errorString()}"
    return image, words


def image_kind(data: bytes) -> str:
    """What the first bytes say the picture is, such as `PNG`; empty where they say nothing."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if looks_like_svg(data):
        return "SVG"
    return next((kind for sign, kind in _SIGNS if data.startswith(sign)), "")


def looks_like_svg(data: bytes) -> bool:
    """Whether this is XML that has an svg element near its beginning."""
    start = data[:4_096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith((b"<svg", b"<?xml", b"<!--", b"<!DOCTYPE")) and b"<svg" in start


def draw_svg(data: bytes) -> tuple[QImage | None, str]:
    """The drawing and its size, or None and why it is not drawn: it could name files, or take for ever."""
    if len(data) > MAX_SVG_BYTES:
        return None, f"not drawn: {size_words(len(data))} of SVG are too much"
    try:
        # Without the declaration there is only one encoding: what is looked at is what is drawn.
        text = _DECLARATION.sub("", data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None, "not drawn: it is not UTF-8"
    reason = _svg_obstacle(text)
    if reason:
        return None, f"not drawn: {reason}"
    from PySide6.QtSvg import QSvgRenderer  # noqa: PLC0415 - few servers send drawings

    renderer = QSvgRenderer(QByteArray(text.encode()))
    wanted = renderer.defaultSize()
    if not renderer.isValid() or wanted.isEmpty():
        return None, "cannot be drawn: it is no complete SVG"
    shown = wanted if max(wanted.width(), wanted.height()) <= SHOWN_IMAGE_SIDE else _fitted(wanted)
    shown = shown.expandedTo(QSize(1, 1))
    image = QImage(shown * SVG_SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    image.setDevicePixelRatio(SVG_SCALE)
    return image, f"{wanted.width()}×{wanted.height()}"


def _fitted(pixels: QSize) -> QSize:
    return pixels.scaled(QSize(SHOWN_IMAGE_SIDE, SHOWN_IMAGE_SIDE), Qt.AspectRatioMode.KeepAspectRatio)


def _svg_obstacle(text: str) -> str:
    """The first reason not to draw: what it refers to beyond itself, or what could be endless."""
    reader = QXmlStreamReader(text)
    elements = uses = 0
    while not reader.atEnd():
        token = reader.readNext()
        if token == QXmlStreamReader.TokenType.DTD and "ENTITY" in text:
            return "it declares entities"
        if token != QXmlStreamReader.TokenType.StartElement:
            continue
        name = reader.name()
        elements += 1
        uses += name == "use"
        if name in _REFUSED_SVG:
            return f"it has {_REFUSED_SVG[name]} in it"
        if elements > MAX_SVG_ELEMENTS or uses > MAX_SVG_USES:
            return "it has too many elements"
        attributes = reader.attributes()
        targets = (attributes.value("href"), attributes.value(XLINK, "href"))
        if any(target and not target.startswith("#") for target in targets):
            return "it refers to something outside of itself"
    return f"it is no XML ({reader.errorString()})" if reader.hasError() else ""
