"""Yesterday's server back on the desk: recorded, saved to a file, served again, and met by our client and the SDK's."""

from __future__ import annotations

import asyncio
import json
import signal
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.sse import sse_client
from mcp.types import ElicitRequestParams, ElicitResult

import inspector
from inspector.protocol.era import TransportName
from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording
from inspector.record.store import Store
from inspector.servers.demo import DemoServer
from inspector.servers.replay import ReplayServer
from inspector.session.session import Session
from inspector.trace.events import ChunkReceived, EndCause, HeadersReceived, Message, Outcome, RequestSent, StreamEnded
from inspector.trace.river import River
from tests.end2end.conftest import Program, streamable
from tests.end2end.river_check import check_river, ends, failures, until, violations
from tests.end2end.servers.faults import (
    JSON,
    SSE,
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    Request,
    StreamableMcp,
    block,
    text_of,
)
from tests.end2end.test_cli import command, finish, start

Run = Callable[..., Program]
Talk = Callable[[Session], Awaitable[Any]]
Script = Callable[[Connection, Json], Awaitable[None]]


def saved(river: River, path: Path) -> Path:
    """The river as a recording on disk."""
    recorder = Recorder(river, Store(path))
    recorder.close()
    return path


@asynccontextmanager
async def replayed(river: River, tmp_path: Path, speed: float = 1.0, **more: Any) -> AsyncIterator[ReplayServer]:
    recording = open_recording(saved(river, tmp_path / f"{time.monotonic_ns()}.rec"))
    async with ReplayServer(recording, speed=speed, **more) as server:
        yield server
    recording.close()


async def met(url: str, talk: Talk, **options: Any) -> tuple[Any, River]:
    async with inspector.connect(url, **options) as session:
        said = await talk(session)
    check_river(session.river)
    return said, session.river


async def demo_talk(session: Session) -> Any:
    steps: list[float] = []
    tools = await session.list_tools()
    echo = await session.call_tool("echo", {"text": "héllo ✓"})
    counted = await session.call_tool(
        "countdown", {"from": 4, "delay_ms": 20}, on_progress=lambda s: steps.append(s.progress)
    )
    failed = await session.call_tool("fail")
    crashed = await session.call_tool("crash")
    return tools.result, echo.result, counted.result, counted.events, steps, failed.result, crashed.error


@pytest.mark.parametrize("place", ["url", "sse_url"])
@pytest.mark.parametrize("speed", [1.0, 0.0])
async def test_the_demo_server_again(place: str, speed: float, tmp_path: Path) -> None:
    async with DemoServer() as demo:
        first, river = await met(getattr(demo, place), demo_talk)
    async with replayed(river, tmp_path, speed) as server:
        again, second_river = await met(server.urls[0][0], demo_talk)
    assert again == first and first[4]
    assert violations(second_river) == violations(river)
    assert sorted(end.cause for end in ends(second_river)) == sorted(end.cause for end in ends(river))


async def test_a_tool_stream_again(tmp_path: Path) -> None:
    async def talk(session: Session) -> Any:
        steps: list[float] = []
        answer = await session.call_tool(
            "countdown", {"from": 3, "delay_ms": 5}, on_progress=lambda s: steps.append(s.progress)
        )
        return answer.ok, answer.result, steps

    async with DemoServer() as demo:
        first, river = await met(demo.tool_stream_url, talk, transport="tool-stream")
    async with replayed(river, tmp_path) as server:
        url = next(url for url, label in server.urls if label == TransportName.TOOL_STREAM.label)
        again, _ = await met(url, talk, transport="tool-stream")
    assert again == first and first[0]


async def test_a_dropped_stream_is_resumed_again(tmp_path: Path) -> None:
    async def talk(session: Session) -> Any:
        answer = await session.call_tool("drop", timeout_s=10)
        return answer.ok, answer.result

    async with DemoServer() as demo:
        first, river = await met(demo.url, talk)
    async with replayed(river, tmp_path, 10) as server:
        again, second_river = await met(server.urls[0][0], talk)
    assert again == first
    purposes = [[e.purpose for e in it.since(0) if isinstance(e, RequestSent)] for it in (river, second_river)]
    assert "resume" in purposes[0] and sorted(purposes[0]) == sorted(purposes[1])


async def sdk_talk(session: Session) -> Any:
    steps: list[float] = []
    tools = await session.list_tools()
    await session.ping() if session.transport is not TransportName.STATELESS else None  # other ids than the SDK's
    echo = await session.call_tool("echo", {"text": "x"})
    counted = await session.call_tool("count", {"to": 4}, on_progress=lambda step: steps.append(step.progress))
    crashed = await session.call_tool("crash")
    return [tool["name"] for tool in tools.result["tools"]], text(echo), text(counted), steps, text(crashed)


