from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.record import lanes as lanes_module
from inspector.record.lanes import (
    BEAT,
    CONNECTION,
    EVENTS,
    FAULT,
    FINDING,
    HEADERS,
    IN,
    NEVER,
    OUT,
    PHASES,
    SENT,
    WARNING,
    Lanes,
)
from inspector.record.lanes_bins import Columns
from inspector.record.recording import open_recording
from inspector.record.rows import CONNECTION_KINDS, ERROR, HTTP_KINDS, NONE, WARN, RowKind
from inspector.record.store import Store
from inspector.record.timeline import OUTBOUND, Timeline
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    FrameReceived,
    MessageType,
    Outcome,
    Severity,
    Violation,
)
from tests.support.rivers import Talk

CONTENT = {
    RowKind.REQUEST,
    RowKind.NOTIFICATION,
    RowKind.RESPONSE,
    RowKind.ERROR,
    RowKind.INVALID,
    RowKind.FRAME,
    RowKind.BODY,
    RowKind.TOOL_STEP,
}


def ms(value: float) -> int:
    return round(value * 1e6)


def seconds(value: float) -> int:
    return round(value * 1e9)


def conversation() -> tuple[Talk, Timeline]:
    """A GET that gets heartbeats until it is reset, a call with its answer, a finding, a reconnect."""
    talk = Talk()
    talk.state(ConnectionState.CONNECTING)
    talk.wait(10)
    talk.send(1, "GET", "stream")
    talk.wait(10)
    talk.headers(1)
    talk.state(ConnectionState.OPEN)
    talk.wait(10)
    talk.comment(1)
    talk.wait(10)
    first = talk.hear(FrameReceived, 1, raw=b"data: x\n\n")
    talk.wait(10)
    talk.send(2)
    asked = talk.ask(2, name="echo")
    talk.wait(10)
    talk.tell(Violation, rule="r", severity=Severity.WARN, text="t", about_n=first.n)
    talk.wait(10)
    talk.answer(2, asked, rtt_ms=3.0)
    talk.end(2)
    talk.wait(10)
    talk.end(1, EndCause.RESET)
    talk.state(ConnectionState.RECONNECTING)
    talk.wait(10)
    return talk, talk.into(Timeline())


def folded(timeline: Timeline) -> Lanes:
    lanes = Lanes(timeline)
    lanes.fold()
    return lanes


def test_a_lane_knows_how_far_its_stream_came() -> None:
    _, timeline = conversation()
    lanes = folded(timeline)
    assert len(lanes) == 3
    get = lanes.facts(1)
    assert (get.stream, get.sent_ns, get.headers_ns, get.first_ns, get.end_ns) == (1, ms(10), ms(20), ms(40), ms(80))
    assert (get.end_severity, get.severity, get.row_count) == (ERROR, ERROR, 6)
    assert timeline.label(get.first_row) == "GET"
    assert timeline.label(get.end_row) == "connection reset"
    call = lanes.facts(2)
    assert (call.sent_ns, call.headers_ns, call.first_ns, call.end_ns) == (ms(50), NEVER, ms(70), ms(70))
    assert call.end_severity == NONE
    assert lanes.facts(CONNECTION)[:2] == (0, NEVER)
    assert (lanes.lane_of(2), lanes.lane_of(9)) == (2, None)
    assert lanes.findings == 1


def test_columns_say_what_was_there() -> None:
    _, timeline = conversation()
    lanes = folded(timeline)
    columns = Columns.of(0, ms(2), 60)
    place = columns.column
    get = lanes.column_bins(1, columns, ms(90))
    assert [get[place(ms(at))] & PHASES for at in (5, 15, 25, 45, 85)] == [0, SENT, HEADERS, EVENTS, 0]
    assert get[place(ms(30))] == HEADERS | BEAT
    assert get[place(ms(40))] == EVENTS | IN
    assert get[place(ms(60))] == EVENTS | FINDING | WARNING  # it has no stream of its own, but what it is about has
    assert get[place(ms(80))] & FAULT
    call = lanes.column_bins(2, columns, ms(90))
    assert call[place(ms(50))] == SENT | OUT
    connection = lanes.column_bins(CONNECTION, columns, ms(90))
    assert [connection[place(ms(at))] & PHASES for at in (5, 15, 25, 75, 85)] == [SENT, SENT, EVENTS, EVENTS, SENT]
    assert connection[place(ms(80))] == EVENTS | IN | WARNING


