"""Faults of tool streams: a POST for each run, answered by its steps."""

from __future__ import annotations

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json, encode, result_message
from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest.speaker import JSON_HEADERS, SAY, TEXT_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import EVENT_STREAM_HEADERS, HttpRequest

MANIFEST, RUN = "/mcp.json", "/run"
VISIT = Visit(transport=TransportName.TOOL_STREAM, path=MANIFEST)
STAY = Visit(transport=TransportName.TOOL_STREAM, path=MANIFEST, hold_s=4.0)
"""To see what comes after the end."""
STARTED = {"type": "started", "tool": "say"}
PROGRESS = {"type": "progress", "progress": 1, "total": 2}
COMPLETE = {"type": "complete", "data": {"text": "hello"}}


def block(step: Json, event: str = "") -> bytes:
    """A step as an event."""
    name = f"event: {event}\n".encode() if event else b""
    return b"%sdata: %s\n\n" % (name, encode(step))


class Runs(Behaviour):
    """Runs its one tool in three steps."""

    def manifest(self) -> bytes:
        """What says where runs are posted and which tools there are."""
        tools = [{key: SAY[key] for key in ("name", "description", "inputSchema")}]
        return encode({"name": "fault-gallery", "endpoint": f"{self.base}{RUN}", "tools": tools})

    def steps(self) -> tuple[bytes, ...]:
        """The events of a run."""
        return block(STARTED), block(PROGRESS), block(COMPLETE)

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Answer one request."""
        if request.path == MANIFEST and request.method == "GET":
            await wire.answer(200, JSON_HEADERS, self.manifest())
        elif request.path == RUN and request.method == "POST":
            await self.run(wire)
        else:
            await wire.answer(404, TEXT_HEADERS, b"Not Found\n")

    async def run(self, wire: Wire) -> None:
        """Answer a call."""
        await wire.head(200, EVENT_STREAM_HEADERS)
        for step in self.steps():
            await wire.chunk(step)
            await wire.sleep(0.2)
        await wire.end()


class PageForManifest(Runs):
    """Has a page where the manifest should be."""

    def manifest(self) -> bytes:
        return b"Welcome!"


class NeverEnds(Runs):
    """Closes the stream after progress."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), block(PROGRESS)


class NeverStarts(Runs):
    """Begins with progress."""

    def steps(self) -> tuple[bytes, ...]:
        return block(PROGRESS), block(COMPLETE)


class StartsTwice(Runs):
    """Sends started twice."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), block(STARTED), block(COMPLETE)


class EndsTwice(Runs):
    """Sends complete, and then an error."""

    def steps(self) -> tuple[bytes, ...]:
        return *super().steps(), block({"type": "error", "message": "too late"})


class GoesOn(Runs):
    """Sends progress after complete."""

    def steps(self) -> tuple[bytes, ...]:
        return *super().steps(), block({"type": "progress", "progress": 2, "total": 2})


class OtherTool(Runs):
    """Says that its steps are of another tool."""

    def steps(self) -> tuple[bytes, ...]:
        return block({"type": "started", "tool": "shout"}), block(COMPLETE)


class BrokenJson(Runs):
    """Cuts the data of a step off."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), b'data: {"type": "progress", "prog\n\n', block(COMPLETE)


class OwnType(Runs):
    """Has a type of its own for what comes on the way."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), block({"type": "thinking", "text": "hm"}), block(COMPLETE)


class TwoNames(Runs):
    """Names an event otherwise than its data."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), block(PROGRESS, "complete"), block(COMPLETE)


class OneName(Runs):
    """Names an event as its data."""

    def steps(self) -> tuple[bytes, ...]:
        return block(STARTED), block(PROGRESS, "progress"), block(COMPLETE)


class SpeaksJsonRpc(Runs):
    """Answers in JSON-RPC."""

    async def run(self, wire: Wire) -> None:
        await wire.answer(200, JSON_HEADERS, encode(result_message(1, {"content": []})))


class InOnePiece(Runs):
    """Answers with a plain object."""

    async def run(self, wire: Wire) -> None:
        await wire.answer(200, JSON_HEADERS, encode({"text": "hello"}))


class VagueManifest(Runs):
    """Declares its tool twice."""

    def manifest(self) -> bytes:
        tools = [{"name": "say", "description": text} for text in ("Says it.", "Says it again.")]
        return encode({"name": "fault-gallery", "endpoint": f"{self.base}{RUN}", "tools": tools})


FAULTS: tuple[Fault, ...] = (
    Fault("tool-stream-no-end", "Ends the stream of a run after progress.", NeverEnds, Runs, VISIT),
    Fault("tool-stream-not-started", "Begins a run with progress.", NeverStarts, Runs, VISIT),
    Fault("tool-stream-started-twice", "Sends started twice.", StartsTwice, Runs, VISIT),
    Fault("tool-stream-ended-twice", "Sends an error after complete.", EndsTwice, Runs, STAY),
    Fault("tool-stream-after-end", "Sends progress after complete.", GoesOn, Runs, STAY),
    Fault("tool-stream-wrong-tool", "Names another tool in its steps.", OtherTool, Runs, VISIT),
    Fault("tool-stream-invalid-json", "Cuts the data of a step off.", BrokenJson, Runs, VISIT),
    Fault("tool-stream-unknown-type", "Sends a step of the type thinking.", OwnType, Runs, VISIT),
    Fault("tool-stream-two-names", "Names an event otherwise than its data.", TwoNames, OneName, VISIT),
    Fault("tool-stream-json-rpc", "Answers a run in JSON-RPC.", SpeaksJsonRpc, InOnePiece, VISIT),
    Fault(
        "manifest-unreadable",
        "Has a page where the manifest should be.",
        PageForManifest,
        Runs,
        Visit(
            transport=TransportName.TOOL_STREAM, path=RUN, lists=False, options={"manifest_url": f"{{base}}{MANIFEST}"}
        ),
    ),
    Fault("manifest-unclear", "Declares one tool twice.", VagueManifest, Runs, VISIT),
)
