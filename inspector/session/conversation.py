"""The JSON-RPC conversation over whichever channel: requests out, answers in, the server's requests answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

from inspector.protocol import era, jsonrpc, lifecycle
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.era import TransportName
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.peer import Peer, Progress, name_of
from inspector.protocol.transports.answer import Meaning
from inspector.session.calls import Answer, Call, Calls
from inspector.session.failure import ConnectError, FailureKind, connect_error
from inspector.session.inbox import Inbox
from inspector.session.link import Link
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, Direction, EndCause, Framing, Message, Outcome, SessionReady
from inspector.wire import jsontext

log = logging.getLogger(__name__)

SLOW_ASK_S = 300.0
"""How long the user's side may take to answer a request of the server's."""
MAX_PURPOSE_CHARACTERS = 60
FAREWELL_S = 1.0
ANSWERS = (MessageType.RESPONSE, MessageType.ERROR)
ERROR_STATUS_S = 1.0
"""How long we wait for the end of the exchange that brought an error to initialize."""


class Channel(Protocol):
    """How messages travel. `carry` brings a request to its end; `say` delivers what expects no answer."""

    transport: TransportName

    async def open(self) -> None: ...

    async def carry(self, call: Call) -> None: ...

    async def say(self, body: bytes, purpose: str) -> Ended | None: ...

    def settled_on(self, negotiated: Negotiated) -> None: ...

    def session_id(self) -> str | None: ...

    async def check_alive(self) -> None: ...

    async def close(self) -> None: ...


def client_version() -> str:
    try:
        return version("sse-mcp-inspector")
    except PackageNotFoundError:
        return "0"


class Conversation:
    """Everything between the user's request and the channel's bytes."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.peer = Peer()
        self.calls = Calls(link, self.peer)
        self.inbox = Inbox(link, self.peer, self.calls, self._on_message)
        self.channel: Channel | None = None
        self.negotiated: Negotiated | None = None
        self.on_notification: Callable[[str, Any], None] = lambda method, params: None
        self._asks: dict[RequestId, asyncio.Task[None]] = {}
        self._asked: dict[RequestId, Message] = {}
        self._farewells: set[asyncio.Task[None]] = set()

    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        with_progress: bool = False,
    ) -> Answer:
        """Send a request and wait for its end; cancelling the awaiting task cancels the request on the wire too."""
        call = self.calls.start(method, params, timeout_s, on_progress, with_progress=with_progress)
        if self.channel is None:
            self.calls.fail(call, Outcome.REFUSED, f"{call.label} was not sent: there is no connection.")
            return call.future.result()
        self.link.spawn(self.channel.carry(call), f"carry {call.label}")
        try:
            return await asyncio.shield(call.future)
        except asyncio.CancelledError:
            self.cancel(call, "Cancelled by the user.")
            raise

    async def initialize(self, revision: str) -> Negotiated:
        """The handshake; raises `ConnectError`. A server that names what it supports is asked again once."""
        started_ns = self.link.now_ns()
        answer, ended = await self._ask_initialize(revision)
        other = _supported_revision(answer.error, revision)
        if other is not None:
            revision = other
            answer, ended = await self._ask_initialize(revision)
        if not answer.ok:
            raise connect_error(ended, _why_none(answer, ended), answer)
        negotiated, breaches = lifecycle.read_initialize_result(answer.result, revision)
        for breach in breaches:
            self.link.report(breach, about_n=answer.answer_n)
        if negotiated is None:
            sentence = f"{breaches[0].text} {breaches[0].fix}".strip()
            raise ConnectError(FailureKind.SERVER_ERROR, sentence, ended)
        await self._settle_on(negotiated, started_ns)
        return negotiated

    async def _ask_initialize(self, revision: str) -> tuple[Answer, Ended | None]:
        params = lifecycle.initialize_params(revision, self.link.options.callbacks.features(), client_version())
        call = self.calls.start("initialize", params, None, None, with_progress=False)
        assert self.channel is not None  # noqa: S101 - the channel itself called us
        carrying = self.link.spawn(self.channel.carry(call), "carry initialize")
        answer = await asyncio.shield(call.future)
        if answer.error is not None:  # the status that came with it tells which transport this is
            await asyncio.wait({carrying}, timeout=ERROR_STATUS_S)
        return answer, call.ended

    async def _settle_on(self, negotiated: Negotiated, started_ns: int) -> None:
        assert self.channel is not None  # noqa: S101 - the channel itself called us
        self.negotiated = negotiated
        self.inbox.revision = negotiated.protocol_version
        self.channel.settled_on(negotiated)
        self.peer.initialized = True  # it may have read our notification before its 202 arrives here
        ended = await self.notify("notifications/initialized")
        if ended is not None and ended.verdict is not None and ended.verdict.meaning is not Meaning.ACCEPTED:
            text = f"The server did not accept notifications/initialized: {ended.sentence}"
            fix = "Answer it with 202 and no body; until then a server may refuse everything else."
            self.link.report(Breach("initialized-not-accepted", Severity.ERROR, text, fix, "Lifecycle"))
        self.link.river.emit(
            SessionReady,
            connection=self.link.number,
            transport=self.channel.transport.value,
            protocol_version=negotiated.protocol_version,
            server_name=negotiated.server_name,
            server_version=negotiated.server_version,
            session_id=self.channel.session_id(),
            capabilities=tuple(negotiated.capabilities),
            instructions=negotiated.instructions,
            handshake_ms=(self.link.now_ns() - started_ns) / 1e6,
        )
        self.link.move(
            ConnectionState.OPEN,
            f"Connected to {negotiated.server_name or 'the server'} over {self.channel.transport.label}, "
            f"revision {negotiated.protocol_version}.",
        )

    async def notify(self, method: str, params: dict[str, Any] | None = None) -> Ended | None:
        """Send a notification and wait until it was taken; None if there is no connection any more."""
        if self.channel is None:
            return None
        return await self.channel.say(jsontext.dumps(jsonrpc.notification(method, params)), method)

    def cancel(self, call: Call, reason: str) -> None:
        """Stop waiting and tell the server; the stream stays open for a while to show what still comes (R29)."""
        if not call.is_settled:
            self._abandon(call, Outcome.CANCELLED, reason)

    def time_out(self, call: Call) -> None:
        elapsed_s = (self.link.now_ns() - call.pending.sent_ns) / 1e9
        reason = (
            f"{call.label} was not answered within {elapsed_s:.1f} s. We stopped waiting; this is our own time limit."
        )
        self._abandon(call, Outcome.TIMED_OUT, reason)

    def _abandon(self, call: Call, outcome: Outcome, reason: str) -> None:
        """Stop waiting; what has not left yet is stopped too, else it would arrive behind its own cancellation."""
        self.calls.fail(call, outcome, reason)
        if call.stream is None:
            return
        if not call.stream.is_leaving:
            call.stream.stop(EndCause.CANCELLED_BY_US, reason)
        elif call.pending.method != "initialize" and self.channel is not None:
            telling = self.link.spawn(self._tell_cancelled(call, call.stream, reason), "tell cancelled")
            self._farewells.add(telling)
            telling.add_done_callback(self._farewells.discard)

    async def _tell_cancelled(self, call: Call, stream: Stream, reason: str) -> None:
        """Say so once the request itself is gone, or the two could pass each other."""
        await stream.written.wait()
        await self.notify("notifications/cancelled", {"requestId": call.pending.id, "reason": reason})

    async def say_farewell(self) -> None:
        """Until the server has been told of all that we cancelled."""
        if self._farewells:
            await asyncio.wait(self._farewells, timeout=FAREWELL_S)

    def sent(self, body: bytes, message: JsonRpc, stream: int, call: Call | None = None) -> None:
        """A message is about to leave: make it an event and start the clock of its request."""
        asked = self._asked.pop(message.id, None) if message.type in ANSWERS else None
        event = self.link.river.emit(
            Message,
            connection=self.link.number,
            stream=stream,
            direction=Direction.OUTBOUND,
            message_type=message.type,
            framing=Framing.BODY,
            raw=body,
            method=asked.method if asked else message.method,
            id=message.id,
            name=name_of(message.method, message.params),
            request_n=asked.n if asked else None,
            rtt_ms=(self.link.now_ns() - asked.monotonic_ns) / 1e6 if asked else None,
            progress_token=call.pending.progress_token if call else None,
        )
        if call is not None:
            self.calls.sent(call, event.n, event.monotonic_ns)

    def _on_message(self, message: JsonRpc, event: Message) -> None:
        if message.type is MessageType.NOTIFICATION:
            self._on_notification(message)
            return
        method = message.method or ""
        if method != "ping" and self.link.options.callbacks.for_method(method) is None:
            asked = jsonrpc.shown(method)
            text = f"The server asked for {asked}, which this client has not declared; it was answered with an error."
            breach = Breach("server-request-undeclared", Severity.NOTE, text, "Ask only for declared capabilities.")
            self.link.report(breach, event.stream, event.n)
        self._asked[message.id] = event
        task = self._asks[message.id] = self.link.spawn(self._answer(message), "answer")
        task.add_done_callback(lambda _: self._forget(message.id))

    def _forget(self, request_id: RequestId) -> None:
        """A request of the server's is done with, answered or not."""
        self._asks.pop(request_id, None)
        self._asked.pop(request_id, None)

    def _on_notification(self, message: JsonRpc) -> None:
        method, params = message.method or "", message.params
        if method == "notifications/cancelled" and isinstance(params, dict):
            request_id = params.get("requestId")
            asked = self._asks.get(request_id) if isinstance(request_id, int | str) else None
            if asked is not None:
                asked.cancel()
        try:
            self.on_notification(method, params)
        except Exception:  # it is the user's code
            log.exception("The listener for notifications failed on %s", method)

    async def _answer(self, message: JsonRpc) -> None:
        """Answer a request of the server's by the rules of R24."""
        reply = await self._reply_to(message)
        if self.channel is not None:
            await self.channel.say(reply, f"answer to {(message.method or '')[:MAX_PURPOSE_CHARACTERS]}")

    async def _reply_to(self, message: JsonRpc) -> bytes:
        method = message.method or ""
        params = message.params if isinstance(message.params, dict) else {}
        if method == "ping":
            return jsontext.dumps(jsonrpc.result(message.id, {}))
        ask = self.link.options.callbacks.for_method(method)
        if ask is None:
            return _refusal(
                message, jsonrpc.METHOD_NOT_FOUND, f"{jsonrpc.shown(method)} is not supported by this client"
            )
        mode = params.get("mode", "form")
        if method == "elicitation/create" and mode not in ("form", "url"):
            return _refusal(message, jsonrpc.INVALID_PARAMS, f"unknown elicitation mode {jsonrpc.shown(mode)}")
        try:
            async with asyncio.timeout(SLOW_ASK_S):
                return jsontext.dumps(jsonrpc.result(message.id, await ask(params)))
        except Exception as error:  # a callback is the user's code: its failure is an answer
            return _refusal(message, jsonrpc.INTERNAL_ERROR, f"{type(error).__name__}: {error}")


def _why_none(answer: Answer, ended: Ended | None) -> str:
    """Why there is no session, without the words on initialize where the exchange itself says it all."""
    broke = answer.outcome in (Outcome.LOST, Outcome.REFUSED) and ended is not None
    if broke and ended is not None and ended.event.cause is not EndCause.COMPLETE:
        return ended.sentence
    return answer.sentence


def _refusal(message: JsonRpc, code: int, text: str) -> bytes:
    return jsontext.dumps(jsonrpc.error(message.id, code, text))


def _supported_revision(error: Any, asked: str) -> str | None:
    """The newest revision that a refusing server names and we speak, if it is another than we asked for."""
    data = error.get("data") if isinstance(error, dict) else None
    named = data.get("supported") if isinstance(data, dict) else None
    if not isinstance(named, list):
        return None
    mutual = [revision for revision in era.HANDSHAKE_REVISIONS if revision in named and revision != asked]
    return mutual[-1] if mutual else None
