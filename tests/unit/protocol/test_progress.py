"""Tokens and steps of progress, apart from any conversation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from inspector.protocol import progress
from inspector.protocol.breach import Severity
from inspector.protocol.progress import Progress


def test_r6_asking_for_progress_leaves_the_callers_params_alone() -> None:
    params: dict[str, Any] = {"name": "x", "_meta": {"trace": "1"}}
    asked = progress.with_token(params, 7)
    assert asked == {"name": "x", "_meta": {"progressToken": 7, "trace": "1"}}
    assert params == {"name": "x", "_meta": {"trace": "1"}}
    assert progress.token_in(asked) == 7


@pytest.mark.parametrize("params", [None, {}, {"_meta": None}, {"_meta": 1}, {"_meta": {"progressToken": True}}])
def test_r6_no_token_is_seen_where_none_is(params: dict[str, Any] | None) -> None:
    assert progress.token_in(params) is None


@pytest.mark.parametrize("total", [None, "3", True, 10**400, float("inf"), Decimal("1e999")])
def test_r6_a_total_that_is_no_number_is_unknown(total: Any) -> None:
    assert progress.read({"progress": 1, "total": total}) == Progress(1, None, "")


def test_r6_a_step_back_names_both_values() -> None:
    (breach,) = progress.check_step(Progress(10, None, ""), Progress(5.5, None, ""), "a" * 100)
    assert breach.rule == "progress-not-monotonic"
    assert "from 10 to 5.5" in breach.text
    assert len(breach.text) < 150


@pytest.mark.parametrize(
    ("before", "now", "severity", "said"),
    [
        (None, Progress(11, 10, ""), Severity.WARN, "more than its total of 10"),
        (Progress(1, 10, ""), Progress(2, 20, ""), Severity.NOTE, "total of 7 went from 10 to 20"),
    ],
)
def test_r6_a_total_is_reached_and_stays(before: Progress | None, now: Progress, severity: Severity, said: str) -> None:
    (breach,) = progress.check_step(before, now, 7)
    assert breach.rule == "progress-not-monotonic" and breach.severity is severity
    assert said in breach.text


@pytest.mark.parametrize("before", [None, Progress(1, None, ""), Progress(1, 10, "")])
def test_r6_progress_up_to_its_total_is_right(before: Progress | None) -> None:
    assert progress.check_step(before, Progress(10, 10, ""), 7) == ()
