"""The calls behind the figures, each with where its time went."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from inspector.record.text import calendar, duration, plain
from inspector.stats.call_timing import ANSWERED, ERROR, CallTiming
from inspector.ui import theme
from inspector.ui.delegates.phase_delegate import PhaseDelegate
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import tool_button
from inspector.ui.models.call_phases import Phase, in_words, length_ms, segments
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.stat_table import StatTable

_EMPTY = "No calls in this time."
_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange}
_LEAST_BAR_PX, _MOST_BAR_PX, _BAR_SHARE = 100, 260, 4


def _ms(title: str, value: Callable[[CallTiming], float | None], hint: str) -> Column[CallTiming]:
    return Column(title, value, "{:,.2f}".format, "0,000.00", True, hint)


def _socket(timing: CallTiming) -> str | None:
    """`3 reused`, `3 new`; without the number where nobody counted."""
    words = {True: "reused", False: "new", None: ""}[timing.is_reused]
    return " ".join(filter(None, (f"{timing.socket}" if timing.socket else "", words))) or None


def _outcome_role(timing: CallTiming) -> str | None:
    return None if timing.outcome == ANSWERED else "bad" if timing.outcome in (ERROR, "lost") else "warn"


Corrected = Callable[[CallTiming], float | None]
"""The one-way time of a call with what is known of the server's clock taken into account."""

COLUMNS: tuple[Column[CallTiming], ...] = (
    Column("#", lambda call: call.request_n, "{:,}".format, "00,000", True, "Number of the request"),
    Column("Time", lambda call: call.at, lambda at: calendar(at)[11:23], "00:00:00.000", True, "When it was made"),
    Column("Method or tool", lambda call: call.key, plain, "tools/call search"),
    _ms("Total ms", lambda call: call.total_ms, "Until the answer, or until none was waited for any more"),
    Column("Phases", length_ms, duration, hint="Where the time went; all bars of the list have one scale"),
    Column("Outcome", lambda call: call.outcome, str, "timed out", role=_outcome_role),
    _ms("Name ms", lambda call: call.resolve_ms, "Name look-up, where it opened a socket"),
    _ms("TCP ms", lambda call: call.connect_ms, "TCP connect, where it opened a socket"),
    _ms("TLS ms", lambda call: call.tls_ms, "TLS handshake, where it opened a socket"),
    _ms("Sent ms", lambda call: call.sent_ms, "Until the request was written in full"),
    _ms("Headers ms", lambda call: call.headers_ms, "Until the response headers came"),
    _ms("First byte ms", lambda call: call.first_byte_ms, "Until the first byte behind the headers came"),
    _ms("First event ms", lambda call: call.first_event_ms, "Until the first event or comment came"),
    _ms("Progress ms", lambda call: call.first_progress_ms, "Until the first progress notification came"),
    _ms("Gap p95 ms", lambda call: call.gaps.p95_ms, "95 of 100 gaps between two of its events were shorter"),
    _ms("Jitter ms", lambda call: call.gaps.jitter_ms, "Mean difference between a gap and the one before"),
    _ms("To end ms", lambda call: call.last_event_to_end_ms, "From its last event to the end of its stream"),
    _ms("Server ms", lambda call: call.server_ms, "What the server says of its own time: Server-Timing, or two stamps"),
    _ms("Network ms", lambda call: call.network_ms, "The rest, where the server says of its own time"),
    Column("HTTP", lambda call: call.http_version, plain, "HTTP/1.1"),
    Column("Stream", lambda call: call.stream, str, "0000", True, "The HTTP exchange that carried it"),
    Column("Resumed", lambda call: call.resumed, "{:,}".format, "00", True, "How often its stream was cut and resumed"),
    Column("Socket", _socket, plain, "00 reused", hint="Which socket of the connection carried it"),
)
_TITLES = [column.title for column in COLUMNS]
ONE_WAY = "From the server's first stamp to its arrival here: our clock minus theirs, "
KEY_COLUMN, BAR_COLUMN = _TITLES.index("Method or tool"), _TITLES.index("Phases")


