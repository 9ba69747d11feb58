"""A Flask endpoint that streams plain text: found out, shown, and followed across its ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import inspector
from inspector.record.streamed_text import StreamedText
from inspector.trace.events import AttemptMade, FrameReceived, RequestSent
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river, states
from tests.end2end.servers.faults import Connection, FaultServer, Request


async def test_a_flask_stream_is_found_out(run: Callable[..., Program]) -> None:
    program = run("flask_stream.py")
    async with inspector.connect(program.url("/stream")) as session:
        assert session.transport is inspector.TransportName.RAW_SSE
        refused = await session.call_tool("echo")
        assert refused.outcome == "refused" and "can only be watched" in refused.sentence
    check_river(session.river)
    attempts = [event for event in session.river.since(0) if isinstance(event, AttemptMade)]
    assert [(a.transport, a.succeeded) for a in attempts] == [
        ("stateless", False),
        ("streamable-http", False),
        ("http+sse", False),
        ("raw-sse", True),
    ]
    assert "not `endpoint`" in attempts[2].verdict


async def test_a_flask_stream_is_followed_across_its_ends(run: Callable[..., Program]) -> None:
    program = run("flask_stream.py")
    async with inspector.connect(program.url("/stream"), transport="raw-sse") as session:

        async def updates() -> list[str]:
            seen: list[str] = []
            async for event in session.events():
                if isinstance(event, FrameReceived) and event.dispatched:
                    seen.append(event.event_id or "")
                if len(seen) == 25:
                    break
            return seen

        assert await asyncio.wait_for(updates(), 20) == [str(number) for number in range(1, 26)]
    check_river(session.river)
    requests = [event for event in session.river.since(0) if isinstance(event, RequestSent)]
    assert [dict(request.headers).get("Last-Event-ID") for request in requests] == [None, "10", "20"]
    pauses = [state for state in states(session.river) if state.delay_ms is not None]
    assert [(pause.delay_ms, pause.asked_ms) for pause in pauses] == [(500.0, 500)] * 2


async def test_a_post_opens_a_stream_and_is_not_repeated(server: FaultServer) -> None:
    async def complete(connection: Connection, request: Request) -> None:
        await connection.stream()
        for word in ("Hel", "lo"):
            await connection.event({"choices": [{"delta": {"content": word}}]})
        await connection.event(b"[DONE]")
        await connection.end()

    server.routes["/v1/chat"] = complete
    options: dict[str, Any] = {"transport": "raw-sse", "raw_method": "post", "raw_body": b'{"stream": true}'}
    async with inspector.connect(server.url("/v1/chat"), **options) as session:
        await asyncio.wait_for(session.closed(), 10)
    check_river(session.river)
    assert [(request.method, request.body) for request in server.seen] == [("POST", b'{"stream": true}')]
    assert server.seen[0].headers["content-type"] == "application/json"
    assert states(session.river)[-1].reason == (
        "The server ended the stream. A POST is not repeated by itself; connect again to send it anew."
    )
    text = StreamedText()
    text.fold(session.river.since(0))
    assert (text.text, text.is_done) == ("Hello", True)


async def test_a_web_page_is_told_as_what_it_is(run: Callable[..., Program]) -> None:
    program = run("flask_stream.py")
    with pytest.raises(inspector.ConnectError, match=r"web page \(HTML\)"):
        await inspector.connect(program.url("/page"), transport="raw-sse").__aenter__()
