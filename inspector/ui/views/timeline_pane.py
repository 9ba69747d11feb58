"""The timeline with its tools: the filter and its buttons, find, follow, mark."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLabel, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from inspector.record.query import Completion, QueryError, complete, parse
from inspector.record.recorder import Recorder
from inspector.record.row_links import row_showing
from inspector.trace.river import River
from inspector.ui.memory import Memory
from inspector.ui.models import filter_terms
from inspector.ui.models.filter_help import filter_help
from inspector.ui.models.find_text import FindText
from inspector.ui.models.timeline_model import TimelineModel
from inspector.ui.tab_order import arrange
from inspector.ui.views.filter_bar import FilterBar
from inspector.ui.views.filter_line import Problem
from inspector.ui.views.find_bar import FindBar
from inspector.ui.views.quick_filters import QuickFilters
from inspector.ui.views.timeline_view import TimelineView
from inspector.ui.views.wrapping_row import WrappingRow

_EMPTY = "Connect to a server to see it talk: type its address above and press Return."
_EMPTY_RECORDING = "Nothing is in this recording: it ended before anything happened."
_LOADING = "Reading the recording …"
_NOTHING_SHOWN = "No row passes the filter."
_PROGRESS_MS = 100


class TimelinePane(QWidget):
    """All events of a river as rows; `selected` says the number of the event the user went to."""

    selected = Signal(int)
    noted = Signal(str)
    """A sentence for the user: why nothing happened."""
    demo_wanted = Signal()
    finding_wanted = Signal(str)
    """The finding of this rule shall be shown."""

    def __init__(self, river: River, parent: QWidget | None = None, recorder: Recorder | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timelinePane")
        self.model = TimelineModel(river, self, recorder)
        self.timeline = self.model.timeline
        self.view = TimelineView(self.model, self)
        self.finder = FindText(self.model, self)
        self.view.rows_delegate.is_found = self.finder.holds
        self.filter_bar = FilterBar(self, _problem, self._complete, filter_help)
        self.quick = QuickFilters(self.timeline, self)
        self.find_bar = FindBar(self.finder)
        self._found_term = ""
        self._wanted_row: int | None = None
        self._nothing, self._is_live = _EMPTY, True
        self._progress = QTimer(self, interval=_PROGRESS_MS)
        self._lay_out()
        self._connect()
        self._refresh()

    def recall(self, memory: Memory) -> None:
        """Use the filters and columns of earlier runs, and keep those to come."""
        self.filter_bar.recall(memory)
        self.view.columns.recall(memory)

    def select_event(self, n: int) -> bool:
        """Go to the row of event number `n`, or the next that has one; False for none. A filter that hides it goes."""
        row = row_showing(self.timeline, n)
        if row is None:
            return False
        if not self.view.select_row(row):
            self._wanted_row = row
            self._give_up_filter()
        return True

    def show_stream(self, stream: int | None) -> None:
        """Show the rows of one HTTP exchange only; None shows those of all."""
        self.quick.want_stream(stream)

    def show_past(self) -> None:
        """All rows are from long ago: begin at the top, and offer nothing that needs a server."""
        self.view.tail.rest()
        self._follow.hide()
        self._nothing, self._is_live = _LOADING if len(self.model.river) else _EMPTY_RECORDING, False
        self._refresh()

    def rows_shown(self) -> int:
        """How many rows are in the table."""
        return self.model.rowCount()

    def offer_demo(self) -> None:
        """The demo did not start; it may be tried again."""
        self._demo.setEnabled(True)

    def clear_filter(self) -> None:
        """Show everything again; the searched text stays."""
        self.filter_bar.line.set_filter("")

    def find_next(self, *, forward: bool = True) -> None:
        """Go to the next match of the searched text, or the one before."""
        row = self.finder.step(self.view.current_row(), forward=forward)
        if row is not None:
            self.view.select_row(row)

    def _lay_out(self) -> None:
        self._mark = _tool("timelineMark", "★ Mark", "Mark or unmark the row (Ctrl+M)")
        self._find = _tool("timelineFind", "Find", "Find text among the rows shown (Ctrl+F)")
        self._follow = _tool("timelineFollow", "Follow", "Stay with the newest row (End)")
        self._find.setCheckable(True)
        self._follow.setCheckable(True)
        self._follow.setChecked(True)
        self.filter_bar.add_to_layout(self._follow)
        self._empty = QLabel(_EMPTY, alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._empty.setProperty("muted", True)
        _name(self._empty, "timelineEmpty", _EMPTY)
        self._demo = QPushButton("Start the demo server")
        self._demo.setToolTip("No server at hand? This one comes with the program and shows what servers can do.")
        _name(self._demo, "startDemo", "Start the demo server and connect to it")
        self._clear = QPushButton("Show all rows")
        _name(self._clear, "timelineClearFilter", "Take the filter away")
        self._stack = QStackedWidget()
        self._stack.addWidget(_middle(self._empty, self._demo, self._clear))
        self._stack.addWidget(self.view)
        rows = (self.quick.stream, self.quick.method, self._mark, self._find)
        tools = WrappingRow(self.quick.kinds, rows)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self.filter_bar, tools, self.find_bar):
            column.addWidget(part)
        column.addWidget(self._stack, 1)
        arrange(self.filter_bar, *self.quick.kinds, *rows, self.find_bar, self.view)

    def _connect(self) -> None:
        self._demo.clicked.connect(self.demo_wanted)
        self._demo.clicked.connect(lambda: self._demo.setEnabled(False))
        self._clear.clicked.connect(self.clear_filter)
        line = self.filter_bar.line
        line.applied.connect(self._apply)
        line.textChanged.connect(self._refresh)
        self.quick.wanted.connect(line.set_filter)
        self.find_bar.narrowed.connect(self._narrow)
        self.find_bar.step_wanted.connect(lambda forward: self.find_next(forward=forward))
        self.find_bar.closed.connect(self._find_closed)
        self._find.clicked.connect(lambda on: self._open_find() if on else self.find_bar.close_now())
        self._mark.clicked.connect(self.view.marking.toggle)
        self._follow.clicked.connect(lambda on: self.view.tail.follow() if on else self.view.tail.pause())
        self.view.tail.changed.connect(self._follow.setChecked)
        self.view.selected.connect(self.selected)
        self.view.selected.connect(self._refresh)
        self.view.noted.connect(self.noted)
        self.view.jumpWanted.connect(self.select_event)
        self.view.findingWanted.connect(self.finding_wanted)
        self.view.streamWanted.connect(lambda stream: self.show_stream(stream or None))
        self.finder.progressed.connect(self._refresh)
        self.finder.progressed.connect(self.view.viewport().update)
        for changed in (self.model.modelReset, self.model.published, self.model.filtered):
            changed.connect(self._rows_changed)
        self.model.filtered.connect(self._progress.stop)
        self.model.marks.watchers.append(self._marks_changed)
        self._progress.timeout.connect(self._refresh)
        for keys, slot in (
            (QKeySequence.StandardKey.Find, self._open_find),
            ("F3", self.find_next),
            ("Shift+F3", lambda: self.find_next(forward=False)),
            ("Ctrl+Shift+F", line.setFocus),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _give_up_filter(self) -> None:
        """Take away what hides the wanted row, but do not lose it."""
        text = self.filter_bar.line.text().strip()
        if text and self.filter_bar.line.problem is None:
            self.filter_bar.saved.add_used(text)
            self.noted.emit(f"The filter hid that row and was taken away; it is kept under Saved: {text}")
        self.clear_filter()

    def _complete(self, text: str, cursor: int) -> list[Completion]:
        return complete(text, cursor, self.model.query_context())

    def _apply(self, text: str) -> None:
        """Show the rows that pass a filter, which can be read."""
        self.model.set_query(parse(text) if text.strip() else None)
        self._progress.start()
        if self._found_term and not filter_terms.has(text, self._found_term):
            self._found_term = ""
            self.find_bar.set_narrowing(on=False)
        self._refresh()

    def _narrow(self, text: str) -> None:
        """Have the searched text in the filter, or no more."""
        line, before = self.filter_bar.line, self._found_term
        self._found_term = f"text:{filter_terms.quoted(text)}" if text else ""
        rest = filter_terms.removed(line.text(), before) if before else line.text()
        line.set_filter(filter_terms.added(rest, self._found_term) if self._found_term else rest)

    def _open_find(self) -> None:
        self._find.setChecked(True)
        self.find_bar.open()

    def _find_closed(self) -> None:
        self._find.setChecked(False)
        self.view.setFocus()

    def _marks_changed(self) -> None:
        query = self.model.query
        if query is not None and "marked" in query.text:
            self.model.set_query(query)

    def _rows_changed(self) -> None:
        if self._wanted_row is not None and self.view.select_row(self._wanted_row):
            self._wanted_row = None
        self._refresh()

    def _refresh(self) -> None:
        """Bring all that depends on rows, matches and the filter up to date."""
        row, shown, total = self.view.current_row(), self.model.rowCount(), len(self.timeline)
        self.find_bar.refresh(row)
        self.quick.refresh(self.filter_bar.line.text(), row)
        self.filter_bar.show_count(shown, total, self.model.filter_progress() if self.model.filtering else None)
        self._mark.setEnabled(row is not None)
        said = _NOTHING_SHOWN if total else self._nothing
        if said != self._empty.text():
            self._empty.setText(said)
            self._empty.setAccessibleName(said)
        self._demo.setVisible(self._is_live and not total)
        self._clear.setVisible(total > 0)
        self._stack.setCurrentIndex(1 if shown else 0)


def _problem(text: str) -> Problem | None:
    try:
        parse(text)
    except QueryError as error:
        return Problem(error.sentence, error.position, error.length)
    return None


def _middle(sentence: QLabel, *buttons: QPushButton) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(24, 24, 24, 24)
    column.setSpacing(14)
    column.addStretch()
    column.addWidget(sentence)
    for button in buttons:
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch()
    return page


def _tool(name: str, text: str, tip: str) -> QToolButton:
    tool = QToolButton()
    tool.setText(text)
    tool.setToolTip(tip)
    _name(tool, name, tip)
    return tool


def _name(widget: QWidget, name: str, accessible: str) -> None:
    widget.setObjectName(name)
    widget.setAccessibleName(accessible)
