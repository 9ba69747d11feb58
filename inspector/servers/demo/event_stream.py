"""What a server says on one event stream: written by calls, read by an HTTP connection, kept for a while.

The writer never waits for the network but only for room, and a reader that comes back can have again what it missed
(2025-11-25, transports, resumability). No IO in here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

HIGH_WATER_BYTES = 128 * 1024
REPLAY_BYTES = 256 * 1024
RETRY_MS = 500


@dataclass(slots=True)
class Block:
    """`count` whole events, numbered from `first`; `cut` asks for the connection to break in the middle of them."""

    first: int
    count: int
    data: bytes
    cut: bool = False

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def after(self, number: int) -> bytes:
        """The bytes of the events behind event `number`."""
        if number < self.first:
            return self.data
        return b"\n\n".join(self.data.split(b"\n\n")[number - self.first + 1 :])


class EventStream:
    """An ordered sequence of events, numbered from 1, with one reader at a time.

    With `replay_bytes` 0 nothing can be resumed, hence the events carry no ids; `event` is the value of their `event:`
    field, None to leave it out.
    """

    def __init__(self, number: int = 0, *, event: str | None = None, replay_bytes: int = REPLAY_BYTES) -> None:
        self.number = number
        self.finished = False
        self._prefix = b"" if event is None else f"event: {event}\n".encode()
        self._replay_bytes = replay_bytes
        self._blocks: deque[Block] = deque()
        self._stored_bytes = 0
        self._unread_bytes = 0
        self._last = 0
        self._cursor = 0
        self._reader = 0
        self._is_attached = False
        self._changed = asyncio.Event()
        self._has_room = asyncio.Event()

    @property
    def is_attached(self) -> bool:
        """True while somebody reads."""
        return self._is_attached

    @property
    def is_delivered(self) -> bool:
        """True once a reader has had everything and nothing will follow."""
        return self.finished and self._cursor == self._last

    def push(self, data: bytes, *, cut: bool = False) -> None:
        """Append one event with `data`, which must be one line."""
        self._append(Block(self._last + 1, 1, self._encode([data]), cut))

    def push_many(self, datas: list[bytes]) -> None:
        """Append many events at once: the reader gets them in one piece."""
        self._append(Block(self._last + 1, len(datas), self._encode(datas)))

    def _encode(self, datas: list[bytes]) -> bytes:
        if not self._replay_bytes:
            template = self._prefix + b"data: %s\n\n"
            return b"".join([template % data for data in datas])
        template = self._prefix + b"id: %d-%%d\ndata: %%s\n\n" % self.number
        return b"".join([template % numbered for numbered in enumerate(datas, self._last + 1)])

    def _append(self, block: Block) -> None:
        self._blocks.append(block)
        self._last = block.last
        self._stored_bytes += len(block.data)
        self._unread_bytes += len(block.data)
        self._changed.set()

    def prime(self) -> bytes:
        """An event without data that gives the reader an id to resume from before anything else has happened."""
        return b"id: %d-%d\nretry: %d\ndata:\n\n" % (self.number, self._cursor, RETRY_MS)

    async def room(self) -> None:
        """Wait until the reader has taken most of what was written."""
        while self._unread_bytes > HIGH_WATER_BYTES:
            self._has_room.clear()
            await self._has_room.wait()

    def finish(self) -> None:
        """Nothing will follow; the reader ends when it has everything."""
        self.finished = True
        self._changed.set()

    def rewind(self, after: int) -> bool:
        """Let the next reader continue behind event `after`; False if that is not kept any more."""
        oldest = self._blocks[0].first if self._blocks else self._last + 1
        if not oldest - 1 <= after <= self._last:
            return False
        self._cursor = after
        self._unread_bytes = sum(len(block.data) for block in self._unread())
        return True

    async def read(self) -> AsyncGenerator[Block, None]:
        """Blocks as they come, from the cursor on; a later call takes over from an earlier one.

        A block counts as read when the next one is asked for, so the next reader gets one that could not be sent.
        """
        self._reader += 1
        reader = self._reader
        self._is_attached = True
        self._changed.set()
        try:
            while self._reader == reader:
                self._changed.clear()
                if block := self._gather():
                    yield block
                    if self._reader == reader:
                        self._mark_read(block)
                elif self.finished:
                    return
                else:
                    await self._changed.wait()
        finally:
            if self._reader == reader:
                self._is_attached = False

    def _unread(self) -> list[Block]:
        found = []
        for block in reversed(self._blocks):
            if block.last <= self._cursor:
                break
            found.append(block)
        return found[::-1]

    def _gather(self) -> Block | None:
        """Everything unread as one block, but a block that is to be cut on its own."""
        unread = list(_until_cut(self._unread()))
        if not unread:
            return None
        cut = unread[0].cut
        unread[0].cut = False
        data = b"".join(block.after(self._cursor) for block in unread)
        return Block(self._cursor + 1, unread[-1].last - self._cursor, data, cut)

    def _mark_read(self, block: Block) -> None:
        self._cursor = block.last
        self._unread_bytes = max(0, self._unread_bytes - len(block.data))
        self._has_room.set()
        while self._stored_bytes > self._replay_bytes and self._blocks and self._blocks[0].last <= self._cursor:
            self._stored_bytes -= len(self._blocks.popleft().data)


def _until_cut(blocks: list[Block]) -> Iterator[Block]:
    for index, block in enumerate(blocks):
        if block.cut and index:
            return
        yield block
        if block.cut:
            return