def test_an_open_stream_runs_to_now() -> None:
    talk = Talk()
    talk.send(1)
    lanes = folded(talk.into(Timeline()))
    columns = Columns.of(0, ms(1), 10)
    bins = lanes.column_bins(1, columns, 5 * columns.step_ns + 1)
    assert bins == bytes([SENT] * 6 + [0] * 4)
    assert list(lanes.open) == [1]


def test_the_shortest_stream_still_has_a_column() -> None:
    talk = Talk()
    talk.wait(5)
    talk.send(1)
    talk.end(1)
    lanes = folded(talk.into(Timeline()))
    columns = Columns.of(0, ms(1), 10)
    assert lanes.column_bins(1, columns, ms(9)).count(SENT) == 1


def test_open_lanes_come_first_then_the_newest_of_those_in_the_span() -> None:
    talk = Talk()
    for stream in (1, 2, 3, 4):
        talk.send(stream)
        talk.wait(10)
    for stream in (3, 2):
        talk.end(stream)
        talk.wait(10)
    lanes = folded(talk.into(Timeline()))
    assert lanes.between(0, ms(100)) == [4, 1, 3, 2]
    assert lanes.between(0, ms(5)) == [1]
    assert lanes.between(ms(45), ms(50)) == [4, 1, 2]
    assert lanes.between(ms(60), ms(70)) == [4, 1]


def test_of_very_many_lanes_the_newest_are_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "_MOST_ENDED", 100)
    talk = Talk()
    talk.send(talk.next_stream(), "GET", "stream")
    for _ in range(1_000):
        talk.wait(10_000)
        stream = talk.next_stream()
        talk.send(stream)
        talk.end(stream)
    lanes = folded(talk.into(Timeline()))
    assert lanes.between(0, seconds(20_000)) == [1, *range(1_001, 901, -1)]
    assert lanes.between(seconds(4_000), seconds(5_001)) == [1, *range(501, 401, -1)]
    assert lanes.between(seconds(9_900), seconds(9_931)) == [1, 994, 993, 992, 991]
    assert lanes.between(seconds(30), seconds(41)) == [1, 5, 4]


def test_the_nearest_row_of_a_lane() -> None:
    _, timeline = conversation()
    lanes = folded(timeline)
    rows = lanes.rows(1)
    assert lanes.nearest(1, ms(-5)) == rows[0]
    assert lanes.nearest(1, ms(24)) == rows[1]
    assert lanes.nearest(1, ms(26)) == rows[2]
    assert lanes.nearest(1, ms(1000)) == rows[-1]
    assert folded(Timeline()).nearest(CONNECTION, 0) is None


actions = st.tuples(st.integers(0, 9), st.integers(1, 5), st.integers(-2_000_000, 40_000_000))


def told(steps: Sequence[tuple[int, int, int]]) -> Timeline:
    talk = Talk()
    for action, stream, gap_ns in steps:
        now_ns = talk.clock.monotonic_ns()
        if gap_ns > 0:
            talk.clock.advance(gap_ns / 1e9)
        stamp: dict[str, Any] = {"monotonic_ns": now_ns + gap_ns} if gap_ns < 0 else {}
        some = len(talk) // 2
        if action == 0:
            talk.send(stream, **stamp)
        elif action == 1:
            talk.headers(stream)
        elif action == 2:
            talk.comment(stream)
        elif action == 3:
            talk.end(stream, EndCause.RESET if gap_ns % 2 else EndCause.COMPLETE)
        elif action == 4:
            talk.state(list(ConnectionState)[gap_ns % len(ConnectionState)])
        elif action == 5:
            talk.tell(Violation, rule="r", severity=Severity.ERROR, text="t", about_n=some)
        elif action == 6:
            asked = talk.ask(stream, "ping" if gap_ns % 2 else "tools/call")
            talk.fail(asked, Outcome.LOST)
        else:
            for _ in range(gap_ns % 50):
                talk.message(stream if action < 9 else None, MessageType.NOTIFICATION, method="m", **stamp)
    return talk.into(Timeline())


def slow_lane(timeline: Timeline, row: int) -> int:
    root = timeline.root(row)
    if timeline.streams[row] or timeline.kinds[row] in CONNECTION_KINDS or root is None:
        return timeline.streams[row]
    return timeline.streams[root]


