"""A search line above one or several lists of what a server offers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSplitter, QVBoxLayout, QWidget

from inspector.ui.views.offer_list import OfferList


class OfferPane(QWidget):
    """The search filters all lists; Up, Down and Enter work from the search line. One entry is chosen among all.

    `picked` says that the user clicked on an entry.
    """

    picked = Signal()

    def __init__(
        self, lists: Sequence[OfferList], noun: str, shortcut: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._lists = lists
        self._search = QLineEdit()
        self._search.setObjectName(f"{noun}Search")
        self._search.setAccessibleName(f"Search {noun}s")
        self._search.setPlaceholderText(f"Search {noun}s")
        self._search.setToolTip(f"Search names and descriptions{f' ({shortcut})' if shortcut else ''}")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self._search.installEventFilter(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(6)
        layout.addWidget(self._search)
        layout.addWidget(lists[0] if len(lists) == 1 else _stacked(lists), 1)
        for offers in lists:
            offers.chosen.connect(lambda _, chosen=offers: self._unselect_others(chosen))
            offers.picked.connect(self.picked)

    def focus_search(self) -> None:
        """Put the cursor into the search line."""
        self._search.setFocus()
        self._search.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Up and Down in the search line move the selection, Enter activates it."""
        if watched is self._search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._activate()
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        for offers in self._lists:
            offers.model.set_filter(text)
            offers.refreshed()

    def _step(self, by: int) -> None:
        """Within the list that has the choice, and at its end on to the next."""
        place = next((n for n, offers in enumerate(self._lists) if offers.current() is not None), None)
        if place is None:
            next((offers for offers in self._lists if offers.step(by)), None)
        elif not self._lists[place].step(by) and 0 <= place + by < len(self._lists):
            beyond = self._lists[place + by]
            beyond.view.setCurrentIndex(beyond.model.index(0 if by > 0 else beyond.model.rowCount() - 1))

    def _activate(self) -> None:
        chosen = [offers for offers in self._lists if offers.current() is not None]
        next((offers for offers in [*chosen, *self._lists] if offers.activate()), None)

    def _unselect_others(self, chosen: OfferList) -> None:
        for offers in self._lists:
            if offers is not chosen:
                offers.unselect()


def _stacked(lists: Sequence[OfferList]) -> QSplitter:
    splitter = QSplitter(Qt.Orientation.Vertical)
    splitter.setChildrenCollapsible(False)
    for place, offers in enumerate(lists):
        splitter.addWidget(offers)
        splitter.setStretchFactor(place, len(lists) - place)
    splitter.setSizes([200 * (len(lists) - place) for place in range(len(lists))])
    return splitter
