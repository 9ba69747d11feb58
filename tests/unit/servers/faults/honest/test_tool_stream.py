"""The honest tool stream: what it declares is what runs."""

from __future__ import annotations

from inspector.protocol.era import TransportName
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest.tool_stream import MANIFEST, ToolStream
from inspector.servers.faults.server import FaultServer
from inspector.trace.events import ToolStep
from tests.support.faults import SCALE, visit


async def test_its_manifest_leads_to_its_runs() -> None:
    plan = Visit(transport=TransportName.TOOL_STREAM, path=MANIFEST, calls=(("say", {"text": "hello"}), ("work", {})))
    faults = {"x": Fault("x", "", ToolStream, ToolStream, plan)}
    async with FaultServer(scale=SCALE, faults=faults) as server:
        seen = await visit(server, "x", "ok", faults=faults)
    listed, said, worked = seen.answers
    assert [tool["name"] for tool in listed.result["tools"]] == ["say", "work"]
    assert said.ok and said.result["structuredContent"] == {"text": "hello"} and worked.ok
    steps = [event.step for event in seen.events if isinstance(event, ToolStep)]
    assert steps == ["call", "started", "complete", "call", "started", "progress", "progress", "complete"]
    assert seen.findings == [], seen.words()
