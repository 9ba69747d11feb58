"""The window: puts the panes in their places and ties their signals together. It decides nothing by itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QDockWidget, QLabel, QMainWindow, QWidget

from inspector.protocol import typed_address
from inspector.trace.states import ConnectionState
from inspector.ui.resources import resource
from inspector.ui.settings import ConnectionSettings
from inspector.ui.views.connection_bar import ConnectionBar

if TYPE_CHECKING:
    from inspector.record.recorder import Recorder
    from inspector.trace.events import StateChanged
    from inspector.ui.controller import Controller
    from inspector.ui.folds import Folds
    from inspector.ui.frame_meter import FrameMeter
    from inspector.ui.raw_sender import RawSender
    from inspector.ui.views.call_pane import CallPane
    from inspector.ui.views.tool_pane import ToolPane

STATE_MS = 100
WORK_SHARE, LEAST_WORK_PX, MOST_WORK_PX = 0.375, 250, 400
"""What the work at the bottom takes of the height at first: in a low window the rows need it more."""
DOCKS = {
    "Server": Qt.DockWidgetArea.LeftDockWidgetArea,
    "Detail": Qt.DockWidgetArea.RightDockWidgetArea,
    "Work": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class MainWindow(QMainWindow):
    """`closing` is emitted once, when the user closes the window; the owner then shuts everything down.

    `has_layout` says that the docks are where the user left them, so that they are not given their first shares.
    `state_before` is the newest state from before the user connected: it tells nothing of that connection.
    `not_recording` is the sentence why nothing is kept, for as long as it holds.
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
        self.not_recording = ""
        self.state_before: StateChanged | None = None
        self.bar = ConnectionBar()
        self._status = QLabel()
        self._docks = {name: _add_dock(self, name, area) for name, area in DOCKS.items()}
        self._lay_out()

    def furnish(
        self, recorder: Recorder, controller: Controller, folds: Folds, meter: FrameMeter, raw_sender: RawSender
    ) -> None:
        """Bring in the panes and tie everything together."""
        from inspector.ui import wiring  # noqa: PLC0415 - the window is painted first
        from inspector.ui.offer_tabs import OfferTabs  # noqa: PLC0415
        from inspector.ui.pulse import Pulse  # noqa: PLC0415
        from inspector.ui.questions import Questions  # noqa: PLC0415
        from inspector.ui.recordings import Recordings  # noqa: PLC0415
        from inspector.ui.tab_order import arrange  # noqa: PLC0415
        from inspector.ui.views.detail_pane import DetailPane  # noqa: PLC0415
        from inspector.ui.views.timeline_area import TimelineArea  # noqa: PLC0415
        from inspector.ui.views.timeline_pane import TimelinePane  # noqa: PLC0415
        from inspector.ui.work_tabs import WorkTabs  # noqa: PLC0415

        self.setWindowIcon(QIcon(str(resource("icon.svg"))))
        river = self.river = recorder.river
        self.recorder, self.controller, self.folds, self.meter = recorder, controller, folds, meter
        self.raw_sender = raw_sender
        self.timeline = TimelinePane(river, recorder=recorder)
        self.offers = OfferTabs(controller.catalog)
        self.detail = DetailPane(river, self.timeline.timeline)
        self.tabs = WorkTabs(controller.catalog, folds, river)
        self.questions = Questions(self)
        self.recordings = Recordings(self, recorder)
        self.area = TimelineArea(self.timeline, river.clock.monotonic_ns)
        self.setCentralWidget(self.area)
        self._docks["Server"].setWidget(self.offers)
        self._docks["Detail"].setWidget(self.detail)
        self._docks["Work"].setWidget(self.tabs)
        QTimer.singleShot(0, self._share_room)
        arrange(self.bar, self.offers, self.area.lanes, self.timeline, self.detail, self.tabs)
        wiring.connect(self)
        self._add_shortcuts()
        self._pulse = Pulse(self, self._status)

    @property
    def tools(self) -> ToolPane:
        return self.offers.tools

    @property
    def calls(self) -> CallPane:
        return self.tabs.subject.calls

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        if not self._was_closed:
            self._was_closed = True
            self.questions.close()
            for dialog in self.findChildren(QDialog):
                dialog.reject()
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
        url, problem = typed_address.read(url)
        if problem:
            self.bar.show_state(ConnectionState.CLOSED, problem, "", is_failure=True)
            self.bar.focus_url()
            return
        self.bar.set_url(url)
        if is_lasting:
            self.url_used.emit(url)
        self.controller.catalog.set_paginated(self.settings.paginated)
        callbacks = self.questions.callbacks(self.settings)
        self.state_before = self.folds.state
        self.controller.connect_to(self.settings.options(url, self.bar.transport(), callbacks))
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
        self.resizeDocks([self._docks["Server"], self._docks["Detail"]], [220, 300], Qt.Orientation.Horizontal)
        work_px = round(min(max(self.height() * WORK_SHARE, LEAST_WORK_PX), MOST_WORK_PX))
        self.resizeDocks([self._docks["Work"]], [work_px], Qt.Orientation.Vertical)

    def _add_shortcuts(self) -> None:
        for keys, slot in (
            ("Ctrl+R", self.connect_now),
            ("Ctrl+,", self.open_settings),
            ("Ctrl+K", self.offers.show_tools),
            ("F1", self.show_shortcuts),
            *(
                (f"Ctrl+{(n + 1) % 10}", partial(self.tabs.setCurrentIndex, n))
                for n in range(min(10, self.tabs.count()))
            ),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)

    def show_answer(self, n: int) -> None:
        """Until the user selects a row, the detail shows the latest answer, once the timeline has it."""

        def show() -> None:
            if self.timeline.view.current_row() is None:
                self.detail.show_event(n)

        QTimer.singleShot(STATE_MS, self, show)

    def go_to_event(self, n: int) -> None:
        """Select an event in the timeline, taking a filter away that hides it."""
        if not self.timeline.select_event(n):
            self.timeline.clear_filter()
            self.timeline.select_event(n)
        self.detail.show_event(n)

    def toggle_dock(self, name: str) -> None:
        """Give the room of a dock to the rest, or have it back."""
        dock = self._docks[name]
        dock.setVisible(dock.isHidden())

    def open_settings(self) -> None:
        from inspector.ui.dialogs.connection_dialog import ConnectionDialog  # noqa: PLC0415 - built when first asked for

        dialog = ConnectionDialog(self.settings, self, self.questions.data)
        dialog.chosen.connect(self.show_settings)
        dialog.roots_changed.connect(self.controller.tell_roots_changed)
        dialog.open()

    def show_shortcuts(self) -> None:
        from inspector.ui.dialogs.shortcuts_dialog import ShortcutsDialog  # noqa: PLC0415 - built when asked for

        ShortcutsDialog(self).open()

    def start_demo(self) -> None:
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
    features = QDockWidget.DockWidgetFeature
    dock.setFeatures(features.DockWidgetMovable | features.DockWidgetFloatable)  # what closes it also brings it back
    dock.setWidget(QWidget())
    window.addDockWidget(area, dock)
    return dock
