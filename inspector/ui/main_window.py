"""The window: puts the panes in their places and ties their signals together. It decides nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QTabWidget, QWidget

from inspector.trace.states import ConnectionState
from inspector.ui.resources import resource
from inspector.ui.settings import ConnectionSettings
from inspector.ui.views.connection_bar import ConnectionBar
from inspector.ui.views.lazy_tab import LazyTab, Pane

if TYPE_CHECKING:
    from inspector.trace.river import River
    from inspector.ui.controller import Controller
    from inspector.ui.folds import Folds
    from inspector.ui.frame_meter import FrameMeter

STATE_MS = 100
NOT_CONNECTED = "Connect to a server to call its tools."
DOCKS = {
    "Tools": Qt.DockWidgetArea.LeftDockWidgetArea,
    "Detail": Qt.DockWidgetArea.RightDockWidgetArea,
    "Work": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class MainWindow(QMainWindow):
    """`closing` is emitted once, when the user closes the window; the owner then shuts everything down.

    `has_layout` says that the docks are where the user left them, so that they are not given their first shares.
    """

    closing = Signal()
    url_used = Signal(str)

    def __init__(self) -> None:
        """The frame and the connection bar; `furnish` brings the rest once these are painted."""
        super().__init__()
        self.setObjectName("mainWindow")
        self.setWindowTitle("SSE MCP Inspector")
        self.settings = ConnectionSettings()
        self._was_closed = False
        self.has_layout = False
        self.bar = ConnectionBar()
        self.tabs = QTabWidget()
        self._status = QLabel()
        self._docks = {name: _add_dock(self, name, area) for name, area in DOCKS.items()}
        self._lay_out()

    def furnish(self, river: River, controller: Controller, folds: Folds, meter: FrameMeter) -> None:
        """Bring in the panes and tie everything together."""
        from inspector.ui.pulse import Pulse  # noqa: PLC0415 - the window is painted first
        from inspector.ui.tab_order import arrange  # noqa: PLC0415
        from inspector.ui.views.call_pane import CallPane  # noqa: PLC0415
        from inspector.ui.views.detail_pane import DetailPane  # noqa: PLC0415
        from inspector.ui.views.timeline_pane import TimelinePane  # noqa: PLC0415
        from inspector.ui.views.tool_pane import ToolPane  # noqa: PLC0415

        self.setWindowIcon(QIcon(str(resource("icon.svg"))))
        self.river, self._controller, self.folds, self.meter = river, controller, folds, meter
        self.timeline = TimelinePane(river)
        self.tools = ToolPane()
        self.detail = DetailPane(river, self.timeline.timeline)
        self.calls = CallPane()
        self.setCentralWidget(self.timeline)
        self._docks["Tools"].setWidget(self.tools)
        self._docks["Detail"].setWidget(self.detail)
        self._docks["Work"].setWidget(self._work())
        QTimer.singleShot(0, self._share_room)
        arrange(self.bar, self.tools, self.timeline, self.detail, self.tabs)
        self._connect_panes()
        self._connect_controller()
        self._add_shortcuts()
        self._show_tools(None, "")
        self._pulse = Pulse(self, self._status)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        if not self._was_closed:
            self._was_closed = True
            self.closing.emit()

    def show_settings(self, settings: ConnectionSettings) -> None:
        """Use these settings for the next connection."""
        self.settings = settings
        self.bar.set_insecure(settings.insecure)
        self.setMinimumWidth(self.bar.minimumSizeHint().width())

    def connect_now(self, *, is_lasting: bool = True) -> None:
        """Connect to the URL in the bar; one that is not `is_lasting` is not worth remembering."""
        url = self.bar.url()
        if not url:
            self.bar.show_state(ConnectionState.CLOSED, "Type the address of a server first.", "", is_failure=True)
            self.bar.focus_url()
            return
        if "://" not in url:
            url = f"http://{url}"
            self.bar.set_url(url)
        if is_lasting:
            self.url_used.emit(url)
        self._controller.connect_to(self.settings.options(url, self.bar.transport()))
        self.bar.set_active(True)

    def _lay_out(self) -> None:
        self.resize(1280, 800)
        self.setMenuWidget(self.bar)  # unlike a tool bar, this place grows with a banner that wraps
        self.setMinimumWidth(self.bar.minimumSizeHint().width())  # but it asks for no width by itself
        self.setCentralWidget(QWidget())
        area = Qt.DockWidgetArea
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self._docks["Work"].setTitleBarWidget(QWidget())
        self._share_room()
        self._status.setObjectName("statusFacts")
        self._status.setContentsMargins(0, 0, 8, 0)
        self.statusBar().addPermanentWidget(self._status)
        self.statusBar().setSizeGripEnabled(False)

    def _share_room(self) -> None:
        if self.has_layout:
            return
        self.resizeDocks([self._docks["Tools"], self._docks["Detail"]], [190, 300], Qt.Orientation.Horizontal)
        self.resizeDocks([self._docks["Work"]], [350], Qt.Orientation.Vertical)

    def _work(self) -> QTabWidget:
        """The call and, behind it, the statistics: one place, so that the timeline keeps its height."""
        self.tabs.setObjectName("workTabs")
        self.tabs.setAccessibleName("Call and statistics")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.calls, "Call")
        from inspector.ui import statistics  # noqa: PLC0415 - the window is painted first

        for title, build in statistics.panes(self.folds, self.river.clock):
            self.tabs.addTab(LazyTab(partial(self._build, build)), title)
        return self.tabs

    def _build(self, build: Callable[[], Pane]) -> Pane:
        pane = build()
        pane.jump.connect(self.go_to_event)
        return pane

    def _connect_panes(self) -> None:
        from inspector.ui.dialogs import link_consent  # noqa: PLC0415 - the window is painted first

        self.bar.connect_requested.connect(self.connect_now)
        self.bar.disconnect_requested.connect(self._controller.disconnect_now)
        self.bar.settings_requested.connect(self._open_settings)
        self.bar.help_requested.connect(self._show_shortcuts)
        self.tools.selected.connect(self.calls.set_tool)
        self.tools.activated.connect(self._go_to_call)
        self.calls.call_requested.connect(self._controller.call)
        self.calls.cancel_requested.connect(self._controller.cancel_calls)
        self.calls.result.link_clicked.connect(partial(link_consent.ask, self))
        self.calls.result.resource_requested.connect(self._controller.read_resource)
        self.timeline.selected.connect(self.detail.show_event)
        self.detail.jump.connect(self.go_to_event)
        self.timeline.demo_wanted.connect(self._start_demo)

    def _connect_controller(self) -> None:
        controller = self._controller
        controller.connecting.connect(lambda: self.bar.set_active(True))
        controller.disconnected.connect(lambda: self.bar.set_active(self._controller.is_active))
        controller.tools_listed.connect(self._show_tools)
        controller.call_started.connect(self._on_call_started)
        controller.call_progressed.connect(self.calls.show_progress)
        controller.call_said.connect(self.calls.append_stream)
        controller.call_finished.connect(self.calls.call_finished)
        controller.resource_read.connect(self.calls.result.show_result)
        controller.answered.connect(self._show_answer)

    def _add_shortcuts(self) -> None:
        for keys, slot in (
            ("Ctrl+R", self.connect_now),
            ("Ctrl+,", self._open_settings),
            ("Ctrl+K", self.tools.focus_search),
            ("F1", self._show_shortcuts),
            *((f"Ctrl+{n + 1}", partial(self.tabs.setCurrentIndex, n)) for n in range(self.tabs.count())),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def _show_tools(self, tools: Any, none_because: str) -> None:
        """The tools, or why there are none: in the list and where they would be called."""
        self.tools.set_tools(tools, none_because)
        self.calls.set_obstacle("" if isinstance(tools, list) and tools else none_because or NOT_CONNECTED)

    def _on_call_started(self, tool: str) -> None:
        self.tools.select(tool)
        self.calls.call_started()

    def _show_answer(self, n: int) -> None:
        """Until the user selects a row, the detail shows the latest answer, once the timeline has it."""

        def show() -> None:
            if self.timeline.view.current_row() is None:
                self.detail.show_event(n)

        QTimer.singleShot(STATE_MS, self, show)

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

    def _show_shortcuts(self) -> None:
        from inspector.ui.dialogs.shortcuts_dialog import ShortcutsDialog  # noqa: PLC0415 - built when asked for

        ShortcutsDialog(self).open()

    def _start_demo(self) -> None:
        """The bundled server, for as long as the window is open."""
        from inspector.ui.demo_process import DemoProcess  # noqa: PLC0415 - started when asked for

        demo = DemoProcess(self)
        demo.ready.connect(self.bar.set_url)
        demo.ready.connect(lambda: self.connect_now(is_lasting=False))
        demo.failed.connect(lambda why: self.bar.show_state(ConnectionState.CLOSED, why, "", is_failure=True))
        demo.failed.connect(self.timeline.offer_demo)
        self.closing.connect(demo.stop)
        demo.start()


def _add_dock(window: QMainWindow, title: str, area: Qt.DockWidgetArea) -> QDockWidget:
    """A dock whose content comes later."""
    dock = QDockWidget(title)
    dock.setObjectName(f"{title.lower()}Dock")
    dock.setWidget(QWidget())
    window.addDockWidget(area, dock)
    return dock
