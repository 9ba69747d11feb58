"""Text that grows while one reads it: plain, Markdown or JSON, painted a few times a second however fast it comes."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from PySide6.QtCore import QEvent, QTimer, QUrl, Signal
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QStackedWidget, QTextBrowser, QVBoxLayout, QWidget

from inspector.record.text import counted
from inspector.ui import theme
from inspector.ui.forms.parts import muted_label
from inspector.ui.live_format import json_so_far, markdown_tail
from inspector.ui.payload.payload_text import PayloadText
from inspector.ui.views.growing_text import GrowingText

TEXT, MARKDOWN, JSON = MODES = ("Text", "Markdown", "JSON")
SHOWN_LENGTH = 262_144
WHOLE_LENGTH = 4_194_304
"""Characters kept to be shown: of more, the end."""
RENDER_MS = 100
REST = 5
"""A rendering is followed by at least so many times its own length of rest: a long text is rendered less often."""
LARGE = 1.7
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange}


class LiveTextView(QWidget):
    """Follows its end until the user scrolls away from it; `whole_wanted` asks for what is not kept any more."""

    following_changed = Signal(bool)
    whole_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode = TEXT
        self._text = ""
        self._left_out = self._painted = 0
        self._limit = SHOWN_LENGTH
        self._scale = 1.0
        self._own_move = False
        self.following = True
        self.plain = GrowingText("liveTextPlain", "Streamed text")
        self.rich = _Browser()
        self.json = PayloadText()
        self._remark = muted_label()
        self._whole = QPushButton("Show all")
        self._stack = QStackedWidget()
        self._timer = QTimer(self, singleShot=True, interval=RENDER_MS)
        self._timer.timeout.connect(self.render_now)
        self._lay_out()
        self._restyle()

    def append(self, part: str) -> None:
        """More text at the end; it is seen with the next rendering."""
        self._text += part
        if len(self._text) > 2 * self._limit:
            cut = len(self._text) - self._limit
            self._text = self._text[cut:]
            self._left_out += cut
            self._painted = 0
        if not self._timer.isActive():
            self._timer.start()

    def replace(self, text: str = "", *, whole: bool = False) -> None:
        """Begin anew with this text; `whole` keeps as much as there can be."""
        self._limit = WHOLE_LENGTH if whole else SHOWN_LENGTH
        self._text, self._left_out, self._painted = "", 0, 0
        self.append(text)
        self.render_now()

    def set_mode(self, mode: str) -> None:
        """One of `MODES`."""
        self._mode = mode
        self._stack.setCurrentIndex(MODES.index(mode))
        self.render_now()

    def set_large(self, is_large: bool) -> None:
        """Letters to be read from the other side of the room."""
        self.set_scale(LARGE if is_large else 1.0)

    def set_scale(self, scale: float) -> None:
        """Letters so many times as large as those of the program."""
        self._scale = scale
        self._restyle()

    def set_following(self, following: bool) -> None:
        """Stay with the end, or where the user looks."""
        if following != self.following:
            self.following = following
            self.following_changed.emit(following)
        if following:
            self._settle()

    def render_now(self) -> None:
        """Bring what is in front up to date."""
        self._timer.stop()
        began = perf_counter()
        bar = self._edit().verticalScrollBar()
        place = bar.value()
        self._own_move = True
        remark, left_out = self._render()
        bar.setValue(bar.maximum() if self.following else place)
        self._own_move = False
        words = f"The first {counted(left_out, 'character')} are not shown here." if left_out else ""
        self._remark.setText(" ".join(filter(None, (remark, words))))
        self._remark.setVisible(bool(self._remark.text()))
        self._whole.setVisible(self._mode == TEXT and self._left_out > 0 and self._limit < WHOLE_LENGTH)
        self._timer.setInterval(max(RENDER_MS, round((perf_counter() - began) * 1_000 * REST)))

    def changeEvent(self, event: QEvent) -> None:
        """Take a new theme over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_stack"):
            QTimer.singleShot(0, self, self._restyle)  # a new style sheet takes the fonts of the edits away after this

    def _lay_out(self) -> None:
        self.json.edit.setObjectName("liveTextJson")
        self.json.edit.setAccessibleName("Streamed text as JSON")
        self._remark.setObjectName("liveTextRemark")
        self._remark.setAccessibleName("About the text")
        self._whole.setObjectName("liveTextWhole")
        self._whole.setAccessibleName("Show all of the text")
        self._whole.clicked.connect(self.whole_wanted)
        for view, edit in ((self.plain, self.plain), (self.rich, self.rich), (self.json, self.json.edit)):
            self._stack.addWidget(view)
            edit.verticalScrollBar().valueChanged.connect(self._scrolled)
            edit.verticalScrollBar().rangeChanged.connect(self._settle)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._stack, 1)
        column.addWidget(self._remark)
        column.addWidget(self._whole)
        self._remark.hide()
        self._whole.hide()

    def _render(self) -> tuple[str, int]:
        """Fill the view in front; what is to be said, and how many characters it leaves out."""
        if self._mode == MARKDOWN:
            tail, cut = markdown_tail(self._text)
            features = QTextDocument.MarkdownFeature
            self.rich.document().setMarkdown(tail, features.MarkdownNoHTML | features.MarkdownDialectGitHub)
            return "", self._left_out + cut
        if self._mode == JSON:
            shown, is_json, remark = json_so_far(self._text) if self._text else ("", False, "")
            self.json.show_text(shown, is_json=is_json)
            return remark, self._left_out
        if self._painted:
            self.plain.append_text(self._text[self._painted :])
        else:
            self.plain.replace_text(self._text)
        self._painted = len(self._text)
        return "", self._left_out

    def _edit(self) -> QPlainTextEdit | QTextBrowser:
        if self._mode == MARKDOWN:
            return self.rich
        return self.json.edit if self._mode == JSON else self.plain

    def _scrolled(self, value: int) -> None:
        bar = self._edit().verticalScrollBar()
        if self.sender() is bar and not self._own_move:
            self.set_following(value >= bar.maximum())

    def _settle(self) -> None:
        """Go to the end, if that is where the view belongs."""
        if self.following and not self._own_move:
            self._own_move = True
            bar = self._edit().verticalScrollBar()
            bar.setValue(bar.maximum())
            self._own_move = False

    def _restyle(self) -> None:
        mono, words = theme.mono_font(self._scale), self.font()
        words.setPointSizeF(mono.pointSizeF())
        self.plain.setFont(words)
        self.rich.setFont(words)
        self.json.edit.setFont(mono)


class _Browser(QTextBrowser):
    """Renders, and does nothing else: no link is followed, no picture or style sheet loaded, not even a local one."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("liveTextMarkdown")
        self.setAccessibleName("Streamed text as Markdown")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)

    def loadResource(self, _kind: int, _name: QUrl | str) -> Any:
        return None
