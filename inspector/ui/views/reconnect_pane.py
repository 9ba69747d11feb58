"""Whether the connection stands, how often it fell and why, how it came back, and what that cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QMenu, QTabWidget, QToolButton, QVBoxLayout, QWidget

from inspector.exports.availability_text import as_json, as_text
from inspector.stats.availability import Availability, AvailabilityReport
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.windows import Window, since_ns
from inspector.trace.clock import Clock
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import plain_label, tool_button
from inspector.ui.models.reconnect_words import alarm, causes
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views import reconnect_columns
from inspector.ui.views.cause_bars import CauseBars
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.reconnect_columns import Now
from inspector.ui.views.reconnect_facts import FactSheet
from inspector.ui.views.stat_table import StatTable
from inspector.wire import jsontext

Rows = Callable[[AvailabilityReport], Iterable[Any]]
_EMPTY = "Not connected yet. Once connected, every loss, every attempt and the pause before it stand here."
_NO_DROPS = (
    "Nothing was lost. A connection or stream that breaks and has to be got back is listed here, with its cause."
)
_NO_RESUMES = "No stream was resumed. What a server replays, loses, sends twice or out of order after that stands here."
_NO_ATTEMPTS = "No attempt was needed. Each one is listed here: the pause asked for, chosen and used, and its outcome."
_NO_LOST = "No call was lost. Calls whose connection breaks before their answer are listed here."
_VERTICAL, _HORIZONTAL = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
_NARROW_PX, _LOW_PX = 860, 440
_FEW_ROWS, _MANY_ROWS = 3, 6
_WINDOWS = (Window.SESSION, Window.TEN_MINUTES, Window.MINUTE)


class ReconnectPane(Pane):
    """Facts about the latest connection, the causes of drops, and five tables of all; `jump` goes to a row's event.

    With a `clock` times run on while nothing comes; without one (a recording) they are as of its last event.
    """

    def __init__(
        self,
        reconnects: ReconnectStats,
        availability: Availability,
        resumptions: Resumptions,
        clock: Clock | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._reconnects, self._availability, self._resumptions = reconnects, availability, resumptions
        self._clock = clock
        self._now = Now()
        self._report = availability.report()
        self._alarm = ElidedLabel()
        self._alarm.setObjectName("stormAlarm")
        self._alarm.setAccessibleName("Reconnect storms")
        self._alarm.setContentsMargins(2, 2, 2, 2)
        self._head = QWidget()
        self._facts = FactSheet()
        self._causes = CauseBars()
        self._tabs = QTabWidget(documentMode=True)
        self._tabs.setObjectName("reconnectTabs")
        self._tabs.setAccessibleName("Connection in detail")
        self._tables: list[tuple[str, TableModel[Any], Rows]] = []
        self._add_tables()
        self._windows = _window_box()
        self._copy = self._copy_button()
        self._lay_out()
        self._windows.activated.connect(self.refresh)
        self._tabs.currentChanged.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the connection as it is now."""
        clock_ns = None if self._clock is None else self._clock.monotonic_ns()
        now_ns = self._now.ns = self._availability.now_ns if clock_ns is None else clock_ns
        window = _WINDOWS[self._windows.currentIndex()]
        self._report = self._availability.report(now_ns, since_ns(window, now_ns))
        now = self._reconnects.summary(clock_ns)
        self._head.setVisible(now is not None)
        if now is not None:
            self._facts.show_facts(now, self._report)
        apart = bool(self._report.drops_by_us) + bool(self._report.drops_by_sleep)
        self._causes.show_causes(causes(self._report), apart)
        self._show_alarm(self._report)
        self._show_tables()

    def copy_text(self) -> None:
        """Put the availability on the clipboard, for a bug report."""
        QGuiApplication.clipboard().setText(as_text(self._report) + "\n")

    def copy_json(self) -> None:
        """The same as JSON."""
        QGuiApplication.clipboard().setText(jsontext.pretty(as_json(self._report)) + "\n")

    def _show_alarm(self, report: AvailabilityReport) -> None:
        words, is_now = alarm(report)
        self._alarm.setVisible(bool(words))
        self._alarm.setText(words)
        if self._alarm.property("bad") != is_now:
            self._alarm.setProperty("bad", is_now)
            self._alarm.setProperty("heading", is_now)
            self._alarm.setProperty("muted", not is_now)
            self._alarm.style().polish(self._alarm)

    def _show_tables(self) -> None:
        """Only the table in front is filled; how many rows each has stands on its tab."""
        for place, (title, model, rows) in enumerate(self._tables):
            found = list(rows(self._report))
            count = f" {len(found):,}" if found and place else ""
            self._tabs.setTabText(place, f"{title}{count}")
            if place == self._tabs.currentIndex():
                model.replace(found)

    def _add_tables(self) -> None:
        columns = reconnect_columns
        stats, resumes = self._reconnects, self._resumptions  # no table may hold the pane: it would outlive its window
        self._add("History", "reconnectTable", columns.HISTORY, lambda _: stats.steps, _EMPTY)
        self._add("Drops", "dropsTable", columns.drops(self._now), lambda report: report.drops_listed, _NO_DROPS)
        self._add("Resumes", "resumesTable", columns.RESUMES, lambda _: resumes.resumptions, _NO_RESUMES)
        self._add("Attempts", "attemptsTable", columns.ATTEMPTS, lambda _: stats.attempts_made, _NO_ATTEMPTS)
        self._add("Calls lost", "lostCallsTable", columns.LOST_CALLS, lambda report: report.calls_lost, _NO_LOST)

    def _add(self, title: str, name: str, columns: tuple[Column[Any], ...], rows: Rows, empty: str) -> None:
        model: TableModel[Any] = TableModel(columns, lambda row: row.n)
        table: StatTable[Any] = StatTable(model, lambda row: row.n, empty)
        table.setObjectName(name)
        table.setAccessibleName(f"{title} of the connection")
        table.setToolTip("Double click a row to go to its event")
        table.horizontalHeader().setStretchLastSection(True)
        table.sort_by(0, Qt.SortOrder.DescendingOrder)
        table.jump.connect(self.jump)
        self._tabs.addTab(table, title)
        self._tables.append((title, model, rows))

    def _copy_button(self) -> QToolButton:
        button = tool_button("Copy", "Copy the availability, for a bug report (C)")
        button.setObjectName("copyAvailability")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction("Copy as text (C)", self.copy_text).setObjectName("copyAvailabilityText")
        menu.addAction("Copy as JSON", self.copy_json).setObjectName("copyAvailabilityJson")
        button.setMenu(menu)
        shortcut = QShortcut(QKeySequence("C"), self, self.copy_text)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        return button

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow dock the causes stand below the facts, all in one line where it is low, too."""
        super().resizeEvent(event)
        is_narrow, is_low = self.width() < _NARROW_PX, self.height() < _LOW_PX
        self._head_box.setDirection(_VERTICAL if is_narrow else _HORIZONTAL)
        self._of.setVisible(not is_narrow)
        self._head_box.setSpacing(4 if is_narrow else 12)
        few = 0 if is_narrow else _FEW_ROWS
        self._causes.set_most_rows(few if is_low else _MANY_ROWS)

    def _lay_out(self) -> None:
        of = self._of = plain_label("Figures of", wrap=False)
        of.setProperty("muted", True)
        of.setBuddy(self._windows)
        corner = QWidget()
        tools = QHBoxLayout(corner)
        tools.setContentsMargins(0, 0, 0, 3)
        tools.setSpacing(6)
        for widget in (of, self._windows, self._copy):
            tools.addWidget(widget)
        self._tabs.setCornerWidget(corner)
        self._head_box = QBoxLayout(_HORIZONTAL, self._head)
        self._head_box.setContentsMargins(0, 0, 0, 0)
        self._head_box.addWidget(self._facts, 1)
        self._head_box.addWidget(self._causes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 8)
        layout.setSpacing(4)
        layout.addWidget(self._alarm)
        layout.addWidget(self._head)
        layout.addWidget(self._tabs, 1)


def _window_box() -> QComboBox:
    box = QComboBox()
    box.setObjectName("availabilityWindow")
    box.setAccessibleName("Part of the session that availability and drops are about")
    box.setToolTip(box.accessibleName())
    for window in _WINDOWS:
        box.addItem(window.value.capitalize())
    return box
