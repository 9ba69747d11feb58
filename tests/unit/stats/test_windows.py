"""Where a window begins."""

from __future__ import annotations

from inspector.stats.windows import Window, since_ns

MINUTE_NS = 60_000_000_000


def test_each_window_begins_where_its_name_says() -> None:
    now_ns = 100 * MINUTE_NS
    assert since_ns(Window.MINUTE, now_ns) == 99 * MINUTE_NS
    assert since_ns(Window.TEN_MINUTES, now_ns) == 90 * MINUTE_NS
    assert since_ns(Window.SESSION, now_ns, 5) is None
    assert since_ns(Window.SINCE_MARK, now_ns, 5) == 5


def test_without_a_mark_all_there_is_counts() -> None:
    assert since_ns(Window.SINCE_MARK, 7) is None
