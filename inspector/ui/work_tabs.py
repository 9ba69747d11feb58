"""The bottom of the window: what the user works on, the statistics, the log, live text and the raw composer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.trace.river import River
from inspector.ui.catalog import Catalog
from inspector.ui.folds import Folds
from inspector.ui.listing import ListKind
from inspector.ui.raw_templates import RawTarget
from inspector.ui.statistics_tabs import StatisticsTabs
from inspector.ui.views.lazy_tab import LazyTab
from inspector.ui.views.subject_stack import SubjectStack

if TYPE_CHECKING:
    from inspector.ui.views.raw_pane import RawPane


class WorkTabs(StatisticsTabs):
    """One place for all of them, so that the timeline keeps its height; `raw_built` hands out the composer."""

    raw_built = Signal(object)

    def __init__(self, catalog: Catalog, folds: Folds, river: River, parent: QWidget | None = None) -> None:
        super().__init__(folds, river, parent)
        self.setObjectName("workTabs")
        self.setAccessibleName("Call and statistics")
        self._target: RawTarget | None = None
        self._catalog = catalog
        folds.expecting.tool_names = self._tool_names
        self.subject = SubjectStack(catalog)
        self.subject.titled.connect(partial(self.setTabText, 0))
        self.addTab(self.subject, "Call")
        self.add_statistics()
        self.raw = LazyTab(self._build_raw)
        self.addTab(self.raw, "Raw request")

    def show_subject(self, page: str) -> None:
        """Bring a page of what the user works on to the front."""
        self.setCurrentWidget(self.subject)
        self.subject.show_page(page)

    def work_on_subject(self, page: str) -> None:
        """The same, with the cursor where one goes on."""
        self.show_subject(page)
        self.subject.focus_first()

    def show_raw(self) -> RawPane:
        """Bring the composer of raw requests to the front."""
        self.setCurrentWidget(self.raw)
        return cast("RawPane", self.raw.built())

    @property
    def target(self) -> RawTarget | None:
        """What the latest connection knew, None before the first."""
        return self._target

    def set_target(self, target: RawTarget) -> None:
        """What the connection knows now, for requests by hand."""
        from inspector.ui.views.raw_pane import RawPane  # noqa: PLC0415 - built when first shown

        self._target = target
        if isinstance(self.raw.pane, RawPane):
            self.raw.pane.set_target(target)

    def _tool_names(self) -> list[str]:
        items = self._catalog.listing(ListKind.TOOLS).items or ()
        return [item["name"] for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]

    def _build_raw(self) -> QWidget:
        from inspector.ui.views.raw_pane import RawPane  # noqa: PLC0415 - built when first shown

        pane = RawPane(self._river)
        if self._target is not None:
            pane.set_target(self._target)
        self.raw_built.emit(pane)
        return pane