def slow_flag(timeline: Timeline, row: int) -> int:
    kind, severity = timeline.kinds[row], timeline.severities[row]
    flag = {WARN: WARNING, ERROR: FAULT}.get(severity, 0)
    if kind not in HTTP_KINDS and timeline.is_heartbeat(row):
        flag |= BEAT
    elif kind in CONNECTION_KINDS:
        flag |= IN
    elif kind in CONTENT:
        flag |= OUT if timeline.directions[row] == OUTBOUND else IN
    return flag | (FINDING if kind == RowKind.VIOLATION else 0)


def slow_bins(timeline: Timeline, stream: int, columns: Columns) -> bytes:
    found, latest = [0] * columns.count, NEVER
    for row in range(len(timeline)):
        if slow_lane(timeline, row) == stream:
            latest = max(latest, timeline.monotonic_ns[row])
            column = columns.column(latest)
            if 0 <= column < columns.count:
                found[column] |= slow_flag(timeline, row)
    return bytes(found)


@settings(max_examples=60)
@given(
    st.lists(actions, max_size=60),
    st.lists(st.integers(1, 200), max_size=6),
    st.floats(0, 1),
    st.sampled_from([1, 3, 20, 400]),
)
def test_any_batching_gives_the_lanes_that_an_oracle_sees(
    steps: list[tuple[int, int, int]], batches: list[int], begin: float, zoom: int
) -> None:
    timeline = told(steps)
    whole, pieces = Lanes(timeline), Lanes(timeline)
    whole.fold()
    for batch in batches:
        pieces.fold(batch)
    while pieces.fold(77):
        pass
    span_ns = max(timeline.monotonic_ns, default=0) + 1
    start_ns = round(begin * span_ns)
    columns = Columns.over(start_ns, start_ns + span_ns // zoom + 1, 60)
    assert len(whole) == len(pieces)
    assert list(whole.open) == list(pieces.open)
    assert whole.between(start_ns, columns.end_ns) == pieces.between(start_ns, columns.end_ns)
    for lane in range(len(whole)):
        facts = whole.facts(lane)
        assert facts == pieces.facts(lane)
        own = [row for row in range(len(timeline)) if slow_lane(timeline, row) == facts.stream]
        assert list(whole.rows(lane)) == list(pieces.rows(lane)) == own
        assert facts.row_count == len(own)
        assert facts.severity == max((timeline.severities[row] for row in own), default=NONE)
        is_there = bool(facts.stream) and facts.sent_ns < columns.end_ns
        is_there = is_there and (facts.end_ns == NEVER or facts.end_ns >= start_ns)
        assert (lane in whole.between(start_ns, columns.end_ns)) == is_there
        bins = whole.column_bins(lane, columns, span_ns)
        assert bins == pieces.column_bins(lane, columns, span_ns)
        assert bytes(flag & ~PHASES for flag in bins) == slow_bins(timeline, facts.stream, columns)


def test_a_recording_gives_the_lanes_of_the_live_session(tmp_path: Path) -> None:
    talk, timeline = conversation()
    store = Store(tmp_path / "session.rec")
    store.put(talk.since(0), timeline, 0)
    store.close()
    recording = open_recording(tmp_path / "session.rec")
    again = Timeline()
    for start in range(0, len(recording), 4):
        again.fold(recording.since(start, 4))
    recording.close()
    live, offline = folded(timeline), folded(again)
    columns = Columns.over(0, live.last_ns + 1, 200)
    assert len(offline) == len(live)
    for lane in range(len(live)):
        assert offline.facts(lane) == live.facts(lane)
        assert offline.column_bins(lane, columns, ms(90)) == live.column_bins(lane, columns, ms(90))


def test_the_columns_take_some_tens_of_bytes_a_row() -> None:
    talk = Talk()
    talk.send(1)
    for _ in range(20_000):
        talk.wait(1)
        talk.comment(1)
        talk.message(1, MessageType.NOTIFICATION, method="m")
    timeline = talk.into(Timeline())
    tracemalloc.start()
    lanes = Lanes(timeline)
    while lanes.fold(500):
        pass
    lanes.column_bins(1, Columns.over(0, ms(20_000), 1_200), 0)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert taken / len(timeline) < 45
    assert sys.getsizeof(lanes._flags) < 2 * len(timeline)


def test_ten_thousand_streams_are_ten_thousand_lanes() -> None:
    talk = Talk()
    talk.calls(10_000)
    lanes = folded(talk.into(Timeline()))
    assert len(lanes) == 10_001
    assert len(lanes.between(0, 1)) == 10_000
    assert lanes.rows(10_000) == list(range(39_996, 40_000))
    assert lanes_module._DENSE > 4
