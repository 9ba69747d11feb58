"""The left side of the window: what the server offers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.listing import ListKind
from inspector.ui.views.lazy_tab import LazyTab
from inspector.ui.views.subject_stack import CALL, PROMPT, RESOURCE
from inspector.ui.views.tool_pane import ToolPane

if TYPE_CHECKING:
    from inspector.ui.views.prompt_pane import PromptPane
    from inspector.ui.views.resource_pane import ResourcePane


class OfferTabs(QTabWidget):
    """Tools at once; resources and prompts are built, and listed, when their tab is first shown.

    `picked` says on which page of the subject the user clicked, `activated` that the user wants to go on with it.
    """

    resource_chosen = Signal(object)
    template_chosen = Signal(object)
    prompt_chosen = Signal(object)
    picked = Signal(str)
    activated = Signal(str)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offerTabs")
        self.setAccessibleName("What the server offers")
        self.setDocumentMode(True)
        self._catalog = catalog
        self.tools = ToolPane(catalog.clock)
        self.addTab(self.tools, "Tools")
        self.addTab(LazyTab(self._build_resources), "Resources")
        self.addTab(LazyTab(self._build_prompts), "Prompts")
        catalog.tools_changed.connect(self.tools.show_listing)
        self.tools.refresh_requested.connect(self._refresh_tools)
        self.tools.more_requested.connect(self._more_tools)
        self._tell_of(self.tools, CALL)

    def show_tools(self) -> None:
        """Bring the tools to the front, with the cursor in their search line."""
        self.setCurrentWidget(self.tools)
        self.tools.focus_search()

    def _build_resources(self) -> QWidget:
        from inspector.ui.views.resource_pane import ResourcePane  # noqa: PLC0415 - built when first shown

        pane = ResourcePane(self._catalog)
        pane.resource_chosen.connect(self.resource_chosen)
        pane.template_chosen.connect(self.template_chosen)
        self._tell_of(pane, RESOURCE)
        return pane

    def _build_prompts(self) -> QWidget:
        from inspector.ui.views.prompt_pane import PromptPane  # noqa: PLC0415 - built when first shown

        pane = PromptPane(self._catalog)
        pane.chosen.connect(self.prompt_chosen)
        self._tell_of(pane, PROMPT)
        return pane

    def _refresh_tools(self) -> None:
        self._catalog.refresh(ListKind.TOOLS)

    def _more_tools(self) -> None:
        self._catalog.next_page(ListKind.TOOLS)

    def _tell_of(self, pane: ToolPane | ResourcePane | PromptPane, page: str) -> None:
        pane.picked.connect(lambda: self.picked.emit(page))
        pane.activated.connect(lambda _: self.activated.emit(page))
