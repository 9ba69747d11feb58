"""Which log entries can be handled many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.protocol import log_entry
from inspector.trace.events import AnyEvent, Direction, Message, MessageType
from inspector.trace.log_entries import LEAST, LOG_ENTRY, parts
from tests.support.rivers import Talk
from tests.support.stored import rivers

RAWS = [b"data: %d\n\n" % number for number in range(20)]


def shapes(events: Sequence[AnyEvent]) -> list[tuple[bool, int]]:
    return [(are_alike, len(part)) for are_alike, part in parts(events)]


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_what_a_flood_is_made_of(talk: Talk) -> None:
    talk.headers(1)
    talk.log_entries(1, RAWS)
    talk.wait(1)
    talk.log_entries(1, RAWS)
    talk.comment(1)
    assert shapes(talk.since(0)) == [(False, 2), (True, 20), (False, 1), (True, 20), (False, 1)]


def test_an_entry_in_two_pieces_goes_with_what_came_before(talk: Talk) -> None:
    talk.log_entries(1, RAWS)
    events = talk.since(0)
    events[1] = replace(events[1], first_byte_ns=5)
    assert shapes(events) == [(False, 2), (True, 19)]


@pytest.mark.parametrize(
    "change",
    [
        {"method": log_entry.METHOD[:1] + log_entry.METHOD[1:]},
        {"stream": 2},
        {"connection": 2},
        {"at": 1.5},
        {"monotonic_ns": 7},
        {"first_byte_ns": 7},
        {"direction": Direction.OUTBOUND},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("place", [2, 10, 20])
def test_one_that_is_other_makes_all_others(talk: Talk, change: dict[str, object], place: int) -> None:
    talk.log_entries(1, RAWS)
    events = talk.since(0)
    events[place] = replace(events[place], **change)
    assert shapes(events) == [(False, 21)]


def test_a_few_are_not_worth_it(talk: Talk) -> None:
    talk.log_entries(1, RAWS[: LEAST - 1])
    assert shapes(talk.since(0)) == [(False, LEAST)]


def test_messages_of_the_same_method_are_others(talk: Talk) -> None:
    for _ in range(20):
        talk.message(1, MessageType.NOTIFICATION, method="".join(log_entry.METHOD), first_byte_ns=0)
    assert LOG_ENTRY.method == log_entry.METHOD and LOG_ENTRY.method is not log_entry.METHOD
    assert shapes(talk.since(0)) == [(False, 20)]
    assert parts([]) == []


@given(rivers(), st.lists(st.integers(0, 30), max_size=4), st.integers(0, 25))
def test_nothing_is_lost_and_the_order_is_kept(others: list[AnyEvent], sizes: list[int], place: int) -> None:
    talk = Talk()
    for size in sizes:
        talk.log_entries(1, RAWS[:1] * size)
    events = [*others[:place], *talk.since(0), *others[place:]]
    found = parts(events)
    assert list(chain.from_iterable(part for _, part in found)) == events
    for are_alike, part in found:
        assert not are_alike or all(type(event) is Message and event.stream == 1 for event in part)
