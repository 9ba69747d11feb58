"""What a call came to: every part of a tool result, or the error, in words first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from inspector.protocol.schema_words import brief
from inspector.ui.forms.parts import muted_label, plain_label, tool_button
from inspector.ui.forms.spec import shown
from inspector.ui.forms.text import write_json
from inspector.ui.theme import color
from inspector.ui.views.block_widgets import LinkRow, binary, picture
from inspector.ui.views.content import Block, BlockKind, blocks
from inspector.ui.views.result_lines import Line, result_lines
from inspector.ui.views.text_view import JSON, MARKDOWN, TextView

FIRST_BLOCKS = 30


class ResultView(QWidget):
    """Nothing in a result opens by itself: `link_clicked` and `resource_requested` ask the owner, with the URI."""

    link_clicked = Signal(str)
    resource_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("resultView")
        self.setAccessibleName("Result")
        self._shown: Any = None
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._copy = tool_button("Copy result", "Copy the whole result as JSON")
        self._copy.setObjectName("copyResult")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(_json(self._shown)))
        self._header = QHBoxLayout()
        self._header.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignRight)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(self._header)
        layout.addWidget(self._scroll, 1)
        self.clear()

    def put_in_header(self, widget: QWidget) -> None:
        """Add to the line above the result, which does not scroll with it."""
        self._header.insertWidget(0, widget, 1)

    def clear(self, sentence: str = "No result yet.") -> None:
        """Back to the empty state."""
        self._shown = None
        self._start().addWidget(muted_label(sentence))
        self._copy.hide()
        self._end()

    def show_parts(self, raw: Any, parts: Sequence[Block | Line], empty: str) -> None:
        """Show parts, and sentences between them; `raw` is what Copy gives, `empty` stands where there are none."""
        self._shown = raw
        self._start()
        self._add_limited(parts, empty)
        self._end()

    def show_result(self, result: Any, notes: Sequence[str] = ()) -> None:
        """Show the raw `result` of tools/call; `notes` are sentences about how it came to be."""
        self._shown = result
        layout = self._start()
        is_error = isinstance(result, dict) and result.get("isError") is True
        words = "✗ The tool reports an error (isError)." if is_error else "✓ Result"
        sentence = _sentence(words, "bad" if is_error else "good")
        if not is_error:
            sentence.hide()  # that all is well is to be seen
        layout.addWidget(sentence)
        self._add_lines([*(("muted", note) for note in notes), *result_lines(result)])
        self._add_limited(list(blocks(result)), "The result is empty.")
        self._end()

    def show_error(self, error: Any, notes: Sequence[str] = ()) -> None:
        """Show a JSON-RPC error object, or a sentence about a call that was never answered."""
        self._shown = error
        layout = self._start()
        fields = error if isinstance(error, dict) else {"message": error}
        code = f"Error {brief(fields['code'])}: " if "code" in fields else ""
        message = fields.get("message")
        layout.addWidget(_sentence(f"✗ {code}{shown(message, 2_000) or brief(message)}", "bad"))
        self._add_lines([("muted", note) for note in notes])
        rest = {key: value for key, value in fields.items() if key not in ("code", "message")}
        if rest:
            self._add([Block(BlockKind.JSON, "error", rest.get("data", rest) if len(rest) == 1 else rest)])
        self._end()

    def _start(self) -> QVBoxLayout:
        self._page = QVBoxLayout()
        self._page.setContentsMargins(0, 2, 8, 4)
        self._page.setSpacing(10)
        self._grows = False
        self._copy.show()
        return self._page

    def _end(self) -> None:
        """Put the page in once it is full: laid out in one go, it is never seen squeezed."""
        self._page.addStretch(0 if self._grows else 1)
        page = QWidget()
        page.setLayout(self._page)
        self._scroll.setWidget(page)

    def _add_lines(self, lines: Sequence[Line]) -> None:
        for number, (role, words) in enumerate(lines):
            self._page.addWidget(_sentence(words, role, f"resultLine:{number}"))

    def _add_limited(self, parts: Sequence[Block | Line], empty: str) -> None:
        if not parts:
            self._page.addWidget(muted_label(empty))
        self._add(parts[:FIRST_BLOCKS])
        if len(parts) > FIRST_BLOCKS:
            self._add_rest_button(parts)

    def _add(self, parts: Sequence[Block | Line]) -> None:
        for part in parts:
            widget = self._widget(part) if isinstance(part, Block) else _sentence(part[1], part[0], "resultLine")
            grows = isinstance(widget, TextView) and widget.is_long
            self._grows = self._grows or grows
            self._page.addWidget(widget, 1 if grows else 0)

    def _add_rest_button(self, parts: Sequence[Block | Line]) -> None:
        more = QPushButton(f"Show all ({len(parts):,} parts)")
        more.setObjectName("showAllParts")

        def show_rest() -> None:
            more.hide()
            self._add(parts[FIRST_BLOCKS : FIRST_BLOCKS + 1_000])

        more.clicked.connect(show_rest)
        self._page.addWidget(more)

    def _widget(self, part: Block) -> QWidget:
        if part.kind is BlockKind.IMAGE:
            return picture(part)
        if part.kind is BlockKind.BINARY:
            return binary(part)
        if part.kind is BlockKind.LINK:
            link = LinkRow(part)
            link.wanted.connect(self.resource_requested)
            return link
        mode = {BlockKind.JSON: JSON, BlockKind.MARKDOWN: MARKDOWN}.get(part.kind, "")
        text = _json(part.value) if part.kind is BlockKind.JSON else part.value
        view = TextView(part.heading, text, mode, part.note)
        view.link_clicked.connect(self.link_clicked)
        return view


def _sentence(words: str, role: str, name: str = "resultSentence") -> QLabel:
    label = plain_label(words)
    label.setObjectName(name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    palette = label.palette()
    palette.setColor(label.foregroundRole(), color(role))
    label.setPalette(palette)
    return label


def _json(value: Any) -> str:
    return write_json(value, pretty=True)
