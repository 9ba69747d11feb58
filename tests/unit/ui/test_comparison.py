"""The differences are those of the kept and the later calls, and are worked out once for each state."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inspector.stats import baselines
from inspector.stats.baselines import baseline_of
from inspector.stats.latency import LatencyRow, LatencyStats
from inspector.ui import comparison
from inspector.ui.comparison import Comparison
from tests.support.rivers import Talk


class Figures(Talk):
    """Calls of tools, folded as they are made."""

    def __init__(self) -> None:
        super().__init__()
        self.latency = LatencyStats()

    def call(self, name: str, times_ms: Sequence[float]) -> None:
        start = len(self)
        for ms in times_ms:
            asked = self.ask(None, name=name)
            self.wait(ms)
            self.answer(None, asked)
        self.latency.fold(self.since(start))

    def row(self, key: str, since_ns: int | None = None) -> LatencyRow:
        return next(row for row in self.latency.rows(since_ns) if row.key == key)


def test_only_calls_of_the_window_are_compared() -> None:
    talk = Figures()
    talk.call("echo", [10 + number / 10 for number in range(80)])
    compared = Comparison(baseline_of(talk.latency, "before", 1.0))
    talk.wait(1)
    since = talk.clock.monotonic_ns()
    talk.call("echo", [20 + number / 10 for number in range(80)])
    p50, p95 = compared.deltas(talk.latency, talk.row("tools/call echo", since), since)
    assert p50 is not None and p95 is not None
    assert (p50.p, p95.p) == (50, 95)
    assert [p50.delta_ms, p95.delta_ms] == pytest.approx([10, 10])
    assert p50.is_sure
    whole, _ = compared.deltas(talk.latency, talk.row("tools/call echo"), None)
    assert whole is not None and whole.delta_ms == pytest.approx(4, abs=1.1)


def test_what_the_baseline_does_not_have_has_no_difference() -> None:
    talk = Figures()
    talk.call("echo", [1.0])
    compared = Comparison(baseline_of(talk.latency, "before", 1.0))
    talk.call("new", [1.0])
    assert compared.deltas(talk.latency, talk.row("tools/call new"), None) == (None, None)


def test_only_what_changed_is_worked_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = Figures()
    talk.call("echo", [1.0, 2.0])
    compared = Comparison(baseline_of(talk.latency, "before", 1.0))
    asked: list[float] = []

    def counted(before: baselines.Values, after: baselines.Values, p: float = 50.0) -> baselines.Delta:
        asked.append(p)
        return baselines.compare(before, after, p)

    monkeypatch.setattr(comparison, "compare", counted)
    for _ in range(3):
        compared.deltas(talk.latency, talk.row("tools/call echo"), None)
    assert asked == [50, 95]
    talk.call("echo", [3.0])
    compared.deltas(talk.latency, talk.row("tools/call echo"), None)
    assert asked == [50, 95, 50, 95]
