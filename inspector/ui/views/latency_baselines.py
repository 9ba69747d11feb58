"""Keeping figures as a baseline, and comparing with one: what stands behind the button of the latency pane."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from inspector.record.text import calendar
from inspector.stats.baselines import Baseline
from inspector.ui.comparison import Comparison
from inspector.ui.kept_baselines import KeptBaselines
from inspector.ui.views.latency_bar import LatencyBar
from inspector.ui.views.line_popup import LinePopup

_NAME_FIRST = "Type a name for these figures."


class LatencyBaselines(QObject):
    """`figures` makes a baseline of the figures as they are, given a name.

    `changed` says that the figures are compared with another one, `said` carries a sentence for the user.
    """

    changed = Signal()
    said = Signal(str)

    def __init__(
        self,
        bar: LatencyBar,
        pane: QWidget,
        server: Callable[[], str],
        figures: Callable[[str], Baseline],
        kept: KeptBaselines | None = None,
    ) -> None:
        super().__init__(pane)
        self._bar, self._pane, self._server, self._figures = bar, pane, server, figures
        self._kept_in = kept
        self._shown: list[Baseline] = []
        self.comparison: Comparison | None = None
        bar.keep_wanted.connect(self.ask_for_name)
        bar.compare_wanted.connect(self.compare_with)
        bar.forget_wanted.connect(self.forget)
        bar.baselines_wanted.connect(self.fill)

    def fill(self) -> None:
        """What is kept of this server, in the menu."""
        self._shown = self._kept.of(self._server())
        compared = self.comparison.baseline.name if self.comparison else ""
        self._bar.show_baselines([(kept.name, calendar(kept.at)[:16]) for kept in self._shown], compared)

    def ask_for_name(self) -> None:
        """Let the user name the figures as they are now."""
        popup = LinePopup(self._pane, "baselineName", "Name of the baseline", self.keep, hint="before the change")
        popup.open_at(QPoint(self._pane.width(), self._bar.height()))

    def keep(self, name: str) -> str:
        """Keep the figures under a name; a sentence says why they cannot be kept."""
        name = " ".join(name.encode("utf-8", "replace").decode().split())
        if not name:
            return _NAME_FIRST
        refusal = self._kept.keep(self._figures(name))
        if not refusal:
            self.said.emit(f"Kept as “{name}”. Compare with it under Baseline.")
        return refusal

    def compare_with(self, name: str) -> None:
        """Compare with the baseline of that name; with none if it is empty."""
        found = next((kept for kept in self._kept.of(self._server()) if kept.name == name), None) if name else None
        self.comparison = Comparison(found) if found else None
        self.changed.emit()

    def forget(self, name: str) -> None:
        """Keep it no more, and compare with it no more."""
        self._kept.forget(self._server(), name)
        self.said.emit(f"“{name}” is not kept any more.")
        if self.comparison is not None and self.comparison.baseline.name == name:
            self.compare_with("")

    def words(self) -> str:
        """With what the figures are compared, for the line above them; empty for nothing."""
        if self.comparison is None:
            return ""
        baseline = self.comparison.baseline
        of = f", {baseline.window}" if baseline.window else ""
        return f"compared with “{baseline.name}” of {calendar(baseline.at)[:16]}{of}"

    @property
    def _kept(self) -> KeptBaselines:
        if self._kept_in is None:
            self._kept_in = KeptBaselines()
        return self._kept_in
