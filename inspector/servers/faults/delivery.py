"""Faults of delivery: buffering, compression, caching."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import formatdate

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.delivery_lines import Held, InBlocks, Pressed, Stalled
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line, Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS, text_result
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

GZIP: Headers = (("content-encoding", "gzip"),)
LONG = "All work and no play. " * 60


class Stamped(Honest):
    """Says in each progress notification when it was written; `say` reports four times in one moment."""

    async def work(self, call: Call) -> Json:
        steps = call.arguments.get("steps", 4)
        for step in range(1, steps + 1):
            await call.sleep(self.step_s)
            await call.progress(step, steps, datetime.now(UTC).isoformat())
        return text_result("worked")

    async def call(self, call: Call) -> Json:
        if call.name == "say":
            for step in range(1, 5):
                await call.progress(step, 4, datetime.now(UTC).isoformat())
        return await super().call(call)


class Collected(Stamped):
    """The streams of calls go through a `line` that holds something back until the call is over."""

    line: type[Held] = Held

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        await wire.head(200, (*self.stream_headers(), *headers))
        line = self.line(wire, self.event, version, ends_calls=ends_calls)
        await self.begin(line)
        return line

    async def begin(self, line: Held) -> None:
        """The first byte comes early."""
        await line.wire.chunk(b": connected\n\n")

    async def carry(self, running: asyncio.Task[None], line: Line) -> None:
        await asyncio.wait({running})
        if isinstance(line, Held):
            await line.release()
        await line.wire.end()


class Wordy(Collected):
    """Reports progress in more words, through a buffer that is passed on whenever 4 KiB are full."""

    line = InBlocks
    step_s = 0.25

    async def work(self, call: Call) -> Json:
        for step in range(1, 17):
            await call.sleep(self.step_s)
            await call.progress(step, 16, LONG)
        return text_result("worked")


class Large(Honest):
    """Reports with events of 20 KB, each written at once."""

    step_s = 0.7

    async def work(self, call: Call) -> Json:
        for step in range(1, 5):
            await call.sleep(self.step_s)
            await call.progress(step, 4, "x" * 20_000)
        return text_result("worked")


class LateHeaders(Honest):
    """The head of a GET stream is ready at once, and leaves with the first byte of its body."""

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        session = await self.admitted(request, wire)
        if session is None:
            return
        date = formatdate(usegmt=True)
        await wire.sleep(3.0)
        line = session.line = await self.open_line(wire, session.version, (("date", date),))
        await self.hold(line)


class LateEvent(Honest):
    """The head of a GET stream and a comment come at once, the first heartbeat after a while."""

    heartbeat_s = 3.0


class Gzip(Collected):
    """Compresses the streams of calls and flushes after each event."""

    line = Pressed

    async def begin(self, line: Held) -> None:
        await line.send_bytes(b": connected\n\n")

    def stream_headers(self) -> Headers:
        return (*super().stream_headers(), *GZIP)

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(405, (("allow", "POST, DELETE"),))


class GzipStalled(Gzip):
    """Compresses without a flush."""

    line = Stalled


class Measured(Stamped):
    """Collects the stream of a call, and says how long it is."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        line = Held(wire, self.event, session.version)
        await self.respond(message, line, request)
        await wire.answer(200, self.stream_headers(), bytes(line.kept))


class Cached(Honest):
    """Answers GET with the stream of somebody else, a minute old."""

    def new_sse_session(self) -> Session:
        return Session("0123456789abcdef0123456789abcdef", "2024-11-05")

    def stream_headers(self) -> Headers:
        return (*super().stream_headers(), ("age", "60"), ("x-cache", "HIT"))


class Http10(Honest):
    """Answers over HTTP/1.0: no length, no chunks, the end of the connection is the end of the body."""

    async def answer_with_json(self, response: Json, wire: Wire, headers: Headers = ()) -> None:
        await wire.head(200, (*JSON_HEADERS, *headers), version="1.0")
        await wire.chunk(encode(response))
        await wire.end()


class NoHint(Honest):
    """Says of its streams only what they are."""

    def stream_headers(self) -> Headers:
        return (("content-type", "text/event-stream"), ("cache-control", "no-store"))


_WORK = ("work", {"steps": 4})
_SAY = ("say", {"text": "hello"})
_LONGER = Visit(calls=(("work", {"steps": 6}),))
_TUNNEL = "some-words.trycloudflare.com"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "stream-batched-at-end",
        "Keeps the progress of a call back until its answer, though each notification says when it was written.",
        hit=Collected,
        ok=Stamped,
        visit=Visit(calls=(_WORK, _SAY)),
        ok_summary="Sends each notification when it is written; four that are written at once come at once.",
    ),
    Fault(
        "proxy-buffer-quantised",
        "Passes the stream of a call on in blocks of 4,096 bytes, wherever a line may end.",
        hit=Wordy,
        ok=Large,
        visit=Visit(calls=(_WORK,)),
        ok_summary="Writes events of 20 KB, each at once.",
    ),
    Fault(
        "headers-withheld-until-first-byte",
        "Sends the headers of the GET stream together with its first byte, after three seconds.",
        hit=LateHeaders,
        ok=LateEvent,
        visit=Visit(hold_s=4.0),
        ok_summary="Sends headers and a comment at once, and the next byte after three seconds.",
    ),
    Fault(
        "gzip-stalls-stream",
        "Compresses the stream of a call and flushes only at its end.",
        hit=GzipStalled,
        ok=Gzip,
        visit=_LONGER,
        ok_summary="Compresses and flushes after each event.",
    ),
    Fault(
        "sse-compressed",
        "Compresses the stream of a call, and flushes after each event.",
        hit=Gzip,
        ok=Stamped,
        ok_summary="Does not compress.",
    ),
    Fault(
        "sse-content-length",
        "Collects the stream of a call and sends it with its Content-Length.",
        hit=Measured,
        ok=Stamped,
        visit=_LONGER,
        ok_summary="Sends the stream in chunks.",
    ),
    Fault(
        "http10-hop",
        "Answers over HTTP/1.0, where the end of the connection is the end of the answer.",
        hit=Http10,
        ok=Honest,
        ok_summary="HTTP/1.1 with a length or in chunks.",
    ),
    Fault(
        "sse-cached",
        "Serves every stream as a cache would: with an Age, and with the session of the first.",
        hit=Cached,
        ok=Honest,
        visit=Visit(transport=TransportName.HTTP_SSE, sessions=2),
        ok_summary="Begins a new session with each stream.",
    ),
    Fault(
        "anti-buffer-headers-missing",
        "Asks no proxy to leave its streams alone.",
        hit=NoHint,
        ok=Honest,
        visit=Visit(host="mcp.example"),
        ok_summary="Sends `X-Accel-Buffering: no` or `Cache-Control: no-transform`.",
    ),
    Fault(
        "quick-tunnel-no-sse",
        "Holds the GET stream back like a Cloudflare quick tunnel; its name has to be one of a tunnel's.",
        hit=LateHeaders,
        ok=LateEvent,
        visit=Visit(host=_TUNNEL, hold_s=4.0),
        ok_summary="Streams GET as well.",
    ),
)
