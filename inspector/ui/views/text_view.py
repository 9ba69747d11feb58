"""Read-only text of any size: plain, as Markdown or as indented JSON, never fetching and never opening anything."""

from __future__ import annotations

import math
import re
from typing import Any

from PySide6.QtCore import QEvent, QUrl, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent, QShowEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QTextBrowser, QVBoxLayout, QWidget

from inspector.record.text import size
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.forms.text import read_json, write_json
from inspector.ui.theme import mono_font
from inspector.ui.views.content import fits_markdown, looks_like_json

FIRST_LENGTH = 262_144
MAX_AUTO_JSON_LENGTH = 1_048_576
FOLD_LENGTH = 4_096
"""Qt lays out one line of 256 KB in 4 s, the same text in lines of 4 KB in 4 ms."""
TEXT, MARKDOWN, JSON = "Text", "Markdown", "JSON"
MAX_LINES = 18
PADDING = 18
HEADING_LINES = 2
UNLIMITED = 16_777_215
_LONG_LINE = re.compile(f"[^\n]{{{FOLD_LENGTH}}}(?=[^\n])")


class TextView(QWidget):
    """One text with its heading, ways to read it, and Copy, which always gives the original."""

    link_clicked = Signal(str)

    def __init__(self, heading: str, text: str, mode: str = "", note: str = "") -> None:
        super().__init__()
        self._text = text
        self._is_whole = len(text) <= FIRST_LENGTH
        self._pretty: str | None = None
        self._mode = QComboBox()
        self._mono = tool_button("Mono", "Fixed-width letters", checkable=True)
        self._plain = _Plain()
        self._rich: _Browser | None = None
        self._folded = muted_label()
        self._more = tool_button("", "Show the whole text")
        self._fill_modes(mode)
        self._build(heading, note)
        self._show()

    def shown_text(self) -> str:
        """What is on the screen."""
        view = self._rich if self._rich is not None and self._mode.currentText() == MARKDOWN else self._plain
        return view.toPlainText()

    @property
    def is_long(self) -> bool:
        """Whether the text scrolls, hence is glad of more room."""
        view = self._rich if self._rich is not None and self._rich.isVisibleTo(self) else self._plain
        return view.maximumHeight() == UNLIMITED

    def _fill_modes(self, mode: str) -> None:
        """Offer what fits the text; JSON first where the text is JSON."""
        is_json = looks_like_json(self._text)
        offered = [TEXT, *([MARKDOWN] if fits_markdown(self._text) else []), *([JSON] if is_json else [])]
        if not mode and is_json and len(self._text) <= MAX_AUTO_JSON_LENGTH and self._as_json():
            mode = JSON
        self._mode.addItems(offered)
        self._mode.setCurrentText(mode if mode in offered else TEXT)
        self._mono.setChecked(mode == JSON)

    def _build(self, heading: str, note: str) -> None:
        self._mode.setAccessibleName("Show as")
        self._mode.activated.connect(self._mode_chosen)
        self._mono.toggled.connect(self._show)
        self._more.clicked.connect(self._show_all)
        copy = tool_button("Copy", "Copy the text as it came")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._text))
        header = QHBoxLayout()
        title = ElidedLabel(f"{heading} · {size(len(self._text.encode('utf-8', 'replace')))}")
        title.setProperty("muted", True)
        header.addWidget(title, 1)
        for widget in (self._mode, self._mono, copy):
            header.addWidget(widget)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)
        self._layout.addLayout(header)
        self._mode.setVisible(self._mode.count() > 1)
        if note:
            self._layout.addWidget(muted_label(note))
        for part in (self._plain, self._folded, self._more):
            self._layout.addWidget(part)

    def _mode_chosen(self) -> None:
        self._mono.setChecked(self._mode.currentText() == JSON)
        self._show()

    def _show_all(self) -> None:
        self._is_whole = True
        self._show()

    def _as_json(self) -> str:
        """The text indented, or empty if it is no JSON."""
        if self._pretty is None:
            value, error = read_json(self._text)
            self._pretty = "" if error else write_json(value, pretty=True)
        return self._pretty

    def _show(self) -> None:
        is_rich = self._mode.currentText() == MARKDOWN
        if is_rich:
            self._show_markdown()
        elif self._rich is not None:
            self._rich.hide()
        self._plain.setVisible(not is_rich)
        self._mono.setVisible(self._mode.currentText() == TEXT)  # JSON is in fixed-width letters anyway
        self._folded.hide()
        self._more.hide()
        if not is_rich:
            self._show_plain((self._as_json() or self._text) if self._mode.currentText() == JSON else self._text)

    def _show_plain(self, text: str) -> None:
        first = text if self._is_whole else text[:FIRST_LENGTH]
        folded = _LONG_LINE.sub(lambda match: match[0] + "\n", first)
        self._set_font()
        self._plain.setPlainText(folded)
        self._plain.fit()
        self._folded.setText("Long lines are folded here; Copy gives the text as it came.")
        self._folded.setVisible(folded != first)
        self._more.setText(f"Show all ({size(len(text.encode('utf-8', 'replace')))})")
        self._more.setVisible(len(first) < len(text))

    def _set_font(self) -> None:
        self._plain.setFont(mono_font() if self._mono.isChecked() else self.font())

    def showEvent(self, event: QShowEvent) -> None:
        """A style sheet takes the font away when a widget gets its parent."""
        super().showEvent(event)
        self._set_font()

    def _show_markdown(self) -> None:
        if self._rich is None:
            self._rich = _Browser()
            self._rich.anchorClicked.connect(lambda url: self.link_clicked.emit(url.toString()))
            features = QTextDocument.MarkdownFeature
            self._rich.document().setMarkdown(self._text, features.MarkdownNoHTML | features.MarkdownDialectGitHub)
            self._rich.moveCursor(QTextCursor.MoveOperation.Start)  # reading begins at the top
            _fit(self._rich, self._text, spare=HEADING_LINES)
            self._layout.insertWidget(self._layout.indexOf(self._plain), self._rich)
        self._rich.show()


