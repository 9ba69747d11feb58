"""The demo server's tools over tool streams, seen by our own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

import inspector
from inspector.protocol.peer import Progress
from inspector.record.streamed_text import StreamedText
from inspector.servers.demo.content import PARAGRAPH
from inspector.servers.demo.server import DemoServer
from inspector.session.raw_exchange import RawRequest, exchange_raw
from inspector.session.session import Session
from inspector.trace.events import CommentReceived, Outcome
from tests.end2end.river_check import check_river, steps, until, violations


@pytest.fixture
async def demo() -> AsyncIterator[DemoServer]:
    async with DemoServer(heartbeat_s=0.05) as running:
        yield running


@pytest.fixture
async def session(demo: DemoServer) -> AsyncIterator[Session]:
    async with inspector.connect(demo.tool_stream_url, transport="tool-stream") as running:
        yield running
    check_river(running.river)


async def test_the_manifest_names_the_tools(session: Session) -> None:
    tools = (await session.list_tools()).result["tools"]
    assert {"echo", "stream_text", "slow"} < {tool["name"] for tool in tools}
    assert "flood" not in {tool["name"] for tool in tools}
    assert all(tool["inputSchema"]["type"] == "object" for tool in tools)
    assert session.manifest is not None and session.manifest.heartbeat_s == 0.05


async def test_text_and_progress_are_streamed(session: Session) -> None:
    seen: list[Progress] = []
    answer = await session.call_tool("stream_text", {"delay_ms": 0}, on_progress=seen.append)
    text = StreamedText("$.data")
    text.fold([step for step in steps(session.river.since(0)) if step.step == "data"])
    assert text.text.split() == PARAGRAPH.split()
    assert answer.ok and answer.result["content"][0]["text"] == PARAGRAPH
    assert len(seen) == len(PARAGRAPH.split()) and seen[-1].progress == seen[-1].total
    assert violations(session.river) == []


async def test_errors_are_steps(session: Session) -> None:
    for tool, words in (("fail", "always fails"), ("crash", "always crashes")):
        answer = await session.call_tool(tool)
        assert not answer.ok and words in answer.error["message"]
    wrong = await session.call_tool("echo", {"text": 1})
    assert "Invalid arguments" in wrong.sentence
    unknown = await session.call_tool("nothing")
    assert unknown.outcome is Outcome.REFUSED and "unknown tool: nothing" in unknown.sentence


async def test_a_run_is_stopped_when_its_client_leaves(demo: DemoServer, session: Session) -> None:
    calling = asyncio.get_running_loop().create_task(session.call_tool("slow", {"seconds": 60}))
    await until(lambda: demo.calls == 1)
    await until(lambda: any(isinstance(event, CommentReceived) for event in session.river.since(0)))
    calling.cancel()
    await until(lambda: demo.calls == 0)


async def test_a_run_that_breaks_off_is_lost(session: Session) -> None:
    answer = await session.call_tool("drop", {"after": 1, "delay_ms": 0})
    assert answer.outcome is Outcome.LOST and "without complete or error" in answer.sentence


async def test_who_takes_no_streams_gets_one_piece(demo: DemoServer, session: Session) -> None:
    async def post(body: bytes, method: str = "POST") -> tuple[int, bytes]:
        headers = (("Accept", "application/json"),)
        reply = await exchange_raw(session.link, RawRequest(method, demo.tool_stream_url, headers, body))
        return reply.status, reply.body

    status, body = await post(b'{"tool": "echo", "params": {"text": "hi"}}')
    assert status == 200 and b'"type":"complete"' in body and b'"hi"' in body
    for broken in (b"{", b"[]", b'{"tool": 1}', b'{"tool": "echo", "params": []x}', b'{"tool": "echo", "params": [1]}'):
        assert (await post(broken))[0] == 422
    assert (await post(b"", "GET"))[0] == 405
