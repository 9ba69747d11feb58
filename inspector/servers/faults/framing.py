"""Faults of the framing of event streams."""

from __future__ import annotations

import codecs

import orjson

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json, encode, notification_message
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line
from inspector.servers.faults.honest.speaker import text_result
from inspector.servers.faults.wire import Wire
from inspector.servers.http import EVENT_STREAM_HEADERS, Headers

FOREIGN_TEXT = "Grüße, 世界"
LARGE_BYTES = 1_060_000
MODEST_BYTES = 200_000


class Signed(Honest):
    """Writes its text with a signature, and no comment before it; the mark comes in two pieces."""

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        await wire.head(200, (*self.stream_headers(), *headers))
        await wire.chunk(codecs.BOM_UTF8[:1])
        await wire.chunk(codecs.BOM_UTF8[1:])
        return Line(wire, self.event, version, ends_calls=ends_calls)


class Latin(Honest):
    """Writes and declares ISO-8859-1."""

    def stream_headers(self) -> Headers:
        return (("content-type", "text/event-stream; charset=iso-8859-1"), *EVENT_STREAM_HEADERS[1:])

    def event(self, message: Json) -> bytes:
        return super().event(message).decode().encode("latin-1", "replace")


class TornLine(Line):
    """Writes byte by byte where characters are longer than one."""

    async def send(self, message: Json) -> None:
        data = self._frame(message)
        cut = next((at for at, byte in enumerate(data) if byte > 0x7F), 0) + 1
        await self.wire.chunk(data[:cut])
        await self.wire.chunk(data[cut:])


class Torn(Honest):
    """UTF-8, with a character cut in two by the chunks."""

    def stream_headers(self) -> Headers:
        return (("content-type", "text/event-stream; charset=utf-8"), *EVENT_STREAM_HEADERS[1:])

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        line = await super().open_line(wire, version, headers, ends_calls=ends_calls)
        return TornLine(line.wire, self.event, version, ends_calls=ends_calls)


class Unfinished(Honest):
    """One line end behind each event, and the stream ends with that."""

    def event(self, message: Json) -> bytes:
        return b"data: " + encode(message) + b"\n"


class Indented(Honest):
    """JSON for people to read, each line behind its own `data:`."""

    def event(self, message: Json) -> bytes:
        lines = orjson.dumps(message, option=orjson.OPT_INDENT_2).split(b"\n")
        return b"".join(b"data: " + line + b"\n" for line in lines) + b"\n"


class Bare(Honest):
    """Prints a message to the stream without `data:` before it."""

    async def call(self, call: Call) -> Json:
        params: Json = {"level": "info", "data": "a line of its own"}
        await call.line.send_bytes(encode(notification_message("notifications/message", params)) + b"\n\n")
        return await super().call(call)


class Renamed(Honest):
    """Names its notifications after what they are."""

    def event(self, message: Json) -> bytes:
        name = b"" if "id" in message else b"event: update\n"
        return name + b"data: " + encode(message) + b"\n\n"


class Sized(Honest):
    """Answers `say` with a text of `size_bytes`."""

    size_bytes = MODEST_BYTES

    async def call(self, call: Call) -> Json:
        return text_result("x" * self.size_bytes)


class Large(Sized):
    """A text beyond what clients take in one event."""

    size_bytes = LARGE_BYTES


class CarriageReturns(Honest):
    """Ends its lines with CR alone."""

    def event(self, message: Json) -> bytes:
        return super().event(message).replace(b"\n", b"\r")


FAULTS: tuple[Fault, ...] = (
    Fault(
        "sse-bom",
        "Begins its stream with a byte order mark, right before the endpoint event.",
        hit=Signed,
        ok=Honest,
        visit=Visit(transport=TransportName.HTTP_SSE),
        ok_summary="Plain UTF-8.",
    ),
    Fault(
        "sse-charset",
        "Writes and declares ISO-8859-1.",
        hit=Latin,
        ok=Torn,
        visit=Visit(calls=(("say", {"text": FOREIGN_TEXT}),)),
        ok_summary="UTF-8, declared, with a character cut in two by the chunks.",
    ),
    Fault(
        "sse-missing-blank-line",
        "Ends each event with one line end instead of two.",
        hit=Unfinished,
        ok=Honest,
        ok_summary="A blank line behind each event.",
    ),
    Fault(
        "sse-multiline-data",
        "Sends JSON with indentation, a data line for each of its lines.",
        hit=Indented,
        ok=Honest,
        ok_summary="One line for each message.",
    ),
    Fault(
        "sse-unknown-field",
        "Prints a message to the stream without `data:` before it.",
        hit=Bare,
        ok=Honest,
        ok_summary="Every line is a field.",
    ),
    Fault(
        "sse-unknown-event-name",
        "Names its notifications `update`.",
        hit=Renamed,
        ok=Honest,
        visit=Visit(calls=(("work", {"steps": 2}),)),
        ok_summary="Events without a name.",
    ),
    Fault(
        "sse-event-over-1mib",
        f"Answers a call with one event of {LARGE_BYTES:,} bytes.",
        hit=Large,
        ok=Sized,
        ok_summary=f"One event of {MODEST_BYTES:,} bytes.",
    ),
    Fault(
        "sse-event-too-large",
        f"Answers a call with one event of {MODEST_BYTES:,} bytes, and the client takes a quarter of that.",
        hit=Sized,
        ok=Honest,
        visit=Visit(options={"event_limit_bytes": MODEST_BYTES // 4}),
        ok_summary="A short answer.",
    ),
    Fault(
        "sse-eol-odd",
        "Ends its lines with CR alone.",
        hit=CarriageReturns,
        ok=Honest,
        ok_summary="LF everywhere.",
    ),
)
