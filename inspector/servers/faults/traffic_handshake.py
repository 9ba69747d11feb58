"""Faults of the first messages of a session."""

from __future__ import annotations

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest, Session
from inspector.servers.faults.honest.speaker import TEXT_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers


class Nameless(Honest):
    """Does not say who it is."""

    def initialize_result(self, params: Json) -> Json:
        return {**super().initialize_result(params), "serverInfo": {}}


class RefusesInitialized(Honest):
    """Refuses notifications/initialized."""

    async def on_notice(self, message: Json, session: Session, wire: Wire) -> None:
        if message.get("method") == "notifications/initialized":
            await wire.answer(500, TEXT_HEADERS, b"Internal Server Error\n")
        else:
            await super().on_notice(message, session, wire)


class TwoEndpoints(Honest):
    """Names its endpoint twice."""

    def endpoint_event(self, session: Session) -> bytes:
        return super().endpoint_event(session) * 2


class IdOfNoSession(Honest):
    """Sends a session id along with its streams, of whatever revision."""

    def stream_headers(self) -> Headers:
        return (*super().stream_headers(), ("mcp-session-id", "8f14e45fceea167a5a36dedd4bea2543"))


HANDSHAKES: tuple[Fault, ...] = (
    Fault("initialize-result-invalid", "Answers initialize without a name.", Nameless, Honest),
    Fault("initialized-not-accepted", "Refuses notifications/initialized.", RefusesInitialized, Honest),
    Fault(
        "endpoint-event-repeated",
        "Sends its endpoint event twice.",
        TwoEndpoints,
        Honest,
        Visit(transport=TransportName.HTTP_SSE),
    ),
    Fault(
        "stateless-session-id",
        "Sends a session id in 2026-07-28.",
        IdOfNoSession,
        Honest,
        Visit(transport=TransportName.STATELESS),
    ),
)
