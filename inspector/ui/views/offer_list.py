"""One list of what a server offers, with its count, its age and the buttons that fetch more of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QListView, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from inspector.record.text import counted
from inspector.trace.clock import Clock, SystemClock
from inspector.ui.delegates.offer_delegate import OfferDelegate
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, tool_button
from inspector.ui.listing import Listing
from inspector.ui.models.offer_list import OfferListModel, OfferRow

NOT_CONNECTED = "Not connected."
LOADING = "Loading …"
AGE_MS = 1_000


class OfferList(QWidget):
    """`chosen` carries the `OfferRow` of a new selection, `activated` the one that Enter or a double click asks for.

    `picked` says that the user clicked on an entry, also on the one that is chosen already. `name` is what its parts
    are found by (`toolList`, `toolCount`, …), `noun` the word for one entry.
    """

    chosen = Signal(object)
    picked = Signal()
    activated = Signal(object)
    refresh_requested = Signal()
    more_requested = Signal()

    def __init__(self, name: str, noun: str, model: OfferListModel, clock: Clock | None = None) -> None:
        super().__init__()
        self.model = model
        self._noun = noun
        self._clock: Clock = SystemClock() if clock is None else clock
        self._listing: Listing | None = None
        self._none_because = NOT_CONNECTED
        self._current = ""
        self._told: OfferRow | None = None
        self.view = QListView()
        self._empty = muted_label(NOT_CONNECTED)
        self._trouble = muted_label()
        self._count = muted_label(wrap=False)
        self._age = ElidedLabel(least_chars=8)
        self._refresh = tool_button("↻", f"Fetch the {noun}s anew")
        self._more = QPushButton("Load more")
        self._name_parts(name)
        self._build()
        self._tick = QTimer(self, interval=AGE_MS)
        self._tick.timeout.connect(self._show_age)
        self.view.selectionModel().currentChanged.connect(self._current_changed)
        self.view.activated.connect(lambda _: self.activate())
        self.view.clicked.connect(lambda _: self.picked.emit())
        self._refresh.clicked.connect(self.refresh_requested)
        self._more.clicked.connect(self.more_requested)

    def show_listing(self, listing: Listing, rows: Sequence[OfferRow]) -> None:
        """Show a list as it stands now, with its entries as `rows`."""
        self._listing = listing
        self.show_rows(rows, self._why_empty(listing))
        self._trouble.setText(listing.why if rows else "")
        self._trouble.setVisible(bool(rows and listing.why))
        self._refresh.setVisible(listing.items is not None or listing.is_loading)
        self._refresh.setEnabled(not listing.is_loading)
        self._more.setVisible(listing.has_more)
        self._show_age()

    def show_rows(self, rows: Sequence[OfferRow], none_because: str) -> None:
        """Show these rows, or the sentence where there are none."""
        self._none_because = none_because
        self.model.set_rows(rows)
        self.refreshed()

    def refreshed(self) -> None:
        """Say what is shown after the model was filled or filtered, and keep the choice where it is still there."""
        rows, total = self.model.rowCount(), self.model.total
        self._empty.setText(f"No {self._noun} matches the search." if total else self._none_because)
        self._stack.setCurrentIndex(1 if rows else 0)
        self._count.setText(
            f"{rows:,} of {counted(total, self._noun)}" if rows != total else counted(total, self._noun)
        )
        self._count.setVisible(bool(total))
        self._show_age()
        if self._current:
            self.select(self._current)

    def select(self, key: str) -> bool:
        """Choose the entry with this key; False if the list does not show it."""
        row = self.model.row_of(key)
        if row >= 0:
            self.view.setCurrentIndex(self.model.index(row))
        return row >= 0

    def unselect(self) -> None:
        """Choose nothing."""
        self._current, self._told = "", None
        self.view.setCurrentIndex(QModelIndex())

    def current(self) -> OfferRow | None:
        """The chosen entry."""
        row: OfferRow | None = self.view.currentIndex().data(OfferListModel.RowRole)
        return row

    def step(self, by: int) -> bool:
        """Move the choice by one row; False at the end of the list."""
        here = self.view.currentIndex().row() if self.view.currentIndex().isValid() else (-1 if by > 0 else 0)
        if not 0 <= here + by < self.model.rowCount():
            return False
        self.view.setCurrentIndex(self.model.index(here + by))
        return True

    def activate(self) -> bool:
        """Ask for the chosen entry, or the first; False if there is none."""
        if self.current() is None and self.model.rowCount():
            self.view.setCurrentIndex(self.model.index(0))
        row = self.current()
        if row is not None:
            self.activated.emit(row)
        return row is not None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_age()
        self._tick.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._tick.stop()
        super().hideEvent(event)

    def _name_parts(self, name: str) -> None:
        plural = f"{self._noun}s"
        names: list[tuple[QWidget, str, str]] = [
            (self.view, f"{name}List", plural.capitalize()),
            (self._count, f"{name}Count", f"Number of {plural}"),
            (self._empty, f"{name}sEmpty", f"Why no {plural} are shown"),
            (self._trouble, f"{name}Trouble", f"What went wrong with the list of {plural}"),
            (self._age, f"{name}Age", f"How current the list of {plural} is"),
            (self._refresh, f"{name}Refresh", f"Fetch the {plural} anew"),
            (self._more, f"{name}More", f"Load more {plural}"),
        ]
        for widget, object_name, accessible_name in names:
            widget.setObjectName(object_name)
            widget.setAccessibleName(accessible_name)

    def _build(self) -> None:
        self.view.setModel(self.model)
        self.view.setItemDelegate(OfferDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._age.setProperty("muted", True)
        self._age.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.view)
        below = QHBoxLayout()
        below.addWidget(self._count)
        below.addWidget(self._age, 1)
        below.addWidget(self._refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._stack, 1)
        for widget in (self._trouble, self._more):
            layout.addWidget(widget)
            widget.hide()
        layout.addLayout(below)
        self._refresh.hide()

    def _why_empty(self, listing: Listing) -> str:
        if listing.items is None:
            return LOADING if listing.is_loading else NOT_CONNECTED
        return LOADING if listing.is_loading and not listing.items else listing.why

    def _show_age(self) -> None:
        """Beside the number of those found there is no room for it."""
        is_whole = self.model.rowCount() == self.model.total
        self._age.setText(self._listing.age_words(self._clock) if self._listing is not None and is_whole else "")

    def _current_changed(self, index: QModelIndex) -> None:
        row: OfferRow | None = index.data(OfferListModel.RowRole)
        if row is None:
            return
        self._current = row.key
        is_news = self._told is None or row.entry != self._told.entry or row.reason != self._told.reason
        self._told = row
        if is_news:
            self.chosen.emit(row)
