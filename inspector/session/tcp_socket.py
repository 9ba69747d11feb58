"""One TCP connection below the HTTP library, in the hands of the laboratory: cut, slowed, delayed, half-closed."""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import struct
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, Protocol

import anyio
import httpcore
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.tls import TLSAttribute, TLSStream

from inspector.session.causes import Dropped

SLOW_BUFFER_BYTES = 4_096
"""The receive buffer of a slow reader: what the kernel holds for us, the server does not feel."""
MAX_HELD_BYTES = 1024 * 1024
"""How much of what was read may wait for its added delay."""
SLICES_PER_S = 10
_LOOK_S = 0.05
_LINGER_NOT = struct.pack("ii", 1, 0)

Spawn = Callable[[Coroutine[Any, Any, object], str], object]


class Exchange(Protocol):
    """What a socket has to know of the exchange that writes to it; `is_aside` says that it is none of the session's."""

    socket: Socket | None
    is_delayed: bool
    is_aside: bool


EXCHANGE: ContextVar[Exchange | None] = ContextVar("exchange", default=None)
"""Whose request is being written: the HTTP library does not tell which of its connections it took."""


@dataclass(frozen=True, slots=True)
class Bends:
    """What the laboratory does to reading and writing; nothing at first."""

    bytes_per_s: int | None = None
    out_ms: float = 0.0
    in_ms: float = 0.0

    @property
    def is_reading(self) -> bool:
        """Whether anything is done to what comes in."""
        return self.bytes_per_s is not None or self.in_ms > 0

    @property
    def slice_bytes(self) -> int:
        """How much a slow reader takes at once."""
        return MAX_HELD_BYTES if self.bytes_per_s is None else max(1, self.bytes_per_s // SLICES_PER_S)

    @property
    def room_bytes(self) -> int:
        """How much may be held: of a slow reader no more than its delay needs, or the server would not feel it."""
        if self.bytes_per_s is None:
            return MAX_HELD_BYTES
        return min(MAX_HELD_BYTES, self.slice_bytes + int(self.bytes_per_s * self.in_ms / 1e3))


class Owner(Protocol):
    """Runs tasks for sockets, and says how new exchanges are to be bent."""

    @property
    def spawn(self) -> Spawn: ...

    @property
    def bends(self) -> Bends: ...


_STRAIGHT = Bends()


class Socket(httpcore.AsyncNetworkStream):
    """One TCP connection; `number` counts from 1 within the session, `resolve_ms` is None for a literal address."""

    def __init__(self, number: int, raw: SocketStream, resolve_ms: float | None, owner: Owner) -> None:
        self.number = number
        self.resolve_ms = resolve_ms
        self.half_closed = False
        self.is_aside = False
        self.dropped: Dropped | None = None
        self.bends = owner.bends
        self._raw = raw
        self._socket: socket.socket = raw.extra(SocketAttribute.raw_socket)
        self._peer = raw.extra(SocketAttribute.remote_address)
        self._stream: ByteStream = raw
        self._owner = owner
        self._held: deque[tuple[int, bytes | Exception]] = deque()
        self._held_bytes = 0
        self._free_ns = 0
        self._buffer_bytes = 0
        self._is_pumping = False
        self._arrived = asyncio.Event()
        self._taken = asyncio.Event()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, at once or as the laboratory bends it; nothing at the end."""
        if not self._is_bent():
            data = await self._receive(max_bytes, timeout)
            if not self._is_bent():
                return data
            self._hold(data)  # it was bent while we waited
        if not self._is_pumping:
            self._is_pumping = True
            self._owner.spawn(self._pump(), f"socket {self.number}")
        return await self._take(max_bytes)

    def _is_bent(self) -> bool:
        """Whether reading goes through the pump; once it does, it does so to the end."""
        return self._is_pumping or self.bends.is_reading

    async def _receive(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            if timeout is None:
                return await self._stream.receive(max_bytes)
            with anyio.fail_after(timeout):
                return await self._stream.receive(max_bytes)
        except anyio.EndOfStream:
            if self.dropped is None:
                return b""
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            if self.dropped is None:
                raise httpcore.ReadError(str(error)) from error
        raise dropped_as(self.dropped, httpcore.ReadError)

    async def _pump(self) -> None:
        """Read ahead of whoever reads, so that what comes is as late as the laboratory wants it, but not slower."""
        data = b"-"
        try:
            while data:
                while self._held_bytes >= self.bends.room_bytes:
                    self._taken.clear()
                    await self._taken.wait()
                data = await self._receive(min(65_536, self.bends.slice_bytes))
                self._hold(data)
        except Exception as error:
            self._hold(error)

    def _hold(self, item: bytes | Exception) -> None:
        self._held.append((perf_counter_ns(), item))
        self._held_bytes += len(item) if isinstance(item, bytes) else 0
        self._arrived.set()

    async def _take(self, max_bytes: int) -> bytes:
        """The next bytes once they are due; nothing is lost if whoever waits is cancelled."""
        while self.dropped is None:
            wait_s = self._wait_s()
            if wait_s is not None and wait_s <= 0:
                return self._took(max_bytes)
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._arrived.wait()
        raise dropped_as(self.dropped, httpcore.ReadError)

    def _wait_s(self) -> float | None:
        if not self._held:
            return None
        due_ns = self._held[0][0] + int(self.bends.in_ms * 1e6)
        if self.bends.bytes_per_s is not None:
            due_ns = max(due_ns, self._free_ns)
        return (due_ns - perf_counter_ns()) / 1e9

    def _took(self, max_bytes: int) -> bytes:
        at_ns, item = self._held[0]
        if not item:
            return b""  # the end stays
        if isinstance(item, Exception):
            raise item
        piece, rest = item[: (size := min(max_bytes, self.bends.slice_bytes))], item[size:]
        self._held.popleft()
        if rest:
            self._held.appendleft((at_ns, rest))
        self._held_bytes -= len(piece)
        if self.bends.bytes_per_s is not None:
            self._free_ns = perf_counter_ns() + int(len(piece) / self.bends.bytes_per_s * 1e9)
        self._taken.set()
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it, later if the laboratory wants so."""
        exchange = EXCHANGE.get()
        if exchange is not None and exchange.socket is None:
            self._serve(exchange)
        if exchange is not None and self.bends.out_ms and not exchange.is_delayed:
            exchange.is_delayed = True  # once for each request, in however many pieces it is written
            await self._delay_out()
        if self.dropped is not None:
            raise dropped_as(self.dropped, httpcore.WriteError)
        if self.half_closed:
            raise httpcore.WriteError("Our side is closed for writing.")
        if not buffer:
            return
        try:
            with anyio.fail_after(timeout):
                await self._stream.send(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            if self.dropped is None:
                raise httpcore.WriteError(str(error)) from error
        if self.dropped is not None:
            raise dropped_as(self.dropped, httpcore.WriteError)

    def _serve(self, exchange: Exchange) -> None:
        """The laboratory leaves alone whom it does not concern."""
        exchange.socket = self
        if exchange.is_aside is not self.is_aside:
            self.is_aside = exchange.is_aside
            self.bends = _STRAIGHT if self.is_aside else self._owner.bends

    async def _delay_out(self) -> None:
        """In short steps: the laboratory may be cleared, or drop us, meanwhile."""
        began_ns = perf_counter_ns()
        while self.dropped is None:
            left_s = self.bends.out_ms / 1e3 - (perf_counter_ns() - began_ns) / 1e9
            if left_s <= 0:
                return
            await asyncio.sleep(min(left_s, _LOOK_S))

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> Socket:
        """Speak TLS from now on."""
        try:
            with anyio.fail_after(timeout):
                self._stream = await TLSStream.wrap(
                    self._stream,
                    ssl_context=ssl_context,
                    hostname=server_hostname,
                    standard_compatible=False,
                    server_side=False,
                )
        except BaseException as error:
            await self.aclose()
            if isinstance(error, TimeoutError):
                raise httpcore.ConnectTimeout(str(error)) from error
            if isinstance(error, anyio.BrokenResourceError | anyio.EndOfStream | ssl.SSLError):
                raise httpcore.ConnectError(str(error)) from error
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        """What the HTTP library and the watch on idle sockets ask for."""
        match info:
            case "is_readable":
                return self.half_closed or self.dropped is not None or is_readable(self._socket)
            case "ssl_object":
                return self._stream.extra(TLSAttribute.ssl_object, None)
            case "server_addr":
                return self._peer
            case "client_addr":
                return self._raw.extra(SocketAttribute.local_address, None)
            case "socket":
                return self._socket
            case _:
                return None

    def drop(self, sentence: str, *, with_reset: bool) -> Dropped:
        """Cut the connection: the server sees a reset (RST), or an end (FIN) without a word of TLS or HTTP."""
        if self.dropped is not None:
            return self.dropped
        self.dropped = Dropped(sentence)
        with suppress(OSError):  # the other side may have been quicker
            if with_reset:
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            else:
                self._socket.shutdown(socket.SHUT_RDWR)
                _forget_unread(self._socket)
        self._arrived.set()
        self._owner.spawn(self._raw.aclose(), f"drop socket {self.number}")
        return self.dropped

    def half_close(self) -> None:
        """Say that we will not write any more (FIN), and go on reading."""
        self.half_closed = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def bend(self, bends: Bends) -> None:
        """Read and write so from now on."""
        if self.is_aside:
            return
        self.bends = bends
        self._free_ns = 0
        with suppress(OSError):
            if self.bends.bytes_per_s is not None:
                self._buffer_bytes = self._buffer_bytes or self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SLOW_BUFFER_BYTES // 2)
            elif self._buffer_bytes:  # Linux tells, and keeps, twice what one asks for
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer_bytes // 2)
                self._buffer_bytes = 0
        self._arrived.set()
        self._taken.set()


def dropped_as(dropped: Dropped, kind: type[httpcore.NetworkError]) -> httpcore.NetworkError:
    """As the kind of error that httpcore expects; of that it takes the cause away later, but not the context.

    To be raised outside of any `except`, or Python would set another context.
    """
    error = kind(str(dropped))
    error.__context__ = dropped
    return error


def _forget_unread(raw: socket.socket) -> None:
    """Read away what has come, or the kernel would answer its loss with a reset."""
    with raw.dup() as same:
        same.setblocking(False)
        with suppress(OSError):
            for _ in range(256):
                if not same.recv(65_536):
                    return


def is_readable(raw: socket.socket) -> bool:
    """Whether anything is to be read, also the end; so for a socket that is closed."""
    number = raw.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):  # `select` knows only the first 1,024 files
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([number], [], [], 0)[0])
