"""The search for what an URL speaks (A5), against servers that answer it in every wrong way."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.protocol.detection import Verdict
from inspector.protocol.era import TransportName
from inspector.session.channels import stateless as channel
from inspector.session.verdicts import FileVerdicts
from inspector.trace.river import River
from tests.end2end.river_check import check_river, ends, until
from tests.end2end.servers.faults import (
    JSON,
    Connection,
    FaultServer,
    Json,
    Request,
    StreamableMcp,
    answering,
    block,
    result_of,
)
from tests.end2end.test_detect import attempts, failed
from tests.end2end.test_stateless import Stateless, error_of

DISCOVERED = {"supportedVersions": ["2026-07-28"], "capabilities": {}, "resultType": "complete"}


def body_of(value: Any) -> bytes:
    return json.dumps(value).encode()


ODD_ANSWERS: dict[str, Any] = {
    "a web page": lambda m: (200, "text/html", b"<!doctype html>hello"),
    "404 as a web page": lambda m: (404, "text/html", b"<!doctype html>no"),
    "405": lambda m: (405, None, b""),
    "501": lambda m: (501, "text/html", b"Unsupported method"),
    "an empty 200": lambda m: (200, None, b""),
    "an empty JSON body": lambda m: (200, JSON, b""),
    "202": lambda m: (202, None, b""),
    "no JSON": lambda m: (200, JSON, b"{oops"),
    "a number": lambda m: (200, JSON, b"17"),
    "an empty batch": lambda m: (200, JSON, b"[]"),
    "a foreign id": lambda m: (200, JSON, body_of({"jsonrpc": "2.0", "id": 777, "result": DISCOVERED})),
    "no id": lambda m: (200, JSON, body_of({"jsonrpc": "2.0", "id": None, "result": DISCOVERED})),
    "an error without id": lambda m: (
        400,
        JSON,
        body_of({"jsonrpc": "2.0", "error": {"code": -32600, "message": "?"}}),
    ),
    "a list as result": lambda m: (200, JSON, body_of(result_of(m, [1]))),
    "null as result": lambda m: (200, JSON, body_of(result_of(m, None))),
    "versions that are none": lambda m: (200, JSON, body_of(result_of(m, {"supportedVersions": [1, None, {}]}))),
    "a redirect": lambda m: (302, None, b""),
}


@pytest.mark.parametrize("how", ODD_ANSWERS)
async def test_a5_an_odd_answer_to_discover_leads_to_the_handshake(
    server: FaultServer, mcp: StreamableMcp, how: str
) -> None:
    async def odd(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(*ODD_ANSWERS[how](message))

    mcp.with_sessions = False
    mcp.on["server/discover"] = odd
    async with inspector.connect(server.url()) as session:
        assert session.transport.value == "streamable-http"
        assert (await session.list_tools()).ok
    assert attempts(session.river) == [("stateless", False), ("streamable-http", True)]
    check_river(session.river)


@pytest.mark.parametrize("leave_open", [False, True])
@pytest.mark.parametrize("result", [DISCOVERED, {"supportedVersions": "all"}])
async def test_a5_an_answer_on_a_stream_that_stays_open_is_taken(
    server: FaultServer, mcp: StreamableMcp, result: Json, leave_open: bool
) -> None:
    async def streaming(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event(result_of(message, result))
        await (connection.hang() if leave_open else connection.end())

    mcp.with_sessions = False
    mcp.on["server/discover"] = streaming
    async with inspector.connect(server.url()) as session:
        assert session.is_stateless is (result is DISCOVERED)
    check_river(session.river)


async def test_a_stream_that_never_brings_the_answer_is_left(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "DISCOVER_TIMEOUT_S", 0.3)

    async def ticking(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.chunk(block(b"Update 1"))
        await connection.hang()

    mcp.with_sessions = False
    mcp.on["server/discover"] = ticking
    async with inspector.connect(server.url()) as session:
        assert session.transport.value == "streamable-http"
    check_river(session.river)


async def test_a_slow_server_has_the_time_that_the_user_gives_it(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "DISCOVER_TIMEOUT_S", 0.2)
    slow = server.routes["/mcp"] = Stateless()

    async def discover(connection: Connection, request: Request, message: Json) -> Json:
        await asyncio.sleep(0.6)
        return slow.discovered(message)

    slow.on["server/discover"] = discover
    async with inspector.connect(server.url(), request_timeout_s=5) as session:
        assert session.is_stateless
    error, river = await failed(server.url(), request_timeout_s=0.3)
    assert "not answered within" in error.sentence
    assert [event.cause.value for event in ends(river)] == ["timed out by us"]


async def test_an_event_stream_for_every_method_is_watched_raw(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "DISCOVER_TIMEOUT_S", 0.2)

    async def ticking(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(block(b"Update 1"))
        await connection.hang()

    server.routes["/events"] = ticking
    async with inspector.connect(server.url("/events"), request_timeout_s=0.5, endpoint_timeout_s=0.5) as session:
        assert session.transport.value == "raw-sse"
    check_river(session.river)


async def test_a_server_of_the_standard_library_answers_post_with_501(server: FaultServer) -> None:
    async def ticking(connection: Connection, request: Request) -> None:
        if request.method != "GET":
            await connection.answer(501, "text/html", b"Unsupported method ('POST')")
            return
        await connection.stream()
        await connection.chunk(block(b"Update 1"))
        await connection.hang()

    server.routes["/events"] = ticking
    async with inspector.connect(server.url("/events")) as session:
        assert session.transport.value == "raw-sse"
    check_river(session.river)


async def test_a_modern_server_without_discover_shows_itself_at_initialize(server: FaultServer) -> None:
    modern = server.routes["/mcp"] = Stateless()

    async def unknown(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32601)

    async def mismatch(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32020)

    modern.on |= {"server/discover": unknown, "initialize": mismatch}
    async with inspector.connect(server.url()) as session:
        assert session.is_stateless
        assert (await session.list_tools()).ok
    check_river(session.river)


@pytest.mark.parametrize("supported", [["2026-07-28"], ["1999-01-01"], [], None, "2026-07-28", [None, 7]])
async def test_a_server_that_refuses_every_version_is_left_soon(server: FaultServer, supported: Any) -> None:
    stateless = server.routes["/mcp"] = Stateless()

    async def refuse(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32022, {"supported": supported, "requested": "x"})

    stateless.on |= {"server/discover": refuse, "initialize": refuse}
    error, _ = await failed(server.url())
    assert len(server.methods()) <= 4
    assert "not 2025-11-25" not in error.sentence or "initialize" in server.methods()


async def test_the_refusal_names_the_revision_that_was_asked_for(server: FaultServer) -> None:
    stateless = server.routes["/mcp"] = Stateless()

    async def refuse(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32022, {"supported": ["1999-01-01"], "requested": "x"})

    stateless.on["server/discover"] = refuse
    error, _ = await failed(server.url())
    assert "1999-01-01" in error.sentence and "2025-11-25" not in error.sentence


@pytest.mark.parametrize("then", ["cut", "reset"])
@pytest.mark.parametrize(
    "head", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"]
)
async def test_a_connection_that_breaks_during_the_search_is_no_verdict(
    server: FaultServer, head: bytes, then: str
) -> None:
    async def breaking(connection: Connection, request: Request) -> None:
        if head:
            await connection.send(head)
        await getattr(connection, then)()

    server.routes["/mcp"] = breaking
    error, river = await failed(server.url())
    assert attempts(river) == [("stateless", False)]
    assert error.sentence.endswith(".")


@pytest.mark.parametrize("hanging", ["server/discover", "initialize", "notifications/initialized"])
async def test_giving_up_during_the_search_leaves_nothing_behind(
    server: FaultServer, mcp: StreamableMcp, hanging: str
) -> None:
    async def hang(connection: Connection, request: Request, message: Json) -> None:
        await connection.hang()

    mcp.with_sessions = False
    mcp.on[hanging] = hang
    river = River()
    before = asyncio.all_tasks()

    async def connect() -> None:
        async with inspector.connect(server.url(), river=river):
            raise AssertionError("it cannot be open")

    task = asyncio.get_running_loop().create_task(connect())
    await until(lambda: hanging in server.methods())
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 3
    check_river(river)
    left = {t for t in asyncio.all_tasks() - before if "_serve" not in repr(t) and not t.done()}
    assert not left


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(TransportName.STATELESS, "2026-07-28"),
        Verdict(TransportName.STATELESS, "2025-11-25"),
        Verdict(TransportName.STATELESS, "x" * 1000),
        Verdict(TransportName.HTTP_SSE, "2024-11-05"),
        Verdict(TransportName.TOOL_STREAM),
        Verdict(TransportName.AUTO, "2026-07-28"),
    ],
)
async def test_a_verdict_that_does_not_hold_any_more(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path, verdict: Verdict
) -> None:
    verdicts = FileVerdicts(tmp_path / "verdicts.json")
    verdicts.put(server.url(), verdict)
    async with inspector.connect(server.url(), verdicts=verdicts) as session:
        assert session.transport.value == "streamable-http"
        assert session.detected is not None and not session.detected.remembered
    assert verdicts.get(server.url()) == Verdict(TransportName.STREAMABLE_HTTP, "2025-11-25")
    check_river(session.river)


async def test_a_remembered_handshake_still_asks_for_the_newest_revision(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    verdicts = FileVerdicts(tmp_path / "verdicts.json")
    verdicts.put(server.url(), Verdict(TransportName.STREAMABLE_HTTP, "2025-03-26"))
    async with inspector.connect(server.url(), verdicts=verdicts):
        pass
    assert server.seen[0].message["params"]["protocolVersion"] == "2025-11-25"


@pytest.mark.parametrize("kept", [b'{"transport": []}', b'{"transport": {"a": 1}}', b"[]", b'{"transport": 3}', b"7"])
async def test_what_was_remembered_may_be_anything(server: FaultServer, tmp_path: Path, kept: bytes) -> None:
    server.routes["/mcp"] = Stateless()
    path = tmp_path / "verdicts.json"
    path.write_bytes(b'{"%s": %s}' % (server.url().encode(), kept))
    async with inspector.connect(server.url(), verdicts=FileVerdicts(path)) as session:
        assert session.is_stateless


async def test_an_answer_beyond_our_limit_is_left(server: FaultServer, mcp: StreamableMcp) -> None:
    async def huge(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(200, JSON, body_of(result_of(message, {**DISCOVERED, "instructions": "x" * 100_000})))

    mcp.with_sessions = False
    mcp.on["server/discover"] = huge
    async with inspector.connect(server.url(), event_limit_bytes=10_000) as session:
        assert session.transport.value == "streamable-http"
    check_river(session.river)


@pytest.mark.parametrize(
    ("status", "is_followed"), [(307, True), (308, True), (301, False), (302, False), (303, False)]
)
async def test_r10_a_search_that_is_sent_elsewhere(server: FaultServer, status: int, is_followed: bool) -> None:
    server.routes["/mcp/"] = Stateless()
    server.routes["/mcp"] = answering(status, None, b"", ("location", "/mcp/"))
    if is_followed:
        async with inspector.connect(server.url()) as session:
            assert session.is_stateless
        check_river(session.river)
    else:
        error, _ = await failed(server.url())
        assert "/mcp/" in error.sentence and str(status) in error.sentence


async def test_a_redirect_to_another_origin_is_said_to_be_one(server: FaultServer) -> None:
    server.routes["/mcp"] = answering(307, None, b"", ("location", "http://elsewhere.invalid/mcp"))
    error, _ = await failed(server.url())
    assert "elsewhere.invalid" in error.sentence


async def test_a_redirect_in_a_circle_ends(server: FaultServer) -> None:
    server.routes["/mcp"] = answering(307, None, b"", ("location", "/mcp"))
    error, _ = await failed(server.url())
    assert "circle" in error.sentence
