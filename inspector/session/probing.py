"""Makes the active checks of `protocol.probes`: each step an exchange of its own in the river, beside the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from inspector.protocol.era import LATEST
from inspector.protocol.probe_steps import Reply, Step, Target
from inspector.protocol.probes import PROBES, Probe
from inspector.protocol.transports.answer import Head, HttpRequest, Meaning, Verdict
from inspector.session.frames import Frames
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import EndCause
from inspector.trace.facts import why_no_event
from inspector.wire import http
from inspector.wire.sse import Comment, Frame

if TYPE_CHECKING:
    from inspector.session.session import Session

MAX_KEPT_BYTES = 64 * 1024
MAX_EVENT_IDS = 1_000
REPLY_LIMIT_S = 10.0

OnStep = Callable[[Probe, Step], None]


def target_of(
    session: Session, hold_s: float, tool: str = "", arguments: dict[str, Any] | None = None, direct_url: str = ""
) -> Target:
    """The session as probes see it, and what only the user can say."""
    options, negotiated = session.options, session.negotiated
    credentials = session.link.authorization.headers("POST", options.url)
    revision = negotiated.protocol_version if negotiated else LATEST
    headers = (*options.headers, *credentials)
    return Target(
        options.url,
        session.transport,
        revision,
        session.session_id,
        headers,
        hold_s,
        tool,
        arguments or {},
        direct_url,
    )


def probes_for(target: Target) -> list[Probe]:
    """Those that can be made there, in their order."""
    return [probe for probe in PROBES if not probe.obstacle(target)]


async def run_probe(link: Link, probe: Probe, target: Target, on_step: OnStep | None = None) -> str:
    """Make one probe: the sentence about what was seen. Never raises for what the server did.

    `on_step` is told of each request before it leaves; cancelling the awaiting task stops the probe.
    """
    plan = probe.plan(target)
    step = next(plan)
    while True:
        if step.pause_s:
            await asyncio.sleep(step.pause_s)
        if on_step is not None:
            on_step(probe, step)
        reply = await _make(link, step)
        try:
            step = plan.send(reply)
        except StopIteration as done:
            return str(done.value)


async def _make(link: Link, step: Step) -> Reply:
    if not step.on_new_socket:
        return await _exchange(link, step)
    fresh = Link(link.river, link.number, link.options)  # a pool of its own is a connection of its own
    fresh.streams = link.streams  # the ticker of the session ends what is overdue
    try:
        return await _exchange(fresh, step)
    finally:
        await fresh.http.aclose()


async def _exchange(link: Link, step: Step) -> Reply:
    sink = _Sink(link, step)
    ended = await sink.stream.run(step.request)
    return sink.reply(ended)


class _Sink:
    """Takes any reply; an event stream is read to its end, or for as long as the step says."""

    def __init__(self, link: Link, step: Step) -> None:
        self._frames = Frames(link)
        self._request: HttpRequest = step.request
        self._listen_s = step.listen_s
        self._head: Head | None = None
        self._kept = bytearray()
        self._ids: list[str] = []
        self._arrived_ns: list[int] = []
        self.stream = Stream(link, self, is_aside=True)
        self.stream.close_in(REPLY_LIMIT_S, EndCause.TIMED_OUT_BY_US, f"No reply came within {REPLY_LIMIT_S:g} s.")

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        self._head = head
        if not http.is_event_stream(head.get("content-type")):
            return Verdict(Meaning.MESSAGE)
        self.stream.closes_at_ns = 0
        self.stream.close_in(self._listen_s, EndCause.CLOSED_BY_US, f"It was watched for {self._listen_s:g} s.")
        return Verdict(Meaning.EVENT_STREAM)

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        for item in items:
            self._kept += item.raw[: MAX_KEPT_BYTES - len(self._kept)]
            if isinstance(item, Comment):
                self._frames.comment(item, arrival)
                continue
            if item.data and len(self._arrived_ns) < MAX_EVENT_IDS:
                self._arrived_ns.append(arrival.last_ns)
            if item.id and len(self._ids) < MAX_EVENT_IDS:
                self._ids.append(item.id)
            is_event = item.complete and item.dispatched
            self._frames.frame(item, arrival, "" if is_event else why_no_event(item))

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        self._kept += body[:MAX_KEPT_BYTES]
        return False

    def reply(self, ended: Ended) -> Reply:
        """What came back, once the stream is over."""
        head, event = self._head, ended.event
        sent_ns = event.monotonic_ns - event.age_ms * 1e6
        return Reply(
            head.status if head else 0,
            head.headers if head else (),
            bytes(self._kept),
            tuple(self._ids),
            tuple((at_ns - sent_ns) / 1e9 for at_ns in self._arrived_ns),
            event.age_ms / 1000,
            event.sentence,
            event.cause in (EndCause.CLOSED_BY_US, EndCause.TIMED_OUT_BY_US, EndCause.CANCELLED_BY_US),
        )
