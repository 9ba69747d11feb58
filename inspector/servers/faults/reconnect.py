"""Faults of reconnecting, resuming and teardown."""

from __future__ import annotations

import asyncio
import itertools

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line, Session
from inspector.servers.faults.honest.speaker import TEXT_HEADERS
from inspector.servers.faults.http2 import Http2Wire
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest


class Fleeting(Honest):
    """Ends each GET stream after 0.1 s."""

    async def hold(self, line: Line) -> None:
        await line.wire.sleep(0.1)
        await line.wire.end()


class Polling(Honest):
    """Ends each GET stream after 0.1 s, and says that 3 s later is soon enough."""

    async def hold(self, line: Line) -> None:
        await line.send_bytes(b"retry: %d\n\n" % round(3_000 * self.scale))
        await line.wire.sleep(0.1)
        await line.wire.end()


class Page(Honest):
    """Answers GET with a page."""

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(200, TEXT_HEADERS, b"ok\n")


class NotFound(Honest):
    """Answers GET with 404."""

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(404, TEXT_HEADERS, b"Not Found\n")


class NotAllowed(Honest):
    """Answers GET with 405, as it should where no stream is offered."""

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(405, (("allow", "POST, DELETE"),))


class Retrying(Honest):
    """Names a time to come back after."""

    retry_s = 3.0

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        line = await super().open_line(wire, version, headers, ends_calls=ends_calls)
        await line.send_bytes(b"retry: %d\n\n" % round(self.retry_s * 1e3 * self.scale))
        return line


class RetryingAtOnce(Retrying):
    """Wants its clients back after 0.1 s."""

    retry_s = 0.1


class Holding(Honest):
    """Ends its first GET stream after 6 s, and holds it against the session for `held_s` more."""

    held_s = 8.0

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._opened = 0
        self._free_at = 0.0

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        if asyncio.get_running_loop().time() < self._free_at:
            await wire.answer(409, TEXT_HEADERS, b"Conflict: Only one SSE stream is allowed per session\n")
        else:
            await super().on_get(request, wire)

    async def hold(self, line: Line) -> None:
        self._opened += 1
        if self._opened > 1:
            await super().hold(line)
        await line.wire.sleep(6.0)
        self._free_at = asyncio.get_running_loop().time() + self.held_s * self.scale
        await line.wire.end()


class LettingGo(Holding):
    """Forgets a stream when it ends."""

    held_s = 0.0


def _first_step(message: Json) -> Json:
    """Progress of a call that asks for it, as our client always does."""
    token = message.get("params", {}).get("_meta", {}).get("progressToken")
    params = {"progressToken": token, "progress": 1}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


class Resumable(Honest):
    """Gives every event an id, ends the stream of a call before its answer, and brings the rest to whoever resumes."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._calls = 0
        self._rest: dict[str, list[bytes]] = {}
        """What comes after an id, by that id."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        self._calls += 1
        line = await self.open_line(wire, session.version)
        priming = b"id: %d-0\nretry: %d\ndata:\n\n" % (self._calls, round(1_000 * self.scale))
        step = b"id: %d-1\n%s" % (self._calls, self.event(_first_step(message)))
        answer = b"id: %d-2\n%s" % (self._calls, self.event(await self.response(message, line, request)))
        self._rest[f"{self._calls}-1"] = self.replay(step, answer)
        await line.send_bytes(priming + step)
        await wire.sleep(1.0)
        await wire.end()

    def replay(self, step: bytes, answer: bytes) -> list[bytes]:
        """What a resume brings of a stream of which all up to this step was sent."""
        return [answer]

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        last = request.header("last-event-id")
        if last is None:
            await super().on_get(request, wire)
            return
        session = await self.admitted(request, wire)
        if session is None:
            return
        line = await self.open_line(wire, session.version)
        rest = self._rest.get(last, [])
        for event in rest:
            await line.send_bytes(event)
        if not rest:
            await self.hold(line)
        await wire.end()


class NotReplaying(Resumable):
    """Takes Last-Event-ID, opens a stream, and brings nothing of what is missing."""

    def replay(self, step: bytes, answer: bytes) -> list[bytes]:
        return []


class Repeating(Resumable):
    """Begins at the named event instead of after it."""

    def replay(self, step: bytes, answer: bytes) -> list[bytes]:
        return [step, answer]


class Counting(Honest):
    """Gives ids that count for each stream anew."""

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        line = await super().open_line(wire, version, headers, ends_calls=ends_calls)
        name, numbers = self.stream_name(), itertools.count(1)
        return Line(
            line.wire,
            lambda message: f"id: {name}{next(numbers)}\n".encode() + self.event(message),
            version,
            ends_calls=ends_calls,
        )

    def stream_name(self) -> str:
        """What an id says of its stream."""
        return ""


