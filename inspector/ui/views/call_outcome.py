"""How a call ended, above its result."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from inspector.record.text import counted, duration
from inspector.ui.batch_figures import BatchFigures
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import tool_button, tool_tip
from inspector.ui.forms.spec import shown
from inspector.ui.theme import color

_ENDS = {
    "answered": ("✓ {} answered", "good"),
    "failed": ("✗ {} failed", "bad"),
    "cancelled": ("■ {} cancelled", "warn"),
}
_NAME_CHARS = 60


class CallOutcome(QWidget):
    """Sign, name and figures, those of many calls below; `latency_wanted` asks for those of all calls of the tool."""

    latency_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = ElidedLabel()
        self._words.setObjectName("callOutcome")
        self._latency = tool_button("Latency", "Show the latency of this tool's calls")
        self._latency.setObjectName("callLatency")
        self._latency.clicked.connect(self.latency_wanted)
        self._figures = ElidedLabel()
        self._figures.setObjectName("callFigures")
        self._figures.setProperty("muted", True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(2)
        grid.addWidget(self._words, 0, 0)
        grid.addWidget(self._figures, 1, 0, 1, 2)
        grid.addWidget(self._latency, 0, 1)
        grid.setColumnStretch(2, 1)
        self.hide()

    def show_call(self, tool: str, end: str, took_ms: float, events: int, sentence: str) -> None:
        """One call: how it ended (`answered`, `failed` or `cancelled`), how long it took, what came."""
        words, role = _ENDS[end]
        facts = [words.format(shown(tool, _NAME_CHARS)), duration(took_ms)]
        if events:
            facts.append(counted(events, "event"))
        self._show(facts, role, sentence)

    def show_batch(self, tool: str, figures: BatchFigures, sentence: str) -> None:
        """Many calls of one tool."""
        self._show([figures.words(shown(tool, _NAME_CHARS))], figures.role, sentence, figures.times_taken())

    def _show(self, facts: list[str], role: str, sentence: str, figures: str = "") -> None:
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), color(role))
        self._words.setPalette(palette)
        self._words.setText(" · ".join(facts))
        self._words.setToolTip(tool_tip(sentence))
        self._figures.setText(figures)
        for part in (self._figures, self._latency):
            part.setVisible(bool(figures))
        self.show()
