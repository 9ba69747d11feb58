"""Serves one recorded exchange on one connection, in the time in which it was recorded or faster."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable

from inspector.servers.replay.answer import (
    Ending,
    Opening,
    ending_of,
    framed,
    last_bytes,
    opening_of,
)
from inspector.servers.replay.body import Body, Piece, Unit, units_of
from inspector.servers.replay.rewriting import Edit, Rules, StreamEdits, applied, edits_in_json, edits_of_origins
from inspector.servers.replay.script import Exchange
from inspector.servers.tasks import OwnedTasks
from inspector.wire import http

BEFORE_RESET_S = 0.05
"""A reset throws away what the kernel has not delivered yet; what was recorded was delivered."""

Send = Callable[[bytes], Awaitable[None]]


class Pace:
    """Recorded time in real time: `speed` 2 is twice as fast, 0 does not wait at all."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def seconds(self, ns: int) -> float:
        return max(ns, 0) / 1e9 / self._speed if self._speed else 0.0

    async def wait(self, since: float, ns: int) -> None:
        """Until `ns` of recorded time have passed since that time of the event loop."""
        delay = since + self.seconds(ns) - asyncio.get_running_loop().time()
        await asyncio.sleep(max(delay, 0.0))


class Rewritten:
    """The body of an exchange with the edits for one live request; pieces are taken in order."""

    def __init__(self, exchange: Exchange, body: Body, rules: Rules, start: int, stop: int) -> None:
        self._data = body.data[start:stop]
        self._start = start
        self._edits: list[Edit] = []
        self._stream: StreamEdits | None = None
        if not body.can_change:
            return
        if exchange.is_event_stream:
            self._stream = StreamEdits(self._data, rules)
        else:
            self._edits = edits_in_json(self._data, rules)
            if exchange.method == "GET":  # metadata and manifests name addresses of their server
                self._edits += edits_of_origins(self._data, rules)
                self._edits.sort(key=lambda edit: edit.start)

    def take(self, piece: Piece) -> bytes:
        start, stop = piece.start - self._start, piece.stop - self._start
        edits = self._stream.up_to(stop) if self._stream else self._edits
        return applied(self._data, edits, start, stop)

    @property
    def size_bytes(self) -> int:
        """The whole length once rewritten; looks at all of it."""
        edits = self._stream.up_to(len(self._data)) if self._stream else self._edits
        return len(self._data) + sum(len(edit.new) - (edit.stop - edit.start) for edit in edits)


