"""The window of a presentation: the text of the latest call in large letters, its figures, the lanes, nothing else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from inspector.record.timeline import Timeline
from inspector.record.veiled_text import VeiledText
from inspector.ui.forms.parts import muted_label
from inspector.ui.presented import Presented
from inspector.ui.presented_run import Phase, Run
from inspector.ui.tab_order import arrange
from inspector.ui.views.lanes_span import Mode
from inspector.ui.views.lanes_view import LanesView
from inspector.ui.views.live_text_view import MARKDOWN, SHOWN_LENGTH, TEXT, LiveTextView
from inspector.ui.views.presentation_parts import (
    PresentationFigures,
    PresentationHead,
    PresentationKeys,
    points,
    progress_words,
)

TICK_MS, BEHIND_MS = 40, 8
BUDGET_NS = 3_000_000
FAR_BEHIND = 2_000
"""Events that are too many for some ticks: until they are read, the ticks follow each other at once."""
FIGURES_TICKS, BEHIND_FIGURES_TICKS = 3, 12
"""With every third tick the figures are brought up to date; while it is behind the ticks come more often."""
LANES_SPAN_NS = 20_000_000_000
"""So much time the lanes show."""
LETTERS_SHARE = 29
"""The text is that part of the height of the window."""
ZOOM_STEP, LEAST_ZOOM, MOST_ZOOM = 1.15, 0.5, 3.0
_RESTYLING = {QEvent.Type.StyleChange, QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange}
EMPTY = "Call a tool to see its text stream here"
_NO_TEXT = "The answer holds no text"


class PresentationView(QWidget):
    """A window of its own on top of the running session; Esc closes it.

    `title_of` gives the title of a tool by its name. `again_wanted` is the wish to call the same once more.
    """

    closed = Signal()
    scheme_wanted = Signal()
    again_wanted = Signal()

    def __init__(
        self,
        presented: Presented,
        timeline: Timeline,
        now_ns: Callable[[], int],
        title_of: Callable[[str], str] = str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("presentation")
        self.setAccessibleName("Presentation")
        self.setWindowTitle("Presentation")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.server = ""
        self.can_call_again: Callable[[], bool] = bool
        self.skip: Callable[[], object] = lambda: None
        """What leaves out what is not read yet of earlier calls, once that is much."""
        self._presented, self._now_ns, self._title_of = presented, now_ns, title_of
        self._veil = VeiledText()
        self._runs = self._ticks = 0
        self._zoom = 1.0
        self._is_hiding = True
        self._has_span = False
        self.head, self.figures, self.keys = PresentationHead(), PresentationFigures(), PresentationKeys()
        self.text = LiveTextView()
        for edit in (self.text.plain, self.text.rich):
            edit.document().setDocumentMargin(0)
        self.lanes = LanesView(timeline, now_ns)
        self._words = muted_label(EMPTY)
        self._stack = QStackedWidget()
        self._timer = QTimer(self, interval=TICK_MS)
        self._lay_out()
        self._connect()
        self.hide_secrets(self._is_hiding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocus()
        self._timer.start()

    @property
    def is_behind(self) -> bool:
        """Whether there is something on the river that is not shown yet."""
        return self._presented.behind > 0

    @property
    def _is_far_behind(self) -> bool:
        return self._presented.behind > FAR_BEHIND

    def tick(self) -> None:
        """Read on, and bring in what came."""
        if self._is_far_behind:
            self.skip()
        part = self._presented.pull(BUDGET_NS)
        if self._presented.ready is not None:
            self._note_session()
        if self._presented.runs != self._runs:
            self._runs = self._presented.runs
            self._veil.restart()
            self.text.replace()
            self.text.set_following(True)
        self._append(part)
        behind = self._presented.behind
        self._timer.setInterval(0 if behind > FAR_BEHIND else BEHIND_MS if behind else TICK_MS)
        self._ticks += 1
        if self._ticks % (BEHIND_FIGURES_TICKS if behind else FIGURES_TICKS) == 0:
            self.refresh()

    def refresh(self) -> None:
        """Bring names, state and figures up to date."""
        run, tokens = self._presented.run, self._presented.figures
        is_late = self._is_far_behind
        self.head.show_run(run, self._title_of(run.name) if run else "", self.server, self._seen, is_late=is_late)
        self.figures.show_figures(tokens, run, self._presented.read_ns if is_late else self._now_ns())
        self._words.setText(self._seen(_words_without_text(run)))
        self._stack.setCurrentIndex(1 if tokens.characters else 0)
        self.keys.again.setEnabled(self.can_call_again())
        self._show_span()

    def hide_secrets(self, is_hiding: bool) -> None:
        """Overwrite what looks like a secret, or show everything as it came."""
        self._is_hiding = is_hiding
        self.keys.show_hiding(is_hiding)
        self.lanes.scene.words = self._seen
        self.lanes.refresh()
        self._veil.restart()
        text = self._presented.text[-SHOWN_LENGTH:]
        self.text.replace(self._veil.feed(text) + self._rest() if is_hiding else text)
        self.refresh()

    def zoom(self, factor: float) -> None:
        """Larger or smaller letters."""
        self._zoom = min(max(self._zoom * factor, LEAST_ZOOM), MOST_ZOOM)
        self._restyle()

    def toggle_full_screen(self) -> None:
        """All of the screen, or a window."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._restyle()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self._timer.stop()
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Take colours and a font of the program over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "keys"):
            QTimer.singleShot(0, self, self._restyle)  # a new style sheet takes the fonts of the labels away after this

    def _lay_out(self) -> None:
        self._words.setObjectName("presentationWords")
        self._words.setAccessibleName("What there is instead of a text")
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self._words)
        self._stack.addWidget(self.text)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addWidget(self.head)
        self._column.addWidget(self._stack, 1)
        self._column.addWidget(self.figures)
        self._column.addWidget(self.lanes)
        self._column.addWidget(self.keys)
        arrange(self.text, self.lanes, self.keys)

    def _connect(self) -> None:
        keys = self.keys
        self._timer.timeout.connect(self.tick)
        keys.leave.clicked.connect(self.close)
        keys.hide_secrets.clicked.connect(self.hide_secrets)
        keys.smaller.clicked.connect(lambda: self.zoom(1 / ZOOM_STEP))
        keys.larger.clicked.connect(lambda: self.zoom(ZOOM_STEP))
        keys.scheme.clicked.connect(self.scheme_wanted)
        keys.markdown.toggled.connect(lambda is_on: self.text.set_mode(MARKDOWN if is_on else TEXT))
        keys.full.clicked.connect(self.toggle_full_screen)
        keys.again.clicked.connect(self.again_wanted)
        for names, act in (
            (("Esc", "F11"), self.close),
            (("H",), keys.hide_secrets.click),
            (("-",), keys.smaller.click),
            (("+", "="), keys.larger.click),
            (("D",), keys.scheme.click),
            (("M",), keys.markdown.click),
            (("F",), keys.full.click),
            (("Ctrl+Return", "Ctrl+Enter"), keys.again.click),
            (("End",), lambda: self.text.set_following(True)),
        ):
            for name in names:
                QShortcut(QKeySequence(name), self).activated.connect(act)

    def _append(self, part: str) -> None:
        if self._is_hiding:
            part = self._veil.feed(part) + self._rest()
        if part:
            self.text.append(part)

    def _rest(self) -> str:
        """The last word, once nothing can follow it."""
        run = self._presented.run
        return self._veil.flush() if run is not None and run.is_over and not self._presented.behind else ""

    def _seen(self, words: str) -> str:
        return self._veil.words(words) if self._is_hiding else words

    def _note_session(self) -> None:
        ready, self._presented.ready = self._presented.ready, None
        if ready is not None:
            self._veil.learn(ready)
            self.server = ready.server_name

    def _show_span(self) -> None:
        """Stay with the newest seconds once there are more than fit: a session may last for hours."""
        scene = self.lanes.scene
        if self._has_span or not scene.lanes.folded or scene.now_ns() - scene.origin_ns < LANES_SPAN_NS:
            return
        self._has_span = True
        scene.arrange()
        if scene.span.mode is not Mode.FIT:
            return
        scene.span.show(scene.now_ns() - LANES_SPAN_NS, scene.now_ns())
        self.lanes.change_span(scene.span.follow)

    def _restyle(self) -> None:
        """Everything grows with the window."""
        point_px = self.logicalDpiY() / 72
        letters = self.height() / LETTERS_SHARE * self._zoom
        scale = max(1.0, letters / (QApplication.font().pointSizeF() * point_px))
        side, edge = round(self.width() * 0.055), round(self.height() * 0.035)
        self._column.setContentsMargins(side, edge, side, round(edge / 2))
        self.head.set_scale(scale)
        self.figures.set_scale(scale)
        self.text.set_scale(scale)
        self._words.setFont(points(scale))
        self.lanes.setFont(points(min(max(1.0, 0.5 * scale), 1.6)))
        self.lanes.setFixedHeight(min(self.lanes.sizeHint().height(), round(self.height() * 0.2)))
        self._stack.setContentsMargins(0, edge // 2, 0, edge // 2)


def _words_without_text(run: Run | None) -> str:
    if run is None:
        return EMPTY
    if run.phase is Phase.FAILED:
        return run.why
    return _NO_TEXT if run.is_over else progress_words(run)
