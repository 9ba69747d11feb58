"""Two workers that know nothing of each other."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from inspector.protocol.era import TransportName
from inspector.servers.faults.fault import Fault, Side
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.server import FaultServer
from inspector.servers.faults.wire import Wire
from inspector.servers.faults.workers import WorkerPerRequest, Workers
from inspector.servers.http import HttpRequest
from inspector.session.options import Options
from inspector.session.session import Session


class Counting(Honest):
    """Says how many requests it has seen."""

    seen = 0

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        self.seen += 1
        await wire.answer(200, (), f"{self.seen} at {self.base}".encode())


FAULTS = {
    "x": Fault("x", "", lambda scale: Workers(scale, Counting), lambda scale: WorkerPerRequest(scale, Counting)),
    "y": Fault("y", "", lambda scale: Workers(scale, Honest), Honest),
}


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer(faults=FAULTS) as running:
        yield running


async def test_connections_take_turns(server: FaultServer) -> None:
    url = server.url_of("x", "hit")
    texts = []
    for _ in range(3):
        async with httpx.AsyncClient() as client:
            texts += [(await client.get(url)).text for _ in range(2)]
    assert texts == [f"{n} at /x/hit" for n in (1, 2, 1, 2, 3, 4)]


async def test_requests_take_turns(server: FaultServer) -> None:
    async with httpx.AsyncClient() as client:
        texts = [(await client.get(server.url_of("x", "ok"))).text for _ in range(5)]
    assert texts == [f"{n} at /x/ok" for n in (1, 1, 2, 2, 3)]


@pytest.mark.parametrize("side", ["hit", "ok"])
async def test_workers_speak_what_shows_the_fault_and_nothing_newer(server: FaultServer, side: Side) -> None:
    async with Session(Options(server.url_of("y", side))) as session:
        assert session.transport is TransportName.STREAMABLE_HTTP
