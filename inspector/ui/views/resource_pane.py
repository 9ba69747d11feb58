"""The resources and resource templates of a server, with one search line."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.listing import Listing, ListKind
from inspector.ui.models.offer_list import OfferListModel, OfferRow
from inspector.ui.models.resource_list import resource_row, template_row
from inspector.ui.views.offer_list import OfferList
from inspector.ui.views.offer_pane import OfferPane


class ResourcePane(OfferPane):
    """`resource_chosen` and `template_chosen` carry the raw entry, `activated` follows Enter and double click.

    The lists are fetched once the pane is first seen.
    """

    resource_chosen = Signal(object)
    template_chosen = Signal(object)
    activated = Signal(object)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        resources = OfferList("resource", "resource", OfferListModel(), catalog.clock)
        templates = OfferList("template", "template", OfferListModel(), catalog.clock)
        super().__init__([resources, templates], "resource", "", parent)
        self.resources, self.templates = resources, templates
        self._catalog = catalog
        for offers, kind in ((resources, ListKind.RESOURCES), (templates, ListKind.TEMPLATES)):
            offers.refresh_requested.connect(lambda kind=kind: catalog.refresh(kind))
            offers.more_requested.connect(lambda kind=kind: catalog.next_page(kind))
            offers.activated.connect(lambda row: self.activated.emit(row.entry))
        resources.chosen.connect(lambda row: self.resource_chosen.emit(row.entry))
        templates.chosen.connect(lambda row: self.template_chosen.emit(row.entry))
        catalog.resources_changed.connect(self._show_resources)
        catalog.templates_changed.connect(self._show_templates)
        catalog.resource_updated.connect(self._show_state)
        catalog.requests.subscription_changed.connect(self._show_state)
        self._show_resources(catalog.listing(ListKind.RESOURCES))
        self._show_templates(catalog.listing(ListKind.TEMPLATES))

    def select(self, uri: str) -> bool:
        """Choose the resource with this URI; False if the list does not show it."""
        return self.resources.select(uri)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catalog.want(ListKind.RESOURCES, ListKind.TEMPLATES)

    def _show_resources(self, listing: Listing) -> None:
        self.resources.show_listing(listing, [self._row(entry) for entry in listing.items or ()])

    def _show_templates(self, listing: Listing) -> None:
        self.templates.show_listing(listing, [template_row(entry) for entry in listing.items or ()])

    def _row(self, entry: object) -> OfferRow:
        uri = entry.get("uri") if isinstance(entry, dict) else None
        if not isinstance(uri, str):
            return resource_row(entry)
        subscribed = uri in self._catalog.requests.subscribed
        return resource_row(entry, is_updated=self._catalog.is_updated(uri), is_subscribed=subscribed)

    def _show_state(self, uri: str, *_: object) -> None:
        """A resource has changed, or is subscribed or not any more."""
        for row in self.resources.model.rows():
            if row.key == uri:
                self.resources.model.replace(self._row(row.entry))
