"""Text of a payload: bounded, safe to lay out, JSON coloured only where it can be seen."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QTextBlock, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from inspector.record.text import size, visible
from inspector.ui import theme
from inspector.ui.payload.json_colors import ROLES, spans

SHOWN_CHARS = 256 * 1024
_LINE_CHARS = 2_000
_BREAK = "↩"
_COLORED = 1
_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}


class PayloadText(QWidget):
    """Read-only text with a bar that offers the rest of a long one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self._is_json = False
        self.edit = QPlainTextEdit(readOnly=True)
        self.edit.setObjectName("payloadText")
        self.edit.setAccessibleName("Payload")
        self.edit.setStyleSheet("QPlainTextEdit { border: 0; border-radius: 0; }")
        self.edit.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.edit.setFont(theme.mono_font())
        self.edit.updateRequest.connect(self._color_seen)
        self._notice = QLabel()
        self._notice.setProperty("muted", True)
        self._notice.setWordWrap(True)
        self._all = QPushButton()
        self._all.setObjectName("payloadShowAll")
        self._all.clicked.connect(self.show_all)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(10, 6, 10, 6)
        bar.addWidget(self._notice, 1)
        bar.addWidget(self._all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._bar)
        column.addWidget(self.edit, 1)

    def show_text(self, text: str, *, is_json: bool = False) -> None:
        """Show the first 256 Ki characters of a text and offer the rest."""
        self._whole, self._is_json = text, is_json
        self._show(text[:SHOWN_CHARS])
        more = len(text) > SHOWN_CHARS
        self._bar.setVisible(more)
        if more:
            self._notice.setText(f"The first {size(SHOWN_CHARS)} are shown.")
            self._all.setText(f"Show all ({size(len(text))})")
            self._all.setAccessibleName(self._all.text())

    def show_all(self) -> None:
        """Show the text to its end."""
        self._bar.hide()
        self._show(self._whole)

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "edit"):
            self.edit.setFont(theme.mono_font())
            block = self.edit.document().begin()
            while block.isValid():
                block.setUserState(0)
                block = block.next()
            self._color_seen()

    def _show(self, text: str) -> None:
        self.edit.setPlainText("\n".join(_broken_lines(visible(text))))
        self._color_seen()

    def _color_seen(self) -> None:
        """Colour the lines in sight that are not yet coloured: a highlighter would go through all of them."""
        if not self._is_json:
            return
        formats = {role: _format(theme.color(role)) for role in ROLES}
        bottom = self.edit.viewport().height()
        block = self.edit.firstVisibleBlock()
        top = self.edit.blockBoundingGeometry(block).translated(self.edit.contentOffset()).top()
        while block.isValid() and top <= bottom:
            top += self.edit.blockBoundingRect(block).height()
            if block.userState() != _COLORED:
                block.setUserState(_COLORED)
                _color(block, formats)
                self.edit.document().markContentsDirty(block.position(), block.length())
            block = block.next()


def _color(block: QTextBlock, formats: dict[str, QTextCharFormat]) -> None:
    ranges = []
    for start, length, role in spans(block.text()):
        span = QTextLayout.FormatRange()
        span.start, span.length, span.format = start, length, formats[role]
        ranges.append(span)
    block.layout().setFormats(ranges)


def _format(color: QColor) -> QTextCharFormat:
    text_format = QTextCharFormat()
    text_format.setForeground(color)
    return text_format


def _broken_lines(text: str) -> Iterator[str]:
    """The lines, long ones in pieces: laying out one line of megabytes would hold up the window."""
    for line in text.split("\n"):
        while len(line) > _LINE_CHARS:
            yield line[:_LINE_CHARS] + _BREAK
            line = line[_LINE_CHARS:]  # noqa: PLW2901 - what is left of it
        yield line
