"""The table of the timeline: follows the tail until the user looks elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelection, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QFontMetrics, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from inspector.record.message_text import payload
from inspector.ui import theme
from inspector.ui.delegates.timeline_delegate import MONO, PADDING_PX, TimelineDelegate
from inspector.ui.models.timeline_cells import HEADINGS, Column, TimeMode
from inspector.ui.models.timeline_model import Index, TimelineModel
from inspector.ui.views.follow_tail import FollowTail

_ROW_PADDING_PX = 7
_WIDEST = {
    Column.NUMBER: "★99,999",
    Column.TIME: "00:00:00.000000",
    Column.DELTA: "9.999 s",
    Column.LANE: "DELETE 9",
    Column.DIRECTION: "→",
    Column.KIND: "i HTTP response",
    Column.LABEL: "notifications/message ",
    Column.ID: "9999",
    Column.SIZE: "99.9 kB",
    Column.LATENCY: "9.999 s",
}
_YIELDING = (Column.LANE, Column.DELTA, Column.LATENCY, Column.SIZE, Column.NUMBER, Column.ID)
"""Columns that show only where there is room, the most wanted first; until the user chooses."""
_PREVIEW_PX = 110
_LEAST_LABEL_PX = 90
_RESTYLING = {QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange}


class TimelineView(QTableView):
    """One line per row, fixed height; `tail` keeps the newest in sight."""

    selected = Signal(int)
    """The event number of the row the user or `select_row` went to."""
    jumpWanted = Signal(int)
    """The event number to go to, which a filter may hide."""
    streamWanted = Signal(int)
    """Show only this stream; 0: show all."""

    def __init__(self, model: TimelineModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timelineView")
        self.setAccessibleName("Timeline")
        self.timeline_model = model
        self._kept_row: int | None = None
        self._announced_row: int | None = None
        self._widths: dict[int, int] = {}
        self._columns_chosen = False
        self.rows_delegate = TimelineDelegate(model, self)
        self.tail = FollowTail(self, "timelineNewRows")
        model.modelAboutToBeReset.connect(self._keep_current)
        self.setModel(model)
        model.modelReset.connect(self._restore_current)
        model.published.connect(self.tail.rows_added)
        self.setItemDelegate(self.rows_delegate)
        self._dress()
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
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._header_menu)
        self._measure()

    def _measure(self) -> None:
        metrics = QFontMetrics(theme.mono_font(0.95))
        height = max(metrics.height(), self.fontMetrics().height()) + _ROW_PADDING_PX
        self.verticalHeader().setMinimumSectionSize(height)
        self.verticalHeader().setDefaultSectionSize(height)
        proportional = self.fontMetrics()
        for column, widest in _WIDEST.items():
            heading = proportional.horizontalAdvance(HEADINGS[column])
            used = (metrics if column in MONO else proportional).horizontalAdvance(widest)
            self._widths[column] = max(used, heading) + 2 * PADDING_PX + 2
            self.setColumnWidth(column, self._widths[column])

    def _add_actions(self) -> None:
        for name, text, keys, slot in (
            ("timelineCopyRow", "Copy row", "Ctrl+C", self.copy_rows),
            ("timelineCopyPayload", "Copy payload", "Ctrl+Shift+C", self.copy_payload),
            ("timelineJump", "Jump to request or answer", "Ctrl+J", self.jump),
            ("timelineToggleMark", "Mark or unmark", "Ctrl+M", self.toggle_mark),
            ("timelineThisStream", "Show this stream only", "Ctrl+Shift+S", lambda: self._want_stream(only=True)),
            ("timelineAllStreams", "Show all streams", "Ctrl+Shift+A", lambda: self._want_stream(only=False)),
        ):
            action = QAction(text, self)
            action.setObjectName(name)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.triggered.connect(slot)
            self.addAction(action)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the less wanted columns go where there is no room for them beside the preview."""
        super().resizeEvent(event)
        if self._columns_chosen:
            return
        room = self.viewport().width() - _PREVIEW_PX
        room -= sum(width for column, width in self._widths.items() if column not in _YIELDING)
        if room < 0 or self.columnWidth(Column.LABEL) < self._widths[Column.LABEL]:
            self.setColumnWidth(Column.LABEL, max(_LEAST_LABEL_PX, self._widths[Column.LABEL] + min(0, room)))
        for column in _YIELDING:
            room -= self._widths[column]
            self.setColumnHidden(column, room < 0)

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
        self.setCurrentIndex(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        return True

    def copy_rows(self) -> None:
        """The selected rows as tab-separated text."""
        model = self.timeline_model
        positions = sorted(index.row() for index in self.selectionModel().selectedRows())
        lines = ("\t".join(model.cell(position, column) for column in Column) for position in positions)
        QGuiApplication.clipboard().setText("\n".join(lines))

    def copy_payload(self) -> None:
        """The payload of the current row, exactly; bytes that are no UTF-8 as `\\xff`."""
        row = self.current_row()
        if row is not None:
            event = self.timeline_model.river[self.timeline_model.timeline.numbers[row]]
            QGuiApplication.clipboard().setText(payload(event).decode("utf-8", "backslashreplace"))

    def jump(self) -> None:
        """From a request to its answer, from anything else to what it is about."""
        row = self.current_row()
        partner = None if row is None else self.timeline_model.timeline.partner(row)
        if partner is not None:
            self.jumpWanted.emit(self.timeline_model.timeline.numbers[partner])

    def toggle_mark(self) -> None:
        """Mark the current row with a star, or take it away."""
        row = self.current_row()
        if row is not None:
            self.timeline_model.marks.toggle(self.timeline_model.timeline.numbers[row])

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

    def _header_menu(self, point: QPoint) -> None:
        header = self.horizontalHeader()
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for mode in TimeMode:
            action = menu.addAction(f"Time: {mode.value}")
            action.setCheckable(True)
            action.setChecked(self.timeline_model.cells.time_mode is mode)
            action.triggered.connect(lambda _=False, mode=mode: self.timeline_model.set_time_mode(mode))
        menu.addSeparator()
        for column, heading in enumerate(HEADINGS[:-1]):
            action = menu.addAction(heading)
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(column))
            action.toggled.connect(lambda shown, column=column: self._choose_column(column, shown=shown))
        menu.popup(header.mapToGlobal(point))

    def _choose_column(self, column: int, *, shown: bool) -> None:
        self._columns_chosen = True
        self.setColumnHidden(column, not shown)
