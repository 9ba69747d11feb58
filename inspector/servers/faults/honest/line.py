"""An event stream that the server's messages go out on."""

from __future__ import annotations

from collections.abc import Callable

from inspector.servers.demo.messages import Json
from inspector.servers.faults.wire import Wire


class Line:
    """Writes messages to `wire`, framed by `frame`; `version` is the revision spoken on it.

    `ends_calls` says that a client which closes it cancels what runs on it (2026-07-28).
    """

    def __init__(self, wire: Wire, frame: Callable[[Json], bytes], version: str, *, ends_calls: bool = False) -> None:
        self.wire = wire
        self.version = version
        self.ends_calls = ends_calls
        self._frame = frame

    async def send(self, message: Json) -> None:
        """One message as one event."""
        await self.wire.chunk(self._frame(message))

    async def send_bytes(self, data: bytes) -> None:
        """Bytes of the stream as they are, such as a comment."""
        await self.wire.chunk(data)
