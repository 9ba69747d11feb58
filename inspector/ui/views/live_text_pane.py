"""The text that streams bring in pieces, put together while it comes."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QLabel, QStackedWidget, QVBoxLayout, QWidget

from inspector.record.streamed_text import PathError
from inspector.record.text import plain
from inspector.trace.river import River
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, plain_label, tool_button
from inspector.ui.live_text import LiveText
from inspector.ui.tab_order import arrange
from inspector.ui.theme import color
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.live_text_view import MODES, LiveTextView
from inspector.ui.views.wrapping_row import WrappingRow

TICK_MS = 50
BUDGET_NS = 6_000_000
FAR_BEHIND = 5_000
"""Events that are too many for one tick: until they are read, the ticks follow each other at once."""
AUTO = "Usual places"
ALL_STREAMS = "All streams"
_EMPTY = "No text yet. What a stream sends piece by piece (a model's answer, a log, progress) is put together here."


class LiveTextPane(Pane):
    """Reads the river on a cursor of its own while it is visible, a few milliseconds at a time."""

    def __init__(self, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("liveTextPane")
        self.setAccessibleName("Live text")
        self._live = LiveText(river)
        self._stream = QComboBox()
        self._path = QComboBox(editable=True)
        self._mode = QComboBox()
        self._follow = tool_button("Follow", "Stay with the newest text", checkable=True, checked=True)
        self._large = tool_button("A+", "Large letters", checkable=True)
        self._copy = tool_button("Copy", "Copy the text as it came")
        self._clear = tool_button("Clear", "Forget the text so far")
        self._figures = ElidedLabel()
        self._error = plain_label()
        self._empty = muted_label(_EMPTY)
        self.view = LiveTextView()
        self._stack = QStackedWidget()
        self._timer = QTimer(self, interval=TICK_MS)
        self._lay_out()
        self._connect()
        self.refresh()

    def refresh(self) -> None:
        """Read on, and bring choices and figures up to date."""
        self.pull()
        self._offer(self._stream, [(ALL_STREAMS, None), *reversed(_titles(self._live.streams))], self._live.stream)
        self._offer(self._path, [(AUTO, None), *((path, path) for path in self._live.paths)], self._live.path)
        figures = self._live.figures
        self._figures.setText(figures.words)
        self._empty.setText(_empty_words(self._live))
        self._stack.setCurrentIndex(1 if figures.length else 0)

    def pull(self) -> None:
        """Read what is new, for a few milliseconds."""
        part = self._live.pull(BUDGET_NS)
        if part:
            self.view.append(part)
        self._timer.setInterval(0 if self._live.behind > FAR_BEHIND else TICK_MS)

    def choose_stream(self, stream: int | None) -> None:
        """Show the text of one HTTP exchange, None for all."""
        self._choose(stream, self._live.path)
        self.refresh()

    def choose_path(self, path: str | None) -> None:
        """Show the text along a JSONPath, None for the usual places."""
        self._choose(self._live.stream, path)
        self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _lay_out(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._stream, "liveTextStream", "Stream whose text is shown"),
            (self._path, "liveTextPath", "JSONPath of the text in each event"),
            (self._mode, "liveTextMode", "Show as"),
            (self._follow, "liveTextFollow", self._follow.toolTip()),
            (self._large, "liveTextLarge", self._large.toolTip()),
            (self._copy, "liveTextCopy", self._copy.toolTip()),
            (self._clear, "liveTextClear", self._clear.toolTip()),
            (self._figures, "liveTextFigures", "How much text came, and how fast"),
            (self._error, "liveTextError", "What is wrong with the path"),
        )
        for widget, name, accessible in named:
            widget.setObjectName(name)
            widget.setAccessibleName(accessible)
            widget.setToolTip(accessible if not isinstance(widget, QLabel) else "")
        self._mode.addItems(MODES)
        self._path.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        for box, chars in ((self._stream, 16), (self._path, 18)):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(chars)
        self._figures.setProperty("muted", True)
        self._empty.setObjectName("liveTextEmpty")
        self._empty.setMargin(20)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        buttons = (self._mode, self._follow, self._large, self._copy, self._clear)
        column.addWidget(WrappingRow((self._stream, self._path), buttons))
        below = QVBoxLayout()
        below.setContentsMargins(8, 0, 8, 8)
        below.setSpacing(4)
        below.addWidget(self._error)
        below.addWidget(self._figures)
        below.addWidget(self._stack, 1)
        column.addLayout(below, 1)
        self._error.hide()
        arrange(self._stream, self._path, *buttons, self.view)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.pull)
        self._stream.activated.connect(lambda: self.choose_stream(self._stream.currentData()))
        self._path.activated.connect(lambda: self.choose_path(self._path.currentData()))
        field = self._path.lineEdit()
        if field is not None:
            field.returnPressed.connect(self._take_typed_path)
            field.setAccessibleName(self._path.accessibleName())
        self._mode.activated.connect(lambda: self.view.set_mode(self._mode.currentText()))
        self._follow.clicked.connect(self.view.set_following)
        self._large.toggled.connect(self.view.set_large)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._live.text))
        self._clear.clicked.connect(self._forget)
        self.view.following_changed.connect(self._follow.setChecked)
        self.view.whole_wanted.connect(lambda: self.view.replace(self._live.text, whole=True))

    def _take_typed_path(self) -> None:
        typed = self._path.currentText().strip()
        self.choose_path(None if typed in ("", AUTO) else typed)

    def _choose(self, stream: int | None, path: str | None) -> None:
        try:
            self._live.choose(stream, path)
        except PathError as error:
            self._say(error.sentence)
            return
        self._say("")
        self.view.replace()

    def _forget(self) -> None:
        self._live.clear()
        self.view.replace()
        self.refresh()

    def _say(self, sentence: str) -> None:
        palette = self._error.palette()
        palette.setColor(self._error.foregroundRole(), color("bad"))
        self._error.setPalette(palette)
        self._error.setText(sentence and f"⚠ {sentence}")
        self._error.setVisible(bool(sentence))

    def _offer(self, box: QComboBox, choices: list[tuple[str, object]], chosen: object) -> None:
        """Bring the choices up to date, unless the user is about to choose or to type."""
        if box.view().isVisible() or (box.isEditable() and box.hasFocus()):
            return
        if [box.itemText(place) for place in range(box.count())] != [title for title, _ in choices]:
            box.clear()
            for title, data in choices:
                box.addItem(title, data)
        place = next((place for place, (_, data) in enumerate(choices) if data == chosen), -1)
        box.setCurrentIndex(place)
        if place < 0 and box.isEditable():
            box.setEditText(str(chosen))


def _titles(streams: dict[int, str]) -> list[tuple[str, int]]:
    return [(plain(f"#{stream} {purpose}".rstrip(), 60), stream) for stream, purpose in streams.items()]


def _empty_words(live: LiveText) -> str:
    if live.path is not None:
        return f"Nothing along {plain(live.path, 80)} yet. Choose a path from the list, or “{AUTO}”."
    return "No text in this stream yet." if live.stream is not None else _EMPTY
