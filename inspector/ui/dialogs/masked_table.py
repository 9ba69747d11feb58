"""What an export would mask, found by a thread while the dialog is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from inspector.record.extent import EVERYTHING
from inspector.record.recording import RecordingError
from inspector.record.redaction import Masked, RedactionError, RedactionRules, Redactor, preview
from inspector.record.text import counted
from inspector.trace.events import AnyEvent
from inspector.trace.river import River
from inspector.ui.background import Background
from inspector.ui.export_source import Reading, Source, Stopped
from inspector.ui.forms.parts import muted_label
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.stat_table import StatTable

Leaving = Callable[[River], Callable[[AnyEvent], bool]]
MAX_PLACES = 200
_LOOK_MS = 150
_EMPTY = "Nothing that has to be masked was found so far."

_COLUMNS: tuple[Column[Masked], ...] = (
    Column("Place", lambda masked: masked.place, sample="body params.arguments.access_token and so on, of any depth"),
    Column("Secret", lambda masked: masked.sample, sample="ab… (1,024 bytes)  ", hint="How it begins, and its length"),
    Column("First in", lambda masked: masked.n, lambda n: f"#{n:,}", sample="#1,000,000", numeric=True),
    Column("Times", lambda masked: masked.count, lambda count: f"{count:,}", sample="1,000,000", numeric=True),
)


class MaskedTable(QWidget):
    """`failed` carries a sentence about a pattern or a file that cannot be used, empty when that is over."""

    failed = Signal(str)

    def __init__(self, source: Source, owner: QWidget) -> None:
        super().__init__()
        self._source = source
        self._owner = owner
        self._reading: Reading | None = None
        self._latest: list[Masked] = []
        self._model = TableModel[Masked](_COLUMNS, lambda masked: masked.place)
        self.table = StatTable[Masked](self._model, lambda _masked: None, _EMPTY)
        self.table.setObjectName("maskedTable")
        self.table.setAccessibleName("What is masked")
        self._state = muted_label(wrap=False)
        self._state.setObjectName("maskedState")
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._show)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._state)
        column.addWidget(self.table, 1)
        column.addStretch()

    def search(self, rules: RedactionRules, leaving: Leaving = lambda _: EVERYTHING.holds, passes: int = 1) -> None:
        """Look anew, with these rules; `leaving` finds in the river which events leave, in a thread.

        In `passes` the river is read so often in all.
        """
        self.stop()
        self._latest = []
        self._model.replace([])
        self.failed.emit("")
        self.table.setVisible(rules.is_on)
        if not rules.is_on:
            self._state.setText("Nothing will be masked.")
            return
        reading = self._reading = Reading(self._source, passes)

        def tell(found: list[Masked]) -> None:
            if self._reading is reading:
                self._latest = found

        def work() -> list[Masked] | None:
            try:
                with reading.river() as river:
                    return preview(river, Redactor(rules), MAX_PLACES, tell, leaving(river))
            except Stopped:
                return None

        task = Background(work, (RedactionError, RecordingError), self._owner)
        task.done.connect(lambda found: self._finish(reading, found))
        task.failed.connect(lambda sentence: self._fail(reading, sentence))
        for finished in (task.done, task.failed):
            finished.connect(task.deleteLater)
        self._look.start()
        task.start()
        self._show()

    def stop(self) -> None:
        """Look no further."""
        self._look.stop()
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    def _finish(self, reading: Reading, found: list[Masked] | None) -> None:
        if self._reading is reading:
            self._latest, self._reading = found or [], None
            self._look.stop()
            self._show()

    def _fail(self, reading: Reading, sentence: str) -> None:
        if self._reading is reading:
            self._reading = None
            self._look.stop()
            self._state.setText("What is masked cannot be shown.")
            self.failed.emit(sentence)

    def _show(self) -> None:
        found = [replace(masked) for masked in self._latest]  # the thread goes on counting in its own
        self._model.replace(found)
        more = " or more" if len(found) == MAX_PLACES else ""
        said = f"Masked in {counted(len(found), 'place')}{more}, {counted(sum(m.count for m in found), 'time')} in all."
        if self._reading is not None:
            said = f"Looking for secrets: {self._reading.share:.0%} of the session. {said if found else ''}"
        self._state.setText(said if found or self._reading is not None else "No secret was found in what is exported.")
