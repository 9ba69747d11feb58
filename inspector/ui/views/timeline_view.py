"""The table of the timeline: follows the tail until the user looks elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from inspector.record.message_text import payload
from inspector.ui.delegates.timeline_delegate import TimelineDelegate
from inspector.ui.models.timeline_cells import Column
from inspector.ui.models.timeline_model import Index, TimelineModel
from inspector.ui.views.follow_tail import FollowTail
from inspector.ui.views.row_actions import add_row_actions
from inspector.ui.views.row_copying import RowCopying
from inspector.ui.views.row_painting import RowPainting
from inspector.ui.views.timeline_columns import TimelineColumns
from inspector.ui.views.timeline_jumps import TimelineJumps
from inspector.ui.views.timeline_marking import TimelineMarking

_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange}


class TimelineView(RowPainting):
    """One line per row, fixed height; `tail` keeps the newest in sight."""

    selected = Signal(int)
    """The event number of the row the user or `select_row` went to."""
    jumpWanted = Signal(int)
    """The event number to go to, which a filter may hide."""
    noted = Signal(str)
    """A sentence for the user: why nothing happened."""
    findingWanted = Signal(str)
    """The finding of this rule rests on the row."""
    streamWanted = Signal(int)
    """Show only this stream; 0: show all."""

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timelineView")
        self.setAccessibleName("Timeline")
        self.timeline_model = model
        self._kept_row: int | None = None
        self._announced_row: int | None = None
        self.rows_delegate = TimelineDelegate(model, self)
        self.painted.connect(model.pace.painted)
        self.tail = FollowTail(self, "timelineNewRows")
        model.modelAboutToBeReset.connect(self._keep_current)
        self.setModel(model)
        model.modelReset.connect(self._restore_current)
        model.published.connect(self.tail.rows_added)
        self.setItemDelegate(self.rows_delegate)
        self._dress()
        self.columns = TimelineColumns(self)
        self._add_actions()

    def _dress(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def _add_actions(self) -> None:
        add_row_actions(
            self,
            ("timelineCopyRow", "Copy rows as shown", "Ctrl+C", self.copy_rows),
            ("timelineCopyPayload", "Copy payload", "Ctrl+Shift+C", self.copy_payload),
        )
        self.copying = RowCopying(self)
        self.jumps = TimelineJumps(self)
        self.marking = TimelineMarking(self)
        add_row_actions(
            self,
            ("timelineThisStream", "Show this stream only", "Ctrl+Shift+S", lambda: self._want_stream(only=True)),
            ("timelineAllStreams", "Show all streams", "Ctrl+Shift+A", lambda: self._want_stream(only=False)),
        )
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the less wanted columns go where there is no room for them beside the preview."""
        super().resizeEvent(event)
        self.columns.fit()

    def current_row(self) -> int | None:
        """The timeline row the user is on."""
        index = self.currentIndex()
        # Qt makes the first row current, without selecting it, when the table gains focus.
        is_chosen = index.isValid() and self.selectionModel().isSelected(index)
        return self.timeline_model.row_at(index.row()) if is_chosen else None

    def select_row(self, row: int) -> bool:
        """Go to a timeline row; False if it is not shown."""
        position = self.timeline_model.position_of(row)
        if position is None:
            return False
        # Qt scrolls to no index of a hidden column.
        shown = next(column for column in Column if not self.isColumnHidden(column))
        index = self.timeline_model.index(position, shown)
        is_in_sight = self.viewport().rect().contains(self.visualRect(index))
        self.setCurrentIndex(index)
        if not is_in_sight:  # then what was before and after it is to be seen, too
            self.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)
        return True

    def copy_rows(self) -> None:
        """The selected rows as tab-separated text, in slices if they are many."""
        self.copying.copy_rows()

    def copy_payload(self) -> None:
        """The payload of the current row, exactly; bytes that are no UTF-8 as `\\xff`."""
        row = self.current_row()
        if row is not None:
            event = self.timeline_model.river[self.timeline_model.timeline.numbers[row]]
            QGuiApplication.clipboard().setText(payload(event).decode("utf-8", "backslashreplace"))

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        self._announce()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """A click makes a row current first and selects it then; the keyboard does both at once."""
        super().selectionChanged(selected, deselected)
        self._announce()

    def _announce(self) -> None:
        """Tell others where the user is; an older row pauses the tail."""
        row = self.current_row()
        if row is None or row == self._announced_row:
            return
        self._announced_row = row
        if self.currentIndex().row() < self.timeline_model.rowCount() - 1:
            self.tail.pause()
        self.selected.emit(self.timeline_model.timeline.numbers[row])

    def changeEvent(self, event: QEvent) -> None:
        """Take new colours and fonts over."""
        super().changeEvent(event)
        if event.type() in _RESTYLING and hasattr(self, "rows_delegate"):
            self.rows_delegate.restyle()
            self.viewport().update()

    def _want_stream(self, *, only: bool) -> None:
        row = self.current_row()
        self.streamWanted.emit(self.timeline_model.timeline.streams[row] if only and row is not None else 0)

    def _keep_current(self) -> None:
        self._kept_row = self.current_row()
        self.tail.hold()

    def _restore_current(self) -> None:
        following = self.tail.following
        if self._kept_row is not None:
            self.select_row(self._kept_row)
        if following:
            self.tail.follow()
        self.tail.settle()
