"""The honest server over HTTP/2, and the two ways of HTTP/2 to break off."""

from __future__ import annotations

import pytest

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest
from inspector.servers.faults.http2 import Http2Wire
from inspector.servers.faults.server import FaultServer
from inspector.trace.events import HeadersReceived, StreamEnded
from tests.support.faults import CALM_SCALE, Visited, visit


class Http2(Honest):
    ground = Ground.HTTP2


class Large(Http2):
    """Gives back more than the client's window takes at once."""

    async def call(self, call: Call) -> Json:
        return {"content": [{"type": "text", "text": "x" * 200_000}]}


class Resetting(Http2):
    async def call(self, call: Call) -> Json:
        assert isinstance(call.line.wire, Http2Wire)
        await call.line.wire.reset_stream()
        return {}


class Leaving(Http2):
    async def call(self, call: Call) -> Json:
        assert isinstance(call.line.wire, Http2Wire)
        await call.line.wire.go_away()
        return {}


async def visited(kind: type[Honest], transport: TransportName = TransportName.STREAMABLE_HTTP) -> Visited:
    faults = {"x": Fault("x", "Nothing.", kind, kind, Visit(transport=transport))}
    async with FaultServer(scale=CALM_SCALE, faults=faults) as server:
        return await visit(server, "x", "hit", scale=CALM_SCALE, faults=faults)


@pytest.mark.parametrize("kind", [Http2, Large])
@pytest.mark.parametrize("transport", [TransportName.STREAMABLE_HTTP, TransportName.HTTP_SSE, TransportName.STATELESS])
async def test_the_honest_server_over_http2(kind: type[Honest], transport: TransportName) -> None:
    seen = await visited(kind, transport)
    assert [answer.ok for answer in seen.answers] == [True, True], seen.words()
    assert {e.http_version for e in seen.events if isinstance(e, HeadersReceived)} == {"HTTP/2"}
    assert seen.loud == [], seen.words()


@pytest.mark.parametrize("kind", [Resetting, Leaving])
async def test_a_stream_that_is_reset_and_a_connection_that_goes_away(kind: type[Honest]) -> None:
    seen = await visited(kind)
    assert not seen.answers[1].ok
    errors = [e.error for e in seen.events if isinstance(e, StreamEnded) and e.error]
    assert any(("StreamReset" if kind is Resetting else "ConnectionTerminated") in error for error in errors), errors
