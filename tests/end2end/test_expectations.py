"""Expectations of real servers over real sockets: met by honest ones, not by faults; live as from a recording."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from inspector.diagnose.engine import Engine
from inspector.expect.grammar import parse
from inspector.expect.judge import Judge
from inspector.expect.verdict import State, Verdict
from inspector.record.recording import open_recording, river_of
from inspector.record.saving import save_events
from inspector.servers.demo import DemoServer
from inspector.servers.faults.fault import SIDES
from inspector.servers.faults.server import FaultServer
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.events import AnyEvent
from inspector.trace.river import River
from tests.support.faults import SCALE, hurried, visit


def judged(events: Sequence[AnyEvent], *lines: str) -> list[Verdict]:
    engine, judge = Engine(), Judge(parse("\n".join(lines)))
    engine.fold(events)
    judge.fold(events)
    return list(judge.verdicts(is_over=True))


@pytest.mark.parametrize(
    ("rule", "line", "scale"),
    [
        ("half-open-silence", "heartbeat at least every 500ms", SCALE),
        ("gateway-timeout-on-call", "no errors", SCALE),
        ("heartbeat-missing", "heartbeat at least every 600ms", SCALE),
        ("gzip-stalls-stream", "first event under 400ms", 4 * SCALE),
        ("stream-batched-at-end", "no gap over 250ms", 4 * SCALE),
    ],
)
async def test_a_fault_fails_what_its_honest_side_meets(rule: str, line: str, scale: float) -> None:
    states = {}
    with hurried(scale):
        async with FaultServer(scale=scale) as server:
            for side in SIDES:
                (verdict,) = judged((await visit(server, rule, side, scale=scale)).events, line)
                states[side] = verdict.state
                assert verdict.state is not State.FAIL or verdict.evidence
    assert states == {"hit": State.FAIL, "ok": State.PASS}


EXPECTED = (
    "first event under 30s of stream_text",
    "no gap over 20ms",
    "progress at least every 30s",
    "p50 under 30s",
    "event method:notifications/message within 20s of call stream_text",
    "at least 3 events method:notifications/progress during call stream_text",
    "never kind:failed",
    "uptime over 1%",
    "no drops",
)


async def test_live_and_from_a_recording_the_verdicts_are_the_same(tmp_path: Path) -> None:
    river = River()
    reader, judge = river.reader(), Judge(parse("\n".join(EXPECTED)))
    arguments = {"text": "one two three", "delay_ms": 60}
    async with DemoServer() as demo, Session(Options(demo.url), river) as session, asyncio.TaskGroup() as group:
        calls = [
            group.create_task(session.call_tool("stream_text", arguments, on_progress=lambda _: None)) for _ in range(3)
        ]
        while not all(call.done() for call in calls):  # as the window does
            judge.fold(reader.take(7))
            if not reader.behind:
                judge.advance(river.clock.monotonic_ns() - 500_000_000)
                await asyncio.sleep(0.01)
    judge.fold(reader.take(len(river)))
    save_events(river.since(0), tmp_path / "a.mcptrace")
    recording = open_recording(tmp_path / "a.mcptrace")
    again = Judge(parse("\n".join(EXPECTED)))
    for events in river_of(recording).blocks():
        again.fold(events)
    recording.close()
    live = judge.verdicts(is_over=True)
    assert live == again.verdicts(is_over=True)
    states = [verdict.state for verdict in live]
    assert states == [State.PASS, State.FAIL, *[State.PASS] * 7]
    assert live[0].checked == live[4].checked == 3 and live[1].failed >= 3
