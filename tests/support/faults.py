"""Visits to the fault gallery with the real session over real sockets, and what the diagnosis finds in them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec
import pytest

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.diagnose.thresholds import Thresholds
from inspector.protocol import probes
from inspector.protocol.era import TransportName
from inspector.protocol.probes import PROBES
from inspector.servers.faults.fault import Fault, Side, Visit
from inspector.servers.faults.gallery import ALL
from inspector.servers.faults.server import FaultServer
from inspector.session import pace, reconnect
from inspector.session.calls import Answer
from inspector.session.failure import ConnectError
from inspector.session.options import AuthorizationPrompt, Callbacks, Options
from inspector.session.probing import run_probe, target_of
from inspector.session.reconnect import Backoff, StormGuard
from inspector.session.session import Session
from inspector.session.skills import Skills
from inspector.trace.events import AnyEvent, Connected, RequestSent, Severity
from inspector.trace.river import River

SCALE = 0.05
CALM_SCALE = 4 * SCALE
"""Where nothing may be found: what a busy machine holds up weighs less where all other times are longer."""
PATIENCE_S = 100.0
"""Scaled, as the times of the gallery are."""
LIMIT_S = 30.0
Stop = tuple[str, Side]
STREAMS = frozenset({"stream", "resume", "subscriptions/listen"})
LOUD = frozenset({Severity.WARN, Severity.ERROR})


@dataclass
class Visited:
    """What was seen of one side of a fault; `failure` is why no session came about."""

    river: River
    events: list[AnyEvent] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    failure: ConnectError | None = None

    @property
    def fired(self) -> dict[str, Finding]:
        """Every finding by its rule, dependants included."""
        return {finding.rule: finding for finding in flat(self.findings)}

    @property
    def top(self) -> list[str]:
        """The rules that stand by themselves."""
        return [finding.rule for finding in self.findings]

    @property
    def loud(self) -> list[str]:
        """The rules above note, dependants included."""
        return [finding.rule for finding in flat(self.findings) if finding.severity in LOUD]

    def words(self) -> str:
        """All findings, for the message of a test that failed."""
        lines = [f"{f.rule} ({f.severity}, {f.grade}): {f.text}" for f in flat(self.findings)]
        return "\n".join([*lines, f"failure: {self.failure.sentence if self.failure else None}"])


def flat(findings: list[Finding] | tuple[Finding, ...]) -> Iterator[Finding]:
    """The findings with those folded under them."""
    for finding in findings:
        yield finding
        yield from flat(finding.dependants)


@contextmanager
def hurried(scale: float) -> Iterator[None]:
    """The pauses of reconnecting at the scale of the gallery, for the tests of it only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconnect, "DEFAULT_RETRY_MS", reconnect.DEFAULT_RETRY_MS * scale)
        patch.setattr(probes, "NOTICE_PAUSE_S", probes.NOTICE_PAUSE_S * scale)
        patch.setattr(pace, "POLLING_RETRY_MS", pace.POLLING_RETRY_MS * scale)
        first_ms, cap_ms, floor_ms, *others = Backoff.__init__.__defaults__ or ()
        patch.setattr(Backoff.__init__, "__defaults__", (first_ms * scale, cap_ms * scale, floor_ms * scale, *others))
        limit, window_s, *others = StormGuard.__init__.__defaults__ or ()
        patch.setattr(StormGuard.__init__, "__defaults__", (limit, window_s * scale, *others))
        yield


def diagnosed(events: list[AnyEvent], scale: float = 1.0) -> list[Finding]:
    """What the diagnosis finds in these events, with thresholds for this scale."""
    engine = Engine(Thresholds().scaled(scale))
    engine.fold(events)
    return engine.findings()


def as_host(events: list[AnyEvent], host: str) -> list[AnyEvent]:
    """The events as if the server had another name than that of this machine, over https unless `host` has a scheme."""
    if not host:
        return events
    scheme, _, name = host.rpartition("://")
    return [_named(event, scheme or "https", name) for event in events]


def _named(event: AnyEvent, scheme: str, name: str) -> AnyEvent:
    match event:
        case RequestSent():
            url = event.url.replace("http://127.0.0.1", f"{scheme}://{name}").replace("127.0.0.1", name)
            return msgspec.structs.replace(event, url=url)
        case Connected():
            return msgspec.structs.replace(event, peer=event.peer.replace("127.0.0.1", name))
        case _:
            return event


async def browse(prompt: AuthorizationPrompt) -> str:
    """A browser in which somebody signs in at once: where it is sent back to."""
    async with httpx.AsyncClient() as browser:
        return (await browser.get(prompt.url)).headers["location"]


