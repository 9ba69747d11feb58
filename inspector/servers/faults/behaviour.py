"""What serves one side of a fault: everything below its own path, for as long as the server runs."""

from __future__ import annotations

import enum

from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest
from inspector.servers.tasks import OwnedTasks


class Ground(enum.StrEnum):
    """What stands under a behaviour: a plain port, or one of the ways in which TLS goes right or wrong."""

    PLAIN = "plain"
    TLS = "tls"
    """A certificate of the gallery's own authority, for this machine."""
    TLS_SELF_SIGNED = "tls-self-signed"
    TLS_EXPIRED = "tls-expired"
    TLS_SOON_EXPIRED = "tls-soon-expired"
    TLS_WRONG_HOST = "tls-wrong-host"
    NO_TLS = "no-tls"
    """An https address at which a plain port listens."""
    HTTP2 = "http2"
    """TLS with HTTP/2 and nothing else."""
    NOTHING = "nothing"
    """A port at which nothing listens."""


class Behaviour:
    """Serves requests; a state lives as long as the server, so that it outlasts connections.

    `base` is the path below which it stands; a request's path begins behind it. `scale` is what all waits are
    multiplied with; `tasks` run until the server stops.
    """

    ground: Ground = Ground.PLAIN
    speaks_stateless = True
    """Whether 2026-07-28 is spoken where Streamable HTTP is; a client that finds out itself would choose it."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.base = ""
        self.tasks = OwnedTasks()

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Answer one request; may let an `OSError` through, after which the connection is closed."""
        raise NotImplementedError

    async def close(self) -> None:
        """End what is still running."""
        await self.tasks.close()
