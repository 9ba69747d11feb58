"""Every byte and every way to end a connection, as a plain socket sees them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.fault import Fault
from inspector.servers.faults.server import FaultServer
from inspector.servers.faults.wire import ClientGone, Wire
from inspector.servers.http import HttpRequest

Script = Callable[[Wire], Awaitable[None]]
PATIENCE_S = 5.0


class Scripted(Behaviour):
    """Does what a test says with the wire, and remembers how that ended."""

    script: Script

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.ended = asyncio.Event()
        self.error: OSError | None = None

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        try:
            await self.script(wire)
        except OSError as error:
            self.error = error
            raise
        finally:
            self.ended.set()


class Place:
    """A server whose only fault is scripted, and a socket to it."""

    def __init__(self, server: FaultServer) -> None:
        self._server = server
        behaviour = server.behaviour("x", "hit")
        assert isinstance(behaviour, Scripted)
        self.behaviour = behaviour

    async def ask(self, script: Script) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self.behaviour.script = script
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        writer.write(b"GET /x/hit HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        return reader, writer

    async def told(self, script: Script) -> bytes:
        """All that comes until the connection ends."""
        reader, writer = await self.ask(script)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await reader.read()
        finally:
            writer.close()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    faults = {"x": Fault("x", "", Scripted, Scripted)}
    async with FaultServer(scale=0.1, faults=faults) as server:
        yield Place(server)


async def test_a_head_a_chunk_and_an_end(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.head(299, (("X-Odd", "é"),), reason="Whatever")
        await wire.chunk(b"hello")
        await wire.chunk(b"")
        await wire.end()
        wire.close()

    head, _, body = (await place.told(script)).partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    assert lines[:2] == ["HTTP/1.1 299 Whatever", "X-Odd: é"]
    assert lines[2].startswith("date: ") and lines[3:] == ["transfer-encoding: chunked"]
    assert body == b"5\r\nhello\r\n0\r\n\r\n"


async def test_http_1_0_ends_with_the_connection(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.head(200, (("Date", "never"),), version="1.0")
        await wire.chunk(b"hello")
        await wire.end()

    assert await place.told(script) == b"HTTP/1.0 200 OK\r\nDate: never\r\n\r\nhello"


async def test_a_length_that_is_a_lie(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(200, (("content-length", "99"), ("date", "x")), b"short")
        wire.close()

    assert (await place.told(script)).endswith(b"content-length: 99\r\ndate: x\r\n\r\nshort")


async def test_an_answer_without_a_body_leaves_the_connection_open(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.answer(204)

    reader, writer = await place.ask(script)
    first = await reader.readuntil(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 204 No Content\r\n") and b"length" not in first and b"chunked" not in first
    writer.write(b"GET /x/hit HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204 ")
    writer.close()


async def test_fin_in_the_middle_of_a_chunk(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.head(200)
        await wire.raw(b"40\r\nonly a part")
        wire.close()
        assert wire.gone
        await wire.raw(b"more")

    assert (await place.told(script)).endswith(b"\r\n\r\n40\r\nonly a part")
    assert isinstance(place.behaviour.error, ClientGone)


async def test_rst(place: Place) -> None:
    async def script(wire: Wire) -> None:
        await wire.head(200)
        await asyncio.sleep(0.05)
        wire.reset()

    with pytest.raises(ConnectionResetError):
        await place.told(script)


async def test_waits_are_scaled_and_end_with_the_client(place: Place) -> None:
    waited: list[float] = []
    waits_long = asyncio.Event()

    async def script(wire: Wire) -> None:
        loop = asyncio.get_running_loop()
        for seconds in (2.0, 600.0):
            started = loop.time()
            if waited:
                waits_long.set()
            try:
                await wire.sleep(seconds)
            finally:
                waited.append(loop.time() - started)

    _, writer = await place.ask(script)
    async with asyncio.timeout(PATIENCE_S):
        await waits_long.wait()
        writer.close()
        await place.behaviour.ended.wait()
    assert 0.19 < waited[0] < 2.0 and waited[1] < PATIENCE_S
    assert isinstance(place.behaviour.error, ClientGone)
