"""The demo server as a program of its own: raw HTTP, rough treatment, and the official SDK as its client."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import mcp_types
import pytest
from mcp.client import Client
from mcp.client.sse import sse_client

from inspector.servers.demo import DemoServer

JSON_AND_SSE = {"accept": "application/json, text/event-stream", "content-type": "application/json"}
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}
PATIENCE_S = 20.0


@dataclass
class Program:
    """The server's process and what it printed."""

    process: subprocess.Popen[str]
    port: int
    url: str
    sse_url: str
    tool_stream_url: str


def start(*options: str) -> Program:
    process = subprocess.Popen(
        [sys.executable, "-m", "inspector.servers.demo", "--until-stdin-closes", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return Program(process, **json.loads(process.stdout.readline()))


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    """One server for all tests of this file; at the end it must have had nothing to complain about."""
    running = start("--heartbeat", "0.2")
    yield running
    _, errors = running.process.communicate(timeout=PATIENCE_S)
    assert errors == ""
    assert running.process.returncode == 0


@dataclass
class Event:
    """A block of an event stream, told apart by hand."""

    data: str = ""
    id: str | None = None
    event: str | None = None
    retry: str | None = None
    comments: list[str] = field(default_factory=list)

    @property
    def message(self) -> Any:
        return json.loads(self.data)


def parse(block: str) -> Event:
    event = Event()
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name:
            setattr(event, name, value.removeprefix(" "))
        else:
            event.comments.append(value)
    return event


async def events(response: httpx.Response) -> AsyncGenerator[Event, None]:
    """Blocks until the stream ends; a broken connection ends it too, without the block that it broke."""
    rest = ""
    with contextlib.suppress(httpx.RemoteProtocolError):
        async for text in response.aiter_text():
            *blocks, rest = (rest + text).split("\n\n")
            for block in blocks:
                yield parse(block)


@dataclass
class Raw:
    """A Streamable HTTP session by hand."""

    http: httpx.AsyncClient
    url: str
    headers: dict[str, str]

    async def post(self, message: Any, **headers: str) -> httpx.Response:
        return await self.http.post(self.url, json=message, headers={**self.headers, **headers})

    def call(
        self, request_id: int, tool: str, **arguments: Any
    ) -> contextlib.AbstractAsyncContextManager[httpx.Response]:
        message = call(request_id, tool, **arguments)
        return self.http.stream("POST", self.url, json=message, headers=self.headers)

    def listen(self, **headers: str) -> contextlib.AbstractAsyncContextManager[httpx.Response]:
        own = {**self.headers, "accept": "text/event-stream", **headers}
        return self.http.stream("GET", self.url, headers=own)


def call(request_id: int, tool: str, **arguments: Any) -> dict[str, Any]:
    params = {"name": tool, "arguments": arguments, "_meta": {"progressToken": request_id}}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


@asynccontextmanager
async def connect(url: str, version: str = "2025-11-25") -> AsyncIterator[Raw]:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        message = {**INITIALIZE, "params": {**INITIALIZE["params"], "protocolVersion": version}}  # type: ignore[dict-item]
        answer = await http.post(url, json=message, headers=JSON_AND_SSE)
        assert answer.json()["result"]["protocolVersion"] == version
        session = {"mcp-session-id": answer.headers["mcp-session-id"], "mcp-protocol-version": version}
        raw = Raw(http, url, {**JSON_AND_SSE, **session})
        assert (await raw.post(INITIALIZED)).status_code == 202
        yield raw


@pytest.fixture
async def raw(program: Program) -> AsyncIterator[Raw]:
    async with connect(program.url) as session:
        yield session


async def test_the_front_page_names_the_urls(program: Program) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"http://127.0.0.1:{program.port}/")
        missing = await http.get(f"http://127.0.0.1:{program.port}/nothing")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert program.url in answer.text
    assert program.sse_url in answer.text
    assert program.tool_stream_url in answer.text
    assert missing.status_code == 404


async def test_a_call_is_answered_on_a_primed_stream(raw: Raw) -> None:
    async with raw.call(1, "echo", text="hello") as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache, no-transform"
        assert response.headers["x-accel-buffering"] == "no"
        primer, answer = [event async for event in events(response)]
    assert (primer.data, primer.retry) == ("", "500")
    assert primer.id is not None
    assert answer.message["result"]["content"][0]["text"] == "hello"


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18"])
async def test_older_revisions_get_no_priming_event(program: Program, version: str) -> None:
    async with connect(program.url, version) as raw, raw.call(1, "echo", text="hello") as response:
        found = [event async for event in events(response)]
    assert [event.retry for event in found] == [None, None]
    assert found[0].comments[0].startswith(" ping - ")
    assert found[1].message["id"] == 1


async def test_a_batch_is_answered_in_2025_03_26_only(program: Program, raw: Raw) -> None:
    batch = [call(1, "echo", text="a"), {"jsonrpc": "2.0", "id": 2, "method": "ping"}, INITIALIZED]
    assert (await raw.post(batch)).status_code == 400
    async with connect(program.url, "2025-03-26") as old:
        answer = await old.post(batch)
    ids = [json.loads(line[6:])["id"] for line in answer.text.split("\n") if line.startswith("data: ")]
    assert sorted(ids) == [1, 2]


async def test_event_ids_are_unique_over_the_streams(raw: Raw) -> None:
    ids: list[str | None] = []
    for n in range(3):
        async with raw.call(n, "countdown", **{"from": 3, "delay_ms": 0}) as response:
            ids += [event.id async for event in events(response)]
    assert None not in ids
    assert len(set(ids)) == len(ids) == 15


async def test_other_requests_are_answered_with_json(raw: Raw) -> None:
    answer = await raw.post({"jsonrpc": "2.0", "id": "x", "method": "tools/list"})
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["result"]["tools"]) == 8


