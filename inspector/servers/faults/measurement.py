"""Faults of clocks, latencies and load."""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from time import time

from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line
from inspector.servers.faults.honest.speaker import TEXT_HEADERS, text_result
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

BEHIND_S = 90
CLOSED_EACH = 3
DROPPED = range(21, 28)


class SlowClock(Honest):
    """Its clock is a minute and a half behind."""

    async def answer_with_json(self, response: Json, wire: Wire, headers: Headers = ()) -> None:
        await super().answer_with_json(response, wire, (*headers, self.date()))

    def stream_headers(self) -> Headers:
        return (*super().stream_headers(), self.date())

    def date(self) -> tuple[str, str]:
        """The Date of now by this clock."""
        return "date", formatdate(time() - BEHIND_S, usegmt=True)


class FarAway(Honest):
    """New connections take long to be accepted, as over a satellite; it keeps them."""

    accept_s = 1.2

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.accepted: set[int] = set()

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        if wire.number not in self.accepted:
            self.accepted.add(wire.number)
            await wire.sleep(self.accept_s)
        return await super().open_line(wire, version, headers, ends_calls=ends_calls)


class ClosesConnections(FarAway):
    """Closes every third connection behind its answer."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.answered = 0

    async def carry(self, running: asyncio.Task[None], line: Line) -> None:
        await super().carry(running, line)
        self.answered += 1
        if self.answered % CLOSED_EACH == 0:
            line.wire.close()


class Counted(Honest):
    """Gives each event the next number as its id."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.events = 0

    def event(self, message: Json) -> bytes:
        self.events += 1
        return b"id: %d\n%s" % (self.events, super().event(message))

    async def work(self, call: Call) -> Json:
        """Says much at once."""
        for number in range(call.arguments.get("steps", 4)):
            await call.log(f"entry {number}")
        return text_result("done")


class Drops(Counted):
    """Loses some of them behind the counter, as a full queue does."""

    def event(self, message: Json) -> bytes:
        counted = super().event(message)
        return b"" if self.events in DROPPED else counted


class AnswersAtOnce(Honest):
    """One JSON document for each call, and no stream."""

    def streams(self, message: Json) -> bool:
        return False


class Silent(Honest):
    """A tool that never comes to an end."""

    async def call(self, call: Call) -> Json:
        await call.sleep(3_600.0)
        return text_result("late")


class Unnoticing(Honest):
    """Takes a stream that was opened once for open, whether anybody is there or not."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._opened: set[str | None] = set()

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        session = request.header("mcp-session-id")
        if session in self._opened:
            await wire.answer(409, TEXT_HEADERS, b"Conflict: Only one SSE stream is allowed per session\n")
            return
        self._opened.add(session)
        await super().on_get(request, wire)


_MANY = (("say", {"text": "hello"}),)


class LongStep(Honest):
    """Works so long that six streams are open at once, with too few steps for them to be held back together."""

    step_s = 2.0


FAULTS: tuple[Fault, ...] = (
    Fault("clock-skew", "Its clock is 90 seconds behind.", hit=SlowClock, ok=Honest),
    Fault(
        "latency-bimodal",
        "Closes every third connection, and is far away.",
        hit=ClosesConnections,
        ok=FarAway,
        visit=Visit(calls=_MANY * 24),
        ok_summary="As far away, but it keeps connections alive.",
    ),
    Fault(
        "server-drops-when-slow",
        "Drops events behind the counter of their ids.",
        hit=Drops,
        ok=Counted,
        visit=Visit(calls=(("work", {"steps": 40}),), hold_s=4.0),
        ok_summary="As many events, none of them dropped.",
    ),
    Fault(
        "six-connection-limit",
        "Answers six calls at once with a stream each.",
        hit=LongStep,
        ok=AnswersAtOnce,
        visit=Visit(calls=(("work", {"steps": 1}),) * 6, at_once=True),
        ok_summary="Answers with JSON documents.",
    ),
    Fault(
        "disconnect-unnoticed",
        "Refuses a second GET stream with 409, though the client of the first has long gone.",
        hit=Unnoticing,
        ok=Honest,
        visit=Visit(lists=False, calls=(), probes=("disconnect",)),
        ok_summary="Opens a stream to whoever comes.",
    ),
    Fault(
        "own-timeout-not-server",
        "A tool takes longer than the client waits.",
        hit=Silent,
        ok=Honest,
        visit=Visit(options={"request_timeout_s": 0.3}),
        also=("request-unanswered",),
    ),
)
