"""Faults of sessions, stickiness and capacity."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import INVALID_PARAMS, INVALID_REQUEST, Json, RpcError, encode, parse_messages
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line, Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS, text_result
from inspector.servers.faults.wire import Wire
from inspector.servers.faults.workers import WorkerPerRequest
from inspector.servers.http import Headers, HttpRequest

NOT_INITIALIZED = -32000
TWO_CALLS: tuple[tuple[str, Mapping[str, Any]], ...] = (("say", {"text": "one"}), ("say", {"text": "two"}))


def two_workers(scale: float) -> WorkerPerRequest:
    """Two workers that take turns, each with sessions of its own."""
    return WorkerPerRequest(scale, Honest)


class Forgetful(Honest):
    """Forgets its sessions once, before the second tool call."""

    calls = 0

    async def admitted(self, request: HttpRequest, wire: Wire) -> Session | None:
        if b'"tools/call"' in request.body:
            self.calls += 1
            if self.calls == 2:
                self.sessions.clear()
        return await super().admitted(request, wire)


class ForgetfulWith400(Forgetful):
    """Says 400 of a session that it has forgotten."""

    async def refuse_session(self, request: HttpRequest, wire: Wire) -> None:
        await self.refuse(wire, 400, RpcError(NOT_INITIALIZED, "Bad Request: No valid session ID provided"))


class Strict(Honest):
    """Refuses requests before notifications/initialized has come."""

    async def response(self, message: Json, line: Line, http: HttpRequest) -> Json:
        session = self.find(http)
        if message["method"] == "tools/call" and not (session and self.has_shaken_hands(session)):
            error = RpcError(INVALID_PARAMS, "Received request before initialization was complete")
            return error.to_message(message["id"])
        return await super().response(message, line, http)

    def has_shaken_hands(self, session: Session) -> bool:
        """Whether the handshake of a session is complete."""
        return session.initialized


class Amnesiac(Strict):
    """Does so although it has come."""

    def has_shaken_hands(self, session: Session) -> bool:
        return False


class Full(Honest):
    """Has room for one session."""

    async def on_initialize(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        if self.sessions:
            error = RpcError(INVALID_REQUEST, "Too many open sessions").to_message(message["id"])
            await wire.answer(503, (*JSON_HEADERS, ("retry-after", "60")), encode(error))
        else:
            await super().on_initialize(message, request, wire)


class Counting(Honest):
    """Numbers its sessions."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._numbers = itertools.count(1)

    def new_session_id(self) -> str:
        return f"sess{next(self._numbers)}"


class Asking(Honest):
    """Asks each call to come back with a state, signed with its one key."""

    async def call(self, call: Call) -> Json:
        key = self.key()
        (message,) = parse_messages(call.http.body, batches=False)
        state = message["params"].get("requestState")
        if state is None:
            return {"resultType": "input_required", "requestState": f"signed by {key}"}
        if state != f"signed by {key}":
            raise RpcError(INVALID_PARAMS, "Invalid params", {"reason": "invalid_request_state"})
        return text_result("welcome back")

    def key(self) -> str:
        """The key of whoever serves the request."""
        return "all"


class AskingOfWorkers(Asking):
    """Has another key for every second request."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._workers = itertools.cycle(("one", "two"))

    def key(self) -> str:
        return next(self._workers)


class IdOfNoSession(Honest):
    """Sends a session id along with its streams, of whatever revision."""

    def stream_headers(self) -> Headers:
        return (*super().stream_headers(), ("mcp-session-id", "8f14e45fceea167a5a36dedd4bea2543"))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "session-not-sticky",
        "Two workers that take turns, each with sessions of its own.",
        two_workers,
        Forgetful,
        Visit(calls=TWO_CALLS * 2, options={"reinitialize_on_404": False}),
        ok_summary="One worker, which forgets its sessions once.",
        ok_also=("session-expired",),
    ),
    Fault("session-expired", "Forgets its sessions before the second call.", Forgetful, Honest, Visit(calls=TWO_CALLS)),
    Fault(
        "session-lost-wrong-status",
        "Says 400 of a session that it has forgotten.",
        ForgetfulWith400,
        Forgetful,
        Visit(calls=TWO_CALLS),
        ok_summary="Says 404.",
        ok_also=("session-expired",),
    ),
    Fault(
        "request-before-initialized",
        "Has lost that the handshake was complete, and refuses calls as too early.",
        Amnesiac,
        Strict,
    ),
    Fault("session-cap-reached", "Has room for one session.", Full, Honest, Visit(sessions=2)),
    Fault("session-id-weak", "Numbers its sessions: sess1, sess2.", Counting, Honest, Visit(sessions=2)),
    Fault(
        "request-state-rejected",
        "Signs the state of every second request with another key.",
        AskingOfWorkers,
        Asking,
        Visit(transport=TransportName.STATELESS),
        ok_summary="One key for all.",
    ),
    Fault(
        "stateless-session-id",
        "Sends a session id in 2026-07-28.",
        IdOfNoSession,
        Honest,
        Visit(transport=TransportName.STATELESS),
    ),
)
