"""Calls whose result comes later, in both eras (R32, R52), and links that need consent first (R33)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

import inspector
from inspector.session.options import Refused
from inspector.trace.events import Outcome
from tests.end2end.river_check import check_river, until, violations
from tests.end2end.servers.faults import (
    JSON,
    Connection,
    FaultServer,
    Json,
    Request,
    StreamableMcp,
    result_of,
)
from tests.end2end.test_stateless import Stateless, error_of

STAMPS = {"createdAt": "2026-11-21T08:00:00Z", "lastUpdatedAt": "2026-11-21T08:00:00Z"}
DONE = {"content": [{"type": "text", "text": "done at last"}]}
QUESTION = {"message": "Sure?", "requestedSchema": {"type": "object", "properties": {"yes": {"type": "boolean"}}}}


class Extension:
    """The tasks of 2026-07-28: `states` are what one poll after the other tells."""

    def __init__(self, server: FaultServer, *states: Json) -> None:
        self.states = list(states)
        self.updates: list[Json] = []
        self.cancelled: list[str] = []
        tasks: Json = {"io.modelcontextprotocol/tasks": {}}
        self.server = server.routes["/mcp"] = Stateless(extensions=tasks)
        self.server.on |= {
            "tools/call": self._create,
            "tasks/get": self._get,
            "tasks/update": self._update,
            "tasks/cancel": self._cancel,
        }

    async def _create(self, connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, {"resultType": "task", **self._state({"status": "working"})})

    async def _get(self, connection: Connection, request: Request, message: Json) -> Json:
        assert request.headers["mcp-name"] == "t1"
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return result_of(message, {"resultType": "complete", **self._state(state)})

    async def _update(self, connection: Connection, request: Request, message: Json) -> Json:
        self.updates.append(message["params"]["inputResponses"])
        return result_of(message, {"resultType": "complete"})

    async def _cancel(self, connection: Connection, request: Request, message: Json) -> Json:
        self.cancelled.append(message["params"]["taskId"])
        return result_of(message, {"resultType": "complete"})

    @staticmethod
    def _state(state: Json) -> Json:
        return {"taskId": "t1", "ttlMs": 60_000, "pollIntervalMs": 20, **STAMPS, **state}


async def test_r52_a_task_is_followed_to_its_result(server: FaultServer) -> None:
    Extension(server, {"status": "working", "statusMessage": "half"}, {"status": "completed", "result": DONE})
    states: list[str] = []
    async with inspector.connect(server.url()) as session:
        session.on_task(lambda tool, state: states.append(f"{tool} {state.status} {state.status_message}".strip()))
        answer = await session.call_tool("slow")
        assert answer.ok and answer.result == DONE
    assert states == ["slow working", "slow working half", "slow completed"]
    check_river(session.river)
    assert violations(session.river) == []


async def test_r52_a_server_that_tells_of_a_task_need_not_be_polled_for_long(server: FaultServer) -> None:
    extension = Extension(server, {"status": "completed", "result": DONE})
    extension.server.capabilities["tools"] = {"listChanged": True}
    filters: list[Json] = []

    async def create(connection: Connection, request: Request, message: Json) -> Json:
        state = extension._state({"status": "working", "pollIntervalMs": 30_000})
        return result_of(message, {"resultType": "task", **state})

    async def listening(connection: Connection, request: Request, message: Json) -> None:
        wanted = message["params"]["notifications"]
        filters.append(wanted)
        meta = {"io.modelcontextprotocol/subscriptionId": message["id"]}
        acknowledged = {"notifications": wanted, "_meta": meta}
        await connection.stream()
        for method, params in (
            ("notifications/subscriptions/acknowledged", acknowledged),
            ("notifications/tasks", {**extension._state({"status": "completed", "result": DONE}), "_meta": meta}),
        ):
            if method != "notifications/tasks" or "taskIds" in wanted:
                await connection.event({"jsonrpc": "2.0", "method": method, "params": params})
        await connection.hang()

    extension.server.on |= {"tools/call": create, "subscriptions/listen": listening}
    async with inspector.connect(server.url()) as session:
        await until(lambda: len(filters) == 1)
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            assert (await session.call_tool("slow")).result == DONE
    assert filters == [{"toolsListChanged": True}, {"taskIds": ["t1"]}]
    check_river(session.river)
    assert violations(session.river) == []


async def test_r52_a_task_asks_for_input_which_is_given_once(server: FaultServer) -> None:
    asking = {"status": "input_required", "inputRequests": {"q": {"method": "elicitation/create", "params": QUESTION}}}
    extension = Extension(server, asking, asking, {"status": "completed", "result": DONE})
    asked: list[Any] = []

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params["message"])
        return {"action": "accept", "content": {"yes": True}}

    async with inspector.connect(server.url(), elicitation=elicit) as session:
        assert (await session.call_tool("slow")).ok
    assert asked == ["Sure?"]
    assert extension.updates == [{"q": {"action": "accept", "content": {"yes": True}}}]
    check_river(session.river)


async def test_r52_a_user_who_refuses_cancels_the_task(server: FaultServer) -> None:
    asking = {"status": "input_required", "inputRequests": {"q": {"method": "elicitation/create", "params": QUESTION}}}
    extension = Extension(server, asking)

    async def refuse(params: dict[str, Any]) -> dict[str, Any]:
        raise Refused("No.")

    async with inspector.connect(server.url(), elicitation=refuse) as session:
        answer = await session.call_tool("slow")
        assert (answer.ok, answer.outcome) == (False, Outcome.CANCELLED)
        await until(lambda: extension.cancelled == ["t1"])
    check_river(session.river)


@pytest.mark.parametrize(
    ("state", "outcome", "words"),
    [
        ({"status": "failed", "error": {"code": 1, "message": "disk full"}}, None, "disk full"),
        ({"status": "cancelled"}, Outcome.CANCELLED, "cancelled"),
        ({"status": 7}, Outcome.LOST, "lost"),
    ],
)
async def test_r52_tasks_that_come_to_nothing(
    server: FaultServer, state: Json, outcome: Outcome | None, words: str
) -> None:
    Extension(server, state)
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("slow")
        assert (answer.ok, answer.outcome) == (False, outcome)
        assert words in answer.sentence and answer.sentence.endswith(".")
        assert (await session.list_tools()).ok
    check_river(session.river)


async def test_cancelling_the_call_cancels_the_task(server: FaultServer) -> None:
    extension = Extension(server, {"status": "working"})
    async with inspector.connect(server.url()) as session:
        call = asyncio.create_task(session.call_tool("slow"))  # noqa: TID251
        await until(lambda: server.methods().count("tasks/get") >= 2)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        await until(lambda: extension.cancelled == ["t1"])
    check_river(session.river)


async def test_a_task_that_takes_too_long_is_cancelled(server: FaultServer) -> None:
    extension = Extension(server, {"status": "working"})
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("slow", timeout_s=0.3)
        assert answer.outcome is Outcome.TIMED_OUT
        await until(lambda: extension.cancelled == ["t1"])
    check_river(session.river)


async def test_r32_a_call_as_a_task_of_2025_11_25(server: FaultServer, mcp: StreamableMcp) -> None:
    seen: list[Json] = []
    polls = iter([{"status": "working"}, {"status": "input_required"}, {"status": "completed"}])

    async def reply(connection: Connection, message: Json, result: Json) -> None:
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())

    async def create(connection: Connection, request: Request, message: Json) -> None:
        seen.append(message["params"])
        task = {"taskId": "t9", "status": "working", "ttl": 60_000, "pollInterval": 20, **STAMPS}
        await reply(connection, message, {"task": task})

    async def get(connection: Connection, request: Request, message: Json) -> None:
        state = {"taskId": "t9", "ttl": 60_000, "pollInterval": 20, **STAMPS, **next(polls)}
        await reply(connection, message, state)

    async def result(connection: Connection, request: Request, message: Json) -> None:
        related = {"io.modelcontextprotocol/related-task": {"taskId": "t9"}}
        await connection.stream()
        asking = {"jsonrpc": "2.0", "id": 5, "method": "elicitation/create", "params": {**QUESTION, "_meta": related}}
        await connection.event(asking)
        await until(lambda: any("result" in json.loads(r.body or b"{}") for r in server.seen))
        await connection.event(result_of(message, {**DONE, "_meta": related}))
        await connection.end()

    mcp.on |= {"tools/call": create, "tasks/get": get, "tasks/result": result}

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        return {"action": "decline"}

    async with inspector.connect(server.url(), elicitation=elicit) as session:
        answer = await session.call_tool("slow", as_task=True)
        assert answer.ok and answer.result["content"] == DONE["content"]
    assert seen[0]["task"] == {"ttl": 3_600_000}
    reply_of_ours = next(r.message for r in server.seen if b'"result"' in r.body)
    assert reply_of_ours["result"]["_meta"] == {"io.modelcontextprotocol/related-task": {"taskId": "t9"}}
    check_river(session.river)
    assert violations(session.river) == []


@pytest.mark.parametrize("action", ["accept", "decline"])
async def test_r33_a_call_that_wants_a_link_opened_is_repeated_after_consent(
    server: FaultServer, mcp: StreamableMcp, action: str
) -> None:
    asked: list[str] = []
    link = {"mode": "url", "elicitationId": "e1", "url": "https://example.com/pay", "message": "Pay first."}

    async def call(connection: Connection, request: Request, message: Json) -> None:
        paid = server.methods().count("tools/call") > 1
        reply = result_of(message, DONE) if paid else error_of(message, -32042, {"elicitations": [link]})
        await connection.answer(200, JSON, json.dumps(reply).encode())

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params["url"])
        return {"action": action}

    mcp.on["tools/call"] = call
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        answer = await session.call_tool("buy")
        assert answer.ok is (action == "accept")
        assert answer.ok or answer.error["code"] == -32042
    assert asked == ["https://example.com/pay"]
    check_river(session.river)


async def test_batches_of_2025_03_26_are_read_and_of_later_ones_told(server: FaultServer, mcp: StreamableMcp) -> None:
    async def call(connection: Connection, request: Request, message: Json) -> None:
        progress = {"progressToken": message["params"]["_meta"]["progressToken"], "progress": 1}
        batch = [{"jsonrpc": "2.0", "method": "notifications/progress", "params": progress}, result_of(message, DONE)]
        await connection.stream()
        await connection.event(batch)
        await connection.end()

    mcp.on["tools/call"] = call
    for revision, rules in (("2025-03-26", []), ("2025-11-25", ["jsonrpc-batch"])):
        mcp.revision = revision
        steps: list[inspector.Progress] = []
        async with inspector.connect(server.url(), protocol_version=revision) as session:
            answer = await session.call_tool("x", on_progress=steps.append)
            assert answer.ok and len(steps) == 1
        assert violations(session.river) == rules
        check_river(session.river)
