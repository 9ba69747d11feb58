"""Against the reference server of the protocol's authors, in TypeScript, over both transports it has."""

from __future__ import annotations

import asyncio
import base64
import gzip
import http.client
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import inspector
from inspector.protocol.peer import Progress
from inspector.session.session import Session
from inspector.trace.events import AttemptMade, ConnectionState, Direction, HeadersReceived, Outcome, RequestSent
from inspector.trace.river import River
from tests.end2end.conftest import Program, start_everything
from tests.end2end.river_check import check_river, ends, failures, messages, states, until, violations
from tests.end2end.servers.everything import PATHS
from tests.end2end.servers.relay import Relay

Server = Callable[[str], Program]
MODES = [("sse", "http+sse", "2024-11-05"), ("streamableHttp", "streamable-http", "2025-11-25")]
BOTH = pytest.mark.parametrize("mode", [mode for mode, _, _ in MODES])

# The tool does not look at its abort signal: it goes on telling how far it is after notifications/cancelled.
GOES_ON_WHEN_CANCELLED = "progress-after-response"

# Its event store replays what came on all streams of the session, not only on the one that is resumed.
REPLAYS_FOREIGN_STREAMS = {
    "duplicate-response",
    "progress-after-response",
    "progress-not-monotonic",
    "response-on-wrong-stream",
}


