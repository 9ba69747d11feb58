"""Revision 2026-07-28 at work: every request its own POST, nothing remembered by the server (R40 to R49)."""

from __future__ import annotations

import asyncio

from inspector.protocol import discover, era, input_required, jsonrpc, request_stream, subscriptions, tasks
from inspector.protocol.era import TransportName
from inspector.protocol.jsonrpc import JsonRpc
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.request_stream import RequestStream
from inspector.protocol.subscriptions import Subscription
from inspector.protocol.transports.answer import Head, Verdict
from inspector.protocol.transports.stateless import StatelessHttp
from inspector.session.asked import Asked
from inspector.session.authorization import authorised
from inspector.session.calls import Answer, Call
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES
from inspector.session.channels.recovery import Recovery, is_still_gone
from inspector.session.channels.sink import MessageSink
from inspector.session.channels.stateless_rules import StatelessRules
from inspector.session.channels.subscribing import Subscribing
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError, FailureKind, connect_error, why_none
from inspector.session.reconnect import StormGuard
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause, Message, Outcome
from inspector.wire import jsontext
from inspector.wire.http import HeaderList, mask_url

DISCOVER_TIMEOUT_S = 10.0
"""How long an event stream may go on without the answer, so that another way can be tried.

A server that says nothing at all has the user's time limit: silence is no verdict about the revision (A5).
"""
LINGER_S = 10.0
"""How long a stream may stay open after its request has its answer, to show what still comes."""
ERROR_STATUS_S = 1.0
"""How long we wait for the end of an exchange that brought no DiscoverResult."""


