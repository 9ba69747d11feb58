"""Bytes as hexadecimal and text side by side; only the lines in sight are drawn, so any length will do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from PySide6.QtCore import QEvent, QKeyCombination, QPoint, QRect, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from inspector.ui import theme

WIDE, NARROW = 16, 8
"""Bytes a line; narrow where the text column would not be in sight."""
_MARGIN_PX = 6
_LEAST_DIGITS = 4
_OFFSET_GAP = 2
_COPY_TEXT = QKeyCombination(Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier, Qt.Key.Key_C)
_TEXT, _LINE_END, _CONTROL, _HIGH = range(4)
_CLASSES = bytes(
    _LINE_END if byte in b"\r\n" else _CONTROL if byte < 32 or byte == 127 else _TEXT if byte < 127 else _HIGH
    for byte in range(256)
)
_ROLES = {_TEXT: "text", _LINE_END: "note", _CONTROL: "bad", _HIGH: "http"}
_GLYPHS = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in range(256)).replace("\x7f", "·")


class HexView(QAbstractScrollArea):
    """Sixteen or eight bytes a line; a selection shows in both columns.

    Ctrl+C copies it as hexadecimal, Ctrl+Shift+C as text.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hexView")
        self.setAccessibleName("Bytes")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.line_bytes = WIDE
        self._raw = b""
        self._digits = _LEAST_DIGITS
        self._starts: frozenset[int] = frozenset()
        self._anchor = self._head = -1
        self._restyle()

    def show_bytes(self, raw: bytes, starts: frozenset[int] = frozenset()) -> None:
        """Show these bytes; a stroke stands before each offset in `starts`, where a chunk began."""
        self._raw, self._starts = raw, starts
        self._digits = max(_LEAST_DIGITS, len(f"{len(raw):x}"))
        self._anchor = self._head = -1
        self.verticalScrollBar().setValue(0)
        self._size_bars()
        self.viewport().update()

    def line(self, number: int) -> str:
        """One line as text: offset, hexadecimal, characters."""
        begin = number * self.line_bytes
        part = self._raw[begin : begin + self.line_bytes]
        return f"{begin:0{self._digits}x}  {part.hex(' '):{self.line_bytes * 3}} {_glyphs(part)}"

    def line_count(self) -> int:
        """How many lines the bytes take."""
        return -(-len(self._raw) // self.line_bytes)

    def selected(self) -> bytes:
        """The selected bytes, or all of them if none are."""
        start, end = self._selection()
        return self._raw[start:end] if end > start else self._raw

    def select(self, start: int, end: int) -> None:
        """Select the bytes from offset `start` up to, without, `end`."""
        self._anchor, self._head = start, end - 1
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the lines in sight."""
        painter = QPainter(self.viewport())
        painter.setFont(self._font)
        first = self.verticalScrollBar().value()
        last = min(self.line_count(), first + self.viewport().height() // self._line_height + 2)
        left = _MARGIN_PX - self.horizontalScrollBar().value()
        for number in range(first, last):
            self._paint_line(painter, number, left, (number - first) * self._line_height + _MARGIN_PX // 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the scroll bars."""
        self._size_bars()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a selection."""
        place = self._byte_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and place is not None:
            self._head = place
            if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._anchor = place
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Extend the selection."""
        place = self._byte_at(event.position().toPoint())
        if place is not None and self._anchor >= 0:
            self._head = place
            self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The selection is complete."""
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Select all, copy."""
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.select(0, len(self._raw))
        elif event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.selected().hex(" "))
        elif event.keyCombination() == _COPY_TEXT:
            QGuiApplication.clipboard().setText(self.selected().decode("utf-8", "backslashreplace"))
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours and fonts over."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "_raw"):
            self._restyle()

    def _restyle(self) -> None:
        self._font = theme.mono_font()
        metrics = QFontMetrics(self._font)
        self._char_width, self._line_height = metrics.horizontalAdvance("0"), metrics.height() + 3
        self._ascent = metrics.ascent() + 1
        self._colors = {kind: theme.color(role) for kind, role in _ROLES.items()}
        self._size_bars()
        self.viewport().update()

    def _size_bars(self) -> None:
        wide = _text_char(self._digits, WIDE, WIDE) * self._char_width + 2 * _MARGIN_PX
        self.line_bytes = WIDE if wide <= self.viewport().width() else NARROW
        width = _text_char(self._digits, self.line_bytes, self.line_bytes) * self._char_width + 2 * _MARGIN_PX
        lines = max(1, (self.viewport().height() - _MARGIN_PX) // self._line_height)
        self.verticalScrollBar().setRange(0, max(0, self.line_count() - lines))
        self.verticalScrollBar().setPageStep(lines)
        self.horizontalScrollBar().setRange(0, max(0, width - self.viewport().width()))
        self.horizontalScrollBar().setSingleStep(self._char_width)

    def _selection(self) -> tuple[int, int]:
        if self._anchor < 0:
            return 0, 0
        return min(self._anchor, self._head), min(len(self._raw), max(self._anchor, self._head) + 1)

    def _paint_line(self, painter: QPainter, number: int, left: int, top: int) -> None:
        begin, text_left = number * self.line_bytes, _text_char(self._digits, 0, self.line_bytes)
        part = self._raw[begin : begin + self.line_bytes]
        start, end = self._selection()
        for index in range(max(start, begin) - begin, min(end, begin + len(part)) - begin):
            for x, width in ((_hex_char(self._digits, index), 2), (text_left + index, 1)):
                area = QRect(left + x * self._char_width, top, width * self._char_width, self._line_height)
                painter.fillRect(area, theme.color("selection"))
        painter.setPen(theme.color("muted"))
        painter.drawText(left, top + self._ascent, f"{begin:0{self._digits}x}")
        for index, kind, run in _runs(part):
            painter.setPen(self._colors[kind])
            for at, byte in enumerate(run, index):
                painter.drawText(
                    left + _hex_char(self._digits, at) * self._char_width, top + self._ascent, f"{byte:02x}"
                )
            painter.drawText(left + (text_left + index) * self._char_width, top + self._ascent, _glyphs(run))
        self._paint_starts(painter, begin, len(part), left, top)

    def _paint_starts(self, painter: QPainter, begin: int, count: int, left: int, top: int) -> None:
        accent: QColor = theme.color("accent")
        for index in range(count):
            if begin + index in self._starts:
                x = left + _hex_char(self._digits, index) * self._char_width - self._char_width // 2
                painter.fillRect(x, top + 1, 2, self._line_height - 2, accent)

    def _byte_at(self, point: QPoint) -> int | None:
        """The byte under a point of either column."""
        line = self.verticalScrollBar().value() + (point.y() - _MARGIN_PX // 2) // self._line_height
        char = (point.x() - _MARGIN_PX + self.horizontalScrollBar().value()) // self._char_width
        text_left = _text_char(self._digits, 0, self.line_bytes)
        if char >= text_left:
            column = min(char - text_left, self.line_bytes - 1)
        else:
            column = max(
                (index for index in range(self.line_bytes) if _hex_char(self._digits, index) <= char), default=0
            )
        place = max(0, line) * self.line_bytes + column
        return min(place, len(self._raw) - 1) if self._raw else None


def _hex_char(digits: int, index: int) -> int:
    """Where a byte stands in a line whose offset has so many digits."""
    return digits + _OFFSET_GAP + index * 3 + (index >= NARROW)


def _text_char(digits: int, index: int, line_bytes: int) -> int:
    return _hex_char(digits, line_bytes) + 1 + index


def _glyphs(part: bytes) -> str:
    return "".join(_GLYPHS[byte] for byte in part)


def _runs(part: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Neighbouring bytes of one class: index of the first, class, bytes."""
    index = 0
    for kind, group in groupby(part, key=_CLASSES.__getitem__):
        run = bytes(group)
        yield index, kind, run
        index += len(run)
