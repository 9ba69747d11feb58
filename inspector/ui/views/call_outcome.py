"""How a call ended, in one line above its result."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

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
    """Sign, name and figures; `latency_wanted` asks for the figures of all calls of the tool."""

    latency_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = ElidedLabel()
        self._words.setObjectName("callOutcome")
        self._latency = tool_button("Latency", "Show the latency of this tool's calls")
        self._latency.setObjectName("callLatency")
        self._latency.clicked.connect(self.latency_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._words)
        row.addWidget(self._latency)
        row.addStretch(1)
        self.hide()

    def show_call(self, tool: str, end: str, took_ms: float, events: int, sentence: str) -> None:
        """One call: how it ended (`answered`, `failed` or `cancelled`), how long it took, what came."""
        words, role = _ENDS[end]
        facts = [words.format(shown(tool, _NAME_CHARS)), duration(took_ms)]
        if events:
            facts.append(counted(events, "event"))
        self._latency.hide()
        self._show(facts, role, sentence)

    def show_batch(self, tool: str, figures: BatchFigures, sentence: str) -> None:
        """Many calls of one tool."""
        self._latency.show()
        self._show(figures.facts(shown(tool, _NAME_CHARS)), figures.role, sentence)

    def _show(self, facts: list[str], role: str, sentence: str) -> None:
        palette = self._words.palette()
        palette.setColor(self._words.foregroundRole(), color(role))
        self._words.setPalette(palette)
        self._words.setText(" · ".join(facts))
        self._words.setToolTip(tool_tip(sentence))
        self.show()
