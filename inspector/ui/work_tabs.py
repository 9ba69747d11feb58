"""The bottom of the window: what the user works on, the raw composer, live text, the statistics and the log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from inspector.trace.river import River
from inspector.ui.catalog import Catalog
from inspector.ui.folds import Folds
from inspector.ui.raw_templates import RawTarget
from inspector.ui.views.lazy_tab import LazyTab, Pane
from inspector.ui.views.subject_stack import SubjectStack


class WorkTabs(QTabWidget):
    """One place for all of them, so that the timeline keeps its height. Each tab is built when it is first shown.

    `jump` asks for an event by its number, `raw_built` and `log_built` hand out panes that have just been built.
    """

    jump = Signal(int)
    raw_built = Signal(object)
    log_built = Signal(object)

    def __init__(self, catalog: Catalog, folds: Folds, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("workTabs")
        self.setAccessibleName("Call and statistics")
        self.setDocumentMode(True)
        self._river, self._folds = river, folds
        self._target: RawTarget | None = None
        self.subject = SubjectStack(catalog)
        self.subject.titled.connect(partial(self.setTabText, 0))
        self.addTab(self.subject, "Call")
        from inspector.ui import statistics  # noqa: PLC0415 - the window is painted first

        for title, build in statistics.panes(folds, river.clock):
            self.addTab(LazyTab(partial(self._build, build)), title)
        self.addTab(LazyTab(self._build_log), "Log")
        self.addTab(LazyTab(self._build_live_text), "Live text")
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

    def set_target(self, target: RawTarget) -> None:
        """What the connection knows now, for requests by hand."""
        from inspector.ui.views.raw_pane import RawPane  # noqa: PLC0415 - built when first shown

        self._target = target
        if isinstance(self.raw.pane, RawPane):
            self.raw.pane.set_target(target)

    def _build(self, build: Callable[[], Pane]) -> Pane:
        pane = build()
        pane.jump.connect(self.jump)
        return pane

    def _build_log(self) -> QWidget:
        from inspector.ui.views.log_pane import LogPane  # noqa: PLC0415 - built when first shown

        pane = LogPane(self._folds.log)
        pane.jump.connect(self.jump)
        self.log_built.emit(pane)
        return pane

    def _build_live_text(self) -> QWidget:
        from inspector.ui.views.live_text_pane import LiveTextPane  # noqa: PLC0415 - built when first shown

        return LiveTextPane(self._river)

    def _build_raw(self) -> QWidget:
        from inspector.ui.views.raw_pane import RawPane  # noqa: PLC0415 - built when first shown

        pane = RawPane(self._river)
        if self._target is not None:
            pane.set_target(self._target)
        self.raw_built.emit(pane)
        return pane
