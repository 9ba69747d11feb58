"""A recording as it was live: the same timeline, detail, statistics and findings; nothing can be sent."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from inspector.record.recorder import Recorder
from inspector.record.recording import Recording, river_of
from inspector.record.text import calendar, counted, plain
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.folds import Folds
from inspector.ui.statistics_tabs import StatisticsTabs
from inspector.ui.views.detail_pane import DetailPane
from inspector.ui.views.lazy_tab import LazyTab
from inspector.ui.views.timeline_area import TimelineArea
from inspector.ui.views.timeline_pane import TimelinePane

_REFRESH_MS = 250
_FINDINGS_TAB = 0
_SEPARATOR = "  ·  "


class RecordingView(QWidget):
    """Reads `recording` and closes it when it is destroyed. `loaded` is emitted once all of it has been folded."""

    loaded = Signal()

    def __init__(self, recording: Recording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recordingView")
        self.setAccessibleName(f"Recording {recording.path.name}")
        self.recording = recording
        self.river = river_of(recording)
        self.folds = Folds(self.river, self)
        self.recorder = Recorder(self.river, source=recording.path)
        self.timeline = TimelinePane(self.river, recorder=self.recorder)
        self.timeline.model.marks.load(recording.marks())
        self.detail = DetailPane(self.river, self.timeline.timeline)
        self.tabs = StatisticsTabs(self.folds, self.river)
        self.tabs.setObjectName("recordingTabs")
        self.tabs.setAccessibleName("Statistics of the recording")
        self.tabs.add_statistics()
        self._head = ElidedLabel()
        self._is_loaded = False
        self._lay_out()
        self.timeline.selected.connect(self.detail.show_event)
        self.detail.jump.connect(self.go_to_event)
        self.tabs.jump.connect(self.go_to_event)
        self.tabs.currentChanged.connect(self.refresh)
        self._timer = QTimer(self, interval=_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.destroyed.connect(recording.close)
        self.refresh()

    @property
    def is_loaded(self) -> bool:
        """Whether all of the recording is in the timeline and the statistics."""
        return not (self.recorder.behind or self.folds.behind)

    def go_to_event(self, n: int) -> None:
        """Select an event in the timeline, taking a filter away that hides it."""
        self.timeline.select_event(n)
        self.detail.show_event(n)

    def refresh(self) -> None:
        """Bring the line on top, the findings' count and the tab in front up to date."""
        if self._is_loaded and self.sender() is self._timer:
            return
        count = len(self.folds.engine.findings())
        self.tabs.setTabText(_FINDINGS_TAB, f"Findings ({count})" if count else "Findings")
        tab = self.tabs.currentWidget()
        if isinstance(tab, LazyTab):
            tab.refresh()
        self._head.setText(plain(_SEPARATOR.join(self._facts()), 500))
        if self.is_loaded and not self._is_loaded:
            self._is_loaded = True
            self.loaded.emit()

    def _facts(self) -> list[str]:
        facts = [self.recording.path.name]
        if len(self.river):
            facts.append(f"recorded {calendar(self.river[0].at)[:19]}")
        total = len(self.river)
        if self.is_loaded:
            facts.append(counted(total, "event"))
        else:
            facts.append(
                f"{self.recorder.timeline.numbers[-1] if len(self.recorder.timeline) else 0:,} of {total:,} events"
            )
        ready = self.folds.ready
        if ready is not None:
            facts += [
                f"{ready.server_name} {ready.server_version}".strip(),
                f"{ready.transport} {ready.protocol_version}",
            ]
        return [*facts, "read-only"]

    def _lay_out(self) -> None:
        self._head.setObjectName("recordingFacts")
        self._head.setContentsMargins(10, 6, 10, 6)
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(TimelineArea(self.timeline))
        left.addWidget(self.tabs)
        left.setSizes([460, 240])
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(left)
        both.addWidget(self.detail)
        both.setSizes([860, 340])
        both.setStretchFactor(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head)
        column.addWidget(both, 1)
