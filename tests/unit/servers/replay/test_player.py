"""One exchange as it is played: on a line that only keeps what is written, and without waiting."""

from __future__ import annotations

import asyncio
import struct
from array import array
from typing import Any, cast

import pytest

from inspector.servers.replay.asked import Asked, Kind
from inspector.servers.replay.body import Body, Piece
from inspector.servers.replay.player import Pace, Player, Rewritten
from inspector.servers.replay.rewriting import Rules
from inspector.servers.replay.script import End, Exchange, Head, Reply
from inspector.trace.events import EndCause, Phase

SSE = ("Content-Type", "text/event-stream")
CHUNKED = ("Transfer-Encoding", "chunked")


class Line:
    """In place of a stream writer; `written` are its writes, then `closed` or `reset`."""

    def __init__(self) -> None:
        self.written: list[bytes | str] = []
        self.transport = self

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def is_closing(self) -> bool:
        return "closed" in self.written or "reset" in self.written

    def close(self) -> None:
        self.written.append("closed")

    def abort(self) -> None:
        self.written.append("reset")

    def get_extra_info(self, name: str) -> Line:
        assert name == "socket"
        return self

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        assert struct.unpack("ii", value) == (1, 0)

    @property
    def body(self) -> bytes:
        """What came behind the head, without its chunked framing."""
        chunks = [data for data in self.written[1:] if isinstance(data, bytes)]
        return b"".join(chunk.partition(b"\r\n")[2].removesuffix(b"\r\n") for chunk in chunks)


async def let_run() -> None:
    """Let each task come as far as it can: nothing here waits for a clock."""
    for _ in range(50):
        await asyncio.sleep(0)


def body_of(*chunks: bytes) -> Body:
    pieces, at = [], 0
    for number, chunk in enumerate(chunks):
        pieces.append(Piece(number * 1_000_000, at, at + len(chunk)))
        at += len(chunk)
    return Body(b"".join(chunks), tuple(pieces), at)


def exchange(cause: EndCause | None = EndCause.END_OF_STREAM, *headers: tuple[str, str], **more: Any) -> Exchange:
    made = Exchange(0, 1, 1, "POST", "http://h/mcp", Asked(Kind.OTHER), 0)
    made.head = Head(200, "OK", "HTTP/1.1", headers or (SSE, CHUNKED), 0)
    made.chunks = array("q", [0])
    made.end = End(cause, Phase.BODY, more.pop("error", None), 9_000_000) if cause else None
    for name, value in more.items():
        setattr(made, name, value)
    return made


def playing(what: Exchange, body: Body, rules: Rules | None = None, speed: float = 0) -> tuple[Player, Line]:
    line = Line()
    writer = cast("asyncio.StreamWriter", line)
    return Player(what, body, rules or Rules(), Pace(speed), writer), line


async def test_each_chunk_is_written_alone_and_rewritten() -> None:
    player, line = playing(exchange(), body_of(b'data: {"id":', b'1,"result":{}}\n\n', b": ping\n\n"), Rules({1: 22}))
    await player.run()
    assert line.written[1:] == [
        b'c\r\ndata: {"id":\r\n', b'11\r\n22,"result":{}}\n\n\r\n', b"8\r\n: ping\n\n\r\n", b"0\r\n\r\n",
    ]  # fmt: skip
    assert player.is_over


@pytest.mark.parametrize(
    ("cause", "error", "behind"),
    [
        (EndCause.CUT_MID_BODY, "x", ["closed"]),
        (EndCause.RESET, "x", ["reset"]),
        (EndCause.CUT_MID_EVENT, "ReadError", ["reset"]),
        (EndCause.CUT_MID_EVENT, None, [b"0\r\n\r\n"]),
        (EndCause.PROTOCOL, "x", [b"no chunk\r\n", "closed"]),
    ],
)
async def test_how_it_ends(cause: EndCause, error: str | None, behind: list[Any]) -> None:
    player, line = playing(exchange(cause, error=error), body_of(b"data: x"))
    await player.run()
    assert line.written[1:] == [b"7\r\ndata: x\r\n", *behind]


@pytest.mark.parametrize(
    ("cause", "written"),
    [(EndCause.CUT_MID_HEADERS, ["closed"]), (EndCause.RESET, ["reset"]),
     (EndCause.PROTOCOL, [b"NOT HTTP\r\n\r\n", "closed"])],
)  # fmt: skip
async def test_without_any_head(cause: EndCause, written: list[Any]) -> None:
    player, line = playing(exchange(cause, head=None), body_of())
    await player.run()
    assert line.written == written


@pytest.mark.parametrize("cause", [EndCause.CLOSED_BY_US, EndCause.TIMED_OUT_BY_US, None])
async def test_what_we_ended_is_held_open(cause: EndCause | None) -> None:
    player, line = playing(exchange(cause), body_of(b"data: x\n\n"))
    running = asyncio.get_running_loop().create_task(player.run())
    await let_run()
    assert not running.done() and line.body == b"data: x\n\n" and not line.is_closing()
    running.cancel()
    await asyncio.wait({running})
    assert not player.is_over


