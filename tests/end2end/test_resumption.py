"""What servers make of Last-Event-ID, told by the river alone: the honest one, and five that are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import inspector
from inspector.stats import resuming
from inspector.stats.resumption import ResumeOutcome, Resumption, Resumptions
from inspector.trace.events import ConnectionState
from inspector.trace.river import River
from tests.end2end.conftest import Program, streamable
from tests.end2end.river_check import check_river, until
from tests.end2end.servers.faults import (
    Connection,
    FaultServer,
    HttpSseMcp,
    Json,
    Request,
    StreamableMcp,
    block,
    text_of,
)
from tests.end2end.servers.relay import Relay

BEFORE = (1, 2, 3, 4, 5)
MISSED = (6, 7, 8)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a quarter of a second late is no replay any more; a busy machine holds up a server for longer."""
    monkeypatch.setattr(resuming, "REPLAY_GAP_NS", 10 * 10**9)


def resumptions(river: River) -> list[Resumption]:
    fold = Resumptions()
    fold.fold(river.since(0))
    return list(fold.resumptions)


def figures(it: Resumption) -> tuple[Any, ...]:
    return it.outcome, it.replayed, it.lost, it.duplicated, it.reordered


class Replaying:
    """A stream of numbered events that breaks after the fifth; `after` is what comes on the one that resumes it."""

    def __init__(self, after: Sequence[int], head: str = "", status: int = 200) -> None:
        self.after = after
        self.head = head
        self.status = status
        self.cursors: list[str] = []
        self.is_told = asyncio.Event()

    async def __call__(self, connection: Connection, request: Request) -> None:
        cursor = request.headers.get("last-event-id")
        if cursor is not None and self.status != 200:
            self.is_told.set()
            await connection.answer(self.status)
            return
        await connection.stream()
        await connection.chunk(b"retry: 20\n\n")
        for number in BEFORE if cursor is None else self.after:
            params = {"level": "info", "data": number}
            message = {"jsonrpc": "2.0", "method": "notifications/message", "params": params}
            await connection.event(message, f"{self.head}{number}")
        if cursor is None:
            await connection.cut()
        self.cursors.append(cursor or "")
        self.is_told.set()
        await connection.hang()


RESUMED, IGNORED, REFUSED = ResumeOutcome.RESUMED, ResumeOutcome.IGNORED, ResumeOutcome.REFUSED


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(MISSED, (RESUMED, 3, 0, 0, 0), id="honest"),
        pytest.param((6, 6, 7, 7, 8, 8), (RESUMED, 6, 0, 3, 0), id="replays twice"),
        pytest.param((5, 6, 7, 8), (RESUMED, 4, 0, 1, 0), id="begins at the named event"),
        pytest.param((6, 8), (RESUMED, 2, 1, 0, 0), id="skips one"),
        pytest.param((*BEFORE, *MISSED), (IGNORED, 8, 0, 5, 0), id="ignores the id"),
        pytest.param((8, 7, 6), (RESUMED, 3, 0, 0, 2), id="replays in another order"),
    ],
)
async def test_the_notification_stream(
    server: FaultServer, mcp: StreamableMcp, after: tuple[int, ...], expected: tuple[Any, ...]
) -> None:
    listening = mcp.listen = Replaying(after, head="n-")
    async with streamable(server.url()) as session:
        await asyncio.wait_for(listening.is_told.wait(), 10)
        await until(lambda: sum(it.replayed or 0 for it in resumptions(session.river)) == len(after))
    check_river(session.river)
    (found,) = resumptions(session.river)
    assert figures(found) == expected
    assert found.last_event_id == "n-5" and found.words.endswith(".")


@pytest.mark.parametrize("after", [MISSED, (7, 8), (*BEFORE, *MISSED)])
async def test_a_raw_stream(server: FaultServer, after: tuple[int, ...]) -> None:
    server.routes["/events"] = listening = Replaying(after)
    async with inspector.connect(server.url("/events"), transport="raw-sse") as session:
        await asyncio.wait_for(listening.is_told.wait(), 10)
        await until(lambda: sum(it.replayed or 0 for it in resumptions(session.river)) == len(after))
    (found,) = resumptions(session.river)
    lost, duplicated = len(set(MISSED) - set(after)), len(set(BEFORE) & set(after))
    assert (found.lost, found.duplicated, found.outcome is IGNORED) == (lost, duplicated, bool(duplicated))


