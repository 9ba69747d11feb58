"""Raw exchanges: exactly what was written goes out, and whatever comes back is shown (the raw POST composer)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

import inspector
from inspector.session.raw_exchange import RawReply, RawRequest, exchange_raw
from inspector.session.session import Session
from inspector.session.stream import Stream
from inspector.trace.events import BodyReceived, EndCause, FrameReceived, RequestSent
from tests.end2end.river_check import check_river, ends, until
from tests.end2end.servers.faults import JSON, Connection, FaultServer, Request, StreamableMcp, answering

SECRET = "sk-very-secret-0123456789"


@pytest.fixture
async def session(server: FaultServer, mcp: StreamableMcp) -> AsyncIterator[Session]:
    """A session with an MCP server, and all its rivers checked."""
    async with inspector.connect(server.url(), headers={"X-Of-The-Session": "1"}) as running:
        yield running
    check_river(running.river)


async def post(session: Session, server: FaultServer, path: str, **more: object) -> RawReply:
    fields = {"method": "POST", "url": server.url(path), "headers": (), "body": b"", **more}
    return await exchange_raw(session.link, RawRequest(**fields))  # type: ignore[arg-type]


async def test_nothing_is_added_and_nothing_is_repaired(server: FaultServer, session: Session) -> None:
    server.routes["/raw"] = answering(418, "text/plain", b"short and stout", ("x-kind", "teapot"))
    headers = (("content-TYPE", "text/odd"), ("X-Same", "1"), ("X-Same", "2"), ("Mcp-Session-Id", "not mine"))
    reply = await post(session, server, "/raw", headers=headers, body=b'{"jsonrpc": "1.0", broken')
    assert (reply.status, reply.reason, reply.body) == (418, "Whatever", b"short and stout")
    assert ("x-kind", "teapot") in reply.headers and not reply.is_stream
    assert reply.sentence == "The server answered with 418." and reply.elapsed_ms > 0
    seen = server.seen[-1]
    assert seen.body == b'{"jsonrpc": "1.0", broken'
    assert set(seen.headers) == {"host", "content-length", "content-type", "x-same", "mcp-session-id"}
    sent = [event for event in session.river.since(0) if isinstance(event, RequestSent)][-1]
    assert sent.purpose == "raw POST" and sent.stream == reply.stream
    assert [name for name, _ in sent.headers if name.lower() == "x-same"] == ["X-Same", "X-Same"]
    shown = [event for event in session.river.since(0) if isinstance(event, BodyReceived)]
    assert [event.raw for event in shown if event.stream == reply.stream] == [reply.body]


async def test_other_methods_and_a_wrong_host(server: FaultServer, session: Session) -> None:
    server.routes["/raw"] = answering(204)
    reply = await post(session, server, "/raw", method="OPTIONS", headers=(("Host", "evil.example"),))
    assert (reply.status, reply.body) == (204, b"")
    assert (server.seen[-1].method, server.seen[-1].headers["host"]) == ("OPTIONS", "evil.example")


async def test_an_event_stream_is_read_by_block(server: FaultServer, session: Session) -> None:
    async def stream(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b": hello\n\n")
        await connection.event({"jsonrpc": "2.0", "id": 1, "result": {}})
        await connection.event(b"plain")
        await connection.end()

    server.routes["/raw"] = stream
    reply = await post(session, server, "/raw")
    assert reply.is_stream and reply.sentence == "The server ended the stream."
    assert reply.body.endswith(b"data: plain\n\n") and b"hello" in reply.body
    frames = [event for event in session.river.since(0) if isinstance(event, FrameReceived)]
    assert len([frame for frame in frames if frame.stream == reply.stream]) == 2


async def test_a_stream_can_be_stopped_and_its_reply_kept(server: FaultServer, session: Session) -> None:
    async def endless(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.event(b"first")
        await connection.hang()

    server.routes["/raw"] = endless
    started: list[Stream] = []
    request = RawRequest("POST", server.url("/raw"))
    waiting = asyncio.get_running_loop().create_task(exchange_raw(session.link, request, started.append))
    await until(lambda: any(isinstance(event, FrameReceived) for event in session.river.since(0)))
    started[0].stop(EndCause.CANCELLED_BY_US, "Stopped by the user.")
    reply = await waiting
    assert (reply.is_stream, reply.body, reply.sentence) == (True, b"data: first\n\n", "Stopped by the user.")


async def test_cancelling_ends_the_exchange(server: FaultServer, session: Session) -> None:
    async def silent(connection: Connection, request: Request) -> None:
        await connection.hang()

    server.routes["/raw"] = silent
    waiting = asyncio.get_running_loop().create_task(post(session, server, "/raw"))
    await until(lambda: any(request.path == "/raw" for request in server.seen))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert ends(session.river, "raw POST")[0].cause is EndCause.CANCELLED_BY_US


async def test_secrets_are_masked_in_the_timeline_and_nowhere_else(server: FaultServer, session: Session) -> None:
    server.routes["/raw"] = answering(200, JSON, b"{}")
    await post(session, server, "/raw", headers=(("Authorization", f"Bearer {SECRET}"),))
    assert server.seen[-1].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in repr(session.river.since(0))


async def test_a_redirect_is_shown_and_not_followed(server: FaultServer, session: Session) -> None:
    server.routes["/raw"] = answering(307, None, b"", ("location", "/elsewhere"))
    reply = await post(session, server, "/raw")
    assert reply.status == 307 and ("location", "/elsewhere") in reply.headers
    assert all(request.path != "/elsewhere" for request in server.seen)


@pytest.mark.parametrize(
    ("url", "headers", "words"),
    [
        ("http://127.0.0.1:9/", (), "refused"),
        ("no address", (), "http://"),
        ("", (("X-Line", "a\r\nb"),), "cannot be sent"),
        ("", (("Content-Length", "5"),), "cannot be sent"),
    ],
)
async def test_what_cannot_be_sent_is_said(
    server: FaultServer, session: Session, url: str, headers: tuple[tuple[str, str], ...], words: str
) -> None:
    server.routes["/raw"] = answering(200)
    reply = await exchange_raw(session.link, RawRequest("POST", url or server.url("/raw"), headers, b"toolong"))
    assert (reply.status, reply.body, reply.headers) == (0, b"", ())
    assert words in reply.sentence and reply.sentence.endswith(".")


async def test_a_reply_cut_off_is_kept_as_far_as_it_came(server: FaultServer, session: Session) -> None:
    async def cut(connection: Connection, request: Request) -> None:
        await connection.head(200, JSON, [("content-length", "100")])
        await connection.send(b'{"half":')
        await connection.cut()

    server.routes["/raw"] = cut
    reply = await post(session, server, "/raw")
    assert (reply.status, reply.body) == (200, b'{"half":')
    assert "in the middle of the answer" in reply.sentence


async def test_a_reply_that_never_ends_is_given_up(server: FaultServer, mcp: StreamableMcp) -> None:
    async def slow(connection: Connection, request: Request) -> None:
        await connection.head(200, "text/plain", [("content-length", "100")])
        await connection.hang()

    server.routes["/raw"] = slow
    async with inspector.connect(server.url(), request_timeout_s=0.5) as session:
        reply = await post(session, server, "/raw")
    assert reply.sentence == "No whole reply came within 0.5 s."
