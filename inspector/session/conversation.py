"""The JSON-RPC conversation over whichever channel: requests out, answers in, the server's requests answered."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from inspector.protocol import era, jsonrpc, log_entry
from inspector.protocol.era import TransportName
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.peer import Peer, name_of
from inspector.session.asked import Asked
from inspector.session.asks import Asks
from inspector.session.calls import Answer, Call, Calls
from inspector.session.inbox import Inbox, OnLog, QuietInbox
from inspector.session.link import Link
from inspector.session.stream import Ended, Stream
from inspector.session.task_runs import TaskRuns
from inspector.trace.events import ConnectionState, Direction, EndCause, Framing, Message, Outcome, SessionReady
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.protocol.freshness import Freshness

log = logging.getLogger(__name__)

FAREWELL_S = 1.0


class Channel(Protocol):
    """How messages travel, and what a revision adds to them.

    `prepare` gives the params as they go out; `after` looks at an answer and gives it as the user shall see it, or
    what is to be asked next. `carry` brings a request to its end; `say` delivers what expects no answer.
    `cancels_by_closing` says that the end of the stream is the cancellation (R43), so that nothing else is sent;
    `rejected` are the tools that were listed but must not be called, with the reason (R45).
    """

    transport: TransportName
    cancels_by_closing: bool

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]: ...

    async def open(self) -> None: ...

    async def prepare(self, asked: Asked) -> dict[str, Any] | None: ...

    async def carry(self, call: Call) -> None: ...

    async def after(self, asked: Asked, answer: Answer) -> Answer | Asked: ...

    async def say(self, body: bytes, purpose: str) -> Ended | None: ...

    async def subscribe(self, uri: str, *, wanted: bool) -> Answer: ...

    async def set_log_level(self, level: str) -> Answer: ...

    async def tell_roots_changed(self) -> None: ...

    def freshness(self, method: str, params: dict[str, Any] | None) -> Freshness | None: ...

    def settled_on(self, negotiated: Negotiated) -> None: ...

    def session_id(self) -> str | None: ...

    def on_notification(self, method: str, params: Any) -> None: ...

    async def check_alive(self) -> None: ...

    async def close(self) -> None: ...


class Conversation:
    """Everything between the user's request and the channel's bytes."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.peer = Peer()
        self.calls = Calls(link, self.peer)
        self.asks = Asks(link, self._say)
        self.inbox = Inbox(link, self.peer, self.calls, self._on_message, self._on_log)
        self.channel: Channel | None = None
        self.negotiated: Negotiated | None = None
        self.task_runs = TaskRuns(link, self.asks, self.request)
        self.listeners: list[Callable[[str, Any], None]] = []
        self.log_listeners: list[OnLog] = []
        self.data_listeners: list[Callable[[str, Any], None]] = []
        self._farewells: set[asyncio.Task[None]] = set()

    def quiet_inbox(self) -> Inbox:
        """Reads as `inbox` does what the laboratory had sent once more."""
        return QuietInbox(self.link, self.peer, self.calls, self._on_message, self._on_log)

    def start_over(self) -> None:
        """Nothing is agreed upon: another transport is about to be tried, and no stream of the last one is left."""
        for stream in tuple(self.link.streams):
            stream.stop(EndCause.CLOSED_BY_US, "Another way to speak to the server is tried.")
        self.negotiated = self.inbox.revision = None
        self.calls.revision = self.task_runs.revision = era.LATEST
        self.peer.initialized = False
        self.asks.are_allowed = True

    async def request(self, asked: Asked) -> Answer:
        """Send a request and see it to its end, however many rounds that takes.

        Cancelling the awaiting task cancels the request on the wire too.
        """
        while True:
            answer = await self._send(asked)
            if self.channel is None:
                return answer
            following = await self.channel.after(asked, answer)
            if isinstance(following, Answer):
                return following
            asked = following

    async def _send(self, asked: Asked) -> Answer:
        channel = self.channel
        params = asked.params if channel is None else await channel.prepare(asked)
        channel = self.channel  # the session may have been closed meanwhile
        call = self.calls.start(
            asked.method, params, asked.timeout_s, asked.on_progress, with_progress=asked.with_progress
        )
        if channel is None:
            self.calls.fail(call, Outcome.REFUSED, f"{call.label} was not sent: there is no connection.")
            return call.future.result()
        self.link.spawn(channel.carry(call), f"carry {call.label}")
        try:
            return await asyncio.shield(call.future)
        except asyncio.CancelledError:
            self.cancel(call, "Cancelled by the user.")
            raise

    def begin(self, channel: Channel, negotiated: Negotiated, started_ns: int) -> None:
        """The server is ready for requests: say so."""
        self.negotiated = negotiated
        self.calls.revision = self.task_runs.revision = negotiated.protocol_version
        self.link.river.emit(
            SessionReady,
            connection=self.link.number,
            transport=channel.transport.value,
            protocol_version=negotiated.protocol_version,
            server_name=negotiated.server_name,
            server_version=negotiated.server_version,
            session_id=channel.session_id(),
            capabilities=tuple(negotiated.capabilities),
            instructions=negotiated.instructions,
            handshake_ms=(self.link.now_ns() - started_ns) / 1e6,
        )
        self.link.move(
            ConnectionState.OPEN,
            f"Connected to {negotiated.server_name or 'the server'} over {channel.transport.label}, "
            f"revision {negotiated.protocol_version}.",
        )

    async def notify(self, method: str, params: dict[str, Any] | None = None) -> Ended | None:
        """Send a notification and wait until it was taken; None if there is no connection any more."""
        return await self._say(jsontext.dumps(jsonrpc.notification(method, params)), method)

    async def _say(self, body: bytes, purpose: str) -> Ended | None:
        return None if self.channel is None else await self.channel.say(body, purpose)

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
        self.asks.drop(call.stream.number)
        if not call.stream.is_leaving or (self.channel is not None and self.channel.cancels_by_closing):
            cause = EndCause.TIMED_OUT_BY_US if outcome is Outcome.TIMED_OUT else EndCause.CANCELLED_BY_US
            call.stream.stop(cause, reason)
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
        asked = self.asks.event_of(message)
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
        if message.type is not MessageType.NOTIFICATION:
            self.asks.take(message, event)
            return
        method, params = message.method or "", message.params
        if method == "notifications/cancelled":
            self.asks.cancel(params)
        if self.channel is not None:
            self.channel.on_notification(method, params)
        self.task_runs.on_notification(method, params)
        if method == log_entry.METHOD and isinstance(params, dict):
            self._on_log([params])
        else:
            self._tell(method, params)

    def _on_log(self, entries: list[dict[str, Any]]) -> None:
        """Log entries change nothing: they are only told."""
        for listener in self.log_listeners:
            _call(listener, entries)

    def _tell(self, method: str, params: Any) -> None:
        for listener in self.listeners:
            _call(listener, method, params)


def one_by_one(listener: Callable[[str, Any], None]) -> OnLog:
    """What tells a listener for notifications of log entries that came together."""

    def tell(entries: list[dict[str, Any]]) -> None:
        for params in entries:
            _call(listener, log_entry.METHOD, params)

    return tell


def _call(listener: Callable[..., None], *what: Any) -> None:
    try:
        listener(*what)
    except Exception:  # it is the user's code
        log.exception("The listener for notifications failed on %s", what[0] if len(what) > 1 else log_entry.METHOD)
