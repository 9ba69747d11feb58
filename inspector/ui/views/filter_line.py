"""The line of the filter: says while typing whether it can be read, and where it cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit

from inspector.ui import theme
from inspector.ui.models.filter_completion import Ask, FilterCompletion

APPLY_DELAY_MS = 300
_PLACEHOLDER = "Filter: method:tools/call dur>500ms -is:heartbeat"


class Problem(NamedTuple):
    """Why a filter cannot be read, and where."""

    sentence: str
    position: int
    length: int


Check = Callable[[str], Problem | None]


class FilterLine(QLineEdit):
    """`applied` says a text that can be read, a moment after the last key or at once on Return."""

    applied = Signal(str)
    used = Signal(str)
    """A text that is worth remembering: the user pressed Return, or went elsewhere."""
    judged = Signal()
    """The pause came, or the text was read: `problem` is what is wrong, None if nothing is."""

    def __init__(self, check: Check, ask: Ask) -> None:
        super().__init__(placeholderText=_PLACEHOLDER, clearButtonEnabled=True)
        self.setObjectName("timelineFilter")
        self.setAccessibleName("Filter of the rows")
        self.setFont(theme.mono_font())
        self.problem: Problem | None = None
        self._check = check
        self._history: list[str] = []
        self._place: int | None = None
        self._applied = ""
        self.completion = FilterCompletion(self, ask)
        self._timer = QTimer(self, singleShot=True, interval=APPLY_DELAY_MS)
        self._timer.timeout.connect(self.apply)
        self.textChanged.connect(self._read)
        self.returnPressed.connect(self._entered)

    def set_filter(self, text: str) -> None:
        """Have this filter, at once."""
        self.setText(text)
        self.apply()

    def set_history(self, history: Sequence[str]) -> None:
        """Earlier filters, the latest first."""
        self._history, self._place = list(history), None

    def apply(self) -> None:
        """Say the text now, if it can be read and is another one."""
        self._timer.stop()
        text = self.text()
        if self.problem is None and text != self._applied:
            self._applied = text
            self.applied.emit(text)
        self.judged.emit()

    def event(self, event: QEvent) -> bool:
        """Tab takes a suggestion while there are some; else it goes on, as everywhere."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and self._acts_on(event):
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.apply()
            self._remember()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Underline what cannot be read."""
        super().paintEvent(event)
        if self.problem is None:
            return
        painter = QPainter(self)
        painter.setClipRect(self.rect().adjusted(4, 0, -4, 0))
        painter.setPen(QPen(theme.color("bad"), 2))
        line = self.underline()
        painter.drawLine(line.bottomLeft(), line.bottomRight())
        painter.end()

    def underline(self) -> QRect:
        """Where the problem is on the screen; Qt tells the place of the cursor only, the rest follows from it."""
        if self.problem is None:
            return QRect()
        text, metrics = self.text(), QFontMetrics(self.font())
        start = min(self.problem.position, len(text))
        end = min(start + max(1, self.problem.length), max(len(text), start + 1))
        cursor = self.cursorRect()
        left = cursor.center().x() - metrics.horizontalAdvance(text[: self.cursorPosition()])
        at = left + metrics.horizontalAdvance(text[:start])
        width = metrics.horizontalAdvance((text + " ")[start:end])
        y = (self.height() + metrics.height()) // 2
        return QRect(at, y - 1, max(width, 4), 1)

    def _read(self) -> None:
        text = self.text()
        self.problem = self._check(text) if text.strip() else None
        verdict = "" if not text.strip() else "good" if self.problem is None else "bad"
        self.setProperty("verdict", verdict)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setAccessibleDescription(self.problem.sentence if self.problem else "")
        if not text.strip():
            self.apply()  # nothing to wait for
        else:
            self._timer.start()

    def _acts_on(self, event: QKeyEvent) -> bool:
        key, with_control = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if key == Qt.Key.Key_Space and with_control:
            self.completion.ask_now()
            return True
        is_browsing = self._place is not None and self.text() == self._history[self._place]
        if key == Qt.Key.Key_Up and (is_browsing or not self.text()):
            self._browse(1 if is_browsing else 0)
            return True
        if key == Qt.Key.Key_Down:
            if is_browsing:
                self._browse(-1)
            else:
                self.completion.ask_now()
            return True
        return False

    def _browse(self, step: int) -> None:
        """Go through the history; before its latest the line is empty."""
        place = step if self._place is None or not self.text() else self._place + step
        if place < 0:
            self._place = None
            self.clear()
        elif place < len(self._history):
            self._place = place
            self.setText(self._history[place])
        self.completion.close()

    def _entered(self) -> None:
        self.completion.close()
        self.apply()
        self._remember()

    def _remember(self) -> None:
        if self.problem is None and self.text().strip():
            self.used.emit(self.text().strip())