class StatelessChannel(StatelessRules):
    """The transport of 2026-07-28. Nothing is resumed, and closing a stream cancels its request."""

    transport = TransportName.STATELESS

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        super().__init__(conversation, revision or era.STATELESS)
        self.link = conversation.link
        self.storm = StormGuard()
        self.subscribing = Subscribing(self)
        self._wire = StatelessHttp(self.link.options.url, self.link.options.headers, self.revision)
        self._recovery = Recovery(self.link, conversation.calls, self.storm, self._ask_again)

    async def open(self) -> None:
        """Ask what the server is (R46). Raises `ConnectError`, or `NoCommonRevision` where it names others."""
        self._prepare_conversation()
        where = f"{mask_url(self._wire.url)}, revision {self.revision}"
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {where}.")
        started_ns = self.link.now_ns()
        self._begin(await self._discover(), started_ns)

    def take_as_it_is(self) -> None:
        """Go on with a server that did not answer server/discover but is known to speak this revision."""
        self._prepare_conversation()
        self._begin(Negotiated(self.revision), self.link.now_ns())

    def _prepare_conversation(self) -> None:
        self.conversation.peer.initialized = True
        self.conversation.asks.are_allowed = False
        self.conversation.inbox.revision = self.conversation.calls.revision = self.revision

    def _begin(self, negotiated: Negotiated, started_ns: int) -> None:
        self.conversation.begin(self, negotiated, started_ns)
        if self.link.options.listen:
            self.subscribing.start()

    async def _discover(self) -> Negotiated:
        answer, ended = await self._ask_discover()
        if not answer.ok:
            raise connect_error(ended, why_none(answer, ended), answer)
        found, breaches = discover.read_discover_result(answer.result)
        kind = input_required.kind_of(answer.result)[1] if found is not None else []
        for breach in (*breaches, *kind):
            self.link.report(breach, about_n=answer.answer_n)
        if found is None:
            sentence = "The answer to server/discover cannot be read: it names no supported versions."
            raise ConnectError(FailureKind.SERVER_ERROR, sentence, ended, answer)
        if self.revision not in found.supported_versions:
            raise NoCommonRevision(found.supported_versions, ended, answer)
        self.note_freshness(discover.METHOD, None, answer)
        return discover.negotiated_of(found, self.revision)

    async def _ask_discover(self) -> tuple[Answer, Ended | None]:
        limit_s = self.link.options.request_timeout_s
        params = await self.prepare(Asked("server/discover"))
        call = self.conversation.calls.start("server/discover", params, limit_s, None, with_progress=False)
        carrying = self.link.spawn(self.carry(call), "carry server/discover")
        await asyncio.wait({call.future}, timeout=min(DISCOVER_TIMEOUT_S, limit_s))
        if call.stream is not None and call.stream.events_silent_since_ns and not call.is_settled:
            self.conversation.time_out(call)  # events that are no answer: it is an event stream of another kind
        answer = await asyncio.shield(call.future)
        if not answer.ok:  # how the exchange ended tells whether it is a verdict at all
            await asyncio.wait({carrying}, timeout=ERROR_STATUS_S)
        return answer, call.ended

    async def carry(self, call: Call) -> None:
        """POST a request and see it through. A stream that breaks has lost it: nothing is resumed (R43)."""
        if call.is_settled:  # cancelled before it could leave
            return
        reason = self.tools.why_rejected(call.pending.name) if call.pending.method == "tools/call" else ""
        if reason:
            self.conversation.calls.fail(call, Outcome.REFUSED, f"{call.label} was not sent: {reason}")
            return
        ended = call.ended = await authorised(self.link, lambda: self._post(call), call)
        if ended.event.cause in NETWORK_CAUSES and self.link.state is ConnectionState.OPEN:
            self.link.spawn(self._recovery.suspect(ended.sentence), "suspect")
        if not call.is_settled:
            sentence = f"{call.label} got no answer: {endings.why(ended)}"
            self.conversation.calls.fail(call, endings.outcome_of(ended), sentence)

    async def _post(self, call: Call) -> Ended:
        message = jsonrpc.read(jsontext.parse(call.body).value)
        sink = MessageSink(self.conversation.inbox, lambda head: self._judge(head, expects_answer=True), call)
        stream = call.stream = Stream(self.link, sink, lambda n: self.conversation.sent(call.body, message, n, call))
        if call.pending.on_message is None and self.conversation.negotiated is not None:
            self._watch(call, message)
        headers = self._param_headers(message)
        sentence = f"Its request was settled {LINGER_S:g} s ago and the stream was still open."
        call.future.add_done_callback(lambda _: stream.close_in(LINGER_S, EndCause.CLOSED_BY_US, sentence))
        return await stream.run(self._wire.post(call.body, call.pending.method, call.pending.name, headers))

    def _watch(self, call: Call, request: JsonRpc) -> None:
        """Tell of what has no place on the stream of a request (R42), or on that of a user's own subscription (R47)."""
        stream = RequestStream(call.pending.id, request_stream.wants_log(request.params))
        params = request.params if isinstance(request.params, dict) else {}
        wanted = params.get("notifications")
        subscription = Subscription(call.pending.id, wanted if isinstance(wanted, dict) else {})

        def on_message(message: JsonRpc, event: Message) -> None:
            if request.method == subscriptions.METHOD:
                breaches = subscription.feed(message)
            else:
                breaches = stream.feed(message, is_foreign=event.request_n not in (None, call.pending.request_n))
            for breach in breaches:
                self.link.report(breach, event.stream, event.n)

        call.pending.on_message = on_message

    def _param_headers(self, message: JsonRpc) -> HeaderList:
        params = message.params if isinstance(message.params, dict) else {}
        return self.tools.headers(params) if message.method == "tools/call" else ()

    def _judge(self, head: Head, *, expects_answer: bool) -> Verdict:
        return self._wire.judge_post(head, expects_answer=expects_answer, now=self.link.river.clock.time())

    async def follow_task(self, asked: Asked, answer: Answer) -> Answer:
        """The server is asked to tell of the task's changes, too (R52)."""
        state = tasks.read_created(answer.result, self.revision)
        if state is None:
            return await super().follow_task(asked, answer)
        async with self.subscribing.watching(state.task_id):
            return await super().follow_task(asked, answer)

    async def subscribe(self, uri: str, *, wanted: bool) -> Answer:
        """There is no request for it: the listening stream is opened anew with another filter (R47)."""
        return await self.subscribing.want(uri, wanted=wanted)

    async def say(self, body: bytes, purpose: str) -> Ended:
        """Send what expects no answer; this revision has no such messages, so it is the user's experiment."""
        message = jsonrpc.read(jsontext.parse(body).value)
        sink = MessageSink(self.conversation.inbox, lambda head: self._judge(head, expects_answer=False), None)
        stream = Stream(self.link, sink, lambda n: self.conversation.sent(body, message, n))
        limit_s = self.link.options.request_timeout_s
        stream.close_in(limit_s, EndCause.TIMED_OUT_BY_US, f"{purpose} was not accepted within {limit_s:g} s.")
        return await stream.run(self._wire.post(body, purpose, None))

    def settled_on(self, negotiated: Negotiated) -> None:
        """There is no handshake to settle anything."""

    def session_id(self) -> str | None:
        return None

    async def check_alive(self) -> None:
        await self._recovery.check_alive()

    async def _ask_again(self) -> str:
        """One attempt to find a server that was gone; whatever it answers, it is there again."""
        answer, ended = await self._ask_discover()
        is_there = answer.answer_n is not None and not (ended and endings.is_unavailable(ended.event.status))
        if not is_there and (ended is None or is_still_gone(ended)):
            return answer.sentence
        self.link.move(ConnectionState.OPEN, "The server answers again.")
        self.subscribing.again()
        return ""

    async def close(self) -> None:
        self.subscribing.close()


class NoCommonRevision(ConnectError):
    """The server answered server/discover, but names no revision of this era; `versions` are those it names."""

    def __init__(self, versions: tuple[str, ...], ended: Ended | None, answer: Answer) -> None:
        named = ", ".join(versions[:10]) or "none at all"
        sentence = f"The server speaks the revisions {named}; we asked for one without handshake."
        super().__init__(FailureKind.SERVER_ERROR, sentence, ended, answer)
        self.versions = versions
