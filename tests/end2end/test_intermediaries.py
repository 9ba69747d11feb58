"""Real proxies before real servers: what nginx and HAProxy do to a stream is found, and is not where they are set well.

They come from Debian (`.ci/run` installs them) and are started here, on loopback; without them these tests fail.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from inspector.diagnose.finding import Finding
from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.delivery import Stamped
from inspector.servers.faults.fault import Fault
from inspector.servers.faults.honest import Call, Honest, Line
from inspector.servers.faults.honest.speaker import text_result
from inspector.servers.faults.server import FaultServer
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.events import AnyEvent, Severity, StreamEnded
from inspector.trace.river import River
from tests.end2end.conftest import Program, streamable
from tests.end2end.river_check import until
from tests.support.faults import LOUD, diagnosed, flat, hurried
from tests.support.proxies import haproxy, nginx

SCALE = 0.2
TIMEOUT_SCALE = 3 / 60
"""At which the 60 s of nginx's `proxy_read_timeout` are three."""
GZIP = ("gzip on;", "gzip_types text/event-stream;", "gzip_min_length 1;")
STICKY = (
    "stick-table type string len 64 size 10k expire 1h",
    "stick store-response res.hdr(mcp-session-id)",
    "stick match req.hdr(mcp-session-id)",
)

Before = Callable[..., int]


class Plain(Stamped):
    """Knows of no proxies: no hint for them, and to what asks in HTTP/1.0 a body without chunks, as uvicorn does it."""

    def stream_headers(self) -> Headers:
        return (("content-type", "text/event-stream"), ("cache-control", "no-store"))

    async def open_line(self, wire: Wire, version: str, headers: Headers = (), *, ends_calls: bool = False) -> Line:
        await wire.head(200, (*self.stream_headers(), ("connection", "close"), *headers), version="1.0")
        await wire.chunk(b": connected\n\n")
        return Line(wire, self.event, version, ends_calls=ends_calls)


class Wordy(Plain):
    """Reports progress in many words."""

    async def work(self, call: Call) -> Json:
        for step in range(1, 13):
            await call.sleep(0.6)
            await call.progress(step, 12, "All work and no play. " * 90)
        return text_result("worked")


class Beating(Honest):
    """Sends a heartbeat each second."""

    heartbeat_s = 1.0


UPSTREAM = {
    "plain": Fault("plain", "No hint for proxies.", hit=Plain, ok=Wordy),
    "honest": Fault("honest", "All that proxies want.", hit=Honest, ok=Beating),
}


@pytest.fixture
def nginx_before(tmp_path: Path) -> Iterator[Before]:
    """Starts nginx before the server on a port; gives its own port."""
    with ExitStack() as running:
        yield lambda upstream, *settings: running.enter_context(nginx(tmp_path, upstream, *settings))


@pytest.fixture
async def upstream() -> AsyncIterator[FaultServer]:
    async with FaultServer(scale=SCALE, faults=UPSTREAM) as server:
        yield server


async def work(port: int, path: str, **options: Any) -> list[AnyEvent]:
    """One call that takes its time."""
    async with streamable(f"http://127.0.0.1:{port}/{path}/mcp", **options) as session:
        assert (await session.call_tool("work", {"steps": 6})).ok
    return session.river.since(0)


def fired(events: list[AnyEvent], scale: float = SCALE) -> dict[str, Finding]:
    return {finding.rule: finding for finding in flat(diagnosed(events, scale))}


def loud(findings: dict[str, Finding]) -> list[str]:
    return [rule for rule, finding in findings.items() if finding.severity in LOUD]


async def test_nginx_buffers_by_default(upstream: FaultServer, nginx_before: Before) -> None:
    found = fired(await work(nginx_before(upstream.port), "plain/hit"))
    assert loud(found) == ["stream-batched-at-end"]
    batched = found["stream-batched-at-end"]
    assert (batched.severity, batched.grade) == (Severity.ERROR, "proven")
    assert batched.fix.startswith("With nginx: set `proxy_buffering off;")


async def test_nginx_does_not_buffer_when_told(upstream: FaultServer, nginx_before: Before) -> None:
    assert fired(await work(nginx_before(upstream.port, "proxy_buffering off;"), "plain/hit")) == {}


@pytest.mark.parametrize("buffering", ["on", "off"])
async def test_nginx_holds_back_the_headers_of_a_quiet_stream(
    upstream: FaultServer, nginx_before: Before, buffering: str
) -> None:
    """A comment fills no buffer."""
    port = nginx_before(upstream.port, f"proxy_buffering {buffering};")
    async with streamable(f"http://127.0.0.1:{port}/plain/hit/mcp") as session:
        assert (await session.list_tools()).ok
        await asyncio.sleep(12.0 * SCALE)
    found = fired(session.river.since(0))
    assert loud(found) == (["headers-withheld-until-first-byte"] if buffering == "on" else [])
    if buffering == "on":
        withheld = found["headers-withheld-until-first-byte"]
        assert (withheld.severity, withheld.grade) == (Severity.ERROR, "likely")
        assert "With nginx: set `proxy_buffering off;" in withheld.fix


