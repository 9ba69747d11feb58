"""Faults of what other clients see differently: streams that are right, and that httpx-sse reads in another way."""

from __future__ import annotations

from itertools import count

from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.framing import FOREIGN_TEXT, CarriageReturns, Signed
from inspector.servers.faults.honest import Call, Honest
from inspector.servers.http import EVENT_STREAM_HEADERS, Headers


class Declared(Honest):
    """UTF-8 that is declared as something else."""

    def stream_headers(self) -> Headers:
        return (("content-type", "text/event-stream; charset=iso-8859-1"), *EVENT_STREAM_HEADERS[1:])


class Capitals(Honest):
    """Writes the media type with capitals, which RFC 9110 allows."""

    def stream_headers(self) -> Headers:
        return (("content-type", "Text/Event-Stream"), *EVENT_STREAM_HEADERS[1:])


class Numbered(Honest):
    """Numbers its events."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._ids = count(1)

    def event(self, message: Json) -> bytes:
        return b"id: %d\n" % next(self._ids) + super().event(message)


class NumberedWithHeartbeat(Numbered):
    """Sends a heartbeat behind a numbered event."""

    async def call(self, call: Call) -> Json:
        await call.progress(1, 1)
        await call.line.send_bytes(self.heartbeat())
        return await super().call(call)


class SignedData(Signed):
    """A byte order mark right before the data."""

    def event(self, message: Json) -> bytes:
        return b"data: " + encode(message) + b"\n\n"


class Retrying(Honest):
    """Names with each event a time to wait before coming back."""

    retry = b"5000"

    def event(self, message: Json) -> bytes:
        return b"retry: " + self.retry + b"\n" + super().event(message)


class SignedRetry(Retrying):
    """Writes the time with a sign: a number to Python, no digits to the standard."""

    retry = b"+5000"


FAULTS: tuple[Fault, ...] = (
    Fault(
        "lens-bom",
        "Begins the stream of a call with a byte order mark.",
        hit=SignedData,
        ok=Honest,
        ok_summary="Plain UTF-8.",
        also=("sse-bom",),
    ),
    Fault(
        "lens-charset",
        "Sends UTF-8 and declares ISO-8859-1.",
        hit=Declared,
        ok=Honest,
        visit=Visit(calls=(("say", {"text": FOREIGN_TEXT}),)),
        ok_summary="Declares nothing.",
        also=("sse-charset",),
    ),
    Fault(
        "lens-content-type",
        "Writes Content-Type: Text/Event-Stream.",
        hit=Capitals,
        ok=Honest,
        ok_summary="In small letters.",
    ),
    Fault(
        "lens-held-back",
        "Ends its events with CR.",
        hit=CarriageReturns,
        ok=Honest,
        ok_summary="Ends them with LF.",
    ),
    Fault(
        "lens-phantom-event",
        "Sends a heartbeat behind an event that has an id.",
        hit=NumberedWithHeartbeat,
        ok=Numbered,
        ok_summary="Ids without heartbeats behind them.",
    ),
    Fault(
        "lens-retry",
        "Writes retry: +5000.",
        hit=SignedRetry,
        ok=Retrying,
        ok_summary="retry: 5000.",
        also=("retry-hint-odd",),
    ),
)
