"""The official Python SDK with an event store, in the years of the handshake: resuming, polling, sessions, pages."""

from __future__ import annotations

import asyncio
import http.client
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import inspector
from inspector.session.loop_lag import RULE as LOOP_LAG
from inspector.session.options import Refused
from inspector.session.session import Session
from inspector.trace.events import (
    AttemptMade,
    ConnectionState,
    Direction,
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    RequestSent,
    Severity,
    SseEvent,
    Violation,
)
from inspector.trace.river import River
from tests.end2end.conftest import SERVERS, Program, free_port, streamable
from tests.end2end.river_check import check_river, ends, failures, messages, states, until, violations
from tests.end2end.servers.legacy_server import LINK, NAMES, PAGES
from tests.end2end.servers.relay import Relay
from tests.support.faults import LOUD, diagnosed, flat

RETRY_MS = 250

# The SDK confirms a cancellation with an error, and a step of progress may pass our word on its way.
CROSSES_OUR_WORD = {("late-response", Severity.NOTE), ("progress-after-response", Severity.NOTE)}


@pytest.fixture(scope="module")
def legacy() -> Iterator[Program]:
    """The server, once for all tests of this file."""
    program = Program([sys.executable, str(SERVERS / "legacy_server.py"), str(RETRY_MS)], free_port())
    program.start()
    yield program
    program.kill()


def text_of(answer: inspector.Answer) -> str:
    assert answer.ok, answer.sentence
    text: str = answer.result["content"][0]["text"]
    return text


def breaches(river: River) -> list[tuple[str, Severity]]:
    found = [event for event in river.since(0) if isinstance(event, Violation) and event.rule != LOOP_LAG]
    return [(event.rule, event.severity) for event in found]


def blamed(river: River) -> list[str]:
    """What diagnosis says above a note; the short `retry:` of this server is on purpose."""
    found = flat(diagnosed(river.since(0)))
    return [each.rule for each in found if each.severity in LOUD and each.rule != "retry-hint-odd"]


def requests(river: River, purpose: str) -> list[RequestSent]:
    return [event for event in river.since(0) if isinstance(event, RequestSent) and event.purpose == purpose]


def cursors(river: River, purpose: str = "resume") -> list[str | None]:
    return [dict(request.headers).get("Last-Event-ID") for request in requests(river, purpose)]


def session_ids(river: River) -> list[str]:
    heads = [event for event in river.since(0) if isinstance(event, HeadersReceived)]
    found = [value for head in heads for name, value in head.headers if name.lower() == "mcp-session-id"]
    return list(dict.fromkeys(found))


