"""The stream between a call that writes and a connection that reads."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from inspector.servers.demo.event_stream import HIGH_WATER_BYTES, EventStream


async def drain(stream: EventStream) -> bytes:
    stream.finish()
    async with aclosing(stream.read()) as blocks:
        return b"".join([block.data async for block in blocks])


async def read_one(stream: EventStream) -> bytes:
    """Take the next block and confirm it by asking for another."""
    async with aclosing(stream.read()) as blocks:
        block = await anext(blocks)
        stream.finish()
        assert [more async for more in blocks] == []
        return block.data


async def test_events_are_numbered_over_the_stream() -> None:
    stream = EventStream(3)
    stream.push(b"1")
    stream.push_many([b"2", b"3"])
    assert await drain(stream) == b"id: 3-1\ndata: 1\n\nid: 3-2\ndata: 2\n\nid: 3-3\ndata: 3\n\n"


async def test_a_stream_that_cannot_be_resumed_has_no_ids() -> None:
    stream = EventStream(event="message", replay_bytes=0)
    stream.push(b"1")
    stream.push_many([b"2"])
    assert await drain(stream) == b"event: message\ndata: 1\n\nevent: message\ndata: 2\n\n"


async def test_a_percent_sign_is_just_data() -> None:
    stream = EventStream(event="message", replay_bytes=0)
    stream.push(b"100 %d %s")
    assert await drain(stream) == b"event: message\ndata: 100 %d %s\n\n"


async def test_an_unconfirmed_block_is_read_again() -> None:
    stream = EventStream(1)
    stream.push(b"1")
    async with aclosing(stream.read()) as blocks:
        first = await anext(blocks)
    assert not stream.is_attached
    assert await drain(stream) == first.data


async def test_a_reader_can_go_back() -> None:
    stream = EventStream(1)
    stream.push_many([b"1", b"2", b"3"])
    stream.push(b"4")
    assert (await read_one(stream)).count(b"\n\n") == 4
    assert stream.rewind(2)
    assert stream.prime() == b"id: 1-2\nretry: 500\ndata:\n\n"
    assert await drain(stream) == b"id: 1-3\ndata: 3\n\nid: 1-4\ndata: 4\n\n"
    assert stream.rewind(4)
    assert await drain(stream) == b""


async def test_what_never_was_or_is_forgotten_cannot_be_resumed() -> None:
    stream = EventStream(1, replay_bytes=100)
    assert stream.rewind(0)
    assert not stream.rewind(1)
    for _ in range(10):
        stream.push(b"x" * 40)
    await read_one(stream)
    assert not stream.rewind(0)
    assert stream.rewind(9)


async def test_unread_events_are_never_forgotten() -> None:
    stream = EventStream(1, replay_bytes=1)
    for _ in range(10):
        stream.push(b"x")
    assert (await drain(stream)).count(b"data: x") == 10


async def test_a_later_reader_takes_over() -> None:
    stream = EventStream(0)
    first_ended = asyncio.Event()

    async def read_first() -> None:
        async with aclosing(stream.read()) as blocks:
            assert [block async for block in blocks] == []
        first_ended.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(read_first())
        await asyncio.sleep(0)
        async with aclosing(stream.read()) as second:
            stream.push(b"1")
            assert (await anext(second)).data == b"id: 0-1\ndata: 1\n\n"
            await first_ended.wait()
            assert stream.is_attached


async def test_a_writer_waits_for_room() -> None:
    stream = EventStream(1)
    stream.push(b"x" * (HIGH_WATER_BYTES + 1))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(stream.room())
        await asyncio.sleep(0)
        assert not waiting.done()
        await read_one(stream)
    assert waiting.done()


async def test_a_cut_stands_alone_and_happens_once() -> None:
    stream = EventStream(1)
    stream.push(b"1")
    stream.push(b"2", cut=True)
    stream.push(b"3")
    async with aclosing(stream.read()) as blocks:
        assert not (await anext(blocks)).cut
        assert (await anext(blocks)).cut
    assert stream.rewind(0)
    assert await drain(stream) == b"id: 1-1\ndata: 1\n\nid: 1-2\ndata: 2\n\nid: 1-3\ndata: 3\n\n"