async def test_a_resume_that_is_refused(server: FaultServer) -> None:
    server.routes["/events"] = listening = Replaying((), status=410)
    async with inspector.connect(server.url("/events"), transport="raw-sse") as session:
        await asyncio.wait_for(listening.is_told.wait(), 10)
        await session.closed()
    (found,) = resumptions(session.river)
    assert (found.outcome, found.status, found.lost) == (REFUSED, 410, None)


async def test_http_sse_begins_anew(server: FaultServer) -> None:
    """That transport resumes nothing (A2.5): a new stream, a new endpoint, a new session."""
    speaking = HttpSseMcp(retry_ms=30)
    server.routes |= {"/sse": speaking.stream, "/messages": speaking.post}
    async with inspector.connect(server.url("/sse"), transport="http+sse") as session:
        await speaking.streams["s1"].cut()
        await until(lambda: speaking.begun == 2 and session.state is ConnectionState.OPEN)
    (found,) = resumptions(session.river)
    assert (found.outcome, found.last_event_id, found.lost) == (ResumeOutcome.NEW, None, None)


class Working:
    """A call whose stream breaks after three steps of progress under ids that do not count."""

    def __init__(self, after: Sequence[int]) -> None:
        self.after = after
        self._message: Json = {}

    async def call(self, connection: Connection, request: Request, message: Json) -> None:
        self._message = message
        await connection.stream()
        await connection.chunk(block(b"", "start", 20))
        await self._tell(connection, (1, 2, 3))
        await connection.cut()

    async def listen(self, connection: Connection, request: Request) -> None:
        if "last-event-id" not in request.headers:
            await connection.answer(405)
            return
        await connection.stream()
        await self._tell(connection, self.after)
        await connection.event(text_of(self._message), "end")
        await connection.end()

    async def _tell(self, connection: Connection, steps: Sequence[int]) -> None:
        token = self._message["params"]["_meta"]["progressToken"]
        for step in steps:
            params = {"progressToken": token, "progress": step, "total": 6}
            message = {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
            await connection.event(message, "step-" + "abcdef"[step - 1])


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param((4, 5, 6), (RESUMED, 4, 0, 0, 0), id="honest"),
        pytest.param((4, 6), (RESUMED, 3, 1, 0, 0), id="skips one"),
        pytest.param((3, 4, 5, 6), (RESUMED, 5, 0, 1, 0), id="begins at the named event"),
        pytest.param((6, 5, 4), (RESUMED, 4, 0, 0, 2), id="replays in another order"),
    ],
)
async def test_the_stream_of_a_call(
    server: FaultServer, mcp: StreamableMcp, after: tuple[int, ...], expected: tuple[Any, ...]
) -> None:
    work = Working(after)
    mcp.on["tools/call"], mcp.listen = work.call, work.listen
    async with streamable(server.url()) as session:
        assert (await session.call_tool("x")).ok
    check_river(session.river)
    (found,) = resumptions(session.river)
    assert figures(found) == expected


async def test_the_sdk_with_an_event_store(run: Callable[..., Program]) -> None:
    """Two breaks in one call: nothing is lost, nothing comes twice, and progress proves it; the ids count for all."""
    program = run("legacy_server.py", "250")
    heard: list[int] = []
    async with (
        Relay(program.port) as relay,
        inspector.connect(relay.url("/mcp"), listen=False) as session,
        asyncio.TaskGroup() as group,
    ):
        work = session.call_tool(
            "work",
            {"name": "figures", "steps": 12, "pause_s": 0.1},
            on_progress=lambda progress: heard.append(int(progress.progress)),
        )
        call = group.create_task(work)
        for steps in (4, 8):
            await until(lambda count=steps: len(heard) >= count)  # type: ignore[misc]
            await relay.cut()
        assert (await call).ok
    assert heard == list(range(1, 13))
    found = [(it.outcome, it.lost, it.duplicated, it.reordered) for it in resumptions(session.river)]
    assert found == [(RESUMED, 0, 0, 0)] * 2
