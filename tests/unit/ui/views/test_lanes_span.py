from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.views.lanes_span import MIN_COLUMN_NS, Mode, Span

SECOND = 10**9


def mode_of(span: Span) -> Mode:
    return span.mode


@pytest.fixture
def span() -> Span:
    span = Span()
    span.set_bounds(0, 100 * SECOND, 1_000)
    return span


def test_everything_is_in_sight_until_somebody_zooms(span: Span) -> None:
    assert span.columns.start_ns <= 0
    assert 100 * SECOND < span.columns.end_ns < 120 * SECOND
    span.set_bounds(0, 900 * SECOND, 1_000)
    assert span.columns.end_ns > 900 * SECOND
    span.zoom(2, 500)
    before = span.columns
    span.set_bounds(0, 2_000 * SECOND, 1_000)
    assert (span.columns, span.mode) == (before, Mode.FREE)


@given(st.lists(st.tuples(st.floats(0.2, 5), st.integers(0, 999)), max_size=30))
def test_zooming_keeps_the_time_under_the_pointer(steps: list[tuple[float, int]]) -> None:
    span = Span()
    span.set_bounds(0, 100 * SECOND, 1_000)
    for factor, column in steps:
        before = span.columns
        at_ns = before.start_ns + column * before.step_ns
        is_inside = 0 <= at_ns <= 100 * SECOND
        span.zoom(factor, column)
        after = span.columns
        assert after.step_ns >= MIN_COLUMN_NS
        if span.mode is Mode.FREE and is_inside and factor >= 1 and after.step_ns < before.step_ns:
            edge = 100 * SECOND - after.count * after.step_ns // 8
            if -after.count * after.step_ns // 2 < at_ns - column * after.step_ns < edge:
                assert abs(after.column(at_ns) - column) <= 1


def test_zooming_out_ends_with_everything(span: Span) -> None:
    span.zoom(10, 100)
    for _ in range(10):
        span.zoom(0.5, 100)
    assert span.mode is Mode.FIT


def test_nothing_is_shown_past_all_there_is(span: Span) -> None:
    span.zoom(4, 500)
    span.pan(10**6)
    assert span.columns.start_ns < 100 * SECOND
    span.pan(-(10**6))
    assert span.columns.end_ns > 0
    span.home()
    assert 0 <= -span.columns.start_ns <= span.columns.step_ns


def test_following_stays_with_the_newest(span: Span) -> None:
    span.zoom(4, 500)
    step_ns = span.columns.step_ns
    span.follow()
    span.set_bounds(0, 500 * SECOND, 1_000)
    assert 950 <= span.columns.column(500 * SECOND) < 1_000
    span.zoom(2, 0)
    assert mode_of(span) is Mode.FOLLOW
    assert span.columns.step_ns < step_ns
    assert 950 <= span.columns.column(500 * SECOND) < 1_000
    span.pan(-10)
    assert mode_of(span) is Mode.FREE


def test_a_time_is_brought_into_sight(span: Span) -> None:
    span.zoom(50, 0)
    span.reveal(80 * SECOND)
    assert abs(span.columns.column(80 * SECOND) - 500) <= 1
    before = span.columns
    span.reveal(80 * SECOND)
    assert span.columns == before


def test_a_width_that_changes_keeps_the_scale(span: Span) -> None:
    span.show(10 * SECOND, 20 * SECOND)
    step_ns = span.columns.step_ns
    span.set_bounds(0, 100 * SECOND, 300)
    assert (span.columns.step_ns, span.columns.count) == (step_ns, 300)


def test_a_single_moment_has_a_span() -> None:
    span = Span()
    span.set_bounds(5, 5, 100)
    assert span.columns.start_ns <= 5 < span.columns.end_ns