BAD_REQUESTS: list[tuple[str, dict[str, str | None], bytes, int]] = [
    ("POST", {"accept": "application/json"}, b"{}", 406),
    ("POST", {"accept": None}, b"{}", 406),
    ("POST", {"content-type": "text/plain"}, b"{}", 415),
    ("POST", {"content-type": None}, b"{}", 415),
    ("POST", {}, b"{", 400),
    ("POST", {}, b"[]", 400),
    ("POST", {}, b"\xff", 400),
    ("POST", {}, b"[" * 200_000, 400),
    ("POST", {}, b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', 400),
    ("POST", {"mcp-protocol-version": "2026-07-28"}, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', 400),
    ("POST", {"mcp-protocol-version": "x"}, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', 400),
    ("POST", {"mcp-session-id": None}, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', 400),
    ("POST", {"mcp-session-id": "nobody"}, b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}', 404),
    ("POST", {"host": "example.com"}, b"{}", 403),
    ("POST", {"origin": "https://example.com"}, b"{}", 403),
    ("GET", {"accept": "application/json"}, b"", 406),
    ("GET", {"mcp-session-id": None}, b"", 400),
    ("GET", {"mcp-session-id": "nobody"}, b"", 404),
    ("GET", {"last-event-id": "99-1"}, b"", 400),
    ("GET", {"last-event-id": "x"}, b"", 400),
    ("DELETE", {"mcp-session-id": None}, b"", 400),
    ("DELETE", {"mcp-session-id": "nobody"}, b"", 404),
    ("PUT", {}, b"{}", 405),
    ("OPTIONS", {}, b"", 405),
]


@pytest.mark.parametrize(("method", "changes", "body", "status"), BAD_REQUESTS)
async def test_bad_requests(raw: Raw, method: str, changes: dict[str, str | None], body: bytes, status: int) -> None:
    headers = {name: value for name, value in {**raw.headers, **changes}.items() if value is not None}
    request = httpx.Request(method, raw.url, headers=headers, content=body)
    answer = await raw.http.send(request)
    assert answer.status_code == status
    assert status != 405 or answer.headers["allow"] == "GET, POST, DELETE"
    assert (await raw.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})).json()["result"] == {}


async def test_a_deleted_session_is_gone(raw: Raw) -> None:
    async with raw.listen() as standalone:
        assert (await raw.http.delete(raw.url, headers=raw.headers)).status_code == 204
        assert [event.message async for event in events(standalone) if event.data] == []
    assert (await raw.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})).status_code == 404


async def test_a_dropped_stream_is_resumed(raw: Raw) -> None:
    async with raw.call(1, "drop", after=3, delay_ms=20) as response:
        before = [event async for event in events(response)]
    assert [event.id for event in before] == ["1-0", "1-1", "1-2", "1-3"]
    async with raw.listen(**{"last-event-id": "1-3"}) as resumed:
        after = [event async for event in events(resumed)]
    assert [event.id for event in after if not event.comments] == ["1-3", "1-4", "1-5", "1-6", "1-7", "1-8"]
    assert after[-1].message["id"] == 1
    async with raw.listen(**{"last-event-id": "1-7"}) as again:
        assert [event.message["id"] async for event in events(again) if event.data] == [1]


