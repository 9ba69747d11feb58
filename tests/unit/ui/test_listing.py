"""The names of the lists, and how current one is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from inspector.trace.clock import FakeClock
from inspector.ui.listing import Listing, ListKind, freshness_words, span, time_of_day


@dataclass(frozen=True)
class Lasting:
    fresh_until: float
    ttl_ms: float = 1_000


def test_each_list_has_its_method_key_and_capability() -> None:
    told = [(kind.method, kind.key, kind.capability) for kind in ListKind]
    assert told == [
        ("tools/list", "tools", "tools"),
        ("resources/list", "resources", "resources"),
        ("resources/templates/list", "resourceTemplates", "resources"),
        ("prompts/list", "prompts", "prompts"),
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (28, "28 s"),
        (90, "90 s"),
        (91, "2 min"),
        (240, "4 min"),
        (7_200, "2 h"),
        (864_000, "10 days"),
        (float("inf"), "11,574,075 days"),
    ],
)
def test_spans_are_rounded_up(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_freshness_runs_out() -> None:
    clock = FakeClock()
    lasting = Lasting(fresh_until=30.0)
    assert freshness_words(lasting, clock.time(), clock, "read") == "fresh for 30 s"
    clock.advance(20)
    assert freshness_words(lasting, clock.time(), clock, "read") == "fresh for 10 s"
    clock.advance(70)
    assert freshness_words(lasting, clock.time(), clock, "read") == f"stale since {time_of_day(clock.time() - 60)}"


def test_without_a_time_to_live_it_is_said_when_it_was_read() -> None:
    clock = FakeClock()
    for lasting in (None, Lasting(fresh_until=99, ttl_ms=0)):
        assert freshness_words(lasting, clock.time(), clock, "read") == f"read {time_of_day(clock.time())}"


def test_a_listing_says_how_current_it_is() -> None:
    clock = FakeClock()
    at = clock.time()
    assert Listing(ListKind.TOOLS).age_words(clock) == ""
    assert Listing(ListKind.TOOLS, [], is_loading=True).age_words(clock) == "loading …"
    assert Listing(ListKind.TOOLS, [], listed_at=at, is_changed=True).age_words(clock) == "changed on the server"
    assert Listing(ListKind.TOOLS, [], listed_at=at).age_words(clock) == f"listed {time_of_day(at)}"


def test_a_time_that_no_calendar_has_is_a_question_mark() -> None:
    assert time_of_day(float("nan")) == time_of_day(1e300) == "?"
