"""How much is exported: everything, the rows that the filter shows, the selected ones, or one stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QIntValidator, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QLineEdit

from inspector.exports.writing import ROW_FORMATS
from inspector.record.extent import EVERYTHING as ALL_OF_IT
from inspector.record.extent import Extent, OneStream, rows_passing
from inspector.record.text import counted
from inspector.trace.river import River
from inspector.ui.export_rows import RowsInSight
from inspector.ui.forms.parts import muted_label

EVERYTHING, SHOWN_ROWS, SELECTED_ROWS, ONE_STREAM = range(4)
MAX_STREAM = 2**31 - 1
_NUMBER_PX = 110
_NO_ROWS = "Calls are no rows of the timeline. Export everything or one stream, or choose another format."
_WHOLE = "A report is about the whole session. It can list some rows of it."


class ExtentBox(QObject):
    """The widgets `choice`, `line` (the number of the stream) and `words`; `changed` says that one of them was used."""

    changed = Signal()

    def __init__(self, count: int, rows: RowsInSight, parent: QObject) -> None:
        super().__init__(parent)
        self._rows = rows
        self._form = ""
        self.choice = QComboBox()
        self.choice.addItems([f"Everything: {counted(count, 'event')}", *_row_items(rows), "One stream only"])
        self.line = QLineEdit(str(rows.stream or 1))
        self.line.setMaximumWidth(_NUMBER_PX)
        self.line.setValidator(QIntValidator(1, MAX_STREAM, self))
        self.words = muted_label()
        self.choice.currentIndexChanged.connect(self.changed)
        self.line.textChanged.connect(self.changed)

    @property
    def stream(self) -> int | None:
        """The one stream that is wanted, None for anything else."""
        return int(self.line.text() or 1) if self._index == ONE_STREAM else None

    @property
    def passes(self) -> int:
        """How often the session is read: the rows of a filter are found before anything else is done."""
        return 2 if self._index == SHOWN_ROWS else 1

    @property
    def is_usable(self) -> bool:
        """Whether what was chosen can be exported."""
        return self._index != ONE_STREAM or self.line.hasAcceptableInput()

    @property
    def in_words(self) -> str:
        """Where nothing was found, if there was nothing to export."""
        of_rows = {SHOWN_ROWS: "the rows that the filter shows", SELECTED_ROWS: "the selected rows"}
        return f"stream {self.stream}" if self._index == ONE_STREAM else of_rows.get(self._index, "this session")

    @property
    def key(self) -> tuple[object, ...]:
        """What differs when something else is wanted; everything is the same in all formats."""
        return (self._index,) if self._index == EVERYTHING else (self._index, self.stream, self._form)

    @property
    def _index(self) -> int:
        return self.choice.currentIndex()

    def finder(self) -> Callable[[River], Extent]:
        """What finds the extent in a river that holds the session, in a thread."""
        rows, stream = self._rows, self.stream
        if self._index == SHOWN_ROWS and rows.query is not None:
            query, marked, evidence = rows.query, rows.marked, rows.evidence
            return lambda river: rows_passing(river, query, marked, evidence)
        chosen: Extent = ALL_OF_IT if stream is None else OneStream(stream)
        if self._index == SELECTED_ROWS and rows.selected is not None:
            chosen = rows.selected
        return lambda river: chosen

    def refresh(self, form: str, *, is_idle: bool) -> None:
        """Offer what there is in a format; nothing can be chosen while a file is being written."""
        self._form = form
        why_not = {
            SHOWN_ROWS: "" if form in ROW_FORMATS else _NO_ROWS,
            SELECTED_ROWS: "" if form in ROW_FORMATS else _NO_ROWS,
            ONE_STREAM: _WHOLE if form == "markdown" else "",
        }
        missing = {SHOWN_ROWS: self._rows.query is None, SELECTED_ROWS: self._rows.selected is None}
        model = cast("QStandardItemModel", self.choice.model())
        for index, reason in why_not.items():
            item = model.item(index)
            item.setEnabled(not reason and not missing.get(index, False))
            item.setData(reason, Qt.ItemDataRole.ToolTipRole)
            if index == self._index and not item.isEnabled():
                self.choice.setCurrentIndex(EVERYTHING)
        self.choice.setEnabled(is_idle)
        self.line.setEnabled(is_idle)
        self.line.setVisible(self._index == ONE_STREAM)
        of_rows = self._index in (SHOWN_ROWS, SELECTED_ROWS)
        self.words.setVisible(of_rows)
        self.words.setText(f"Written: {ROW_FORMATS[form]}." if of_rows else "")
        self.words.setAccessibleName(self.words.text())


def _row_items(rows: RowsInSight) -> tuple[str, str]:
    shown = "" if rows.shown is None else f": {rows.shown:,}"
    return (
        "Rows the filter shows (no filter)" if rows.query is None else f"Rows the filter shows{shown}",
        "Selected rows (none)" if rows.selected is None else f"Selected rows: {len(rows.selected):,}",
    )
