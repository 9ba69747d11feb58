"""HTTP as one connection sees it: bytes are fed in, and what would be sent is collected."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable

import pytest

from inspector.servers.http import MAX_BODY_BYTES, HttpConnection, RequestRejected, heartbeat


class CollectingTransport(asyncio.Transport):
    """Keeps what is written instead of sending it."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = bytearray()
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def write_eof(self) -> None:
        self.sent += b"<eof>"


class Line:
    """A connection and its far end."""

    def __init__(self, *pieces: bytes, ended: bool = True) -> None:
        loop = asyncio.get_running_loop()
        self.transport = CollectingTransport()
        self.reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(self.reader, loop=loop)
        self.connection = HttpConnection(self.reader, asyncio.StreamWriter(self.transport, protocol, self.reader, loop))
        for piece in pieces:
            self.reader.feed_data(piece)
        if ended:
            self.reader.feed_eof()

    @property
    def sent(self) -> str:
        return self.transport.sent.decode()


LineMaker = Callable[..., Line]


@pytest.fixture
async def make_line() -> AsyncIterator[LineMaker]:
    lines: list[Line] = []

    def make(*pieces: bytes, ended: bool = True) -> Line:
        lines.append(Line(*pieces, ended=ended))
        return lines[-1]

    yield make
    for line in lines:
        line.transport.close()


@pytest.fixture
async def line(make_line: LineMaker) -> Line:
    """One on which a request has come in and the client waits."""
    line = make_line(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", ended=False)
    await line.connection.receive()
    return line


HEAD = b"POST /a%20b?x=1&y=2 HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nx-a: 2\r\n"


async def test_a_request_is_read(make_line: LineMaker) -> None:
    line = make_line(HEAD + b"Content-Length: 4\r\n\r\nbody")
    request = await line.connection.receive()
    assert request is not None
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", {"x": "1", "y": "2"})
    assert (request.header("x-a"), request.header("y"), request.body) == ("1, 2", None, b"body")


async def test_requests_follow_each_other(make_line: LineMaker) -> None:
    get = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    line = make_line(get + get)
    for _ in range(2):
        assert await line.connection.receive() is not None
        await line.connection.respond(200, (), b"hi")
        assert line.connection.start_next()
    assert await line.connection.receive() is None
    assert line.sent.count("HTTP/1.1 200 OK") == 2


async def test_a_client_that_waits_to_send_is_told_to_continue(make_line: LineMaker) -> None:
    line = make_line(HEAD + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", ended=False)
    async with asyncio.TaskGroup() as group:
        receiving = group.create_task(line.connection.receive())
        await asyncio.sleep(0)
        assert line.sent.startswith("HTTP/1.1 100 ")
        line.reader.feed_data(b"3\r\nabc\r\n0\r\n\r\n")
    request = receiving.result()
    assert request is not None
    assert request.body == b"abc"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 9\r\n\r\nshort", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: zip\r\n\r\n", 501),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 70_000, 431),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1), 413),
        (HEAD + b"Content-Length: %s\r\n\r\n" % (b"9" * 19), 413),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1000001\r\n" + b"x" * 0x1000001 + b"\r\n", 413),
    ],
)
async def test_what_cannot_be_served_is_rejected(make_line: LineMaker, data: bytes, status: int) -> None:
    line = make_line(data)
    with pytest.raises(RequestRejected) as caught:
        await line.connection.receive()
    assert caught.value.status == status
    await line.connection.reject(caught.value.status, caught.value.text)
    assert line.sent.startswith(f"HTTP/1.1 {status} ")
    assert line.sent.endswith("\n<eof>")
    assert not line.connection.start_next()


async def test_a_silent_end_is_no_request(make_line: LineMaker) -> None:
    assert await make_line().connection.receive() is None


async def test_head_has_no_body(make_line: LineMaker) -> None:
    line = make_line(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await line.connection.receive()
    await line.connection.respond(200, (), b"hello")
    assert "content-length: 5" in line.sent
    assert line.sent.endswith("\r\n\r\n")


async def test_a_stream_ends_with_its_pump(line: Line) -> None:
    async def pump() -> None:
        assert "x-accel-buffering: no" in line.sent
        await line.connection.send(b"data: 1\n\n")

    await line.connection.stream((), pump, 60.0)
    assert line.sent.endswith("9\r\ndata: 1\n\n\r\n0\r\n\r\n")
    assert line.connection.start_next()


async def test_a_stream_ends_when_the_client_goes(line: Line) -> None:
    async def pump() -> None:
        line.reader.feed_eof()
        await asyncio.Event().wait()

    await line.connection.stream((), pump, 60.0)
    assert not line.sent.endswith("0\r\n\r\n")
    assert not line.connection.start_next()


async def test_a_cut_stream_has_no_end(line: Line) -> None:
    async def pump() -> None:
        await line.connection.cut(b"data: ha")

    await line.connection.stream((), pump, 60.0)
    assert line.sent.endswith("data: ha\r\n")
    assert line.transport.is_closing()
    assert not line.connection.start_next()


async def test_a_stream_beats(line: Line) -> None:
    async def pump() -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    await line.connection.stream((), pump, 0.0)
    assert line.sent.count(": ping - ") >= 2


async def test_too_much_pipelining_ends_a_stream(line: Line) -> None:
    async def pump() -> None:
        line.reader.feed_data(b"x" * 200_000)
        await asyncio.Event().wait()

    await line.connection.stream((), pump, 60.0)
    assert not line.sent.endswith("0\r\n\r\n")


def test_a_heartbeat_is_a_comment_with_a_time() -> None:
    assert re.fullmatch(rb": ping - \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00\n\n", heartbeat())


async def test_whoever_takes_over_the_socket_writes_what_he_likes(make_line: LineMaker) -> None:
    get = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    line = make_line(get + get)
    for _ in range(2):
        assert await line.connection.receive() is not None
        line.connection.take_over().write(b"HTTP/1.1 299 As I like\r\ncontent-length: 0\r\n\r\n")
        assert line.connection.start_next()
    assert await line.connection.receive() is None
    assert line.sent.count("299 As I like") == 2


async def test_a_socket_that_was_taken_over_and_closed_serves_nothing_more(line: Line) -> None:
    line.connection.take_over().close()
    assert not line.connection.start_next()
