"""Servers that cannot be reached or answer with the wrong thing: one clear sentence, and nothing lost."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

import inspector
from inspector.session.failure import FailureKind
from inspector.trace.events import BodyReceived, Connected, EndCause, Outcome, Phase, Redirected
from inspector.trace.river import River
from tests.end2end.conftest import Tls, free_port, streamable
from tests.end2end.river_check import check_river, ends, failures, violations
from tests.end2end.servers.faults import (
    JSON,
    SSE,
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    MethodBehaviour,
    Request,
    StreamableMcp,
    answering,
    block,
    sending,
    text_of,
)


async def refusal(url: str, **more: Any) -> tuple[inspector.ConnectError, River]:
    """The error with which connecting fails, and the river it leaves."""
    river = inspector.River()
    with pytest.raises(inspector.ConnectError) as caught:
        async with inspector.connect(url, river=river, **{"transport": "streamable-http", **more}):
            pass
    check_river(river)
    return caught.value, river


@pytest.mark.parametrize("transport", ["auto", "streamable-http", "http+sse", "raw-sse"])
async def test_nothing_listens(transport: str) -> None:
    port = free_port()
    error, river = await refusal(f"http://127.0.0.1:{port}/mcp", transport=transport)
    assert error.kind is FailureKind.NO_CONNECTION
    assert error.sentence.endswith(
        f"Nothing listens at 127.0.0.1:{port}: the connection was refused. Start the server, or check the port."
    )
    assert ends(river)[-1].cause is EndCause.REFUSED


@pytest.mark.parametrize(
    ("url", "cause", "words"),
    [
        ("http://nothing.invalid/mcp", EndCause.UNRESOLVED, "The name nothing.invalid cannot be resolved. Check"),
        ("http://255.255.255.255:9/mcp", EndCause.UNREACHABLE, "There is no route to 255.255.255.255:9. Check"),
        ("http://[::1/mcp", EndCause.PROTOCOL, "The address is not usable"),
        ("http:///mcp", EndCause.PROTOCOL, "The address is not usable"),
    ],
)
async def test_an_address_that_leads_nowhere(url: str, cause: EndCause, words: str) -> None:
    error, river = await refusal(url)
    assert error.kind is FailureKind.NO_CONNECTION
    assert words in error.sentence
    assert ends(river)[-1].cause is cause


async def test_headers_that_cannot_be_sent(server: FaultServer) -> None:
    error, _ = await refusal(server.url(), headers={"X-Name": "Zoë\x00"})
    assert "Check the address and the headers you added" in error.sentence


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak TLS (wrong version number). Use http:// for this port."),
        (b"", "closed the connection during the TLS handshake. Check that this port speaks TLS."),
        (None, "but the TLS handshake did not come to an end. Check that this port speaks TLS."),
    ],
)
async def test_tls_to_a_plain_port(reply: bytes | None, words: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        if reply is None:
            await reader.read()
        writer.write(reply or b"")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as plain:
        port = plain.sockets[0].getsockname()[1]
        error, river = await refusal(f"https://127.0.0.1:{port}/mcp", connect_timeout_s=0.5)
    assert words in error.sentence
    assert (ends(river)[-1].cause, ends(river)[-1].phase) == (EndCause.TLS, Phase.CONNECT)


async def test_plain_http_to_a_tls_port(tls: Tls) -> None:
    async with FaultServer(tls=tls.context) as server:
        error, _ = await refusal(server.url().replace("https:", "http:"))
    assert "Use https:// for this port" in error.sentence or "Check that scheme and port fit" in error.sentence


async def test_certificates(tls: Tls, caplog: pytest.LogCaptureFixture) -> None:
    async with FaultServer({"/mcp": StreamableMcp()}, tls=tls.context) as server:
        error, river = await refusal(server.url())
        assert "is not trusted" in error.sentence and "--ca FILE, or --insecure" in error.sentence
        assert ends(river)[-1].cause is EndCause.TLS
        for trust in ({"ca_file": tls.ca_file}, {"insecure": True}):
            async with streamable(server.url(), **trust) as session:
                assert (await session.list_tools()).ok
            check_river(session.river)
            connected = next(e for e in session.river.since(0) if isinstance(e, Connected))
            assert connected.tls_version in ("TLSv1.2", "TLSv1.3") and (connected.tls_ms or 0) > 0
        nothing = tls.ca_file.with_name("empty.pem")
        nothing.write_text("")
        error, _ = await refusal(server.url(), ca_file=nothing)
        assert "empty.pem cannot be used" in error.sentence and "PEM" in error.sentence
    assert [record for record in caplog.records if record.name.startswith("inspector")] == []


HTML = b"<!doctype html><html><head><title>Sign in</title></head></html>"
STATUSES = [
    (401, FailureKind.UNAUTHORISED, "wants credentials", ()),
    (
        401,
        FailureKind.UNAUTHORISED,
        r"401, Bearer\).*expired",
        (("www-authenticate", 'Bearer error_description="expired"'),),
    ),
    (403, FailureKind.UNAUTHORISED, "forbids this", ()),
    (404, FailureKind.SERVER_ERROR, "nothing at this address", ()),
    (405, FailureKind.SERVER_ERROR, "does not take POST", ()),
    (406, FailureKind.SERVER_ERROR, "Accept header", ()),
    (429, FailureKind.SERVER_ERROR, r"limiting.*asks to wait 7 s", (("retry-after", "7"),)),
    (429, FailureKind.SERVER_ERROR, "does not say how long", (("retry-after", "soon"),)),
    (500, FailureKind.SERVER_ERROR, "Look into its log", ()),
    (503, FailureKind.SERVER_ERROR, r"unavailable.*asks to wait 2 s", (("retry-after", "2"),)),
    (418, FailureKind.SERVER_ERROR, "status 418", ()),
    (302, FailureKind.NO_CONNECTION, "redirects to nowhere", ()),
    (200, FailureKind.NO_CONNECTION, r"web page \(HTML\)", ()),
    (204, FailureKind.NO_CONNECTION, "204 with", ()),
]


@pytest.mark.parametrize(("status", "kind", "words", "headers"), STATUSES)
async def test_a_status_instead_of_an_answer(
    server: FaultServer, status: int, kind: FailureKind, words: str, headers: tuple[tuple[str, str], ...]
) -> None:
    body = b"" if status == 204 else HTML
    server.routes["/mcp"] = answering(status, "text/html; charset=utf-8", body, *headers)
    error, river = await refusal(server.url())
    assert error.kind is kind
    assert re.search(words, error.sentence), error.sentence
    shown = [event for event in river.since(0) if isinstance(event, BodyReceived)]
    assert all(event.raw == HTML for event in shown) and bool(shown) is (bool(body) and status != 302)
    assert ends(river)[0].cause is EndCause.REJECTED
    assert failures(river)[0].outcome is Outcome.REFUSED


async def test_a_redirect_on_the_same_origin_is_followed(server: FaultServer, mcp: StreamableMcp) -> None:
    server.routes["/old"] = answering(307, None, b"", ("location", "/mcp"))
    async with streamable(server.url("/old")) as session:
        assert (await session.call_tool("echo")).ok
    check_river(session.river)
    redirects = [event for event in session.river.since(0) if isinstance(event, Redirected)]
    assert all(r.followed and r.location == server.url("/mcp") for r in redirects) and redirects


@pytest.mark.parametrize(
    ("status", "location", "words"),
    [
        (307, "http://127.0.0.2:9/mcp?token=hush", "another origin"),
        (307, "https://elsewhere.invalid/", "another origin"),
        (308, "http://[::1/", "no address"),
        (302, "/mcp", "would turn the POST into a GET"),
    ],
)
async def test_a_redirect_that_is_not_followed(server: FaultServer, status: int, location: str, words: str) -> None:
    server.routes["/old"] = answering(status, None, b"", ("location", location))
    error, river = await refusal(server.url("/old"), headers={"Authorization": "Bearer secret"})
    assert words in error.sentence and "hush" not in error.sentence
    assert [request.path for request in server.seen] == ["/old"]
    redirect = next(event for event in river.since(0) if isinstance(event, Redirected))
    assert not redirect.followed and "hush" not in redirect.location


async def test_redirects_in_a_circle(server: FaultServer) -> None:
    server.routes["/mcp"] = answering(307, None, b"", ("location", "/mcp"))
    error, river = await refusal(server.url())
    assert "in a circle" in error.sentence
    assert len([event for event in river.since(0) if isinstance(event, Redirected) and event.followed]) == 10


BREAKS = [
    (b"", "cut", EndCause.CUT_MID_HEADERS, "without a complete answer"),
    (b"HTTP/1.1 200 OK\r\ncontent-ty", "cut", EndCause.CUT_MID_HEADERS, "without a complete answer"),
    (b"", "reset", EndCause.RESET, "scheme and port fit"),
    (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "cut", EndCause.PROTOCOL, "does not speak proper HTTP"),
    (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "cut", EndCause.PROTOCOL, "does not speak proper HTTP"),
    (b"\x15\x03\x03\x00\x02\x02\x46", "cut", EndCause.PROTOCOL, "Use https:// for this port"),
    (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000, "cut", EndCause.PROTOCOL, "does not speak proper HTTP"),
    (b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"js', "cut",
     EndCause.CUT_MID_BODY, "in the middle of the answer"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "then", "cause", "words"), BREAKS)
async def test_an_answer_that_breaks_off(
    server: FaultServer, data: bytes, then: str, cause: EndCause, words: str
) -> None:
    server.routes["/mcp"] = sending(data, then=then)
    error, river = await refusal(server.url())
    assert error.kind is FailureKind.NO_CONNECTION
    assert words in error.sentence
    assert ends(river)[0].cause is cause


async def test_a_server_that_never_sends_headers(server: FaultServer) -> None:
    server.routes["/mcp"] = sending(b"", then="hang")
    for transport in ("streamable-http", "http+sse"):
        error, _ = await refusal(server.url(), transport=transport, request_timeout_s=0.3)
        assert error.kind is FailureKind.TIMED_OUT
        assert "within 0." in error.sentence


async def test_an_error_page_that_never_ends(server: FaultServer, mcp: StreamableMcp) -> None:
    """What came of it is shown, and the call does not wait for the rest."""

    async def drip(connection: Connection, request: Request, message: Json) -> None:
        await connection.head(500, "text/html", [("transfer-encoding", "chunked")])
        await connection.chunk(HTML)
        await connection.hang()

    mcp.on["tools/call"] = drip
    async with streamable(server.url()) as session:
        answer = await session.call_tool("echo")
        assert answer.outcome is Outcome.REFUSED and "(500)" in answer.sentence
        assert (await session.list_tools()).ok
    check_river(session.river)
    body = next(event for event in session.river.since(0) if isinstance(event, BodyReceived))
    assert body.raw == HTML and body.truncated


def replying(kind: str | None, body: bytes, status: int = 200) -> MethodBehaviour:
    async def reply(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(status, kind, body.replace(b"ID", str(message["id"]).encode()))

    return reply


WRONG_ANSWERS = [
    (JSON, b'{"jsonrpc": "2.0", ', "jsonrpc-invalid-json", "no answer to it"),
    (JSON, b"", None, "no answer to it"),
    (JSON, b"[1, 2]", "jsonrpc-envelope-invalid", "no answer to it"),
    (JSON, b"[]", "jsonrpc-envelope-invalid", "no answer to it"),
    (JSON, b'"text"', "jsonrpc-envelope-invalid", "no answer to it"),
    (JSON, b'{"jsonrpc": "2.0", "id": 12345, "result": {}}', "response-id-unknown", "no answer to it"),
    ("text/plain", b"hello", None, "with text/plain, not application/json or text/event-stream"),
    (None, b"hello", None, "with no Content-Type"),
    ("text/html", HTML, None, "web page"),
]


@pytest.mark.parametrize(("kind", "body", "rule", "words"), WRONG_ANSWERS)
async def test_a_wrong_answer_to_a_call(
    server: FaultServer, mcp: StreamableMcp, kind: str | None, body: bytes, rule: str | None, words: str
) -> None:
    mcp.on["tools/call"] = replying(kind, body)
    async with streamable(server.url()) as session:
        answer = await session.call_tool("echo")
        assert not answer.ok and words in answer.sentence, answer.sentence
        assert (await session.list_tools()).ok
    check_river(session.river)
    assert rule is None or rule in violations(session.river)


async def test_202_for_a_request_and_200_for_a_notification(server: FaultServer, mcp: StreamableMcp) -> None:
    async def ok(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(200, JSON, b"{}")

    mcp.on = {"tools/call": replying(None, b"", 202), "notifications/initialized": ok}
    async with streamable(server.url()) as session:
        answer = await session.call_tool("echo")
        assert "202 Accepted to a request" in answer.sentence
    check_river(session.river)
    assert violations(session.river) == ["notification-not-202", "request-accepted-without-answer"]


async def test_a_notification_that_is_answered_with_an_endless_stream(server: FaultServer, mcp: StreamableMcp) -> None:
    async def stream(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.hang()

    mcp.on["notifications/initialized"] = stream
    async with streamable(server.url()) as session:
        assert (await session.list_tools()).ok
    check_river(session.river)
    assert "notification-not-202" in violations(session.river)


@pytest.mark.parametrize("error", [b'"id": null, ', b"", b'"id": ID, '])
async def test_an_error_to_initialize_with_status_405_is_no_end_of_the_search(
    server: FaultServer, error: bytes
) -> None:
    """Several servers answer what they do not take with a JSON-RPC error and a status; the status decides."""
    old = HttpSseMcp()

    async def either(connection: Connection, request: Request) -> None:
        if request.method == "GET":
            await old.stream(connection, request)
            return
        body = (
            b'{"jsonrpc": "2.0", '
            + error.replace(b"ID", b"%d" % request.message["id"])
            + b'"error": {"code": -32000, "message": "no POST"}}'
        )
        await connection.answer(405, JSON, body)

    server.routes |= {"/mcp": either, "/messages": old.post}
    async with inspector.connect(server.url()) as session:
        assert session.transport is inspector.TransportName.HTTP_SSE
        assert (await session.call_tool("echo")).ok
    check_river(session.river)


async def test_an_error_to_initialize_is_the_servers_error(server: FaultServer, mcp: StreamableMcp) -> None:
    body = {"code": -32602, "message": "Unsupported", "data": {"supported": ["1999-01-01"]}}

    async def refuse(connection: Connection, request: Request, message: Json) -> None:
        answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": body}).encode()
        await connection.answer(200, JSON, answer)

    mcp.on["initialize"] = refuse
    error, _ = await refusal(server.url())
    assert error.kind is FailureKind.SERVER_ERROR and "-32602: Unsupported" in error.sentence


async def test_an_older_revision_is_asked_for_when_the_server_names_it(server: FaultServer, mcp: StreamableMcp) -> None:
    async def choose(connection: Connection, request: Request, message: Json) -> None:
        if message["params"]["protocolVersion"] == "2025-06-18":
            mcp.revision = "2025-06-18"
            del mcp.on["initialize"]
            await mcp(connection, request)
            return
        error = {"code": -32602, "message": "Unsupported", "data": {"supported": ["2024-11-05", "2025-06-18"]}}
        answer = json.dumps({"jsonrpc": "2.0", "id": message["id"], "error": error}).encode()
        await connection.answer(400, JSON, answer)

    mcp.on["initialize"] = choose
    async with streamable(server.url()) as session:
        assert session.negotiated is not None and session.negotiated.protocol_version == "2025-06-18"
    check_river(session.river)
    assert server.seen[-1].method == "DELETE" and server.seen[-1].headers["mcp-protocol-version"] == "2025-06-18"


async def test_http_sse_without_an_endpoint(server: FaultServer) -> None:
    async def pings(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(b": ping\n\n" * 3)
        await connection.hang()

    server.routes["/sse"] = pings
    error, river = await refusal(server.url("/sse"), transport="http+sse", endpoint_timeout_s=0.3)
    assert "3 heartbeats, but no `endpoint` event" in error.sentence
    assert violations(river) == ["endpoint-event-missing"]


@pytest.mark.parametrize(
    ("first", "rule", "words"),
    [
        (b"data: /messages?session_id=1\n\n", "endpoint-event-missing", "is not named `endpoint`"),
        (b"event: news\ndata: 1\n\n", "endpoint-event-missing", "'news', not `endpoint`"),
        (b"event: endpoint\ndata:\n\n", "endpoint-url-mangled", "no address"),
    ],
)
async def test_http_sse_that_begins_with_another_event(
    server: FaultServer, first: bytes, rule: str, words: str
) -> None:
    async def begin(connection: Connection, request: Request) -> None:
        await connection.stream()
        await connection.chunk(first)
        await connection.hang()

    server.routes["/sse"] = begin
    error, river = await refusal(server.url("/sse"), transport="http+sse")
    assert words in error.sentence
    assert violations(river) == [rule]


@pytest.mark.parametrize(
    ("endpoint", "rule", "words"),
    [
        ("http://127.0.0.2:1/messages", "endpoint-origin-mismatch", "another origin"),
        ("https://127.0.0.1/messages", "endpoint-", "origin"),
        ("http%3A//127.0.0.1/ <x>", "endpoint-url-mangled", "no address"),
    ],
)
async def test_http_sse_with_an_endpoint_that_is_refused(
    server: FaultServer, endpoint: str, rule: str, words: str
) -> None:
    old = HttpSseMcp(endpoint=endpoint)
    server.routes |= {"/sse": old.stream, "/messages": old.post}
    error, river = await refusal(server.url("/sse"), transport="http+sse")
    assert words in error.sentence, error.sentence
    assert violations(river)[0].startswith(rule)
    assert [request.method for request in server.seen] == ["GET"]


async def test_http_sse_with_an_endpoint_without_its_session(server: FaultServer) -> None:
    old = HttpSseMcp(endpoint="/messages?session=")
    server.routes |= {"/sse": old.stream, "/messages": old.post}
    error, river = await refusal(server.url("/sse"), transport="http+sse")
    assert "ends where the session should be named" in error.sentence, error.sentence
    assert violations(river) == ["endpoint-url-mangled"]


async def test_http_sse_with_another_type(server: FaultServer) -> None:
    server.routes["/sse"] = answering(200, JSON, b"{}")
    error, _ = await refusal(server.url("/sse"), transport="http+sse")
    assert f"with application/json, not {SSE}" in error.sentence


async def test_a_stream_that_ends_before_the_answer_to_initialize(server: FaultServer, mcp: StreamableMcp) -> None:
    async def half(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.chunk(block(json.dumps(text_of(message)).encode())[:20])
        await connection.end()

    mcp.on["initialize"] = half
    error, river = await refusal(server.url())
    assert "in the middle of an event" in error.sentence
    assert ends(river)[0].pending.startswith(b"data: ")


async def test_an_oauth_error_in_a_401_is_no_json_rpc(server: FaultServer) -> None:
    body = b'{"error": "invalid_token", "error_description": "expired"}'
    server.routes["/mcp"] = answering(401, JSON, body, ("www-authenticate", "Bearer"))
    error, river = await refusal(server.url())
    assert error.kind is FailureKind.UNAUTHORISED
    assert "add an Authorization header" in error.sentence
    assert [event.raw for event in river.since(0) if isinstance(event, BodyReceived)] == [body]