def text(answer: Any) -> str:
    content = answer.result["content"] if isinstance(answer.result, dict) else []
    return str(content[0]["text"])


async def official_talk(target: Any) -> Any:
    """The same by the official client."""
    steps: list[float] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        steps.append(progress)

    async def accept(context: Any, params: ElicitRequestParams) -> ElicitResult:
        return ElicitResult(action="accept", content={"name": "Bob"})

    async with Client(target, elicitation_callback=accept, read_timeout_seconds=15) as client:
        tools = [tool.name for tool in (await client.list_tools()).tools]
        echo = await client.call_tool("echo", {"text": "x"})
        counted = await client.call_tool("count", {"to": 4}, progress_callback=on_progress)
        crashed = await client.call_tool("crash", {})
        texts = [str(getattr(result.content[0], "text", "")) for result in (echo, counted, crashed)]
    return tools, texts[0], texts[1], steps, texts[2]


@pytest.mark.parametrize(
    ("mode", "path", "transport"),
    [
        ("sse", "/sse", "http+sse"),
        ("streamable-http", "/mcp", "streamable-http"),
        ("streamable-http", "/mcp", "stateless"),
    ],
)
async def test_the_sdk_s_server_for_the_sdk_s_client(
    run: Run, mode: str, path: str, transport: str, tmp_path: Path
) -> None:
    program = run("sdk_server.py", mode)
    first, river = await met(program.url(path), sdk_talk, transport=transport)
    program.kill()
    assert first[3] == [1, 2, 3, 4]
    async with replayed(river, tmp_path) as server:
        url = server.urls[0][0]
        again, _ = await met(url, sdk_talk, transport=transport)
        assert again == first
        assert await official_talk(sse_client(url) if mode == "sse" else url) == first


@pytest.mark.parametrize("speed", [1.0, 0.0])
async def test_a_question_of_the_server_s_waits_for_the_client(run: Run, speed: float, tmp_path: Path) -> None:
    """The result was recorded behind our answer, so it comes behind this client's, however fast the replay is."""
    program = run("sdk_server.py", "streamable-http")
    waits = 0.0

    async def accept(params: Json) -> Json:
        await asyncio.sleep(waits)
        return {"action": "accept", "content": {"name": "Ada"}}

    async def talk(session: Session) -> Any:
        return text(await session.call_tool("greet"))

    options: dict[str, Any] = {"transport": "streamable-http", "elicitation": accept}
    first, river = await met(program.url("/mcp"), talk, **options)
    waits = 0.5
    async with replayed(river, tmp_path, speed) as server:
        again, second = await met(server.urls[0][0], talk, **options)
    assert first == again == "Hello Ada"
    events = second.since(0)
    answered = next(e.n for e in events if isinstance(e, RequestSent) and b'"Ada"' in e.body)
    result = next(e.n for e in events if isinstance(e, Message) and e.name == "greet" and e.rtt_ms is not None)
    assert answered < result
    assert violations(second) == violations(river)


async def test_it_keeps_its_own_time_or_is_faster(server: FaultServer, mcp: StreamableMcp, tmp_path: Path) -> None:
    pauses = [0.15, 0.3, 0.1]

    async def slow(connection: Connection, request: Request, message: Json) -> None:
        await asyncio.sleep(pauses[0])
        await connection.stream()
        for pause in pauses[1:]:
            await connection.chunk(b": alive\n\n")
            await asyncio.sleep(pause)
        await connection.event(text_of(message))
        await connection.end()

    async def talk(session: Session) -> Any:
        return (await session.call_tool("slow")).ok

    def gaps(river: River) -> list[float]:
        """From the request to the head, and between the chunks, in seconds."""
        events = [e for e in river.since(0) if e.stream == stream_of(river)]
        sent = next(e for e in events if isinstance(e, RequestSent))
        times = [sent.monotonic_ns] + [e.monotonic_ns for e in events if isinstance(e, HeadersReceived | ChunkReceived)]
        return [(after - before) / 1e9 for before, after in pairwise(times)]

    def stream_of(river: River) -> int | None:
        return next(e.stream for e in river.since(0) if isinstance(e, RequestSent) and e.purpose == "tools/call")

    mcp.on["tools/call"] = slow
    _, river = await met(server.url(), talk, transport="streamable-http")
    for speed in (1.0, 10.0, 0.0):
        async with replayed(river, tmp_path, speed) as replay:
            _, again = await met(replay.urls[0][0], talk, transport="streamable-http")
        expected = [gap / speed if speed else 0.0 for gap in gaps(river)]
        assert len(gaps(again)) == len(expected)
        assert all(gap > due - 0.05 for gap, due in zip(gaps(again), expected, strict=True)), speed
        assert sum(gaps(again)) < (sum(expected) + 2.0 if speed == 1.0 else sum(gaps(river)) / 1.5), speed


