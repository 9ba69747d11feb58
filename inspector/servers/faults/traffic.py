"""Faults of JSON-RPC traffic: messages that are none, ids, and answers."""

from __future__ import annotations

import asyncio

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json, encode, notification_message, result_message
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line, Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS, text_result
from inspector.servers.faults.traffic_asks import ASKS
from inspector.servers.faults.traffic_handshake import HANDSHAKES
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest

LOG = notification_message("notifications/message", {"level": "info", "data": "at work"})
PYTHON = b"data: {'jsonrpc': '2.0', 'method': 'notifications/message', 'params': {'level': 'info'}}\n\n"
CHANGED = notification_message("notifications/tools/list_changed", {})
LEGACY = Visit(transport=TransportName.HTTP_SSE)


class Telling(Honest):
    """Writes a log entry on the stream of each call, before its answer."""

    def entry(self) -> bytes:
        """The event of the log entry."""
        return self.event(LOG)

    async def call(self, call: Call) -> Json:
        await call.line.send_bytes(self.entry())
        return await super().call(call)


class PythonRepr(Telling):
    """Prints a dict where JSON should stand."""

    def entry(self) -> bytes:
        return PYTHON


class Twice(Telling):
    """Serialises what is serialised already."""

    def entry(self) -> bytes:
        return b"data: %s\n\n" % encode(encode(LOG).decode())  # type: ignore[arg-type] # the fault itself


class NoVersion(Telling):
    """Leaves jsonrpc out."""

    def entry(self) -> bytes:
        return self.event({"method": LOG["method"], "params": LOG["params"]})


class Batches(Telling):
    """Sends an array of messages."""

    def entry(self) -> bytes:
        return b"data: [%s]\n\n" % encode(LOG)


class BatchesAllowed(Batches):
    """Sends an array of messages in the one revision that has them."""

    versions = ("2025-03-26",)


class Answering(Honest):
    """Changes the response to each call."""

    def changed(self, response: Json) -> Json:
        """The response as it goes out."""
        return response

    async def response(self, message: Json, line: Line, http: HttpRequest) -> Json:
        response = await super().response(message, line, http)
        return self.changed(response) if message["method"] == "tools/call" else response


class TextIds(Answering):
    """Turns ids into text."""

    def changed(self, response: Json) -> Json:
        return {**response, "id": str(response["id"])}


class NoIds(Answering):
    """Answers every call with an error that has no id."""

    def changed(self, response: Json) -> Json:
        return {"jsonrpc": "2.0", "id": None, "error": {"code": -32603, "message": "Internal error"}}


class WithIds(Answering):
    """Answers every call with an error."""

    def changed(self, response: Json) -> Json:
        return {"jsonrpc": "2.0", "id": response["id"], "error": {"code": -32603, "message": "Internal error"}}


class Stray(Honest):
    """Sends an answer that nobody asked for along with each answer."""

    async def call(self, call: Call) -> Json:
        await call.line.send(result_message(999, {}))
        return await super().call(call)


class Broadcast(Honest):
    """Sends the answer to each call on the GET streams of these sessions, too."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._latest: Json = {}

    def listeners(self, session: Session) -> list[Session]:
        """Who else gets the answer."""
        return [session]

    async def response(self, message: Json, line: Line, http: HttpRequest) -> Json:
        self._latest = await super().response(message, line, http)
        return self._latest

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        for each in self.listeners(session):
            await until_listening(each, wire)
        await super().answer_with_stream(message, session, request, wire)
        for each in self.listeners(session):
            if each.line is not None:
                await each.line.send(self._latest)


class BroadcastToOthers(Broadcast):
    """Sends the answer to each call on the GET streams of all other sessions, too."""

    def listeners(self, session: Session) -> list[Session]:
        return [each for each in self.sessions.values() if each is not session]


class OnTheGetStream(Honest):
    """Answers calls on the GET stream; the stream of the POST stays empty."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        await until_listening(session, wire)
        line = await self.open_line(wire, session.version)
        if session.line is not None:
            await session.line.send(await self.response(message, line, request))
        await wire.sleep(1.0)
        await wire.end()


async def until_listening(session: Session, wire: Wire) -> None:
    """Wait until the GET stream of a session is open."""
    for _ in range(40):
        if session.line is not None:
            return
        await wire.sleep(0.5)


class Forgetful(Honest):
    """Accepts calls with 202 and forgets them."""

    def take(self, message: Json, session: Session, request: HttpRequest) -> None:
        if message.get("method") != "tools/call":
            super().take(message, session, request)


