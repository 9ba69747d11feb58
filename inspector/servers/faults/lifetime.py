"""Faults of idle times, lifetimes and heartbeats."""

from __future__ import annotations

from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest, Line, Session
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

HTML: Headers = (("content-type", "text/html"),)
PAGE = b"<html><head><title>504 Gateway Time-out</title></head><body>504 Gateway Time-out</body></html>"
KILLED: Headers = (("content-type", "text/plain"), ("x-vercel-error", "FUNCTION_INVOCATION_TIMEOUT"))
KILLED_TEXT = b"An error occurred with your deployment\n\nFUNCTION_INVOCATION_TIMEOUT\n"


class Ending(Honest):
    """Ends its GET streams: each in its turn writes comments `beat_s` apart, so many, and then is silent."""

    beat_s = 1.0
    turns: tuple[tuple[int, float], ...] = ()
    """How many comments, and how many seconds of silence."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._opened = 0

    async def hold(self, line: Line) -> None:
        beats, silence_s = self.turns[self._opened % len(self.turns)]
        self._opened += 1
        for _ in range(beats):
            await line.wire.sleep(self.beat_s)
            await line.send_bytes(b": beat\n\n")
        await line.wire.sleep(silence_s)
        await line.wire.end()


class IdleTimer(Ending):
    """Ends each GET stream 8 s after its last byte, however long it had been open."""

    turns = ((2, 8.0), (3, 8.0), (0, 8.0))


class NoTimer(Ending):
    """Ends its GET streams now after this silence, now after that."""

    turns = ((2, 8.0), (3, 5.5), (0, 14.0))


class AgeLimit(Ending):
    """Ends each GET stream at the age of 10 s, while heartbeats flow."""

    beat_s = 2.0
    turns = ((5, 0.0),)


class NoAgeLimit(Ending):
    """Ends its GET streams at this age or that, while heartbeats flow."""

    beat_s = 2.0
    turns = ((3, 0.0), (6, 0.0))


class Silent(Honest):
    """Never sends a heartbeat."""

    heartbeat_s = 3_600.0


class OftenAlive(Honest):
    """Sends a comment every 5 s."""

    heartbeat_s = 5.0


class EventBeat(Honest):
    """Sends `event: ping` every 3 s."""

    heartbeat_s = 3.0

    def heartbeat(self) -> bytes:
        return b"event: ping\ndata: {}\n\n"


class CommentBeat(Honest):
    """Sends a comment every 3 s."""

    heartbeat_s = 3.0


class Dying(Honest):
    """Sends five comments, 2 s apart, and then nothing any more."""

    async def hold(self, line: Line) -> None:
        for _ in range(5):
            await line.wire.sleep(2.0)
            await line.send_bytes(self.heartbeat())
        await line.wire.until_gone()


class Living(Honest):
    """Sends a comment every 2 s."""

    heartbeat_s = 2.0


class GivingUp(Honest):
    """A gateway before a server that answers calls in one piece: after 10 s it sends a page of its own."""

    after_s = 10.0
    status = 504
    headers: Headers = HTML
    page = PAGE

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        await wire.sleep(self.after_s)
        await wire.answer(self.status, self.headers, self.page)


class Patient(Honest):
    """Takes 10 s for a call, on a stream that was open at once."""

    step_s = 2.5


class Killed(GivingUp):
    """A platform that ends the function of a call, and says so."""

    after_s = 4.0
    headers = KILLED
    page = KILLED_TEXT


_WORKING = Visit(calls=(("work", {"steps": 4}),), lists=False)

FAULTS: tuple[Fault, ...] = (
    Fault(
        "idle-timeout-periodic",
        "Ends each GET stream 8 s after its last byte, however long it had been open.",
        hit=IdleTimer,
        ok=NoTimer,
        visit=Visit(reconnects=3, lists=False, calls=()),
        ok_summary="Ends them after silences of 5.5, 8 and 14 s.",
    ),
    Fault(
        "lifetime-cap-periodic",
        "Ends each GET stream at the age of 10 s, though a comment comes every 2 s.",
        hit=AgeLimit,
        ok=NoAgeLimit,
        visit=Visit(reconnects=2, lists=False, calls=()),
        ok_summary="Ends them at the ages of 6 and 12 s.",
    ),
    Fault(
        "heartbeat-missing",
        "Never sends a heartbeat on the GET stream.",
        hit=Silent,
        ok=OftenAlive,
        visit=Visit(hold_s=24.0, host="mcp.example.com"),
        ok_summary="Sends a comment every 5 s.",
    ),
    Fault(
        "heartbeat-not-a-comment",
        "Sends `event: ping` every 3 s.",
        hit=EventBeat,
        ok=CommentBeat,
        visit=Visit(hold_s=14.0),
        ok_summary="Sends `: ping` every 3 s.",
    ),
    Fault(
        "half-open-silence",
        "Sends five comments, 2 s apart, then nothing any more, and leaves the connection open.",
        hit=Dying,
        ok=Living,
        visit=Visit(hold_s=22.0),
        ok_summary="Goes on with the comments.",
    ),
    Fault(
        "gateway-timeout-on-call",
        "Answers a call with 504 and a page in HTML after 10 s.",
        hit=GivingUp,
        ok=Patient,
        visit=_WORKING,
        ok_summary="Opens the stream of the call at once and takes its time on it.",
    ),
    Fault(
        "serverless-function-killed",
        "Answers a call after 4 s with what a serverless platform says of a function that it ended.",
        hit=Killed,
        ok=Patient,
        visit=_WORKING,
        ok_summary="Lets the function run to its end.",
    ),
)
