"""What must hold of every river, whatever the server did."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable

from inspector.protocol.jsonrpc import MessageType
from inspector.session.link import TRANSITIONS
from inspector.session.loop_lag import RULE as LOOP_LAG
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    ConnectionState,
    Direction,
    EndCause,
    ExchangeFailed,
    HeadersReceived,
    Message,
    RequestSent,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)
from inspector.trace.river import River


def check_river(river: River) -> None:
    """The invariants of a river whose session is over."""
    events = river.since(0)
    assert [event.n for event in events] == list(range(len(events)))
    _check_streams(events)
    _check_requests(events)
    _check_runs(events)
    _check_states(events)
    _check_references(events)


def _check_streams(events: list[AnyEvent]) -> None:
    """Each exchange begins with our request, ends exactly once, and nothing comes after its end."""
    streams: dict[int, list[AnyEvent]] = defaultdict(list)
    for event in events:
        if event.stream is not None:
            streams[event.stream].append(event)
    for number, own in streams.items():
        ends = [event for event in own if isinstance(event, StreamEnded)]
        assert len(ends) == 1, f"stream {number} has {len(ends)} ends"
        assert own[-1] is ends[0], f"{own[-1].kind} came after the end of stream {number}"
        assert ends[0].sentence.endswith((".", "!")), ends[0].sentence
        requests = [event for event in own if isinstance(event, RequestSent)]
        assert requests or ends[0].cause in (EndCause.PROTOCOL, EndCause.TLS), f"stream {number} never asked"
        heads = [event for event in own if isinstance(event, HeadersReceived)]
        assert len(heads) <= len(requests)
        _check_bytes([event for event in own if isinstance(event, ChunkReceived)], ends[0])


def _check_bytes(chunks: list[ChunkReceived], end: StreamEnded) -> None:
    """Not a byte is missing between the chunks."""
    offset = 0
    for chunk in chunks:
        assert chunk.offset == offset
        offset += len(chunk.data)
    assert (end.bytes_received, end.chunks) == (offset, len(chunks))


def _check_requests(events: list[AnyEvent]) -> None:
    """Every request of ours ends once: with its answer, or with an event that says why there is none."""
    sent = {e.id: e for e in messages(events, Direction.OUTBOUND) if e.message_type is MessageType.REQUEST}
    settled: dict[object, int] = defaultdict(int)
    for event in events:
        if isinstance(event, ExchangeFailed):
            settled[event.id] += 1
            assert event.reason.endswith("."), event.reason
        elif isinstance(event, Message) and event.direction is Direction.INBOUND and event.rtt_ms is not None:
            request = events[event.request_n if event.request_n is not None else -1]
            assert isinstance(request, Message)
            settled[request.id] += 1
            assert event.rtt_ms >= 0
    for request_id, request in sent.items():
        assert settled[request_id] == 1, f"{request.method} ({request_id}) ended {settled[request_id]} times"


def _check_runs(events: list[AnyEvent]) -> None:
    """Every call over a tool stream ends once, and its steps come on its own stream (R83)."""
    calls = {event.n: event for event in steps(events) if event.step == "call" and event.request_n is None}
    carriers = {(event.request_n or event.n, event.stream) for event in steps(events) if event.step == "call"}
    ended: dict[int | None, int] = defaultdict(int)
    for event in events:
        if isinstance(event, ExchangeFailed):
            ended[event.request_n] += 1
        elif isinstance(event, ToolStep) and event.step != "call":
            assert event.request_n in calls and (event.request_n, event.stream) in carriers
            assert event.tool == calls[event.request_n].tool and event.direction is Direction.INBOUND
            ended[event.request_n] += event.rtt_ms is not None
            assert event.rtt_ms is None or (event.rtt_ms >= 0 and event.step in ("complete", "error", "result"))
    for n, call in calls.items():
        assert ended[n] == 1, f"the call of {call.tool} (#{n}) ended {ended[n]} times"


def _check_states(events: list[AnyEvent]) -> None:
    state = ConnectionState.IDLE
    for event in events:
        if isinstance(event, StateChanged):
            assert event.state in TRANSITIONS[state], f"{state} -> {event.state}"
            assert event.reason.endswith("."), event.reason
            state = event.state
    assert state is ConnectionState.CLOSED


def _check_references(events: list[AnyEvent]) -> None:
    for event in events:
        about = event.about_n if isinstance(event, Violation) else getattr(event, "request_n", None)
        assert about is None or -1 <= about < event.n


def messages(events: list[AnyEvent], direction: Direction) -> list[Message]:
    return [event for event in events if isinstance(event, Message) and event.direction is direction]


def steps(events: list[AnyEvent]) -> list[ToolStep]:
    return [event for event in events if isinstance(event, ToolStep)]


def violations(river: River) -> list[str]:
    """The rules that were found broken, in order; that this machine was busy is no fault of a server."""
    found = [event.rule for event in river.since(0) if isinstance(event, Violation)]
    return [rule for rule in found if rule != LOOP_LAG]


def ends(river: River, purpose: str | None = None) -> list[StreamEnded]:
    """How the exchanges ended, in order; only those with this purpose if one is named."""
    events = river.since(0)
    named = {event.stream for event in events if isinstance(event, RequestSent) and event.purpose == purpose}
    return [event for event in events if isinstance(event, StreamEnded) and (purpose is None or event.stream in named)]


def failures(river: River) -> list[ExchangeFailed]:
    return [event for event in river.since(0) if isinstance(event, ExchangeFailed)]


def states(river: River) -> list[StateChanged]:
    return [event for event in river.since(0) if isinstance(event, StateChanged)]


LOOK_S = 0.01


async def until(condition: Callable[[], bool], seconds: float = 15.0) -> float:
    """Wait until it holds; how many seconds that took, without those in which a busy machine did not let us run."""
    started, looks = time.monotonic(), 0
    while not condition():
        assert time.monotonic() - started < seconds, "it never came true"
        await asyncio.sleep(LOOK_S)
        looks += 1
    return looks * LOOK_S
