"""The window: puts the panes in their places and ties their signals together. It decides nothing by itself."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabWidget, QToolBar, QWidget

from inspector.record.text import counted
from inspector.trace.events import ConnectionState
from inspector.trace.river import River
from inspector.ui import state_words
from inspector.ui.controller import Controller
from inspector.ui.folds import Folds
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.settings import ConnectionSettings
from inspector.ui.views.call_pane import CallPane
from inspector.ui.views.connection_bar import ConnectionBar
from inspector.ui.views.detail_pane import DetailPane
from inspector.ui.views.findings_pane import FindingsPane
from inspector.ui.views.latency_pane import LatencyPane
from inspector.ui.views.reconnect_pane import ReconnectPane
from inspector.ui.views.streams_pane import StreamsPane
from inspector.ui.views.timeline_pane import TimelinePane
from inspector.ui.views.tool_pane import ToolPane

REFRESH_MS = 250
STATE_MS = 100


class MainWindow(QMainWindow):
    """`closing` is emitted once, when the user closes the window; the owner then shuts everything down."""

    painted = Signal()
    closing = Signal()

    def __init__(self, river: River, controller: Controller, folds: Folds, meter: FrameMeter) -> None:
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("SSE MCP Inspector")
        self.settings = ConnectionSettings()
        self._river, self._controller, self._folds, self._meter = river, controller, folds, meter
        self._was_painted = False
        self._was_closed = False
        self.bar = ConnectionBar()
        self.tools = ToolPane()
        self.timeline = TimelinePane(river)
        self.detail = DetailPane(river, self.timeline.timeline)
        self.calls = CallPane()
        self.latency = LatencyPane(folds.latency)
        self.streams = StreamsPane(folds.streams, river.clock)
        self.reconnects = ReconnectPane(folds.reconnects, river.clock)
        self.findings = FindingsPane(folds.engine)
        self._lay_out()
        self._connect_panes()
        self._connect_controller()
        self._start_timers()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        if not self._was_closed:
            self._was_closed = True
            self.closing.emit()

    def show_settings(self, settings: ConnectionSettings) -> None:
        """Use these settings for the next connection."""
        self.settings = settings
        self.bar.set_insecure(settings.insecure)

    def connect_now(self) -> None:
        """Connect to the URL in the bar."""
        url = self.bar.url()
        if not url:
            self.bar.show_state(ConnectionState.CLOSED, "Type the address of a server first.", "", is_failure=True)
            self.bar.focus_url()
            return
        if "://" not in url:
            url = f"http://{url}"
            self.bar.set_url(url)
        self._controller.connect_to(self.settings.options(url, self.bar.transport()))
        self.bar.set_active(True)

    def _lay_out(self) -> None:
        self.resize(1280, 800)
        toolbar = QToolBar("Connection")
        toolbar.setObjectName("connectionToolBar")
        toolbar.setMovable(False)
        toolbar.addWidget(self.bar)
        self.addToolBar(toolbar)
        self.setCentralWidget(self.timeline)
        area = Qt.DockWidgetArea
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        tools = self._dock("Tools", self.tools, area.LeftDockWidgetArea)
        detail = self._dock("Detail", self.detail, area.RightDockWidgetArea)
        work = self._dock("Work", self._work(), area.BottomDockWidgetArea)
        work.setTitleBarWidget(QWidget(work))
        self.resizeDocks([tools, detail], [210, 330], Qt.Orientation.Horizontal)
        self.resizeDocks([work], [330], Qt.Orientation.Vertical)
        self._status = QLabel()
        self._status.setObjectName("statusFacts")
        self.statusBar().addPermanentWidget(self._status)
        self.statusBar().setSizeGripEnabled(False)

    def _work(self) -> QTabWidget:
        """The call and, behind it, the statistics: one place, so that the timeline keeps its height."""
        self.tabs = QTabWidget()
        self.tabs.setObjectName("workTabs")
        self.tabs.setAccessibleName("Call and statistics")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.calls, "Call")
        for title, pane in self._panes():
            self.tabs.addTab(pane, title)
        self.tabs.currentChanged.connect(self._refresh)
        return self.tabs

    def _panes(self) -> tuple[tuple[str, Any], ...]:
        return (
            ("Findings", self.findings),
            ("Latency", self.latency),
            ("Streams", self.streams),
            ("Reconnects", self.reconnects),
        )

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title)
        dock.setObjectName(f"{title.lower()}Dock")
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _connect_panes(self) -> None:
        self.bar.connect_requested.connect(self.connect_now)
        self.bar.disconnect_requested.connect(self._controller.disconnect_now)
        self.bar.settings_requested.connect(self._open_settings)
        self.tools.selected.connect(self.calls.set_tool)
        self.tools.activated.connect(self._go_to_call)
        self.calls.call_requested.connect(self._controller.call)
        self.calls.cancel_requested.connect(self._controller.cancel_calls)
        self.timeline.selected.connect(self.detail.show_event)
        self.detail.jump.connect(self.go_to_event)
        for _, pane in self._panes():
            pane.jump.connect(self.go_to_event)
        reconnect = QShortcut(QKeySequence("Ctrl+R"), self)
        reconnect.activated.connect(self.connect_now)

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.connecting.connect(lambda: self.bar.set_active(True))
        controller.disconnected.connect(lambda: self.bar.set_active(self._controller.is_active))
        controller.tools_listed.connect(self.tools.set_tools)
        controller.call_started.connect(self._on_call_started)
        controller.call_progressed.connect(self.calls.show_progress)
        controller.call_said.connect(self.calls.append_stream)
        controller.call_finished.connect(self.calls.call_finished)

    def _start_timers(self) -> None:
        self._folds.state_changed.connect(self._show_state)
        for interval_ms, slot in ((REFRESH_MS, self._refresh), (STATE_MS, self._show_state)):
            timer = QTimer(self)
            timer.timeout.connect(slot)
            timer.start(interval_ms)

    def _on_call_started(self, tool: str) -> None:
        self.tools.select(tool)
        self.calls.call_started()

    def _go_to_call(self) -> None:
        self.tabs.setCurrentWidget(self.calls)
        self.calls.focus_arguments()

    def go_to_event(self, n: int) -> None:
        """Select an event in the timeline, taking a filter away that hides it."""
        if not self.timeline.select_event(n):
            self.timeline.clear_filter()
            self.timeline.select_event(n)
        self.detail.show_event(n)

    def _open_settings(self) -> None:
        from inspector.ui.dialogs.connection_dialog import ConnectionDialog  # noqa: PLC0415 - built when first asked for

        dialog = ConnectionDialog(self.settings, self)
        dialog.chosen.connect(self.show_settings)
        dialog.open()

    def _show_state(self) -> None:
        state, now_ns = self._folds.state, self._river.clock.monotonic_ns()
        if state is None:
            return
        summary = self._folds.reconnects.summary(now_ns)
        facts = state_words.facts(
            self._folds.ready,
            self._folds.latency.total().last_ms,
            summary.open_ms if summary else None,
            summary.reconnects if summary and self._folds.ready else 0,
        )
        words = state_words.words(state, now_ns)
        self.bar.show_state(state.state, words, facts, is_failure=state_words.is_failure(state))

    def _refresh(self) -> None:
        for _, pane in self._panes():
            if pane.isVisible():
                pane.refresh()
        count = len(self._folds.engine.findings())
        self.tabs.setTabText(self.tabs.indexOf(self.findings), f"Findings ({count})" if count else "Findings")
        rate = self._folds.counts.events_per_second(self._river.clock.monotonic_ns())
        parts = [f"ui lag {self._meter.latest_lag_ms:.1f} ms", counted(self.timeline.rows_shown(), "row")]
        if rate >= 1:
            parts.append(f"{rate:,.0f} events/s")
        self._status.setText(" · ".join(parts))
