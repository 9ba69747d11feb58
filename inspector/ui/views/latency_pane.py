"""How long the server takes, per method and tool, in a part of the session; and the calls behind the figures."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.stats.baselines import Baseline, baseline_of
from inspector.stats.call_timing import Call
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import MAX_KEYS, OTHER_KEY, LatencyStats
from inspector.stats.windows import Window, since_ns
from inspector.trace.clock import StoppedClock
from inspector.trace.river import River
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.kept_baselines import KeptBaselines
from inspector.ui.latency_file import LatencyFile
from inspector.ui.latency_rows import LatencyRows
from inspector.ui.models.latency_words import Mark, listed, summary, when
from inspector.ui.models.table_model import TableModel
from inspector.ui.views.latency_bar import LatencyBar
from inspector.ui.views.latency_baselines import LatencyBaselines
from inspector.ui.views.latency_calls import LatencyCalls
from inspector.ui.views.latency_columns import BASELINE_COLUMNS, COLUMNS, KeyFigures
from inspector.ui.views.latency_note import LatencyNote
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable
from inspector.ui.views.turning_splitter import TurningSplitter

MAX_LISTED = 500
"""So many calls are listed; the file has all that are kept."""
_EMPTY = "No requests yet. Call a tool or list something, and its round trips are timed here."
_NONE_IN_TIME = "No requests in this part of the session. Choose another part above, or call a tool."
_SELECT_FIRST = "Select the row of the timeline to begin with, then mark it here."
_MAX_NAME = 200


class LatencyPane(Pane):
    """A line about all calls and a row for each method and tool; the selected one's calls beside them.

    `jump` goes to the slowest call of a row, or to a call of the list.
    """

    def __init__(
        self,
        latency: LatencyStats,
        offsets: ClockOffsets,
        river: River,
        server: Callable[[], str] = str,
        selected: Callable[[], int | None] = lambda: None,
        kept: KeptBaselines | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`server` tells whose figures these are, `selected` the number of the event the user is on."""
        super().__init__(parent)
        self._latency, self._river = latency, river
        self._server, self._selected = server, selected
        self._mark: Mark | None = None
        self._socket: tuple[int, int] | None = None
        self._wanted = ""
        self.bar = LatencyBar()
        self._summary = ElidedLabel()
        self._model = TableModel(COLUMNS, lambda figures: figures.row.key)
        self._table = StatTable(self._model, lambda figures: figures.row.slowest_n, _EMPTY)
        self._note = LatencyNote(offsets)
        self._list = LatencyCalls(self._note.corrected_ms)
        self.baselines = LatencyBaselines(self.bar, self, server, self._baseline, kept)
        self.file = LatencyFile(self, latency, offsets)
        self.rows = LatencyRows(latency, lambda: self.baselines.comparison, self)
        self._lay_out()
        self._connect()
        self.refresh()

    def show_tool(self, tool: str) -> None:
        """Select the row of a tool's calls."""
        self.show_key(f"tools/call {tool[:_MAX_NAME]}")

    def show_key(self, key: str) -> None:
        """Select the row of a method or tool, if it has calls in this part of the session."""
        self._wanted = key
        self._update()

    def refresh(self) -> None:
        """Show the figures as they are now."""
        if self.rows.is_due():
            self._update()

    def set_mark(self) -> None:
        """Begin anew: live with the next event, in a recording with the event that is selected in the timeline."""
        clock = self._river.clock
        mark = Mark(len(self._river), clock.time(), clock.monotonic_ns())
        if isinstance(clock, StoppedClock):
            n = self._selected()
            if n is None:
                self._note.say(_SELECT_FIRST)
                return
            event = self._river[n]
            mark = Mark(n, event.at, event.monotonic_ns)
        self._mark = mark
        self.bar.show_mark(is_set=True)
        self.bar.choose(Window.SINCE_MARK)
        self._update()

    def _update(self) -> None:
        self.rows.work_out(self._since_ns())

    def _show(self, figures: list[KeyFigures], since: int | None) -> None:
        rows, times = [row.row for row in figures], self._latency.samples().distribution(since)
        self._model.replace(figures)
        self.bar.allow(has_calls=bool(rows))
        self._table.set_empty(_NONE_IN_TIME if self._latency.keys else _EMPTY)
        self._summary.setVisible(bool(rows))
        said = (summary(rows, times, self.bar.window_shown, self._mark), self.baselines.words())
        self._summary.setText(" · ".join(filter(None, said)))
        for column in BASELINE_COLUMNS:
            self._table.setColumnHidden(column, self.baselines.comparison is None)
        self._select_wanted()
        self._update_calls()
        self._note.refresh()

    def _select_wanted(self) -> None:
        key, self._wanted = self._wanted, ""
        for row in range(self._model.rowCount() if key else 0):
            index = self._model.index(row, 0)
            if self._model.row(index).row.key == key:
                flags = QItemSelectionModel.SelectionFlag
                self._table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self._table.scrollTo(index)

    def _save(self) -> None:
        mark_ns = None if self._mark is None else self._mark.monotonic_ns
        self.file.ask(self._river.clock.monotonic_ns(), mark_ns)

    def _baseline(self, name: str) -> Baseline:
        """The figures of the window that is shown."""
        window = when(self.bar.window_shown, self._mark) or Window.SESSION.value
        since, at = self._since_ns(), self._river.clock.time()
        return baseline_of(self._latency, name, at, server=self._server(), window=window.lower(), since_ns=since)

    def _since_ns(self) -> int | None:
        mark_ns = None if self._mark is None else self._mark.monotonic_ns
        return since_ns(self.bar.window_shown, self._river.clock.monotonic_ns(), mark_ns)

    def _update_calls(self) -> None:
        """The calls of the selected row, or of a socket; none without either."""
        key = self._key()
        self._list.setVisible(key is not None or self._socket is not None)
        if self._socket is not None:
            connection, socket = self._socket
            of = f"on socket {socket:,} of connection {connection:,}"
            self._show_calls(lambda call: (call.connection, call.socket) == self._socket, None, of)
        elif key == OTHER_KEY:
            named = frozenset(self._latency.keys[:MAX_KEYS])
            self._show_calls(lambda call: call.key not in named, self._since_ns(), "of other methods")
        elif key is not None:
            self._show_calls(lambda call: call.key == key, self._since_ns(), f"of {key}")

    def _show_calls(self, belongs: Callable[[Call], bool], since: int | None, of: str) -> None:
        calls, found = self._latency.calls.newest(belongs, MAX_LISTED, since)
        index = self._table.currentIndex()
        if self._socket is None and index.isValid():
            found = max(found, self._model.row(index).row.count)  # not every call is kept by itself
        self._list.show_calls(listed(len(calls), found, of), calls, of_one_key=self._socket is None)

    def _key(self) -> str | None:
        index = self._table.currentIndex()
        return self._model.row(index).row.key if index.isValid() else None

    def _choose_row(self) -> None:
        self._socket = None
        self._list.same_socket.setChecked(False)
        self._update_calls()

    def _choose_none(self) -> None:
        """Close the list of calls."""
        self._table.setCurrentIndex(QModelIndex())
        self._table.clearSelection()

    def _choose_socket(self, is_wanted: bool) -> None:
        call = self._list.current
        self._socket = None
        if is_wanted and call is not None and call.socket is not None:
            self._socket = (call.connection, call.socket)
        self._list.same_socket.setChecked(self._socket is not None)
        self._update_calls()
        if call is not None:
            self._list.select_call(call.request_n)

    def _lay_out(self) -> None:
        self._table.setObjectName("latencyTable")
        self._table.setAccessibleName("Latency per method and tool")
        self._table.setToolTip("Double click a row to go to its slowest call")
        self._summary.setObjectName("latencySummary")
        self._summary.setAccessibleName("Latency of all calls")
        self._summary.setContentsMargins(8, 0, 8, 0)
        halves = TurningSplitter()
        halves.setContentsMargins(8, 4, 8, 8)
        halves.addWidget(self._table)
        halves.addWidget(self._list)
        self._list.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._summary)
        layout.addWidget(halves, 1)
        layout.addWidget(self._note)

    def _connect(self) -> None:
        self._table.jump.connect(self.jump)
        self._list.jump.connect(self.jump)
        self._table.selectionModel().currentRowChanged.connect(self._choose_row)
        self._list.socket_wanted.connect(self._choose_socket)
        self.rows.done.connect(self._show)
        self.rows.due.connect(lambda: self.refresh() if self.isVisible() else None)
        self.bar.window_chosen.connect(self._update)
        self.bar.mark_wanted.connect(self.set_mark)
        self.bar.csv_wanted.connect(self._save)
        self.file.said.connect(self._note.say)
        self.baselines.changed.connect(self._update)
        self.baselines.said.connect(self._note.say)
        keys: tuple[tuple[str, Callable[[], None]], ...] = (
            ("M", self.set_mark),
            ("S", self._list.same_socket.click),
            ("B", self.bar.keep),
            ("C", self.bar.save),
            ("Esc", self._choose_none),
        )
        for key, slot in keys:
            shortcut = QShortcut(QKeySequence(key), self, slot)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
