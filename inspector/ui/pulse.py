"""What changes by itself in the window: the state in the bar, the tab in front, the figures in the status line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLabel

from inspector.record.text import counted, size
from inspector.trace.states import ConnectionState
from inspector.ui import state_words
from inspector.ui.views.lazy_tab import LazyTab

if TYPE_CHECKING:
    from inspector.ui.main_window import MainWindow

REFRESH_MS = 250
STATE_MS = 100


class Pulse(QObject):
    """Looks a few times a second at what was folded, and shows it."""

    def __init__(self, window: MainWindow, status: QLabel) -> None:
        super().__init__(window)
        self._window = window
        self._status = status
        self._failure = ""
        window.tabs.currentChanged.connect(self.refresh)
        window.folds.state_changed.connect(self.show_state)
        for interval_ms, slot in ((REFRESH_MS, self.refresh), (STATE_MS, self.show_state)):
            timer = QTimer(self)
            timer.timeout.connect(slot)
            timer.start(interval_ms)

    def show_state(self) -> None:
        """The state of the connection and its facts, in the bar."""
        folds, now_ns = self._window.folds, self._window.river.clock.monotonic_ns()
        state = folds.state
        if state is self._window.state_before and self._window.controller.is_active:
            self._window.bar.show_state(ConnectionState.CONNECTING, "connecting", "", is_failure=False)
            return
        if state is None:
            return
        summary = folds.reconnects.summary(now_ns)
        facts = state_words.facts(
            folds.transport,
            folds.ready.protocol_version if folds.ready else "",
            folds.latency.last_ms if folds.transport else None,
            summary.open_ms if summary else None,
            summary.reconnects if summary and folds.transport else 0,
        )
        words = state_words.words(state, now_ns, is_signing_in=self._window.questions.is_signing_in)
        self._window.bar.show_state(state.state, words, facts, is_failure=state_words.is_failure(state))

    def refresh(self) -> None:
        """The statistics in front, the number of findings, the figures of the window itself."""
        window = self._window
        tab = window.tabs.currentWidget()
        if isinstance(tab, LazyTab):
            tab.refresh()
        window.folds.diagnosis.refresh()
        rate = window.folds.counts.events_per_second(window.river.clock.monotonic_ns())
        parts = [f"ui lag {window.meter.latest_lag_ms:.1f} ms", counted(window.timeline.rows_shown(), "row")]
        if rate >= 1:
            parts.append(f"{rate:,.0f} events/s")
        if recording := self._recording():
            parts.append(recording)
        self._status.setText(" · ".join(parts))

    def _recording(self) -> str:
        """Whether what happens is kept; why it is not any more is said once, when it ends."""
        store = self._window.recorder.store
        if store is None:
            why = self._window.not_recording
            self._status.setToolTip(why)
            return "✕ not recording" if why else ""
        if not store.failure:
            self._status.setToolTip(f"Recording to {store.path}")
            return f"● recording {size(self._window.recorder.file_bytes)}"
        if self._failure != store.failure:
            self._failure = store.failure
            self._window.statusBar().showMessage(store.failure)
            self._status.setToolTip(store.failure)
        return f"✕ {counted(store.lost, 'event')} not recorded"
