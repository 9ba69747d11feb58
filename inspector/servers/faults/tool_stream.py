"""Faults of tool streams and their manifests."""

from __future__ import annotations

from collections.abc import AsyncIterator

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json, encode, result_message
from inspector.servers.faults.fault import Fault, Make, Visit
from inspector.servers.faults.honest.speaker import JSON_HEADERS, TEXT_HEADERS, text_result
from inspector.servers.faults.honest.tool_stream import MANIFEST, RUNS, ToolStream
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest

STARTED: Json = {"type": "started"}
COMPLETE: Json = {"type": "complete", "data": "done"}
VISIT = Visit(transport=TransportName.TOOL_STREAM, path=MANIFEST)


class Scripted(ToolStream):
    """Sends these steps, whatever is run; bytes go out as the data of an event, as they are."""

    script: tuple[Json | bytes, ...] = ()

    async def steps(self, tool: str, params: Json, wire: Wire) -> AsyncIterator[bytes]:
        yield b"".join(self.step(step) if isinstance(step, dict) else b"data: %s\n\n" % step for step in self.script)


def scripted(*script: Json | bytes) -> Make:
    """A tool stream that sends these steps."""

    def make(scale: float) -> Scripted:
        behaviour = Scripted(scale)
        behaviour.script = script
        return behaviour

    return make


class TwoNames(ToolStream):
    """Names an event otherwise than its data does."""

    def step(self, value: Json) -> bytes:
        name = "progress" if value["type"] == "complete" else value["type"]
        return b"event: %s\ndata: %s\n\n" % (name.encode(), encode(value))


class SameNames(ToolStream):
    """Names an event as its data does."""

    def step(self, value: Json) -> bytes:
        return b"event: %s\ndata: %s\n\n" % (value["type"].encode(), encode(value))


class JsonRpc(ToolStream):
    """Answers a run with a JSON-RPC message."""

    async def serve_run(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(200, JSON_HEADERS, encode(result_message(1, text_result("done"))))


class OnePiece(ToolStream):
    """Answers a run in one piece, which is as good."""

    async def serve_run(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(200, JSON_HEADERS, encode(COMPLETE))


class NoManifest(ToolStream):
    """Has a page where the manifest should be."""

    async def serve_manifest(self, wire: Wire) -> None:
        await wire.answer(200, TEXT_HEADERS, b"Welcome!\n")


class NamelessTool(ToolStream):
    """Declares a tool without a name."""

    def manifest(self) -> Json:
        declared = super().manifest()
        return {**declared, "tools": [*declared["tools"], {"description": "Who am I?"}]}


def _run(rule: str, summary: str, *script: Json | bytes, ok: Make = ToolStream) -> Fault:
    return Fault(rule, summary, scripted(*script), ok, VISIT)


FAULTS: tuple[Fault, ...] = (
    _run("tool-stream-no-end", "Ends the stream of a run without complete or error.", STARTED),
    _run("tool-stream-not-started", "Sends complete without started before it.", COMPLETE),
    _run("tool-stream-started-twice", "Sends started twice.", STARTED, STARTED, COMPLETE),
    _run("tool-stream-ended-twice", "Sends complete twice.", STARTED, COMPLETE, COMPLETE),
    _run(
        "tool-stream-after-end",
        "Sends progress behind complete.",
        *(STARTED, COMPLETE, {"type": "progress", "progress": 1}),
    ),
    _run(
        "tool-stream-wrong-tool",
        "Says in started that another tool runs.",
        *({**STARTED, "tool": "something-else"}, COMPLETE),
    ),
    _run(
        "tool-stream-invalid-json",
        "Sends data that looks like JSON and is none.",
        *(STARTED, b"{'type': 'progress'}", COMPLETE),
    ),
    _run(
        "tool-stream-unknown-type",
        "Sends a step with a type of its own.",
        *(STARTED, {"type": "thinking"}, COMPLETE),
    ),
    Fault(
        "tool-stream-two-names", "Names the last event progress, and says complete in it.", TwoNames, SameNames, VISIT
    ),
    Fault("tool-stream-json-rpc", "Answers a run with a JSON-RPC message.", JsonRpc, OnePiece, VISIT),
    Fault(
        "manifest-unreadable",
        "Has a page where the manifest should be.",
        NoManifest,
        ToolStream,
        Visit(
            transport=TransportName.TOOL_STREAM,
            path=RUNS,
            lists=False,
            options={"manifest_url": f"{{base}}{MANIFEST}"},
        ),
    ),
    Fault("manifest-unclear", "Declares a tool without a name.", NamelessTool, ToolStream, VISIT),
)
