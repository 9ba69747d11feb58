"""A running tool call: what a tool may do while it works."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from inspector.servers.demo.messages import Json, RequestId, notification_message
from inspector.servers.demo.revisions import fit
from inspector.servers.faults.honest.line import Line
from inspector.servers.http import HttpRequest


@dataclass
class Call:
    """`line` is the stream that its messages belong on; `http` the HTTP request that brought it."""

    id: RequestId
    name: str
    arguments: Json
    line: Line
    http: HttpRequest
    token: int | str | None = None

    async def progress(self, progress: float, total: float | None = None, message: str = "") -> None:
        """Report progress, if the client asked for it with a token."""
        if self.token is None:
            return
        params: Json = {"progressToken": self.token, "progress": progress}
        if total is not None:
            params["total"] = total
        if message:
            params["message"] = message
        await self.notify("notifications/progress", fit(params, self.line.version))

    async def log(self, data: object, level: str = "info") -> None:
        """A log entry."""
        await self.notify("notifications/message", {"level": level, "logger": "gallery", "data": data})

    async def notify(self, method: str, params: Json) -> None:
        """A notification on the call's own stream."""
        await self.line.send(notification_message(method, params))

    async def sleep(self, seconds: float) -> None:
        """Work for so long, times the scale; ends with the client only where closing the stream cancels."""
        if self.line.ends_calls:
            await self.line.wire.sleep(seconds)
        else:
            await asyncio.sleep(seconds * self.line.wire.scale)
