"""Against the official Python SDK's own server, over both transports, and killed while it works."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

import inspector
from inspector.trace.events import ConnectionState, Direction, ExchangeFailed, Message, Outcome
from inspector.trace.river import River
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river, failures, messages, states, until, violations

Run = Callable[..., Program]
TRANSPORTS = [("sse", "/sse", "http+sse"), ("streamable-http", "/mcp", "streamable-http")]


@pytest.mark.parametrize(("mode", "path", "transport"), TRANSPORTS)
async def test_everything_that_the_sdk_server_offers(run: Run, mode: str, path: str, transport: str) -> None:
    program = run("sdk_server.py", mode)
    steps: list[inspector.Progress] = []
    entries: list[tuple[str, Any]] = []

    async def accept(params: dict[str, Any]) -> dict[str, Any]:
        assert params["message"] == "Who are you?"
        return {"action": "accept", "content": {"name": "Ada"}}

    chosen = "auto" if mode == "sse" else transport  # the same address speaks the stateless era too
    async with inspector.connect(program.url(path), transport=chosen, elicitation=accept) as session:
        session.on_notification(lambda method, params: entries.append((method, params)))
        assert session.transport.value == transport
        assert session.negotiated is not None and session.negotiated.server_name == "sdk"
        tools = await session.list_tools()
        assert {tool["name"] for tool in tools.result["tools"]} >= {"echo", "add", "count", "greet"}
        said = await session.call_tool("echo", {"text": "héllo ✓"})
        assert said.ok and said.result["content"][0]["text"] == "héllo ✓" and (said.rtt_ms or 0) > 0
        assert (await session.call_tool("add", {"a": 2, "b": 3})).result["content"][0]["text"] == "5"
        counted = await session.call_tool("count", {"to": 5}, on_progress=steps.append)
        assert counted.ok and [step.progress for step in steps] == [1, 2, 3, 4, 5]
        assert [method for method, _ in entries].count("notifications/message") == 5
        failed = await session.call_tool("crash")
        assert not failed.ok and failed.result["isError"] is True
        if mode != "sse":  # 2024-11-05 knows no elicitation
            assert (await session.call_tool("greet")).result["content"][0]["text"] == "Hello Ada"
        assert (await session.list_resources()).result["resources"][0]["uri"] == "memo://one"
        assert (await session.read_resource("memo://one")).result["contents"][0]["text"] == "the memo"
        assert (await session.get_prompt("summary", {"topic": "x"})).ok
        assert (await session.ping()).result == {}
        unknown = await session.request("no/such/method")
        assert not unknown.ok and unknown.error["code"] == -32601
    check_river(session.river)
    assert violations(session.river) == []


async def test_an_sdk_server_that_answers_with_plain_json(run: Run) -> None:
    program = run("sdk_server.py", "streamable-http", "json")
    async with inspector.connect(program.url("/mcp")) as session:
        assert (await session.call_tool("echo", {"text": "x"})).ok
    check_river(session.river)
    answers = [m for m in messages(session.river.since(0), Direction.INBOUND) if m.method == "tools/call"]
    assert answers[0].framing == "body"


def lost(river: River) -> list[ExchangeFailed]:
    return [failed for failed in failures(river) if failed.outcome is Outcome.LOST and failed.method == "tools/call"]


@pytest.mark.parametrize(("mode", "path", "transport"), TRANSPORTS)
async def test_killed_while_it_works_and_started_again(run: Run, mode: str, path: str, transport: str) -> None:
    program = run("sdk_server.py", mode)
    async with inspector.connect(program.url(path), transport=transport) as session, asyncio.TaskGroup() as group:
        calls = [group.create_task(session.call_tool("sleep", {"seconds": 60})) for _ in range(3)]
        await until(lambda: len([m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.name]) == 3)
        await asyncio.sleep(0.2)
        program.kill()
        assert await until(lambda: session.state is ConnectionState.RECONNECTING) < 1.0
        answers = await asyncio.gather(*calls)
        assert [answer.outcome for answer in answers] == [Outcome.LOST] * 3
        assert all("lost" in answer.sentence or "no answer" in answer.sentence for answer in answers)
        program.start()
        await until(lambda: session.state is ConnectionState.OPEN, 30)
        assert (await session.call_tool("echo", {"text": "again"})).ok
    check_river(session.river)
    assert len(lost(session.river)) == 3
    reasons = [state for state in states(session.river) if state.state is ConnectionState.RECONNECTING]
    assert all(state.reason for state in reasons) and any(state.delay_ms is not None for state in reasons)
    handshakes = [e for e in session.river.since(0) if isinstance(e, Message) and e.method == "initialize"]
    assert len([e for e in handshakes if e.direction is Direction.OUTBOUND]) >= 2


async def test_an_idle_sdk_server_that_is_killed_is_noticed(run: Run) -> None:
    program = run("sdk_server.py", "streamable-http")
    async with inspector.connect(program.url("/mcp"), reconnect=False) as session:
        await asyncio.sleep(0.3)
        program.kill()
        assert await until(lambda: session.state is ConnectionState.CLOSED) < 1.0
    check_river(session.river)
