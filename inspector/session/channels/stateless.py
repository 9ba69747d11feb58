"""Revision 2026-07-28 at work: every request its own POST, nothing remembered by the server (R40 to R49)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from inspector.protocol import discover, envelope, era, freshness, input_required, jsonrpc, subscriptions
from inspector.protocol.era import TransportName
from inspector.protocol.error_codes import HEADER_MISMATCH, UNSUPPORTED_VERSION
from inspector.protocol.freshness import Freshness, FreshnessTable
from inspector.protocol.jsonrpc import JsonRpc
from inspector.protocol.lifecycle import CLIENT_NAME, CLIENT_TITLE, Negotiated
from inspector.protocol.peer import name_of
from inspector.protocol.transports.answer import Head, Verdict
from inspector.protocol.transports.stateless import StatelessHttp
from inspector.session.asked import Asked
from inspector.session.authorization import authorised
from inspector.session.calls import Answer, Call
from inspector.session.channels import endings
from inspector.session.channels.endings import NETWORK_CAUSES
from inspector.session.channels.recovery import Recovery, is_still_gone
from inspector.session.channels.sink import MessageSink
from inspector.session.channels.subscribing import Subscribing
from inspector.session.channels.tool_catalogue import ToolCatalogue
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError, FailureKind, connect_error
from inspector.session.program import client_version
from inspector.session.reconnect import StormGuard
from inspector.session.rounds import Rounds, failed
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause, Outcome
from inspector.wire import jsontext
from inspector.wire.http import HeaderList, mask_url

DISCOVER_TIMEOUT_S = 10.0
ERROR_STATUS_S = 1.0
"""How long we wait for the end of the exchange that brought the answer."""
EXTENSIONS = (envelope.TASKS_EXTENSION,)


class StatelessChannel:
    """The transport of 2026-07-28. What it keeps is ours alone: the tools' headers, the freshness of lists."""

    transport = TransportName.STATELESS
    cancels_by_closing = True

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        self.conversation = conversation
        self.link = conversation.link
        self.log_level = self.link.options.log_level
        self.storm = StormGuard()
        self.tools = ToolCatalogue(conversation)
        self.freshness_table = FreshnessTable()
        self.subscribing = Subscribing(self)
        self._revision = revision or era.STATELESS
        self._wire = StatelessHttp(self.link.options.url, self.link.options.headers, self._revision)
        self._rounds = Rounds(self.link, conversation.asks)
        self._recovery = Recovery(self.link, conversation.calls, self.storm, self._ask_again)

    async def open(self) -> None:
        """Ask what the server is (R46). Raises `ConnectError`, or `NoCommonRevision` where it names others."""
        self._prepare_conversation()
        where = f"{mask_url(self._wire.url)}, revision {self._revision}"
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {where}.")
        started_ns = self.link.now_ns()
        self._begin(await self._discover(), started_ns)

    def take_as_it_is(self) -> None:
        """Go on with a server that did not answer server/discover but is known to speak this revision."""
        self._prepare_conversation()
        self._begin(Negotiated(self._revision), self.link.now_ns())

    def _prepare_conversation(self) -> None:
        self.conversation.peer.initialized = True
        self.conversation.asks.are_allowed = False
        self.conversation.inbox.revision = self._revision
        self.conversation.listeners.insert(0, self._on_notification)

    def _on_notification(self, method: str, params: Any) -> None:
        self.freshness_table.invalidate(method, params)

    def _begin(self, negotiated: Negotiated, started_ns: int) -> None:
        self.conversation.begin(self, negotiated, started_ns)
        if self.link.options.listen:
            self.subscribing.start()

    async def _discover(self) -> Negotiated:
        answer, ended = await self._ask_discover()
        if not answer.ok:
            raise connect_error(ended, answer.sentence, answer)
        found, breaches = discover.read_discover_result(answer.result)
        for breach in breaches:
            self.link.report(breach, about_n=answer.answer_n)
        if found is None:
            sentence = "The answer to server/discover cannot be read: it names no supported versions."
            raise ConnectError(FailureKind.SERVER_ERROR, sentence, ended, answer)
        if self._revision not in found.supported_versions:
            raise NoCommonRevision(found.supported_versions, ended, answer)
        self._note_freshness(discover.METHOD, None, answer)
        return discover.negotiated_of(found, self._revision)

    async def _ask_discover(self) -> tuple[Answer, Ended | None]:
        limit_s = min(DISCOVER_TIMEOUT_S, self.link.options.request_timeout_s)
        params = await self.prepare(Asked("server/discover"))
        call = self.conversation.calls.start("server/discover", params, limit_s, None, with_progress=False)
        carrying = self.link.spawn(self.carry(call), "carry server/discover")
        answer = await asyncio.shield(call.future)
        await asyncio.wait({carrying}, timeout=ERROR_STATUS_S)
        return answer, call.ended

    def _names_ours(self, error: Any) -> bool:
        data = error.get("data")
        supported = data.get("supported") if isinstance(data, dict) else None
        return isinstance(supported, list) and self._revision in supported

    async def prepare(self, asked: Asked) -> dict[str, Any] | None:
        """The envelope of R41 around the user's params; a tool's headers are learnt first (R45)."""
        if asked.method == "tools/call":
            await self.tools.learn(name_of(asked.method, asked.params))
        return envelope.with_envelope(
            asked.params,
            revision=self._revision,
            capabilities=self._capabilities(),
            client_info={"name": CLIENT_NAME, "title": CLIENT_TITLE, "version": client_version()},
            log_level=self.log_level,
        )

    def _capabilities(self) -> dict[str, Any]:
        return envelope.client_capabilities(self.link.options.callbacks.features(), EXTENSIONS)

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
        headers = self._param_headers(message)
        return await stream.run(self._wire.post(call.body, call.pending.method, call.pending.name, headers))

    def _param_headers(self, message: JsonRpc) -> HeaderList:
        params = message.params if isinstance(message.params, dict) else {}
        return self.tools.headers(params) if message.method == "tools/call" else ()

    def _judge(self, head: Head, *, expects_answer: bool) -> Verdict:
        return self._wire.judge_post(head, expects_answer=expects_answer, now=self.link.river.clock.time())

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked:
        """Corrections that the server asks for, its questions, its tasks; else the answer for the user."""
        code = jsonrpc.code_in(answer.error)
        if code == HEADER_MISMATCH and asked.method == "tools/call" and not asked.is_repeat:
            await self.tools.learn_again()  # the tool's schema has changed since it was listed (R44)
            return replace(asked, is_repeat=True)
        if code == UNSUPPORTED_VERSION and not asked.is_repeat and self._names_ours(answer.error):
            return replace(asked, is_repeat=True)
        if not isinstance(answer.result, dict):
            return answer
        kind, breaches = input_required.kind_of(answer.result)
        for breach in breaches:
            self.link.report(breach, about_n=answer.answer_n)
        if kind == "input_required":
            return await self._rounds.after_input_required(asked, answer, self._capabilities())
        if kind == "task":
            return await self.conversation.task_runs.follow(asked, answer)
        if kind == "invalid":
            return failed(answer, f"The result of {asked.method} is of a type that this revision does not know.")
        return self._complete(asked, answer)

    def _complete(self, asked: Asked, answer: Answer) -> Answer:
        if asked.method in freshness.CACHEABLE:
            self._note_freshness(asked.method, asked.params, answer)
        if asked.method == "tools/list":
            answer = self.tools.take(answer)
        return replace(answer, rounds=asked.round)

    def _note_freshness(self, method: str, params: dict[str, Any] | None, answer: Answer) -> None:
        hints, breaches = freshness.read_hints(answer.result, self.link.now_ns() / 1e9)
        self.freshness_table.note(method, params, hints)
        for breach in breaches:
            self.link.report(breach, about_n=answer.answer_n)

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]:
        return self.tools.rejected

    def freshness(self, method: str, params: dict[str, Any] | None) -> Freshness | None:
        return self.freshness_table.get(method, params)

    async def subscribe(self, uri: str, *, wanted: bool) -> Answer:
        """There is no request for it: the listening stream is opened anew with another filter (R47)."""
        uris = self.subscribing.uris
        if wanted is not (uri in uris):
            uris.append(uri) if wanted else uris.remove(uri)
            await self.subscribing.change()
        honoured = self.subscribing.is_honoured(uri)
        sentence = "" if honoured or not wanted else f"The server does not tell of changes of {uri}."
        return Answer(honoured or not wanted, subscriptions.METHOD, result={}, sentence=sentence)

    async def set_log_level(self, level: str) -> Answer:
        """It goes along with every request from now on (R41)."""
        self.log_level = level or None
        return Answer(True, "logging/setLevel", result={})

    async def tell_roots_changed(self) -> None:
        """This revision has no notification for it (R53)."""

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
        if ended is None or (not answer.ok and is_still_gone(ended)):
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