async def test_a_length_is_that_of_the_rewritten_body() -> None:
    headers = (("Content-Type", "application/json"), ("Content-Length", "22"))
    player, line = playing(exchange(EndCause.COMPLETE, *headers), body_of(b'{"id":1,"result":{}}  '), Rules({1: 4444}))
    await player.run()
    head, body = line.written
    assert isinstance(head, bytes) and b"content-length: 25\r\n" in head
    assert body == b'{"id":4444,"result":{}}  '


async def test_a_reply_waits_for_its_request_and_the_end_for_the_reply() -> None:
    reply = b'data: {"id":1,"result":{}}\n\n'
    body = body_of(b": ping\n\n", reply, b": pong\n\n")
    what = exchange(replies=[Reply(8, len(reply), 5)])
    player, line = playing(what, body)
    running = asyncio.get_running_loop().create_task(player.run())
    await let_run()
    assert line.body == b": ping\n\n: pong\n\n" and not running.done()
    carrier, _ = playing(exchange(EndCause.COMPLETE, head=None, end=None), body_of())
    for live in (7, 8):  # asked for twice, it is answered twice
        player.deliver(player.units_after(5), body, what, Rules({1: live}), carrier)
    player.arrived(5, 0)
    await running
    told = line.body.removesuffix(b"0")
    assert told.startswith(b": ping\n\n: pong\n\n")
    assert sorted((b'"id":7' in told, b'"id":8' in told)) == [True, True] and told.count(b"result") == 2


async def test_a_torn_event_comes_last() -> None:
    """A client that asks later than the recorded one still gets its answers whole."""
    reply = b'data: {"id":1,"result":{}}\n\n'
    body = body_of(b": ping\n\n", reply, b"data: note\n\ndata: {")
    what = exchange(EndCause.CUT_MID_EVENT, error="ReadError", replies=[Reply(8, len(reply), 5)])
    player, line = playing(what, body)
    running = asyncio.get_running_loop().create_task(player.run())
    await let_run()
    assert line.body == b": ping\n\ndata: note\n\n" and not running.done()
    carrier, _ = playing(exchange(EndCause.COMPLETE, head=None, end=None), body_of())
    player.deliver(player.units_after(5), body, what, Rules(), carrier)
    player.arrived(5, 0)
    await running
    assert line.body == b": ping\n\ndata: note\n\n" + reply + b"data: {" and line.is_closing()


async def test_a_reply_comes_behind_the_acceptance_of_its_request() -> None:
    """Without waiting at all, too: a client may take an answer before the acceptance for a fault."""
    what = exchange(EndCause.CLOSED_BY_US, replies=[Reply(0, 9, 5)])
    body = Body(b"data: r\n\n", (Piece(5_000_000, 0, 9),), 9)
    player, line = playing(what, body)
    accepting = exchange(EndCause.COMPLETE)
    accepting.end = End(EndCause.COMPLETE, Phase.BODY, None, 4_000_000)
    carrier, accepted = playing(accepting, body_of(b"Accepted"))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(player.run())
        player.deliver(player.units_after(5), body, what, Rules(), carrier)
        await let_run()
        assert line.body == b""
        await carrier.run()
        await let_run()
        assert accepted.body.startswith(b"Accepted") and line.body == b"data: r\n\n"
        running.cancel()


async def test_a_broken_stream_waits_for_the_request_that_it_lost() -> None:
    player, line = playing(exchange(EndCause.CUT_MID_BODY, error="x", lost=3), body_of(b": ping\n\n"))
    running = asyncio.get_running_loop().create_task(player.run())
    await let_run()
    assert not running.done()
    player.arrived(3, 0)
    await running
    assert line.is_closing()


async def test_what_nobody_recorded_can_be_said() -> None:
    player, line = playing(exchange(EndCause.CLOSED_BY_US), body_of(b": ping\n\n"))
    running = asyncio.get_running_loop().create_task(player.run())
    await player.say(b"data: sorry\n\n")
    assert b"data: sorry" in line.body
    running.cancel()
    await asyncio.wait({running})


def test_pace() -> None:
    assert (Pace(1).seconds(2_000_000_000), Pace(10).seconds(2_000_000_000), Pace(0).seconds(10**15)) == (2.0, 0.2, 0.0)
    assert Pace(1).seconds(-5) == 0.0


def test_metadata_points_here_and_results_do_not() -> None:
    body = body_of(b'{"token_endpoint":"http://h/token"}')
    rules = Rules(origins=("http://h",), own="http://me")
    plain = (("Content-Type", "application/json"),)
    get, post = (exchange(EndCause.COMPLETE, *plain, method=method) for method in ("GET", "POST"))
    served = [Rewritten(what, body, rules, 0, len(body.data)).take(body.pieces[0]) for what in (get, post)]
    assert served == [b'{"token_endpoint":"http://me/token"}', body.data]


def test_what_cannot_be_decoded_is_not_touched() -> None:
    body = Body(b'{"id":1,"result":0}', (Piece(0, 0, 19),), 19, can_change=False)
    assert Rewritten(exchange(), body, Rules({1: 2}), 0, 19).take(body.pieces[0]) == body.data
