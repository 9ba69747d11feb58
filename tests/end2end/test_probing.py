"""The active checks, made against real servers: each is seen in the river, and says what it saw."""

from __future__ import annotations

import inspector
from inspector.protocol.probe_steps import PREFIX, Step
from inspector.protocol.probes import Probe
from inspector.session.probing import probes_for, run_probe, target_of
from inspector.trace.events import Connected, RequestSent
from tests.support.demo import demo_server


async def test_the_demo_server_passes_them() -> None:
    shown: list[str] = []

    def note(probe: Probe, step: Step) -> None:
        shown.append(f"{probe.id} {step.request.method}")

    with demo_server() as url:
        async with inspector.connect(url) as session:
            target = target_of(session, 0.25, "countdown", {"from": 3, "delay_ms": 100}, url)
            before = len(session.river)
            said = {probe.id: await run_probe(session.link, probe, target, note) for probe in probes_for(target)}
            events = session.river.since(before)
            answer = await session.list_tools()
    assert answer.ok
    assert said["badsession"] == "An unknown session id was answered with 404; 404 is right."
    assert said["version"] == "The protocol version 1900-01-01 was answered with 400; 400 is right."
    assert said["fresh"] == "10 of 10 new connections knew the session."
    assert said["origin"].endswith("answered with 403.")
    assert said["hold"].startswith("The idle stream was still open after ")
    assert said["live"].startswith("countdown: ") and "batch" not in said["live"]
    assert said["abandon"].startswith("countdown was over before it could be left")
    assert said["direct"].count("events came between") == 2
    assert said["disconnect"] == "After we had left, try 1 to open a new stream was answered with 200."
    sent = [event for event in events if isinstance(event, RequestSent) and event.purpose.startswith(PREFIX)]
    assert [f"{event.purpose.removeprefix(PREFIX)} {event.method}" for event in sent] == shown
    streams = {event.stream for event in sent}
    assert {event.stream for event in events if isinstance(event, Connected)} >= streams