async def test_a_call_is_cancelled(raw: Raw) -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    async with raw.call(1, "slow", seconds=600) as response, aclosing(events(response)) as found:
        await anext(found)
        assert (await raw.post(cancel)).status_code == 202
        assert [event.data async for event in found if event.data] == []


async def test_heartbeats_keep_coming(raw: Raw) -> None:
    async with raw.call(1, "slow", seconds=1.5) as response:
        comments = [comment async for event in events(response) for comment in event.comments]
    assert len(comments) >= 2


async def test_the_standalone_stream_tells_of_updates_and_pings(raw: Raw) -> None:
    subscribe = {"jsonrpc": "2.0", "id": 1, "method": "resources/subscribe", "params": {"uri": "demo://clock"}}
    assert (await raw.post(subscribe)).json()["result"] == {}
    methods = set()
    async with asyncio.timeout(PATIENCE_S), raw.listen() as standalone:
        async for event in events(standalone):
            if event.data:
                methods.add(event.message["method"])
            if methods == {"ping", "notifications/resources/updated"}:
                break
    answer = {"jsonrpc": "2.0", "id": "ping-1", "result": {}}
    assert (await raw.post(answer)).status_code == 202


async def test_the_log_level_holds_for_the_session(raw: Raw) -> None:
    await raw.post({"jsonrpc": "2.0", "id": 1, "method": "logging/setLevel", "params": {"level": "error"}})
    async with raw.call(2, "stream_text", text="a b", delay_ms=0) as response:
        methods = [event.message.get("method") async for event in events(response) if event.data]
    assert methods == ["notifications/progress", "notifications/progress", None]


async def test_a_flood_arrives_whole_and_fast(raw: Raw) -> None:
    n = 200_000
    body = bytearray()
    async with raw.call(1, "flood", n=n, size_bytes=200) as response:
        started = time.perf_counter()
        async for chunk in response.aiter_raw():
            body += chunk
        elapsed_s = time.perf_counter() - started
    lines = [line for line in bytes(body).split(b"\n") if line.startswith(b"data: {")]
    assert len(lines) == n + 1
    assert {len(line) for line in lines[:-1]} == {len("data: ") + 200}
    assert [json.loads(line[6:])["params"]["data"]["seq"] for line in lines[:-1:997]] == list(range(0, n, 997))
    assert json.loads(lines[-1][6:])["result"]["structuredContent"]["count"] == n
    print(f"flood: {n / elapsed_s:,.0f} events/s received")
    # An idle machine manages more than a million; this only tells fast from slow.
    assert n / elapsed_s > 20_000


async def test_a_big_body_and_a_big_result(raw: Raw) -> None:
    text = "x" * 10_000_000
    assert last_message(await raw.post(call(1, "echo", text=text)))["result"]["content"][0]["text"] == text
    sent = last_message(await raw.post(call(2, "big", bytes=20_000_000)))
    assert len(sent["result"]["content"][0]["text"]) == 20_000_000


def last_message(response: httpx.Response) -> Any:
    return json.loads(next(line[6:] for line in reversed(response.text.split("\n")) if line.startswith("data: ")))


async def test_too_big_a_body_is_refused(raw: Raw) -> None:
    answer = await raw.http.post(raw.url, headers=raw.headers, content=b"x" * (17 * 1024 * 1024))
    assert answer.status_code == 413


GARBAGE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n",
    b"GET /mcp HTTP/9.9\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 200_000,
    b"\r\n\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
]


@pytest.mark.parametrize("data", GARBAGE)
async def test_garbage_ends_only_its_own_connection(program: Program, raw: Raw, data: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", program.port)
    writer.write(data)
    writer.write_eof()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read()
        assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    writer.close()
    assert (await raw.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})).json()["result"] == {}


