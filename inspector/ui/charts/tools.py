"""The tools over the charts: which chart, which time, how durations are drawn."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from inspector.record.text import plain
from inspector.ui.charts.span import SECOND_NS, ZOOM_STEP, Mode, TimeSpan
from inspector.ui.forms.parts import tool_button
from inspector.ui.views.wrapping_row import WrappingRow

if TYPE_CHECKING:
    from inspector.ui.charts.board import ChartBoard

ALL, ALL_CALLS = "All charts", "All calls"
NAMES = {
    ALL: None,
    "Latency": "latency",
    "Distribution": "distribution",
    "Events per second": "events",
    "Bytes received": "bytes",
    "Gaps and heartbeats": "gaps",
    "Streams open": "streams",
    "Reconnects": "reconnects",
}
SPANS = {
    "Last 10 seconds": 10 * SECOND_NS,
    "Last minute": 60 * SECOND_NS,
    "Last 10 minutes": 600 * SECOND_NS,
    "Last hour": 3_600 * SECOND_NS,
}
_LEAST_CHARS, _MOST_PX, _KEY_CHARS = 8, 170, 60
ALL_TIME, BY_HAND = "All time", "Chosen time"


class ChartTools(QWidget):
    """Without a board yet they can only wait."""

    save_wanted = Signal()
    window_wanted = Signal()

    def __init__(self, parent: QWidget | None = None, *, is_live: bool, in_window: bool) -> None:
        super().__init__(parent)
        self._board: ChartBoard | None = None
        self._is_live = is_live
        self.chooser = _box("chartChooser", "Chart", NAMES)
        self.chooser.setCurrentText(ALL if in_window else "Latency")
        self.calls = _box("chartCalls", "Calls of which method or tool", (ALL_CALLS,))
        self.spans = _box("chartSpan", "Time shown", (*SPANS, ALL_TIME, BY_HAND))
        self.farther = _button("chartsFarther", "−", "Show more time (−)")
        self.nearer = _button("chartsNearer", "+", "Show less time, nearer (+)")
        self.now = _button("chartsNow", "Now", "Stay with the newest (End)", checkable=True)
        self.log = _button("chartsLog", "Log", "Durations on a logarithmic scale (L)", checkable=True)
        self.save = _button("chartsSave", "Save…", "Save as picture, drawing or table")
        self.open = _button("chartsOpen", "Window", "Open the charts in a window of their own")
        self._lay_out()
        self.now.setVisible(is_live)
        self.open.setVisible(not in_window)
        self.setEnabled(False)

    @property
    def chosen(self) -> str | None:
        """The name of the chosen chart, None for all."""
        return NAMES[self.chooser.currentText()]

    def work_on(self, board: ChartBoard) -> None:
        """From now on these are the tools of that board."""
        self._board = board
        span = board.span
        self.chooser.currentTextChanged.connect(lambda _: board.show_only(self.chosen))
        self.spans.textActivated.connect(self._choose_span)
        self.calls.activated.connect(lambda place: board.show_calls_of(self.calls.itemData(place) or ""))
        board.keys_changed.connect(self._show_keys)
        self.farther.clicked.connect(partial(board.change_span, partial(span.zoom, 1 / ZOOM_STEP)))
        self.nearer.clicked.connect(partial(board.change_span, partial(span.zoom, ZOOM_STEP)))
        self.now.clicked.connect(partial(board.change_span, span.follow))
        self.log.clicked.connect(board.set_log)
        self.save.clicked.connect(self.save_wanted)
        self.open.clicked.connect(self.window_wanted)
        board.span_changed.connect(self.refresh)
        board.show_only(self.chosen)
        self.setEnabled(True)
        self.refresh()

    def refresh(self) -> None:
        """Show how the charts go on."""
        if self._board is None:
            return
        span = self._board.span
        known = {width_ns: name for name, width_ns in SPANS.items()} if span.mode is Mode.FOLLOW else {}
        self.spans.setCurrentText(known.get(span.width_ns, ALL_TIME if span.mode is Mode.ALL else BY_HAND))
        self.now.setChecked(span.mode is Mode.FOLLOW)
        self.log.setChecked(self._board.is_log)

    def _show_keys(self) -> None:
        """Keys only ever come to those that are there."""
        keys = self._board.source.series.calls.keys if self._board else []
        for key in keys[self.calls.count() - 1 :]:
            self.calls.addItem(plain(key, _KEY_CHARS), key)

    def _choose_span(self, chosen: str) -> None:
        if self._board is None:
            return
        span = self._board.span
        if chosen in SPANS:
            self._board.change_span(partial(_show_last, span, SPANS[chosen], is_live=self._is_live))
        else:
            self._board.change_span(span.show_all if chosen == ALL_TIME else partial(span.pan, 0))

    def _lay_out(self) -> None:
        ways = (self.chooser, self.calls, self.spans, self.farther, self.nearer, self.now, self.log)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(WrappingRow(ways, (self.save, self.open)))


def _show_last(span: TimeSpan, width_ns: int, *, is_live: bool) -> None:
    """The newest of a live river moves on; that of a recording stands."""
    if is_live:
        span.follow(width_ns)
    else:
        span.show(span.last_ns - width_ns, span.last_ns)


def _box(name: str, label: str, entries: dict[str, str | None] | tuple[str, ...]) -> QComboBox:
    box = QComboBox()
    box.setObjectName(name)
    box.setAccessibleName(label)
    box.setToolTip(label)
    box.addItems(list(entries))
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(_LEAST_CHARS)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    box.setMaximumWidth(_MOST_PX)
    return box


def _button(name: str, text: str, meaning: str, *, checkable: bool = False) -> QToolButton:
    button = tool_button(text, meaning, checkable=checkable)
    button.setObjectName(name)
    return button
