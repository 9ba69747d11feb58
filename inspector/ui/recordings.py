"""What the user does with recordings: open one, import a file, save what is being recorded, keep its last minutes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.record.importing import ImportFailed, read_events
from inspector.record.recorder import Recorder
from inspector.record.recording import Recording, RecordingError, open_recording
from inspector.record.saving import save_copy, save_events, save_last
from inspector.record.schema import SUFFIX
from inspector.record.store import StoreError
from inspector.record.text import counted
from inspector.ui.background import Background
from inspector.ui.recording_window import RecordingWindow

KEPT_MINUTES = 10
_FILTER = f"Recordings (*{SUFFIX});;All files (*)"
_IMPORT_FILTER = "Captures (*.har *.sse *.json *.jsonl *.ndjson *.txt *.log);;All files (*)"
_EXPECTED = (RecordingError, StoreError, ImportFailed)


class Recordings(QObject):
    """`said` carries a sentence about what was done, `failed` one about what could not be.

    Windows that were opened stay with us until they are closed, or until `close`.
    """

    said = Signal(str)
    failed = Signal(str)
    opened = Signal(object)

    def __init__(self, owner: QWidget, recorder: Recorder | None = None) -> None:
        super().__init__(owner)
        self._owner = owner
        self._recorder = recorder
        self._windows: list[RecordingWindow] = []
        self._imported: list[Path] = []

    @property
    def can_save(self) -> bool:
        """Whether something is being recorded."""
        return self._recorder is not None and self._recorder.store is not None

    def ask_to_open(self) -> None:
        """Let the user choose a recording."""
        self._ask("Open a recording", _FILTER, self.open)

    def ask_to_import(self) -> None:
        """Let the user choose a file of another program."""
        self._ask("Import a capture", _IMPORT_FILTER, self.import_file)

    def ask_to_compare(self) -> None:
        """Let the user choose a recording to compare this session with."""
        self._ask("Compare this session with a recording", _FILTER, self.compare)

    def ask_to_save(self) -> None:
        """Let the user choose where to keep all that was recorded so far."""
        self._ask("Save the recording", _FILTER, self.save, suggestion="session")

    def ask_to_keep_last(self) -> None:
        """Let the user choose where to keep the last minutes."""
        title = f"Keep the last {KEPT_MINUTES} minutes"
        self._ask(title, _FILTER, self.keep_last, suggestion=f"last-{KEPT_MINUTES}-minutes")

    def open(self, path: Path) -> None:
        """Show a recording in a window of its own."""
        try:
            self.show(open_recording(path))
        except RecordingError as error:
            self.failed.emit(error.sentence)

    def show(self, recording: Recording) -> RecordingWindow:
        """Show a recording that is open already."""
        window = RecordingWindow(recording)
        self._windows.append(window)
        window.closing.connect(partial(self._forget, window))
        window.show()
        self.opened.emit(window)
        return window

    def compare(self, path: Path) -> None:
        """Show a recording, and what was recorded so far beside it."""
        store = self._recorder.store if self._recorder else None
        if store is None or self._recorder is None:
            self.failed.emit("Nothing is being recorded, so there is nothing to compare.")
            return
        self._recorder.catch_up()

        def work() -> tuple[Recording, Recording]:
            store.flush()
            before = open_recording(path)
            try:
                return before, open_recording(store.path)
            except RecordingError:
                before.close()
                raise

        self._start(work, self._show_both)

    def import_file(self, path: Path) -> None:
        """Turn a file into a recording and show that."""
        folder = Path(tempfile.mkdtemp(prefix="inspector-import-"))
        self._imported.append(folder)
        target = folder / f"{path.name}{SUFFIX}"

        def work() -> tuple[Path, list[str]]:
            imported = read_events(path)
            count = save_events(imported.events, target, {"imported_from": path.name, "format": imported.format})
            return target, [
                f"Imported {counted(count, 'event')} from {path.name} ({imported.format}).",
                *imported.notes,
            ]

        self._start(work, self._show_imported)

    def save(self, path: Path) -> None:
        """Keep all that was recorded so far."""
        store = self._recorder.store if self._recorder else None
        if store is None or self._recorder is None:
            self.failed.emit("Nothing is being recorded, so there is nothing to save.")
            return
        self._recorder.catch_up()
        if store.failure:  # then the newest are in memory alone
            self._start(partial(save_events, self._recorder.river.since(0), path), self._say_saved(path))
            return

        def work() -> None:
            store.flush()
            save_copy(store.path, path)

        self._start(work, self._say_saved(path))

    def keep_last(self, path: Path) -> None:
        """Keep what happened in the last minutes."""
        store = self._recorder.store if self._recorder else None
        if store is None or self._recorder is None:
            self.failed.emit("Nothing is being recorded, so there is nothing to keep.")
            return
        self._recorder.catch_up()

        def work() -> int:
            store.flush()
            recording = open_recording(store.path)
            try:
                return save_last(recording, KEPT_MINUTES * 60.0, path)
            finally:
                recording.close()

        self._start(work, self._say_saved(path))

    def close(self) -> None:
        """Close every window that was opened, and throw imported files away."""
        for window in tuple(self._windows):
            window.close()
        for folder in self._imported:
            shutil.rmtree(folder, ignore_errors=True)

    def _ask(self, title: str, name_filter: str, then: Callable[[Path], None], suggestion: str = "") -> None:
        dialog = QFileDialog(self._owner, title, "", name_filter)
        dialog.setObjectName("recordingFileDialog")
        if suggestion:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
            dialog.selectFile(f"inspector-{suggestion}-{now}{SUFFIX}")
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: then(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _start(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        task = Background(work, _EXPECTED, self)
        task.done.connect(then)
        task.failed.connect(self.failed)
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()

    def _show_imported(self, result: tuple[Path, list[str]]) -> None:
        path, notes = result
        self.open(path)
        self.said.emit(" ".join(notes))

    def _show_both(self, recordings: tuple[Recording, Recording]) -> None:
        before, now = recordings
        self.show(before).add(now)

    def _say_saved(self, path: Path) -> Callable[[object], None]:
        return lambda _: self.said.emit(f"Saved as {path.name}.")

    def _forget(self, window: RecordingWindow) -> None:
        if window in self._windows:
            self._windows.remove(window)
