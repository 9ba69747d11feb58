"""The fault gallery as a server: every fault and its control below a path of its own, and a page that lists them."""

from __future__ import annotations

import asyncio
import itertools
import re
import socket
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Self
from weakref import WeakKeyDictionary

from inspector.servers.faults import index
from inspector.servers.faults.behaviour import Behaviour, Ground
from inspector.servers.faults.certificates import Authority
from inspector.servers.faults.fault import SIDES, Fault, Side
from inspector.servers.faults.gallery import ALL
from inspector.servers.faults.http2 import Http2Listener, Http2Wire
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpConnection, HttpRequest
from inspector.servers.loopback import LoopbackListener

HTML_HEADERS: Headers = (("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"))
TEXT_HEADERS: Headers = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))
_WELL_KNOWN = re.compile(r"/\.well-known/[\w-]+")


class FaultServer:
    """Serves `faults` on 127.0.0.1 for as long as it is entered, each below `/<rule>/hit` and `/<rule>/ok`.

    `port` 0 lets the system choose; a taken port raises OSError. Every time that a fault waits is multiplied with
    `scale`. Each side has one behaviour that is kept until the server stops. What needs TLS has a port of its own;
    `ca_pem` is the authority to trust there.
    """

    def __init__(self, port: int = 0, scale: float = 1.0, faults: Mapping[str, Fault] = ALL) -> None:
        self._faults = faults
        self._scale = scale
        self._behaviours = {(rule, side): _made(fault, side, scale) for rule, fault in faults.items() for side in SIDES}
        self._numbers: WeakKeyDictionary[HttpConnection, int] = WeakKeyDictionary()
        self._counter = itertools.count(1)
        self._listener = LoopbackListener(self._route, port, guarded=False)
        self._authority: Authority | None = None
        self._ports: dict[Ground, int] = {}
        self._cleanup = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._cleanup.push_async_callback(self._close_behaviours)
        await self._cleanup.enter_async_context(self._listener)
        for ground in sorted({behaviour.ground for behaviour in self._behaviours.values()}):
            self._ports[ground] = await self._listen(ground)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._cleanup.aclose()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The address of the page that lists all."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the gallery's authority, empty where nothing needs TLS."""
        return b"" if self._authority is None else self._authority.pem

    def url_of(self, rule: str, side: Side, path: str = "/mcp") -> str:
        """The address of one side of a fault."""
        ground = self._behaviours[rule, side].ground
        scheme = "http" if ground in (Ground.PLAIN, Ground.NOTHING) else "https"
        return f"{scheme}://127.0.0.1:{self._ports[ground]}/{rule}/{side}{path}"

    def listing(self) -> list[dict[str, str]]:
        """Every fault in words, with the addresses of its sides."""
        return [
            {
                "rule": rule,
                "summary": fault.summary,
                "transport": str(fault.visit.transport),
                **{side: self.url_of(rule, side, fault.visit.below) for side in SIDES},
            }
            for rule, fault in self._faults.items()
        ]

    def behaviour(self, rule: str, side: Side) -> Behaviour:
        """What serves a side."""
        return self._behaviours[rule, side]

    async def _listen(self, ground: Ground) -> int:
        """Open the port of a ground, unless it has none of its own."""
        if ground in (Ground.PLAIN, Ground.NO_TLS):
            return self.port
        if ground is Ground.NOTHING:
            return _closed_port()
        if self._authority is None:
            self._authority = Authority()
        tls = self._authority.context(ground)
        if ground is Ground.HTTP2:
            streams = Http2Listener(self._serve_stream, tls, self._scale)
            return (await self._cleanup.enter_async_context(streams)).port
        listener = LoopbackListener(self._route, guarded=False, tls=tls)
        return (await self._cleanup.enter_async_context(listener)).port

    async def _close_behaviours(self) -> None:
        for behaviour in self._behaviours.values():
            await behaviour.close()

    def _find(self, request: HttpRequest) -> tuple[Behaviour, HttpRequest] | None:
        """The behaviour that a path names, and the request as that sees it.

        Well-known addresses have the path of the server behind them (RFC 8615, RFC 9728 section 3.1).
        """
        well_known = _WELL_KNOWN.match(request.path)
        before = well_known[0] if well_known else ""
        for side in SIDES:
            rule, found, rest = request.path.removeprefix(before).removeprefix("/").partition(f"/{side}")
            if found and rule in self._faults and (not rest or rest.startswith("/")):
                return self._behaviours[rule, side], replace(request, path=before + rest)
        return None

    async def _route(self, request: HttpRequest, connection: HttpConnection) -> None:
        found = self._find(request)
        if found is not None:
            await self._attend(*found, connection)
            return
        if request.path not in ("/", "/ca.pem"):
            text = f"Not Found: a path is /<rule>/hit or /<rule>/ok; see {self.url} for the rules that are here\n"
            await connection.respond(404, TEXT_HEADERS, text.encode())
        elif request.method not in ("GET", "HEAD"):
            await connection.respond(405, (("allow", "GET, HEAD"),))
        elif request.path == "/":
            page = index.page(self._faults, self.url, self.url_of, has_tls=bool(self.ca_pem))
            await connection.respond(200, HTML_HEADERS, page.encode())
        else:
            await connection.respond(200, TEXT_HEADERS, self.ca_pem)

    async def _attend(self, behaviour: Behaviour, request: HttpRequest, connection: HttpConnection) -> None:
        """Let a behaviour answer, and notice meanwhile when the client goes."""
        if connection not in self._numbers:
            self._numbers[connection] = next(self._counter)
        wire = Wire(connection.take_over(), self._scale, self._numbers[connection])
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(wire.watch(connection))
            try:
                await behaviour.serve(request, wire)
            except OSError:
                wire.close()
            finally:
                watching.cancel()

    async def _serve_stream(self, request: HttpRequest, wire: Http2Wire) -> None:
        found = self._find(request)
        if found is None:
            await wire.answer(404, TEXT_HEADERS, b"Not Found\n")
        else:
            behaviour, below = found
            await behaviour.serve(below, wire)


def _made(fault: Fault, side: Side, scale: float) -> Behaviour:
    behaviour = fault.make(side, scale)
    behaviour.base = f"/{fault.rule}/{side}"
    return behaviour


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def serve_faults(port: int, scale: float, ready: Callable[[FaultServer], None]) -> None:
    """Run the gallery until cancelled; `ready` is called once it listens. Raises OSError if the port is taken."""
    async with FaultServer(port, scale) as server:
        ready(server)
        await asyncio.Event().wait()
