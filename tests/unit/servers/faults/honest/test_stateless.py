"""What the honest server says in the stateless revision."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import inspector
from inspector.protocol import envelope
from inspector.protocol.era import TransportName
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer

HEADERS = {"mcp-protocol-version": "2026-07-28"}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    faults = {"x": Fault("x", "", Honest, Honest, Visit(transport=TransportName.STATELESS))}
    async with FaultServer(scale=0.1, faults=faults) as server:
        yield server.url_of("x", "ok")


def asked(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": "a", "method": method, "params": params}


async def test_results_are_complete_and_lists_say_how_long_they_hold(url: str) -> None:
    async with httpx.AsyncClient(headers=HEADERS) as client:
        for method in ("server/discover", "tools/list"):
            result = (await client.post(url, json=asked(method))).json()["result"]
            assert result["resultType"] == "complete" and result["ttlMs"] > 0 and result["cacheScope"] == "public"
            assert result["_meta"][envelope.SERVER_INFO]["name"] == "fault-gallery"
        unknown = await client.post(url, json=asked("initialize"))
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, -32601)
        assert (await client.post(url, json={"jsonrpc": "2.0", "method": "x"})).status_code == 202
        assert (await client.post(url, content=b"{")).status_code == 400


async def test_a_fault_of_streamable_http_speaks_nothing_newer() -> None:
    faults = {"x": Fault("x", "", Honest, Honest, Visit(transport=TransportName.STREAMABLE_HTTP))}
    async with FaultServer(scale=0.1, faults=faults) as server, inspector.connect(server.url_of("x", "hit")) as session:
        assert session.transport is TransportName.STREAMABLE_HTTP


async def test_a_subscription_is_acknowledged_first(url: str) -> None:
    wanted = {"toolsListChanged": True, "promptsListChanged": True}
    request = asked("subscriptions/listen", notifications=wanted)
    async with httpx.AsyncClient(headers=HEADERS) as client, client.stream("POST", url, json=request) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                break
    message = json.loads(line.removeprefix("data: "))
    assert message["method"] == "notifications/subscriptions/acknowledged"
    assert message["params"]["notifications"] == {"toolsListChanged": True}
    assert message["params"]["_meta"] == {envelope.SUBSCRIPTION_ID: "a"}
