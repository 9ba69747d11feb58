"""The timeline as Qt sees it: rows are published once a tick, never one by one."""

from __future__ import annotations

from bisect import bisect_left
from time import perf_counter_ns
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from inspector.record.marks import Marks
from inspector.record.query import Context, Query, prepare
from inspector.record.recorder import Recorder
from inspector.record.rows import NONE
from inspector.record.stored_search import StoredQuery
from inspector.record.text import plain, summary
from inspector.trace.river import River
from inspector.ui.frame_pace import FramePace
from inspector.ui.models.admission import Admission
from inspector.ui.models.evidence import Evidence
from inspector.ui.models.timeline_cells import (
    DIRECTION_WORDS,
    HEADINGS,
    MARK_SIGN,
    RIGHT_ALIGNED,
    SEVERITY_WORDS,
    TOOLTIPS,
    Column,
    TimelineCells,
    TimeMode,
)

BUDGET_NS = 4_000_000
"""How long one tick may work before the loop breathes: a quarter of a frame."""
_BEHIND_MS, _TICK_MS, _IDLE_MS = 2, 16, 33
_TOOLTIP_CHARS = 600

Index = QModelIndex | QPersistentModelIndex


class TimelineModel(QAbstractTableModel):
    """Rows of a `Timeline`, all or those a filter lets through.

    A *row* is a number of the timeline, a *position* the place where the model shows it. `_shown` positions are
    published; a single-shot timer lets the recorder take what is new in the river and publishes the difference.
    """

    published = Signal(int)
    """Rows were appended; says how many."""
    filtered = Signal()
    """All rows of a changed filter have been found."""

    def __init__(self, river: River, parent: QObject | None = None, recorder: Recorder | None = None) -> None:
        super().__init__(parent)
        self.river = river
        self.recorder = recorder or Recorder(river)
        self.timeline = self.recorder.timeline
        self.evidence = Evidence()
        """What findings rest on, which stands out."""
        self.marks = Marks()
        self.marks.watchers.append(self._repaint)
        self.marks.on_change = self.recorder.mark
        self.cells = TimelineCells(river, self.timeline, self.marks)
        self.query: Query | None = None
        self._admission = Admission(self.recorder, self)
        self.pace = FramePace()
        self._is_filtering = False
        self._shown = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.pull)
        self._timer.start(0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else self._shown

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in RIGHT_ALIGNED else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return TOOLTIPS[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """For assistive technology and tests; the delegate paints from `cell` directly."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index.row(), index.column())
        if role == Qt.ItemDataRole.UserRole:
            return self.timeline.numbers[self.row_at(index.row())]
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == Column.DIRECTION:
            return DIRECTION_WORDS[self.timeline.directions[self.row_at(index.row())]]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(self.row_at(index.row()))
        return None

    def cell(self, position: int, column: int) -> str:
        """The text at a position, always one line and safe to paint."""
        row = self.row_at(position)
        return self.cells.text(row, column, self.row_at(position - 1) if position else None)

    def row_at(self, position: int) -> int:
        """The timeline row shown at a position."""
        rows = self._admission.rows
        return position if rows is None else rows[position]

    def position_of(self, row: int) -> int | None:
        """Where a timeline row is shown, None while it is filtered out or not yet published."""
        rows = self._admission.rows
        position = row if rows is None else bisect_left(rows, row)
        return position if position < self._shown and self.row_at(position) == row else None

    def position_from(self, row: int) -> int:
        """The first position that shows a timeline row or one behind it."""
        rows = self._admission.rows
        return min(row if rows is None else bisect_left(rows, row), self._shown)

    def severities(self) -> bytes:
        """The codes of the rows shown, by position."""
        rows, severities = self._admission.rows, self.timeline.severities
        codes = severities[: self._shown].tobytes() if rows is None else bytes(map(severities.__getitem__, rows))
        return codes[: self._shown]

    def pull(self) -> None:
        """Fold and publish what is new, at most `BUDGET_NS` of it; the rest follows after the loop has breathed."""
        deadline_ns = perf_counter_ns() + BUDGET_NS
        taken = self.recorder.pull(BUDGET_NS)
        self._admission.work(deadline_ns)
        if self.pace.is_due(taken):
            self._publish()
        if self._is_filtering and not self._admission.is_building:
            self._is_filtering = False
            self.filtered.emit()
        behind = self.recorder.behind or self._admission.is_behind
        pause_ms = _BEHIND_MS if behind else _TICK_MS if taken else _IDLE_MS
        self._timer.start(pause_ms)

    def set_query(self, query: Query | None) -> None:
        """Show the rows that pass, None: all; `filtered` says when all are found, the first are shown before.

        The same query once more looks anew: marks may have changed.
        """
        self.query = query
        self._is_filtering = True
        if query is None or query.is_empty:
            self._admission.start(None)
        else:
            context = self.query_context()
            self._admission.start(query.test(context), lambda: StoredQuery(*query.where(context), prepare))
        self._timer.start(0)

    def query_context(self) -> Context:
        """What a query is asked about."""
        return Context(self.timeline, self.river.__getitem__, self.marks, self.evidence.rules)

    @property
    def filtering(self) -> bool:
        """Whether a changed filter is still being applied."""
        return self._is_filtering

    def filter_progress(self) -> float:
        """The share of the rows that the present filter has been applied to."""
        return self._admission.progress

    def set_time_mode(self, mode: TimeMode, reference: int | None = None) -> None:
        """Count the time column from elsewhere; `reference` is the row for `TimeMode.REFERENCE`."""
        self.cells.time_mode, self.cells.reference = mode, reference
        self._repaint(Column.TIME, Column.TIME)

    def _repaint(self, first: Column = Column.NUMBER, last: Column = Column.PREVIEW) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0, first), self.index(self._shown - 1, last))

    def _available(self) -> int:
        rows = self._admission.rows
        return len(self.timeline) if rows is None else len(rows)

    def _publish(self) -> None:
        if self._admission.is_due:
            self.beginResetModel()
            self._admission.swap()
            self._shown = self._available()
            self.endResetModel()
        new = self._available() - self._shown
        if new > 0:
            self.beginInsertRows(QModelIndex(), self._shown, self._shown + new - 1)
            self._shown += new
            self.endInsertRows()
            self.published.emit(new)

    def _tooltip(self, row: int) -> str:
        event = self.river[self.timeline.numbers[row]]
        severity = self.timeline.severities[row]
        sign = f"{SEVERITY_WORDS[severity].capitalize()}: " if severity != NONE else ""
        comment = self.marks.comment(event.n)
        noted = f"{MARK_SIGN} {comment} · " if comment else ""
        found = self.evidence.words(event.n, self.timeline.numbers[row - 1] if row else -1)
        held = f" · {found}" if found else ""
        return plain(f"{noted}{sign}{summary(event)}{held}", _TOOLTIP_CHARS)
