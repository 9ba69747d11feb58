"""The filter above the rows: its line, what it lets through, the saved ones, and the help."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QTextBrowser, QToolButton, QVBoxLayout, QWidget

from inspector.ui.memory import Memory
from inspector.ui.models.filter_completion import Ask
from inspector.ui.views.filter_line import Check, FilterLine
from inspector.ui.views.saved_filters import SavedFilters

_HELP_PX = (560, 440)
_ERROR_MARGINS_PX, _LEAST_ERROR_PX = 20, 200
_WIDEST_COUNT = "✓ 9,999,999"


class FilterBar(QWidget):
    """`applied` says a filter that can be read; `under` is what the sentence about one that cannot lies upon."""

    applied = Signal(str)

    def __init__(self, under: QWidget, check: Check, ask: Ask, help_text: Callable[[], str]) -> None:
        super().__init__(under)
        self._under = under
        self._help_text = help_text
        self.line = FilterLine(check, ask)
        self.saved = SavedFilters(under, self.line.text)
        self._count = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._count.setObjectName("timelineFilterCount")
        self._count.setAccessibleName("Rows that pass the filter")
        self._count.setProperty("muted", True)
        self._count.setMinimumWidth(self._count.fontMetrics().horizontalAdvance(_WIDEST_COUNT))
        self._help = QToolButton()
        self._help.setObjectName("timelineFilterHelp")
        self._help.setText("?")
        self._help.setToolTip("What can be filtered, with examples")
        self._help.setAccessibleName("Help for the filter")
        self._error = QLabel(under, wordWrap=True)
        self._error.setObjectName("timelineFilterError")
        self._error.setAccessibleName("What is wrong with the filter")
        self._error.setTextFormat(Qt.TextFormat.PlainText)
        self._error.setProperty("popup", True)
        self._error.setProperty("bad", True)
        self._error.setMargin(6)
        self._error.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._error.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 6, 8, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        for part in (self._count, self.saved, self._help):
            row.addWidget(part)
        self._connect()

    def recall(self, memory: Memory) -> None:
        """Use the filters of earlier runs, and keep those to come."""
        self.saved.recall(memory)

    def show_count(self, shown: int, total: int, progress: float | None) -> None:
        """How many rows pass; `progress` from 0 to 1 while they are being looked for."""
        if not self.line.text().strip():
            self._count.setText("")
            self._count.setToolTip("")
        elif self.line.problem is not None:
            self._count.setText("✕")
            self._count.setToolTip(self.line.problem.sentence)
        elif progress is not None:
            self._count.setText(f"… {progress:.0%}")
            self._count.setToolTip("The rows are being looked for")
        else:
            self._count.setText(f"✓ {shown:,}")
            self._count.setToolTip(f"{shown:,} of {total:,} rows pass the filter")

    def add_to_layout(self, widget: QWidget) -> None:
        """Have another tool at the end of the row."""
        layout = self.layout()
        if layout is not None:
            layout.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_error()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._error.hide()

    def show_help(self) -> QFrame:
        """The fields and examples, in a popup that goes with the next click or Escape."""
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setObjectName("filterHelp")
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("popup", True)
        text = QTextBrowser()
        text.setAccessibleName("Help for the filter")
        text.setOpenLinks(False)
        text.setHtml(self._help_text())
        column = QVBoxLayout(popup)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(text)
        popup.resize(*_HELP_PX)
        corner = self._help.mapToGlobal(QPoint(self._help.width() - _HELP_PX[0], self._help.height() + 2))
        room = self.screen().availableGeometry().adjusted(0, 0, -_HELP_PX[0], -_HELP_PX[1])
        popup.move(
            max(room.left(), min(corner.x(), room.right())),
            max(room.top(), min(corner.y(), room.bottom())),
        )
        popup.show()
        text.setFocus()
        return popup

    def _connect(self) -> None:
        self.line.applied.connect(self.applied)
        self.line.judged.connect(self._show_error)
        self.line.completion.closed.connect(self._show_error)
        self.line.textChanged.connect(self._text_changed)
        self.line.used.connect(self.saved.add_used)
        self.saved.used_changed.connect(self.line.set_history)
        self.saved.chosen.connect(self._choose)
        self._help.clicked.connect(self.show_help)

    def _choose(self, text: str) -> None:
        self.line.set_filter(text)
        self.line.setFocus()

    def _text_changed(self) -> None:
        """A sentence about an older text goes; a new one waits for the pause."""
        problem = self.line.problem
        if problem is None or problem.sentence != self._error.text():
            self._error.hide()
        self.line.setToolTip(problem.sentence if problem else "")

    def _show_error(self) -> None:
        problem = self.line.problem
        self._error.setText(problem.sentence if problem else "")
        is_free = self.line.hasFocus() and not self.line.completion.popup.isVisible()
        self._error.setVisible(problem is not None and is_free)
        self._place_error()

    def _place_error(self) -> None:
        if self._error.isHidden():
            return
        words = self._error.fontMetrics().horizontalAdvance(self._error.text()) + _ERROR_MARGINS_PX
        self._error.setFixedWidth(max(_LEAST_ERROR_PX, min(self.line.width(), words)))
        self._error.adjustSize()
        self._error.move(self.line.mapTo(self._under, QPoint(0, self.line.height() + 2)))
        self._error.raise_()
