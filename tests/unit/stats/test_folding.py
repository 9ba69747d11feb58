"""A fold gives the same result however the river is cut, hence live as from a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspector.diagnose.engine import Engine
from inspector.stats.availability import Availability
from inspector.stats.counts import Counts
from inspector.stats.latency import LatencyStats
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.resumption import Resumptions
from inspector.stats.series import Series
from inspector.stats.streams import StreamStats
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    ConnectionState,
    Direction,
    EndCause,
    ExchangeFailed,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    Phase,
    RequestSent,
    Severity,
    StateChanged,
    StreamEnded,
    ToolStep,
    Violation,
)
from tests.support.rivers import Talk

streams = st.integers(1, 4)
numbers = st.integers(0, 20)
ids = st.integers(1, 9).map(str)
emissions = st.one_of(
    st.builds(lambda state: (StateChanged, {"state": state}), st.sampled_from(ConnectionState)),
    st.builds(
        lambda stream: (RequestSent, {"stream": stream, "method": "GET", "url": "", "purpose": "stream"}), streams
    ),
    st.builds(
        lambda stream, event_id: (
            RequestSent,
            {
                "stream": stream,
                "method": "GET",
                "url": "",
                "purpose": "resume",
                "headers": (("Last-Event-ID", event_id),),
            },
        ),
        streams,
        ids,
    ),
    st.builds(
        lambda stream, event_id: (
            FrameReceived,
            {"stream": stream, "event_id": event_id, "direction": Direction.INBOUND},
        ),
        streams,
        ids,
    ),
    st.builds(
        lambda attempt: (StateChanged, {"state": ConnectionState.OPEN, "attempt": attempt, "delay_ms": 10.0}),
        st.integers(0, 3),
    ),
    st.builds(
        lambda stream: (
            HeadersReceived,
            {"stream": stream, "status": 200, "reason": "", "http_version": "2", "headers": (), "ttfb_ms": 2.0},
        ),
        streams,
    ),
    st.builds(lambda stream: (ChunkReceived, {"stream": stream, "offset": 0, "data": b"abc"}), streams),
    st.builds(lambda stream: (CommentReceived, {"stream": stream, "text": "", "offset": 0, "raw": b":"}), streams),
    st.builds(lambda stream, event_id: (FrameReceived, {"stream": stream, "event_id": event_id}), streams, st.text()),
    st.builds(
        lambda stream, direction, message_type, framing, request_n: (
            Message,
            {
                "stream": stream,
                "direction": direction,
                "message_type": message_type,
                "framing": framing,
                "request_n": request_n,
                "method": "ping",
            },
        ),
        streams,
        st.sampled_from(Direction),
        st.sampled_from(MessageType),
        st.sampled_from(Framing),
        numbers,
    ),
    st.builds(
        lambda stream, direction, framing, request_n, rtt_ms: (
            ToolStep,
            {
                "stream": stream,
                "direction": direction,
                "framing": framing,
                "request_n": request_n,
                "rtt_ms": rtt_ms,
                "tool": "echo",
                "step": "error",
            },
        ),
        streams,
        st.sampled_from(Direction),
        st.sampled_from(Framing),
        numbers,
        st.none() | st.just(2.0),
    ),
    st.builds(
        lambda request_n, outcome: (
            ExchangeFailed,
            {"request_n": request_n, "method": "", "id": 1, "outcome": outcome, "reason": "", "elapsed_ms": 1.0},
        ),
        numbers,
        st.sampled_from(Outcome),
    ),
    st.builds(
        lambda stream, cause: (
            StreamEnded,
            {"stream": stream, "cause": cause, "phase": Phase.BODY, "sentence": "It ended."},
        ),
        streams,
        st.sampled_from(EndCause),
    ),
    st.builds(
        lambda rule, text: (Violation, {"rule": rule, "severity": Severity.WARN, "text": text}),
        st.sampled_from(["sse-bom", "jsonrpc-batch"]),
        st.sampled_from(["One.", "Two."]),
    ),
)


@dataclass
class Folds:
    latency: LatencyStats = field(default_factory=LatencyStats)
    streams: StreamStats = field(default_factory=StreamStats)
    reconnects: ReconnectStats = field(default_factory=ReconnectStats)
    availability: Availability = field(default_factory=Availability)
    resumptions: Resumptions = field(default_factory=Resumptions)
    counts: Counts = field(default_factory=Counts)
    engine: Engine = field(default_factory=Engine)
    series: Series = field(default_factory=Series)

    def fold(self, events: Sequence[AnyEvent]) -> None:
        folds = (self.latency, self.streams, self.reconnects, self.counts, self.engine, self.series)
        for part in (*folds, self.availability, self.resumptions):
            part.fold(events)

    def figures(self) -> list[Any]:
        counts = self.counts
        return [
            self.latency.rows(),
            self.latency.total(),
            self.latency.rows(2_000_000_000),
            self.latency.calls.timings(),
            self.streams.rows(),
            self.reconnects.summary(),
            list(self.reconnects.steps),
            list(self.reconnects.attempts_made),
            self.availability.report(),
            self.availability.report(since_ns=2_000_000_000),
            list(self.resumptions.resumptions),
            [counts.received, counts.bytes_received, counts.frames, counts.comments, counts.messages],
            counts.events_per_second(1_000_000_000),
            self.engine.findings(),
            drawn(self.series),
        ]


def drawn(series: Series) -> list[Any]:
    """All that charts could draw."""
    slots = (series.events, series.bytes_received, series.streams, series.firsts)
    points = (series.calls.points.column(name) for name in ("at_ns", "ms", "n", "key", "outcome"))
    gaps = (series.gaps.points.column(name) for name in ("at_ns", "ms", "n", "stream", "beat"))
    runs = [each.read(0, series.now_ns + 1) for each in slots]
    return [runs, *points, *gaps, list(series.marks), series.calls.keys, series.now_ns]


@given(
    st.lists(st.tuples(emissions, st.just(0.0) | st.floats(0, 10)), max_size=40),
    st.lists(st.integers(0, 40), max_size=5).map(sorted),
)
def test_one_piece_or_many(told: list[tuple[tuple[Any, dict[str, Any]], float]], cuts: list[int]) -> None:
    talk = Talk()
    for (event, fields), pause_s in told:
        talk.clock.advance(pause_s)
        talk.tell(event, **fields)
    whole, pieces, single = talk.into(Folds()), Folds(), Folds()
    start = 0
    for cut in [*cuts, len(talk)]:
        pieces.fold(talk.since(start, max(0, cut - start)))
        start = max(start, cut)
    for n in range(len(talk)):
        single.fold(talk.since(n, 1))
    assert pieces.figures() == whole.figures() == single.figures()
    assert whole.latency.last_ms == whole.latency.total().last_ms
    assert whole.engine.count == len(whole.engine.findings())


@given(
    st.lists(
        st.tuples(
            streams,
            st.sampled_from(MessageType),
            st.sampled_from(Framing),
            st.none() | numbers,
            st.booleans(),
            st.integers(1, 4),
        ),
        max_size=20,
    )
)
def test_a_flood_counts_as_if_its_events_came_one_by_one(
    told: list[tuple[int, MessageType, Framing, int | None, bool, int]],
) -> None:
    talk = Talk()
    for stream in (1, 2):
        talk.ask(stream)
    for stream, kind, framing, request_n, later, times in told:
        talk.clock.advance(later)
        for _ in range(times):
            talk.message(stream, kind, request_n=request_n, framing=framing, method="notifications/message")
    single = Folds()
    for n in range(len(talk)):
        single.fold(talk.since(n, 1))
    assert talk.into(Folds()).figures() == single.figures()
