"""The prompts of a server with a search line."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.listing import Listing, ListKind
from inspector.ui.models.offer_list import OfferListModel
from inspector.ui.models.resource_list import prompt_row
from inspector.ui.views.offer_list import OfferList
from inspector.ui.views.offer_pane import OfferPane


class PromptPane(OfferPane):
    """`chosen` carries the raw entry of prompts/list, `activated` follows Enter and double click.

    The list is fetched once the pane is first seen.
    """

    chosen = Signal(object)
    activated = Signal(object)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        prompts = OfferList("prompt", "prompt", OfferListModel(), catalog.clock)
        super().__init__([prompts], "prompt", "", parent)
        self.prompts = prompts
        self._catalog = catalog
        prompts.refresh_requested.connect(lambda: catalog.refresh(ListKind.PROMPTS))
        prompts.more_requested.connect(lambda: catalog.next_page(ListKind.PROMPTS))
        prompts.chosen.connect(lambda row: self.chosen.emit(row.entry))
        prompts.activated.connect(lambda row: self.activated.emit(row.entry))
        catalog.prompts_changed.connect(self._show)
        self._show(catalog.listing(ListKind.PROMPTS))

    def select(self, name: str) -> bool:
        """Choose the prompt of this name; False if the list does not show it."""
        return self.prompts.select(prompt_row({"name": name}).key)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catalog.want(ListKind.PROMPTS)

    def _show(self, listing: Listing) -> None:
        self.prompts.show_listing(listing, [prompt_row(entry) for entry in listing.items or ()])
