"""Event streams as a proxy, a middleware or a compressor makes them: late, in blocks, or pressed."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from inspector.servers.demo.messages import Json
from inspector.servers.faults.honest.line import Line
from inspector.servers.faults.wire import Wire

Frame = Callable[[Json], bytes]


class Held(Line):
    """Keeps everything until it is released."""

    def __init__(self, wire: Wire, frame: Frame, version: str, *, ends_calls: bool = False) -> None:
        super().__init__(wire, frame, version, ends_calls=ends_calls)
        self.frame = frame
        self.kept = bytearray()

    async def send(self, message: Json) -> None:
        await self.send_bytes(self.frame(message))

    async def send_bytes(self, data: bytes) -> None:
        self.kept += data

    async def release(self) -> None:
        """All that was kept, in one write."""
        await self.wire.chunk(bytes(self.kept))
        self.kept.clear()


class InBlocks(Held):
    """Lets out only whole blocks of `size` bytes."""

    size = 4_096

    async def send_bytes(self, data: bytes) -> None:
        self.kept += data
        whole = len(self.kept) // self.size * self.size
        if whole:
            await self.wire.chunk(bytes(self.kept[:whole]))
            del self.kept[:whole]


class Pressed(Held):
    """Compresses as gzip does; with `flushes` each event is let out at once."""

    flushes = True

    def __init__(self, wire: Wire, frame: Frame, version: str, *, ends_calls: bool = False) -> None:
        super().__init__(wire, frame, version, ends_calls=ends_calls)
        self._press = zlib.compressobj(wbits=31)

    async def send_bytes(self, data: bytes) -> None:
        pressed = self._press.compress(data)
        await self.wire.chunk(pressed + self._press.flush(zlib.Z_SYNC_FLUSH) if self.flushes else pressed)

    async def release(self) -> None:
        await self.wire.chunk(self._press.flush())


class Stalled(Pressed):
    """Compresses without a flush: only the header of gzip comes out before the end."""

    flushes = False
