"""One HTTP exchange exactly as the user wrote it, right or wrong, and what came back (the raw POST composer)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.session.frames import Frames
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import BodyReceived, EndCause, HeadersReceived
from inspector.trace.facts import why_no_event
from inspector.wire import http
from inspector.wire.http import HeaderList
from inspector.wire.sse import Comment, Frame

MAX_KEPT_BYTES = 1024 * 1024
"""How much of a reply is handed back; the timeline has all of it."""
MAX_PURPOSE_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What is sent as it is; only a Host and a Content-Length are added where they are missing."""

    method: str
    url: str
    headers: HeaderList = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RawReply:
    """What came back. `status` is 0 if no headers came; `sentence` says how the exchange ended.

    `body` is the beginning of the body, of an event stream its bytes as they came. `stream` is the number of the
    exchange in the timeline.
    """

    status: int
    reason: str
    headers: HeaderList
    body: bytes
    sentence: str
    stream: int
    elapsed_ms: float
    is_stream: bool


class ReplySink:
    """Takes any reply: event streams by block, all else in one piece, whatever the status."""

    def __init__(self, link: Link, *, is_aside: bool = True) -> None:
        self.link = link
        self.head: Head | None = None
        self.reason = ""
        self.kept = bytearray()
        self._frames = Frames(link)
        self.stream = Stream(link, self, is_aside=is_aside)
        limit_s = link.options.request_timeout_s
        self.stream.close_in(limit_s, EndCause.TIMED_OUT_BY_US, f"No whole reply came within {limit_s:g} s.")

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        self.head = head
        told = self.link.river[len(self.link.river) - 1]  # by the stream, just now
        self.reason = told.reason if isinstance(told, HeadersReceived) else ""
        if not http.is_event_stream(head.get("content-type")):
            return Verdict(Meaning.MESSAGE)
        self.stream.closes_at_ns = 0  # a stream may last as long as it likes
        return Verdict(Meaning.EVENT_STREAM)

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        for item in items:
            self.kept += item.raw[: MAX_KEPT_BYTES - len(self.kept)]
            if isinstance(item, Comment):
                self._frames.comment(item, arrival)
            else:
                is_event = item.complete and item.dispatched
                self._frames.frame(item, arrival, "" if is_event else why_no_event(item))

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        return False


async def exchange_raw(link: Link, request: RawRequest, on_start: Callable[[Stream], None] | None = None) -> RawReply:
    """Send `request` and wait for the end of its reply. Never raises for what the server did.

    It is not signed and no redirect is followed. An event stream is read to its end: `on_start` is given the stream
    to be stopped from outside; cancelling the awaiting task ends it too, but then there is no reply to return.
    """
    sink = ReplySink(link)
    first_n = len(link.river)
    if on_start is not None:
        on_start(sink.stream)
    purpose = f"raw {request.method[:MAX_PURPOSE_CHARACTERS]}"
    wanted = HttpRequest(request.method, request.url, request.headers, purpose, request.body, is_exact=True)
    ended = await sink.stream.run(wanted)
    head = sink.head
    is_stream = head is not None and ended.was_stream
    return RawReply(
        head.status if head else 0,
        sink.reason,
        head.headers if head else (),
        bytes(sink.kept) if is_stream else _body_of(link, sink.stream.number, first_n),
        _sentence(ended, head),
        sink.stream.number,
        ended.event.age_ms,
        is_stream,
    )


def _body_of(link: Link, stream: int, first_n: int) -> bytes:
    """The body as the timeline has it: also one that was cut off."""
    bodies = (e.raw for e in link.river.since(first_n) if isinstance(e, BodyReceived) and e.stream == stream)
    return next(bodies, b"")[:MAX_KEPT_BYTES]


def _sentence(ended: Ended, head: Head | None) -> str:
    if ended.event.cause is EndCause.COMPLETE and head is not None:
        return f"The server answered with {head.status}."
    return ended.event.sentence
