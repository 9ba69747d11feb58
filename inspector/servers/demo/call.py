"""A running tool call: what a tool may do while it works."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import Json, encode, notification_message
from inspector.servers.demo.revisions import fit

LOG_LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")


@dataclass
class SessionState:
    """What client and server have agreed on; `log_level` is the least severe entry that the client wants."""

    supported_versions: tuple[str, ...]
    protocol_version: str | None = None
    log_level: str = LOG_LEVELS[0]
    subscriptions: set[str] = field(default_factory=set)

    def wants_log(self, level: str) -> bool:
        """True if an entry of `level` passes `logging/setLevel`."""
        return LOG_LEVELS.index(level) >= LOG_LEVELS.index(self.log_level)


@dataclass
class Call:
    """Messages go to the stream of the call's own request; `sleep` (seconds) and `monotonic` are a test's seam."""

    state: SessionState
    stream: EventStream
    progress_token: int | str | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic

    async def progress(self, progress: float, total: float, message: str) -> None:
        """Report progress, if the client asked for it with a token (basic/utilities/progress)."""
        if self.progress_token is None:
            return
        params = {"progressToken": self.progress_token, "progress": progress, "total": total, "message": message}
        await self._notify("notifications/progress", fit(params, self.state.protocol_version or ""))

    async def log(self, level: str, logger: str, data: Any, *, cut: bool = False) -> None:
        """Write a log entry, if the client wants its level; with `cut` the connection breaks in the middle of it."""
        if cut or self.state.wants_log(level):
            await self._notify("notifications/message", {"level": level, "logger": logger, "data": data}, cut=cut)

    async def _notify(self, method: str, params: Json, *, cut: bool = False) -> None:
        self.stream.push(encode(notification_message(method, params)), cut=cut)
        await self.stream.room()
