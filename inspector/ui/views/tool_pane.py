"""The list of tools with its search line; tools that must not be called are greyed and say why."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.trace.clock import Clock
from inspector.ui.listing import Listing
from inspector.ui.models.offer_list import OfferListModel, OfferRow
from inspector.ui.models.tool_list import tool_row, tool_rows
from inspector.ui.views.offer_list import NOT_CONNECTED, OfferList
from inspector.ui.views.offer_pane import OfferPane

NO_TOOLS = "This server offers no tools."


class ToolPane(OfferPane):
    """`selected` carries the raw entry of tools/list of the selection, `activated` if Enter asks for its form.

    For a tool that must not be called there is `rejected` instead of both, with the entry and the reason.
    """

    selected = Signal(object)
    activated = Signal(object)
    rejected = Signal(object, str)
    refresh_requested = Signal()
    more_requested = Signal()

    def __init__(self, clock: Clock | None = None, parent: QWidget | None = None) -> None:
        offers = OfferList("tool", "tool", OfferListModel(), clock)
        super().__init__([offers], "tool", "Ctrl+K", parent)
        self._offers, self.model = offers, offers.model
        self._offers.refresh_requested.connect(self.refresh_requested)
        self._offers.more_requested.connect(self.more_requested)
        self._offers.chosen.connect(lambda row: self._tell(row, self.selected))
        self._offers.activated.connect(lambda row: self._tell(row, self.activated))

    def show_listing(self, listing: Listing) -> None:
        """Show the list of tools as it stands now."""
        self._offers.show_listing(listing, tool_rows(listing.items, listing.rejected))

    def set_tools(self, tools: Any, none_because: str = "") -> None:
        """Show the raw entries of tools/list, or why there are none; None while there is no connection."""
        why = NOT_CONNECTED if tools is None else none_because or NO_TOOLS
        self._offers.show_rows(tool_rows(tools), why)

    def select(self, name: str) -> bool:
        """Choose the tool of this name; False if the list does not show it."""
        return self._offers.select(tool_row({"name": name}).key)

    def _tell(self, row: OfferRow, signal: Any) -> None:
        if row.reason:
            self.rejected.emit(row.entry, row.reason)
        else:
            signal.emit(row.entry)
