"""The fault gallery as a server: every fault and its control below a path of its own, and a page that lists them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Self
from weakref import WeakKeyDictionary

from inspector.servers.faults import index
from inspector.servers.faults.behaviour import Behaviour
from inspector.servers.faults.fault import SIDES, Fault, Side
from inspector.servers.faults.gallery import ALL
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpConnection, HttpRequest
from inspector.servers.loopback import LoopbackListener

HTML_HEADERS: Headers = (("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"))
TEXT_HEADERS: Headers = (("content-type", "text/plain; charset=utf-8"), ("cache-control", "no-store"))


class FaultServer:
    """Serves `faults` on 127.0.0.1 for as long as it is entered, each below `/<rule>/hit` and `/<rule>/ok`.

    `port` 0 lets the system choose; a taken port raises OSError. Every time that a fault waits is multiplied with
    `scale`. Each side has one behaviour, made when it is first asked for and kept until the server stops.
    """

    def __init__(self, port: int = 0, scale: float = 1.0, faults: Mapping[str, Fault] = ALL) -> None:
        self._faults = faults
        self._scale = scale
        self._behaviours: dict[tuple[str, Side], Behaviour] = {}
        self._numbers: WeakKeyDictionary[HttpConnection, int] = WeakKeyDictionary()
        self._counter = itertools.count(1)
        self._listener = LoopbackListener(self._route, port, guarded=False)
        self._cleanup = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._cleanup.push_async_callback(self._close_behaviours)
        await self._cleanup.enter_async_context(self._listener)
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

    def url_of(self, rule: str, side: Side, path: str = "/mcp") -> str:
        """The address of one side of a fault."""
        return f"http://127.0.0.1:{self.port}/{rule}/{side}{path}"

    def behaviour(self, rule: str, side: Side) -> Behaviour:
        """What serves a side."""
        found = self._behaviours.get((rule, side))
        if found is None:
            found = self._faults[rule].make(side, self._scale)
            found.base = f"/{rule}/{side}"
            self._behaviours[rule, side] = found
        return found

    async def _close_behaviours(self) -> None:
        for behaviour in self._behaviours.values():
            await behaviour.close()

    async def _route(self, request: HttpRequest, connection: HttpConnection) -> None:
        rule, side = (*request.path.split("/", 3), "", "")[1:3]
        if rule in self._faults and side in SIDES:
            below = replace(request, path=request.path.removeprefix(f"/{rule}/{side}"))
            await self._attend(self.behaviour(rule, side), below, connection)
        elif request.path == "/":
            await self._show_index(request, connection)
        else:
            text = f"Not Found: a path is /<rule>/hit or /<rule>/ok; see {self.url} for the rules that are here\n"
            await connection.respond(404, TEXT_HEADERS, text.encode())

    async def _show_index(self, request: HttpRequest, connection: HttpConnection) -> None:
        if request.method not in ("GET", "HEAD"):
            await connection.respond(405, (("allow", "GET, HEAD"),))
            return
        await connection.respond(200, HTML_HEADERS, index.page(self._faults, self.url).encode())

    async def _attend(self, behaviour: Behaviour, request: HttpRequest, connection: HttpConnection) -> None:
        """Let a behaviour answer, and notice meanwhile when the client goes."""
        if connection not in self._numbers:
            self._numbers[connection] = next(self._counter)
        wire = Wire(connection, self._scale, self._numbers[connection])
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(wire.watch())
            try:
                await behaviour.serve(request, wire)
            except OSError:
                wire.close()
            finally:
                watching.cancel()


async def serve_faults(port: int, scale: float, ready: Callable[[FaultServer], None]) -> None:
    """Run the gallery until cancelled; `ready` is called once it listens. Raises OSError if the port is taken."""
    async with FaultServer(port, scale) as server:
        ready(server)
        await asyncio.Event().wait()
