"""All statistics of the window in one place, fed from the river in small portions."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter_ns

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.diagnose.engine import Engine
from inspector.record.log_lines import LogLines
from inspector.record.recorder import Recorder
from inspector.stats.availability import Availability
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyStats
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.series import Series
from inspector.stats.streams import StreamStats
from inspector.trace.events import AnyEvent, AttemptMade, ConnectionState, RequestSent, SessionReady, StateChanged
from inspector.trace.fold import Fold, runs
from inspector.trace.river import River
from inspector.ui.diagnosis import Diagnosis
from inspector.ui.dismissals import Dismissals, server_of
from inspector.ui.expecting import Expecting
from inspector.ui.server_texts import ServerTexts

TICK_MS, BEHIND_MS = 50, 5
BUDGET_NS = 3_000_000
BATCH = 500
SILENCE_NS = 500_000_000
"""So long ago nothing can have happened that is not in the river yet: events are stamped before they are told."""


class Folds(QObject):
    """Pulls new events twenty times a second, at most three milliseconds of them at once.

    With a `recorder` it takes what that takes, and when: events that come from disk are then read only once.
    """

    state_changed = Signal()

    def __init__(self, river: River, parent: QObject | None = None, recorder: Recorder | None = None) -> None:
        super().__init__(parent)
        self._reader = river.reader(0 if recorder is None else len(river))
        self._recorder = recorder
        self._clock = river.clock
        self.counts = Counts()
        self.latency = LatencyStats()
        self.clock_offsets = ClockOffsets()
        self.streams = StreamStats()
        self.reconnects = ReconnectStats()
        self.availability = Availability()
        self.resumptions = Resumptions()
        self.series = Series()
        self.engine = Engine()
        self.diagnosis = Diagnosis(self.engine, parent=self)
        self.expecting = Expecting(
            river, self.engine, self, is_over=None if recorder is None else lambda: not recorder.behind
        )
        self.expecting.tool_names = self._called_tools
        self.log = LogLines()
        told = Fold(
            {
                StateChanged: self._on_state,
                SessionReady: self._on_ready,
                AttemptMade: self._on_attempt,
                RequestSent: self._on_request,
            }
        )
        self._connection = 0
        self._folds = (
            self.counts,
            self.latency,
            self.clock_offsets,
            self.streams,
            self.reconnects,
            self.availability,
            self.resumptions,
            self.series,
            self.engine,
            self.log,
            told,
            self.expecting,
        )
        self.state: StateChanged | None = None
        self.ready: SessionReady | None = None
        self.transport = ""
        """What the latest connection speaks, empty while that is not known."""
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.pull)
        if recorder is None:
            self._timer.start()
        else:
            recorder.watchers.append(self._fold)

    @property
    def behind(self) -> int:
        """How many events are not folded yet."""
        return self._reader.behind if self._recorder is None else self._recorder.behind

    def pull(self) -> None:
        """Fold what is new within the time budget; the rest waits for the next tick."""
        if not self._reader.behind:
            self._let_time_pass()
            return
        deadline_ns = perf_counter_ns() + BUDGET_NS
        before = self.state
        while self.behind and perf_counter_ns() < deadline_ns:
            self._fold(self._reader.take(BATCH))
        self._timer.setInterval(BEHIND_MS if self.behind else TICK_MS)
        if self.state is not before:
            self.state_changed.emit()

    def _let_time_pass(self) -> None:
        """What is found by a silence is found while it lasts; in a recording time ends with the last event."""
        if self._recorder is None:
            now_ns = self._clock.monotonic_ns() - SILENCE_NS
            self.engine.advance(now_ns)
            self.expecting.advance(now_ns)

    def _fold(self, events: Sequence[AnyEvent]) -> None:
        pieces = runs(events)
        for fold in self._folds:
            fold.take(pieces)

    def _on_state(self, event: StateChanged) -> None:
        self.state = event
        if event.state is ConnectionState.CLOSED:
            self.ready, self.transport = None, ""

    def _on_ready(self, event: SessionReady) -> None:
        self.ready, self.transport = event, event.transport

    def _on_attempt(self, event: AttemptMade) -> None:
        if event.succeeded:
            self.transport = event.transport

    def _on_request(self, event: RequestSent) -> None:
        """The first request of a connection says whose findings these are."""
        if event.connection == self._connection:
            return
        if not self._connection:
            from inspector.ui.user_data import UserData  # noqa: PLC0415 - after the first paint

            kept = UserData()
            self.diagnosis.dismissals = Dismissals(kept)
            self.expecting.set_texts(ServerTexts(kept))
        self._connection = event.connection
        self.diagnosis.server = server_of(event.url)
        self.expecting.set_server(self.diagnosis.server, event.n)

    def _called_tools(self) -> list[str]:
        called = (row.key.partition(" ") for row in self.latency.rows())
        return [name for method, _, name in called if method == "tools/call" and name]

    def catch_up(self) -> None:
        """Fold everything there is, however long it takes; for the report at the end."""
        if self._recorder is not None:
            self._recorder.catch_up()
        while self.behind:
            self.pull()