async def somebody_else(program: Program, method: str, session_id: str) -> int:
    """The status that a request gets which does not come from our session."""

    def ask() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
        body = b'{"jsonrpc":"2.0","id":"other","method":"ping"}' if method == "POST" else None
        accept = "application/json, text/event-stream"
        headers = {"Mcp-Session-Id": session_id, "Accept": accept, "Content-Type": "application/json"}
        try:
            connection.request(method, "/mcp", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


async def test_it_is_found_although_it_refuses_the_first_question(legacy: Program) -> None:
    async with inspector.connect(legacy.url("/mcp")) as session:
        assert session.transport.value == "streamable-http" and not session.is_stateless
        assert session.negotiated is not None and session.negotiated.protocol_version == "2025-11-25"
    check_river(session.river)
    made = [event for event in session.river.since(0) if isinstance(event, AttemptMade)]
    assert [(event.transport, event.succeeded) for event in made] == [("stateless", False), ("streamable-http", True)]
    assert violations(session.river) == []


async def test_many_pages_empty_ones_and_a_circle(legacy: Program) -> None:
    async with streamable(legacy.url("/mcp")) as session:
        pages = [page async for page in session.list_pages("tools/list", "tools")]
        assert len(pages) == PAGES and len({page.request_n for page in pages}) == PAGES
        assert [tool["name"] for tool in (await session.list_tools()).result["tools"]] == NAMES
        prompts = await session.list_prompts()
        assert prompts.result == {"prompts": [{"name": "only"}]}, "an empty page is not the last one"
        assert violations(session.river) == []
        resources = (await session.list_resources()).result["resources"]
        assert [resource["name"] for resource in resources] == ["first", "second", "third"]
    check_river(session.river)
    assert violations(session.river) == ["pagination-loop"]


async def test_a_server_that_hangs_up_is_polled(legacy: Program) -> None:
    """Each stream begins with a priming event, and each graceful end means: ask again after `retry` (R26, R27)."""
    steps: list[float] = []
    async with streamable(legacy.url("/mcp"), listen=False) as session:
        answer = await session.call_tool(
            "poll", {"times": 3, "pause_s": 0.35}, on_progress=lambda step: steps.append(step.progress)
        )
        assert text_of(answer) == "polled" and steps == [1, 2, 3]
    check_river(session.river)
    assert violations(session.river) == []
    pauses = [state for state in states(session.river) if state.delay_ms is not None]
    assert len(pauses) >= 3
    assert {(pause.state, pause.delay_ms, pause.asked_ms) for pause in pauses} == {("open", RETRY_MS, RETRY_MS)}
    asked = cursors(session.river)
    assert asked == [pause.last_event_id for pause in pauses] and len(set(asked)) == len(asked)
    call = next(m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.name == "poll")
    priming = [event for event in session.river.since(0) if isinstance(event, FrameReceived)]
    assert all(frame.raw.startswith(b"id: ") for frame in priming)
    assert call.stream in {frame.stream for frame in priming}


async def at_work(session: Session, names: list[str], heard: dict[str, list[float]]) -> list[inspector.Answer]:
    """Several calls at once, each of four steps, with what was told of their progress."""

    async def work(name: str) -> inspector.Answer:
        told = heard[name] = []
        arguments = {"name": name, "steps": 4, "pause_s": 0.3}
        return await session.call_tool("work", arguments, on_progress=lambda step: told.append(step.progress))

    return list(await asyncio.gather(*(work(name) for name in names)))


async def test_every_stream_is_resumed_from_where_it_broke(legacy: Program) -> None:
    """One cursor for each stream, nothing twice and nothing missing, and each answer on its own stream (R27)."""
    heard: dict[str, list[float]] = {}
    async with (
        Relay(legacy.port) as relay,
        streamable(relay.url("/mcp")) as session,
        asyncio.TaskGroup() as group,
    ):
        calls = group.create_task(at_work(session, ["a", "b", "c"], heard))
        await until(lambda: len(heard) == 3 and all(heard.values()))
        await relay.cut()
        assert [text_of(answer) for answer in await calls] == ["a is done", "b is done", "c is done"]
        assert session.state is ConnectionState.OPEN
    check_river(session.river)
    assert list(heard.values()) == [[1, 2, 3, 4]] * 3
    assert violations(session.river) == [] and failures(session.river) == []
    owners = {
        request.stream: cursor
        for request, cursor in zip(requests(session.river, "resume"), cursors(session.river), strict=True)
    }
    answers = [
        message
        for message in messages(session.river.since(0), Direction.INBOUND)
        if message.message_type is MessageType.RESPONSE and message.name == "work"
    ]
    assert len(answers) == len(owners) == 3
    for answer in answers:  # the ids of this server's events begin with the id of the request
        assert (owners[answer.stream] or "").split("/")[0] == str(answer.id)


@pytest.mark.parametrize(("how", "events", "mid_event"), [("fin", 1, False), ("rst", 2, True), ("rst", 3, False)])
async def test_what_the_laboratory_cuts_is_resumed_with_nothing_lost(
    legacy: Program, how: str, events: int, mid_event: bool
) -> None:
    heard: list[float] = []
    async with streamable(legacy.url("/mcp")) as session:
        await until(lambda: bool(heads_of(session.river, "stream")))
        session.laboratory.drop_after("call", events=events, how=how, mid_event=mid_event)
        arguments = {"name": f"cut by {how}", "steps": 4, "pause_s": 0.1}
        answer = await session.call_tool("work", arguments, on_progress=lambda step: heard.append(step.progress))
        assert text_of(answer) == f"cut by {how} is done" and heard == [1, 2, 3, 4]
    check_river(session.river)
    (cut,) = ends(session.river, "tools/call")
    assert cut.cause is EndCause.DROPPED_BY_US and bool(cut.pending) is mid_event
    assert len(cursors(session.river)) == 1
    assert violations(session.river) == [] and failures(session.river) == []
    assert blamed(session.river) == []


async def test_a_listening_stream_that_the_laboratory_cuts_misses_nothing(legacy: Program) -> None:
    heard: list[str] = []
    news = ["notifications/tools/list_changed", "notifications/resources/updated"]
    async with streamable(legacy.url("/mcp")) as session:
        session.on_notification(lambda method, params: heard.append(method))
        await until(lambda: bool(heads_of(session.river, "stream")))
        assert text_of(await session.call_tool("announce")) == "announced"
        await until(lambda: heard == news)
        session.laboratory.drop(how="rst")
        await until(lambda: bool(cursors(session.river)))
        assert text_of(await session.call_tool("announce")) == "announced"
        await until(lambda: heard == news * 2)
    check_river(session.river)
    assert violations(session.river) == []
    assert blamed(session.river) == []


async def test_what_an_older_id_brings_again_is_held_against_nobody(legacy: Program) -> None:
    async with streamable(legacy.url("/mcp"), listen=False) as session:
        assert text_of(await session.call_tool("work", {"name": "again", "steps": 3, "pause_s": 0.01}))
        ided = [event for event in session.river.since(0) if isinstance(event, SseEvent) and event.event_id]
        came = [event for event in ided if event.stream == ided[-1].stream]
        session.laboratory.resume_from(came[0].event_id or "")
        count = len(came) - 1

        def replayed() -> list[Message]:
            events = session.river.since(came[-1].n + 1)
            return [event for event in events if isinstance(event, Message) and event.event_id]

        await until(lambda: len(replayed()) == count)
        assert [message.event_id for message in replayed()] == [event.event_id for event in came[1:]]
    check_river(session.river)
    assert violations(session.river) == []
    assert blamed(session.river) == []


async def test_a_call_without_any_event_id_is_lost_and_not_sent_again(legacy: Program) -> None:
    """Before 2025-11-25 the server sends no priming event, so what breaks early cannot be resumed (R27)."""
    async with (
        Relay(legacy.port) as relay,
        inspector.connect(relay.url("/mcp"), protocol_version="2025-06-18") as session,
        asyncio.TaskGroup() as group,
    ):
        call = group.create_task(session.call_tool("work", {"name": "early", "steps": 1, "pause_s": 0.4}))
        await until(lambda: any(e.status == 200 for e in heads_of(session.river, "tools/call")))
        await relay.cut()
        answer = await call
        assert answer.outcome is Outcome.LOST and answer.sentence
        await until(lambda: session.state is ConnectionState.OPEN)
        assert text_of(await session.call_tool("become", {"name": "nobody"})) == "unknown"
    check_river(session.river)
    assert [failed.name for failed in failures(session.river)] == ["work"]
    sent = [m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.name == "work"]
    assert len(sent) == 1
    versions = {dict(r.headers).get("MCP-Protocol-Version") for r in requests(session.river, "tools/call")}
    assert versions == {"2025-06-18"}


def heads_of(river: River, purpose: str) -> list[HeadersReceived]:
    streams = {request.stream for request in requests(river, purpose)}
    return [event for event in river.since(0) if isinstance(event, HeadersReceived) and event.stream in streams]


async def test_the_stream_of_notifications_misses_nothing(legacy: Program) -> None:
    """What is said while the server has hung up comes later, behind `Last-Event-ID`."""
    heard: list[tuple[str, Any]] = []
    news = [("notifications/tools/list_changed", None), ("notifications/resources/updated", {"uri": "memo://one"})]
    async with streamable(legacy.url("/mcp")) as session:
        session.on_notification(lambda method, params: heard.append((method, params)))
        await until(lambda: bool(heads_of(session.river, "stream")))
        assert text_of(await session.call_tool("announce")) == "announced"
        await until(lambda: heard == news)
        assert text_of(await session.call_tool("hang_up")) == "closed"
        await until(lambda: bool(ends(session.river, "stream")))
        assert text_of(await session.call_tool("announce")) == "announced", "it waits for the answer to its ping"
        await until(lambda: heard == news * 2)
    check_river(session.river)
    assert violations(session.river) == []
    pings = [m for m in messages(session.river.since(0), Direction.INBOUND) if m.method == "ping"]
    assert len(pings) == 2 and pings[0].stream != pings[1].stream
    assert [cursor is not None for cursor in cursors(session.river)] == [True]


async def test_the_tool_hears_that_it_was_cancelled(legacy: Program) -> None:
    async with streamable(legacy.url("/mcp")) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await session.call_tool("work", {"name": "given up", "steps": 100, "pause_s": 0.05})
        slow = await session.call_tool("work", {"name": "too slow", "steps": 1, "pause_s": 30}, timeout_s=0.2)
        assert slow.outcome is Outcome.TIMED_OUT
        for name in ("given up", "too slow"):
            assert text_of(await session.call_tool("become", {"name": name})) == "cancelled"
    check_river(session.river)
    told = [m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.method == "notifications/cancelled"]
    assert len(told) == 2
    assert [failed.outcome for failed in failures(session.river)] == [Outcome.CANCELLED, Outcome.TIMED_OUT]
    assert set(breaches(session.river)) <= CROSSES_OUR_WORD


async def test_a_session_that_is_gone_is_begun_anew(legacy: Program) -> None:
    async with streamable(legacy.url("/mcp")) as session:
        await until(lambda: bool(heads_of(session.river, "stream")))
        first = session_ids(session.river)[0]
        assert await somebody_else(legacy, "DELETE", first) == 200
        answers = await asyncio.gather(*(session.call_tool("become", {"name": "x"}) for _ in range(4)))
        assert [text_of(answer) for answer in answers] == ["unknown"] * 4
        await until(lambda: len(heads_of(session.river, "stream")) >= 2)
        second = session_ids(session.river)[1:]
        assert len(second) == 1, "one new session, whoever noticed first"
        assert await somebody_else(legacy, "POST", first) == 404
    check_river(session.river)
    assert violations(session.river) == []
    assert len(requests(session.river, "initialize")) == 2
    for request in requests(session.river, "initialize"):
        assert not {"Mcp-Session-Id", "MCP-Protocol-Version", "Last-Event-ID"} & set(dict(request.headers))


async def test_leaving_ends_the_session(legacy: Program) -> None:
    async with streamable(legacy.url("/mcp")) as session:
        (session_id,) = session_ids(session.river)
        assert await somebody_else(legacy, "POST", session_id) == 200
    check_river(session.river)
    assert [end.status for end in ends(session.river, "close")] == [200]
    assert await somebody_else(legacy, "POST", session_id) == 404


async def test_links_to_be_opened(legacy: Program) -> None:
    """By a question and by the error -32042, after which the call is made again (R33)."""
    asked: list[dict[str, Any]] = []
    heard: list[tuple[str, Any]] = []
    may_open = False

    async def open_link(params: dict[str, Any]) -> dict[str, Any]:
        asked.append(params)
        if not may_open:
            raise Refused("Not now.")
        return {"action": "accept"}

    async with streamable(legacy.url("/mcp"), elicitation=open_link) as session:
        session.on_notification(lambda method, params: heard.append((method, params)))
        refused = await session.call_tool("guarded", {"key": "k"})
        assert not refused.ok and refused.sentence
        may_open = True
        assert text_of(await session.call_tool("guarded", {"key": "l"})) == "come in"
        assert text_of(await session.call_tool("consent")) == "accept"
        assert ("notifications/elicitation/complete", {"elicitationId": LINK.elicitation_id}) in heard
    check_river(session.river)
    assert violations(session.river) == []
    assert [question["url"] for question in asked] == [LINK.url] * 3
    calls = [m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.name == "guarded"]
    assert len(calls) == 3, "a refusal is not followed by another try"
    assert len({call.id for call in calls}) == 3
