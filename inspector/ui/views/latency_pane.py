"""How long the server takes, per method and tool."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from inspector.record.text import counted, duration, plain
from inspector.stats.latency import LatencyRow, LatencyStats
from inspector.ui.models.table_model import Column, TableModel
from inspector.ui.views.lazy_tab import Pane
from inspector.ui.views.stat_table import StatTable

_EMPTY = "No requests yet. Call a tool or list something, and its round trips are timed here."


def _ms(title: str, value: Callable[[LatencyRow], float | None], hint: str) -> Column[LatencyRow]:
    return Column(title, value, "{:,.2f}".format, "0,000.00", True, hint)


def _count(title: str, value: Callable[[LatencyRow], int], hint: str, role: str | None = None) -> Column[LatencyRow]:
    return Column(title, value, "{:,}".format, "00,000", True, hint, lambda row: role if role and value(row) else None)


COLUMNS: tuple[Column[LatencyRow], ...] = (
    Column("Method or tool", lambda row: row.key, plain, "tools/call search_documents"),
    _count("Calls", lambda row: row.count, "Requests sent"),
    _ms("Last ms", lambda row: row.last_ms, "Round trip of the latest answer"),
    _ms("p50 ms", lambda row: row.p50_ms, "Half of the round trips were shorter (within 1 %)"),
    _ms("p95 ms", lambda row: row.p95_ms, "95 of 100 round trips were shorter (within 1 %)"),
    _ms("p99 ms", lambda row: row.p99_ms, "99 of 100 round trips were shorter (within 1 %)"),
    _ms("Max ms", lambda row: row.max_ms, "The longest round trip"),
    _count("Errors", lambda row: row.errors, "Answers that were an error or a failed tool", "bad"),
    _count("Lost", lambda row: row.lost, "Requests whose stream ended without an answer", "bad"),
    _count("Timed out", lambda row: row.timed_out, "Requests we stopped waiting for", "warn"),
    _count("Cancelled", lambda row: row.cancelled, "Requests that were cancelled"),
    _count("In flight", lambda row: row.in_flight, "Requests that wait for their answer"),
    _ms("Headers ms", lambda row: row.ttfb_p50_ms, "Median time until the response headers came"),
    _ms("First event ms", lambda row: row.ttfe_p50_ms, "Median time until the first event or comment came"),
    _ms("Gap p50 ms", lambda row: row.gap_p50_ms, "Median time between two events of one stream"),
    _ms("Gap p95 ms", lambda row: row.gap_p95_ms, "95 of 100 gaps between two events were shorter"),
    _ms("Gap max ms", lambda row: row.gap_max_ms, "The longest gap between two events of one stream"),
)


class LatencyPane(Pane):
    """A line about all calls, and a row for each method and tool; `jump` goes to the slowest call of a row."""

    def __init__(self, latency: LatencyStats, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._latency = latency
        self._model = TableModel(COLUMNS, lambda row: row.key)
        self._table = StatTable(self._model, lambda row: row.slowest_n, _EMPTY)
        self._table.setObjectName("latencyTable")
        self._table.setAccessibleName("Latency per method and tool")
        self._table.setToolTip("Double click a row to go to its slowest call")
        self._table.jump.connect(self.jump)
        self._summary = QLabel()
        self._summary.setObjectName("latencySummary")
        self._summary.setAccessibleName("Latency of all calls")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self._summary)
        layout.addWidget(self._table)
        self.refresh()

    def show_tool(self, tool: str) -> None:
        """Select the row of a tool's calls."""

    def refresh(self) -> None:
        """Show the figures as they are now."""
        rows = self._latency.rows()
        self._model.replace(rows)
        self._summary.setVisible(bool(rows))
        if rows:
            self._summary.setText(_sentence(self._latency.total()))


def _sentence(total: LatencyRow) -> str:
    parts = [counted(total.count, "call")]
    if total.in_flight:
        parts.append(f"{total.in_flight:,} in flight")
    if total.p50_ms is not None and total.p95_ms is not None and total.max_ms is not None:
        parts += [f"p50 {duration(total.p50_ms)}", f"p95 {duration(total.p95_ms)}", f"max {duration(total.max_ms)}"]
    return " · ".join(parts)
