"""What a live session recorded, written to a file and imported again, is the same session."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import inspector
from inspector.record.formats import jsonl
from inspector.record.formats.har import write_har
from inspector.record.formats.retelling import Exchange, Retelling
from inspector.record.importing import read_events
from inspector.record.recording import open_recording
from inspector.record.timeline import Timeline
from inspector.servers.demo import DemoServer
from inspector.stats.latency import LatencyStats
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    StreamEnded,
    Violation,
)
from inspector.trace.river import River


async def river(transport: str = "auto") -> River:
    """A session with the demo server: a list, a call with progress, an error."""
    async with DemoServer() as demo:
        url = demo.sse_url if transport == "http+sse" else demo.url
        return await spoken_with(url, transport)


async def spoken_with(url: str, transport: str) -> River:
    async with inspector.connect(url, transport=transport) as session:
        await session.list_tools()
        await session.call_tool("countdown", {"from": 3})
        await session.request("no/such/method")
    return session.river


async def recorded() -> list[AnyEvent]:
    return (await river()).since(0)


def rows(timeline: Timeline) -> list[tuple[object, ...]]:
    return [
        (timeline.kind_word(row), timeline.label(row), timeline.name(row), timeline.root(row), timeline.streams[row])
        for row in range(len(timeline))
    ]


async def test_a_session_exported_as_json_lines_reads_back_identically(tmp_path: Path) -> None:
    events = await recorded()
    path = tmp_path / "session.jsonl"
    path.write_bytes(b"".join(map(jsonl.line, events)))
    imported = read_events(path)
    back = list(imported.events)
    assert imported.notes == []
    assert [jsonl.line(event) for event in back] == [jsonl.line(event) for event in events]
    before, after = Timeline(), Timeline()
    before.fold(events)
    after.fold(back)
    assert rows(after) == rows(before)
    assert list(after.monotonic_ns) == list(before.monotonic_ns)
    figures, again = LatencyStats(), LatencyStats()
    figures.fold(events)
    again.fold(back)
    assert again.rows() == figures.rows()
    assert figures.total().count >= 3


def exchanges(events: list[AnyEvent]) -> list[Exchange]:
    """The HTTP of a session alone, as a file of a browser or a proxy would tell of it."""
    found: dict[int | None, Exchange] = {}
    for event in events:
        at_us = round(event.at * 1e6)
        exchange = found.get(event.stream)
        if isinstance(event, RequestSent):
            found[event.stream] = Exchange(at_us, event.method, event.url, "", event.headers, event.body)
        elif isinstance(event, HeadersReceived) and exchange is not None:
            exchange.headers_us, exchange.status, exchange.headers = at_us, event.status, event.headers
            exchange.content_type = exchange.header("content-type") or ""
        elif isinstance(event, ChunkReceived) and exchange is not None:
            exchange.pieces.append((at_us, event.data))
        elif isinstance(event, StreamEnded) and exchange is not None:
            exchange.ended_us = at_us
    return list(found.values())


def decoded(events: list[AnyEvent]) -> dict[int | None, list[tuple[object, ...]]]:
    """What the bytes of each stream became, without the numbers of events and the times."""
    found: dict[int | None, list[tuple[object, ...]]] = {}
    for event in events:
        if isinstance(event, Message):
            facts: tuple[object, ...] = (event.direction, event.message_type, event.method, event.name, event.framing)
            facts += (event.id, event.event_id, event.progress_token, event.error_code, event.problems)
            facts += (event.is_tool_error, event.request_n is None, event.rtt_ms is None, event.offset, event.raw)
        elif isinstance(event, FrameReceived):
            facts = (event.event, event.event_id, event.note, event.dispatched, event.complete, event.raw)
        elif isinstance(event, CommentReceived):
            facts = (event.text, event.offset, event.raw)
        else:
            continue
        found.setdefault(event.stream, []).append((event.kind, *facts))
    return found


async def test_the_http_of_a_session_alone_is_decoded_as_the_session_did() -> None:
    events = await recorded()
    again = list(Retelling(exchanges(events), []).events())
    assert decoded(again) == decoded(events)
    assert sum(len(items) for items in decoded(events).values()) > 10
    assert [event.kind for event in again if event.kind == "violation"] == []
    figures, before = LatencyStats(), LatencyStats()
    figures.fold(again)
    before.fold(events)
    assert [(row.key, row.count, row.errors) for row in figures.rows()] == [
        (row.key, row.count, row.errors) for row in before.rows()
    ]


@pytest.mark.parametrize("transport", ["streamable-http", "http+sse"])
async def test_a_session_exported_as_har_reads_back_as_the_same_conversation(tmp_path: Path, transport: str) -> None:
    live = await river(transport)
    path = tmp_path / "session.har"
    with path.open("wb") as out:
        write_har(live, out)
    imported = read_events(path)
    again, events = list(imported.events), live.since(0)
    assert imported.notes == []
    assert decoded(again) == decoded(events)
    assert [event.rule for event in again if isinstance(event, Violation)] == []
    ends = [[(e.cause, e.sentence, e.frames) for e in each if isinstance(e, StreamEnded)] for each in (again, events)]
    assert sorted(ends[0]) == sorted(ends[1])


CAPTURES = Path(__file__).parent.parent / "data" / "imports"


@pytest.mark.parametrize("name", ["two-exchanges.har", "plain.sse", "inspector-protocol.json"])
def test_the_command_reads_captures(name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "inspector", "import", str(CAPTURES / name)]
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, f"{name}.mcptrace\n".encode()), done.stderr.decode()
    recording = open_recording(tmp_path / f"{name}.mcptrace")
    assert list(recording.since(0, 10_000)) == list(read_events(CAPTURES / name).events)
    recording.close()
