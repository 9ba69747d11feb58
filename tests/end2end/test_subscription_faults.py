"""subscriptions/listen (R47) against servers that never acknowledge, do so twice, late or in part, and end for ever."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import inspector
from inspector.session.channels import subscribing
from inspector.trace.events import Outcome
from tests.end2end.river_check import check_river, ends, states, until, violations
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, result_of
from tests.end2end.test_stateless import PREFIX, Stateless, error_of
from tests.end2end.test_stateless_faults import hang

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"


class Listener:
    """Answers subscriptions/listen as scripted: `honour` gives the filter that is acknowledged, None for never."""

    def __init__(self, server: FaultServer, **capabilities: Any) -> None:
        self.server = server
        self.wanted: list[Json] = []
        self.open = 0
        self.delay_s = 0.0
        self.times = 1
        self.then = "hang"
        self.scripted = server.routes["/mcp"] = Stateless(**capabilities)
        self.scripted.on["subscriptions/listen"] = self.listen

    def honour(self, wanted: Json) -> Json | None:
        return wanted

    async def listen(self, connection: Connection, request: Request, message: Json) -> None:
        wanted = message["params"]["notifications"]
        self.wanted.append(wanted)
        self.open += 1
        try:
            await connection.stream()
            await asyncio.sleep(self.delay_s)
            meta = {f"{PREFIX}subscriptionId": message["id"]}
            honoured = self.honour(wanted)
            for _ in range(self.times if honoured is not None else 0):
                params = {"notifications": honoured, "_meta": meta}
                await connection.event({"jsonrpc": "2.0", "method": ACKNOWLEDGED, "params": params})
            if self.then == "end":
                await connection.event(result_of(message, {"resultType": "complete", "_meta": meta}))
                await connection.end()
                connection.is_over = True
            elif self.then == "cancel":
                cancelled = {"requestId": message["id"], "_meta": meta}
                await connection.event({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancelled})
                await connection.hang()
            else:
                await connection.hang()
        finally:
            self.open -= 1


LISTS = {"tools": {"listChanged": True}}


async def test_r47_a_server_that_never_acknowledges(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "ACKNOWLEDGE_S", 0.3)
    listener = Listener(server)
    monkeypatch.setattr(listener, "honour", lambda wanted: None)
    async with inspector.connect(server.url()) as session:
        answer = await session.subscribe("a:b")
        assert (answer.ok, answer.outcome) == (False, Outcome.TIMED_OUT) and answer.sentence.endswith(".")
        assert (await session.list_tools()).ok
    check_river(session.river)


async def test_r47_a_late_acknowledgement_counts(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscribing, "ACKNOWLEDGE_S", 0.2)
    listener = Listener(server)
    listener.delay_s = 0.4
    async with inspector.connect(server.url()) as session:
        assert not (await session.subscribe("a:b")).ok
        await asyncio.sleep(0.4)
        assert (await session.subscribe("a:b")).ok
    assert len(listener.wanted) == 1
    check_river(session.river)


async def test_r47_a_second_acknowledgement_is_told(server: FaultServer) -> None:
    listener = Listener(server)
    listener.times = 2
    async with inspector.connect(server.url()) as session:
        assert (await session.subscribe("a:b")).ok
        await until(lambda: violations(session.river) != [])
    assert violations(session.river) == ["subscription-not-acknowledged"]
    check_river(session.river)


async def test_r47_a_part_that_is_not_honoured_is_told_and_asked_for_again(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = Listener(server)
    monkeypatch.setattr(listener, "honour", lambda wanted: {"resourceSubscriptions": ["a:b"]})
    async with inspector.connect(server.url()) as session:
        assert (await session.subscribe("a:b")).ok
        answer = await session.subscribe("c:d")
        assert (answer.ok, answer.outcome) == (False, Outcome.REFUSED) and "c:d" in answer.sentence
        assert not (await session.subscribe("c:d")).ok
        assert (await session.unsubscribe("c:d")).ok
    assert [wanted["resourceSubscriptions"] for wanted in listener.wanted] == [
        ["a:b"],
        ["a:b", "c:d"],
        ["a:b", "c:d"],
        ["a:b"],
    ]
    assert "subscription-not-honoured" in violations(session.river)
    check_river(session.river)


async def test_r47_a_server_without_it_says_so_at_once(server: FaultServer) -> None:
    listener = Listener(server)

    async def unknown(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32601)

    listener.scripted.on["subscriptions/listen"] = unknown
    async with inspector.connect(server.url()) as session:
        async with asyncio.timeout(subscribing.ACKNOWLEDGE_S - 1):
            answer = await session.subscribe("a:b")
        assert not answer.ok and answer.error["code"] == -32601 and "-32601" in answer.sentence
    check_river(session.river)


async def test_r47_many_wishes_at_once_end_with_one_stream(server: FaultServer) -> None:
    listener = Listener(server)
    uris = [f"memo://{number}" for number in range(8)]
    async with inspector.connect(server.url()) as session:
        answers = await asyncio.gather(*(session.subscribe(uri) for uri in uris))
        assert all(answer.ok for answer in answers)
        answers = await asyncio.gather(*(session.unsubscribe(uri) for uri in uris[1:]))
        assert all(answer.ok for answer in answers)
        await until(lambda: listener.open == 1)
        assert listener.wanted[-1] == {"resourceSubscriptions": uris[:1]}
        assert (await session.unsubscribe(uris[0])).ok
        await until(lambda: listener.open == 0)
    assert violations(session.river) == []
    check_river(session.river)


async def test_r47_a_wish_while_the_stream_is_lost(server: FaultServer) -> None:
    listener = Listener(server, **LISTS)
    async with inspector.connect(server.url()) as session:
        await until(lambda: listener.open == 1)
        await server.die()
        wish = asyncio.get_running_loop().create_task(session.subscribe("a:b"))
        await asyncio.sleep(0.3)
        await server.start()
        await asyncio.wait_for(wish, 10)
        await until(lambda: session.state.value == "open" and listener.open == 1)
        assert listener.wanted[-1] == {"toolsListChanged": True, "resourceSubscriptions": ["a:b"]}
        assert (await session.subscribe("a:b")).ok
    check_river(session.river)


@pytest.mark.parametrize("then", ["end", "cancel"])
async def test_r47_a_server_that_ends_each_stream_at_once_is_not_stormed(server: FaultServer, then: str) -> None:
    listener = Listener(server, **LISTS)
    listener.then = then
    async with inspector.connect(server.url()) as session:
        await asyncio.sleep(1.3)
        assert (await session.list_tools()).ok
    assert 1 <= len(listener.wanted) <= 3
    assert violations(session.river) == []
    check_river(session.river)


async def test_listening_can_be_switched_off(server: FaultServer) -> None:
    listener = Listener(server, **LISTS)
    async with inspector.connect(server.url(), listen=False) as session:
        await asyncio.sleep(0.1)
        assert listener.wanted == []
        await server.die()
        await until(lambda: session.state.value == "reconnecting")
        await server.start()
        await until(lambda: session.state.value == "open")
        await asyncio.sleep(0.2)
        assert listener.wanted == []
        assert (await session.subscribe("a:b")).ok
        assert listener.wanted == [{"resourceSubscriptions": ["a:b"]}]
    check_river(session.river)


async def test_a_server_that_dies_with_everything_under_way(server: FaultServer) -> None:
    listener = Listener(server, **LISTS)
    listener.scripted.on["tools/call"] = hang
    async with inspector.connect(server.url()) as session:
        await until(lambda: listener.open == 1)
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await until(lambda: "tools/call" in server.methods())
        await server.die()
        answer = await asyncio.wait_for(call, 3)
        assert answer.outcome is Outcome.LOST
        await until(lambda: session.state.value == "reconnecting")
        before = len(listener.wanted)
        await asyncio.sleep(1.5)
        assert not [state for state in states(session.river) if "stop asking" in state.reason]
        await server.start()
        await until(lambda: session.state.value == "open")
        await until(lambda: listener.open == 1)
        assert len(listener.wanted) == before + 1
    lost = [end for end in ends(session.river, "subscriptions/listen") if end.cause.value == "connection refused"]
    assert len(lost) <= 1
    check_river(session.river)


async def test_a_server_that_is_found_again_by_an_answer_on_a_stream_that_stays_open(server: FaultServer) -> None:
    scripted = server.routes["/mcp"] = Stateless()

    async def discover(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event(scripted.discovered(message))
        await connection.hang()

    async with inspector.connect(server.url()) as session:
        await server.die()
        await until(lambda: session.state.value == "reconnecting")
        scripted.on["server/discover"] = discover
        await server.start()
        await until(lambda: session.state.value == "open", 8)
    check_river(session.river)


@pytest.mark.parametrize("phase", ["opening", "open", "pausing", "subscribing"])
async def test_leaving_in_every_phase_of_a_subscription(server: FaultServer, phase: str) -> None:
    listener = Listener(server, **LISTS)
    listener.delay_s = 30 if phase in ("opening", "subscribing") else 0
    listener.then = "end" if phase == "pausing" else "hang"
    wish: asyncio.Task[Any] | None = None
    async with inspector.connect(server.url()) as session:
        await until(lambda: listener.wanted != [])
        if phase == "subscribing":
            wish = asyncio.get_running_loop().create_task(session.subscribe("a:b"))
        await asyncio.sleep(0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    if wish is not None:
        assert not (await asyncio.wait_for(wish, 1)).ok
    check_river(session.river)


async def test_r47_json_instead_of_a_stream(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(server, **LISTS)

    async def plain(connection: Connection, request: Request, message: Json) -> Json:
        listener.wanted.append({})
        return result_of(message, {"resultType": "complete", "_meta": {f"{PREFIX}subscriptionId": message["id"]}})

    monkeypatch.setattr(subscribing, "LISTEN_FAILURES", 2)
    listener.scripted.on["subscriptions/listen"] = plain
    async with inspector.connect(server.url()) as session:
        await until(lambda: any("stop asking" in state.reason for state in states(session.river)))
        assert (await session.list_tools()).ok
    assert len(listener.wanted) == 2
    assert set(violations(session.river)) == {"subscription-not-acknowledged"}
    check_river(session.river)
