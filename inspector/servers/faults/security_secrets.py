"""Faults of secrets and of errors that say too much."""

from __future__ import annotations

from uuid import uuid4

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import INTERNAL_ERROR, Json, RpcError
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Session
from inspector.servers.faults.honest.speaker import text_result

KEY = uuid4().hex


class KeyInEndpoint(Honest):
    """Puts a key into the address of its endpoint."""

    def endpoint(self, session: Session) -> str:
        return f"{super().endpoint(session)}&api_key={KEY}"


class Echo(Honest):
    """A tool that gives back the request with all its headers."""

    async def call(self, call: Call) -> Json:
        return text_result("\n".join(f"{name}: {value}" for name, value in call.http.headers))


class Traceback(Honest):
    """Passes an exception on as it is."""

    async def call(self, call: Call) -> Json:
        trace = "Traceback (most recent call last):\n  File \"/srv/app/tools.py\", line 41, in call\nKeyError: 'city'"
        raise RpcError(INTERNAL_ERROR, trace)


class ShortError(Honest):
    """Says what the caller can do."""

    async def call(self, call: Call) -> Json:
        raise RpcError(INTERNAL_ERROR, "The city is not known. Give another one.")


FAULTS: tuple[Fault, ...] = (
    Fault(
        "secret-in-url",
        "Announces an endpoint with a key in its query.",
        hit=KeyInEndpoint,
        ok=Honest,
        visit=Visit(transport=TransportName.HTTP_SSE),
        ok_summary="Nothing but the id of the session in it.",
    ),
    Fault(
        "secret-in-event",
        "A tool gives back the Authorization header of the request.",
        hit=Echo,
        ok=Honest,
        visit=Visit(headers=(("Authorization", f"Bearer {KEY}"),)),
    ),
    Fault("stack-trace-in-event", "Answers a call with a traceback.", hit=Traceback, ok=ShortError),
)
