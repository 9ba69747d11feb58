"""Event streams that are broken, cut, compressed or too large: all is shown, and the session goes on."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from inspector.session.calls import Answer
from inspector.trace.events import (
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    EndCause,
    FrameReceived,
    Message,
    Outcome,
    RequestSent,
    Severity,
    Violation,
)
from inspector.trace.river import River
from tests.end2end.conftest import streamable
from tests.end2end.river_check import check_river, ends, failures, violations
from tests.end2end.servers.faults import (
    JSON,
    SSE,
    Connection,
    FaultServer,
    Json,
    Request,
    StreamableMcp,
    block,
    result_of,
    text_of,
)

Script = Callable[[Connection, Json], Awaitable[None]]


async def call_against(
    server: FaultServer, mcp: StreamableMcp, script: Script, *, opens: bool = True, **more: Any
) -> tuple[Answer, River]:
    """Call a tool whose stream does what `script` says; a call after that one must work."""

    async def serve(connection: Connection, request: Request, message: Json) -> None:
        del mcp.on["tools/call"]
        if opens:
            await connection.stream()
        await script(connection, message)

    mcp.on["tools/call"] = serve
    async with streamable(server.url(), **more) as session:
        answer = await session.call_tool("broken", timeout_s=5.0)
        assert (await session.call_tool("sound")).ok
    check_river(session.river)
    return answer, session.river


def encoded(message: Any) -> bytes:
    return json.dumps(message).encode()


def texts(river: River, rule: str) -> list[str]:
    return [event.text for event in river.since(0) if isinstance(event, Violation) and event.rule == rule]


async def test_a_cut_in_the_middle_of_an_event(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.chunk(b": alive\n\n" + block(encoded(text_of(message)))[:-9])
        await connection.cut()

    answer, river = await call_against(server, mcp, script)
    assert answer.outcome is Outcome.LOST and "broken got no answer" in answer.sentence
    end = next(end for end in ends(river) if end.cause is EndCause.CUT_MID_EVENT)
    assert end.pending.startswith(b'data: {"jsonrpc"')
    cut = [e for e in river.since(0) if isinstance(e, FrameReceived) and not e.complete]
    assert len(cut) == 1 and "ended inside this block" in cut[0].note
    assert [e.text for e in river.since(0) if isinstance(e, CommentReceived)] == [" alive"]


@pytest.mark.parametrize(("how", "cause"), [("end", EndCause.END_OF_STREAM), ("cut", EndCause.CUT_MID_BODY),
                                             ("reset", EndCause.RESET)])  # fmt: skip
async def test_a_stream_that_ends_without_the_answer(
    server: FaultServer, mcp: StreamableMcp, how: str, cause: EndCause
) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.chunk(b": alive\n\n")
        await asyncio.sleep(0.05)
        await getattr(connection, how)()

    answer, river = await call_against(server, mcp, script)
    assert answer.outcome is Outcome.LOST
    assert cause in [end.cause for end in ends(river, "tools/call")]
    assert [failed.name for failed in failures(river)] == ["broken"]


async def test_fin_in_the_middle_of_a_chunk(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.send(b"400\r\n" + block(b"{}")[:7])
        await connection.cut()

    answer, river = await call_against(server, mcp, script)
    assert answer.outcome is Outcome.LOST
    assert EndCause.CUT_MID_EVENT in [end.cause for end in ends(river)]
    assert b"data: {" in [e.data for e in river.since(0) if isinstance(e, ChunkReceived)]


async def test_bytes_that_are_no_utf8(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.chunk(block(encoded(text_of(message, "caf@")).replace(b"@", b"\xe9")))
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok and answer.result["content"][0]["text"] == "caf\ufffd"
    assert "sse-charset" in violations(river)
    message = next(e for e in river.since(0) if isinstance(e, Message) and e.name == "broken" and e.rtt_ms is not None)
    assert b"caf\xe9" in message.raw


@pytest.mark.parametrize(
    ("data", "rule", "words"),
    [
        (b"{nope}", "jsonrpc-invalid-json", "no JSON at byte 1"),
        (b'{"jsonrpc": "2.0", "id": NaN, "result": {}}', "jsonrpc-envelope-invalid", "no proper JSON-RPC"),
        (b'{"hello": 1}', "jsonrpc-envelope-invalid", "neither `method` nor"),
        (b'"text"', "jsonrpc-envelope-invalid", "not a string"),
        (b'{"jsonrpc": "2.0", "id": 777, "result": {}}', "response-id-unknown", "777"),
        (b'{"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 9}}',
         "progress-unknown-token", "never sent"),
        (b"[" * 5000, "jsonrpc-invalid-json", "200 levels"),
    ],
)  # fmt: skip
async def test_rubbish_before_the_answer(
    server: FaultServer, mcp: StreamableMcp, data: bytes, rule: str, words: str
) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.event(data)
        await connection.event(text_of(message))
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok
    found = texts(river, rule)
    assert found and words in found[0], found
    assert any(data in e.raw for e in river.since(0) if isinstance(e, Message | FrameReceived))


async def test_one_as_a_string_and_an_answer_twice(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.event(text_of({"id": str(message["id"])}))
        await connection.event(text_of(message, "again"))
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok and answer.result["content"][0]["text"] == "done"
    assert violations(river) == ["response-id-type-changed", "duplicate-response"]


async def test_an_unknown_event_name_unknown_lines_and_a_batch(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.chunk(block(b"2024", event="tick"))
        await connection.chunk(b'{"no": "field"}\ndata: \n\n')
        await connection.event([{"jsonrpc": "2.0", "method": "notifications/x"}, text_of(message)])
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok
    assert violations(river) == ["sse-unknown-event-name", "sse-unknown-field", "jsonrpc-batch"]


async def test_an_event_of_ten_mebibytes(server: FaultServer, mcp: StreamableMcp) -> None:
    text = "x" * (10 * 1024 * 1024)

    async def script(connection: Connection, message: Json) -> None:
        data = block(encoded(text_of(message, text)))
        for start in range(0, len(data), 65_536):
            await connection.chunk(data[start : start + 65_536])
        await connection.end()

    answer, _ = await call_against(server, mcp, script)
    assert answer.ok and answer.result["content"][0]["text"] == text


@pytest.mark.parametrize("kind", [SSE, JSON])
async def test_an_answer_beyond_our_limit(server: FaultServer, mcp: StreamableMcp, kind: str) -> None:
    """The limit of 64 MiB, scaled down: the beginning is kept, the rest dropped, the call told why."""

    async def script(connection: Connection, message: Json) -> None:
        data = encoded(text_of(message, "x" * 500_000))
        if kind == JSON:
            await connection.answer(200, JSON, data)
            return
        await connection.stream()
        await connection.event(data)
        await connection.chunk(b": behind it\n\n")
        await connection.end()

    answer, river = await call_against(server, mcp, script, opens=False, event_limit_bytes=100_000)
    assert answer.outcome is Outcome.LOST
    if kind == JSON:
        assert "larger than our limit of 100,000 bytes" in answer.sentence
        assert "answer-too-large" in violations(river)
        body = next(e for e in river.since(0) if isinstance(e, BodyReceived))
        assert body.truncated and len(body.raw) == 100_000
    else:
        assert {"sse-event-too-large", "jsonrpc-invalid-json"} <= set(violations(river))
        frame = next(e for e in river.since(0) if isinstance(e, FrameReceived) and e.truncated)
        assert len(frame.raw) == 100_000
        assert [e.text for e in river.since(0) if isinstance(e, CommentReceived)] == [" behind it"]


@pytest.mark.parametrize("flushes", [True, False])
async def test_a_compressed_stream(server: FaultServer, mcp: StreamableMcp, flushes: bool) -> None:
    pressed: list[bytes] = []

    async def script(connection: Connection, message: Json) -> None:
        press = zlib.compressobj(wbits=31)
        headers = [("content-encoding", "gzip"), ("transfer-encoding", "chunked")]
        await connection.head(200, SSE, headers)
        progress = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "é" * 50}}
        for value in (progress, progress, text_of(message)):
            data = press.compress(block(encoded(value))) + (press.flush(zlib.Z_SYNC_FLUSH) if flushes else b"")
            if data:
                pressed.append(data)
                await connection.chunk(data)
        pressed.append(press.flush())
        await connection.chunk(pressed[-1])
        await connection.end()

    answer, river = await call_against(server, mcp, script, opens=False)
    assert answer.ok and answer.events == 2
    found = next(e for e in river.since(0) if isinstance(e, Violation) and e.rule == "sse-compressed")
    assert found.severity is Severity.NOTE and "gzip" in found.text
    chunks = [e.data for e in river.since(0) if isinstance(e, ChunkReceived) and e.stream == found.stream]
    assert b"".join(chunks) == b"".join(pressed)


async def test_a_stream_that_says_gzip_and_is_none(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.head(200, SSE, [("content-encoding", "gzip"), ("transfer-encoding", "chunked")])
        await connection.event(text_of(message))
        await connection.end()

    answer, river = await call_against(server, mcp, script, opens=False)
    assert answer.outcome is Outcome.LOST and "does not decode as its Content-Encoding says" in answer.sentence
    assert EndCause.DECODING in [end.cause for end in ends(river)]
    assert any(b"jsonrpc" in e.data for e in river.since(0) if isinstance(e, ChunkReceived))


async def test_odd_line_ends_and_a_byte_order_mark(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        data = b"\xef\xbb\xbf" + block(encoded(text_of(message))).replace(b"\n", b"\r")
        for byte in (data[i : i + 1] for i in range(len(data))):
            await connection.chunk(byte)
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok
    assert "sse-bom" in violations(river)


async def test_a_priming_event_and_heartbeats_are_no_messages(server: FaultServer, mcp: StreamableMcp) -> None:
    async def script(connection: Connection, message: Json) -> None:
        await connection.chunk(block(b"", "e-1", 500))
        await connection.chunk(b": ping\n\nevent: message\n\nid\n\n")
        await connection.event(text_of(message), "e-2")
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    assert answer.ok
    notes = [e.note for e in river.since(0) if isinstance(e, FrameReceived)]
    assert notes[0] == "A priming event: an id to resume from." and len(notes) == 3
    assert [rule for rule in violations(river) if not rule.startswith("lens-")] == []


async def test_the_whole_river_is_told_in_order(server: FaultServer, mcp: StreamableMcp) -> None:
    """Bytes to chunks to frames: what stands in the messages is exactly what was sent."""

    async def script(connection: Connection, message: Json) -> None:
        await connection.event(result_of(message, {"content": []}), "only")
        await connection.end()

    answer, river = await call_against(server, mcp, script)
    request = river[answer.request_n]
    assert isinstance(request, Message) and request.raw in [
        e.body for e in river.since(0) if isinstance(e, RequestSent)
    ]
    found = river[answer.answer_n or 0]
    assert isinstance(found, Message) and found.event_id == "only"
    chunks = b"".join(e.data for e in river.since(0) if isinstance(e, ChunkReceived) and e.stream == found.stream)
    assert chunks[found.offset : found.offset + len(found.raw)] == found.raw
    assert found.monotonic_ns - request.monotonic_ns == pytest.approx((answer.rtt_ms or 0) * 1e6, abs=1)
