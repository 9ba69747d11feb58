"""The columns of the timeline: as the room allows until the user chooses, then as the user chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView, QMenu, QTableView
from shiboken6 import isValid

from inspector.ui import theme
from inspector.ui.delegates.timeline_delegate import MONO, PADDING_PX
from inspector.ui.memory import Memory
from inspector.ui.models.timeline_cells import HEADINGS, Column, TimeMode

_ROW_PADDING_PX = 7
_WIDEST = {
    Column.NUMBER: "★99,999",
    Column.TIME: "00:00:00.000000",
    Column.DELTA: "59.999 s",
    Column.LANE: "DELETE 9",
    Column.DIRECTION: "→",
    Column.KIND: "i HTTP response",
    Column.LABEL: "notifications/message ",
    Column.ID: "9999",
    Column.SIZE: "99.9 kB",
    Column.LATENCY: "59.999 s",
}
_YIELDING = (Column.LANE, Column.DELTA, Column.LATENCY, Column.SIZE, Column.NUMBER, Column.ID)
"""Columns that show only where there is room, the most wanted first; until the user chooses."""
_PREVIEW_PX = 110
_LEAST_LABEL_PX = 90
_MOST_PX = 4_000
_CHOSEN_MODES = (TimeMode.LOCAL, TimeMode.START, TimeMode.PREVIOUS)
_BY_NAME = {mode.name: mode for mode in _CHOSEN_MODES}
_COLUMNS_KEPT, _TIME_KEPT = "timelineColumns", "timelineTime"


class TimelineColumns(QObject):
    """Belongs to the table; `changed` says that the user did something worth remembering, as `layout` tells it."""

    changed = Signal()
    time_mode_wanted = Signal(TimeMode)

    def __init__(self, view: QTableView) -> None:
        super().__init__(view)
        self.is_chosen = False
        self.time_mode = TimeMode.LOCAL
        self._view = view
        self._widths: dict[int, int] = {}
        self._own_doing = False
        header = view.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setMinimumSectionSize(2 * PADDING_PX)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_menu)
        header.sectionResized.connect(self._resized)
        header.sectionMoved.connect(self._chosen)
        self.measure()

    @property
    def _header(self) -> QHeaderView:
        """Asked for each time: the one kept from the start is no longer valid once the window is put together."""
        return self._view.horizontalHeader()

    def recall(self, memory: Memory) -> None:
        """Have columns and time as in the run before, and keep what the user changes."""
        self.restore(memory.lines(_COLUMNS_KEPT))
        for kept in memory.lines(_TIME_KEPT)[:1]:
            if kept in _BY_NAME:
                self.time_mode_wanted.emit(_BY_NAME[kept])

        def keep() -> None:
            memory.set_lines(_COLUMNS_KEPT, self.layout())
            memory.set_lines(_TIME_KEPT, [self.time_mode.name])

        self.changed.connect(keep)

    def measure(self) -> None:
        """Take the height of a row and the widths of the columns from the fonts; the user's widths stay."""
        metrics, proportional = QFontMetrics(theme.mono_font(0.95)), self._view.fontMetrics()
        height = max(metrics.height(), proportional.height()) + _ROW_PADDING_PX
        self._view.verticalHeader().setMinimumSectionSize(height)
        self._view.verticalHeader().setDefaultSectionSize(height)
        for column, widest in _WIDEST.items():
            heading = proportional.horizontalAdvance(HEADINGS[column])
            used = (metrics if column in MONO else proportional).horizontalAdvance(widest)
            self._widths[column] = max(used, heading) + 2 * PADDING_PX + 2
        if not self.is_chosen:
            self._set_own_widths()

    def fit(self) -> None:
        """Let the less wanted columns go where there is no room for them beside the preview."""
        if self.is_chosen:
            return
        with self._quietly():
            room = self._view.viewport().width() - _PREVIEW_PX
            room -= sum(width for column, width in self._widths.items() if column not in _YIELDING)
            if room < 0 or self._view.columnWidth(Column.LABEL) < self._widths[Column.LABEL]:
                label_px = max(_LEAST_LABEL_PX, self._widths[Column.LABEL] + min(0, room))
                self._view.setColumnWidth(Column.LABEL, label_px)
            for column in _YIELDING:
                room -= self._widths[column]
                self._view.setColumnHidden(column, room < 0)

    def choose(self, column: int, *, shown: bool) -> None:
        """Show or hide a column; from now on they stay as they are."""
        with self._quietly():
            self._view.setColumnHidden(column, not shown)
            if shown and self._view.columnWidth(column) < self._widths.get(column, 0):
                self._view.setColumnWidth(column, self._widths[column])
        self._chosen()

    def reset(self) -> None:
        """All as it was before the user chose."""
        with self._quietly():
            for column in Column:
                self._header.moveSection(self._header.visualIndex(column), column)
                self._view.setColumnHidden(column, False)
        self._set_own_widths()
        self.is_chosen = False
        self.fit()
        self.changed.emit()

    def layout(self) -> list[str]:
        """The columns from left to right as `NAME width`, hidden ones with `-` before; empty before the user chose."""
        return list(map(self._described, range(len(Column)))) if self.is_chosen else []

    def restore(self, layout: Sequence[str]) -> None:
        """What `layout` told in another run; what is not understood is passed over."""
        known = [found for found in map(_column_of, layout) if found is not None]
        if not known:
            return
        with self._quietly():
            for place, (column, width, is_hidden) in enumerate(known):
                self._header.moveSection(self._header.visualIndex(column), place)
                self._view.setColumnHidden(column, False)  # a hidden one has no width to keep
                self._view.setColumnWidth(column, width)
                self._view.setColumnHidden(column, is_hidden and column != Column.PREVIEW)
        self.is_chosen = True

    def menu(self) -> QMenu:
        """Where the time counts from, which columns are shown, and the way back."""
        menu = QMenu(self._view)
        menu.setObjectName("timelineColumns")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for mode in _CHOSEN_MODES:
            action = menu.addAction(f"Time: {mode.value.lower()}")
            action.setCheckable(True)
            action.setChecked(self.time_mode is mode)
            action.triggered.connect(lambda _=False, mode=mode: self._choose_mode(mode))
        menu.addSeparator()
        for column, heading in enumerate(HEADINGS[:-1]):
            action = menu.addAction(heading)
            action.setCheckable(True)
            action.setChecked(not self._header.isSectionHidden(column))
            action.toggled.connect(lambda shown, column=column: self.choose(column, shown=shown))
        menu.addSeparator()
        menu.addAction("Reset columns").triggered.connect(self.reset)
        return menu

    def _open_menu(self, point: QPoint) -> None:
        self.menu().popup(self._header.mapToGlobal(point))

    def _choose_mode(self, mode: TimeMode) -> None:
        self.time_mode_wanted.emit(mode)
        self.changed.emit()

    def _described(self, place: int) -> str:
        column = self._header.logicalIndex(place)
        is_hidden = self._view.isColumnHidden(column)
        # Qt tells no width of a hidden column; the last one has what is left over.
        width = self._widths.get(column, _PREVIEW_PX) if is_hidden else self._view.columnWidth(column)
        return f"{'-' if is_hidden else ''}{Column(column).name} {width}"

    def _set_own_widths(self) -> None:
        with self._quietly():
            for column, width in self._widths.items():
                self._view.setColumnWidth(column, width)

    def _resized(self, column: int, before_px: int, after_px: int) -> None:
        if not isValid(self._view):  # the view is being taken down, and its columns with it
            return
        # The last one is stretched with the window, and Qt tells later of those that were hidden or shown.
        is_last = self._header.visualIndex(column) == _last_shown(self._header)
        if not is_last and before_px and after_px:
            self._chosen()

    def _chosen(self) -> None:
        if not self._own_doing:
            self.is_chosen = True
            self.changed.emit()

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """What is moved now is moved by the program."""
        before, self._own_doing = self._own_doing, True
        try:
            yield
        finally:
            self._own_doing = before


def _last_shown(header: QHeaderView) -> int:
    places = (place for place in range(header.count()) if not header.isSectionHidden(header.logicalIndex(place)))
    return max(places, default=0)


def _column_of(said: str) -> tuple[Column, int, bool] | None:
    """The column, its width and whether it is hidden."""
    name, _, width = said.removeprefix("-").partition(" ")
    if name not in Column.__members__ or not width.isascii() or not width.isdigit() or len(width) > 4:
        return None
    return Column[name], min(max(int(width), 2 * PADDING_PX), _MOST_PX), said.startswith("-")
