"""Calls that belong together are counted as they end."""

from __future__ import annotations

import pytest

from inspector.ui.batch import CANCELLED, Batch
from inspector.ui.views.call_pane import CallView


def test_a_batch_counts_what_failed_and_times_what_was_answered() -> None:
    batch = Batch("echo", 5)
    for view in (CallView(True, rtt_ms=10.0), CallView(False, rtt_ms=30.0), CallView(False, sentence="It is lost.")):
        batch.count(view)
    outcome = batch.outcome()
    figures = outcome.batch
    assert figures is not None
    assert (figures.times, figures.done, figures.failed) == (5, 3, 2)
    assert (figures.p50_ms, figures.max_ms) == (20.0, 30.0)
    assert outcome.sentence == "It is lost."


def test_one_call_is_no_batch() -> None:
    batch = Batch("echo", 1)
    assert batch.outcome() is CANCELLED
    view = CallView(True, rtt_ms=10.0)
    batch.count(view)
    assert batch.outcome() is view


def test_it_is_shown_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Batch("echo", 1_000)
    batch.count(CallView(True))
    assert not batch.is_due()
    monkeypatch.setattr("inspector.ui.batch.SHOW_EVERY_NS", 0)
    assert batch.is_due()
