"""What the user works on: a tool to call, a resource to read, or a prompt to get, in one place."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from inspector.ui.catalog import Catalog
from inspector.ui.views.call_pane import CallPane
from inspector.ui.views.prompt_view import PromptView
from inspector.ui.views.resource_view import ResourceView

CALL, RESOURCE, PROMPT = "Call", "Resource", "Prompt"


class SubjectStack(QStackedWidget):
    """Shows the page of what was chosen last; `titled` carries the word for it."""

    titled = Signal(str)
    link_clicked = Signal(str)

    def __init__(self, catalog: Catalog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("subject")
        self._catalog = catalog
        self.calls = CallPane()
        self._resource: ResourceView | None = None
        self._prompt: PromptView | None = None
        self.addWidget(self.calls)
        self.calls.result.link_clicked.connect(self.link_clicked)
        self.calls.result.resource_requested.connect(self.read)

    def show_calls(self) -> None:
        self._show(self.calls, CALL)

    def show_resource(self, entry: Any) -> None:
        """The page of an entry of resources/list."""
        view = self._resource_view()
        view.show_resource(entry)
        self._show(view, RESOURCE)

    def show_template(self, entry: Any) -> None:
        """The page of an entry of resources/templates/list."""
        view = self._resource_view()
        view.show_template(entry)
        self._show(view, RESOURCE)

    def read(self, uri: str) -> None:
        """Read a resource that something links to."""
        self.show_resource({"uri": uri})
        self._resource_view().read()

    def show_prompt(self, entry: Any) -> None:
        """The page of an entry of prompts/list."""
        if self._prompt is None:
            self._prompt = PromptView(self._catalog)
            self._prompt.link_clicked.connect(self.link_clicked)
            self._prompt.resource_requested.connect(self.read)
            self.addWidget(self._prompt)
        self._prompt.show_prompt(entry)
        self._show(self._prompt, PROMPT)

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

    def _show(self, page: QWidget, title: str) -> None:
        self.setCurrentWidget(page)
        self.titled.emit(title)