class Answering:
    """Answers what the server asks, and keeps the questions."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.roots: list[dict[str, str]] = [{"uri": "file:///first", "name": "First"}]
        self.times_roots = 0

    async def elicit(self, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(params)
        if params.get("mode") == "url":
            return {"action": "accept"}
        asks_to_clarify = "interpretation" in params["requestedSchema"]["properties"]
        return {"action": "accept", "content": {"interpretation": "snake"} if asks_to_clarify else {"name": "Ada"}}

    async def sample(self, params: dict[str, Any]) -> dict[str, Any]:
        self.asked.append(params)
        return {"role": "assistant", "model": "none", "content": {"type": "text", "text": "forty-two"}}

    async def list_roots(self, params: dict[str, Any]) -> dict[str, Any]:
        self.times_roots += 1
        return {"roots": self.roots}

    def callbacks(self) -> dict[str, Any]:
        return {"elicitation": self.elicit, "sampling": self.sample, "roots": self.list_roots}


def heard_by(session: Session) -> list[tuple[str, Any]]:
    """A list that fills with the notifications of the session."""
    heard: list[tuple[str, Any]] = []
    session.on_notification(lambda method, params: heard.append((method, params)))
    return heard


def lost_calls(river: River) -> list[tuple[str | None, Outcome]]:
    """The calls of tools that got no answer; the attempts of the detection are requests too."""
    return [(failed.name, failed.outcome) for failed in failures(river) if failed.method == "tools/call"]


def texts(answer: inspector.Answer) -> str:
    assert answer.result is not None, answer.sentence
    return "\n".join(item["text"] for item in answer.result["content"] if item["type"] == "text")


@pytest.mark.parametrize(("mode", "transport", "revision"), MODES)
async def test_it_is_found_by_itself(reference_server: Server, mode: str, transport: str, revision: str) -> None:
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        assert session.transport.value == transport
        assert session.negotiated is not None and session.negotiated.protocol_version == revision
        assert session.negotiated.server_name == "mcp-servers/everything"
        assert session.negotiated.instructions and "tools" in session.negotiated.capabilities
        assert (await session.ping()).result == {}
    check_river(session.river)
    assert violations(session.river) == []
    made = [event for event in session.river.since(0) if isinstance(event, AttemptMade)]
    assert [event.succeeded for event in made] == [False] * (len(made) - 1) + [True]
    assert made[-1].transport == transport


@BOTH
async def test_its_tools(reference_server: Server, mode: str) -> None:
    steps: list[Progress] = []
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        pages = [page async for page in session.list_pages("tools/list", "tools")]
        assert len(pages) == 1 and {"echo", "get-sum"} < {tool["name"] for tool in pages[0].result["tools"]}
        assert texts(await session.call_tool("echo", {"message": "héllo ✓"})) == "Echo: héllo ✓"
        assert texts(await session.call_tool("get-sum", {"a": 2, "b": 3})) == "The sum of 2 and 3 is 5."
        wrong = await session.call_tool("echo", {})
        assert not wrong.ok and wrong.result["isError"] is True and "isError" in wrong.sentence
        long = await session.call_tool(
            "trigger-long-running-operation", {"duration": 0.2, "steps": 4}, on_progress=steps.append
        )
        assert long.ok and [(step.progress, step.total) for step in steps] == [(number, 4) for number in (1, 2, 3, 4)]
        picture = (await session.call_tool("get-tiny-image")).result["content"][1]
        assert picture["mimeType"] == "image/png" and base64.b64decode(picture["data"]).startswith(b"\x89PNG")
        annotated = await session.call_tool("get-annotated-message", {"messageType": "error", "includeImage": True})
        assert annotated.result["content"][0]["annotations"] == {"audience": ["user", "assistant"], "priority": 1}
        weather = await session.call_tool("get-structured-content", {"location": "Chicago"})
        assert weather.result["structuredContent"]["humidity"] == 82
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_links_and_resources_of_its_tools(reference_server: Server, mode: str) -> None:
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        heard = heard_by(session)
        linked = (await session.call_tool("get-resource-links", {"count": 2})).result["content"][1:]
        assert [item["type"] for item in linked] == ["resource_link"] * 2
        for link in linked:
            contents = (await session.read_resource(link["uri"])).result["contents"]
            assert contents[0]["uri"] == link["uri"] and {"text", "blob"} & set(contents[0])
        reference = await session.call_tool("get-resource-reference", {"resourceType": "Blob", "resourceId": 3})
        embedded = reference.result["content"][1]
        assert embedded["type"] == "resource" and b"Resource 3" in base64.b64decode(embedded["resource"]["blob"])
        data = {"name": "hello.gz", "data": "data:text/plain,hello"}
        link = (await session.call_tool("gzip-file-as-resource", data)).result["content"][0]
        await until(lambda: ("notifications/resources/list_changed", None) in heard)
        zipped = (await session.read_resource(link["uri"])).result["contents"][0]["blob"]
        assert gzip.decompress(base64.b64decode(zipped)) == b"hello"
        assert link["uri"] in {item["uri"] for item in (await session.list_resources()).result["resources"]}
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_its_resources(reference_server: Server, mode: str) -> None:
    uri = "demo://resource/dynamic/text/1"
    updated = ("notifications/resources/updated", {"uri": uri})
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        heard = heard_by(session)
        listed = (await session.list_resources()).result["resources"]
        document = await session.read_resource(listed[0]["uri"])
        assert document.result["contents"][0]["mimeType"] == "text/markdown"
        templates = (await session.list_resource_templates()).result["resourceTemplates"]
        assert "demo://resource/dynamic/text/{resourceId}" in {item["uriTemplate"] for item in templates}
        unknown = await session.read_resource("demo://resource/dynamic/text/none")
        assert unknown.error["code"] == -32603 and "Unknown resource" in unknown.sentence
        assert (await session.subscribe(uri)).ok
        assert (await session.call_tool("toggle-subscriber-updates")).ok
        await until(lambda: updated in heard)
        assert (await session.call_tool("toggle-subscriber-updates")).ok
        assert (await session.unsubscribe(uri)).ok
        heard.clear()
        assert (await session.call_tool("toggle-subscriber-updates")).ok
        await asyncio.sleep(0.2)
        assert updated not in heard
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_its_prompts_and_completions(reference_server: Server, mode: str) -> None:
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        prompts = {prompt["name"]: prompt for prompt in (await session.list_prompts()).result["prompts"]}
        assert [argument["name"] for argument in prompts["args-prompt"]["arguments"]] == ["city", "state"]
        prompt = await session.get_prompt("args-prompt", {"city": "Oslo"})
        assert prompt.result["messages"][0]["content"]["text"] == "What's weather in Oslo?"
        prompt = await session.get_prompt("resource-prompt", {"resourceType": "Text", "resourceId": "1"})
        assert prompt.result["messages"][1]["content"]["resource"]["uri"] == "demo://resource/dynamic/text/1"
        missing = await session.get_prompt("args-prompt", {})
        assert missing.error["code"] == -32602
        ref = {"type": "ref/prompt", "name": "completable-prompt"}
        departments = (await session.complete(ref, "department", "S")).result["completion"]
        assert departments["values"] == ["Sales", "Support"] and departments["hasMore"] is False
        names = (await session.complete(ref, "name", "", {"department": "Sales"})).result["completion"]["values"]
        # 2024-11-05 knows no context, so the server cannot know the department there.
        assert names == ([] if mode == "sse" else ["David", "Eve", "Frank"])
        ref = {"type": "ref/resource", "uri": "demo://resource/dynamic/text/{resourceId}"}
        assert (await session.complete(ref, "resourceId", "4")).result["completion"]["values"] == ["4"]
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_the_log_level_is_kept(reference_server: Server, mode: str) -> None:
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        heard = heard_by(session)
        assert (await session.set_log_level("error")).ok
        assert (await session.subscribe("demo://resource/dynamic/text/1")).ok  # it logs that with level info
        await asyncio.sleep(0.2)
        assert "notifications/message" not in [method for method, _ in heard]
        assert (await session.set_log_level("debug")).ok
        assert (await session.subscribe("demo://resource/dynamic/text/2")).ok
        await until(lambda: "notifications/message" in [method for method, _ in heard])
        assert next(params for method, params in heard if method == "notifications/message")["level"] == "info"
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_what_it_asks_of_us(reference_server: Server, mode: str) -> None:
    answering = Answering()
    async with inspector.connect(reference_server(mode).url(PATHS[mode]), **answering.callbacks()) as session:
        heard = heard_by(session)
        sampled = await session.call_tool("trigger-sampling-request", {"prompt": "Why?", "maxTokens": 5})
        assert "forty-two" in texts(sampled)
        assert answering.asked[-1]["maxTokens"] == 5 and answering.asked[-1]["systemPrompt"]
        await until(lambda: answering.times_roots == 1)  # it asks by itself, a third of a second after initialized
        await until(lambda: any("1 root(s)" in str(params) for _, params in heard))
        answering.roots.append({"uri": "file:///second"})
        await session.notify_roots_changed()
        await until(lambda: any("2 root(s)" in str(params) for _, params in heard))
        listed = texts(await session.call_tool("get-roots-list"))
        assert "file:///first" in listed and "file:///second" in listed
        questions = [m for m in messages(session.river.since(0), Direction.INBOUND) if m.method == "roots/list"]
        assert len(questions) == answering.times_roots
    check_river(session.river)
    assert violations(session.river) == []


async def test_elicitation_by_form_by_link_and_before_the_call(reference_server: Server) -> None:
    """All three ways of 2025-11-25: a form, a link, and the error that wants a link opened first (R33)."""
    answering = Answering()
    url = {"url": "https://example.com/consent", "elicitationId": "e1"}
    async with inspector.connect(reference_server("streamableHttp").url("/mcp"), **answering.callbacks()) as session:
        assert "- Name: Ada" in texts(await session.call_tool("trigger-elicitation-request"))
        assert len(answering.asked[-1]["requestedSchema"]["properties"]) == 13
        assert "Elicitation ID: e1" in texts(await session.call_tool("trigger-url-elicitation", url))
        assert answering.asked[-1]["mode"] == "url" and answering.asked[-1]["url"] == url["url"]
        again = await session.call_tool("trigger-url-elicitation", {**url, "errorPath": True})
        assert again.ok, again.sentence
        assert [question.get("url") for question in answering.asked[-2:]] == [
            "https://modelcontextprotocol.io",
            url["url"],
        ]
    check_river(session.river)
    assert violations(session.river) == []


async def test_a_call_that_becomes_a_task_and_asks_on_the_way(reference_server: Server) -> None:
    """Tasks of 2025-11-25 (R32); its stages take a second each."""
    answering, seen = Answering(), list[str]()
    async with inspector.connect(reference_server("streamableHttp").url("/mcp"), **answering.callbacks()) as session:
        session.on_task(lambda tool, state: seen.append(state.status))
        arguments = {"topic": "python", "ambiguous": True}
        answer = await session.call_tool("simulate-research-query", arguments, as_task=True)
        assert answer.ok and "python (snake)" in texts(answer)
        assert seen[0] == "working" and "input_required" in seen
        plain = await session.call_tool("simulate-research-query", arguments)
        assert not plain.ok and "requires task augmentation" in texts(plain)
    check_river(session.river)
    assert violations(session.river) == []


@BOTH
async def test_a_cancelled_call(reference_server: Server, mode: str) -> None:
    async with inspector.connect(reference_server(mode).url(PATHS[mode])) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.15):
                await session.call_tool("trigger-long-running-operation", {"duration": 0.6, "steps": 2})
        await until(lambda: GOES_ON_WHEN_CANCELLED in violations(session.river))
        await asyncio.sleep(0.4)
        assert (await session.ping()).ok
    check_river(session.river)
    assert lost_calls(session.river) == [("trigger-long-running-operation", Outcome.CANCELLED)]
    told = [m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.method == "notifications/cancelled"]
    assert len(told) == 1
    assert set(violations(session.river)) == {GOES_ON_WHEN_CANCELLED}, "and no late answer comes"


def status_of(method: str, port: int, session_id: str) -> int:
    """What the server says to somebody who has the session's id too."""
    headers = {
        "Mcp-Session-Id": session_id,
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    body = b'{"jsonrpc":"2.0","id":1,"method":"ping"}' if method == "POST" else None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, "/mcp", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def session_id_of(river: River) -> str:
    """The newest id that the server gave."""
    heads = [event for event in river.since(0) if isinstance(event, HeadersReceived)]
    ids = [value for head in heads for name, value in head.headers if name.lower() == "mcp-session-id"]
    return ids[-1]


async def test_leaving_ends_the_session(reference_server: Server) -> None:
    server = reference_server("streamableHttp")
    async with inspector.connect(server.url("/mcp")) as session:
        session_id = session_id_of(session.river)
        assert await asyncio.to_thread(status_of, "POST", server.port, session_id) == 200
    check_river(session.river)
    assert [end.status for end in ends(session.river, "close")] == [200]
    assert await asyncio.to_thread(status_of, "POST", server.port, session_id) == 400  # its way to say 404


async def test_a_session_that_somebody_else_ended_is_begun_anew(reference_server: Server) -> None:
    """The server answers 400 where 404 is due (R28), to requests and to the stream of notifications."""
    server = reference_server("streamableHttp")
    async with inspector.connect(server.url("/mcp")) as session:
        await until(lambda: any(e.purpose == "stream" for e in session.river.since(0) if isinstance(e, RequestSent)))
        first = session_id_of(session.river)
        assert await asyncio.to_thread(status_of, "DELETE", server.port, first) == 200
        assert texts(await session.call_tool("echo", {"message": "again"})) == "Echo: again"
        assert session_id_of(session.river) != first
        await until(lambda: len(ends(session.river, "stream")) >= 1)
        assert session.state is ConnectionState.OPEN
    check_river(session.river)
    assert violations(session.river) == []


async def test_calls_go_on_where_their_connections_broke(reference_server: Server) -> None:
    """Each stream is resumed with a cursor of its own (R27), though the server then tells too much.

    Both are done before that: of what comes later its store would tell nothing on the resumed stream.
    """
    steps: dict[int, list[float]] = {0: [], 1: []}

    async def work(session: Session, number: int, seconds: float) -> inspector.Answer:
        arguments = {"duration": seconds, "steps": 2}
        listener = steps[number].append
        return await session.call_tool(
            "trigger-long-running-operation", arguments, on_progress=lambda step: listener(step.progress)
        )

    async with (
        Relay(reference_server("streamableHttp").port) as relay,
        inspector.connect(relay.url("/mcp")) as session,
        asyncio.TaskGroup() as group,
    ):
        calls = [group.create_task(work(session, 0, 0.4)), group.create_task(work(session, 1, 0.6))]
        await until(lambda: all(steps.values()))
        await relay.cut()
        assert all(answer.ok for answer in await asyncio.gather(*calls))
        assert session.state is ConnectionState.OPEN
    check_river(session.river)
    resumed = [e for e in session.river.since(0) if isinstance(e, RequestSent) and e.purpose == "resume"]
    assert len({dict(request.headers)["Last-Event-ID"] for request in resumed}) == len(resumed) == 2
    assert set(violations(session.river)) <= REPLAYS_FOREIGN_STREAMS
    assert lost_calls(session.river) == []


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A process of its own, to be killed by the test."""
    program = start_everything(request.param)
    yield program
    program.kill()


@pytest.mark.parametrize(("own_server", "path"), PATHS.items(), indirect=["own_server"], ids=list(PATHS))
async def test_killed_at_work_and_started_again(own_server: Program, path: str) -> None:
    async with inspector.connect(own_server.url(path)) as session, asyncio.TaskGroup() as group:
        call = group.create_task(session.call_tool("trigger-long-running-operation", {"duration": 60, "steps": 60}))
        await until(lambda: any(m.name for m in messages(session.river.since(0), Direction.OUTBOUND)))
        await asyncio.sleep(0.2)
        own_server.kill()
        assert await until(lambda: session.state is ConnectionState.RECONNECTING) < 1.0
        assert (await call).outcome is Outcome.LOST
        own_server.start()
        await until(lambda: session.state is ConnectionState.OPEN, 30)
        assert (await session.call_tool("echo", {"message": "again"})).ok
        assert session.negotiated is not None
    check_river(session.river)
    assert lost_calls(session.river) == [("trigger-long-running-operation", Outcome.LOST)]
    handshakes = [m for m in messages(session.river.since(0), Direction.OUTBOUND) if m.method == "initialize"]
    assert len(handshakes) >= 2
    assert any("Connected to" in state.reason for state in states(session.river)[-3:])
    assert violations(session.river) == []
