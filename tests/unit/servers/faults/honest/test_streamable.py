"""What the honest server says to clients of Streamable HTTP that are not honest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from inspector.servers.faults.fault import Fault
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer

ASKED: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
INITIALIZE: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}},
}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    faults = {"x": Fault("x", "", Honest, Honest)}
    server = FaultServer(scale=0.1, faults=faults)
    async with server, httpx.AsyncClient() as http:
        http.base_url = httpx.URL(f"{server.url}x/ok")
        yield http


async def begun(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.post("/mcp", json=INITIALIZE)
    assert answer.json()["result"]["protocolVersion"] == "2025-06-18"
    return {"mcp-session-id": answer.headers["mcp-session-id"]}


async def test_sessions_are_asked_for_known_and_ended(client: httpx.AsyncClient) -> None:
    assert (await client.post("/mcp", json=ASKED)).status_code == 400
    assert (await client.post("/mcp", json=ASKED, headers={"mcp-session-id": "other"})).status_code == 404
    first, second = await begun(client), await begun(client)
    assert first != second
    assert (await client.post("/mcp", json=ASKED, headers=first)).json() == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert (await client.delete("/mcp", headers=first)).status_code == 204
    for method in ("POST", "GET", "DELETE"):
        assert (await client.request(method, "/mcp", json=ASKED, headers=first)).status_code == 404
    assert (await client.post("/mcp", json=ASKED, headers=second)).status_code == 200


async def test_what_it_does_not_take(client: httpx.AsyncClient) -> None:
    session = await begun(client)
    old = {**session, "mcp-protocol-version": "1999-01-01"}
    assert (await client.post("/mcp", json=ASKED, headers=old)).status_code == 400
    assert (await client.post("/mcp", content=b"{nope", headers=session)).json()["error"]["code"] == -32700
    unknown = await client.post("/mcp", json={**ASKED, "method": "no/such"}, headers=session)
    assert unknown.json()["error"]["code"] == -32601
    wrong = {**ASKED, "method": "tools/call", "params": {"name": 1}}
    assert '"code":-32602' in (await client.post("/mcp", json=wrong, headers=session)).text
    assert (await client.put("/mcp")).status_code == 405
    assert (await client.post("/sse")).status_code == 405
    assert (await client.get("/messages")).status_code == 405
    assert (await client.post("/messages", json=ASKED)).status_code == 404
    assert (await client.get("/elsewhere")).status_code == 404


async def test_other_hosts_and_origins_are_refused(client: httpx.AsyncClient) -> None:
    for headers in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
        assert (await client.post("/mcp", json=INITIALIZE, headers=headers)).status_code == 403


async def test_a_stream_has_what_streams_need(client: httpx.AsyncClient) -> None:
    session = await begun(client)
    async with client.stream("GET", "/mcp", headers=session) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert (
            answer.headers["cache-control"] == "no-cache, no-transform" and answer.headers["x-accel-buffering"] == "no"
        )
        lines = answer.aiter_lines()
        assert await anext(lines) == ": connected"
        heartbeats = [line async for line in _take(lines, 3) if line]
        assert len(heartbeats) == 1 and heartbeats[0].startswith(": ping - ")


async def _take(lines: AsyncIterator[str], count: int) -> AsyncIterator[str]:
    for _ in range(count):
        yield await anext(lines)
