"""The statistics, the log and the live text in tabs, each built when it is first shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from inspector.record.text import counted
from inspector.trace.river import River
from inspector.ui.folds import Folds
from inspector.ui.models.finding_lines import SIGNS, WORDS
from inspector.ui.views.lazy_tab import LazyTab, Pane

FINDINGS, LATENCY, EXPECTATIONS = "Findings", "Latency", "Expectations"


class StatisticsTabs(QTabWidget):
    """`jump` asks for an event by its number, `log_built` hands out the log's pane when it has just been built."""

    jump = Signal(int)
    log_built = Signal(object)

    def __init__(self, folds: Folds, river: River, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self._river, self._folds = river, folds
        self._selected: int | None = None

    def add_statistics(self) -> None:
        """Add the tabs behind those that are there."""
        from inspector.ui import statistics  # noqa: PLC0415 - the window is painted first

        for title, build in statistics.panes(self._folds, self._river, lambda: self._selected):
            tab = LazyTab(partial(self._build, build))
            self.addTab(tab, title)
            if title == FINDINGS:
                self.findings = tab
            elif title == LATENCY:
                self.latency = tab
            elif title == EXPECTATIONS:
                self.expectations = tab
        self._folds.diagnosis.changed.connect(self._show_badge)
        self._folds.expecting.changed.connect(self._show_expected)
        self.addTab(LazyTab(self._build_log), "Log")
        self.addTab(LazyTab(self._build_live_text), "Live text")

    def note_selected(self, n: int) -> None:
        """The user is on event number `n` now."""
        self._selected = n

    def show_finding(self, rule: str = "") -> None:
        """Bring the findings to the front, and that of a rule if one is named."""
        from inspector.ui.views.findings_pane import FindingsPane  # noqa: PLC0415 - built when first shown

        self.setCurrentWidget(self.findings)
        pane = self.findings.built()
        if rule and isinstance(pane, FindingsPane):
            pane.show_rule(rule)

    def show_latency(self, tool: str) -> None:
        """Bring the latency to the front, and the row of a tool."""
        from inspector.ui.views.latency_pane import LatencyPane  # noqa: PLC0415 - built when first shown

        self.setCurrentWidget(self.latency)
        pane = self.latency.built()
        if isinstance(pane, LatencyPane):
            pane.show_tool(tool)

    def _show_badge(self) -> None:
        """The gravest severity stands on the tab, with how many there are of it."""
        diagnosis = self._folds.diagnosis
        gravest, place = diagnosis.gravest(), self.indexOf(self.findings)
        self.setTabText(place, f"{FINDINGS} {SIGNS[gravest[0]]} {gravest[1]:,}" if gravest else FINDINGS)
        counts = (counted(count, WORDS[severity]) for severity, count in diagnosis.counts().items() if count)
        self.setTabToolTip(place, ", ".join(counts))

    def _show_expected(self) -> None:
        """How many expectations are not met stands on the tab, or that all are that were judged."""
        from inspector.expect.verdict import State  # noqa: PLC0415 - once something is expected
        from inspector.ui.models.verdict_lines import SIGNS  # noqa: PLC0415

        expecting, place = self._folds.expecting, self.indexOf(self.expectations)
        shown = next((state for state in (State.FAIL, State.PASS) if expecting.count(state)), None)
        badge = f" {SIGNS[shown]} {expecting.count(shown):,}" if shown else ""
        self.setTabText(place, f"{EXPECTATIONS}{badge}")
        not_met, met = expecting.count(State.FAIL), expecting.count(State.PASS)
        self.setTabToolTip(place, f"{not_met:,} not met, {met:,} met" if shown else "")

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