class TooLate(Honest):
    """Answers calls after 14 s, whether they were cancelled or not."""

    async def call(self, call: Call) -> Json:
        await asyncio.sleep(14.0 * self.scale)
        return text_result("at last")

    async def on_notification(self, message: Json, session: Session) -> None:
        if message["method"] != "notifications/cancelled":
            await super().on_notification(message, session)


class LeftOpen(Honest):
    """Keeps the stream of a call open for 8 s after its answer."""

    async def carry(self, running: asyncio.Task[None], line: Line) -> None:
        await asyncio.wait({running})
        await line.wire.sleep(8.0)
        await line.wire.end()


class Talkative(Honest):
    """Tells that its tools have changed: in its first breath."""

    tells_early = True

    def capabilities(self, version: str) -> Json:
        return {"tools": {"listChanged": True}}

    async def respond(self, message: Json, line: Line, http: HttpRequest) -> None:
        if message["method"] == "initialize" and self.tells_early:
            await line.send(CHANGED)
        await super().respond(message, line, http)

    async def on_notification(self, message: Json, session: Session) -> None:
        await super().on_notification(message, session)
        if message["method"] == "notifications/initialized" and session.line is not None:
            await session.line.send(CHANGED)


class Patient(Talkative):
    """Tells that its tools have changed, once the session has begun."""

    tells_early = False


class Pinging(Honest):
    """Pings the client before it answers a call."""

    async def call(self, call: Call) -> Json:
        await call.line.send({"jsonrpc": "2.0", "id": f"ping-{call.id}", "method": "ping"})
        return await super().call(call)


class DeafToAnswers(Pinging):
    """Pings the client, and lets the POST of the answer hang."""

    async def on_notice(self, message: Json, session: Session, wire: Wire) -> None:
        if "method" not in message:
            await wire.sleep(20.0)
        await super().on_notice(message, session, wire)


class RefusingAnswers(Pinging):
    """Pings the client, and refuses whatever has no method."""

    async def on_notice(self, message: Json, session: Session, wire: Wire) -> None:
        if "method" in message:
            await super().on_notice(message, session, wire)
        else:
            await wire.answer(400, JSON_HEADERS, b'{"detail": "method is missing"}')


FAULTS: tuple[Fault, ...] = (
    Fault("jsonrpc-invalid-json", "Sends the print of a Python dict.", PythonRepr, Telling),
    Fault("jsonrpc-double-encoded", "Sends a message as a JSON string.", Twice, Telling),
    Fault("jsonrpc-envelope-invalid", "Sends a message without jsonrpc.", NoVersion, Telling),
    Fault("jsonrpc-batch", "Sends an array of messages in a revision without batches.", Batches, BatchesAllowed),
    Fault("response-id-type-changed", "Answers with the id as text.", TextIds, Answering),
    Fault("response-id-unknown", "Sends an answer with the id 999 along.", Stray, Honest),
    Fault("error-without-id", "Answers calls with errors whose id is null.", NoIds, WithIds),
    Fault(
        "duplicate-response",
        "Sends each answer on the stream of its POST and on the GET stream.",
        Broadcast,
        Honest,
        Visit(hold_s=2.0),
    ),
    Fault("response-on-wrong-stream", "Answers calls on the GET stream.", OnTheGetStream, Honest, Visit(hold_s=2.0)),
    Fault(
        "request-unanswered",
        "Accepts calls with 202 and forgets them.",
        Forgetful,
        Honest,
        Visit(transport=TransportName.HTTP_SSE, options={"request_timeout_s": 0.6}),
    ),
    Fault(
        "late-response",
        "Answers calls after 14 s, also when they were cancelled.",
        TooLate,
        Honest,
        Visit(hold_s=10.0, options={"request_timeout_s": 0.4}),
    ),
    Fault(
        "message-after-final",
        "Keeps the stream of a call open for 8 s after its answer.",
        LeftOpen,
        Honest,
        Visit(hold_s=8.0),
    ),
    Fault(
        "message-before-initialized",
        "Tells of changed tools before initialize is answered.",
        Talkative,
        Patient,
        LEGACY,
    ),
    Fault(
        "foreign-session-traffic",
        "Sends each answer to every other session, too.",
        BroadcastToOthers,
        Honest,
        Visit(sessions=2, hold_s=2.0),
    ),
    Fault("server-ping-unanswered", "Lets the POST of our pong hang.", DeafToAnswers, Pinging, Visit(hold_s=8.0)),
    Fault("server-ping-not-understood", "Refuses our pong with 400.", RefusingAnswers, Pinging, Visit(hold_s=1.0)),
    *ASKS,
    *HANDSHAKES,
)
