"""Dialling for the HTTP library: the name is looked up, then all its addresses tried, each timed apart."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import weakref
from collections.abc import Iterable
from contextlib import suppress
from time import perf_counter_ns
from typing import Any

import aiohappyeyeballs
import anyio
import httpcore
from aiohappyeyeballs.types import AddrInfoType
from anyio.abc import SocketStream

from inspector.session.tcp_socket import SLOW_BUFFER_BYTES, Bends, Socket, Spawn

ATTEMPT_DELAY_S = 0.25
"""How long one address may take before the next one is tried beside it (RFC 8305 section 5)."""
_ERRNO = re.compile(r"\[Errno (\d+)\]")


class Sockets(httpcore.AsyncNetworkBackend):
    """Dials for the HTTP library: looks the name up, then connects, each timed apart.

    `bends` hold for all sockets but those of exchanges aside.
    """

    def __init__(self, spawn: Spawn) -> None:
        self.spawn = spawn
        self.bends = Bends()
        self._count = 0
        self._open: weakref.WeakSet[Socket] = weakref.WeakSet()

    def bend(self, bends: Bends) -> None:
        """Treat what is read and written so from now on, also on the sockets that are open."""
        self.bends = bends
        for each in tuple(self._open):
            each.bend(bends)

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> Socket:
        """A new connection. Raises `httpcore.ConnectError` and `httpcore.ConnectTimeout`."""
        try:
            with anyio.fail_after(timeout):
                addresses, resolve_ms = await _resolve(host, port)
                raw = await SocketStream.from_socket(await self._dial(addresses))
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from (_apart(error) or error)
        self._count += 1
        opened = Socket(self._count, raw, resolve_ms, self)
        self._open.add(opened)
        return opened

    async def _dial(self, addresses: list[AddrInfoType]) -> socket.socket:
        connected = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=ATTEMPT_DELAY_S, socket_factory=self._new_socket
        )
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        return connected

    def _new_socket(self, address: AddrInfoType) -> socket.socket:
        made = socket.socket(family=address[0], type=address[1], proto=address[2])
        if self.bends.bytes_per_s is not None:  # before connecting, or a large window has already been promised
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES // 2)
        return made

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _resolve(host: str, port: int) -> tuple[list[AddrInfoType], float | None]:
    """The addresses of a host and how long the look-up took, None if there was nothing to look up."""
    with suppress(ValueError):
        ipaddress.ip_address(host)
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)), None
    began_ns = perf_counter_ns()
    loop = asyncio.get_running_loop()
    # As bytes: a text would be encoded by IDNA once more, which names of more than 63 characters do not survive.
    found = await loop.getaddrinfo(host.encode(), port, type=socket.SOCK_STREAM)
    return list(found), (perf_counter_ns() - began_ns) / 1e6


def _apart(error: OSError) -> BaseException | None:
    """Several attempts that failed for several reasons come as one text; each reason is wanted again."""
    numbers = [int(number) for number in _ERRNO.findall(str(error))] if error.errno is None else []
    return ExceptionGroup(str(error), [OSError(number, str(error)) for number in numbers]) if numbers else None