async def test_the_buffers_of_nginx_are_seen_in_the_blocks(upstream: FaultServer, nginx_before: Before) -> None:
    found = fired(await work(nginx_before(upstream.port), "plain/ok"))
    assert loud(found) == ["proxy-buffer-quantised"]
    assert "multiple of 4,096 bytes" in found["proxy-buffer-quantised"].text
    assert "With nginx" in found["proxy-buffer-quantised"].fix


async def test_without_buffers_there_are_no_blocks(upstream: FaultServer, nginx_before: Before) -> None:
    assert fired(await work(nginx_before(upstream.port, "proxy_buffering off;"), "plain/ok")) == {}


async def test_nginx_leaves_the_python_sdk_alone(run: Callable[..., Program], nginx_before: Before) -> None:
    """It sends `X-Accel-Buffering: no`, and nginx obeys."""
    port = nginx_before(run("sdk_server.py", "streamable-http").port)
    async with streamable(f"http://127.0.0.1:{port}/mcp") as session:
        assert (await session.call_tool("count", {"to": 40})).ok
    assert loud(fired(session.river.since(0))) == []


@pytest.mark.parametrize("buffering", ["on", "off"])
async def test_nginx_compresses_event_streams(upstream: FaultServer, nginx_before: Before, buffering: str) -> None:
    """Only for those who take gzip; without buffering it flushes after each event."""
    port = nginx_before(upstream.port, *GZIP, f"proxy_buffering {buffering};")
    found = fired(await work(port, "plain/hit", headers={"Accept-Encoding": "gzip"}))
    assert found["sse-compressed"].severity is Severity.NOTE
    assert "gzip_types" in found["sse-compressed"].fix
    assert loud(found) == (["stream-batched-at-end"] if buffering == "on" else [])
    if buffering == "on":
        assert "compressed (gzip): that alone may hold it back" in found["stream-batched-at-end"].text


async def test_nginx_compresses_nothing_for_who_wants_identity(upstream: FaultServer, nginx_before: Before) -> None:
    port = nginx_before(upstream.port, *GZIP, "proxy_buffering off;")
    assert fired(await work(port, "plain/hit")) == {}


async def held(port: int, path: str, *, cuts: int) -> list[AnyEvent]:
    """A session that is left alone until its streams were cut so often, or for seven seconds without a cut."""
    with hurried(TIMEOUT_SCALE):
        async with streamable(f"http://127.0.0.1:{port}/{path}/mcp") as session:
            if cuts:
                await until(lambda: _cuts(session) == cuts, seconds=30.0)
            else:
                await asyncio.sleep(7.0)
                assert _cuts(session) == 0
    return session.river.since(0)


def _cuts(session: Session) -> int:
    return sum(isinstance(event, StreamEnded) and event.idle_ms > 2_000 for event in session.river.since(0))


async def test_nginx_cuts_idle_streams(nginx_before: Before) -> None:
    async with FaultServer(faults=UPSTREAM) as upstream:
        events = await held(nginx_before(upstream.port, "proxy_read_timeout 3s;"), "honest/hit", cuts=3)
    idle = fired(events, TIMEOUT_SCALE)["idle-timeout-periodic"]
    assert "proxy_read_timeout" in idle.fix
    assert diagnosed(events, TIMEOUT_SCALE)[0].rule == "idle-timeout-periodic"


async def test_heartbeats_keep_the_streams_through_nginx(nginx_before: Before) -> None:
    async with FaultServer(faults=UPSTREAM) as upstream:
        events = await held(nginx_before(upstream.port, "proxy_read_timeout 3s;"), "honest/ok", cuts=0)
    assert "idle-timeout-periodic" not in fired(events, TIMEOUT_SCALE)


async def told(tmp_path: Path, *settings: str) -> dict[str, Finding]:
    """Calls through HAProxy before two workers that do not share their sessions."""
    async with FaultServer(faults=UPSTREAM) as one, FaultServer(faults=UPSTREAM) as other:
        with haproxy(tmp_path, (one.port, other.port), *settings) as port:
            async with streamable(f"http://127.0.0.1:{port}/honest/hit/mcp") as session:
                for number in range(6):
                    await session.call_tool("say", {"text": str(number)})
    return fired(session.river.since(0), 1.0)


async def test_haproxy_gives_each_request_to_another_worker(tmp_path: Path) -> None:
    found = (await told(tmp_path))["session-not-sticky"]
    assert (found.severity, found.grade) == (Severity.ERROR, "proven")


async def test_haproxy_sends_the_posts_of_http_sse_to_another_worker(tmp_path: Path) -> None:
    river = River()
    async with FaultServer(faults=UPSTREAM) as one, FaultServer(faults=UPSTREAM) as other:
        with haproxy(tmp_path, (one.port, other.port)) as port:
            options = Options(f"http://127.0.0.1:{port}/honest/hit/sse", transport=TransportName.HTTP_SSE)
            with pytest.raises(ConnectError, match="no longer knows this session"):
                async with Session(options, river):
                    pass
    assert fired(river.since(0), 1.0)["session-not-sticky"].grade == "likely"


async def test_haproxy_sticks_to_the_worker_of_a_session(tmp_path: Path) -> None:
    assert loud(await told(tmp_path, *STICKY)) == []
