"""The JSON-RPC of one connection as a file tells of it: messages become events and are paired, as in a live session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from inspector.protocol import era, jsonrpc, lifecycle
from inspector.protocol.breach import Breach
from inspector.protocol.era import TransportName
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.protocol.peer import NOTHING, Peer, Pending, name_of
from inspector.record.formats.moments import EARLIEST_US, LATEST_US
from inspector.trace.events import (
    AnyEvent,
    Direction,
    ExchangeFailed,
    Framing,
    Message,
    Outcome,
    SessionReady,
    TraceEvent,
    Violation,
)
from inspector.trace.facts import (
    add_meaning,
    add_own_facts,
    batch_breach,
    claims_json_rpc,
    envelope_breach,
    invalid_json,
    sse_facts,
)
from inspector.wire import jsontext
from inspector.wire.sse import Frame

MAX_WAITING = 256
"""How many requests may wait at once: a file without its answers must not slow down the look-up of each further one."""
FIRST_NS = 1_000_000_000
_NEEDS_THE_BEGINNING = frozenset({"response-id-unknown", "progress-unknown-token", "error-without-id"})
"""What can only be said of a capture that shows the connection from its handshake on."""
_ANSWERS = (MessageType.RESPONSE, MessageType.ERROR)
_ASKED_BY_SERVERS = frozenset({"sampling/createMessage", "roots/list", "elicitation/create"})
_TOLD_BY_CLIENTS = frozenset(
    {"notifications/initialized", "notifications/roots/list_changed", "notifications/cancelled"}
)

E = TypeVar("E", bound=TraceEvent)


class Scribe:
    """Numbers events and gives them the times of the file; `move` says what time it is."""

    def __init__(self, base_us: int) -> None:
        self.told: list[AnyEvent] = []
        self._base_us = base_us
        self._at_us = base_us
        self._n = 0
        self._once: set[tuple[int | None, str, str]] = set()

    def move(self, at_us: int) -> None:
        """The clock of the file; whoever calls has put everything in order."""
        self._at_us = min(max(at_us, EARLIEST_US), LATEST_US)

    @property
    def now_ns(self) -> int:
        return FIRST_NS + (self._at_us - self._base_us) * 1000

    def tell(self, make: Callable[..., E], connection: int, stream: int | None = None, **fields: Any) -> E:
        times = {"n": self._n, "at": self._at_us / 1e6, "monotonic_ns": self.now_ns}
        event = make(**times, connection=connection, stream=stream, **fields)
        self._n += 1
        self.told.append(event)  # type: ignore[arg-type]
        return event

    def report(self, breach: Breach, connection: int, stream: int | None, about_n: int | None = None) -> None:
        fields = {"rule": breach.rule, "severity": breach.severity, "text": breach.text, "fix": breach.fix}
        self.tell(Violation, connection, stream, **fields, requirement=breach.requirement, about_n=about_n)

    def report_once(self, breach: Breach, connection: int, stream: int | None, about_n: int | None = None) -> None:
        """The same, but only the first time for this rule at this severity on this stream."""
        told = stream, breach.rule, breach.severity
        if told not in self._once:
            self._once.add(told)
            self.report(breach, connection, stream, about_n)


@dataclass(slots=True)
class Place:
    """Where something was heard: the stream, the time of its first byte, the request whose POST brought it."""

    stream: int | None = None
    first_ns: int = 0
    carrier: Pending | None = None
    session_id: str | None = None


class Talk:
    """One connection, number `number`: requests and answers in both directions."""

    def __init__(self, scribe: Scribe, number: int) -> None:
        self.number = number
        self.revision: str | None = None
        self._scribe = scribe
        self._peer = Peer(initialized=True)  # a file may begin in the middle; what it does not show is no breach
        self._asked: dict[RequestId, Message] = {}
        self._handshake: tuple[RequestId, str] | None = None

    def begins_anew(self, message: JsonRpc) -> bool:
        """Whether this message of the client's opens another connection than this one."""
        if message.method != "initialize" or message.type is not MessageType.REQUEST or self._handshake is None:
            return False
        return self.revision is not None or self._handshake[0] != message.id

    def direction_of(self, message: JsonRpc) -> Direction:
        """Who said a message of which the file does not tell."""
        if message.type in _ANSWERS:
            is_ours = message.id not in self._peer.pending and message.id in self._asked
            return Direction.OUTBOUND if is_ours else Direction.INBOUND
        method = message.method or ""
        is_servers = method.startswith("notifications/") and method not in _TOLD_BY_CLIENTS
        return Direction.INBOUND if is_servers or method in _ASKED_BY_SERVERS else Direction.OUTBOUND

    def sent(self, value: Any, raw: bytes, stream: int | None, framing: Framing = Framing.BODY) -> Pending | None:
        """A message of the client's; gives the request that now waits for its answer, if it is one."""
        message = jsonrpc.read(value)
        asked = self._asked.pop(message.id, None) if message.type in _ANSWERS else None
        pending = self._awaited(message) if message.type is MessageType.REQUEST else None
        now_ns = self._scribe.now_ns
        event = self._scribe.tell(
            Message,
            self.number,
            stream,
            direction=Direction.OUTBOUND,
            message_type=message.type,
            framing=framing,
            raw=raw,
            method=asked.method if asked else message.method,
            id=message.id,
            name=name_of(message.method, message.params),
            request_n=asked.n if asked else None,
            rtt_ms=(now_ns - asked.monotonic_ns) / 1e6 if asked else None,
            progress_token=pending.progress_token if pending else None,
            problems=message.problems,
        )
        if pending is not None and pending.request_n < 0:
            pending.request_n, pending.sent_ns = event.n, now_ns
        if message.type is MessageType.NOTIFICATION:
            self._on_notification_sent(message)
        return pending

    def _awaited(self, message: JsonRpc) -> Pending:
        """The request that waits; one whose id still waits is sent again, after a sign-in, say."""
        if message.method == "initialize":
            version = message.params.get("protocolVersion") if isinstance(message.params, dict) else None
            self._handshake = message.id, version if isinstance(version, str) else era.LATEST
            self._peer.initialized = False
        waiting = self._peer.pending.get(message.id)
        if waiting is not None and waiting.method == message.method:
            return waiting
        if len(self._peer.pending) >= MAX_WAITING:
            self._peer.give_up(next(iter(self._peer.pending.values())))
        return self._peer.adopt(message.id, message.method or "", message.params)

    def _on_notification_sent(self, message: JsonRpc) -> None:
        params = message.params if isinstance(message.params, dict) else {}
        if message.method == "notifications/initialized":
            self._peer.initialized = True
        elif message.method == "notifications/cancelled":
            request_id, reason = params.get("requestId"), params.get("reason")
            pending = self._peer.pending.get(request_id) if isinstance(request_id, int | str) else None
            if pending is not None:
                self.fail(pending, Outcome.CANCELLED, reason if isinstance(reason, str) else "The client cancelled it.")

    def fail(self, pending: Pending, outcome: Outcome, reason: str) -> None:
        """No answer will come."""
        if self._peer.pending.get(pending.id) is not pending:
            return
        self._peer.give_up(pending, at_ns=self._scribe.now_ns, cancelled=outcome is Outcome.CANCELLED)
        fields: dict[str, Any] = {"method": pending.method, "id": pending.id, "name": pending.name, "outcome": outcome}
        elapsed_ms = (self._scribe.now_ns - pending.sent_ns) / 1e6
        self._scribe.tell(
            ExchangeFailed, self.number, request_n=pending.request_n, reason=reason, elapsed_ms=elapsed_ms, **fields
        )

    def body(self, body: bytes, place: Place, *, must_be_message: bool) -> bool:
        """A whole response body; False if it is no JSON-RPC."""
        parsed = jsontext.parse(body)
        if parsed.error is not None:
            if must_be_message:
                breach = invalid_json(parsed.error, False)
                self._scribe.report(breach, self.number, place.stream)
            return False
        if isinstance(parsed.value, list) and parsed.value:
            if not must_be_message and not claims_json_rpc(parsed.value[0]):
                return False
            self.batch(body, parsed.value, place, None)
            return True
        if not must_be_message and not claims_json_rpc(parsed.value):
            return False
        self.heard(parsed.value, place, Framing.BODY, raw=body)
        return True

    def batch(self, raw: bytes, values: list[Any], place: Place, about_n: int | None) -> None:
        if self.revision is not None and not era.allows_batches(self.revision):
            self._scribe.report(batch_breach(len(values), self.revision), self.number, place.stream, about_n)
        for value, part in zip(values, parts_of(raw, values), strict=True):
            self.heard(value, place, Framing.BATCH, raw=part)

    def heard(
        self, value: Any, place: Place, framing: Framing, *, frame: Frame | None = None, raw: bytes = b""
    ) -> Message:
        """A message of the server's."""
        message = jsonrpc.read(value)
        on_stream, now_ns = framing is Framing.SSE, self._scribe.now_ns
        reading = self._peer.feed(message, place.carrier, on_stream=on_stream, at_ns=now_ns)
        fields = {"raw": raw} if frame is None else sse_facts(frame)
        add_own_facts(fields, message)
        if reading is not NOTHING:
            add_meaning(fields, message, reading, self._scribe.now_ns)
        event = self._scribe.tell(
            Message,
            self.number,
            place.stream,
            direction=Direction.INBOUND,
            first_byte_ns=place.first_ns or self._scribe.now_ns,
            message_type=message.type,
            framing=framing,
            **fields,
        )
        for breach in reading.breaches:
            if self._handshake is not None or breach.rule not in _NEEDS_THE_BEGINNING:
                self._scribe.report(breach, self.number, place.stream, event.n)
        if message.problems:
            self._scribe.report(envelope_breach(message), self.number, place.stream, event.n)
        if message.type is MessageType.REQUEST:
            self._asked[message.id] = event
        elif reading.settles and reading.pending is not None:
            self._on_answer(message, event.n, reading.pending, place)
        return event

    def _on_answer(self, message: JsonRpc, answer_n: int, pending: Pending, place: Place) -> None:
        """The answer to `initialize` makes a session."""
        if self._handshake is None or pending.method != "initialize" or message.type is not MessageType.RESPONSE:
            return
        negotiated, breaches = lifecycle.read_initialize_result(message.result, self._handshake[1])
        for breach in breaches:
            self._scribe.report(breach, self.number, place.stream, answer_n)
        if negotiated is None:
            return
        self.revision = negotiated.protocol_version
        by_post = place.carrier is pending
        transport = TransportName.STREAMABLE_HTTP if by_post else TransportName.HTTP_SSE
        self._scribe.tell(
            SessionReady,
            self.number,
            transport="" if place.stream is None else transport.value,
            protocol_version=negotiated.protocol_version,
            server_name=negotiated.server_name,
            server_version=negotiated.server_version,
            session_id=place.session_id,
            capabilities=tuple(negotiated.capabilities),
            instructions=negotiated.instructions,
            handshake_ms=(self._scribe.now_ns - pending.sent_ns) / 1e6,
        )


def parts_of(raw: bytes, values: list[Any]) -> list[bytes]:
    """The bytes of each element of a JSON array, written anew where they cannot be told apart."""
    parts = jsontext.split_array(raw)
    return parts if len(parts) == len(values) else [jsontext.dumps(value) for value in values]
