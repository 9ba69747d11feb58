"""Whether the connection stands, how often it fell, and how it came back."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from inspector.record.text import duration, plain
from inspector.stats.reconnects import NO_LOSS, ReconnectStats, ReconnectSummary, Step
from inspector.trace.clock import Clock
from inspector.trace.events import ConnectionState
from inspector.ui import theme
from inspector.ui.models.table_model import NOTHING, Column, TableModel
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable

_EMPTY = "Not connected yet. Once connected, every loss, every attempt and the pause before it stand here."
_FACTS = ("State", "Up", "Availability", "Last event id", "Reconnects", "Attempts", "Downtime", "Server asks for")
_FACTS_PER_LINE = 4
_WIDE_PX = 700

_STATES = {
    ConnectionState.IDLE: ("○", "muted"),
    ConnectionState.CONNECTING: ("◌", "note"),
    ConnectionState.WAITING_FOR_HEADERS: ("◌", "note"),
    ConnectionState.OPEN: ("●", "good"),
    ConnectionState.RECONNECTING: ("↻", "warn"),
    ConnectionState.CLOSED: ("■", "muted"),
}


def _time(at: float) -> str:
    try:
        return datetime.fromtimestamp(at, tz=UTC).astimezone().strftime("%H:%M:%S.%f")
    except (OverflowError, OSError, ValueError):
        return str(at)  # a damaged recording


def _what(step: Step) -> str:
    if step.cause is not None:
        return f"ended: {step.cause}"
    if step.state is ConnectionState.RECONNECTING and step.attempt:
        return f"attempt {step.attempt:,}"
    return step.state or ""


def _what_role(step: Step) -> str:
    if step.cause is not None:
        return "muted" if step.cause in NO_LOSS else "bad"
    return "text" if step.state is None else _STATES[step.state][1]


COLUMNS: tuple[Column[Step], ...] = (
    Column("Time", lambda step: (step.at, step.n), lambda value: _time(value[0]), "00:00:00.000000", True),
    Column("What", _what, plain, "ended: connection refused", role=_what_role),
    Column(
        "Lasted s",
        lambda step: step.age_ms,
        lambda value: f"{value / 1e3:,.1f}",
        "00,000.0",
        True,
        "How long the stream had been open",
    ),
    Column("Delay ms", lambda step: step.delay_ms, "{:,.0f}".format, "00,000", True, "The pause before this attempt"),
    Column(
        "Asked ms", lambda step: step.asked_ms, "{:,}".format, "00,000", True, "The pause the server's retry: asks for"
    ),
    Column("Last-Event-ID", lambda step: step.last_event_id, plain, "0000000000", hint="The id the next GET sends"),
    Column("Reason", lambda step: step.reason or None, plain, "The server closed the connection."),
)


class ReconnectPane(Pane):
    """Facts about the latest connection, and the history of all, the newest step first; `jump` goes to its event.

    With a `clock` times run on while nothing comes; without one (a recording) they are as of its last event.
    """

    def __init__(self, reconnects: ReconnectStats, clock: Clock | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reconnects = reconnects
        self._clock = clock
        self._model = TableModel(COLUMNS, lambda step: step.n)
        self._table = StatTable(self._model, lambda step: step.n, _EMPTY)
        self._table.setObjectName("reconnectTable")
        self._table.setAccessibleName("History of the connection")
        self._table.setToolTip("Double click a row to go to its event")
        self._table.horizontalHeader().setStretchLastSection(True)
        self._table.sort_by(0, Qt.SortOrder.DescendingOrder)
        self._table.jump.connect(self.jump)
        self._facts = _FactSheet()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self._facts)
        layout.addWidget(self._table, 1)
        self.refresh()

    def refresh(self) -> None:
        """Show the connection as it is now."""
        now = self._reconnects.summary(None if self._clock is None else self._clock.monotonic_ns())
        self._facts.setVisible(now is not None)
        if now is not None:
            self._facts.show_summary(now)
        self._model.replace(list(self._reconnects.steps))


class _FactSheet(QWidget):
    """The facts in two lines, or in four where there is no room for two: a caption before each value."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(2, 0, 2, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(3 * _FACTS_PER_LINE, 1)
        self._values: dict[str, QLabel] = {}
        self._captions: dict[str, QLabel] = {}
        self._per_line = 0
        for name in _FACTS:
            caption = self._captions[name] = QLabel(name)
            caption.setProperty("muted", True)
            self._value(name)
        self._arrange(_FACTS_PER_LINE)

    def minimumSizeHint(self) -> QSize:
        """It must not push the other panes aside."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange(_FACTS_PER_LINE if self.width() >= _WIDE_PX else _FACTS_PER_LINE // 2)

    def _arrange(self, per_line: int) -> None:
        if per_line == self._per_line:
            return
        self._per_line = per_line
        for place, name in enumerate(_FACTS):
            line, column = divmod(place, per_line)
            self._grid.addWidget(self._captions[name], line, 3 * column)
            self._grid.addWidget(self._values[name], line, 3 * column + 1)
            self._grid.setColumnMinimumWidth(3 * column + 2, 16)

    def show_summary(self, now: ReconnectSummary) -> None:
        for name, text in zip(_FACTS, _facts(now), strict=True):
            self._values[name].setText(text)
        if self._grid.minimumSize().width() > self.width():
            self._arrange(_FACTS_PER_LINE // 2)
        self._values["Last event id"].setToolTip(plain(now.last_event_id or ""))
        self._values["State"].setStyleSheet(f"color: {theme.color(_STATES[now.state][1]).name()}")

    def _value(self, name: str) -> None:
        label = self._values[name] = QLabel()
        label.setObjectName("fact" + name.title().replace(" ", ""))
        label.setAccessibleName(name)
        label.setProperty("heading", True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)


def _facts(now: ReconnectSummary) -> tuple[str, ...]:
    """The texts of `_FACTS`."""
    return (
        f"{_STATES[now.state][0]} {now.state}",
        _up(now),
        NOTHING if now.availability is None else f"{now.availability:.2%}",
        NOTHING if now.last_event_id is None else plain(now.last_event_id, 24) or "(empty)",
        f"{now.reconnects:,}",
        f"{now.attempts:,}",
        _down(now),
        NOTHING if now.asked_ms is None else duration(now.asked_ms),
    )


def _up(now: ReconnectSummary) -> str:
    if now.open_ms is None or now.open_ms == now.uptime_ms:
        return _span(now.uptime_ms)
    return f"{_span(now.open_ms)}, {_span(now.uptime_ms)} in all"


def _down(now: ReconnectSummary) -> str:
    if now.down_ms is not None:
        return f"{_span(now.down_ms)} now, {_span(now.downtime_ms)} in all"
    if now.last_downtime_ms is not None and now.last_downtime_ms != now.downtime_ms:
        return f"{_span(now.downtime_ms)}, last {_span(now.last_downtime_ms)}"
    return _span(now.downtime_ms)


def _span(ms: float) -> str:
    """A duration that is read while it runs: tenths of a second are enough."""
    return f"{ms / 1e3:.1f} s" if ms < 60_000 else duration(ms)