class _Browser(QTextBrowser):
    """Renders, and does nothing else: no link is followed, no image or style sheet is loaded, not even a local one."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setAccessibleName("Rendered Markdown")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A short text has all of its height, which is known once it is laid out."""
        super().resizeEvent(event)
        needed = math.ceil(self.document().size().height()) + self.height() - self.viewport().height()
        if needed <= MAX_LINES * self.fontMetrics().lineSpacing() + PADDING:
            self.setFixedHeight(needed)
            self.verticalScrollBar().setValue(0)

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:
        return None


class _Plain(QPlainTextEdit):
    """As high as a short text, which is known once its lines are broken; a long one scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setAccessibleName("Text")
        self._fitted_px = 0

    def fit(self) -> None:
        """Take the height of the text at this width; before the first layout, a guess."""
        if not self._fitted_px:
            _fit(self, self.toPlainText())
            return
        limit = MAX_LINES * self.fontMetrics().lineSpacing()
        height, block = 0.0, self.document().firstBlock()
        while block.isValid() and height <= limit:
            height += self.blockBoundingRect(block).height()
            block = block.next()
        self.setMinimumHeight(math.ceil(min(height, limit)) + PADDING)
        self.setMaximumHeight(self.minimumHeight() if height <= limit else UNLIMITED)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.width() != self._fitted_px:
            self._fitted_px = self.width()
            self.fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_fitted_px"):
            self.fit()


def _fit(view: QPlainTextEdit | QTextBrowser, text: str, spare: int = 0) -> None:
    """As high as a short text, so that several parts fit on a page; a long one scrolls."""
    lines = spare
    for line in text[:8_192].rstrip("\n").split("\n"):
        lines += 1 + len(line) // 90
    line_height = view.fontMetrics().lineSpacing()
    view.setMinimumHeight(min(lines, MAX_LINES) * line_height + PADDING)
    view.setMaximumHeight(lines * line_height + PADDING if lines <= MAX_LINES else UNLIMITED)
