"""Calls live and die with their session."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from inspector.servers.demo import session as session_module
from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import Json
from inspector.servers.demo.revisions import STREAMABLE_VERSIONS
from inspector.servers.demo.session import MAX_CALLS, MAX_FINISHED_STREAMS, MAX_SESSIONS, Session, Sessions


@pytest.fixture
async def session() -> AsyncIterator[Session]:
    made = Session(STREAMABLE_VERSIONS, EventStream(0))
    made.state.protocol_version = "2025-11-25"
    yield made
    await made.close()


def call(request_id: int | str, tool: str, **arguments: Any) -> Json:
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": params}


def cancelled(request_id: object) -> Json:
    return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": request_id}}


async def collect(stream: EventStream) -> list[Any]:
    async with aclosing(stream.read()) as blocks:
        data = b"".join([block.data async for block in blocks])
    return [json.loads(line[6:]) for line in data.split(b"\n") if line.startswith(b"data: ")]


async def test_an_exchange_ends_with_its_last_answer(session: Session) -> None:
    ping = {"jsonrpc": "2.0", "id": "p", "method": "ping"}
    exchange = session.open_exchange([call(1, "echo", text="a"), ping, call("1", "fail")])
    assert [message["id"] for message in await collect(exchange.stream)] == ["p", 1, "1"]
    assert session.calls == 0


async def test_a_cancelled_call_is_not_answered(session: Session) -> None:
    exchange = session.open_exchange([call(1, "slow", seconds=60)])
    await asyncio.sleep(0)
    session.take(cancelled("1"))
    session.take(cancelled([1]))
    session.take(cancelled(True))
    assert session.calls == 1
    session.take(cancelled(1))
    assert await collect(exchange.stream) == []
    assert session.calls == 0


async def test_an_id_in_use_is_refused(session: Session) -> None:
    session.open_exchange([call(1, "slow", seconds=60)])
    second = session.open_exchange([call(1, "echo", text="a")])
    assert (await collect(second.stream))[0]["error"]["code"] == -32600
    assert session.calls == 1


async def test_calls_are_bounded(session: Session) -> None:
    session.open_exchange([call(n, "slow", seconds=60) for n in range(MAX_CALLS)])
    more = session.open_exchange([call("more", "slow", seconds=60)])
    assert "too many" in (await collect(more.stream))[0]["error"]["message"]


async def test_a_left_call_is_cancelled_after_the_grace(session: Session) -> None:
    exchange = session.open_exchange([call(1, "slow", seconds=60)])
    session.await_return(exchange, 0.0)
    await asyncio.wait(exchange.calls)
    assert exchange.calls[0].cancelled()


async def test_a_missed_answer_is_given_up_after_the_grace(session: Session) -> None:
    missed = session.open_exchange([call(1, "echo", text="a")])
    await asyncio.wait(missed.calls)
    session.await_return(missed, 0.0)
    seen = session.open_exchange([call(2, "echo", text="a")])
    await collect(seen.stream)
    session.await_return(seen, 0.0)
    for _ in range(5):
        await asyncio.sleep(0)
    assert session.exchange(missed.stream.number) is None
    assert session.exchange(seen.stream.number) is seen


async def test_old_streams_are_forgotten(session: Session) -> None:
    for n in range(MAX_FINISHED_STREAMS + 3):
        await collect(session.open_exchange([call(n, "echo", text="a")]).stream)
    assert session.exchange(1) is None
    assert session.exchange(MAX_FINISHED_STREAMS + 3) is not None


async def test_closing_ends_calls_and_streams(session: Session) -> None:
    exchange = session.open_exchange([call(1, "slow", seconds=60)])
    await session.close()
    assert session.calls == 0
    assert exchange.stream.finished
    assert session.standalone.finished


async def test_a_bug_in_a_tool_is_an_internal_error(
    session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> Json:
        raise ZeroDivisionError

    monkeypatch.setattr(session_module, "run_tool", broken)
    answers = await collect(session.open_exchange([call(1, "echo", text="a")]).stream)
    assert answers[0]["error"]["code"] == -32603
    assert "failed" in caplog.text


async def test_sessions_are_bounded() -> None:
    sessions = Sessions()
    made = [Session(STREAMABLE_VERSIONS, EventStream(0)) for _ in range(MAX_SESSIONS + 1)]
    for one in made[:-1]:
        await sessions.add(one)
    assert sessions.get(made[0].id) is made[0]
    await sessions.add(made[-1])
    assert sessions.get(made[1].id) is None
    assert sessions.get(made[0].id) is made[0]
    await sessions.close_all()
    assert sessions.get(made[0].id) is None
