"""A recording served again: its address, what is asked of it, and a way to end it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from inspector.record.recording import RecordingError
from inspector.record.store import StoreError
from inspector.ui.background import Background
from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, push_button
from inspector.ui.export_source import Source
from inspector.ui.forms.parts import muted_label
from inspector.ui.replaying import KEPT_LINES, Replaying
from inspector.ui.theme import mono_font

SPEEDS = (("Own timing", 1.0), ("10 times as fast", 10.0), ("100 times as fast", 100.0), ("Without waiting", 0.0))
_WORDS = (
    "A client that connects to the address below gets the answers of the recording. "
    "Only programs on this computer can. Closing this window ends it."
)


class ReplayDialog(QDialog):
    """Serves `source` for as long as it is open; not modal. `said` carries a sentence for the status line."""

    said = Signal(str)

    def __init__(self, source: Source, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("replayDialog")
        self.setWindowTitle(f"Replay of {name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._source = source
        self._folder = TemporaryDirectory(prefix="inspector-replay-", ignore_cleanup_errors=True)
        self._path: Path | None = None
        self._is_over = False
        self.replaying = Replaying(self)
        self._state = ColoredLabel("note", "Getting ready …")
        self._url = QLineEdit(readOnly=True)
        self._copy = push_button("Copy", "replayCopy", "Copy the address")
        self._speed = QComboBox()
        self._lines = QPlainTextEdit(readOnly=True, maximumBlockCount=KEPT_LINES)
        self._toggle = push_button("Stop", "replayToggle", "Stop or start the replay")
        self._close = push_button("Close", "replayClose", "End the replay and close (Esc)")
        self._lay_out()
        self._connect()
        self._prepare()

    def done(self, result: int) -> None:
        """End the replay; its folder goes with it."""
        self._is_over = True
        self.replaying.stop()
        self._folder.cleanup()
        super().done(result)

    def start(self) -> None:
        """Serve it, in place of what is being served."""
        if self._path is None:
            return
        self._state.say("Starting …", "note")
        self._url.clear()
        self.replaying.start(self._path, float(self._speed.currentData()))
        self._refresh()

    def _prepare(self) -> None:
        folder = Path(self._folder.name)
        task = Background(lambda: self._source.served(folder), (RecordingError, StoreError), self.parentWidget())
        task.done.connect(self._prepared)
        task.failed.connect(self._failed)
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()
        self._refresh()

    def _prepared(self, path: Path) -> None:
        self._path = path
        if not self._is_over:
            self.start()

    def _ready(self, url: str) -> None:
        self._url.setText(url)
        self._state.say("● Serving", "good")
        self.said.emit(f"The recording is served again at {url}")
        self._refresh()

    def _failed(self, sentence: str) -> None:
        if not self._is_over:
            self._state.say(f"✕ {sentence}", "bad")
            self._url.clear()
            self.said.emit(sentence)
            self._refresh()

    def _stopped(self) -> None:
        if not self._is_over:
            self._state.say("■ Stopped", "muted")
            self._url.clear()
            self._refresh()

    def _press(self) -> None:
        if self.replaying.is_running:
            self.replaying.stop()
        else:
            self.start()

    def _copy_url(self) -> None:
        QGuiApplication.clipboard().setText(self._url.text())
        self.said.emit("Copied the address of the replay.")

    def _lay_out(self) -> None:
        for title, speed in SPEEDS:
            self._speed.addItem(title, speed)
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._state, "replayState", "State of the replay"),
            (self._url, "replayUrl", "Address of the replay"),
            (self._speed, "replaySpeed", "How fast"),
            (self._lines, "replayLines", "What was asked of the replay"),
        )
        for widget, name, meaning in named:
            widget.setObjectName(name)
            widget.setAccessibleName(meaning)
        self._speed.setToolTip("How fast; another choice starts the replay anew")
        self._lines.setPlaceholderText("What clients ask will stand here.")
        self._lines.setFont(mono_font())
        self._lines.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._url.setFont(mono_font())
        address = QHBoxLayout()
        address.setSpacing(6)
        for widget, stretch in ((QLabel("Address"), 0), (self._url, 1), (self._copy, 0), (self._speed, 0)):
            address.addWidget(widget, stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.setSpacing(10)
        column.addWidget(muted_label(_WORDS))
        column.addWidget(self._state)
        column.addLayout(address)
        column.addWidget(self._lines, 1)
        column.addLayout(button_row(self._toggle, self._close))
        self.resize(640, 360)

    def _connect(self) -> None:
        self.replaying.ready.connect(self._ready)
        self.replaying.failed.connect(self._failed)
        self.replaying.stopped.connect(self._stopped)
        self.replaying.said.connect(self._lines.appendPlainText)
        self._copy.clicked.connect(self._copy_url)
        self._toggle.clicked.connect(self._press)
        self._close.clicked.connect(self.reject)
        self._speed.activated.connect(self.start)

    def _refresh(self) -> None:
        is_running = self.replaying.is_running
        self._toggle.setText("Stop" if is_running else "Start")
        self._toggle.setEnabled(self._path is not None)
        self._copy.setEnabled(bool(self._url.text()))
        self._speed.setEnabled(self._path is not None)
