"""The river: the one ordered, append-only sequence of trace events that everything else is a fold over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Protocol, TypeVar

from inspector.trace.clock import Clock, SystemClock
from inspector.trace.events import AnyEvent, TraceEvent

E = TypeVar("E", bound=TraceEvent)

MAX_BEHIND_EVENTS = 10_000
MAX_BEHIND_BYTES = 16 * 1024 * 1024
"""How far the slowest reader may fall behind before `room` holds up whoever reads the socket."""
_FOLLOW_BATCH = 1_000


class Archive(Protocol):
    """Where events are kept that the river no longer holds in memory; a recording on disk."""

    def __len__(self) -> int: ...

    def __getitem__(self, n: int) -> AnyEvent: ...

    def since(self, n: int, limit: int) -> list[AnyEvent]:
        """The events from number `n` on, at least one if there is one and at most `limit`."""
        ...


class Reader:
    """One who takes every event in order; what it has not taken yet stays in memory, and it can hold up the socket."""

    def __init__(self, river: River, position: int) -> None:
        self._river = river
        self.position = position

    @property
    def behind(self) -> int:
        """How many events there are that were not taken yet."""
        return len(self._river) - self.position

    def take(self, limit: int) -> list[AnyEvent]:
        """The next events, at most `limit`."""
        events = self._river.since(self.position, limit)
        self.position += len(events)
        self._river.on_taken()
        return events

    def close(self) -> None:
        """Take nothing more, and hold up nobody."""
        self._river.readers.discard(self)
        self._river.on_taken()


class River:
    """Numbers and stamps events and keeps them in order.

    Readers pull at their own pace; `follow` is the same for coroutines. One thread writes; the numbering has no gaps.
    All events stay in memory unless there is an archive: then `forget` drops what stands there and was taken by all
    readers, and reading it again reads the archive. A river can begin with an archive, such as a recording.
    """

    def __init__(self, clock: Clock | None = None, archive: Archive | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.readers: set[Reader] = set()
        self._archive = archive
        self._first = 0 if archive is None else len(archive)
        self._tail: list[AnyEvent] = []
        self._streams = 0
        self._wakers: set[asyncio.Event] = set()
        self._closed = False
        self._bytes_behind = 0
        self._room: asyncio.Event | None = None

    def __len__(self) -> int:
        return self._first + len(self._tail)

    def __getitem__(self, n: int) -> AnyEvent:
        if n < 0:
            n += len(self)
        if n >= self._first:
            return self._tail[n - self._first]
        if n < 0 or self._archive is None:
            raise IndexError(n)
        return self._archive[n]

    def since(self, n: int, limit: int | None = None) -> list[AnyEvent]:
        """The events from number `n` on, at most `limit` of them; maybe fewer than there are."""
        if n < self._first and self._archive is not None:
            if limit is not None:
                return self._archive.since(n, min(limit, self._first - n))
            events: list[AnyEvent] = []
            while n + len(events) < self._first:
                events += self._archive.since(n + len(events), self._first - n - len(events))
            return events + self._tail
        n -= self._first
        return self._tail[n:] if limit is None else self._tail[n : n + limit]

    def blocks(self, limit: int = 512) -> Iterator[list[AnyEvent]]:
        """All events there are, in order, at most `limit` at once: of big ones `since` gives fewer than asked for."""
        n = 0
        while block := self.since(n, limit):
            n += len(block)
            yield block

    def next_stream(self) -> int:
        """A number for a new HTTP exchange, unique in this river."""
        self._streams += 1
        return self._streams

    def emit(self, make: Callable[..., E], /, *, monotonic_ns: int | None = None, **fields: Any) -> E:
        """Append `make(**fields)` with its number and times.

        `monotonic_ns` is given where the stamp was taken earlier than now; `at` is set back by the same amount.
        """
        now_ns = self.clock.monotonic_ns()
        at = self.clock.time()
        if monotonic_ns is None:
            monotonic_ns = now_ns
        else:
            at -= (now_ns - monotonic_ns) / 1e9
        made = make(n=self._first + len(self._tail), at=at, monotonic_ns=monotonic_ns, **fields)
        self.append(made)  # type: ignore[arg-type]
        return made

    def at(self, monotonic_ns: int) -> float:
        """The wall-clock time of a stamp that was taken earlier than now."""
        now_ns = self.clock.monotonic_ns()
        return self.clock.time() - (now_ns - monotonic_ns) / 1e9

    def append(self, event: AnyEvent) -> None:
        """Take an event whose number is `len(river)`: whoever makes many alike numbers and stamps them by himself."""
        self._tail.append(event)
        if self._wakers:
            for waker in self._wakers:
                waker.set()

    def close(self) -> None:
        """Nothing will follow: `follow` ends once it has handed out what is there."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def follow(self, since: int = 0) -> AsyncIterator[AnyEvent]:
        """Every event from number `since` on, waiting for new ones until the river is closed."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            while True:
                for event in self.since(since, _FOLLOW_BATCH):
                    since += 1
                    yield event
                if since < len(self):
                    continue
                if self._closed:
                    return
                waker.clear()
                await waker.wait()
        finally:
            self._wakers.discard(waker)

    def reader(self, position: int = 0) -> Reader:
        """A reader of everything from event number `position` on."""
        reader = Reader(self, position)
        self.readers.add(reader)
        return reader

    def keep_in(self, archive: Archive) -> None:
        """From now on `forget` may drop what `archive` holds, which are the first events of this river."""
        self._archive = archive

    def forget(self, before: int) -> None:
        """Drop events below number `before` from memory, as far as readers and archive allow."""
        if self._archive is None:
            return
        end = min(before, len(self._archive), *(reader.position for reader in self.readers))
        if end > self._first:
            del self._tail[: end - self._first]
            self._first = end

    async def room(self, new_bytes: int) -> None:
        """Wait, after `new_bytes` came in, until no reader is too far behind; whoever reads a socket calls this.

        So a flood is slowed down at its source (TCP's own flow control), and nothing is dropped.
        """
        self._bytes_behind += new_bytes
        if self._behind() == 0:
            self._bytes_behind = 0
        if self._bytes_behind <= MAX_BEHIND_BYTES and self._behind() <= MAX_BEHIND_EVENTS:
            return
        if self._room is None:
            self._room = asyncio.Event()
        await self._room.wait()

    @property
    def is_held_up(self) -> bool:
        """Whether a socket waits for the readers."""
        return self._room is not None

    def on_taken(self) -> None:
        """A reader has moved on: whoever waits for room may go on."""
        behind = self._behind()
        if behind == 0:
            self._bytes_behind = 0
        if self._room is not None and behind <= MAX_BEHIND_EVENTS // 2 and self._bytes_behind <= MAX_BEHIND_BYTES:
            self._room.set()
            self._room = None

    def _behind(self) -> int:
        return max((reader.behind for reader in self.readers), default=0)
