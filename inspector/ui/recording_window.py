"""A window for recordings: one alone, or two side by side."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QMainWindow, QSplitter

from inspector.record.recording import Recording
from inspector.ui.resources import resource
from inspector.ui.views.recording_view import RecordingView

MAX_SIDE_BY_SIDE = 2
SAID_MS = 20_000


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
        self._splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        self.setCentralWidget(self._splitter)
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

    def add(self, recording: Recording) -> RecordingView:
        """Show a recording, beside the other if there is one."""
        view = RecordingView(recording)
        view.said.connect(lambda sentence: self.statusBar().showMessage(sentence, SAID_MS))
        self.views.append(view)
        self._splitter.addWidget(view)
        self._splitter.setSizes([1] * len(self.views))
        self.setWindowTitle(f"{' | '.join(path.name for path in self.paths)} — SSE MCP Inspector")
        return view

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        if not self._was_closed:
            self._was_closed = True
            self.closing.emit()
