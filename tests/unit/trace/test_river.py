"""The river: numbers without gaps, and followers that miss nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.trace.clock import FakeClock, SystemClock
from inspector.trace.events import AnyEvent, AttemptMade, ChunkReceived, Direction, TraceEvent
from inspector.trace.river import River


def chunk(river: River, offset: int = 0, **more: Any) -> ChunkReceived:
    return river.emit(ChunkReceived, offset=offset, data=b"", **more)


async def numbers(river: River, since: int = 0) -> list[int]:
    return [event.n async for event in river.follow(since)]


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_numbers_have_no_gaps() -> None:
    river = River(FakeClock())
    for offset in range(5):
        assert chunk(river, offset).n == offset
    assert [event.n for event in river.since(0)] == [0, 1, 2, 3, 4]
    assert len(river) == 5
    assert river[3].n == 3


def test_an_event_that_cannot_be_made_takes_no_number() -> None:
    river = River(FakeClock())
    with pytest.raises(TypeError):
        river.emit(ChunkReceived, unknown=1)
    assert chunk(river).n == 0


def test_an_event_carries_what_it_was_given() -> None:
    river = River(FakeClock())
    event = river.emit(AttemptMade, connection=2, transport="raw-sse", verdict="No.", succeeded=False)
    assert event is river[0]
    assert (event.connection, event.stream, event.direction) == (2, None, None)
    assert chunk(river, direction=Direction.INBOUND).direction is Direction.INBOUND


def test_an_event_can_be_numbered_and_stamped_before_it_is_appended() -> None:
    clock = FakeClock(at=1000.0)
    river = River(clock)
    clock.advance(3)
    made = ChunkReceived(n=len(river), at=river.at(2_000_000_000), monotonic_ns=2_000_000_000, offset=0, data=b"")
    river.append(made)
    assert river[0] is made
    assert chunk(river, monotonic_ns=2_000_000_000) == msgspec.structs.replace(made, n=1)


def test_events_are_stamped_with_both_clocks() -> None:
    clock = FakeClock(at=1000.0)
    river = River(clock)
    clock.advance(2)
    event = chunk(river)
    assert (event.monotonic_ns, event.at) == (2_000_000_000, 1002.0)


def test_a_stamp_taken_earlier_sets_the_wall_clock_back_as_well() -> None:
    clock = FakeClock(at=1000.0)
    river = River(clock)
    clock.advance(5)
    event = chunk(river, monotonic_ns=3_000_000_000)
    assert (event.monotonic_ns, event.at) == (3_000_000_000, 1003.0)


def test_without_a_clock_the_river_takes_the_systems() -> None:
    assert isinstance(River().clock, SystemClock)


def test_since_gives_a_slice() -> None:
    river = River(FakeClock())
    for offset in range(5):
        chunk(river, offset)
    assert [event.n for event in river.since(3)] == [3, 4]
    assert [event.n for event in river.since(1, 2)] == [1, 2]
    assert [event.n for event in river.since(4, 100)] == [4]
    assert river.since(5) == river.since(99) == []


def test_stream_numbers_are_unique_and_begin_with_one() -> None:
    river = River(FakeClock())
    assert [river.next_stream() for _ in range(3)] == [1, 2, 3]


async def test_following_ends_when_a_closed_river_is_told() -> None:
    river = River(FakeClock())
    chunk(river)
    chunk(river)
    river.close()
    assert await numbers(river) == [0, 1]
    assert await numbers(river, since=1) == [1]
    assert await numbers(river, since=2) == []


async def test_a_follower_waits_for_what_comes_and_misses_nothing() -> None:
    river = River(FakeClock())
    async with asyncio.TaskGroup() as group:
        early = group.create_task(numbers(river))
        await settle()
        chunk(river)
        await settle()
        late = group.create_task(numbers(river, since=1))
        for _ in range(3):
            chunk(river)
        await settle()
        assert not early.done()
        chunk(river)
        river.close()
    assert early.result() == [0, 1, 2, 3, 4]
    assert late.result() == [1, 2, 3, 4]


async def test_events_that_come_while_a_follower_is_busy_are_not_lost() -> None:
    river = River(FakeClock())
    chunk(river)
    seen = []
    async for event in river.follow():
        seen.append(event.n)
        if event.n < 5:
            chunk(river)
        elif not river.since(6):
            chunk(river)
            river.close()
        await asyncio.sleep(0)
    assert seen == [0, 1, 2, 3, 4, 5, 6]


async def test_closing_wakes_every_follower() -> None:
    river = River(FakeClock())
    async with asyncio.TaskGroup() as group:
        followers = [group.create_task(numbers(river)) for _ in range(3)]
        await settle()
        river.close()
    assert [follower.result() for follower in followers] == [[], [], []]


async def test_a_follower_that_goes_away_leaves_the_others_alone() -> None:
    river = River(FakeClock())
    async with asyncio.TaskGroup() as group:
        leaving, staying = (group.create_task(numbers(river)) for _ in range(2))
        await settle()
        leaving.cancel()
        await settle()
        chunk(river)
        river.close()
    assert leaving.cancelled()
    assert staying.result() == [0]


@given(st.lists(st.sampled_from(("emit", "follow", "breathe")), max_size=30))
def test_every_follower_sees_every_event_in_order(steps: list[str]) -> None:
    async def run() -> None:
        river = River(FakeClock())
        async with asyncio.TaskGroup() as group:
            followers: list[tuple[int, asyncio.Task[list[int]]]] = []
            for step in steps:
                if step == "emit":
                    chunk(river)
                elif step == "follow":
                    followers.append((len(river), group.create_task(numbers(river, since=len(river)))))
                else:
                    await asyncio.sleep(0)
            river.close()
        for since, follower in followers:
            assert follower.result() == list(range(since, len(river)))

    asyncio.run(run())


def test_events_are_read_in_the_order_they_were_written() -> None:
    river = River(FakeClock())
    made: list[TraceEvent] = [chunk(river, offset) for offset in range(3)]
    read: list[AnyEvent] = [river[n] for n in range(len(river))]
    assert [event.n for event in read] == [event.n for event in made]


def test_blocks_hold_everything_once() -> None:
    river = River(FakeClock())
    assert list(river.blocks()) == []
    for offset in range(7):
        chunk(river, offset)
    assert [[event.n for event in block] for block in river.blocks(3)] == [[0, 1, 2], [3, 4, 5], [6]]
