"""Facts about the sockets below the requests: name look-up, numbers, when a request had been written."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

import inspector
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.reconnect import OverHttp2
from inspector.servers.faults.server import FaultServer as Gallery
from inspector.session import sockets
from inspector.trace.events import Connected, EndCause, HeadersReceived, LabActed, StreamEnded
from inspector.trace.river import River
from tests.end2end.conftest import free_port, streamable
from tests.end2end.river_check import check_river, until
from tests.end2end.servers.faults import Connection, FaultServer, Json, Request, StreamableMcp, text_of

LOOK_UP_S, LATE_S = 0.6, 0.6


def connects(river: River) -> list[Connected]:
    return [event for event in river.since(0) if isinstance(event, Connected)]


def heads(river: River) -> list[HeadersReceived]:
    return [event for event in river.since(0) if isinstance(event, HeadersReceived)]


async def test_requests_one_after_the_other_share_a_socket(server: FaultServer, mcp: StreamableMcp) -> None:
    async with streamable(server.url(), listen=False) as session:
        for _ in range(3):
            assert (await session.call_tool("x")).ok
    check_river(session.river)
    assert {head.socket for head in heads(session.river)} == {1} and server.opened == 1
    (connected,) = connects(session.river)
    assert (connected.socket, connected.resolve_ms) == (1, None), "an address is not looked up"


async def test_requests_at_once_have_sockets_of_their_own(server: FaultServer, mcp: StreamableMcp) -> None:
    waiting: list[int] = []

    async def together(connection: Connection, request: Request, message: Json) -> None:
        waiting.append(1)
        await until(lambda: len(waiting) == 3)
        await connection.stream()
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = together
    async with streamable(server.url(), listen=False) as session:
        answers = await asyncio.gather(*(session.call_tool("x") for _ in range(3)))
        assert all(answer.ok for answer in answers)
    check_river(session.river)
    opened = connects(session.river)
    assert sorted(connected.socket for connected in opened) == [1, 2, 3]
    of_stream = {head.stream: head.socket for head in heads(session.river)}
    assert all(of_stream[connected.stream] == connected.socket for connected in opened)


async def test_looking_up_a_name_is_timed_apart(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def slowly(*given: object, **named: object) -> object:
        await asyncio.sleep(LOOK_UP_S)
        return await look_up(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "getaddrinfo", slowly)
    async with streamable(server.url().replace("127.0.0.1", "localhost"), listen=False) as session:
        pass
    (connected,) = connects(session.river)
    assert connected.resolve_ms is not None
    assert LOOK_UP_S * 1e3 <= connected.resolve_ms <= connected.connect_ms
    assert connected.connect_ms < connected.resolve_ms + LOOK_UP_S * 1e3, "the looking up counts once"
    first = heads(session.river)[0]
    assert first.sent_ms is not None and connected.connect_ms <= first.sent_ms <= first.ttfb_ms


async def test_a_request_is_written_before_its_answer_comes(server: FaultServer, mcp: StreamableMcp) -> None:
    async def late(connection: Connection, request: Request, message: Json) -> None:
        await asyncio.sleep(LATE_S)
        await connection.stream()
        await connection.event(text_of(message))
        await connection.end()

    mcp.on["tools/call"] = late
    async with streamable(server.url(), listen=False) as session:
        assert (await session.call_tool("x", {"text": "x" * 10_000})).ok
        written, ttfb = heads(session.river)[-1].sent_ms, heads(session.river)[-1].ttfb_ms
    assert written is not None and 0 <= written < ttfb - LATE_S * 1e3 / 2


async def test_exchanges_over_http2_share_one_socket_and_its_cut(tmp_path: Path) -> None:
    faults = {"none": Fault("none", "Nothing.", OverHttp2, OverHttp2, Visit())}
    async with Gallery(scale=0.05, faults=faults) as gallery:
        ca_file = tmp_path / "ca.pem"
        ca_file.write_bytes(gallery.ca_pem)
        async with streamable(gallery.url_of("none", "ok", "/mcp"), ca_file=ca_file) as session:
            laboratory = session.laboratory
            assert all(answer.ok for answer in await asyncio.gather(*(session.call_tool("say") for _ in range(4))))
            await until(lambda: [s.is_listening and s.is_event_stream for s in laboratory.open_streams()] == [True])
            async with asyncio.TaskGroup() as group:
                call = group.create_task(session.call_tool("work", {"steps": 100}))
                await until(lambda: sum(stream.is_event_stream for stream in laboratory.open_streams()) == 2)
                hit = laboratory.drop(laboratory.open_streams()[0].number, how="rst")
                assert len(hit) == 2
                await call
            assert (await session.call_tool("say")).ok
    check_river(session.river)
    events = session.river.since(0)
    dropped = [e for e in events if isinstance(e, StreamEnded) and e.cause is EndCause.DROPPED_BY_US]
    assert {end.stream for end in dropped} == set(hit)
    (act,) = (event for event in events if isinstance(event, LabActed))
    assert "1 other stream on it ends too" in act.text
    before = [head for head in heads(session.river) if head.n < act.n]
    assert {head.socket for head in before} == {1} and {head.http_version for head in before} == {"HTTP/2"}
    assert {head.socket for head in heads(session.river) if head.n > dropped[0].n} == {2}


async def test_the_second_address_is_tried_beside_a_dead_first(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 8305: 192.0.2.1 answers nobody, so the next address gets its turn after a quarter of a second."""
    real = sockets._resolve

    async def two(host: str, port: int) -> object:
        dead, _ = await real("192.0.2.1", port)
        alive, _ = await real("127.0.0.1", port)
        return [*dead, *alive], 1.0

    monkeypatch.setattr(sockets, "_resolve", two)
    began = time.monotonic()
    async with streamable(server.url(), listen=False) as session:
        assert (await session.call_tool("x")).ok
    assert time.monotonic() - began < 4.0
    assert connects(session.river)[0].peer.startswith("127.0.0.1")


async def test_all_addresses_that_fail_are_one_clear_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for `localhost` where only one family is set up: the reasons differ, and the plainest is told."""
    real = sockets._resolve

    async def two(host: str, port: int) -> object:
        odd, _ = await real("255.255.255.255", port)
        closed, _ = await real("127.0.0.1", port)
        return [*odd, *closed], 1.0

    monkeypatch.setattr(sockets, "_resolve", two)
    river = River()
    with pytest.raises(inspector.ConnectError):
        async with inspector.connect(f"http://127.0.0.1:{free_port()}/mcp", transport="streamable-http", river=river):
            pass
    end = next(event for event in river.since(0) if isinstance(event, StreamEnded))
    assert end.cause in (EndCause.REFUSED, EndCause.UNREACHABLE)


async def test_on_the_way_to_a_proxy_the_sockets_are_ours_too(
    server: FaultServer, mcp: StreamableMcp, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.routes["http://mcp.example/mcp"] = mcp
    monkeypatch.setenv("HTTP_PROXY", server.url(""))
    monkeypatch.setenv("NO_PROXY", "")
    async with streamable("http://mcp.example/mcp", listen=False) as session:
        assert (await session.call_tool("x")).ok
    assert {head.socket for head in heads(session.river)} == {1}
