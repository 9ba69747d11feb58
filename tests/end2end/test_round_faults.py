"""Questions inside results (R48) and tasks (R32, R52), against servers and callbacks that do it all wrong."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

import inspector
from inspector.protocol import tasks
from inspector.session import asks, task_runs
from inspector.session.options import Options, Refused
from inspector.trace.events import Outcome
from tests.end2end.river_check import check_river, until, violations
from tests.end2end.servers.faults import JSON, Connection, FaultServer, Json, Request, StreamableMcp, result_of
from tests.end2end.test_stateless import Stateless, error_of
from tests.end2end.test_stateless_faults import ASKING, DONE, always, calls_in, hang
from tests.end2end.test_tasks import DONE as TASK_DONE
from tests.end2end.test_tasks import STAMPS, Extension

ASKS: Json = {"resultType": "input_required", "inputRequests": {"q": ASKING}}
TASK: Json = {"taskId": "t1", "status": "working", "ttlMs": 60_000, "pollIntervalMs": 20, **STAMPS}
TASK_ASKS: Json = {"status": "input_required", "inputRequests": {"q": ASKING}}
COMPLETED: Json = {"status": "completed", "result": TASK_DONE}


@pytest.fixture
def scripted(server: FaultServer) -> Stateless:
    speaking = Stateless()
    server.routes["/mcp"] = speaking
    return speaking


async def accept(params: dict[str, Any]) -> dict[str, Any]:
    return {"action": "accept", "content": {}}


async def forget(params: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(30)
    return {}


async def fail(params: dict[str, Any]) -> dict[str, Any]:
    raise ValueError("the dialog\nhas gone wrong.")


async def break_off(params: dict[str, Any]) -> dict[str, Any]:
    raise asyncio.CancelledError


# Rounds


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"inputRequests": None},
        {"inputRequests": []},
        {"inputRequests": {}},
        {"inputRequests": "q"},
        {"inputRequests": {"q": None}},
        {"inputRequests": {"q": {"method": 5}}},
        {"inputRequests": {"q": {"method": "made/up", "params": {}}}},
        {"inputRequests": {"q": {"method": "sampling/createMessage", "params": {}}}},
        {"requestState": 7},
        {"requestState": ["x"]},
    ],
)
async def test_r48_a_request_for_input_that_cannot_be_met(
    server: FaultServer, scripted: Stateless, result: Json
) -> None:
    scripted.on["tools/call"] = always({"resultType": "input_required", **result})
    async with inspector.connect(server.url(), elicitation=accept) as session:
        answer = await session.call_tool("echo")
        assert not answer.ok and answer.sentence.endswith(".") and answer.outcome is not None
        assert (await session.list_tools()).ok
    assert len(calls_in(server)) == 1
    assert any(rule.startswith("input-") for rule in violations(session.river))
    check_river(session.river)


@pytest.mark.parametrize("params", [None, [], "text", {"message": 5}])
async def test_r48_odd_params_are_asked_as_far_as_they_go(
    server: FaultServer, scripted: Stateless, params: Any
) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> Json:
        odd = {"q": {"method": "elicitation/create", "params": params}}
        return result_of(message, DONE if len(calls_in(server)) > 1 else {**ASKS, "inputRequests": odd})

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url(), elicitation=accept) as session:
        assert (await session.call_tool("echo")).ok
    check_river(session.river)


async def test_r48_a_mode_that_was_not_declared_is_not_shown_to_the_user(
    server: FaultServer, scripted: Stateless
) -> None:
    link = {"method": "elicitation/create", "params": {"mode": "url", "url": "https://x.example", "message": "?"}}
    asked: list[Any] = []

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        return {"action": "accept"}

    scripted.on["tools/call"] = always({**ASKS, "inputRequests": {"q": link}})
    callbacks = inspector.Callbacks(elicitation=elicit, elicitation_modes=("form",))
    async with inspector.Session(Options(server.url(), callbacks=callbacks)) as session:
        answer = await session.call_tool("echo")
        assert answer.outcome is Outcome.CANCELLED and "url" in answer.sentence
    assert asked == []
    assert "input-request-undeclared" in violations(session.river)
    check_river(session.river)


@pytest.mark.parametrize(
    ("elicit", "words"),
    [(fail, "ValueError: the dialog has gone wrong."), (forget, "in time"), (break_off, "cancelled")],
)
async def test_r48_a_callback_that_fails_ends_its_call_only(
    server: FaultServer, scripted: Stateless, monkeypatch: pytest.MonkeyPatch, elicit: Any, words: str
) -> None:
    monkeypatch.setattr(asks, "SLOW_ASK_S", 0.2)
    scripted.on["tools/call"] = always(ASKS)
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        answer = await session.call_tool("echo")
        assert answer.outcome is Outcome.CANCELLED
        assert words in answer.sentence and answer.sentence.endswith(".") and "\n" not in answer.sentence
        assert (await session.list_tools()).ok
    assert len(calls_in(server)) == 1
    check_river(session.river)


async def test_r48_cancelling_the_caller_withdraws_the_question(server: FaultServer, scripted: Stateless) -> None:
    asked, withdrawn = asyncio.Event(), asyncio.Event()

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        try:
            return await forget(params)
        except asyncio.CancelledError:
            withdrawn.set()
            raise

    scripted.on["tools/call"] = always(ASKS)
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("echo"))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(withdrawn.wait(), 1)
        assert (await session.list_tools()).ok
    assert len(calls_in(server)) == 1
    check_river(session.river)


async def test_r48_a_server_that_dies_during_the_question(server: FaultServer, scripted: Stateless) -> None:
    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        await server.die()
        return {"action": "accept", "content": {}}

    scripted.on["tools/call"] = always(ASKS)
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        answer = await session.call_tool("echo")
        assert answer.outcome is Outcome.LOST and answer.sentence.endswith(".")
    check_river(session.river)


@pytest.mark.parametrize("state", ["", 'ünï ✓ 🎉\u2028\n\t"\\/', "x" * 1_000_000, "\u0000", "1", " lead and trail "])
async def test_r48_the_state_comes_back_as_it_was_and_belongs_to_one_call(
    server: FaultServer, scripted: Stateless, state: str
) -> None:
    async def called(connection: Connection, request: Request, message: Json) -> Json:
        if message["params"]["name"] == "asks" and "requestState" not in message["params"]:
            return result_of(message, {**ASKS, "requestState": state})
        return result_of(message, DONE)

    scripted.on["tools/call"] = called
    async with inspector.connect(server.url(), elicitation=accept) as session:
        await session.list_tools()
        asking, plain = await asyncio.gather(session.call_tool("asks", {"a": 1}), session.call_tool("plain"))
        assert asking.ok and plain.ok and (asking.rounds, plain.rounds) == (1, 0)
        assert (await session.call_tool("plain")).ok
    first, again = (r.message for r in calls_in(server) if r.message["params"]["name"] == "asks")
    assert again["params"]["requestState"] == state
    assert again["params"]["inputResponses"] == {"q": {"action": "accept", "content": {}}}
    assert again["params"]["arguments"] == first["params"]["arguments"] == {"a": 1}
    assert again["id"] != first["id"]
    assert again["params"]["_meta"]["progressToken"] == again["id"]
    for request in calls_in(server):
        if request.message["params"]["name"] == "plain":
            assert not {"requestState", "inputResponses"} & set(request.message["params"])
    check_river(session.river)


async def test_r48_a_question_in_the_answer_to_a_list_is_told(server: FaultServer, scripted: Stateless) -> None:
    scripted.on["resources/list"] = always({**ASKS, "inputRequests": {}})
    async with inspector.connect(server.url(), elicitation=accept) as session:
        assert not (await session.list_resources()).ok
    assert "input-required-misplaced" in violations(session.river)
    check_river(session.river)


async def test_r24_two_requests_of_the_servers_with_one_id(server: FaultServer, mcp: StreamableMcp) -> None:
    asked: list[Any] = []

    async def elicit(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params["message"])
        await asyncio.sleep(0.1)
        return {"action": "decline"}

    async def called(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        for _ in range(2):
            await connection.event({"jsonrpc": "2.0", "id": 7, **ASKING})
        await until(lambda: "(answer)" in server.methods())
        await connection.event(result_of(message, DONE))
        await connection.end()

    mcp.on["tools/call"] = called
    async with inspector.connect(server.url(), transport="streamable-http", elicitation=elicit) as session:
        assert (await session.call_tool("echo")).ok
        await asyncio.sleep(0.3)
    assert (asked, server.methods().count("(answer)")) == (["Sure?"], 1)
    assert violations(session.river) == ["request-id-reused"]
    check_river(session.river)


@pytest.mark.parametrize("result", [None, [1], "text", 3])
async def test_a_result_that_is_no_object_is_none_in_the_handshake_era_either(
    server: FaultServer, mcp: StreamableMcp, result: Any
) -> None:
    async def listed(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(200, JSON, json.dumps(result_of(message, result)).encode())

    mcp.on["tools/list"] = listed
    async with inspector.connect(server.url(), transport="streamable-http") as session:
        answer = await session.list_tools()
        assert not answer.ok and answer.sentence.endswith(".")
    assert violations(session.river) == ["result-not-object"]
    check_river(session.river)


# Tasks


@pytest.mark.parametrize(
    ("more", "is_done"),
    [
        ({"pollIntervalMs": 0}, True),
        ({"pollIntervalMs": -5}, True),
        ({"pollIntervalMs": "soon"}, True),
        ({"pollIntervalMs": None, "ttlMs": 0}, True),
        ({"ttlMs": 10**14}, True),
        ({"ttlMs": -1, "createdAt": 5, "lastUpdatedAt": None, "statusMessage": []}, True),
        ({"taskId": "t2"}, False),
    ],
)
async def test_r52_odd_figures_of_a_task(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, more: Json, is_done: bool
) -> None:
    monkeypatch.setattr(tasks, "USUAL_POLL_S", 0.1)
    extension = Extension(server, {"status": "working", **more}, {**COMPLETED, **more})
    extension.server.on["tools/call"] = always({"resultType": "task", **TASK, **more, "taskId": "t1"})
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("slow")
        assert (answer.ok, answer.sentence.endswith(".")) == (is_done, not is_done)
    assert task_runs.LONGEST_S * 1000 < 2**31  # what a timer of Qt's can hold
    check_river(session.river)


async def test_r52_two_calls_that_became_one_task(server: FaultServer) -> None:
    Extension(server, {"status": "working"}, {"status": "working"}, COMPLETED)
    async with inspector.connect(server.url()) as session:
        await session.list_tools()
        answers = await asyncio.gather(session.call_tool("slow"), session.call_tool("slow"))
        assert [answer.ok for answer in answers] == [True, True]
    check_river(session.river)


async def test_r52_a_poll_that_is_answered_with_a_task_again_is_no_second_task(server: FaultServer) -> None:
    extension = Extension(server, {"status": "working"})
    states = iter([TASK, {**TASK, **COMPLETED}])

    async def get(connection: Connection, request: Request, message: Json) -> Json:
        return result_of(message, {"resultType": "task", **next(states)})

    extension.server.on["tasks/get"] = get
    async with inspector.connect(server.url()) as session:
        assert (await session.call_tool("slow")).ok
    assert server.methods().count("tasks/get") == 2
    check_river(session.river)


@pytest.mark.parametrize("trouble", ["503", "cut", "no body"])
async def test_r52_polls_that_fail_are_repeated(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr(task_runs, "FIRST_PAUSE_S", 0.05)
    extension = Extension(server, COMPLETED)
    fine = extension.server.on["tasks/get"]

    async def get(connection: Connection, request: Request, message: Json) -> Any:
        if server.methods().count("tasks/get") > 2:
            return await fine(connection, request, message)
        if trouble == "cut":
            await connection.cut()
        else:
            await connection.answer(503 if trouble == "503" else 200, JSON)
        return None

    extension.server.on["tasks/get"] = get
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("slow")
        assert answer.ok, answer.sentence
    check_river(session.river)


async def test_r52_polls_that_never_succeed_are_given_up(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_runs, "FIRST_PAUSE_S", 0.01)
    extension = Extension(server, COMPLETED)

    async def get(connection: Connection, request: Request, message: Json) -> None:
        await connection.answer(503)

    extension.server.on["tasks/get"] = get
    async with inspector.connect(server.url()) as session:
        answer = await session.call_tool("slow")
        assert answer.outcome is Outcome.LOST and "503" in answer.sentence
    assert server.methods().count("tasks/get") == task_runs.LOST_POLLS
    check_river(session.river)


async def test_r52_a_server_that_restarts_still_has_its_task(server: FaultServer) -> None:
    Extension(server, {"status": "working"}, {"status": "working"}, COMPLETED)
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await until(lambda: "tasks/get" in server.methods())
        await server.die()
        await asyncio.sleep(0.5)
        await server.start()
        answer = await asyncio.wait_for(call, 15)
        assert answer.ok, answer.sentence
    check_river(session.river)


@pytest.mark.parametrize(("elicit", "words"), [(fail, "ValueError"), (forget, "in time"), (break_off, "cancelled")])
async def test_r52_a_callback_that_fails_cancels_the_task(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, elicit: Any, words: str
) -> None:
    monkeypatch.setattr(asks, "SLOW_ASK_S", 0.2)
    extension = Extension(server, TASK_ASKS)
    async with inspector.connect(server.url(), elicitation=elicit) as session:
        answer = await session.call_tool("slow")
        assert answer.outcome is Outcome.CANCELLED and words in answer.sentence
        await until(lambda: extension.cancelled == ["t1"])
    check_river(session.river)


@pytest.mark.parametrize("interval_ms", [20, 3_600_000])
async def test_leaving_while_a_task_is_followed(server: FaultServer, interval_ms: int) -> None:
    extension = Extension(server, {"status": "working", "pollIntervalMs": interval_ms})
    extension.server.on["tools/call"] = always({"resultType": "task", **TASK, "pollIntervalMs": interval_ms})
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await until(lambda: "tools/call" in server.methods())
        await asyncio.sleep(0.2)
        started = time.monotonic()
    assert time.monotonic() - started < 3
    answer = await asyncio.wait_for(call, 2)
    assert not answer.ok and answer.sentence.endswith(".")
    check_river(session.river)


async def test_a_time_limit_that_ends_after_the_session(server: FaultServer) -> None:
    extension = Extension(server, {"status": "working"})
    extension.server.on["tasks/get"] = hang
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("slow", timeout_s=0.4))
        await until(lambda: "tasks/get" in server.methods())
    answer = await asyncio.wait_for(call, 2)
    assert not answer.ok
    check_river(session.river)


async def test_r52_a_notification_wakes_the_poll(server: FaultServer) -> None:
    extension = Extension(server, {"status": "working", "pollIntervalMs": 3_600_000}, COMPLETED)
    extension.server.on["tools/call"] = always({"resultType": "task", **TASK, "pollIntervalMs": 50})

    async def listed(connection: Connection, request: Request, message: Json) -> None:
        await connection.stream()
        params = {"taskId": "t1", "status": "completed"}
        await connection.event({"jsonrpc": "2.0", "method": "notifications/tasks", "params": params})
        await connection.event(result_of(message, {"resultType": "complete", "prompts": []}))
        await connection.end()

    extension.server.on["prompts/list"] = listed
    async with inspector.connect(server.url()) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await until(lambda: "tasks/get" in server.methods())
        await asyncio.sleep(0.1)
        await session.list_prompts()
        assert (await asyncio.wait_for(call, 3)).ok
    check_river(session.river)


async def test_r52_input_that_the_task_does_not_take(server: FaultServer) -> None:
    extension = Extension(server, TASK_ASKS)

    async def update(connection: Connection, request: Request, message: Json) -> Json:
        return error_of(message, -32602)

    extension.server.on["tasks/update"] = update

    async with inspector.connect(server.url(), elicitation=accept) as session:
        answer = await session.call_tool("slow")
        assert not answer.ok and "-32602" in answer.sentence
    check_river(session.river)


async def test_r52_a_user_who_refuses_after_the_session_ended(server: FaultServer) -> None:
    asked = asyncio.Event()

    async def refuse(params: dict[str, Any]) -> dict[str, Any]:
        asked.set()
        await asyncio.sleep(0.2)
        raise Refused("Too late.")

    Extension(server, TASK_ASKS)
    async with inspector.connect(server.url(), elicitation=refuse) as session:
        call = asyncio.get_running_loop().create_task(session.call_tool("slow"))
        await asked.wait()
    assert not (await asyncio.wait_for(call, 2)).ok
    check_river(session.river)
