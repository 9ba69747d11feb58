"""Revision 2026-07-28 against the official Python SDK's server, and against scripted servers that break its rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

import inspector
from inspector.session.options import Refused
from inspector.trace.events import Direction, EndCause, Outcome, RequestSent
from inspector.trace.river import River
from tests.end2end.conftest import Program
from tests.end2end.river_check import check_river, ends, messages, until, violations
from tests.end2end.servers.faults import JSON, Connection, FaultServer, Json, Request, block, result_of

Run = Callable[..., Program]
PREFIX = "io.modelcontextprotocol/"
ECHO: Json = {"name": "echo", "inputSchema": {"type": "object"}}


@pytest.fixture
def modern(run: Run) -> str:
    return run("modern_server.py").url("/mcp")


def sent(river: River, method: str) -> list[RequestSent]:
    return [e for e in river.since(0) if isinstance(e, RequestSent) and e.purpose == method]


def field(request: RequestSent, name: str) -> str | None:
    return next((value for key, value in request.headers if key.lower() == name.lower()), None)


async def test_r40_r41_everything_that_the_sdk_server_offers(modern: str) -> None:
    steps: list[inspector.Progress] = []
    async with inspector.connect(modern) as session:
        assert (session.transport.value, session.is_stateless) == ("stateless", True)
        assert session.negotiated is not None and session.negotiated.server_name == "modern"
        tools = await session.list_tools()
        assert {tool["name"] for tool in tools.result["tools"]} >= {"echo", "regional", "count"}
        assert (await session.call_tool("echo", {"text": "héllo ✓"})).result["content"][0]["text"] == "héllo ✓"
        counted = await session.call_tool("count", {"to": 4}, on_progress=steps.append)
        assert counted.ok and [step.progress for step in steps] == [1, 2, 3, 4]
        assert (await session.read_resource("memo://one")).result["contents"][0]["text"] == "the memo"
        assert (await session.get_prompt("summary", {"topic": "x"})).ok
        assert (await session.list_resource_templates()).result["resourceTemplates"]
        unknown = await session.request("no/such/method")
        assert not unknown.ok and unknown.error["code"] == -32601
    check_river(session.river)
    assert violations(session.river) == []
    for request in session.river.since(0):
        if isinstance(request, RequestSent):
            assert request.method == "POST"
            meta = json.loads(request.body)["params"]["_meta"]
            assert meta[f"{PREFIX}protocolVersion"] == field(request, "mcp-protocol-version") == "2026-07-28"
            assert meta[f"{PREFIX}clientInfo"]["name"] == "sse-mcp-inspector"
            assert field(request, "mcp-method") == json.loads(request.body)["method"]
            assert field(request, "mcp-session-id") is None
    assert field(sent(session.river, "tools/call")[0], "mcp-name") == "echo"
    assert field(sent(session.river, "resources/read")[0], "mcp-name") == "memo://one"


async def test_r45_arguments_are_mirrored_into_headers_even_if_the_tools_were_not_listed(modern: str) -> None:
    async with inspector.connect(modern) as session:
        called = await session.call_tool("regional", {"region": " Zürich", "level": 3, "plain": "x"})
        assert called.ok and called.result["content"][0]["text"] == " Zürich 3 x"
    request = sent(session.river, "tools/call")[0]
    assert field(request, "mcp-param-region") == "=?base64?IFrDvHJpY2g=?="
    assert field(request, "mcp-param-level") == "3"
    assert field(request, "mcp-param-plain") is None
    assert len(sent(session.river, "tools/list")) == 1
    check_river(session.river)


async def test_r48_a_tool_that_asks_back_twice(modern: str) -> None:
    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        return {"action": "accept", "content": {"name": "Ada"} if "Who" in params["message"] else {"yes": True}}

    async def sample(params: dict[str, Any]) -> dict[str, Any]:
        return {"role": "assistant", "content": {"type": "text", "text": "42"}, "model": "me"}

    async def roots(params: dict[str, Any]) -> dict[str, Any]:
        return {"roots": [{"uri": "file:///tmp"}]}

    async with inspector.connect(modern, elicitation=elicit, sampling=sample, roots=roots) as session:
        answer = await session.call_tool("interview")
        assert answer.ok, answer
        assert answer.result["content"][0]["text"] == "Ada|file:///tmp|42|accept"
        assert answer.rounds == 2
    calls = [json.loads(request.body) for request in sent(session.river, "tools/call")]
    assert len({call["id"] for call in calls}) == 3
    assert "requestState" not in calls[0]["params"]
    answers = [m for m in messages(session.river.since(0), Direction.INBOUND) if m.method == "tools/call"]
    states = [json.loads(answer.raw)["result"].get("requestState") for answer in answers]
    assert [call["params"].get("requestState") for call in calls[1:]] == states[:2]
    assert set(calls[1]["params"]["inputResponses"]) == {"who", "where", "what"}
    assert set(calls[2]["params"]["inputResponses"]) == {"sure"}
    check_river(session.river)
    assert violations(session.river) == []


async def test_r48_a_user_who_refuses_ends_the_call_and_nothing_is_sent(modern: str) -> None:
    async def refuse(params: dict[str, Any]) -> dict[str, Any]:
        raise Refused("Not today.")

    async with inspector.connect(modern, elicitation=refuse, sampling=refuse, roots=refuse) as session:
        answer = await session.call_tool("interview")
        assert (answer.ok, answer.outcome) == (False, Outcome.CANCELLED)
        assert "Not today." in answer.sentence
        assert (await session.call_tool("echo", {"text": "on"})).ok
    assert len(sent(session.river, "tools/call")) == 2
    check_river(session.river)


async def test_r43_cancelling_closes_the_stream_and_the_server_stops(modern: str) -> None:
    async with inspector.connect(modern) as session:
        call = asyncio.create_task(session.call_tool("sleep", {"seconds": 30, "name": "long"}))  # noqa: TID251
        await until(lambda: len(sent(session.river, "tools/call")) == 1)
        await asyncio.sleep(0.3)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

        async def state() -> str:
            answer = await session.call_tool("state_of", {"name": "long"})
            return str(answer.result["content"][0]["text"])

        for _ in range(50):
            if await state() == "cancelled":
                break
            await asyncio.sleep(0.05)
        assert await state() == "cancelled"
    check_river(session.river)
    assert ends(session.river, "tools/call")[0].cause is EndCause.CANCELLED_BY_US
    assert not [
        m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.method == "notifications/cancelled"
    ]


async def test_a_call_that_times_out_is_closed_by_us(modern: str) -> None:
    async with inspector.connect(modern) as session:
        answer = await session.call_tool("sleep", {"seconds": 30}, timeout_s=0.5)
        assert answer.outcome is Outcome.TIMED_OUT
    check_river(session.river)
    assert ends(session.river, "tools/call")[0].cause is EndCause.TIMED_OUT_BY_US


async def test_r47_changes_are_told_on_the_listening_stream(modern: str) -> None:
    heard: list[tuple[str, Any]] = []
    async with inspector.connect(modern) as session:
        session.on_notification(lambda method, params: heard.append((method, params)))
        await until(lambda: any(method.endswith("acknowledged") for method, _ in heard))
        subscribed = await session.subscribe("memo://one")
        assert subscribed.ok, subscribed.sentence
        await session.call_tool("change")
        await until(lambda: any(method == "notifications/resources/updated" for method, _ in heard))
        updated = [params["uri"] for method, params in heard if method == "notifications/resources/updated"]
        assert updated == ["memo://one"]
        assert any(method == "notifications/tools/list_changed" for method, _ in heard)
        await session.unsubscribe("memo://one")
    check_river(session.river)
    assert violations(session.river) == []
    listening = [json.loads(request.body)["params"] for request in sent(session.river, "subscriptions/listen")]
    assert [params["notifications"].get("resourceSubscriptions") for params in listening] == [
        None,
        ["memo://one"],
        None,
    ]


async def test_r41_the_log_level_goes_along_with_each_request(modern: str) -> None:
    heard: list[str] = []
    async with inspector.connect(modern) as session:
        session.on_notification(lambda method, params: heard.append(method))
        await session.call_tool("count", {"to": 1})
        before = heard.count("notifications/message")
        assert (await session.set_log_level("info")).ok
        await session.call_tool("count", {"to": 2})
        await until(lambda: heard.count("notifications/message") == before + 2)
    levels = [json.loads(r.body)["params"]["_meta"].get(f"{PREFIX}logLevel") for r in sent(session.river, "tools/call")]
    assert levels == [None, "info"]


async def test_r49_lists_have_a_freshness(modern: str) -> None:
    async with inspector.connect(modern) as session:
        await session.list_tools()
        fresh = session.freshness("tools/list")
        assert fresh is not None and fresh.ttl_ms == 60_000
        await session.read_resource("memo://one")
        read = session.freshness("resources/read", {"uri": "memo://one"})
        assert read is not None and (read.ttl_ms, read.scope) == (1_000, "private")


class Stateless:
    """A scripted server of this revision on one path; `on[method]` gives the result, an error, or does it all."""

    def __init__(self, **capabilities: Any) -> None:
        self.capabilities = capabilities
        self.on: dict[str, Callable[[Connection, Request, Json], Any]] = {}

    async def __call__(self, connection: Connection, request: Request) -> None:
        if request.method != "POST":
            await connection.answer(405)
            return
        message = request.message
        method = message["method"]
        if method in self.on:
            reply = await self.on[method](connection, request, message)
        elif method == "server/discover":
            reply = self.discovered(message)
        elif method == "tools/list":
            reply = result_of(message, {"resultType": "complete", "tools": [ECHO], "ttlMs": 0, "cacheScope": "public"})
        else:
            reply = result_of(message, {"resultType": "complete", "content": [{"type": "text", "text": "done"}]})
        if reply is not None:
            await connection.answer(400 if "error" in reply else 200, JSON, json.dumps(reply).encode())

    def discovered(self, message: Json) -> Json:
        return result_of(
            message,
            {
                "resultType": "complete",
                "supportedVersions": ["2026-07-28"],
                "capabilities": {"tools": {}, **self.capabilities},
                "ttlMs": 0,
                "cacheScope": "public",
                "_meta": {f"{PREFIX}serverInfo": {"name": "scripted", "version": "1"}},
            },
        )


@pytest.fixture
def scripted(server: FaultServer) -> Stateless:
    speaking = Stateless()
    server.routes["/mcp"] = speaking
    return speaking


def error_of(message: Json, code: int, data: Any = None) -> Json:
    return {"jsonrpc": "2.0", "id": message["id"], "error": {"code": code, "message": "no", "data": data}}


async def test_r44_a_header_mismatch_lists_the_tools_again_and_repeats_once(
    server: FaultServer, scripted: Stateless
) -> None:
    tool: Json = {"name": "echo", "inputSchema": {"type": "object", "properties": {"region": {"type": "string"}}}}

    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        if server.methods().count("tools/list") > 1:
            tool["inputSchema"]["properties"]["region"]["x-mcp-header"] = "Region"
        return result_of(message, {"resultType": "complete", "tools": [tool], "ttlMs": 0, "cacheScope": "public"})

    async def called(connection: Connection, request: Request, message: Json) -> Json:
        if request.headers.get("mcp-param-region") != "eu":
            return error_of(message, -32020)
        return result_of(message, {"resultType": "complete", "content": []})

    scripted.on |= {"tools/list": listed, "tools/call": called}
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        assert (await session.call_tool("echo", {"region": "eu"})).ok
        refused = await session.call_tool("echo", {"region": "us"})
        assert not refused.ok and refused.error["code"] == -32020
    assert server.methods().count("tools/call") == 4
    check_river(session.river)


async def test_r45_a_tool_with_a_broken_annotation_is_rejected_with_its_reason(
    server: FaultServer, scripted: Stateless
) -> None:
    bad = {
        "name": "bad",
        "inputSchema": {"type": "object", "properties": {"n": {"type": "number", "x-mcp-header": "N"}}},
    }

    async def listed(connection: Connection, request: Request, message: Json) -> Json:
        tools = [ECHO, bad]
        return result_of(message, {"resultType": "complete", "tools": tools, "ttlMs": 0, "cacheScope": "public"})

    scripted.on["tools/list"] = listed
    async with inspector.connect(server.url()) as session:
        tools = await session.list_tools()
        assert [tool["name"] for tool in tools.result["tools"]] == ["echo"]
        assert list(session.rejected_tools) == ["bad"]
        answer = await session.call_tool("bad", {"n": 1})
        assert answer.outcome is Outcome.REFUSED and "number" in answer.sentence
    assert "tools/call" not in server.methods()
    assert "x-mcp-header-invalid" in violations(session.river)
    check_river(session.river)


async def test_r48_a_server_that_never_has_enough_is_left_after_ten_rounds(
    server: FaultServer, scripted: Stateless
) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, {"resultType": "input_required", "requestState": "more"})

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("echo")
        assert not answer.ok and "10" in answer.sentence
        assert (await session.list_tools()).ok
    assert server.methods().count("tools/call") == 11
    check_river(session.river)


async def test_r51_a_sampling_request_that_breaks_the_rules_is_told_and_asked_all_the_same(
    server: FaultServer, scripted: Stateless
) -> None:
    unmatched = {"type": "tool_result", "toolUseId": "none", "content": []}
    params = {"messages": [{"role": "user", "content": [unmatched]}], "maxTokens": 5}
    asks = {"q": {"method": "sampling/createMessage", "params": params}}

    async def called(connection: Connection, request: Request, message: Json) -> Json:
        if "inputResponses" in message["params"]:
            return result_of(message, {"resultType": "complete", "content": []})
        return result_of(message, {"resultType": "input_required", "inputRequests": asks})

    async def sample(params: dict[str, Any]) -> dict[str, Any]:
        return {"role": "assistant", "content": {"type": "text", "text": "x"}, "model": "me"}

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url(), sampling=sample) as session:
        assert (await session.call_tool("echo")).ok
    assert "sampling-request-invalid" in violations(session.river)
    check_river(session.river)


async def test_r42_a_request_of_the_servers_on_a_stream_is_a_finding_and_not_answered(
    server: FaultServer, scripted: Stateless
) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "id": 99, "method": "roots/list"})
        await connection.event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        await connection.event(result_of(message, {"resultType": "complete", "content": []}))
        await connection.end()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        assert (await session.call_tool("echo")).ok
    assert "server-request-in-stateless" in violations(session.river)
    assert "(answer)" not in server.methods()
    check_river(session.river)


async def test_r43_a_stream_that_breaks_has_lost_its_request_and_nothing_is_resumed(
    server: FaultServer, scripted: Stateless
) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.chunk(block(b'{"jsonrpc":"2.0","method":"notifications/message","params":{}}', "7"))
        await connection.reset()

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("echo")
        assert answer.outcome is Outcome.LOST
        assert (await session.list_tools()).ok
    assert server.gets() == []
    check_river(session.river)


async def test_r42_a_result_of_an_unknown_type_is_no_result(server: FaultServer, scripted: Stateless) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, {"resultType": "perhaps", "content": []})

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("echo")
        assert not answer.ok and answer.sentence.endswith(".")
    assert "result-type-unknown" in violations(session.river)
    check_river(session.river)


async def test_r42_a_session_id_is_ignored(server: FaultServer, scripted: Stateless) -> None:
    async def listed(connection: Connection, request: Request, message: Json) -> None:
        result = {"resultType": "complete", "tools": [], "ttlMs": 0, "cacheScope": "public"}
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode(), [("mcp-session-id", "x")])

    scripted.on["tools/list"] = listed
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        await session.list_tools()
    assert all("mcp-session-id" not in request.headers for request in server.seen)
    assert violations(session.river).count("stateless-session-id") == 1
    check_river(session.river)


async def test_r47_a_lost_listening_stream_is_asked_for_again(server: FaultServer) -> None:
    scripted = server.routes["/mcp"] = Stateless(tools={"listChanged": True})
    times = 0

    async def listening(connection: Connection, request: Request, message: Json) -> None:
        nonlocal times
        times += 1
        meta = {f"{PREFIX}subscriptionId": message["id"]}
        wanted = message["params"]["notifications"]
        params = {"notifications": wanted, "_meta": meta}
        await connection.stream()
        method = "notifications/subscriptions/acknowledged"
        await connection.event({"jsonrpc": "2.0", "method": method, "params": params})
        if times == 1:
            await connection.reset()
        elif times == 2:
            await connection.event(result_of(message, {"resultType": "complete", "_meta": meta}))
            await connection.end()
        else:
            await connection.hang()

    scripted.on["subscriptions/listen"] = listening
    async with inspector.connect(server.url()) as session:
        await until(lambda: times == 3)
        assert (await session.list_tools()).ok
    ids = [request.message["id"] for request in server.seen if request.message["method"] == "subscriptions/listen"]
    assert len(set(ids)) == 3
    check_river(session.river)


async def test_r47_a_server_that_tells_before_it_acknowledges(server: FaultServer) -> None:
    scripted = server.routes["/mcp"] = Stateless(tools={"listChanged": True})

    async def listening(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        await connection.event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {}})
        await connection.hang()

    scripted.on["subscriptions/listen"] = listening
    async with inspector.connect(server.url()) as session:
        await until(lambda: bool(violations(session.river)))
        assert (await session.list_tools()).ok
    assert any(rule.startswith("subscription") for rule in violations(session.river))
    check_river(session.river)


async def test_a_stateless_server_that_dies_is_found_again(server: FaultServer, scripted: Stateless) -> None:
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        await server.die()
        await until(lambda: session.state.value == "reconnecting")
        await server.start()
        await until(lambda: session.state.value == "open")
        assert (await session.list_tools()).ok
    check_river(session.river)


async def test_pinned_to_the_revision_without_discover(server: FaultServer, scripted: Stateless) -> None:
    async def unknown(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32601)

    scripted.on["server/discover"] = unknown
    async with inspector.connect(server.url(), protocol_version="2026-07-28") as session:
        assert session.is_stateless
        assert (await session.list_tools()).ok
    check_river(session.river)
