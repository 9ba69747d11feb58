"""The gallery as a server: the honest one in every era, paths, and state that lasts."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest
from inspector.servers.faults.server import FaultServer
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest
from tests.support.faults import CALM_SCALE, SCALE, visit

CALLS: tuple[tuple[str, Json], ...] = (("say", {"text": "hello"}), ("work", {}), ("structured", {}))
ERAS = (TransportName.HTTP_SSE, TransportName.STREAMABLE_HTTP, TransportName.STATELESS)


class Counting(Honest):
    """Says how many requests it has seen."""

    seen = 0

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        self.seen += 1
        await wire.answer(200, (), f"{self.seen} on {wire.number} of {self.base}{request.path}".encode())


def fault(rule: str, visit: Visit) -> Fault:
    return Fault(rule, "Nothing.", Honest, Counting, visit)


FAULTS = {str(era): fault(str(era), Visit(transport=era, calls=CALLS)) for era in ERAS}


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer(scale=SCALE, faults=FAULTS) as running:
        yield running


@pytest.mark.parametrize("era", ERAS)
async def test_the_honest_server_has_nothing_to_blame(era: TransportName) -> None:
    async with FaultServer(scale=CALM_SCALE, faults=FAULTS) as server:
        seen = await visit(server, str(era), "hit", scale=CALM_SCALE, faults=FAULTS)
    assert seen.failure is None and [answer.ok for answer in seen.answers] == [True] * 4, seen.words()
    said, worked, structured = (answer.result for answer in seen.answers[1:])
    assert said["content"][0]["text"] == "hello"
    assert worked["content"][0]["text"] == "4 steps done"
    assert structured.get("structuredContent", {}).get("city") == (None if era is TransportName.HTTP_SSE else "Vienna")
    assert seen.findings == [], seen.words()


async def test_a_state_lasts_and_connections_are_told_apart(server: FaultServer) -> None:
    url = server.url_of("http+sse", "ok", "/any/where")
    async with httpx.AsyncClient() as first, httpx.AsyncClient() as second:
        texts = [(await client.get(url)).text for client in (first, first, second)]
    assert [text.split(" of ")[0] for text in texts] == ["1 on 1", "2 on 1", "3 on 2"]
    assert texts[0].endswith("/http+sse/ok/any/where")


async def test_well_known_addresses_have_the_path_behind_them(server: FaultServer) -> None:
    root = server.url.rstrip("/")
    async with httpx.AsyncClient() as client:
        found = await client.get(f"{root}/.well-known/oauth-protected-resource/http+sse/ok/mcp")
        missing = await client.get(f"{root}/.well-known/oauth-protected-resource")
    assert found.text == "1 on 1 of /http+sse/ok/.well-known/oauth-protected-resource/mcp"
    assert missing.status_code == 404


async def test_the_page_and_a_hint(server: FaultServer) -> None:
    async with httpx.AsyncClient() as client:
        page = await client.get(server.url)
        assert page.status_code == 200 and "/http+sse/hit/sse" in page.text
        assert (await client.post(server.url)).status_code == 405
        for path in ("no-such-rule/hit", "http+sse/perhaps", "http+sse"):
            answer = await client.get(server.url + path)
            assert answer.status_code == 404 and server.url in answer.text


async def test_a_call_knows_its_request() -> None:
    asked: list[tuple[str, str | None]] = []

    class Asking(Honest):
        async def call(self, call: Call) -> Json:
            asked.append((call.name, call.http.header("x-test")))
            return await super().call(call)

    plan = Visit(headers=(("x-test", "yes"),))
    faults = {"asking": Fault("asking", "Nothing.", Asking, Asking, plan)}
    async with FaultServer(scale=SCALE, faults=faults) as server:
        await visit(server, "asking", "hit", faults=faults)
    assert asked == [("say", "yes")]
