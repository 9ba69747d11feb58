"""Streamable HTTP at work: POSTs with their answers, the stand-alone stream, resumption, and a session begun anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from inspector.protocol import era, jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.protocol.transports.streamable_http import StreamableHttp
from inspector.session.calls import Call
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError
from inspector.session.liveness import Liveness
from inspector.session.reconnect import Backoff, StormGuard
from inspector.session.stream import Arrival, Ended, Stream
from inspector.trace.events import ConnectionState, EndCause, Outcome
from inspector.wire import jsontext
from inspector.wire.http import mask_url
from inspector.wire.sse import Comment, Frame

NETWORK_CAUSES = frozenset(
    {
        EndCause.CUT_MID_EVENT,
        EndCause.CUT_MID_BODY,
        EndCause.CUT_MID_HEADERS,
        EndCause.RESET,
        EndCause.REFUSED,
        EndCause.UNRESOLVED,
        EndCause.UNREACHABLE,
        EndCause.CONNECT_TIMEOUT,
        EndCause.TLS,
    }
)
"""Ends that say that the server, or the way to it, is gone."""
RESUME_ATTEMPTS = 5
LISTEN_FAILURES = 5


class _Sink:
    """Feeds what a stream brings to the inbox; `call` is the request that the stream belongs to, if any."""

    def __init__(self, channel: StreamableChannel, judge: Callable[[Head], Verdict], call: Call | None) -> None:
        self._inbox = channel.conversation.inbox
        self._judge = judge
        self._carrier = call.pending if call else None
        self._meaning = Meaning.FAILED

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        verdict = self._judge(head)
        self._meaning = verdict.meaning
        return verdict

    def on_item(self, item: Frame | Comment, arrival: Arrival) -> None:
        if isinstance(item, Frame):
            self._inbox.message_frame(item, arrival, self._carrier)
        else:
            self._inbox.comment(item, arrival)

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        promised = self._meaning is Meaning.MESSAGE
        return self._inbox.body(body, arrival, self._carrier, must_be_message=promised)


class StreamableChannel:
    """The transport of 2025-03-26 to 2025-11-25 (R20 to R29)."""

    transport = TransportName.STREAMABLE_HTTP

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self._link = conversation.link
        options = self._link.options
        self._wire = StreamableHttp(options.url, options.headers)
        self._backoff = Backoff()
        self._storm = StormGuard()
        self._renewing = asyncio.Lock()
        self._recovery: asyncio.Future[None] | None = None
        self._listening: Stream | None = None
        self._liveness = Liveness(self._link)

    async def open(self) -> None:
        self._link.move(ConnectionState.CONNECTING, f"Connecting to {mask_url(self._wire.url)} over Streamable HTTP.")
        await self.conversation.initialize(self._link.options.protocol_version or era.LATEST)
        self._link.spawn(self._listen(), "listen")

    def settled_on(self, negotiated: Negotiated) -> None:
        self._wire.protocol_version = negotiated.protocol_version

    def session_id(self) -> str | None:
        return self._wire.session_id

    async def carry(self, call: Call) -> None:
        """POST a request and see it through: its answer, its resumption, a new session, or its loss."""
        ended = call.ended = await self._post(call)
        if not call.is_settled and _is(ended, Meaning.SESSION_GONE) and await self._renew(ended):
            ended = call.ended = await self._post(call)
        if not call.is_settled and ended.was_stream and ended.last_event_id:
            ended = await self._resume(call, ended)
        if call.is_settled:
            return
        outcome = Outcome.LOST if ended.was_stream or ended.verdict is None else Outcome.REFUSED
        self.conversation.calls.fail(call, outcome, f"{call.label} got no answer: {ended.sentence}")
        if ended.event.cause in NETWORK_CAUSES and self.conversation.peer.initialized:
            self._link.spawn(self._recover(ended.sentence, None), "recover")

    async def _post(self, call: Call) -> Ended:
        message = jsonrpc.read(jsontext.parse(call.body).value)
        sink = _Sink(self, lambda head: self._judge_post(head, call), call)
        stream = Stream(self._link, sink, lambda n: self.conversation.sent(call.body, message, n, call))
        _fulfil(stream, call)
        return await stream.run(self._wire.post(call.body, call.pending.method))

    def _judge_post(self, head: Head, call: Call | None) -> Verdict:
        verdict = self._wire.judge_post(head, expects_answer=call is not None, now=self._link.river.clock.time())
        if call is not None and call.pending.method == "initialize" and head.is_success:
            return Verdict(verdict.meaning, verdict.sentence, verdict.breaches + self._wire.on_initialize(head))
        return verdict

    def _judge_listen(self, head: Head) -> Verdict:
        return self._wire.judge_listen(head, self._link.river.clock.time())

    async def say(self, body: bytes, purpose: str) -> Ended:
        message = jsonrpc.read(jsontext.parse(body).value)
        sink = _Sink(self, lambda head: self._judge_post(head, None), None)
        stream = Stream(self._link, sink, lambda n: self.conversation.sent(body, message, n))
        return await stream.run(self._wire.post(body, purpose))

    async def _resume(self, call: Call, ended: Ended) -> Ended:
        """Fetch the rest of a stream that ended before its answer (R27): wait `retry`, then GET with its last id."""
        event_id, retry_ms = ended.last_event_id, ended.retry_ms
        failures = 0
        while not call.is_settled and failures < RESUME_ATTEMPTS:
            pause_ms = self._backoff.after_end(retry_ms) if ended.was_stream else self._backoff.after_failure(retry_ms)
            await self._pause(f"The stream of {call.label} ended before its answer", pause_ms, retry_ms, event_id)
            stream = Stream(self._link, _Sink(self, self._judge_listen, call))
            _fulfil(stream, call)
            ended = await stream.run(self._wire.listen(event_id))
            event_id, retry_ms = ended.last_event_id or event_id, ended.retry_ms or retry_ms
            failures = 0 if ended.was_stream else failures + 1
            if ended.verdict is not None and not ended.was_stream:
                break
        return ended

    async def _listen(self) -> None:
        """Keep the stand-alone stream open (R25): reconnect after each end, give up where it is not offered."""
        event_id, retry_ms, failures = "", None, 0
        while failures < LISTEN_FAILURES:
            ended = await self._listen_once(event_id)
            event_id, retry_ms = ended.last_event_id or event_id, ended.retry_ms or retry_ms
            if _is(ended, Meaning.NOT_OFFERED) or ended.event.cause is EndCause.CLOSED_BY_US:
                return
            if _is(ended, Meaning.SESSION_GONE):
                event_id = ""
                if not await self._renew(ended):
                    return
            elif ended.event.cause in NETWORK_CAUSES or ended.event.cause is EndCause.TIMED_OUT_BY_US:
                session_id = self._wire.session_id
                if not await self._recover(ended.sentence, retry_ms):
                    return
                event_id = event_id if self._wire.session_id == session_id else ""
            elif ended.was_stream:
                failures = 0
                pause_ms = self._backoff.after_end(retry_ms)
                await self._pause("The server closed the notification stream", pause_ms, retry_ms, event_id)
            else:
                failures += 1
                pause_ms = self._backoff.after_failure(retry_ms)
                await self._pause(f"No notification stream: {ended.sentence}", pause_ms, retry_ms, event_id)

    async def _listen_once(self, event_id: str) -> Ended:
        self._storm.opened(self._link.now_ns())
        self._listening = Stream(self._link, _Sink(self, self._judge_listen, None))
        try:
            return await self._listening.run(self._wire.listen(event_id or None))
        finally:
            self._listening = None

    async def _pause(self, reason: str, wanted_ms: float, asked_ms: int | None, event_id: str) -> None:
        pause_ms, guarded = self._storm.pause_ms(self._link.now_ns(), wanted_ms)
        if guarded:
            text = f"Streams were opened {self._storm.limit} times in {self._storm.window_s:g} s; we slow down."
            fix = "Keep the stream open, send `retry:`, or answer GET with 405 where no stream is offered."
            self._link.report_once(Breach("reconnect-storm", Severity.ERROR, text, fix), None)
        self._link.move(
            self._link.state,
            f"{reason}; again in {pause_ms / 1000:.1f} s.",
            attempt=self._backoff.attempt,
            delay_ms=pause_ms,
            asked_ms=asked_ms,
            last_event_id=event_id or None,
        )
        await asyncio.sleep(pause_ms / 1000)

    async def _renew(self, ended: Ended) -> bool:
        """Begin a new session where the server has forgotten ours (R28); False if the user wants only the report."""
        if not self._link.options.reinitialize_on_404:
            self._link.move(self._link.state, f"{ended.sentence} Beginning anew is switched off.")
            return False
        forgotten = self._wire.session_id
        async with self._renewing:
            if self._wire.session_id != forgotten:
                return True
            self._wire.start_over()
            try:
                await self.conversation.initialize(self._link.options.protocol_version or era.LATEST)
            except ConnectError as error:
                self._link.move(ConnectionState.CLOSED, f"The session is gone and no new one began: {error.sentence}")
                return False
            return True

    async def _recover(self, reason: str, retry_ms: int | None) -> bool:
        """The server is gone: everything outstanding is lost; ask until it answers again. False if we gave up."""
        if self._recovery is not None:
            await asyncio.shield(self._recovery)
            return self._link.state is ConnectionState.OPEN
        self._recovery = asyncio.get_running_loop().create_future()
        try:
            self.conversation.calls.lose_all(reason)
            if not self._link.options.reconnect:
                self._link.move(ConnectionState.CLOSED, reason)
                return False
            self._link.move(ConnectionState.RECONNECTING, reason)
            self._backoff.reset()
            pause_ms = self._backoff.after_end(retry_ms) if retry_ms is not None else self._backoff.after_failure(None)
            while not await self._is_back(pause_ms, retry_ms, reason):
                pause_ms = self._backoff.after_failure(retry_ms)
            self._backoff.reset()
            return self._link.state is ConnectionState.OPEN
        finally:
            self._recovery.set_result(None)
            self._recovery = None

    async def _is_back(self, pause_ms: float, retry_ms: int | None, reason: str) -> bool:
        await self._pause(reason.rstrip("."), pause_ms, retry_ms, "")
        call = self.conversation.calls.start("ping", None, 5.0, None, with_progress=False)
        ended = await self._post(call)
        if _is(ended, Meaning.SESSION_GONE):
            self.conversation.calls.fail(call, Outcome.REFUSED, ended.sentence)
            return await self._renew(ended) or self._link.state is ConnectionState.CLOSED
        if not call.is_settled:
            self.conversation.calls.fail(call, Outcome.LOST, f"{call.label} got no answer: {ended.sentence}")
        if ended.verdict is None or ended.event.cause in NETWORK_CAUSES:
            return False
        self._link.move(ConnectionState.OPEN, "The server answers again.")
        return True

    async def check_alive(self) -> None:
        """Notice a dead server while no stream of ours would tell."""
        if self._recovery is not None or self._link.state is not ConnectionState.OPEN:
            return
        reason = await self._liveness.why_dead(self._link.options.url)
        if reason:
            self._link.spawn(self._recover(reason, None), "recover")

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.stop(EndCause.CLOSED_BY_US, "We closed the session.")
        request = self._wire.end()
        if request is not None and self._link.state is ConnectionState.OPEN:
            await Stream(self._link, _Sink(self, _judge_close, None)).run(request)


def _judge_close(head: Head) -> Verdict:
    """Any answer to DELETE will do; 405 says that sessions end by themselves (R29)."""
    return Verdict(Meaning.ACCEPTED)


def _is(ended: Ended, meaning: Meaning) -> bool:
    return ended.verdict is not None and ended.verdict.meaning is meaning


def _fulfil(stream: Stream, call: Call) -> None:
    """Note when the request of a stream has its answer, so that a stream left open is closed after a while."""
    call.future.add_done_callback(lambda _: setattr(stream, "fulfilled_ns", stream.link.now_ns()))