async def breaking(connection: Connection) -> None:
    await connection.stream()
    await connection.chunk(b": alive\n\n")
    await asyncio.sleep(0.03)


async def cut_mid_event(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.chunk(block(json.dumps(text_of(message)).encode())[:-9])
    await connection.cut()


async def end_mid_event(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.chunk(block(json.dumps(text_of(message)).encode())[:-9])
    await connection.end()


async def reset_mid_event(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.chunk(b"data: {")
    await asyncio.sleep(0.05)
    await connection.reset()


async def reset(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.reset()


async def cut(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.cut()


async def end_without_answer(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.end()


async def close_before_headers(connection: Connection, message: Json) -> None:
    await connection.cut()


async def reset_before_headers(connection: Connection, message: Json) -> None:
    await connection.reset()


async def never_answer(connection: Connection, message: Json) -> None:
    await connection.hang()


async def never_go_on(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.hang()


async def speak_no_http(connection: Connection, message: Json) -> None:
    await connection.send(b"\x15\x03\x01 what?\r\n\r\n")
    await connection.cut()


async def break_the_chunks(connection: Connection, message: Json) -> None:
    await breaking(connection)
    await connection.send(b"nonsense\r\n")
    await connection.cut()


async def short_body(connection: Connection, message: Json) -> None:
    await connection.head(200, JSON, [("content-length", "500")])
    await connection.send(json.dumps(text_of(message)).encode()[:30])
    await connection.cut()


async def wrong_type(connection: Connection, message: Json) -> None:
    await connection.answer(200, "text/html", b"<h1>Sign in</h1>")


async def refuse(connection: Connection, message: Json) -> None:
    challenge = ("www-authenticate", 'Bearer realm="x", error="invalid_token"')
    await connection.answer(401, JSON, b'{"error":"invalid_token"}', [challenge])


async def fail(connection: Connection, message: Json) -> None:
    await connection.answer(503, "text/plain", b"overloaded", [("retry-after", "7"), ("x-odd", "a"), ("x-odd", "b")])


async def no_gzip(connection: Connection, message: Json) -> None:
    await connection.head(200, SSE, [("content-encoding", "gzip"), ("transfer-encoding", "chunked")])
    await connection.event(text_of(message))
    await connection.end()


async def odd_frames(connection: Connection, message: Json) -> None:
    await connection.stream()
    await connection.chunk(b"\xef\xbb\xbf: bom\n\nevent: tick\rdata: 1\r\r")
    await connection.chunk(b"no field\ndata: {nope}\n\ndata: caf\xe9\n\n")
    await connection.event(text_of({"id": str(message["id"])}))
    await connection.event(text_of(message), "e-1", 500)
    await connection.end()


async def without_length(connection: Connection, message: Json) -> None:
    await connection.head(200, JSON)
    await connection.send(json.dumps(text_of(message)).encode())
    await connection.cut()


FAULTS: list[tuple[Script, EndCause | None]] = [
    (cut_mid_event, EndCause.CUT_MID_EVENT),
    (end_mid_event, EndCause.CUT_MID_EVENT),
    (reset_mid_event, EndCause.CUT_MID_EVENT),
    (reset, EndCause.RESET),
    (cut, EndCause.CUT_MID_BODY),
    (end_without_answer, EndCause.END_OF_STREAM),
    (close_before_headers, EndCause.CUT_MID_HEADERS),
    (reset_before_headers, EndCause.RESET),
    (never_answer, None),
    (never_go_on, None),
    (speak_no_http, EndCause.PROTOCOL),
    (break_the_chunks, EndCause.PROTOCOL),
    (short_body, EndCause.CUT_MID_BODY),
    (wrong_type, EndCause.REJECTED),
    (refuse, EndCause.REJECTED),
    (fail, EndCause.REJECTED),
    (no_gzip, EndCause.DECODING),
    (odd_frames, EndCause.END_OF_STREAM),
    (without_length, EndCause.COMPLETE),
]


def what_broke(river: River) -> Any:
    """How the calls ended for the client: causes, statuses, the library's words, outcomes, and the rules broken."""
    calls = ends(river, "tools/call")
    causes = [
        (end.cause, end.phase, end.status, end.bytes_received, end.pending[:9], end.error and end.error[:30])
        for end in calls
    ]
    return causes, [(failed.name, failed.outcome) for failed in failures(river)], violations(river)


@pytest.mark.parametrize(("script", "cause"), FAULTS, ids=lambda value: getattr(value, "__name__", ""))
async def test_a_broken_server_breaks_again(
    server: FaultServer, mcp: StreamableMcp, script: Script, cause: EndCause | None, tmp_path: Path
) -> None:
    async def serve(connection: Connection, request: Request, message: Json) -> None:
        await script(connection, message)

    async def talk(session: Session) -> Any:
        await session.list_tools()
        broken = await session.call_tool("broken", timeout_s=0.7 if cause is None else 10)
        return broken.ok, broken.result, broken.outcome, broken.error, (await session.ping()).ok

    mcp.on["tools/call"] = serve
    options: dict[str, Any] = {"transport": "streamable-http", "reconnect": False}
    first, river = await met(server.url(), talk, **options)
    async with replayed(river, tmp_path) as replay:
        again, second = await met(replay.urls[0][0], talk, **options)
    assert again == first
    assert what_broke(second) == what_broke(river)
    assert cause is None or cause in [end.cause for end in ends(second, "tools/call")]
    assert odd_headers(second) == odd_headers(river)


def odd_headers(river: River) -> list[Any]:
    """What the answers to the tool calls said of themselves."""
    events = river.since(0)
    calls = {e.stream for e in events if isinstance(e, RequestSent) and e.purpose == "tools/call"}
    heads = [e for e in events if isinstance(e, HeadersReceived) and e.stream in calls]
    told = ("x-odd", "retry-after", "www-authenticate", "content-type", "content-encoding")
    return [(head.status, head.reason, [pair for pair in head.headers if pair[0] in told]) for head in heads]


async def test_a_compressed_stream_comes_plain_and_says_so(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    async def pressed(connection: Connection, request: Request, message: Json) -> None:
        press = zlib.compressobj(wbits=31)
        await connection.head(200, SSE, [("content-encoding", "gzip"), ("transfer-encoding", "chunked")])
        data = press.compress(block(json.dumps(text_of(message)).encode())) + press.flush()
        await connection.chunk(data)
        await connection.end()

    async def talk(session: Session) -> Any:
        return text(await session.call_tool("pressed"))

    mcp.on["tools/call"] = pressed
    _, river = await met(server.url(), talk, transport="streamable-http")
    told: list[str] = []
    async with replayed(river, tmp_path, log=told.append) as replay:
        again, second = await met(replay.urls[0][0], talk, transport="streamable-http")
    assert again == "done" and "sse-compressed" in violations(river) and "sse-compressed" not in violations(second)
    assert "note: the content coding gzip is undone" in told
    assert any(line.startswith("POST /mcp tools/call pressed -> stream ") for line in told)


async def test_an_http_sse_stream_that_dies_under_a_call(server: FaultServer, tmp_path: Path) -> None:
    speaking = HttpSseMcp()

    async def die(stream: Connection, message: Json) -> None:
        await stream.event(
            {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
        )
        await stream.chunk(b"data: {")
        await asyncio.sleep(0.1)
        await stream.reset()

    speaking.on["tools/call"] = die
    server.routes |= {"/sse": speaking.stream, "/messages": speaking.post}

    async def talk(session: Session) -> Any:
        await asyncio.sleep(waits)
        lost = await session.call_tool("dying", timeout_s=5)
        return lost.ok, lost.outcome

    waits = 0.0
    options: dict[str, Any] = {"transport": "http+sse", "reconnect": False}
    first, river = await met(server.url("/sse"), talk, **options)
    waits = 0.6  # a slower client: the stream dies under its call all the same
    async with replayed(river, tmp_path) as replay:
        again, second = await met(replay.urls[0][0], talk, **options)
    assert first == again == (False, Outcome.LOST)
    broken = [[(end.cause, end.pending) for end in ends(it, "stream")] for it in (river, second)]
    assert broken[0] == broken[1] == [(EndCause.CUT_MID_EVENT, b"data: {")]


async def test_a_redirect_and_an_absolute_endpoint_lead_to_the_replay(server: FaultServer, tmp_path: Path) -> None:
    speaking = HttpSseMcp(endpoint=f"{server.url('/messages')}?session=s1")
    server.routes |= {"/sse": speaking.stream, "/messages": speaking.post}

    async def move(connection: Connection, request: Request) -> None:
        await connection.answer(307, None, b"gone there", [("location", server.url("/sse"))])

    server.routes["/old"] = move

    async def talk(session: Session) -> Any:
        return (await session.list_tools()).result

    first, river = await met(server.url("/old"), talk, transport="http+sse")
    told: list[str] = []
    async with replayed(river, tmp_path, log=told.append) as replay:
        await server.die()
        again, second = await met(f"http://127.0.0.1:{replay.port}/old", talk, transport="http+sse")
    assert first == again
    urls = [e.url for e in second.since(0) if isinstance(e, RequestSent)]
    assert all(url.startswith(f"http://127.0.0.1:{replay.port}/") for url in urls) and len(urls) >= 4
    assert "note: location points here instead of to the recorded server" in told
    assert "note: the endpoint event points here instead of to the recorded server" in told


async def test_what_was_never_recorded_is_refused_in_words(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    async def listing(session: Session) -> Any:
        return (await session.list_tools()).ok

    _, river = await met(server.url(), listing, transport="streamable-http")
    told: list[str] = []

    async def asking(session: Session) -> Any:
        return await session.call_tool("unknown", {"a": 1}), await session.list_tools()

    async with replayed(river, tmp_path, log=told.append) as replay:
        (unknown, known), _ = await met(replay.urls[0][0], asking, transport="streamable-http")
        async with httpx.AsyncClient() as client:
            other = await client.get(f"http://127.0.0.1:{replay.port}/other")
            foreign = await client.get(replay.urls[0][0], headers={"Host": "evil.example"})
            cross = await client.post(replay.urls[0][0], headers={"Origin": "https://evil.example"})
    assert known.ok and not unknown.ok
    assert unknown.error["code"] == -32601 and unknown.error["data"]["name"] == "unknown"
    assert unknown.error["message"] == (
        "This is a replay, and there is no recorded answer for POST /mcp tools/call unknown."
    )
    assert "no recorded answer for POST /mcp tools/call unknown" in told
    assert (other.status_code, foreign.status_code, cross.status_code) == (404, 403, 403)


async def test_the_command(tmp_path: Path) -> None:
    async def talk(session: Session) -> Any:
        return (await session.call_tool("echo", {"text": "from yesterday"})).ok

    async with DemoServer() as demo:
        _, river = await met(demo.url, talk)
    path = saved(river, tmp_path / "yesterday.rec")
    process = await start("replay", str(path), "--port", "0", "--speed", "max", "--format", "json")
    assert process.stdout is not None
    where = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
    assert where["url"] == f"http://127.0.0.1:{where['port']}/mcp"
    assert where["urls"] == [{"url": where["url"], "transport": "Streamable HTTP"}]
    called = await command("call", where["url"], "echo", "--args", '{"text": "from yesterday"}')
    assert (called.code, called.out) == (0, b"from yesterday\n")
    taken = await command("replay", str(path), "--port", str(where["port"]))
    assert taken.code == 2 and "Choose another, or --port 0." in taken.err
    process.send_signal(signal.SIGINT)
    outcome = await finish(process)
    assert (outcome.code, outcome.out) == (130, b"")
    assert "POST /mcp tools/call echo -> stream " in outcome.err


async def test_the_command_without_a_recording(tmp_path: Path) -> None:
    missing = await command("replay", str(tmp_path / "none.rec"))
    assert missing.code == 2 and "There is no file" in missing.err
    empty = await command("replay", str(saved(River(), tmp_path / "empty.rec")))
    assert empty.code == 2 and "there is nothing to serve" in empty.err


async def test_a_client_that_leaves_does_not_hold_up_the_server(
    server: FaultServer, mcp: StreamableMcp, tmp_path: Path
) -> None:
    async def hold(connection: Connection, request: Request, message: Json) -> None:
        await never_go_on(connection, message)

    async def talk(session: Session) -> Any:
        return (await session.call_tool("held", timeout_s=0.3)).outcome

    mcp.on["tools/call"] = hold
    _, river = await met(server.url(), talk, transport="streamable-http")
    async with replayed(river, tmp_path) as replay:
        async with streamable(replay.urls[0][0]) as session:
            await session.call_tool("held", timeout_s=0.3)
            assert replay._players
        await until(lambda: not replay._players)
        assert not any(isinstance(e, StreamEnded) and e.cause is EndCause.RESET for e in session.river.since(0))