class LatencyCalls(QWidget):
    """A list with bars; `jump` goes to a call, `socket_wanted` turns the list into all calls of one call's socket."""

    jump = Signal(int)
    socket_wanted = Signal(bool)

    def __init__(self, corrected: Corrected, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("latencyCalls")
        self._title = ElidedLabel()
        self._title.setObjectName("latencyCallsTitle")
        self._title.setAccessibleName("Which calls are listed")
        self.same_socket = tool_button("Same socket", "List all calls that shared the socket of the selected one (S)")
        self.same_socket.setObjectName("latencySameSocket")
        self.same_socket.setCheckable(True)
        self.same_socket.clicked.connect(self.socket_wanted)
        one_way = (
            _ms("One-way raw ms", lambda call: call.one_way_ms, f"{ONE_WAY}as they stand"),
            _ms("One-way corrected ms", corrected, f"{ONE_WAY}corrected by what the line below says"),
        )
        self._model = TableModel((*COLUMNS, *one_way), lambda call: call.request_n)
        self._table = StatTable(self._model, lambda call: call.request_n, _EMPTY)
        self._table.setObjectName("latencyCallTable")
        self._table.setAccessibleName("Calls")
        self._table.setToolTip("Double click a call to go to it in the timeline")
        self._table.jump.connect(self.jump)
        self._bars = PhaseDelegate(self._model.row, self._table)
        self._table.setItemDelegateForColumn(BAR_COLUMN, self._bars)
        self._table.selectionModel().currentRowChanged.connect(self._show_choice)
        self._legend = QLabel(textFormat=Qt.TextFormat.RichText, wordWrap=True)
        self._legend.setObjectName("latencyLegend")
        self._phases: tuple[Phase, ...] = ()
        self._lay_out()
        self._show_choice()

    @property
    def current(self) -> CallTiming | None:
        """The selected call."""
        index = self._table.currentIndex()
        return self._model.row(index) if index.isValid() else None

    def show_calls(self, title: str, calls: Sequence[CallTiming], *, of_one_key: bool) -> None:
        """The calls, newest first, of one method or tool or of several."""
        self._title.setText(title)
        self._table.setColumnHidden(KEY_COLUMN, of_one_key)
        self._bars.scale_ms = max(map(length_ms, calls), default=0.0)
        self._model.replace(calls)
        present = {piece.phase for call in calls for piece in segments(call)}
        self._show_legend(tuple(phase for phase in Phase if phase in present))
        self._show_choice()
        self._table.viewport().update()

    def select_call(self, request_n: int) -> None:
        """Make a call that is listed the current one."""
        for row in range(self._model.rowCount()):
            index = self._model.index(row, 0)
            if self._model.row(index).request_n == request_n:
                flags = QItemSelectionModel.SelectionFlag
                self._table.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self._table.scrollTo(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The bars take their share of what room there is."""
        super().resizeEvent(event)
        share_px = event.size().width() // _BAR_SHARE
        self._table.setColumnWidth(BAR_COLUMN, min(max(share_px, _LEAST_BAR_PX), _MOST_BAR_PX))

    def changeEvent(self, event: QEvent) -> None:
        """Colours stand in the markup of the legend."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "_phases"):
            self._show_legend(self._phases, anew=True)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.same_socket)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._legend)

    def _show_legend(self, phases: tuple[Phase, ...], *, anew: bool = False) -> None:
        if phases == self._phases and not anew:
            return
        self._phases = phases
        self._legend.setVisible(bool(phases))
        muted = theme.colors().muted
        parts = (
            f'<span style="color:{theme.color(phase.role).name()}">■</span>'
            f'&nbsp;<span style="color:{muted}">{phase.title.replace(" ", "&nbsp;")}</span>'
            for phase in phases
        )
        self._legend.setText(" &nbsp; ".join(parts))
        self._legend.setAccessibleName("Pieces of the bars: " + ", ".join(phase.words for phase in phases))

    def _show_choice(self) -> None:
        """The selected call in words, and whether its socket is known."""
        call = self.current
        self.same_socket.setEnabled(self.same_socket.isChecked() or bool(call is not None and call.socket))
        self._table.setAccessibleDescription(_EMPTY if call is None else in_words(call))
