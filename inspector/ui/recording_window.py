"""A window for recordings: one alone, or two side by side with what they differ in."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QResizeEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QMainWindow, QSplitter

from inspector.record.comparing_text import Entry
from inspector.record.recording import Recording, RecordingError, open_recording
from inspector.ui import comparing
from inspector.ui.background import Background
from inspector.ui.linked_scrolling import LinkedScrolling
from inspector.ui.resources import resource
from inspector.ui.views.compare_view import CompareView
from inspector.ui.views.recording_view import RecordingView

SIDE_BY_SIDE = 2
SAID_MS = 20_000
FILTER = "Recordings (*.mcptrace);;All files (*)"
LEAST_HEIGHT = 1_000
"""In a lower window the statistics make room for the differences."""
_HEIGHTS = 520, 280


class RecordingWindow(QMainWindow):
    """`closing` is emitted once, when the user closes the window."""

    closing = Signal()

    def __init__(self, recording: Recording) -> None:
        super().__init__()
        self.setObjectName("recordingWindow")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowIcon(QIcon(str(resource("icon.svg"))))
        self.resize(1280, 800)
        self.views: list[RecordingView] = []
        self.compare_view: CompareView | None = None
        self._link: LinkedScrolling | None = None
        self._side_by_side = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self._stack = QSplitter(Qt.Orientation.Vertical, childrenCollapsible=False)
        self._stack.addWidget(self._side_by_side)
        self.setCentralWidget(self._stack)
        self.statusBar().setSizeGripEnabled(False)
        self._was_closed = False
        self.add(recording)

    @property
    def view(self) -> RecordingView:
        """The recording that the window was opened for."""
        return self.views[0]

    @property
    def paths(self) -> list[Path]:
        return [view.recording.path for view in self.views]

    @property
    def is_loaded(self) -> bool:
        """Whether all that was opened is in sight, and compared if there are two."""
        compared = self.compare_view is None or self.compare_view.is_done
        return compared and all(view.is_loaded for view in self.views)

    def add(self, recording: Recording) -> RecordingView:
        """Show a recording; a second one stands to the right of the first, in place of what stood there."""
        if len(self.views) == SIDE_BY_SIDE:
            self._take_away_right()
        view = RecordingView(recording)
        view.said.connect(self.say)
        view.compare_wanted.connect(self.ask_to_compare)
        self.views.append(view)
        self._side_by_side.addWidget(view)
        self._side_by_side.setSizes([1] * len(self.views))
        self.setWindowTitle(f"{' | '.join(path.name for path in self.paths)} — SSE MCP Inspector")
        if len(self.views) == SIDE_BY_SIDE:
            self._compare()
        return view

    def ask_to_compare(self) -> None:
        """Let the user choose a recording to set beside the first one."""
        dialog = QFileDialog(self, "Compare with a recording", "", FILTER)
        dialog.setObjectName("compareFileDialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.compare_with(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def compare_with(self, path: Path) -> None:
        """Set a recording beside the first one."""
        try:
            self.add(open_recording(path))
        except RecordingError as error:
            self.say(error.sentence)

    def say(self, sentence: str) -> None:
        """Tell the user something, for a while."""
        self.statusBar().showMessage(sentence, SAID_MS)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep room for the rows."""
        super().resizeEvent(event)
        self._make_room()

    def _take_away_right(self) -> None:
        for part in (self._link, self.compare_view, self.views.pop()):
            if part is not None:
                part.setParent(None)
                part.deleteLater()
        self._link = self.compare_view = None

    def _compare(self) -> None:
        left, right = self.views
        for each in self.views:
            each.share_keys()
        shown = self.compare_view = CompareView(left.recording.path.name, right.recording.path.name)
        self._link = LinkedScrolling(left.timeline, right.timeline, self)
        shown.linked.connect(self._link.set_on)
        shown.said.connect(self.say)
        shown.opened.connect(self._make_room)
        shown.call_chosen.connect(self._show_call)
        self._stack.addWidget(shown)
        self._stack.setSizes(list(_HEIGHTS))
        self._make_room()
        task = Background(partial(comparing.compare_files, *self.paths), comparing.EXPECTED, shown)
        task.done.connect(shown.show_comparison)
        task.failed.connect(shown.give_up)
        task.start()

    def _show_call(self, entry: Entry) -> None:
        """Select a call in the recordings that have it."""
        for view, n in zip(self.views, (entry.left_n, entry.right_n), strict=True):
            if n is not None:
                view.go_to_event(n)

    def _make_room(self) -> None:
        shown = self.compare_view
        is_low = shown is not None and shown.toggle.isChecked() and self.height() < LEAST_HEIGHT
        for view in self.views:
            view.tabs.setVisible(not is_low)

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        if not self._was_closed:
            self._was_closed = True
            for dialog in self.findChildren(QDialog):
                dialog.reject()
            self.closing.emit()
