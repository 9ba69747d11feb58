"""Faults of the first messages of a session."""

from __future__ import annotations

from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault
from inspector.servers.faults.honest import Honest, Session
from inspector.servers.faults.honest.speaker import TEXT_HEADERS
from inspector.servers.faults.wire import Wire


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


HANDSHAKES: tuple[Fault, ...] = (
    Fault("initialize-result-invalid", "Answers initialize without a name.", Nameless, Honest),
    Fault("initialized-not-accepted", "Refuses notifications/initialized.", RefusesInitialized, Honest),
)
