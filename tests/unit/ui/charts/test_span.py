"""The time in sight, without a window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.charts.span import DEFAULT_NS, LEAST_NS, SECOND_NS, ZOOM_STEP, Mode, TimeSpan

MINUTE = 60 * SECOND_NS
PIXELS = 600


def mode_of(made: TimeSpan) -> Mode:
    return made.mode


def span(mode: Mode = Mode.FOLLOW, last_ns: int = 10 * MINUTE) -> TimeSpan:
    made = TimeSpan(mode)
    made.set_bounds(0, last_ns)
    return made


def test_following_shows_the_newest_minute_with_a_little_room_behind_it() -> None:
    sight = span().sight(PIXELS)
    assert sight.width_ns == DEFAULT_NS
    assert 0 < sight.end_ns - 10 * MINUTE <= MINUTE // 50


def test_following_moves_on_in_whole_pixels() -> None:
    made = span()
    before = made.sight(PIXELS)
    made.set_bounds(0, 10 * MINUTE + MINUTE // PIXELS // 10)
    starts = {made.sight(PIXELS).start_ns - before.start_ns}
    made.set_bounds(0, 10 * MINUTE + MINUTE // PIXELS)
    assert starts <= {0, MINUTE // PIXELS}
    assert made.sight(PIXELS).start_ns - before.start_ns == MINUTE // PIXELS


def test_what_is_shorter_than_the_width_fills_it_from_the_left() -> None:
    made = span(last_ns=10 * SECOND_NS)
    before = made.sight(PIXELS)
    assert -MINUTE // 50 <= before.start_ns <= 0
    made.set_bounds(0, 20 * SECOND_NS)
    assert made.sight(PIXELS) == before


def test_all_shows_everything_and_what_will_be() -> None:
    made = span(Mode.ALL)
    for last_ns in (10 * MINUTE, 20 * MINUTE):
        made.set_bounds(0, last_ns)
        sight = made.sight(PIXELS)
        assert sight.start_ns <= 0
        assert last_ns <= sight.end_ns <= last_ns * 1.05


def test_zooming_follows_on_unless_a_place_is_pointed_at() -> None:
    made = span()
    made.zoom(2)
    assert (made.mode, made.sight(PIXELS).width_ns) == (Mode.FOLLOW, MINUTE // 2)
    at_ns = 10 * MINUTE - 10 * SECOND_NS
    before = made.sight(PIXELS)
    share = (at_ns - before.start_ns) / before.width_ns
    made.zoom(2, at_ns)
    after = made.sight(PIXELS)
    assert mode_of(made) is Mode.FREE
    assert abs((at_ns - after.start_ns) / after.width_ns - share) < 0.01


def test_zooming_out_ends_with_everything() -> None:
    made = span()
    made.pan(-0.5)
    for _ in range(20):
        made.zoom(1 / ZOOM_STEP)
    assert mode_of(made) is Mode.ALL


def test_zooming_in_ends_somewhere() -> None:
    made = span()
    for _ in range(60):
        made.zoom(2, 5 * MINUTE)
    assert made.sight(PIXELS).width_ns == LEAST_NS


def test_home_and_end() -> None:
    made = span()
    made.home()
    assert made.sight(PIXELS).start_ns == 0
    assert mode_of(made) is Mode.FREE
    made.follow()
    assert mode_of(made) is Mode.FOLLOW
    assert made.sight(PIXELS).end_ns > 10 * MINUTE
    made.follow(10 * SECOND_NS)
    assert made.sight(PIXELS).width_ns == 10 * SECOND_NS
    made.show(MINUTE, 2 * MINUTE)
    assert (made.sight(PIXELS).start_ns, made.sight(PIXELS).end_ns) == (MINUTE, 2 * MINUTE)
    made.show_all()
    assert mode_of(made) is Mode.ALL


@given(
    st.lists(st.tuples(st.sampled_from(["pan", "zoom", "at"]), st.floats(-30, 30)), max_size=12), st.integers(0, 10**12)
)
def test_something_is_always_in_sight(told: list[tuple[str, float]], last_ns: int) -> None:
    made = span(last_ns=last_ns)
    for what, amount in told:
        if what == "pan":
            made.pan(amount)
        else:
            made.zoom(2**amount, None if what == "zoom" else last_ns // 2)
        sight = made.sight(PIXELS)
        assert sight.width_ns >= LEAST_NS
        assert sight.start_ns <= last_ns
        assert sight.end_ns >= 0