class CountingApart(Counting):
    """Gives ids that name the stream, too."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._lines = itertools.count(1)

    def stream_name(self) -> str:
        return f"{next(self._lines)}-"


class Cutting(Honest):
    """Closes the connection in the middle of the event that answers a call."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        line = await self.open_line(wire, session.version)
        event = self.event(await self.response(message, line, request))
        await line.send_bytes(event[: len(event) // 2])
        await wire.sleep(1.0)
        wire.close()


class Resetting(Honest):
    """Resets the connection on which a call waits."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        await self.open_line(wire, session.version)
        await wire.sleep(2.0)
        wire.reset()


class OverHttp2(Honest):
    """The honest server over HTTP/2."""

    ground = Ground.HTTP2


class ResettingStream(OverHttp2):
    """Resets the HTTP/2 stream on which a call waits."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        await self.open_line(wire, session.version)
        await wire.sleep(2.0)
        if isinstance(wire, Http2Wire):
            await wire.reset_stream()


class Leaving(Honest):
    """Closes the GET stream and that of a call at the same moment, as a server that is stopped."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        await self.open_line(wire, session.version)
        await wire.sleep(2.0)
        if session.line is not None:
            session.line.wire.close()
        wire.close()


class EndingOne(Honest):
    """Ends the GET stream while a call goes on."""

    async def work(self, call: Call) -> Json:
        await call.sleep(2.0)
        for session in self.sessions.values():
            if session.line is not None:
                await session.line.wire.end()
        await call.sleep(1.0)
        return await super().work(call)


class Dropping(Honest):
    """Closes the connection of a call without an answer."""

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        wire.close()


class NumberedStateless(Honest):
    """Gives ids to events, though nothing can be resumed."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._numbers = itertools.count(1)

    def event(self, message: Json) -> bytes:
        return b"id: %d\n%s" % (next(self._numbers), super().event(message))


_CALL = Visit(lists=False)
_TWO_CALLS = Visit(calls=(("say", {"text": "one"}), ("say", {"text": "two"})))

FAULTS: tuple[Fault, ...] = (
    Fault(
        "reconnect-storm",
        "Ends each GET stream after 0.1 s.",
        hit=Fleeting,
        ok=Polling,
        visit=Visit(reconnects=4, lists=False, calls=()),
        ok_summary="Does the same, but names 3 s with `retry:`.",
    ),
    Fault(
        "get-200-not-a-stream",
        "Answers GET with 200 and plain text.",
        hit=Page,
        ok=NotAllowed,
        ok_summary="Answers GET with 405.",
    ),
    Fault(
        "get-404-or-401-instead-of-405",
        "Answers GET with 404, while POST works.",
        hit=NotFound,
        ok=NotAllowed,
        visit=Visit(hold_s=2.0),
        ok_summary="Answers GET with 405.",
    ),
    Fault(
        "retry-hint-odd",
        "Sends `retry: 100`.",
        hit=RetryingAtOnce,
        ok=Retrying,
        visit=Visit(hold_s=2.0),
        ok_summary="Sends `retry: 3000`.",
    ),
    Fault(
        "stream-conflict-409",
        "Ends the GET stream, and refuses the next ones with 409 for 8 s.",
        hit=Holding,
        ok=LettingGo,
        visit=Visit(reconnects=3, lists=False, calls=(), hold_s=8.0),
        ok_summary="Takes the next one at once.",
    ),
    Fault(
        "last-event-id-ignored",
        "Sends event ids, ends the stream of a call before its answer, and replays nothing on a resume.",
        hit=NotReplaying,
        ok=Resumable,
        visit=Visit(lists=False, options={"request_timeout_s": 1.8}),
        ok_summary="Brings the answer when the stream is resumed.",
    ),
    Fault(
        "event-ids-useless-2026",
        "Gives ids to events of 2026-07-28.",
        hit=NumberedStateless,
        ok=Honest,
        visit=Visit(transport=TransportName.STATELESS),
        ok_summary="Sends events without ids.",
    ),
    Fault(
        "resume-duplicates",
        "Begins a replay at the event that Last-Event-ID names.",
        hit=Repeating,
        ok=Resumable,
        visit=_CALL,
        ok_summary="Begins it after that event.",
        also=("progress-not-monotonic",),
    ),
    Fault(
        "event-id-not-unique",
        "Counts event ids from 1 on for each stream.",
        hit=Counting,
        ok=CountingApart,
        visit=_TWO_CALLS,
        ok_summary="Names the stream in the id.",
    ),
    Fault(
        "cut-mid-response",
        "Closes the connection in the middle of the event that answers a call.",
        hit=Cutting,
        ok=Honest,
        visit=_CALL,
        ok_summary="Sends the event in whole and ends the body.",
    ),
    Fault(
        "tcp-reset",
        "Resets the connection on which a call waits.",
        hit=Resetting,
        ok=Honest,
        visit=_CALL,
        ok_summary="Answers and closes in order.",
    ),
    Fault(
        "h2-reset-or-goaway",
        "Resets the HTTP/2 stream on which a call waits.",
        hit=ResettingStream,
        ok=OverHttp2,
        visit=_CALL,
        ok_summary="Ends the stream in order.",
    ),
    Fault(
        "server-shutting-down",
        "Closes the GET stream and the stream of a call at the same moment.",
        hit=Leaving,
        ok=EndingOne,
        visit=Visit(lists=False, calls=(("work", {"steps": 1}),)),
        ok_summary="Ends the GET stream alone, while the call goes on.",
    ),
    Fault(
        "dropped-before-response",
        "Closes the connection of a call before any answer.",
        hit=Dropping,
        ok=Honest,
        visit=_CALL,
        ok_summary="Answers.",
    ),
)