async def sample(params: dict[str, Any]) -> dict[str, Any]:
    """A model that always says the same."""
    return {"role": "assistant", "model": "none", "content": {"type": "text", "text": "Hello!"}}


def options_of(visit: Visit, url: str, scale: float, ca_file: Path | None = None) -> Options:
    """The options of a session whose times are scaled."""
    scaled = Options(
        url,
        transport=visit.transport,
        headers=visit.headers,
        ca_file=ca_file,
        request_timeout_s=60.0 * scale,
        max_total_s=600.0 * scale,
        endpoint_timeout_s=10.0 * scale,
        callbacks=Callbacks(authorize=browse, sampling=sample if visit.answers else None),
    )
    base = url.removesuffix(visit.below)
    more = {name: _option(value, base, scale) for name, value in visit.options.items()}
    return replace(scaled, **more)


def _option(value: Any, base: str, scale: float) -> Any:
    """An option of a visit: addresses are below `base`, and seconds are those of the tests."""
    if isinstance(value, str):
        return value.replace("{base}", base)
    return value * scale / SCALE if isinstance(value, float) else value


async def visit(server: FaultServer, rule: str, side: Side, *, scale: float = SCALE, faults: Any = ALL) -> Visited:
    """Do what the fault's `Visit` says and fold what came of it."""
    fault: Fault = faults[rule]
    plan = fault.visit
    seen = Visited(River())
    try:
        async with AsyncExitStack() as open_sessions:
            ca_file = _ca_file(server, open_sessions)
            options = options_of(plan, server.url_of(rule, side, plan.below), scale, ca_file)
            for number in range(plan.sessions):
                session = await open_sessions.enter_async_context(Session(options, seen.river, number + 1))
                await _stay(session, plan, seen, scale)
    except ConnectError as error:
        seen.failure = error
    finally:
        seen.river.close()
    seen.events = seen.river.since(0)
    seen.findings = diagnosed(as_host(seen.events, plan.host), scale)
    return seen


def _ca_file(server: FaultServer, stack: AsyncExitStack) -> Path | None:
    """What to trust at the gallery's TLS ports."""
    if not server.ca_pem:
        return None
    path = Path(stack.enter_context(TemporaryDirectory())) / "ca.pem"
    path.write_bytes(server.ca_pem)
    return path


async def _stay(session: Session, plan: Visit, seen: Visited, scale: float) -> None:
    is_mcp = plan.transport not in (TransportName.RAW_SSE,)
    if plan.lists and is_mcp:
        seen.answers.append(await session.list_tools())
    calls = [session.call_tool(name, dict(arguments)) for name, arguments in plan.calls if is_mcp]
    if plan.at_once:
        seen.answers += await asyncio.gather(*calls)
    else:
        seen.answers += [await call for call in calls]
    if plan.skills:
        offered = Skills(session)
        for skill in (await offered.list()).skills:
            await offered.read(skill)
    await asyncio.sleep(plan.hold_s * scale)
    if plan.reconnects:
        await _until_reopened(seen.river, plan.reconnects + plan.sessions, PATIENCE_S * scale)
    target = target_of(session, plan.hold_s * scale)
    for probe in (probe for probe in PROBES if probe.id in plan.probes):
        await run_probe(session.link, probe, target)


async def _until_reopened(river: River, wanted: int, patience_s: float) -> None:
    """Wait until so many streams were opened; without any reconnects wanted, do not wait."""
    limit = time.monotonic() + patience_s
    while wanted > 1 and time.monotonic() < limit:
        opened = sum(isinstance(e, RequestSent) and e.purpose in STREAMS for e in river.since(0))
        if opened >= wanted:
            return
        await asyncio.sleep(0.01)


async def visit_many(wanted: Iterable[Stop], *, at_once: int = 6, scale: float = SCALE) -> dict[Stop, Visited]:
    """Visit many sides of one gallery, a few at the same time."""
    turns = asyncio.Semaphore(at_once)
    seen: dict[Stop, Visited] = {}

    async def take(server: FaultServer, rule: str, side: Side) -> None:
        async with turns, asyncio.timeout(LIMIT_S):
            seen[rule, side] = await visit(server, rule, side, scale=scale)

    with hurried(scale):
        async with FaultServer(scale=scale) as server, asyncio.TaskGroup() as group:
            for rule, side in wanted:
                group.create_task(take(server, rule, side))
    return seen


@pytest.fixture
async def gallery() -> AsyncIterator[FaultServer]:
    """The gallery at the scale of the tests."""
    with hurried(SCALE):
        async with FaultServer(scale=SCALE) as server:
            yield server
