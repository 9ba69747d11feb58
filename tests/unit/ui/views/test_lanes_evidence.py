"""Where the evidence is in the lanes."""

from __future__ import annotations

from inspector.record.lanes import CONNECTION, Lanes
from inspector.record.rows import ERROR, WARN
from inspector.record.timeline import Timeline
from inspector.trace.events import ConnectionState
from inspector.ui.models.evidence import Evidence, Held
from inspector.ui.views.lanes_evidence import EvidenceTicks, Tick
from tests.support.rivers import Talk


def test_ticks_come_when_the_lanes_have_the_rows() -> None:
    talk = Talk()
    timeline = Timeline()
    lanes = Lanes(timeline)
    ticks = EvidenceTicks(lanes)
    state = talk.state(ConnectionState.CONNECTING)
    talk.wait(10)
    sent = talk.send(7)
    ticks.show(Evidence({state.n: Held(WARN, "a", ("A",)), sent.n: Held(ERROR, "b", ("B",))}, frozenset({sent.n})))
    assert ticks.of(CONNECTION) == []
    talk.into(timeline)
    lanes.fold(1)
    assert ticks.of(CONNECTION) == [Tick(0, WARN, is_highlighted=False)]
    lanes.fold()
    lane = lanes.lane_of(7)
    assert lane is not None and ticks.of(lane) == [Tick(10_000_000, ERROR, is_highlighted=True)]
    ticks.show(Evidence())
    assert ticks.of(lane) == []


def test_what_is_being_read_is_painted_last() -> None:
    talk = Talk()
    numbers = [talk.send(1).n, talk.headers(1).n, talk.headers(1).n]
    timeline = talk.into(Timeline())
    lanes = Lanes(timeline)
    lanes.fold()
    ticks = EvidenceTicks(lanes)
    held = [Held(code, "x", ("X",)) for code in (WARN, ERROR, WARN)]
    ticks.show(Evidence(dict(zip(numbers, held, strict=True)), frozenset(numbers[:1])))
    lane = lanes.lane_of(1)
    assert lane is not None
    assert [(tick.code, tick.is_highlighted) for tick in ticks.of(lane)] == [
        (WARN, False),
        (ERROR, False),
        (WARN, True),
    ]


def test_a_chunk_has_its_tick_where_the_next_row_is() -> None:
    talk = Talk()
    talk.send(1)
    chunk = talk.chunk(1)
    last = talk.chunk(1)
    lanes = Lanes(timeline := Timeline())
    timeline.fold(talk.since(0))
    lanes.fold()
    ticks = EvidenceTicks(lanes)
    ticks.show(Evidence({chunk.n: Held(WARN, "a", ("A",)), last.n: Held(WARN, "a", ("A",))}))
    lane = lanes.lane_of(1)
    assert lane is not None and ticks.of(lane) == []
    talk.wait(5)
    talk.headers(1)
    timeline.fold(talk.since(3))
    lanes.fold()
    assert [tick.at_ns for tick in ticks.of(lane)] == [5_000_000, 5_000_000]
