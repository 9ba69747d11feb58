"""What the user works on: a tool to call, a resource to read, or a prompt to get, in one place."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.models.tool_list import tool_row
from inspector.ui.views.call_pane import CallPane
from inspector.ui.views.prompt_view import PromptView
from inspector.ui.views.resource_view import ResourceView

CALL, RESOURCE, PROMPT = "Call", "Resource", "Prompt"


class SubjectStack(QStackedWidget):
    """Shows the page of what was chosen last; `titled` carries the word for it.

    What is told anew of an entry, because its list was fetched again, does not bring its page to the front.
    """

    titled = Signal(str)
    link_clicked = Signal(str)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("subject")
        self._catalog = catalog
        self.calls = CallPane()
        self._resource: ResourceView | None = None
        self._prompt: PromptView | None = None
        self._shown: dict[str, Any] = {}
        self.addWidget(self.calls)
        self.calls.result.link_clicked.connect(self.link_clicked)
        self.calls.result.resource_requested.connect(self.read)

    def show_tool(self, tool: Any, obstacle: str = "") -> None:
        """The page of an entry of tools/list; with an `obstacle` it says why it cannot be called."""
        self.calls.set_tool(None if obstacle else tool)
        self.calls.set_obstacle(f"{tool_row(tool).name} must not be called: {obstacle}" if obstacle else "")
        self._bring(CALL, tool, "name")

    def show_page(self, page: str) -> None:
        """Bring a page to the front, if there is one yet."""
        pages: dict[str, QWidget | None] = {CALL: self.calls, RESOURCE: self._resource, PROMPT: self._prompt}
        widget = pages[page]
        if widget is not None:
            self.setCurrentWidget(widget)
            self.titled.emit(page)

    def show_resource(self, entry: Any) -> None:
        """The page of an entry of resources/list."""
        self._resource_view().show_resource(entry)
        self._bring(RESOURCE, entry, "uri")

    def show_template(self, entry: Any) -> None:
        """The page of an entry of resources/templates/list."""
        self._resource_view().show_template(entry)
        self._bring(RESOURCE, entry, "uriTemplate")

    def read(self, uri: str) -> None:
        """Read a resource that something links to."""
        self.show_resource({"uri": uri})
        self.show_page(RESOURCE)
        self._resource_view().read()

    def show_prompt(self, entry: Any) -> None:
        """The page of an entry of prompts/list."""
        if self._prompt is None:
            self._prompt = PromptView(self._catalog)
            self._prompt.link_clicked.connect(self.link_clicked)
            self._prompt.resource_requested.connect(self.read)
            self.addWidget(self._prompt)
        self._prompt.show_prompt(entry)
        self._bring(PROMPT, entry, "name")

    def focus_first(self) -> None:
        """Put the cursor where the user types next."""
        page = self.currentWidget()
        if isinstance(page, CallPane):
            page.focus_arguments()
        elif isinstance(page, ResourceView | PromptView):
            page.focus_first()

    def _resource_view(self) -> ResourceView:
        if self._resource is None:
            self._resource = ResourceView(self._catalog)
            self._resource.link_clicked.connect(self.link_clicked)
            self._resource.resource_requested.connect(self.read)
            self.addWidget(self._resource)
        return self._resource

    def _bring(self, page: str, entry: Any, key: str) -> None:
        name = (key, entry.get(key) if isinstance(entry, dict) else entry)
        if self._shown.get(page) != name:
            self._shown[page] = name
            self.show_page(page)
