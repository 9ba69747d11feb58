from __future__ import annotations

from inspector.ui.charts.pace import FLOOD_PER_S, ChartPace, Share

MS = 10**6


class Clock:
    now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def drawn_share(per_s: int, cost_ms: float, hand: bool = False) -> tuple[float, Share]:
    """The share of two seconds that goes into drawing while so many events come."""
    clock = Clock()
    pace = ChartPace(clock)
    spent_ns = 0
    end_ns = 2_000 * MS
    while clock.now_ns < end_ns:
        if hand:
            pace.touched()
        if pace.is_due(clock.now_ns * per_s // 10**9):
            clock.now_ns += round(cost_ms * MS)
            spent_ns += round(cost_ms * MS)
            pace.spent(round(cost_ms * MS))
        clock.now_ns += MS
    return spent_ns / end_ns, pace.share


def test_drawing_takes_no_more_than_its_share() -> None:
    for per_s, share in ((0, Share.STILL), (100, Share.CALM), (10 * FLOOD_PER_S, Share.FLOOD)):
        took, judged = drawn_share(per_s, 4.0)
        assert judged is share
        assert share * 0.5 <= took <= share * 1.3 + 0.03  # the first quarter of a second is not judged yet


def test_a_cheap_chart_is_drawn_sixty_times_a_second() -> None:
    took, _ = drawn_share(100, 1.0)
    assert took / 1e-3 >= 60


def test_a_frame_that_is_late_in_a_flood_is_not_made_later_but_not_for_ever() -> None:
    clock = Clock()
    pace = ChartPace(clock)

    def due_after(ms: int) -> bool:
        clock.now_ns += ms * MS
        return pace.is_due(clock.now_ns * FLOOD_PER_S // 10**8)

    assert not due_after(300)
    assert pace.share is Share.FLOOD
    assert due_after(16)
    late = [due_after(30) for _ in range(8)]
    assert late == [False] * 6 + [True, False]
    assert due_after(16)


def test_news_after_a_silence_are_drawn_at_once() -> None:
    clock = Clock()
    pace = ChartPace(clock)
    assert pace.is_due(0)
    pace.spent(100 * MS)
    clock.now_ns += MS
    assert not pace.is_due(0)
    assert pace.is_due(1)


def test_what_the_user_moves_is_drawn_at_once() -> None:
    clock = Clock()
    pace = ChartPace(clock)
    assert pace.is_due(0)
    pace.spent(100 * MS)
    assert not pace.is_due(0)
    pace.touched()
    assert pace.is_due(0)
    pace.spent(3 * MS)
    clock.now_ns += 3 * MS
    assert pace.is_due(0)
    assert drawn_share(0, 3.0, hand=True)[0] > drawn_share(0, 3.0)[0] * 4
