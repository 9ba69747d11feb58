"""Tool streams at work: one POST for each run of a tool, and the manifest that names the tools (R81 to R83)."""

from __future__ import annotations

import logging
from urllib.parse import urljoin, urlsplit

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.manifest import Manifest, is_manifest_url
from inspector.protocol.peer import Progress
from inspector.protocol.tool_run import Run
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.protocol.transports.tool_stream import (
    PATH,
    SECTION,
    Step,
    ToolStream,
    details_of,
    read_answer,
    read_step,
)
from inspector.session.authorization import authorised
from inspector.session.calls import Call
from inspector.session.channels import endings
from inspector.session.channels.rules import PlainRules
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError, FailureKind
from inspector.session.manifest_source import fetch_manifest
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import OWN_ENDS, ConnectionState, Direction, EndCause, Framing, Outcome, ToolStep
from inspector.trace.facts import why_no_event
from inspector.wire import jsontext
from inspector.wire.http import mask_url
from inspector.wire.sse import Comment, Frame

log = logging.getLogger(__name__)

LINGER_S = 10.0
"""How long a stream may stay open after its run has ended, to show what still comes."""


class _RunSink:
    """Takes the steps of one run as they come, and settles its call with the one that ends it."""

    def __init__(self, channel: ToolStreamChannel, call: Call, tool: str) -> None:
        self.run = Run(tool)
        self.details = ""
        self._channel = channel
        self._inbox = channel.conversation.inbox
        self._call = call
        self._meaning = Meaning.FAILED

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        verdict = self._channel.judge(head)
        self._meaning = verdict.meaning
        return verdict

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        for item in items:
            if isinstance(item, Comment):
                self._inbox.comment(item, arrival)
            else:
                self._on_frame(item, arrival)

    def _on_frame(self, item: Frame, arrival: Arrival) -> None:
        if not (item.complete and item.dispatched) or (not item.data and item.event == "message"):
            self._inbox.frame(item, arrival, why_no_event(item))
            return
        step = read_step(item)
        if step.step == "heartbeat":
            self._inbox.frame(item, arrival, "A heartbeat.")
            return
        ends_call, breaches = self._feed(step)
        n = self._inbox.tool_step(
            item,
            arrival,
            tool=self.run.tool,
            step=step.step,
            request_n=self._call.pending.request_n,
            rtt_ms=self._rtt_ms(arrival) if ends_call else None,
        )
        self._conclude(step, breaches, arrival, n, ends_call=ends_call)

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        """An answer in one piece; of a refusal only its words are kept."""
        if self._meaning is not Meaning.MESSAGE:
            self.details = details_of(body)
            return False
        parsed = jsontext.parse(body)
        if parsed.error is not None:
            text = f"The answer is no JSON at byte {parsed.error.offset}: {parsed.error.text}."
            fix = "Serialise with a JSON library, and send the Content-Type of what you send."
            self._channel.link.report(
                Breach("tool-stream-invalid-json", Severity.ERROR, text, fix, SECTION), arrival.stream
            )
            return False
        step = read_answer(parsed.value)
        ends_call, breaches = self._feed(step)
        event = self._channel.link.river.emit(
            ToolStep,
            monotonic_ns=arrival.last_ns,
            connection=self._channel.link.number,
            stream=arrival.stream,
            direction=Direction.INBOUND,
            first_byte_ns=arrival.first_ns,
            framing=Framing.BODY,
            raw=body,
            tool=self.run.tool,
            step=step.step,
            request_n=self._call.pending.request_n,
            rtt_ms=self._rtt_ms(arrival) if ends_call else None,
        )
        self._conclude(step, breaches, arrival, event.n, ends_call=ends_call)
        return True

    def _feed(self, step: Step) -> tuple[bool, tuple[Breach, ...]]:
        """Whether the step ends the call, too: one that was given up has ended already."""
        ends_run, breaches = self.run.feed(step)
        return ends_run and not self._call.is_settled, breaches

    def _rtt_ms(self, arrival: Arrival) -> float:
        return (arrival.last_ns - self._call.pending.sent_ns) / 1e6

    def _conclude(self, step: Step, breaches: tuple[Breach, ...], arrival: Arrival, n: int, *, ends_call: bool) -> None:
        for breach in breaches:
            self._channel.link.report_once(breach, arrival.stream, n)
        if ends_call:
            self._channel.settle(self._call, self.run, n, arrival.last_ns)
        elif not self._call.is_settled:
            self._call.pending.events += 1
            self._channel.tell(self._call, self.run.tool, step)


