"""The calls and figures of the latency pane as two files for a spreadsheet."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.exports.latency_csv import CALL_COLUMNS, FIGURE_COLUMNS, Cell, as_csv, call_row, figure_rows
from inspector.record.redaction import Redactor
from inspector.record.text import counted
from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import LatencyStats
from inspector.ui.background import Background
from inspector.ui.slices import Slices
from inspector.ui.user_data import UserData

SUFFIX = ".csv"
_FIGURES = "-figures"
Row = tuple[bool, Sequence[Cell]]
"""Whether it is a call, or else a figure; and its cells."""


class LatencyFile(QObject):
    """Asks on top of `owner`; `said` carries a sentence about what was done or could not be."""

    said = Signal(str)

    def __init__(self, owner: QWidget, latency: LatencyStats, offsets: ClockOffsets) -> None:
        super().__init__(owner)
        self._owner = owner
        self._latency, self._offsets = latency, offsets

    def ask(self, now_ns: int, mark_ns: int | None) -> None:
        """Let the user choose where; the figures are those of each part of the session, as of then."""
        chooser = QFileDialog(self._owner, "Save the latency", "", f"Tables (*{SUFFIX});;All files (*)")
        chooser.setObjectName("latencyFileDialog")
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix(SUFFIX.removeprefix("."))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
        chooser.selectFile(f"inspector-latency-{now}{SUFFIX}")
        chooser.fileSelected.connect(lambda name: self.save(Path(name), now_ns, mark_ns))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def save(self, path: Path, now_ns: int, mark_ns: int | None) -> None:
        """Write the calls to `path` and the figures beside it; what is masked in exports is masked here."""
        slices = Slices(self._rows(now_ns, mark_ns), self)
        slices.done.connect(lambda rows: self._write(path, rows))
        slices.done.connect(slices.deleteLater)
        slices.start()

    def _rows(self, now_ns: int, mark_ns: int | None) -> Iterator[Row]:
        redactor = Redactor(UserData().redaction())
        for timing in self._latency.calls.timings():
            shown = replace(timing, key=redactor.text(timing.key))
            yield True, call_row(shown, self._offsets.offset(timing.connection))
        for row in figure_rows(self._latency, now_ns, mark_ns):
            key, *figures = row
            yield False, [redactor.text(str(key)), *figures]

    def _write(self, path: Path, rows: Sequence[Row]) -> None:
        task = Background(partial(write, path, rows), (OSError,), self)
        task.done.connect(lambda said: self.said.emit(str(said)))
        task.failed.connect(lambda why: self.said.emit(f"{path.name} cannot be written: {why}. Choose another place."))
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        task.start()


def write(path: Path, rows: Sequence[Row]) -> str:
    """Write both files, each of them whole or not at all; a sentence says what stands where. Raises `OSError`."""
    calls = [cells for is_call, cells in rows if is_call]
    figures = [cells for is_call, cells in rows if not is_call]
    beside = path.with_name(f"{path.stem}{_FIGURES}{path.suffix}")
    _replace(path, as_csv(CALL_COLUMNS, calls))
    _replace(beside, as_csv(FIGURE_COLUMNS, figures))
    return f"Saved {counted(len(calls), 'call')} as {path.name}, and the figures as {beside.name}."


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    with open(os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:  # noqa: PTH123 - of a descriptor
        out.write(data)
    draft.replace(path)
