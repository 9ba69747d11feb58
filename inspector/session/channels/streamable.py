"""Streamable HTTP at work: POSTs with their answers, resumption, and a session begun anew."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from inspector.protocol import era, jsonrpc
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.protocol.transports.streamable_http import StreamableHttp
from inspector.session import handshake
from inspector.session.authorization import authorised
from inspector.session.calls import Call
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES, meant
from inspector.session.channels.listening import Listening
from inspector.session.channels.recovery import Recovery
from inspector.session.channels.renewal import Renewal
from inspector.session.channels.rules import HandshakeRules
from inspector.session.channels.sink import MessageSink
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError
from inspector.session.inbox import Inbox
from inspector.session.pace import Pace
from inspector.session.reconnect import StormGuard
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause
from inspector.wire import jsontext
from inspector.wire.http import mask_url

RESUME_ATTEMPTS = 5
LINGER_S = 10.0
"""How long a stream may stay open after its request has its answer, to show what still comes."""


class StreamableChannel(HandshakeRules):
    """The transport of 2025-03-26 to 2025-11-25 (R20 to R29).

    `handshakes` counts the sessions that were begun: whoever finds his own one forgotten can see whether another has
    begun since. `must_initialize` is set while there is none.
    """

    transport = TransportName.STREAMABLE_HTTP

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        self.conversation = conversation
        self.link = conversation.link
        self._revision = revision or era.LATEST
        self.storm = StormGuard()
        self.handshakes = 0
        self.must_initialize = True
        self._wire = StreamableHttp(self.link.options.url, self.link.options.headers)
        self._renewing = asyncio.Lock()
        self.recovery = Recovery(self.link, conversation.calls, self.storm, Renewal(self).ask)
        self._listening = Listening(self)

    async def open(self) -> None:
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {mask_url(self._wire.url)} over Streamable HTTP.")
        await handshake.initialize(self.conversation, self, self._revision)
        if self.link.options.listen:
            self.link.spawn(self._listening.run(), "listen")

    def settled_on(self, negotiated: Negotiated) -> None:
        self._wire.protocol_version = negotiated.protocol_version
        self.handshakes += 1
        self.must_initialize = False

    def session_id(self) -> str | None:
        return self._wire.session_id

    async def carry(self, call: Call) -> None:
        """POST a request and see it through: its answer, its resumption, a new session, or its loss."""
        await self._until_settled_on(call)
        if call.is_settled:  # cancelled before it could leave
            return
        handshakes = self.handshakes
        ended = call.ended = await self.post(call)
        if not call.is_settled and meant(ended, Meaning.SESSION_GONE):
            ended = await self._post_anew(call, ended, handshakes)
        if ended.event.cause in NETWORK_CAUSES and not self.must_initialize:
            self.link.spawn(self.recovery.suspect(ended.sentence), "suspect")
        if not call.is_settled and endings.is_resumable(ended):
            ended = await self._resume(call, ended)
        if not call.is_settled:
            outcome = endings.outcome_of(call.ended)
            self.conversation.calls.fail(call, outcome, f"{call.label} got no answer: {endings.why(ended)}")

    async def _until_settled_on(self, call: Call) -> None:
        """While a new session is being begun, only its own initialize may leave."""
        if self._renewing.locked() and call.pending.method != "initialize":
            async with self._renewing:
                pass

    async def _post_anew(self, call: Call, ended: Ended, handshakes: int) -> Ended:
        """Send a request again in a new session, unless its time is up meanwhile."""
        if not await self.renew(ended, handshakes) or call.is_settled:
            return ended
        call.ended = await self.post(call)
        return call.ended

    async def post(self, call: Call) -> Ended:
        """POST a request, again after a sign-in if that is wanted, to the end of its exchange."""
        return await authorised(self.link, lambda: self._post_once(call), call)

    async def _post_once(self, call: Call) -> Ended:
        wire = replace(self._wire)
        message = jsonrpc.read(jsontext.parse(call.body).value)
        may_renew = call.ended is None and self.link.options.reinitialize_on_404  # else the refusal is the answer
        judge_refusal = wire.judge_refusal if may_renew else None
        inbox = self.conversation.inbox
        sink = MessageSink(inbox, lambda head: self._judge_post(wire, head, call), call, judge_refusal)
        stream = call.stream = Stream(self.link, sink, lambda n: self.conversation.sent(call.body, message, n, call))
        _fulfil(stream, call)
        return _revised(await stream.run(wire.post(call.body, call.pending.method)), sink)

    def _judge_post(self, wire: StreamableHttp, head: Head, call: Call | None) -> Verdict:
        """`wire` is the transport as it stood when the request left: a session may have ended and begun since."""
        verdict = wire.judge_post(head, expects_answer=call is not None, now=self.link.river.clock.time())
        if call is not None and call.pending.method == "initialize" and head.is_success:
            return Verdict(verdict.meaning, verdict.sentence, verdict.breaches + self._wire.on_initialize(head))
        return verdict

    async def say(self, body: bytes, purpose: str) -> Ended:
        return await authorised(self.link, lambda: self._say_once(body, purpose))

    async def _say_once(self, body: bytes, purpose: str) -> Ended:
        wire = replace(self._wire)
        message = jsonrpc.read(jsontext.parse(body).value)
        sink = MessageSink(self.conversation.inbox, lambda head: self._judge_post(wire, head, None), None)
        stream = Stream(self.link, sink, lambda n: self.conversation.sent(body, message, n))
        limit_s = self.link.options.request_timeout_s
        stream.close_in(limit_s, EndCause.TIMED_OUT_BY_US, f"{purpose} was not accepted within {limit_s:g} s.")
        return await stream.run(wire.post(body, purpose))

    async def listen(self, stream: Stream, event_id: str) -> Ended:
        """Run the GET of a stream made by `listening_stream`."""
        ended = await stream.run(self._wire.listen(event_id or None))
        return _revised(ended, stream.sink) if isinstance(stream.sink, MessageSink) else ended

    def listening_stream(self, call: Call | None = None, inbox: Inbox | None = None) -> Stream:
        """A stream for a GET: the stand-alone one, or what resumes the stream of `call`."""
        wire, clock, inbox = replace(self._wire), self.link.river.clock, inbox or self.conversation.inbox
        sink = MessageSink(inbox, lambda head: wire.judge_listen(head, clock.time()), call, wire.judge_refusal)
        stream = Stream(self.link, sink)
        if call is not None:
            _fulfil(stream, call)
        return stream

    async def _resume(self, call: Call, ended: Ended) -> Ended:
        """Fetch the rest of a stream that ended before its answer (R27): wait `retry`, then GET with its last id."""
        event_id, retry_ms, failures = ended.last_event_id, ended.retry_ms, 0
        pace = Pace(self.link, self.storm)
        reason = f"The stream of {call.label} ended before its answer"
        while failures < RESUME_ATTEMPTS:
            pause = pace.after_end if ended.was_stream else pace.after_failure
            await pause(reason, self.link.state, retry_ms, event_id)
            if call.is_settled:
                break
            pace.opening()
            ended = await self._listen_for(call, event_id)
            event_id = ended.last_event_id or event_id
            retry_ms = retry_ms if ended.retry_ms is None else ended.retry_ms
            failures = 0 if ended.was_stream else failures + 1
            if call.is_settled or endings.is_refused(ended):
                break
        return ended

    async def _listen_for(self, call: Call, event_id: str) -> Ended:
        return await authorised(self.link, lambda: self.listen(self.listening_stream(call), event_id))

    async def renew(self, ended: Ended, handshakes: int) -> bool:
        """Begin a new session where the server has forgotten the one that began as number `handshakes` (R28).

        False if the user wants only the report, or if no session could be begun.
        """
        if not self.link.options.reinitialize_on_404:
            self.link.move(self.link.state, f"{ended.sentence} Beginning anew is switched off.")
            return False
        error = await self.begin_anew(handshakes)
        if error is None:
            return True
        if endings.may_pass(error):
            await self.recovery.run(error.sentence)
            return not self.must_initialize
        self.link.move(ConnectionState.CLOSED, f"The session is gone and no new one began: {error.sentence}")
        return False

    async def begin_anew(self, handshakes: int) -> ConnectError | None:
        """Shake hands without a session id, unless somebody else has done so meanwhile; the error if that fails."""
        async with self._renewing:
            if self.handshakes != handshakes:
                return None
            self._wire.start_over()
            self.must_initialize = True
            try:
                await handshake.initialize(self.conversation, self, self._revision)
            except ConnectError as error:
                return error
            self._listening.start_over()
            return None

    async def check_alive(self) -> None:
        await self.recovery.check_alive()

    async def close(self) -> None:
        self._listening.close()
        request = self._wire.end()
        if request is not None and self.link.state is ConnectionState.OPEN:
            await Stream(self.link, MessageSink(self.conversation.inbox, _judge_close, None)).run(request)


def _revised(ended: Ended, sink: MessageSink) -> Ended:
    """How an exchange ended, in the light of its body."""
    ended.verdict = sink.revised or ended.verdict
    return ended


def _judge_close(head: Head) -> Verdict:
    """Any answer to DELETE will do; 405 says that sessions end by themselves (R29)."""
    return Verdict(Meaning.ACCEPTED)


def _fulfil(stream: Stream, call: Call) -> None:
    """Once the request of a stream has its answer, the stream has only a while left."""
    sentence = f"Its request was settled {LINGER_S:g} s ago and the stream was still open."
    call.future.add_done_callback(lambda _: stream.close_in(LINGER_S, EndCause.CLOSED_BY_US, sentence))
