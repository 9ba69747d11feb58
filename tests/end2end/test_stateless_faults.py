"""Revision 2026-07-28 against servers that break its rules, die, or never have enough."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import inspector
from inspector.session.channels import stateless as channel
from inspector.session.options import Options
from inspector.trace.events import Direction, EndCause, Outcome
from inspector.trace.river import River
from tests.end2end.river_check import check_river, ends, messages, until, violations
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, result_of
from tests.end2end.test_stateless import ECHO, PREFIX, Stateless, error_of

DONE: Json = {"resultType": "complete", "content": []}
QUESTION = {"message": "Sure?", "requestedSchema": {"type": "object", "properties": {}}}
ASKING = {"method": "elicitation/create", "params": QUESTION}
BAD_TOOL: Json = {
    "name": "bad",
    "inputSchema": {"type": "object", "properties": {"n": {"type": "number", "x-mcp-header": "N"}}},
}
MENDED: Json = {"name": "bad", "inputSchema": {"type": "object"}}


@pytest.fixture
def scripted(server: FaultServer) -> Stateless:
    speaking = Stateless()
    server.routes["/mcp"] = speaking
    return speaking


def always(result: Any) -> Any:
    async def reply(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, result)

    return reply


async def hang(connection: Connection, request: Request, message: Json) -> None:
    await connection.hang()


def listing(*tools: Any, **more: Any) -> Json:
    return {"resultType": "complete", "tools": list(tools), "ttlMs": 0, "cacheScope": "public", **more}


def calls_in(server: FaultServer) -> list[Request]:
    return [request for request in server.seen if request.message.get("method") == "tools/call"]


# Results


@pytest.mark.parametrize("result", [[1, 2], "text", 7, None, True])
async def test_r42_a_result_that_is_no_object_is_no_result(
    server: FaultServer, scripted: Stateless, result: Any
) -> None:
    scripted.on |= {"tools/list": always(result), "resources/read": always(result)}
    async with inspector.connect(server.url()) as session:
        for answer in (await session.list_tools(), await session.read_resource("x://y")):
            assert not answer.ok and answer.sentence.endswith(".")
            assert [answer.result, answer.error, answer.outcome].count(None) == 2
    assert violations(session.river).count("result-type-unknown") == 2
    check_river(session.river)


@pytest.mark.parametrize(
    ("message", "rule"),
    [
        ({"method": "notifications/tools/list_changed"}, "notification-misplaced"),
        ({"method": "notifications/resources/updated", "params": {"uri": "a:b"}}, "notification-misplaced"),
        ({"method": "notifications/cancelled", "params": {"requestId": 2}}, "notification-misplaced"),
        ({"method": "notifications/made/up"}, "notification-misplaced"),
        ({"method": "notifications/message", "params": {"level": "info", "data": 1}}, "log-not-asked-for"),
        (
            {"method": "notifications/progress", "params": {"progressToken": 99, "progress": 1}},
            "progress-unknown-token",
        ),
        ({"id": 4711, "result": {}}, "response-id-unknown"),
        ({"id": 5, "method": "ping"}, "server-request-in-stateless"),
    ],
)
async def test_r42_what_does_not_belong_on_the_stream_of_a_request_is_told(
    server: FaultServer, scripted: Stateless, message: Json, rule: str
) -> None:
    async def called(connection: Connection, request: Request, call: Json) -> None:
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", **message})
        await connection.event(result_of(call, DONE))
        await connection.end()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        assert (await session.call_tool("echo")).ok
    assert violations(session.river) == [rule]
    check_river(session.river)


async def test_r42_what_belongs_to_a_request_is_fine_and_what_follows_its_answer_is_not(
    server: FaultServer, scripted: Stateless
) -> None:
    async def called(connection: Connection, request: Request, call: Json) -> None:
        token = call["params"]["_meta"]["progressToken"]
        note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}
        step = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": token, "progress": 1}}
        await connection.stream()
        for message in (note, step, result_of(call, DONE), note):
            await connection.event(message)
        await connection.end()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url(), log_level="info") as session:
        assert (await session.call_tool("echo")).ok
        await until(lambda: violations(session.river) != [])
    assert violations(session.river) == ["message-after-final"]
    check_river(session.river)


async def test_r42_progress_of_another_request_is_told(server: FaultServer, scripted: Stateless) -> None:
    tokens: list[Any] = []

    async def called(connection: Connection, request: Request, call: Json) -> None:
        tokens.append(call["params"]["_meta"]["progressToken"])
        await until(lambda: len(tokens) == 2)
        await connection.stream()
        own = call["params"]["_meta"]["progressToken"]
        other = next(token for token in tokens if token != own)
        if own == min(tokens):
            step = {"progressToken": other, "progress": 1}
            await connection.event({"jsonrpc": "2.0", "method": "notifications/progress", "params": step})
        else:
            await asyncio.sleep(0.1)
        await connection.event(result_of(call, DONE))
        await connection.end()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        answers = await asyncio.gather(session.call_tool("echo"), session.call_tool("echo"))
        assert all(answer.ok for answer in answers)
    assert violations(session.river) == ["notification-misplaced"]
    check_river(session.river)


async def test_r42_a_stream_left_open_after_its_answer_is_closed(
    server: FaultServer, scripted: Stateless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "LINGER_S", 0.2)

    async def called(connection: Connection, request: Request, call: Json) -> None:
        await connection.stream()
        await connection.event(result_of(call, DONE))
        await connection.hang()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        assert (await session.call_tool("echo")).ok
        await until(lambda: ends(session.river, "tools/call") != [], 3)
    assert ends(session.river, "tools/call")[0].cause is EndCause.CLOSED_BY_US
    check_river(session.river)


# Headers


@pytest.mark.parametrize(
    "name", ["a\r\nX-Evil: 1", "ünïcödé ✓ 🎉", "x" * 10_000, " lead", "", "=?base64?eA==?=", "\x00\x7f"]
)
async def test_r40_a_name_can_be_anything_and_stays_one_header(
    server: FaultServer, scripted: Stateless, name: str
) -> None:
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        assert (await session.call_tool(name)).ok
        assert (await session.request(f"custom/{name}")).ok
    for request in server.seen:
        assert "x-evil" not in request.headers
        assert request.headers["mcp-method"].isascii()
    assert calls_in(server)[0].message["params"]["name"] == name
    assert (calls_in(server)[0].headers["mcp-name"] == name) is (name == "" or len(name) == 10_000)
    check_river(session.river)


async def test_r40_a_header_of_the_users_takes_the_place_of_ours(server: FaultServer, scripted: Stateless) -> None:
    headers = {"mcp-method": "lies", "MCP-PROTOCOL-VERSION": "2030-01-01", "Accept": "text/plain"}
    async with inspector.connect(server.url(), headers=headers) as session:
        assert (await session.list_tools()).ok
    for request in server.seen:
        assert request.headers["mcp-method"] == "lies"
        assert request.headers["mcp-protocol-version"] == "2030-01-01"
        assert request.headers["accept"] == "text/plain"
    check_river(session.river)


# The tools


@pytest.mark.parametrize(
    "tools",
    [
        {"resultType": "complete", "tools": {"echo": 1}},
        {"resultType": "complete"},
        listing(1, None, "echo", [], {"name": 7}, {"name": "echo", "inputSchema": 5}, {"inputSchema": {}}),
        listing(ECHO, ECHO, ECHO),
        listing(ECHO, nextCursor="again"),
        listing(ECHO, nextCursor=5),
        [],
    ],
)
async def test_r45_a_strange_list_of_tools_keeps_nobody_from_calling(
    server: FaultServer, scripted: Stateless, tools: Any
) -> None:
    scripted.on["tools/list"] = always(tools)
    async with inspector.connect(server.url()) as session:
        assert (await session.call_tool("unheard of", {"a": 1})).ok
        await session.list_tools()
        assert (await session.request("tools/call", {"name": "echo", "arguments": [1]})).ok
        assert (await session.request("tools/call", {"name": ["echo"], "arguments": {}})).ok
    assert server.methods().count("tools/list") < 6
    check_river(session.river)


async def test_r45_a_tool_may_be_rejected_later_and_mended_again(server: FaultServer, scripted: Stateless) -> None:
    lists = iter([listing(ECHO, MENDED), listing(ECHO, BAD_TOOL), listing(ECHO, BAD_TOOL), listing(ECHO, MENDED)])

    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, next(lists))

    scripted.on["tools/list"] = listed
    async with inspector.connect(server.url()) as session:
        outcomes = []
        for _ in range(4):
            await session.list_tools()
            outcomes.append(((await session.call_tool("bad")).ok, list(session.rejected_tools)))
    assert outcomes == [(True, []), (False, ["bad"]), (False, ["bad"]), (True, [])]
    assert violations(session.river) == ["x-mcp-header-invalid"]
    check_river(session.river)


async def test_r45_a_rejected_tool_that_is_gone_is_not_shown_any_more(server: FaultServer, scripted: Stateless) -> None:
    nameless = {"inputSchema": BAD_TOOL["inputSchema"]}
    lists = iter([listing(BAD_TOOL, nameless), listing(nameless), listing(nameless), listing(ECHO)])

    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, next(lists))

    scripted.on["tools/list"] = listed
    async with inspector.connect(server.url()) as session:
        counts = []
        for _ in range(4):
            await session.list_tools()
            counts.append(len(session.rejected))
    assert counts == [2, 1, 1, 0]


async def test_r45_a_rejected_tool_stays_so_while_the_list_cannot_be_had(
    server: FaultServer, scripted: Stateless
) -> None:
    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        first = server.methods().count("tools/list") == 1
        return result_of(message, listing(ECHO, BAD_TOOL)) if first else error_of(message, -32603)

    async def mismatch(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32020)

    scripted.on |= {"tools/list": listed, "tools/call": mismatch}
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        assert (await session.call_tool("echo")).error["code"] == -32020
        assert (await session.call_tool("bad")).outcome is Outcome.REFUSED
    assert [request.message["params"]["name"] for request in calls_in(server)] == ["echo", "echo"]
    check_river(session.river)


async def test_r45_two_first_calls_at_once_both_know_their_headers(server: FaultServer, scripted: Stateless) -> None:
    tool = {
        "name": "regional",
        "inputSchema": {"type": "object", "properties": {"r": {"type": "string", "x-mcp-header": "R"}}},
    }

    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        await asyncio.sleep(0.2)
        return result_of(message, listing(tool))

    scripted.on["tools/list"] = listed
    async with inspector.connect(server.url()) as session:
        await asyncio.gather(*(session.call_tool("regional", {"r": "eu"}) for _ in range(3)))
    assert [request.headers.get("mcp-param-r") for request in calls_in(server)] == ["eu"] * 3
    assert server.methods().count("tools/list") == 1
    check_river(session.river)


async def test_r45_a_listing_that_was_cancelled_is_made_again(server: FaultServer, scripted: Stateless) -> None:
    scripted.on["tools/list"] = hang
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await until(lambda: "tools/list" in server.methods())
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        del scripted.on["tools/list"]
        assert (await session.call_tool("echo")).ok
    assert server.methods().count("tools/list") == 2
    check_river(session.river)


# Freshness and notifications


async def test_r49_a_listener_is_told_once_and_after_the_freshness_is_void(server: FaultServer) -> None:
    scripted = server.routes["/mcp"] = Stateless(tools={"listChanged": True})
    scripted.on["tools/list"] = always(listing(ECHO, ttlMs=60_000))
    go = asyncio.Event()

    async def listening(connection: Connection, request: Request, message: Json) -> None:
        meta = {f"{PREFIX}subscriptionId": message["id"]}
        wanted = {"notifications": message["params"]["notifications"], "_meta": meta}
        await connection.stream()
        acknowledged = "notifications/subscriptions/acknowledged"
        await connection.event({"jsonrpc": "2.0", "method": acknowledged, "params": wanted})
        await go.wait()
        changed = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta}}
        await connection.event(changed)
        await connection.hang()

    scripted.on["subscriptions/listen"] = listening
    heard: list[bool] = []
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        assert session.freshness("tools/list") is not None

        def listen(method: str, params: Any) -> None:
            if method.endswith("list_changed"):
                heard.append(session.freshness("tools/list") is None)

        session.on_notification(listen)
        go.set()
        await until(lambda: heard != [])
    assert heard == [True]
    assert violations(session.river) == []
    check_river(session.river)


@pytest.mark.parametrize(
    ("page", "items"),
    [
        ({"resources": {"a": 1}}, []),
        ({}, []),
        ({"resources": None}, []),
        ({"resources": [1], "nextCursor": 5}, [1]),
        ({"resources": [1], "nextCursor": ["x"]}, [1]),
    ],
)
async def test_r5_a_list_that_cannot_be_read_is_told(
    server: FaultServer, scripted: Stateless, page: Json, items: list[Any]
) -> None:
    scripted.on["resources/list"] = always({"resultType": "complete", "ttlMs": 0, "cacheScope": "public", **page})
    async with inspector.connect(server.url()) as session:
        answer = await session.list_resources()
        assert answer.ok and answer.result["resources"] == items
    assert violations(session.river) == ["list-result-invalid"]
    check_river(session.river)


async def test_r47_a_subscription_that_the_user_sends_by_hand(server: FaultServer, scripted: Stateless) -> None:
    async def listening(connection: Connection, request: Request, message: Json) -> None:
        meta = {f"{PREFIX}subscriptionId": message["id"]}
        params = {"notifications": {"toolsListChanged": True}, "_meta": meta}
        acknowledged = "notifications/subscriptions/acknowledged"
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "method": acknowledged, "params": params})
        await connection.event(
            {"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"_meta": meta}}
        )
        await connection.event(result_of(message, {"resultType": "complete", "_meta": meta}))
        await connection.end()

    scripted.on["subscriptions/listen"] = listening
    async with inspector.connect(server.url()) as session:
        wanted = {"notifications": {"toolsListChanged": True}}
        assert (await session.request("subscriptions/listen", wanted)).ok
    assert violations(session.river) == []
    check_river(session.river)


async def test_leaving_while_the_server_is_away(server: FaultServer, scripted: Stateless) -> None:
    async with inspector.connect(server.url()) as session:
        await server.die()
        await until(lambda: session.state.value == "reconnecting")
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await asyncio.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    assert not (await asyncio.wait_for(call, 1)).ok
    check_river(session.river)


# Many, and two


async def test_hundreds_of_calls_leave_nothing_behind(server: FaultServer, scripted: Stateless) -> None:
    async with inspector.connect(server.url()) as session:
        await session.call_tool("echo")
        link, conversation = session.link, session._conversation
        sizes = (len(link._tasks), len(link._told), len(conversation.listeners), len(link.streams))
        for _ in range(500):
            assert (await session.call_tool("echo", {"a": 1})).ok
        assert sizes == (len(link._tasks), len(link._told), len(conversation.listeners), len(link.streams))
        assert not conversation.peer.pending and not conversation.peer._tokens
        assert not conversation.calls._calls


async def test_two_sessions_on_one_river(server: FaultServer, scripted: Stateless) -> None:
    river = River()
    async with (
        inspector.Session(Options(server.url()), river, 1) as first,
        inspector.Session(Options(server.url()), river, 2) as second,
    ):
        answers = await asyncio.gather(*(session.call_tool("echo") for session in (first, second) for _ in range(5)))
        assert all(answer.ok for answer in answers)
    answered = [m.connection for m in messages(river.since(0), Direction.INBOUND) if m.method == "tools/call"]
    assert sorted(answered) == [1] * 5 + [2] * 5
    assert {event.connection for event in river.since(0)} == {1, 2}


# The end, in every phase


@pytest.mark.parametrize("hanging", ["tools/list", "tools/call"])
async def test_leaving_while_a_call_is_under_way(server: FaultServer, scripted: Stateless, hanging: str) -> None:
    scripted.on |= {"tools/call": hang, hanging: hang}
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await until(lambda: hanging in server.methods())
        started = time.monotonic()
    assert time.monotonic() - started < 3
    answer = await asyncio.wait_for(call, 1)
    assert not answer.ok and answer.sentence.endswith(".")
    if hanging == "tools/list":
        assert calls_in(server) == []
    check_river(session.river)


async def test_leaving_during_a_question_ends_the_question(server: FaultServer, scripted: Stateless) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        return {"action": "accept"}

    scripted.on["tools/call"] = always({"resultType": "input_required", "inputRequests": {"q": ASKING}})
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await asked.wait()
    answer = await asyncio.wait_for(call, 1)
    assert ended.is_set()
    assert not answer.ok and answer.sentence.endswith(".")
    check_river(session.river)


async def test_a_second_cancellation_while_leaving_closes_everything_all_the_same(
    server: FaultServer, scripted: Stateless
) -> None:
    scripted.on["tools/call"] = hang
    river = River()

    async def use() -> None:
        async with inspector.connect(server.url(), river=river) as session:
            await session.call_tool("echo")

    task = asyncio.get_running_loop().create_task(use())
    await until(lambda: "tools/call" in server.methods())
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    check_river(river)
