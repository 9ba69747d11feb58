"""Find text among the rows shown: counts, steps from match to match, and narrows the filter if that is wanted."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QToolButton, QWidget

from inspector.ui.elided_label import ElidedLabel
from inspector.ui.models.find_text import FindText


class FindBar(QWidget):
    """Hidden until it is asked for. `narrowed` says the text that all rows must hold, empty for none."""

    narrowed = Signal(str)
    step_wanted = Signal(bool)
    """Go to the next match; False: to the one before."""
    closed = Signal()

    def __init__(self, finder: FindText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finder = finder
        self._search = QLineEdit(placeholderText="Find text", clearButtonEnabled=True)
        self._search.setToolTip("Find text in every row (Ctrl+F)")
        self._search.setMinimumWidth(120)
        self._search.installEventFilter(self)
        self._count = ElidedLabel()
        self._count.setProperty("muted", True)
        self._previous = _tool("timelinePrevious", "↑", "Previous match (Shift+F3)")
        self._next = _tool("timelineNext", "↓", "Next match (F3)")
        self._only = QCheckBox("Only matches")
        self._close = _tool("timelineFindClose", "✕", "Close (Esc)")
        for widget, name, accessible in (
            (self._search, "timelineSearch", "Find text in the timeline"),
            (self._count, "timelineMatchCount", "Matches"),
            (self._only, "timelineOnlyMatches", "Show only rows that match"),
        ):
            widget.setObjectName(name)
            widget.setAccessibleName(accessible)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 6)
        row.setSpacing(4)
        for part in (self._search, self._count, self._previous, self._next, self._only, self._close):
            row.addWidget(part, 1 if part is self._search else 0)
        self._connect()
        self.hide()

    def open(self) -> None:
        """Show it, ready to type."""
        self.show()
        self._search.setFocus()
        self._search.selectAll()

    def close_now(self) -> None:
        """Find nothing any more, and go."""
        self._only.setChecked(False)
        self._search.clear()
        self.hide()
        self.closed.emit()

    def set_narrowing(self, *, on: bool) -> None:
        """Tell whether the filter holds the text as a term."""
        self._only.blockSignals(True)
        self._only.setChecked(on)
        self._only.blockSignals(False)

    def refresh(self, row: int | None) -> None:
        """Bring the count and the steps up to date; `row` is where the user is."""
        self._count.setText(self._count_text(self._finder.rank(row)))
        self._count.setVisible(bool(self._finder.text))
        for tool in (self._previous, self._next):
            tool.setEnabled(bool(self._finder.matches))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape closes."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.close_now()
            return True
        return super().eventFilter(watched, event)

    def _connect(self) -> None:
        self._search.textChanged.connect(self._text_changed)
        self._search.returnPressed.connect(lambda: self.step_wanted.emit(True))
        self._only.toggled.connect(lambda on: self.narrowed.emit(self._search.text() if on else ""))
        self._next.clicked.connect(lambda: self.step_wanted.emit(True))
        self._previous.clicked.connect(lambda: self.step_wanted.emit(False))
        self._close.clicked.connect(self.close_now)

    def _text_changed(self, text: str) -> None:
        if self._only.isChecked():
            self.narrowed.emit(text)
        self._finder.set_text(text)

    def _count_text(self, rank: int | None) -> str:
        found = len(self._finder.matches)
        if self._finder.running:
            return f"{found:,} …"
        if not found:
            return "no match"
        return f"{rank:,} of {found:,}" if rank else f"{found:,} found"


def _tool(name: str, text: str, tip: str) -> QToolButton:
    tool = QToolButton()
    tool.setText(text)
    tool.setToolTip(tip)
    tool.setObjectName(name)
    tool.setAccessibleName(tip)
    return tool
