"""Noticing a dead server while no stream is open that would break."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

from inspector.session.link import Link

CONNECT_TIMEOUT_S = 1.0
MISSES_UNTIL_DEAD = 2


class Liveness:
    """Looks at idle sockets: when the peer has closed one, a bare TCP connect tells a tidy server from a dead one.

    Where no socket is left to look at, a server on this machine is asked by a bare connect as well; others are left
    alone. Nothing is sent.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._misses = 0

    async def why_dead(self, url: str) -> str | None:
        """The reason in a sentence, None while there is no sign of death."""
        if self._link.streams:
            self._misses = 0
            return None
        if not self._a_socket_was_closed() and (self._link.sockets or not is_loopback(url)):
            return None
        error = await connect_error(url)
        self._misses = self._misses + 1 if error else 0
        if self._misses < MISSES_UNTIL_DEAD and not isinstance(error, ConnectionRefusedError):
            return None
        return gone(error) if error else None

    def _a_socket_was_closed(self) -> bool:
        """Whether the peer closed an idle connection of ours; forgets the closed ones."""
        closed = [stream for stream in self._link.sockets if stream is None or stream.get_extra_info("is_readable")]
        for stream in closed:
            self._link.sockets.remove(stream)
        return bool(closed)


def gone(error: OSError) -> str:
    """The sentence for a server that cannot be connected to any more."""
    return f"The server is gone: {_words(error)}. Start it again; we keep asking for it."


async def connect_error(url: str) -> OSError | None:
    """What a bare TCP connect to the server of an URL runs into, None if it is taken; nothing is sent."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            _, writer = await asyncio.open_connection(parts.hostname, port)
    except OSError as error:
        return error
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return None


def _words(error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens at its address any more"
    if isinstance(error, TimeoutError):
        return "it does not accept connections any more"
    return error.strerror or type(error).__name__


def is_loopback(url: str) -> bool:
    """Whether an URL names this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
