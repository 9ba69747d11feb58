"""The laboratory: provokes on our own side of the wire what networks and clients do to a server.

`session.laboratory` cuts connections (FIN or RST), at once or after so many events or bytes, reads slowly, delays,
closes for writing only, and resumes from any event id. Nothing is sent that a client might not send; whatever it does
is told first, as a `LabActed` in the river. The session then goes on as after a fault of somebody else's, and nobody is
blamed for it.

    async with inspector.connect("http://127.0.0.1:8000/mcp") as session:
        session.laboratory.drop_after("call", events=2, how="rst")
        answer = await session.call_tool("report")  # cut after two events, resumed, and answered all the same
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.session.cut_rules import MAX_RULES, CutRule, How, StreamKind, sentence_of, tell_drop
from inspector.session.lab_resume import resuming
from inspector.session.tcp_socket import Bends
from inspector.trace.events import EndCause, LabActed, LabAction

if TYPE_CHECKING:
    from inspector.session.conversation import Conversation
    from inspector.session.link import Link
    from inspector.session.stream import Ended, Stream

MAX_DELAY_MS = 60_000.0
MAX_FOR_S = 3_600.0
"""Bent for no longer than this: a forgotten delay must not spoil a soak."""
MAX_BYTES_PER_S = 1_000_000_000
MAX_EVENTS = 1_000_000
MAX_BYTES = 1_000_000_000_000
MAX_RESUMING = 8
MAX_ID_CHARS = 4_096


class LabError(ValueError):
    """What was asked of the laboratory makes no sense; the text is a sentence with the next step."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """An exchange that can be cut: its number in the timeline, what it is for, and how far it has come.

    `socket` is 0 while it has none; `last_event_id` is where it would be resumed from.
    """

    number: int
    method: str
    purpose: str
    socket: int
    is_event_stream: bool
    events: int
    bytes_received: int
    last_event_id: str

    @property
    def is_listening(self) -> bool:
        """Whether it stays open for whatever the server has to say."""
        return self.purpose in ("stream", "resume", "subscriptions/listen")


class Laboratory:
    """What the user can do to the connections of one session. Raises `LabError` for what cannot be done."""

    def __init__(self, link: Link, conversation: Conversation) -> None:
        self._link = link
        self._conversation = conversation
        self._times_bent = 0
        self._resuming: set[Stream] = set()

    def open_streams(self) -> tuple[OpenStream, ...]:
        """The exchanges under way, the oldest first; those of a sign-in are left alone."""
        streams = sorted(self._streams(), key=lambda stream: stream.number)
        return tuple(_described(stream) for stream in streams)

    @property
    def active(self) -> tuple[str, ...]:
        """What goes on, or waits for its moment, in sentences."""
        rules = tuple(f"Cuts {_whom(rule.kind)} with {rule.how.words} {rule.words}." for rule in self._rules)
        resuming = tuple(f"Listens on stream {stream.number} for what is replayed." for stream in self._resuming)
        return rules + _bent(self._bends) + resuming

    def drop(self, stream: int | None = None, how: str = How.FIN) -> tuple[int, ...]:
        """Cut the connection of a stream, or of every open stream, now; gives the numbers of the streams that end.

        With `how="rst"` the server sees a reset, with "fin" an end without a word of TLS or HTTP.
        """
        kind = _how(how)
        wanted = self._streams() if stream is None else [self._stream(stream)]
        cut = sorted((each for each in wanted if each.socket is not None), key=lambda each: each.number)
        if not cut:
            raise LabError("No stream is open that could be cut; call a tool that streams, or listen, and try again.")
        sockets = {each.socket: each for each in reversed(cut)}
        hit = tuple(sorted(each.number for each in self._link.streams if each.socket in sockets))
        for socket, first in sorted(sockets.items(), key=lambda pair: pair[1].number):
            if socket is not None and socket.dropped is None:
                tell_drop(first, kind)
                socket.drop(sentence_of(kind), with_reset=kind is How.RST)
        return hit

    def drop_after(
        self,
        stream_kind: str,
        *,
        events: int | None = None,
        bytes: int | None = None,
        how: str = How.FIN,
        mid_event: bool = False,
    ) -> None:
        """Cut the first stream of a kind that comes so far: `any`, `get`, `post`, `listen` or `call`.

        `events` are blocks of an event stream, the priming one included, comments not; with `mid_event` the cut is
        within the event behind them. `bytes` are those of a body. What is open already is counted from now on.
        """
        kind, manner = _kind(stream_kind), _how(how)
        if (events is None) == (bytes is None):
            raise LabError("Say after how many events, or after how many bytes, to cut: one of the two.")
        if bytes is not None and mid_event:
            raise LabError("A cut after bytes is where it is; for one in the middle of an event, count events.")
        _check("The number of events", events, 0 if mid_event else 1, MAX_EVENTS)
        _check("The number of bytes", bytes, 1, MAX_BYTES)
        if len(self._rules) >= MAX_RULES:
            raise LabError(f"{MAX_RULES} cuts are waiting already; clear the laboratory first.")
        words = _after(events, bytes, mid_event=mid_event)
        self._tell(LabAction.DROP_AFTER, f"Will cut {_whom(kind)} with {manner.words} {words}.")
        self._rules.append(CutRule(kind, manner, words, events or 0, bytes, mid_event))

    def half_close(self, stream: int) -> None:
        """Close our side of a stream's connection for writing (FIN) and go on reading."""
        chosen = self._stream(stream)
        socket = chosen.socket
        if socket is None:
            raise LabError(f"Stream {stream} has no connection yet; try again once its request has left.")
        self._tell(LabAction.HALF_CLOSE, f"Closes our side of stream {stream} for writing (FIN), and reads on.", stream)
        socket.half_close()

    def read_slowly(self, bytes_per_s: int | None, for_s: float = MAX_FOR_S) -> None:
        """Read no more than so many bytes a second on each connection, so that the server feels it; None ends that.

        The receive buffers are made small, but what the server was promised before may still come at once.
        """
        _check("The rate", bytes_per_s, 1, MAX_BYTES_PER_S)
        said = "Reads at full speed again." if bytes_per_s is None else f"Reads at most {bytes_per_s:,} bytes a second."
        if bytes_per_s is None and self._bends.bytes_per_s is None:
            return
        self._bend(LabAction.SLOW, said, for_s, bytes_per_s=bytes_per_s)

    def delay(self, ms_out: float, ms_in: float, for_s: float = MAX_FOR_S) -> None:
        """Send each request `ms_out` later, and take in what comes `ms_in` later than it came; 0 and 0 end that."""
        _check("The delay", ms_out, 0, MAX_DELAY_MS)
        _check("The delay", ms_in, 0, MAX_DELAY_MS)
        if not (ms_out or ms_in or self._bends.out_ms or self._bends.in_ms):
            return
        said = "Delays nothing any more."
        if ms_out or ms_in:
            said = f"Delays requests by {ms_out:g} ms, and what comes by {ms_in:g} ms."
        self._bend(LabAction.DELAY, said, for_s, out_ms=float(ms_out), in_ms=float(ms_in))

    def resume_from(self, event_id: str) -> asyncio.Future[Ended]:
        """Ask with a GET for what came after an event id, on a stream of its own; how that ended, for who wants it.

        What is replayed is shown, and not held against the server: it may have come before.
        """
        if not event_id or len(event_id) > MAX_ID_CHARS or any(ord(char) < 0x20 for char in event_id):
            raise LabError(f"An event id has 1 to {MAX_ID_CHARS:,} characters, none of them a line break; copy one.")
        if len(self._resuming) >= MAX_RESUMING:
            raise LabError(f"{MAX_RESUMING} resumed streams are open already; clear the laboratory first.")
        self._tell(LabAction.RESUME, f"Asks for what came after the event {event_id[:200]!r}, with a GET of its own.")
        stream, running = resuming(self._conversation, event_id)
        ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self._resuming.add(stream)
        self._link.spawn(self._follow(stream, running, ended), "laboratory resume")
        return ended

    def clear(self) -> None:
        """End all that goes on: rules, delays, slow reading, resumed streams. What was cut stays cut."""
        if not self.active:
            return
        self._tell(LabAction.CLEAR, "Everything is as it was: no cuts, no delays, full speed.")
        self._rules.clear()
        self._set(Bends())
        for stream in tuple(self._resuming):
            stream.stop(EndCause.CLOSED_BY_US, "The laboratory was cleared.")

    @property
    def _rules(self) -> list[CutRule]:
        return self._link.cut_rules

    @property
    def _bends(self) -> Bends:
        return self._link.http.sockets.bends

    def _streams(self) -> list[Stream]:
        return [stream for stream in self._link.streams if not stream.is_aside or stream in self._resuming]

    def _stream(self, number: int) -> Stream:
        found = next((stream for stream in self._streams() if stream.number == number), None)
        if found is None:
            raise LabError(f"Stream {number} is not open; choose one of those that are.")
        return found

    def _tell(self, action: LabAction, text: str, stream: int | None = None) -> None:
        self._link.river.emit(LabActed, connection=self._link.number, stream=stream, action=action, text=text)

    def _bend(self, action: LabAction, said: str, for_s: float, **changed: float | None) -> None:
        """Change what is done to all connections; what is left after it is told, `CLEAR` if nothing is."""
        _check("The time", for_s, 0.001, MAX_FOR_S)
        wanted = replace(self._bends, **changed)  # type: ignore[arg-type]
        left = _bent(wanted)
        self._tell(action if left else LabAction.CLEAR, said)
        self._set(wanted)
        if left:
            self._link.spawn(self._unbend_in(for_s, self._times_bent), "laboratory limit")

    def _set(self, wanted: Bends) -> None:
        self._times_bent += 1
        self._link.http.sockets.bend(wanted)

    async def _unbend_in(self, for_s: float, times_bent: int) -> None:
        await asyncio.sleep(for_s)
        if self._times_bent == times_bent and _bent(self._bends):
            self._tell(LabAction.CLEAR, f"The time of {for_s:g} s is over: no delays, full speed.")
            self._set(Bends())

    async def _follow(self, stream: Stream, running: Coroutine[Any, Any, Ended], ended: asyncio.Future[Ended]) -> None:
        try:
            result = await running
            if not ended.done():
                ended.set_result(result)
        finally:
            self._resuming.discard(stream)
            ended.cancel()


