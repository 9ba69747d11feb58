"""The river: numbers without gaps, and followers that miss nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.trace import river as module
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


class Shelf:
    """An archive in memory, which hands out at most three events at once."""

    def __init__(self, events: list[AnyEvent] | None = None) -> None:
        self.events = events or []
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.events)

    def __getitem__(self, n: int) -> AnyEvent:
        self.asked.append(n)
        return self.events[n]

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        self.asked.append(n)
        return self.events[n : n + min(limit, 3)]


def shelved(count: int) -> tuple[River, Shelf, list[AnyEvent]]:
    """A river of so many events, all of them on the shelf as well."""
    river = River(FakeClock())
    for offset in range(count):
        chunk(river, offset)
    events = river.since(0)
    shelf = Shelf(list(events))
    river.keep_in(shelf)
    return river, shelf, events


@given(st.integers(0, 12), st.integers(0, 14), st.integers(0, 14), st.none() | st.integers(1, 14))
def test_what_was_forgotten_is_read_from_the_archive(count: int, before: int, n: int, limit: int | None) -> None:
    river, shelf, events = shelved(count)
    river.forget(before)
    assert len(river) == count
    found = river.since(n, limit)
    wanted = events[n:] if limit is None else events[n : n + limit]
    assert found == wanted[: len(found)] and (len(found) == len(wanted) or (found and limit is not None))
    assert [river[place] for place in range(-count, count)] == events * 2
    assert all(place < before for place in shelf.asked)


def test_numbers_go_on_behind_what_was_forgotten() -> None:
    river, _, events = shelved(4)
    river.forget(4)
    made = chunk(river)
    assert (made.n, len(river), river[4]) == (4, 5, made) and river.since(0) == [*events, made]


@pytest.mark.parametrize("n", [5, -6])
def test_there_is_no_event_beyond_either_end(n: int) -> None:
    river, _, _ = shelved(5)
    river.forget(3)
    with pytest.raises(IndexError):
        river[n]
    with pytest.raises(IndexError):
        River(FakeClock())[n]


def test_only_what_the_archive_holds_is_forgotten() -> None:
    river, shelf, events = shelved(5)
    del shelf.events[2:]
    river.forget(5)
    assert river[2] is events[2] and shelf.asked == []
    assert river[1] is events[1] and shelf.asked == [1]
    alone = River(FakeClock())
    chunk(alone)
    alone.forget(1)
    assert len(alone.since(0)) == 1


def test_only_what_all_readers_have_taken_is_forgotten() -> None:
    river, shelf, events = shelved(5)
    slow, fast = river.reader(), river.reader(2)
    assert (slow.behind, fast.behind) == (5, 3)
    assert fast.take(9) == events[2:] and slow.take(1) == events[:1]
    river.forget(5)
    assert slow.take(9) == events[1:] and shelf.asked == []
    slow.close()
    slow.close()
    river.forget(5)
    assert river[4] is events[4] and shelf.asked == [4]


def test_a_reader_goes_through_the_archive_into_the_present() -> None:
    river, _, events = shelved(7)
    river.forget(5)
    reader, taken = river.reader(), []
    while reader.behind:
        taken += reader.take(4)
    assert taken == events and reader.take(4) == []


def test_a_river_can_begin_with_an_archive() -> None:
    _, shelf, events = shelved(5)
    river = River(FakeClock(), shelf)
    assert len(river) == 5 and river.since(0) == events
    assert chunk(river).n == 5


async def test_a_follower_reads_what_was_forgotten_meanwhile() -> None:
    river, _, events = shelved(8)
    river.forget(6)
    river.close()
    assert await numbers(river, since=1) == [event.n for event in events[1:]]


async def test_who_reads_the_socket_waits_for_a_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_EVENTS", 10)
    river = River(FakeClock())
    reader = river.reader()
    for _ in range(10):
        chunk(river)
    await asyncio.wait_for(river.room(1), 5)
    chunk(river)
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(river.room(1)) for _ in range(2)]
        await settle()
        reader.take(5)
        await settle()
        assert not any(task.done() for task in waiting), "going on at once would mean stopping at once"
        reader.take(3)
        await settle()
        assert all(task.done() for task in waiting)
    assert reader.behind == 3


async def test_many_bytes_are_waited_for_until_all_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_BYTES", 1_000)
    river = River(FakeClock())
    reader = river.reader()
    for _ in range(2):
        chunk(river)
    await asyncio.wait_for(river.room(1_000), 5)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(river.room(1))
        await settle()
        reader.take(1)
        await settle()
        assert not waiting.done()
        reader.take(1)
    await asyncio.wait_for(river.room(1_000), 5)


async def test_bytes_that_were_taken_do_not_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_BYTES", 1_000)
    river = River(FakeClock())
    reader = river.reader()
    for _ in range(5):
        chunk(river)
        await asyncio.wait_for(river.room(900), 5)
        reader.take(1)


async def test_without_readers_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_EVENTS", 1)
    monkeypatch.setattr(module, "MAX_BEHIND_BYTES", 1)
    river = River(FakeClock())
    for _ in range(5):
        chunk(river)
        await asyncio.wait_for(river.room(100), 5)


async def test_a_reader_that_closes_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_EVENTS", 1)
    river = River(FakeClock())
    reader = river.reader()
    for _ in range(3):
        chunk(river)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(river.room(1))
        await settle()
        assert not waiting.done()
        reader.close()


async def test_waiting_for_room_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BEHIND_EVENTS", 1)
    river = River(FakeClock())
    reader = river.reader()
    for _ in range(3):
        chunk(river)
    async with asyncio.TaskGroup() as group:
        leaving, staying = (group.create_task(river.room(1)) for _ in range(2))
        await settle()
        leaving.cancel()
        await settle()
        assert leaving.cancelled() and not staying.done()
        reader.take(9)