class Player:
    """One exchange while it is served. `arrived` tells it of requests that something on its stream waits for.

    `is_over` says that it came to its recorded end, and was not left by the client before.
    """

    def __init__(self, exchange: Exchange, body: Body, rules: Rules, pace: Pace, writer: asyncio.StreamWriter) -> None:
        self.exchange = exchange
        self.body = body
        self.is_over = False
        self._rules = rules
        self._pace = pace
        self._writer = writer
        self._units = units_of(exchange, body)
        self._opening: Opening | None = None
        self._opened = asyncio.Event()
        self._finished = asyncio.Event()
        self._changed = asyncio.Event()
        self._busy = asyncio.Lock()
        self._deliveries = OwnedTasks()
        self._missing = {unit.after for unit in self._units if unit.after is not None}
        if exchange.lost is not None:
            self._missing.add(exchange.lost)
        self._active = 0.0
        self._active_ns = exchange.sent_ns

    async def run(self) -> None:
        """The whole answer to its recorded end; returns at once behind it, or never if it is held open."""
        self._active = started = asyncio.get_running_loop().time()
        try:
            with contextlib.suppress(OSError):
                await self._play(started)
        finally:
            await self._deliveries.close()
            self._opened.set()
            self._finished.set()

    async def reached(self, at_ns: int) -> None:
        """Until all of this answer that was recorded before that time has gone out, or will not any more."""
        head, end = self.exchange.head, self.exchange.end
        if head is not None and head.at_ns <= at_ns:
            await self._opened.wait()
        if end is not None and end.at_ns <= at_ns and ending_of(self.exchange) is not Ending.HOLD:
            await self._finished.wait()

    async def _play(self, started: float) -> None:
        head = self.exchange.head
        if head is not None:
            await self._pace.wait(started, head.at_ns - self.exchange.sent_ns)
            self._opening = opening_of(self.exchange, head, self.body, self._size_bytes(), self._rules)
            await self._write(self._opening.head)
            self._note_activity(head.at_ns)
            self._opened.set()
            for unit in self._units:
                if unit.is_torn:
                    await self._until_all_is_sent()
                    await self._send_unit(unit, self.body, self.exchange, self._rules, self._active, self._active_ns)
                elif unit.after is None:
                    await self._send_unit(unit, self.body, self.exchange, self._rules, started, self.exchange.sent_ns)
        ending = ending_of(self.exchange)
        if ending is Ending.HOLD:
            await asyncio.Event().wait()
        if self.exchange.end is not None:
            await self._until_all_is_sent()
            await self._pace.wait(self._active, self.exchange.end.at_ns - self._active_ns)
        await self._finish(ending)
        self.is_over = True

    def _size_bytes(self) -> int:
        """Only an answer that names its length beforehand has to know it."""
        head = self.exchange.head
        if head is None or http.get(head.headers, "content-length") is None:
            return 0
        return Rewritten(self.exchange, self.body, self._rules, 0, len(self.body.data)).size_bytes

    async def _until_all_is_sent(self) -> None:
        while self._missing or len(self._deliveries):
            self._changed.clear()
            await self._changed.wait()

    def arrived(self, number: int, sent_ns: int) -> None:
        """A live request was answered by the exchange of that number, which left at `sent_ns` in the recording."""
        self._note_activity(sent_ns)
        self._missing.discard(number)
        self._changed.set()

    def deliver(self, units: list[Unit], body: Body, source: Exchange, rules: Rules, carrier: Player) -> None:
        """Send on this stream what answers the live request that came just now.

        `source` is where the `units` were recorded, `carrier` serves the request itself: what came behind its answer
        does so again.
        """
        sent_ns = carrier.exchange.sent_ns
        started = asyncio.get_running_loop().time()

        async def send() -> None:
            await self._opened.wait()
            with contextlib.suppress(OSError):
                for unit in units:
                    await carrier.reached(unit.pieces[0].at_ns)
                    await self._send_unit(unit, body, source, rules, started, sent_ns)

        self._deliveries.start(send()).add_done_callback(lambda _: self._changed.set())

    async def say(self, data: bytes) -> None:
        """Send bytes that nobody recorded, as the answer that there is no recorded one."""
        await self._opened.wait()
        if self._opening is not None:
            async with self._busy:
                await self._write(framed(self._opening, data))

    def units_after(self, number: int) -> list[Unit]:
        """What on this stream waits for the exchange of that number."""
        return [unit for unit in self._units if unit.after == number]

    async def _send_unit(
        self, unit: Unit, body: Body, source: Exchange, rules: Rules, started: float, sent_ns: int
    ) -> None:
        """Nobody else's bytes get between the pieces of a unit."""
        rewritten = Rewritten(source, body, rules, unit.start, unit.stop)
        await self._pace.wait(started, unit.pieces[0].at_ns - sent_ns)
        async with self._busy:
            for piece in unit.pieces:
                await self._pace.wait(started, piece.at_ns - sent_ns)
                await self._write(framed(self._opening, rewritten.take(piece)) if self._opening else b"")
                self._note_activity(piece.at_ns)

    def _note_activity(self, at_ns: int) -> None:
        self._active = asyncio.get_running_loop().time()
        self._active_ns = max(self._active_ns, at_ns)

    async def _write(self, data: bytes) -> None:
        if data and not self._writer.is_closing():
            self._writer.write(data)
            await self._writer.drain()

    async def _finish(self, ending: Ending) -> None:
        await self._write(last_bytes(self._opening, ending))
        if ending is Ending.RESET:
            await asyncio.sleep(BEFORE_RESET_S)
            peer: socket.socket = self._writer.get_extra_info("socket")
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._writer.transport.abort()
        elif ending is not Ending.FINISH or self._opening is None or not self._opening.stays_open:
            self._writer.close()
