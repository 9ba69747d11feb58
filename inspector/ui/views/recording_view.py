"""A recording as it was live: the same timeline, detail, statistics and findings; nothing can be sent."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QResizeEvent, QShortcut
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from inspector.record.recorder import Recorder
from inspector.record.recording import Recording, river_of
from inspector.record.text import calendar, counted, plain
from inspector.trace.events import SessionReady
from inspector.trace.fold import Fold
from inspector.ui import main_menu
from inspector.ui.dialogs import rules_dialog
from inspector.ui.export_source import of_recording
from inspector.ui.folds import Folds
from inspector.ui.sharing import Sharing
from inspector.ui.statistics_tabs import StatisticsTabs
from inspector.ui.views.detail_pane import DetailPane
from inspector.ui.views.lazy_tab import LazyTab
from inspector.ui.views.recording_head import RecordingHead
from inspector.ui.views.timeline_area import TimelineArea
from inspector.ui.views.timeline_pane import TimelinePane

_REFRESH_MS = 250
NARROW_PX = 960
"""With less room the detail is a tab below the rows instead of a pane beside them."""
_WIDTHS = 860, 340
_SEPARATOR = "  ·  "


class RecordingView(QWidget):
    """Reads `recording` and closes it when it is destroyed. `loaded` is emitted once all of it has been folded.

    `said` carries a sentence for the user, `compare_wanted` is their wish to set another recording beside this one.
    """

    loaded = Signal()
    said = Signal(str)
    compare_wanted = Signal()

    def __init__(self, recording: Recording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordingView")
        self.setAccessibleName(f"Recording {recording.path.name}")
        self.recording = recording
        self.river = river_of(recording)
        self.recorder = Recorder(self.river, source=recording.path)
        self.folds = Folds(self.river, self, self.recorder)
        self.ready: SessionReady | None = None
        """The latest session, also if the recording tells how it was closed."""
        self.recorder.watchers.append(Fold({SessionReady: self._on_ready}).fold)
        self.timeline = TimelinePane(self.river, recorder=self.recorder)
        self.timeline.show_past()
        self.timeline.model.marks.load(recording.marks())
        self.detail = DetailPane(self.river, self.timeline.timeline)
        self.tabs = self._make_tabs()
        self.sharing = Sharing(self, lambda: of_recording(recording), self.timeline, recording.path.name)
        self._head = RecordingHead()
        self._head.set_menu(main_menu.build(self, self._entries()))
        main_menu.add_key(self, self._head.menu_button)
        self._is_loaded = False
        self._lay_out()
        self.sharing.said.connect(self.said)
        self.timeline.noted.connect(self.said)
        self.timeline.finding_wanted.connect(self.tabs.show_finding)
        self.timeline.selected.connect(self.detail.show_event)
        self.timeline.selected.connect(self.tabs.note_selected)
        self.detail.jump.connect(self.go_to_event)
        self.tabs.jump.connect(self.go_to_event)
        self.tabs.currentChanged.connect(self.refresh)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.setFocusProxy(self.timeline.view)
        self.destroyed.connect(recording.close)
        self.refresh()

    @property
    def is_loaded(self) -> bool:
        """Whether all of the recording is in the timeline and the statistics."""
        return not self.recorder.behind

    def go_to_event(self, n: int) -> None:
        """Select an event in the timeline, taking a filter away that hides it."""
        self.timeline.select_event(n)
        self.detail.show_event(n)

    def share_keys(self) -> None:
        """Another recording is in the same window: keys that both have are for the one with the focus."""
        for shortcut in self.findChildren(QShortcut):
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        for action in self.findChildren(QAction):
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the detail where there is room for it."""
        super().resizeEvent(event)
        is_tab = self.tabs.indexOf(self.detail) >= 0
        if event.size().width() < NARROW_PX and not is_tab:
            self.tabs.insertTab(0, self.detail, "Detail")
            self.tabs.setCurrentIndex(0)
        elif event.size().width() >= NARROW_PX and is_tab:
            self._columns.addWidget(self.detail)
            self.detail.show()
            self._columns.setSizes(list(_WIDTHS))

    def refresh(self) -> None:
        """Bring the line on top, the findings' count and the tab in front up to date."""
        if self._is_loaded and self.sender() is self._timer:
            return
        self.folds.diagnosis.refresh()
        tab = self.tabs.currentWidget()
        if isinstance(tab, LazyTab):
            tab.refresh()
        self._head.facts.setText(plain(_SEPARATOR.join(self._facts()), 500))
        if self.is_loaded and not self._is_loaded:
            self._is_loaded = True
            self.loaded.emit()

    def _facts(self) -> list[str]:
        facts = [self.recording.path.name]
        ready = self.ready
        if ready is not None:
            facts += [
                f"{ready.server_name} {ready.server_version}".strip(),
                f"{ready.transport} {ready.protocol_version}",
            ]
        total, behind = counted(len(self.river), "event"), self.recorder.behind
        facts.append(f"{len(self.river) - behind:,} of {total}" if behind else total)
        if len(self.river):
            facts.append(f"recorded {calendar(self.river[0].at)[:19]}")
        return [*filter(None, facts), "read-only"]

    def _on_ready(self, ready: SessionReady) -> None:
        self.ready = ready

    def _present(self) -> None:
        from inspector.ui import presentation  # noqa: PLC0415 - seldom wanted

        presentation.present_recording(self)

    def _make_tabs(self) -> StatisticsTabs:
        tabs = StatisticsTabs(self.folds, self.river)
        tabs.setObjectName("recordingTabs")
        tabs.setAccessibleName("Statistics of the recording")
        tabs.add_statistics()
        return tabs

    def _entries(self) -> tuple[tuple[main_menu.Entry, ...], ...]:
        sharing = self.sharing
        return (
            (
                ("exportSession", "Export…", "Ctrl+E", sharing.ask_to_export),
                ("saveCopy", "Save a copy…", "Ctrl+S", sharing.ask_to_save_copy),
            ),
            (
                ("compareWith", "Compare with…", "Ctrl+D", self.compare_wanted.emit),
                ("replaySession", "Replay this recording", "", sharing.ask_to_replay),
            ),
            (("present", "Presentation", "F11", self._present),),
            (("showRules", "Rules of the diagnosis…", "Shift+F1", partial(rules_dialog.open_rules, self)),),
        )

    def _lay_out(self) -> None:
        left = QSplitter(Qt.Orientation.Vertical)
        area = TimelineArea(self.timeline)
        self.folds.diagnosis.evidence_changed.connect(area.show_evidence)
        left.addWidget(area)
        left.addWidget(self.tabs)
        left.setSizes([460, 240])
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.addWidget(left)
        self._columns.addWidget(self.detail)
        self._columns.setSizes(list(_WIDTHS))
        self._columns.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(self._columns, 1)