def _described(stream: Stream) -> OpenStream:
    body, socket = stream.body, stream.socket
    parser = body.reader.parser if body and body.reader else None
    return OpenStream(
        stream.number,
        stream.method,
        stream.purpose,
        socket.number if socket else 0,
        stream.is_event_stream,
        body.frames if body else 0,
        body.bytes if body else 0,
        parser.last_event_id if parser else "",
    )


def _bent(bends: Bends) -> tuple[str, ...]:
    """What is done to reading and writing, in sentences."""
    said = []
    if bends.bytes_per_s is not None:
        said.append(f"Reads at most {bends.bytes_per_s:,} bytes a second.")
    if bends.out_ms or bends.in_ms:
        said.append(f"Delays requests by {bends.out_ms:g} ms, and what comes by {bends.in_ms:g} ms.")
    return tuple(said)


def _whom(kind: StreamKind) -> str:
    return {
        StreamKind.ANY: "the first stream",
        StreamKind.GET: "the first GET stream",
        StreamKind.POST: "the first answer to a POST",
        StreamKind.LISTEN: "the first listening stream",
        StreamKind.CALL: "the first answer to a call",
    }[kind]


def _after(events: int | None, size_bytes: int | None, *, mid_event: bool) -> str:
    if size_bytes is not None:
        return f"after {size_bytes:,} byte{'' if size_bytes == 1 else 's'}"
    if mid_event:
        return f"in the middle of event {(events or 0) + 1:,}"
    return f"after {events:,} event{'' if events == 1 else 's'}"


def _kind(stream_kind: str) -> StreamKind:
    try:
        return StreamKind(stream_kind)
    except ValueError:
        raise LabError(f"There is no kind of stream {stream_kind!r}; say one of {', '.join(StreamKind)}.") from None


def _how(how: str) -> How:
    try:
        return How(how)
    except ValueError:
        raise LabError(f'A connection is cut with "fin" or with "rst", not with {how!r}.') from None


def _check(what: str, number: float | None, low: float, high: float) -> None:
    if number is not None and not low <= number <= high:
        raise LabError(f"{what} must be from {low:,g} to {high:,.0f}; {number!r} is not.")
