"""HTTP exchanges and messages that a file tells of, as the events that a live session would have made of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from operator import itemgetter
from typing import Any

from inspector.protocol import jsonrpc
from inspector.record.formats.exchange_reader import ExchangeReader, send
from inspector.record.formats.talk import Place, Scribe, Talk
from inspector.record.text import counted
from inspector.trace.events import AnyEvent, Direction, EndCause, Framing, Headers
from inspector.wire import http

Step = tuple[int, int, Callable[[], object]]
"""When, how urgent among what comes at the same time, and what to do."""
_FIRST, _LATER = 0, 1
_ROUNDING_US = 1000
"""Durations in files are rounded, to whole milliseconds at worst: that far back is nothing to tell of."""


@dataclass(slots=True)
class Exchange:
    """One HTTP exchange; times are microseconds since the epoch, `lane` says which server it talks to.

    `status` is None where no answer came, or none is in the file; `pieces` are the body as it came, each with its time.
    `purpose`, `cause` and `sentence` are what our own files say of it.
    """

    started_us: int
    method: str
    url: str
    lane: Hashable = None
    request_headers: Headers = ()
    request_body: bytes = b""
    connected_us: int | None = None
    peer: str = ""
    connect_ms: float = 0.0
    tls_ms: float | None = None
    headers_us: int = 0
    status: int | None = None
    reason: str = ""
    http_version: str = ""
    headers: Headers = ()
    content_type: str = ""
    pieces: list[tuple[int, bytes]] = field(default_factory=list)
    ended_us: int = 0
    error: str = ""
    purpose: str = ""
    cause: EndCause | None = None
    sentence: str = ""

    def request_header(self, name: str) -> str | None:
        return http.get(self.request_headers, name)

    def header(self, name: str) -> str | None:
        return http.get(self.headers, name)


@dataclass(slots=True)
class Said:
    """One JSON-RPC message of which no HTTP is known; `direction` None: neither is who said it."""

    at_us: int
    value: Any
    raw: bytes
    direction: Direction | None = None
    lane: Hashable = None


class Retelling:
    """Puts everything into the order of time and tells it; how far a time had to be moved stands in `notes`."""

    def __init__(self, items: Iterable[Exchange | Said], notes: list[str]) -> None:
        self._items = list(items)
        self._notes = notes
        self._talks: dict[Hashable, Talk] = {}
        self._connections = 0
        self._moved = 0
        self._scribe = Scribe(min(map(_start_us, self._items), default=0))
        self.mcp_places: set[str] = set()

    def events(self) -> Iterator[AnyEvent]:
        """All events in order, numbered from 0."""
        steps: list[Step] = []
        streams = 0
        for item in sorted(self._items, key=_start_us):
            if isinstance(item, Said):
                steps.append((item.at_us, _LATER, partial(self._say, item)))
            else:
                streams += 1
                steps.extend(self._steps(ExchangeReader(self, self._scribe, item, streams), item))
        self._items.clear()
        steps.sort(key=itemgetter(0, 1))
        steps.reverse()
        if self._moved:
            self._notes.append(f"Running backwards in the file: {counted(self._moved, 'time')}, set to the one before.")
        while steps:
            at_us, _, act = steps.pop()
            self._scribe.move(at_us)
            act()
            told = self._scribe.told
            self._scribe.told = []
            yield from told

    def talk(self, lane: Hashable) -> Talk:
        """The connection that a lane is in now."""
        found = self._talks.get(lane)
        if found is None:
            self._connections += 1
            found = self._talks[lane] = Talk(self._scribe, self._connections)
        return found

    def talk_for(self, lane: Hashable, values: Iterable[Any]) -> Talk:
        """The connection that these messages of a client's belong to: `initialize` begins another."""
        talk = self.talk(lane)
        if any(talk.begins_anew(jsonrpc.read(value)) for value in values):
            del self._talks[lane]
        return self.talk(lane)

    def _steps(self, reader: ExchangeReader, exchange: Exchange) -> Iterator[Step]:
        """What happens in an exchange, one after the other, none before the one before."""
        after_us = exchange.started_us
        yield after_us, _FIRST, reader.request
        acts: list[tuple[int, Callable[[], object]]] = []
        if exchange.connected_us is not None:
            acts.append((exchange.connected_us, reader.connected))
        if exchange.status is not None:
            acts.append((exchange.headers_us, reader.answered))
            acts.extend((at_us, partial(reader.piece, index)) for index, (at_us, _) in enumerate(exchange.pieces))
        acts.append((exchange.ended_us, reader.ended))
        for at_us, act in acts:
            self._moved += at_us < after_us - _ROUNDING_US
            after_us = max(after_us, at_us)
            yield after_us, _LATER, act

    def _say(self, said: Said) -> None:
        values = said.value if isinstance(said.value, list) and said.value else [said.value]
        message = jsonrpc.read(values[0])
        direction = said.direction or self.talk(said.lane).direction_of(message)
        if direction is Direction.OUTBOUND:
            talk = self.talk_for(said.lane, values)
            send(talk, said.value, said.raw, None)
        elif values is said.value:
            self.talk(said.lane).batch(said.raw, values, Place(), None)
        else:
            self.talk(said.lane).heard(said.value, Place(), Framing.BODY, raw=said.raw)


def _start_us(item: Exchange | Said) -> int:
    return item.at_us if isinstance(item, Said) else item.started_us
