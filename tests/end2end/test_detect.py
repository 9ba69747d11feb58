"""Finding out what an URL speaks (A5), over real sockets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.session.failure import FailureKind
from inspector.session.verdicts import FileVerdicts
from inspector.trace.events import AttemptMade
from inspector.trace.river import River
from tests.end2end.conftest import free_port
from tests.end2end.river_check import check_river
from tests.end2end.servers.faults import (
    JSON,
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    Request,
    StreamableMcp,
    answering,
    block,
    result_of,
)
from tests.end2end.test_stateless import Stateless, error_of

LOGIN = b"<!doctype html><title>Sign in</title><form></form>"


def attempts(river: River) -> list[tuple[str, bool]]:
    made = [event for event in river.since(0) if isinstance(event, AttemptMade)]
    assert all(event.verdict.endswith(".") for event in made), [event.verdict for event in made]
    return [(event.transport, event.succeeded) for event in made]


async def failed(url: str, **options: Any) -> tuple[inspector.ConnectError, River]:
    river = inspector.River()
    with pytest.raises(inspector.ConnectError) as caught:
        async with inspector.connect(url, river=river, **options):
            pass
    check_river(river)
    return caught.value, river


def refusing(code: int, data: Any = None, status: int = 400) -> Any:
    async def refuse(connection: Connection, request: Request, message: Json) -> None:
        body = json.dumps(error_of(message, code, data)).encode()
        await connection.answer(status, JSON, body)

    return refuse


async def test_a_server_of_the_handshake_era_is_asked_twice(server: FaultServer, mcp: StreamableMcp) -> None:
    async with inspector.connect(server.url()) as session:
        assert (session.transport.value, session.is_stateless) == ("streamable-http", False)
        assert session.detected is not None and "initialize" in session.detected.sentence
    assert server.methods()[:3] == ["server/discover", "initialize", "notifications/initialized"]
    assert attempts(session.river) == [("stateless", False), ("streamable-http", True)]
    check_river(session.river)


async def test_the_verdict_is_remembered_and_given_up_when_the_server_changes(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    verdicts = FileVerdicts(tmp_path / "deep" / "verdicts.json")
    async with inspector.connect(server.url(), verdicts=verdicts):
        pass
    before = len(server.seen)
    async with inspector.connect(server.url(), verdicts=verdicts) as session:
        assert session.detected is not None and session.detected.remembered
    assert server.seen[before].message["method"] == "initialize"
    stateless = server.routes["/mcp"] = Stateless()

    async def unknown(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32601)

    stateless.on["initialize"] = unknown
    async with inspector.connect(server.url(), verdicts=verdicts) as session:
        assert session.is_stateless and session.detected is not None and not session.detected.remembered
    async with inspector.connect(server.url(), verdicts=verdicts) as session:
        assert session.is_stateless and session.detected is not None and session.detected.remembered


async def test_what_is_remembered_may_be_broken_or_unwritable(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    path = tmp_path / "verdicts.json"
    path.write_bytes(b"\xff{")
    async with inspector.connect(server.url(), verdicts=FileVerdicts(path)) as session:
        assert session.transport.value == "streamable-http"
    async with inspector.connect(server.url(), verdicts=FileVerdicts(path / "below")) as session:
        assert session.transport.value == "streamable-http"


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
async def test_refusal_and_trouble_are_no_verdict_about_the_era(server: FaultServer, status: int) -> None:
    server.routes["/mcp"] = answering(status, "text/plain", b"no")
    error, river = await failed(server.url())
    assert server.methods() == ["server/discover"]
    assert str(status) in error.sentence
    assert attempts(river) == [("stateless", False)]
    kind = FailureKind.UNAUTHORISED if status in (401, 403) else FailureKind.SERVER_ERROR
    assert error.kind is kind


async def test_a_server_that_names_only_older_revisions_is_asked_for_the_newest_of_them(
    server: FaultServer, mcp: StreamableMcp
) -> None:
    mcp.with_sessions = False
    mcp.on["server/discover"] = refusing(-32022, {"supported": ["2025-06-18", "2025-03-26"], "requested": "x"})
    mcp.revision = "2025-06-18"
    async with inspector.connect(server.url()) as session:
        assert session.negotiated is not None and session.negotiated.protocol_version == "2025-06-18"
    initialize = next(r.message for r in server.seen if r.body and r.message["method"] == "initialize")
    assert initialize["params"]["protocolVersion"] == "2025-06-18"


async def test_a_server_that_refuses_the_first_request_is_asked_once_more(server: FaultServer) -> None:
    stateless = server.routes["/mcp"] = Stateless()
    times = 0

    async def discover(connection: Connection, request: Request, message: Json) -> Json:
        nonlocal times
        times += 1
        if times == 1:
            return error_of(message, -32022, {"supported": ["2026-07-28"], "requested": "2026-07-28"})
        return stateless.discovered(message)

    stateless.on["server/discover"] = discover
    async with inspector.connect(server.url()) as session:
        assert session.is_stateless
    assert server.methods() == ["server/discover", "server/discover"]
    check_river(session.river)


async def test_a_server_that_discovers_but_speaks_only_the_handshake(server: FaultServer, mcp: StreamableMcp) -> None:
    mcp.with_sessions = False

    async def discover(connection: Connection, request: Request, message: Json) -> None:
        result = {"resultType": "complete", "supportedVersions": ["2025-11-25"], "capabilities": {}, "ttlMs": 0}
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())

    mcp.on["server/discover"] = discover
    async with inspector.connect(server.url()) as session:
        assert session.transport.value == "streamable-http"
    check_river(session.river)


@pytest.mark.parametrize("code", [-32020, -32021])
async def test_an_error_that_only_the_stateless_era_has_proves_it(server: FaultServer, code: int) -> None:
    stateless = server.routes["/mcp"] = Stateless()

    async def refuse(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, code)

    stateless.on["server/discover"] = refuse
    async with inspector.connect(server.url()) as session:
        assert session.is_stateless
        assert (await session.list_tools()).ok
    assert server.methods() == ["server/discover", "tools/list"]
    check_river(session.river)


async def test_http_sse_is_the_third_attempt(server: FaultServer) -> None:
    speaking = HttpSseMcp()
    server.routes |= {"/sse": speaking.stream, "/messages": speaking.post}
    async with inspector.connect(server.url("/sse")) as session:
        assert session.transport.value == "http+sse"
        assert (await session.list_tools()).ok
    assert attempts(session.river) == [("stateless", False), ("streamable-http", False), ("http+sse", True)]
    check_river(session.river)


async def test_a_stream_without_an_endpoint_is_watched_raw(server: FaultServer) -> None:
    async def ticking(connection: Connection, request: Request) -> None:
        if request.method != "GET":
            await connection.answer(405)
            return
        await connection.stream()
        await connection.chunk(block(b"Update 1"))
        await connection.hang()

    server.routes["/events"] = ticking
    async with inspector.connect(server.url("/events")) as session:
        assert session.transport.value == "raw-sse"
    assert [transport for transport, _ in attempts(session.river)][-1] == "raw-sse"
    check_river(session.river)


async def test_nothing_at_this_address(server: FaultServer) -> None:
    error, river = await failed(server.url("/nowhere"))
    assert error.status == 404 and "404" in error.sentence
    assert [transport for transport, _ in attempts(river)][:3] == ["stateless", "streamable-http", "http+sse"]
    assert not any(succeeded for _, succeeded in attempts(river))


async def test_a_login_page_is_said_to_be_one(server: FaultServer) -> None:
    server.routes["/mcp"] = answering(200, "text/html", LOGIN)
    error, _ = await failed(server.url())
    assert "HTML" in error.sentence and "login" in error.sentence


async def test_nothing_listens() -> None:
    error, river = await failed(f"http://127.0.0.1:{free_port()}/mcp")
    assert error.kind is FailureKind.NO_CONNECTION
    assert attempts(river) == [("stateless", False)]


async def test_a_server_behind_a_path_prefix(server: FaultServer) -> None:
    speaking = HttpSseMcp(messages_path="/team/a/messages")
    server.routes |= {
        "/team/a/mcp": Stateless(),
        "/team/a/sse": speaking.stream,
        "/team/a/messages": speaking.post,
    }
    async with inspector.connect(server.url("/team/a/mcp")) as session:
        assert session.is_stateless
    async with inspector.connect(server.url("/team/a/sse")) as session:
        assert session.transport.value == "http+sse"


async def test_an_endpoint_that_forgets_its_prefix_is_named(server: FaultServer) -> None:
    speaking = HttpSseMcp(messages_path="/messages")
    server.routes |= {"/team/a/sse": speaking.stream, "/team/a/messages": speaking.post}
    error, _ = await failed(server.url("/team/a/sse"))
    assert "/messages" in error.sentence and "prefix" in error.sentence


@pytest.mark.parametrize(
    ("transport", "first"),
    [("streamable-http", "initialize"), ("stateless", "server/discover")],
)
async def test_a_pinned_transport_is_the_only_one_tried(server: FaultServer, transport: str, first: str) -> None:
    error, river = await failed(server.url("/nowhere"), transport=transport)
    assert server.methods() == [first]
    assert [name for name, _ in attempts(river)] == [transport]
    assert error.status == 404


async def test_a_pinned_revision_is_the_only_one_asked_for(server: FaultServer, mcp: StreamableMcp) -> None:
    async with inspector.connect(server.url(), protocol_version="2025-06-18"):
        pass
    assert server.methods()[0] == "initialize"
    assert server.seen[0].message["params"]["protocolVersion"] == "2025-06-18"
