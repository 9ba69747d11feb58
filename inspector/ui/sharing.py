"""What a session or a recording is given away as: an export, a copy, a replay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.record.saving import save_copy
from inspector.record.schema import SUFFIX
from inspector.record.store import StoreError
from inspector.ui.background import Background
from inspector.ui.export_rows import rows_in_sight
from inspector.ui.export_source import Source
from inspector.ui.user_data import UserData
from inspector.ui.views.timeline_pane import TimelinePane


class Sharing(QObject):
    """Asks on top of `owner`; `source` gives what there is at that moment, `timeline` shows it.

    `said` carries a sentence about what was done or could not be.
    """

    said = Signal(str)

    def __init__(self, owner: QWidget, source: Callable[[], Source], timeline: TimelinePane, name: str) -> None:
        super().__init__(owner)
        self._owner = owner
        self._source, self._timeline = source, timeline
        self._name = name

    def ask_to_export(self) -> None:
        """Let the user choose format, extent, what is masked, and the file."""
        source = self._source()
        if not source.count:
            self.said.emit("There is nothing to export yet. Connect to a server first.")
            return
        from inspector.ui.dialogs.export_dialog import ExportDialog  # noqa: PLC0415 - built when asked for

        dialog = ExportDialog(source, UserData(), self._owner, rows_in_sight(self._timeline))
        dialog.exported.connect(self.said)
        dialog.open()

    def ask_to_replay(self) -> None:
        """Serve what was recorded so far to a client, until the user closes the window that tells of it."""
        source = self._source()
        if not source.count:
            self.said.emit("There is nothing to replay yet. Connect to a server first.")
            return
        from inspector.ui.dialogs.replay_dialog import ReplayDialog  # noqa: PLC0415 - built when asked for

        dialog = ReplayDialog(source, self._name, self._owner)
        dialog.said.connect(self.said)
        dialog.show()

    def ask_to_save_copy(self) -> None:
        """Let the user choose where to copy the recording to."""
        chooser = QFileDialog(self._owner, "Save a copy", "", f"Recordings (*{SUFFIX});;All files (*)")
        chooser.setObjectName("recordingFileDialog")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(SUFFIX.removeprefix("."))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        chooser.selectFile(f"inspector-session-{now}{SUFFIX}")
        chooser.fileSelected.connect(lambda name: self.save_copy(Path(name)))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def save_copy(self, target: Path) -> None:
        """Copy the file that the source lies in."""
        source = self._source()
        path = source.path
        if source.is_at(target):
            self.said.emit(f"{target.name} is the recording itself. Choose another file.")
            return
        if path is None:
            self.said.emit("Nothing is being recorded, so there is nothing to copy.")
            return
        task = Background(partial(save_copy, path, target), (StoreError,), self)
        task.done.connect(lambda _: self.said.emit(f"Saved as {target.name}."))
        task.failed.connect(self.said)
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()