async def test_a_reset_in_the_middle_of_a_stream_is_no_news(program: Program, raw: Raw) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", program.port)
    body = json.dumps(call(1, "flood", n=10_000_000)).encode()
    headers = {**raw.headers, "host": "localhost", "content-length": str(len(body))}
    lines = ["POST /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    assert b"200 OK" in await reader.readline()
    # Lingering for no time at all makes the system reset the connection instead of closing it.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    assert (await raw.post({"jsonrpc": "2.0", "id": 1, "method": "ping"})).json()["result"] == {}


async def test_http_sse_by_hand(program: Program) -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http, http.stream("GET", program.sse_url) as response:
        async with aclosing(events(response)) as found:
            endpoint = await anext(found)
            assert endpoint.event == "endpoint"
            assert endpoint.data.startswith("/messages?session_id=")
            url = f"http://127.0.0.1:{program.port}{endpoint.data}"
            accepted = await http.post(url, json=INITIALIZE)
            assert (accepted.status_code, accepted.text) == (202, "Accepted")
            answer = await anext(event async for event in found if event.data)
            assert answer.event == "message"
            assert answer.id is None
            assert answer.message["result"]["serverInfo"]["name"] == "sse-mcp-inspector-demo"
            assert (await http.post(url, content=b"{")).status_code == 400
            await http.post(url, json=call(1, "drop"))
            assert all(event.message["method"] for event in [event async for event in found if event.data])
        for _ in range(1_000):  # the server may hear of the end behind us
            if (await http.post(url, json=INITIALIZED)).status_code == 404:
                break
            await asyncio.sleep(0.01)
        else:
            pytest.fail("The session outlives its stream.")


async def test_http_sse_refuses_strangers(program: Program) -> None:
    async with httpx.AsyncClient() as http:
        base = f"http://127.0.0.1:{program.port}"
        assert (await http.post(f"{base}/messages", json=INITIALIZED)).status_code == 400
        assert (await http.post(f"{base}/messages?session_id=x", json=INITIALIZED)).status_code == 404
        assert (await http.get(f"{base}/messages")).headers["allow"] == "POST"
        assert (await http.post(f"{base}/sse")).headers["allow"] == "GET"


@pytest.mark.parametrize("transport", ["streamable-http", "http+sse"])
async def test_the_official_client_gets_along(program: Program, transport: str) -> None:
    target = program.url if transport == "streamable-http" else sse_client(program.sse_url)
    seen: list[tuple[float, float | None, str | None]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with Client(target, mode="legacy") as client:
        assert client.protocol_version == "2025-11-25"
        first = await client.list_tools()
        second = await client.list_tools(cursor=first.next_cursor)
        assert len(first.tools) + len(second.tools) == 12
        assert second.next_cursor is None
        assert text(await client.call_tool("echo", {"text": "hi"})) == "hi"
        assert (await client.call_tool("add", {"a": 1, "b": 2})).structured_content == {"sum": 3}
        await client.call_tool("countdown", {"from": 3, "delay_ms": 5}, progress_callback=on_progress)
        assert seen == [(1, 3, "2 to go"), (2, 3, "1 to go"), (3, 3, "0 to go")]
        assert (await client.call_tool("fail", {})).is_error
        assert [resource.name for resource in (await client.list_resources()).resources][:2] == ["readme", "clock"]
        assert (await client.read_resource("demo://readme")).contents[0].mime_type == "text/markdown"
        prompt = await client.get_prompt("summarise", {"style": "haiku", "text": "Rain."})
        assert prompt.messages[0].role == "user"


def text(result: mcp_types.CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, mcp_types.TextContent)
    return block.text


async def test_the_official_client_resumes_a_dropped_call(program: Program) -> None:
    async with Client(program.url, mode="legacy") as client:
        assert text(await client.call_tool("drop", {})).startswith("The stream was resumed")


async def test_a_client_that_leaves_leaves_nothing_behind() -> None:
    async with DemoServer(resume_grace_s=0.05) as server:
        async with connect(server.url) as raw:
            for n in range(3):
                async with raw.call(n, "flood", n=10_000_000) as response:
                    await anext(response.aiter_raw(1000))
        async with httpx.AsyncClient() as http, http.stream("GET", server.sse_url) as response:
            endpoint = await anext(events(response))
            url = f"http://127.0.0.1:{server.port}{endpoint.data}"
            await http.post(url, json=INITIALIZE)
            await http.post(url, json=call(1, "slow", seconds=600))
            assert server.calls >= 1
        async with asyncio.timeout(PATIENCE_S):
            while server.calls or server.connections:  # noqa: ASYNC110 - seen from outside there is nothing to wait for
                await asyncio.sleep(0.02)


async def test_leaving_the_server_ends_open_streams() -> None:
    async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
        async with DemoServer() as server:
            request = http.build_request("GET", server.sse_url)
            response = await http.send(request, stream=True)
        assert [event.event async for event in events(response) if event.data] == ["endpoint"]
        with pytest.raises(httpx.ConnectError):
            await http.get(server.url)


def test_the_program_ends_on_a_signal() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        running = start()
        running.process.send_signal(number)
        assert running.process.wait(PATIENCE_S) == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == ""
        running.process.communicate()


def test_a_taken_port_is_said_in_a_sentence(program: Program) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "inspector.servers.demo", "--port", str(program.port)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"cannot listen on port {program.port}: ")
    assert ended.stderr.count("\n") == 1
