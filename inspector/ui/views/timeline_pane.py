"""The timeline with its tool bar: find, filter, follow, mark."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.record.recorder import Recorder
from inspector.trace.river import River
from inspector.ui.models.find_text import FindText
from inspector.ui.models.row_filter import EventTest
from inspector.ui.models.timeline_model import TimelineModel
from inspector.ui.tab_order import arrange
from inspector.ui.views.timeline_view import TimelineView
from inspector.ui.views.wrapping_row import WrappingRow

_EMPTY = "Connect to a server to see it talk: type its address above and press Return."
_NOTHING_SHOWN = "No row passes the filters."
_SHOWN_KINDS = (
    ("heartbeats", "Heartbeats", "Show comments and pings"),
    ("http", "HTTP", "Show HTTP requests, connects, responses and ends"),
    ("connection", "Connection", "Show states, attempts and handshakes of the connection"),
)


class TimelinePane(QWidget):
    """All events of a river as rows; `selected` says the number of the event the user went to."""

    selected = Signal(int)
    demo_wanted = Signal()

    def __init__(self, river: River, parent: QWidget | None = None, recorder: Recorder | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timelinePane")
        self.model = TimelineModel(river, self, recorder)
        self.timeline = self.model.timeline
        self.view = TimelineView(self.model, self)
        self.finder = FindText(self.model, self)
        self.view.rows_delegate.is_found = self.finder.holds
        self._wanted_row: int | None = None
        self._lay_out()
        self._connect()
        self._refresh()

    def select_event(self, n: int) -> bool:
        """Go to the row of event number `n`; False if it has none. Filters that hide it are taken away."""
        row = self.timeline.row_of(n)
        if row is None:
            return False
        if not self.view.select_row(row):
            self._wanted_row = row
            self.clear_filter()
        return True

    def show_stream(self, stream: int | None) -> None:
        """Show the rows of one HTTP exchange only; None shows all."""
        self._filter(stream=stream)

    def set_event_test(self, test: EventTest | None) -> None:
        """Show only the rows whose event passes `test`, beside the pane's own filters; None takes it away."""
        self._filter(event_test=test)

    def rows_shown(self) -> int:
        """How many rows are in the table."""
        return self.model.rowCount()

    def offer_demo(self) -> None:
        """The demo did not start; it may be tried again."""
        self._demo.setEnabled(True)

    def clear_filter(self) -> None:
        """Show everything again; the searched text stays."""
        for toggle in self._toggles.values():
            toggle.setChecked(True)
        self._only.setChecked(False)
        self._filter(stream=None, event_test=None)

    def find_next(self, *, forward: bool = True) -> None:
        """Go to the next match of the searched text, or the one before."""
        row = self.finder.step(self.view.current_row(), forward=forward)
        if row is not None:
            self.view.select_row(row)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape empties the search field and gives the focus back to the table."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self._search.clear()
            self.view.setFocus()
            return True
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        self._search = QLineEdit(placeholderText="Find text", clearButtonEnabled=True)
        self._search.setToolTip("Find text in every row (Ctrl+F)")
        self._search.setMinimumWidth(120)
        self._search.installEventFilter(self)
        self._count = QLabel()
        self._count.setProperty("muted", True)
        self._only = QCheckBox("Only matches")
        self._previous = self._tool("timelinePrevious", "↑", "Previous match (Shift+F3)")
        self._next = self._tool("timelineNext", "↓", "Next match (F3)")
        self._toggles = {
            field: self._tool(f"timeline{label}", label, tip, checked=True) for field, label, tip in _SHOWN_KINDS
        }
        self._clear = self._tool("timelineClearFilter", "Show all rows", "Take all filters away")
        self._mark = self._tool("timelineMark", "★ Mark", "Mark or unmark the row (Ctrl+M)")
        self._follow = self._tool("timelineFollow", "Follow", "Stay with the newest row (End)", checked=True)
        _name(self._search, "timelineSearch", "Find text in the timeline")
        _name(self._count, "timelineMatchCount", "Matches")
        _name(self._only, "timelineOnlyMatches", "Show only rows that match")
        finding = (self._search, self._count, self._previous, self._next, self._only)
        filtering = (*self._toggles.values(), self._clear, self._mark, self._follow)
        self._empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setProperty("muted", True)
        _name(self._empty, "timelineEmpty", _EMPTY)
        self._demo = QPushButton("Start the demo server")
        self._demo.setToolTip("No server at hand? This one comes with the program and shows what servers can do.")
        _name(self._demo, "startDemo", "Start the demo server and connect to it")
        self._stack = QStackedWidget()
        self._stack.addWidget(_middle(self._empty, self._demo))
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(WrappingRow(finding, filtering))
        column.addWidget(self._stack, 1)
        arrange(*finding, *filtering, self.view)

    def _tool(self, name: str, text: str, tip: str, *, checked: bool | None = None) -> QToolButton:
        tool = QToolButton(self)
        tool.setText(text)
        tool.setToolTip(tip)
        _name(tool, name, tip)
        if checked is not None:
            tool.setCheckable(True)
            tool.setChecked(checked)
        return tool

    def _connect(self) -> None:
        self._demo.clicked.connect(self.demo_wanted)
        self._demo.clicked.connect(lambda: self._demo.setEnabled(False))
        self._search.textChanged.connect(self._text_changed)
        self._search.returnPressed.connect(self.find_next)
        self._only.toggled.connect(self._text_changed)
        self._next.clicked.connect(self.find_next)
        self._previous.clicked.connect(lambda: self.find_next(forward=False))
        for field, toggle in self._toggles.items():
            toggle.toggled.connect(lambda shown, field=field: self._filter(**{field: shown}))
        self._clear.clicked.connect(self.clear_filter)
        self._mark.clicked.connect(self.view.marking.toggle)
        self._follow.clicked.connect(lambda on: self.view.tail.follow() if on else self.view.tail.pause())
        self.view.tail.changed.connect(self._follow.setChecked)
        self.view.selected.connect(self.selected)
        self.view.selected.connect(self._refresh)
        self.view.jumpWanted.connect(self.select_event)
        self.view.streamWanted.connect(lambda stream: self.show_stream(stream or None))
        self.finder.progressed.connect(self._refresh)
        self.finder.progressed.connect(self.view.viewport().update)
        self.model.modelReset.connect(self._rows_changed)
        self.model.published.connect(self._rows_changed)
        for keys, slot in (
            (QKeySequence.StandardKey.Find, self._search.setFocus),
            ("F3", self.find_next),
            ("Shift+F3", lambda: self.find_next(forward=False)),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _text_changed(self) -> None:
        text = self._search.text()
        self._filter(text=text if self._only.isChecked() else "")
        if text != self.finder.text:
            self.finder.set_text(text)

    def _filter(self, **changes: Any) -> None:
        self.model.set_filter(replace(self.model.filter, **changes))
        self._refresh()

    def _rows_changed(self) -> None:
        if self._wanted_row is not None and self.view.select_row(self._wanted_row):
            self._wanted_row = None
        self._refresh()

    def _refresh(self) -> None:
        """Bring all that depends on rows, matches and filters up to date."""
        row_filter, row = self.model.filter, self.view.current_row()
        self._count.setText(self._count_text(self.finder.rank(row)))
        self._count.setVisible(bool(self.finder.text))
        for tool in (self._previous, self._next):
            tool.setEnabled(bool(self.finder.matches))
        narrowed = row_filter.stream is not None or row_filter.event_test is not None
        lane = "" if row_filter.stream is None else f"Only {self.timeline.lane_name(row_filter.stream)} ✕"
        self._clear.setText(lane or "Show all rows")
        self._clear.setVisible(narrowed or not all(toggle.isChecked() for toggle in self._toggles.values()))
        self._mark.setEnabled(row is not None)
        has_rows = self.model.rowCount() > 0
        self._empty.setText(_NOTHING_SHOWN if len(self.timeline) else _EMPTY)
        self._demo.setVisible(not len(self.timeline))
        self._stack.setCurrentIndex(1 if has_rows else 0)

    def _count_text(self, rank: int | None) -> str:
        found = len(self.finder.matches)
        if self.finder.running:
            return f"{found:,} …"
        if not found:
            return "no match"
        return f"{rank:,} of {found:,}" if rank else f"{found:,} found"


def _middle(sentence: QLabel, button: QPushButton) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 24, 24, 24)
    column.setSpacing(14)
    column.addStretch()
    column.addWidget(sentence)
    column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch()
    return page


def _name(widget: QWidget, name: str, accessible: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(accessible)
