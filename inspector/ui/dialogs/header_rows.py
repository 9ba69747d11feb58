"""Rows of headers that grow and shrink, one below the other."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.ui.dialogs.header_row import HeaderRow
from inspector.ui.settings import Header
from inspector.ui.views.scrolled import scrolled

MAX_ROWS = 100


class HeaderRows(QWidget):
    """`changed` follows each edit, `pasted` carries headers that were pasted into a row, `dropped` a row's removal.

    `renumbered` says that rows came or went, `full` that there is no room for another one.
    """

    changed = Signal()
    pasted = Signal(object)
    dropped = Signal()
    renumbered = Signal()
    full = Signal(str)

    def __init__(self, empty: QLabel, *, may_be_wide: bool = False) -> None:
        super().__init__()
        self.rows: list[HeaderRow] = []
        self._empty = empty
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 6 if may_be_wide else 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(empty, 0 if may_be_wide else 1)
        self._column.addStretch()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scrolled(self._column, may_be_wide=may_be_wide))

    def headers(self) -> tuple[Header, ...]:
        """Every row that holds anything."""
        return tuple(header for header in (row.header() for row in self.rows) if header.name or header.value)

    def set_headers(self, headers: Iterable[Header]) -> None:
        """Replace all rows."""
        for row in self.rows:
            self._take_out(row)
        self.rows.clear()
        for header in list(headers)[:MAX_ROWS]:
            self.append(header)
        self.renumber()

    def append(self, header: Header) -> None:
        """A row more; `renumber` is to be called once all are there."""
        row = HeaderRow(header)
        row.changed.connect(self.changed)
        row.removed.connect(lambda: self._on_removed(row))
        row.entered.connect(lambda: self._go_on(row))
        row.pasted.connect(self.pasted)
        self.rows.append(row)
        self._column.insertWidget(len(self.rows), row)

    def add_row(self) -> None:
        """An empty row with the cursor in it."""
        if len(self.rows) >= MAX_ROWS:
            self.full.emit(f"There is room for {MAX_ROWS} headers.")
            return
        self.append(Header("", ""))
        self.renumber()
        self.rows[-1].focus_name()

    def drop(self, row: HeaderRow) -> None:
        """Take a row away."""
        self.rows.remove(row)
        self._take_out(row)
        self.renumber()

    def renumber(self) -> None:
        """Name the rows by their places."""
        for number, row in enumerate(self.rows):
            row.set_number(number)
        self._empty.setVisible(not self.rows)
        self.renumbered.emit()

    def _take_out(self, row: HeaderRow) -> None:
        self._column.removeWidget(row)
        row.set_number(-1)  # it lives on until the event loop comes round, and must not be found
        row.hide()
        row.deleteLater()

    def _on_removed(self, row: HeaderRow) -> None:
        self.drop(row)
        self.dropped.emit()
        self.changed.emit()

    def _go_on(self, row: HeaderRow) -> None:
        following = self.rows.index(row) + 1
        if following < len(self.rows):
            self.rows[following].focus_name()
        else:
            self.add_row()
