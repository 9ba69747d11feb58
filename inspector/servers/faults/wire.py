"""What a fault writes with: heads, chunks and ends of connections, byte by byte, because frameworks repair faults."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from email.utils import formatdate
from http import HTTPStatus

from inspector.servers.http import Headers, HttpConnection

_LINGER_OFF = struct.pack("ii", 1, 0)
_NO_BODY = frozenset({204, 304})


class ClientGone(ConnectionError):
    """There is nobody left to write to; whoever serves may let it through."""


class Wire:
    """The answer to one request over HTTP/1.1, on the socket of `writer`.

    All times are multiplied with `scale`. `number` counts the connections of the server from 1 on: requests that come
    on one connection see the same number.
    """

    def __init__(self, writer: asyncio.StreamWriter, scale: float = 1.0, number: int = 1) -> None:
        self._writer = writer
        self._is_chunked = False
        self._gone = asyncio.Event()
        self.scale = scale
        self.number = number

    @property
    def gone(self) -> bool:
        """Whether the client has closed its side, or we have closed ours."""
        return self._gone.is_set() or self._writer.is_closing()

    async def watch(self, connection: HttpConnection) -> None:
        """Notice when the client goes; runs beside whatever is served."""
        await connection.wait_until_gone()
        self._gone.set()

    async def until_gone(self) -> None:
        """Wait until the client has closed its side."""
        await self._gone.wait()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` times the scale; raises `ClientGone` as soon as the client has gone."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds * self.scale):
                await self._gone.wait()
        if self.gone:
            raise ClientGone

    async def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        if self.gone:
            raise ClientGone
        self._writer.write(data)
        await self._writer.drain()

    async def head(self, status: int, headers: Headers = (), version: str = "1.1", reason: str | None = None) -> None:
        """A status line and headers.

        Adds Date unless one is given, and `transfer-encoding: chunked` unless a length is given or it is HTTP/1.0.
        """
        names = {name.lower() for name, _ in headers}
        fields = list(headers)
        if "date" not in names:
            fields.append(("date", formatdate(usegmt=True)))
        self._is_chunked = version != "1.0" and "content-length" not in names and status not in _NO_BODY
        if self._is_chunked and "transfer-encoding" not in names:
            fields.append(("transfer-encoding", "chunked"))
        phrase = _phrase(status) if reason is None else reason
        lines = [f"HTTP/{version} {status} {phrase}", *(f"{name}: {value}" for name, value in fields)]
        await self.raw(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    async def chunk(self, data: bytes) -> None:
        """A piece of the body: a chunk of its own, or just the bytes where the head has announced no chunks."""
        if data:
            await self.raw(b"%x\r\n%s\r\n" % (len(data), data) if self._is_chunked else data)

    async def end(self) -> None:
        """The orderly end of the body: the last chunk, or the end of the connection where there are none."""
        if self._is_chunked:
            await self.raw(b"0\r\n\r\n")
        else:
            self.close()

    async def answer(self, status: int, headers: Headers = (), body: bytes = b"") -> None:
        """A whole answer with its length."""
        names = {name.lower() for name, _ in headers}
        is_measured = status in _NO_BODY or "content-length" in names
        length = () if is_measured else (("content-length", str(len(body))),)
        await self.head(status, (*headers, *length))
        if body:
            await self.raw(body)

    def close(self) -> None:
        """FIN, whatever was promised: in the middle of a chunk too."""
        self._gone.set()
        self._writer.close()

    def reset(self) -> None:
        """RST, as after a crash; what was not sent yet is lost."""
        self._gone.set()
        peer: socket.socket = self._writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self._writer.transport.abort()


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