class ToolStreamChannel(PlainRules):
    """The dialect that knows tools alone: `manifest` names them, `tools/call` runs one, and all else is refused.

    An answer's `result` is shaped like a CallToolResult (see `Run.result`), its `error` is an object with a `message`.
    Closing the stream is the cancellation, so nothing else is sent. It `needs_manifest` where nobody has said that this
    is a tool stream: without one any address could be one.
    """

    transport = TransportName.TOOL_STREAM
    cancels_by_closing = True

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        self.conversation = conversation
        self.link = conversation.link
        self.manifest: Manifest | None = None
        self.needs_manifest = False
        self._wire = ToolStream(self.link.options.url, self.link.options.headers)

    async def open(self) -> None:
        url = self.link.options.url
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {mask_url(url)} as a tool stream.")
        self.manifest, reason = await fetch_manifest(self.link)
        if self.manifest is None and is_manifest_url(url):
            sentence = f"{mask_url(url)} is no manifest: {reason} Enter the address of the tool stream itself."
            raise ConnectError(FailureKind.SERVER_ERROR, sentence)
        if self.needs_manifest and not self._is_named(url):
            why = "no manifest names this one."
            if self.manifest is not None:
                why = f"the manifest names {mask_url(self.manifest.endpoint or '')[:500]} instead. Connect to that."
            raise ConnectError(FailureKind.SERVER_ERROR, f"It is no tool stream either: {why}")
        self._wire.url = self._endpoint(url)
        self.link.move(ConnectionState.OPEN, self._greeting())

    def _is_named(self, url: str) -> bool:
        return self.manifest is not None and (is_manifest_url(url) or self.manifest.endpoint in (None, url))

    def _endpoint(self, url: str) -> str:
        """Where calls go: the path that the user gave counts; without one the manifest's, or the usual one."""
        if not is_manifest_url(url) and urlsplit(url).path not in ("", "/"):
            return url
        declared = self.manifest.endpoint if self.manifest else None
        return declared or urljoin(url, PATH)

    def _greeting(self) -> str:
        calls = f"calls go to {mask_url(self._wire.url)}"
        if self.manifest is None:
            return f"There is no manifest; {calls}, and a tool is called by its name."
        count = len(self.manifest.tools)
        named = f"The manifest {mask_url(self.manifest.url)} names {count} tool{'' if count == 1 else 's'}"
        differs = self.manifest.endpoint not in (None, self._wire.url)
        return f"{named}; {calls}, as you entered it, not where the manifest says." if differs else f"{named}; {calls}."

    def judge(self, head: Head) -> Verdict:
        return self._wire.judge(head, self.link.river.clock.time())

    async def carry(self, call: Call) -> None:
        method = call.pending.method
        if method == "tools/list":
            tools = self.manifest.tools_as_mcp() if self.manifest else []
            self.conversation.calls.settle_plain(call.pending, result={"tools": tools})
        elif method == "tools/call":
            await self._carry_run(call)
        else:
            self.conversation.calls.fail(call, Outcome.REFUSED, f"A tool stream knows no {method}.")

    async def _carry_run(self, call: Call) -> None:
        """POST a run and see it through; a stream that ends before the run does is a loss, never repeated by us."""
        params = jsontext.parse(call.body).value.get("params")
        given = params if isinstance(params, dict) else {}
        request = self._wire.call(given.get("name"), given.get("arguments") or {})
        sink = _RunSink(self, call, call.pending.name or "")

        async def once() -> Ended:
            stream = call.stream = Stream(self.link, sink, lambda n: self._sent(call, request.body, n))
            return await stream.run(request)

        ended = call.ended = await authorised(self.link, once, call)
        if call.is_settled:
            return
        reason = endings.why(ended)
        if sink.details and endings.is_refused(ended):
            reason = f"{reason} It says: {sink.details.rstrip('. ')}."
        elif ended.was_stream and ended.event.cause not in OWN_ENDS:
            breach = sink.run.cut()
            self.link.report(breach, about_n=ended.event.n)
            reason = f"{breach.text} {'' if ended.event.cause is EndCause.END_OF_STREAM else reason}".rstrip()
        self.conversation.calls.fail(call, endings.outcome_of(ended), f"{call.label} got no answer: {reason}")

    def _sent(self, call: Call, body: bytes, stream: int) -> None:
        is_repeat = call.pending.sent_ns != 0  # after a sign-in; it belongs to the first one
        event = self.link.river.emit(
            ToolStep,
            connection=self.link.number,
            stream=stream,
            request_n=call.pending.request_n if is_repeat else None,
            direction=Direction.OUTBOUND,
            framing=Framing.BODY,
            raw=body,
            tool=call.pending.name or "",
            step="call",
        )
        self.conversation.calls.sent(call, event.n, event.monotonic_ns)

    def settle(self, call: Call, run: Run, n: int, at_ns: int) -> None:
        """The run has ended by itself."""
        is_error = run.ended is not None and run.ended.step == "error"
        error = run.error() if is_error else None
        self.conversation.calls.settle_plain(
            call.pending,
            result=None if is_error else run.result(),
            error=error,
            sentence=f"The tool failed: {str(error['message']).rstrip('. ')}." if error else "",
            answer_n=n,
            at_ns=at_ns,
        )
        if call.stream is not None:
            sentence = f"The run ended {LINGER_S:g} s ago and its stream was still open."
            call.stream.close_in(LINGER_S, EndCause.CLOSED_BY_US, sentence)

    def tell(self, call: Call, tool: str, step: Step) -> None:
        """Something came on the way: numbers are progress, all else is data for whoever listens."""
        self.conversation.calls.moved(call)
        if step.progress is not None and call.pending.on_progress is not None:
            call.pending.on_progress(Progress(step.progress, step.total, step.text))
            return
        if step.data is None or step.step == "started":
            return
        for listener in self.conversation.data_listeners:
            try:
                listener(tool, step.data)
            except Exception:  # it is the user's code
                log.exception("The listener for the data of %s failed", tool)

    async def say(self, body: bytes, purpose: str) -> Ended | None:
        """A tool stream knows no notifications."""
        return None

    def settled_on(self, negotiated: Negotiated) -> None:
        """There is no handshake to settle anything."""

    def session_id(self) -> str | None:
        return None

    async def check_alive(self) -> None:
        """Each call tells when the server dies."""

    async def close(self) -> None:
        """The session stops whatever still runs."""
