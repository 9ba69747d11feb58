"""The columns of the latency of methods and tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspector.record.text import plain
from inspector.stats.baselines import Delta
from inspector.stats.latency import LatencyRow
from inspector.ui.models.table_model import NOTHING, Column


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """The figures of a method or tool, and how they differ from a baseline if they are compared with one."""

    row: LatencyRow
    p50: Delta | None = None
    p95: Delta | None = None


def _ms(title: str, value: Callable[[LatencyRow], float | None], hint: str) -> Column[KeyFigures]:
    return Column(title, lambda figures: value(figures.row), "{:,.2f}".format, "0,000.00", True, hint)


def _count(title: str, value: Callable[[LatencyRow], int], hint: str, role: str | None = None) -> Column[KeyFigures]:
    return Column(
        title,
        lambda figures: value(figures.row),
        "{:,}".format,
        "00,000",
        True,
        hint,
        lambda figures: role if role and value(figures.row) else None,
    )


def _server_share(row: LatencyRow) -> float | None:
    """The server's share of what the median call took, where it says how long it worked."""
    server_ms, network_ms = row.server_p50_ms, row.network_p50_ms
    if server_ms is None or network_ms is None or server_ms + network_ms <= 0:
        return None
    return server_ms / (server_ms + network_ms)


def _delta(title: str, delta: Callable[[KeyFigures], Delta | None], hint: str) -> Column[KeyFigures]:
    """A difference in words, sorted by its size; colour only where it is sure."""
    return Column(
        title,
        lambda figures: _sortable(delta(figures)),
        lambda value: value.words,
        "slower by 20.0 ms (95 %: 10.0 to 30.0)",
        hint=hint,
        role=lambda figures: _role(delta(figures)),
    )


class _Difference(float):
    """A number of milliseconds that knows what is said of it."""

    words = NOTHING


def _sortable(delta: Delta | None) -> _Difference | None:
    if delta is None:
        return None
    value = _Difference(0.0 if delta.delta_ms is None else delta.delta_ms)
    value.words = delta.words
    return value


def _role(delta: Delta | None) -> str:
    if delta is None or not delta.is_sure or delta.delta_ms is None:
        return "muted"
    return "bad" if delta.delta_ms > 0 else "good"


COLUMNS: tuple[Column[KeyFigures], ...] = (
    Column("Method or tool", lambda figures: figures.row.key, plain, "tools/call search_documents"),
    _count("Calls", lambda row: row.count, "Requests sent"),
    _ms("p50 ms", lambda row: row.p50_ms, "Half of the round trips were shorter"),
    _delta("p50 against baseline", lambda figures: figures.p50, "How the median differs from the baseline's"),
    _ms("p95 ms", lambda row: row.p95_ms, "95 of 100 round trips were shorter"),
    _delta("p95 against baseline", lambda figures: figures.p95, "How the 95th percentile differs from the baseline's"),
    _ms("p99 ms", lambda row: row.p99_ms, "99 of 100 round trips were shorter"),
    _ms("Max ms", lambda row: row.max_ms, "The longest round trip"),
    _ms("Last ms", lambda row: row.last_ms, "Round trip of the latest answer"),
    _count("Errors", lambda row: row.errors, "Answers that were an error or a failed tool", "bad"),
    _count("Lost", lambda row: row.lost, "Requests whose stream ended without an answer", "bad"),
    _count("Timed out", lambda row: row.timed_out, "Requests we stopped waiting for", "warn"),
    _count("Cancelled", lambda row: row.cancelled, "Requests that were cancelled"),
    _count("In flight", lambda row: row.in_flight, "Requests that wait for their answer"),
    _ms("Headers ms", lambda row: row.ttfb_p50_ms, "Median time until the response headers came"),
    _ms("First byte ms", lambda row: row.first_byte_p50_ms, "Median time until the first byte behind them came"),
    _ms("First event ms", lambda row: row.ttfe_p50_ms, "Median time until the first event or comment came"),
    _ms("Progress ms", lambda row: row.first_progress_p50_ms, "Median time until the first progress came"),
    _ms("Gap p50 ms", lambda row: row.gap_p50_ms, "Median time between two events of one stream"),
    _ms("Gap p95 ms", lambda row: row.gap_p95_ms, "95 of 100 gaps between two events were shorter"),
    _ms("Gap p99 ms", lambda row: row.gap_p99_ms, "99 of 100 gaps between two events were shorter"),
    _ms("Gap max ms", lambda row: row.gap_max_ms, "The longest gap between two events of one stream"),
    _ms("Gap jitter ms", lambda row: row.gap_jitter_ms, "Mean difference between a gap and the one before"),
    _ms("To end ms", lambda row: row.last_event_to_end_p50_ms, "Median time from the last event to the stream's end"),
    _ms("TCP ms", lambda row: row.connect_p50_ms, "Median time of TCP connects, where a socket was opened"),
    _ms("Server ms", lambda row: row.server_p50_ms, "Median of what the server says of its own time"),
    _ms("Network ms", lambda row: row.network_p50_ms, "Median of the rest, where the server says of its own time"),
    Column(
        "Server share",
        lambda figures: _server_share(figures.row),
        "{:.0%}".format,
        "100%",
        True,
        "The server's part of that time; Server-Timing or stamps tell of it",
    ),
)
BASELINE_COLUMNS = tuple(place for place, column in enumerate(COLUMNS) if column.title.endswith("against baseline"))
