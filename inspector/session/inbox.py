"""What came in: frames and bodies become events, messages are paired with our requests, and breaches are reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.protocol import era, jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.protocol.peer import NAME_PARAMS, NOTHING, Peer, Pending, Reading, name_of
from inspector.session.calls import Calls, is_tool_error
from inspector.session.frames import Frames, sse_facts, why_no_event
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.trace.events import Direction, Framing, Message
from inspector.wire import jsontext
from inspector.wire.sse import Frame

_SSE, _INBOUND = Framing.SSE, Direction.INBOUND
_REQUEST, _NOTIFICATION = MessageType.REQUEST, MessageType.NOTIFICATION

OnMessage = Callable[[JsonRpc, Message], None]


class Inbox(Frames):
    """Reads everything the server says on any stream; `on_message` gets what is not an answer."""

    def __init__(self, link: Link, peer: Peer, calls: Calls, on_message: OnMessage) -> None:
        super().__init__(link)
        self._peer = peer
        self._calls = calls
        self._on_message = on_message
        self.revision: str | None = None

    def message_frame(self, frame: Frame, arrival: Arrival, carrier: Pending | None) -> None:
        """A block of an MCP stream: a JSON-RPC message, a batch, a priming event, or something broken."""
        if not (frame.complete and frame.data):
            self.frame(frame, arrival, why_no_event(frame))
            return
        parsed = jsontext.parse(frame.data)
        if frame.event != "message":
            self._foreign_event_name(frame, arrival)
        elif parsed.error is not None:
            n = self.frame(frame, arrival, f"The data is no JSON: {parsed.error.text}.")
            self._link.report(_invalid_json(parsed.error.text, parsed.error.offset, frame.truncated), arrival.stream, n)
        elif isinstance(parsed.value, list) and parsed.value:
            n = self.frame(frame, arrival, "A JSON-RPC batch.")
            self._batch(frame.data.encode(), parsed.value, arrival, carrier, n)
        else:
            n = self._message(parsed.value, arrival, carrier, Framing.SSE, frame=frame)
            self.check_frame(frame, arrival, n)

    def body(self, body: bytes, arrival: Arrival, carrier: Pending | None, *, must_be_message: bool) -> bool:
        """A whole response body; False if it is no JSON-RPC (an error page, say, when none was promised)."""
        parsed = jsontext.parse(body)
        if parsed.error is not None:
            if must_be_message:
                self._link.report(_invalid_json(parsed.error.text, parsed.error.offset, False), arrival.stream)
            return False
        if isinstance(parsed.value, list) and parsed.value:
            self._batch(body, parsed.value, arrival, carrier, None)
            return True
        if not must_be_message and not _claims_json_rpc(parsed.value):
            return False
        self._message(parsed.value, arrival, carrier, Framing.BODY, raw=body)
        return True

    def _batch(self, raw: bytes, values: list[Any], arrival: Arrival, carrier: Pending | None, n: int | None) -> None:
        if self.revision is not None and not era.allows_batches(self.revision):
            text = f"A batch of {len(values)} messages came; {self.revision} knows no batches."
            fix = "Send one message at a time."
            self._link.report(Breach("jsonrpc-batch", Severity.WARN, text, fix, "JSON-RPC batching"), arrival.stream, n)
        slices = jsontext.split_array(raw)
        for value, part in zip(values, slices, strict=True):
            self._message(value, arrival, carrier, Framing.BATCH, raw=part)

    def _message(
        self,
        value: Any,
        arrival: Arrival,
        carrier: Pending | None,
        framing: Framing,
        *,
        frame: Frame | None = None,
        raw: bytes = b"",
    ) -> int:
        message = jsonrpc.read(value)
        reading = self._peer.feed(message, carrier, on_stream=framing is _SSE)
        owner = carrier or reading.pending
        if owner is not None and not reading.settles:
            owner.events += 1
        fields = {"raw": raw} if frame is None else sse_facts(frame)
        _add_own_facts(fields, message)
        if reading is not NOTHING:
            _add_meaning(fields, message, reading, arrival)
        event = self._link.river.emit(
            Message,
            monotonic_ns=arrival.last_ns,
            connection=self._link.number,
            stream=arrival.stream,
            direction=_INBOUND,
            first_byte_ns=arrival.first_ns,
            message_type=message.type,
            framing=framing,
            **fields,
        )
        if reading.breaches or message.problems:
            self._report(message, reading, event)
        if carrier is not None and carrier.on_message is not None:
            carrier.on_message(message, event)
        if reading.settles and reading.pending is not None:
            self._calls.settle(reading.pending, message, event.n, arrival.last_ns)
        elif message.type is _REQUEST or (message.type is _NOTIFICATION and reading.pending is None):
            self._on_message(message, event)  # progress of ours has been told to whom it belongs
        return event.n

    def _report(self, message: JsonRpc, reading: Reading, event: Message) -> None:
        for breach in reading.breaches:
            self._link.report(breach, event.stream, event.n)
        if message.problems:
            text = f"The message is no proper JSON-RPC 2.0: {'; '.join(message.problems)}."
            breach = Breach("jsonrpc-envelope-invalid", Severity.ERROR, text, "", "JSON-RPC 2.0 sections 4 and 5")
            self._link.report(breach, event.stream, event.n)

    def _foreign_event_name(self, frame: Frame, arrival: Arrival) -> None:
        name = jsonrpc.shown(frame.event)
        n = self.frame(frame, arrival, f"An event named {name}, which MCP does not know.")
        text = f"The event is named {name}; clients take only `message` and drop this one."
        fix = "Name the event `message`, or leave the name out."
        breach = Breach("sse-unknown-event-name", Severity.WARN, text, fix, "SSE framing of the transports")
        self._link.report_once(breach, arrival.stream, n)


def _add_own_facts(fields: dict[str, Any], message: JsonRpc) -> None:
    """What a message says of itself; only what is not the default, as this is done for every one."""
    if message.method is not None:
        fields["method"] = message.method
        if message.method in NAME_PARAMS:
            fields["name"] = name_of(message.method, message.params)
    if message.id is not None:
        fields["id"] = message.id
    if message.problems:
        fields["problems"] = message.problems
    if message.type is MessageType.ERROR:
        fields["error_code"] = jsonrpc.error_of(message)[0]


def _add_meaning(fields: dict[str, Any], message: JsonRpc, reading: Reading, arrival: Arrival) -> None:
    """What a message means to us, and what the request says that it answers."""
    fields["request_n"], fields["progress_token"] = reading.request_n, reading.progress_token
    pending = reading.pending
    if reading.settles and pending is not None:
        fields["method"], fields["name"] = pending.method, pending.name
        fields["rtt_ms"] = (arrival.last_ns - pending.sent_ns) / 1e6
        is_result = message.type is MessageType.RESPONSE
        fields["is_tool_error"] = is_result and is_tool_error(pending.method, message.result)


def _claims_json_rpc(value: Any) -> bool:
    """Whether the body of an HTTP error is meant as JSON-RPC: OAuth and others use `error` for words of their own."""
    if jsonrpc.read(value).type is MessageType.INVALID:
        return False
    return "jsonrpc" in value or not isinstance(value.get("error"), str)


def _invalid_json(text: str, offset: int, truncated: bool) -> Breach:
    cause = " The event was longer than our limit and is cut off." if truncated else ""
    fix = "Serialise with a JSON library, on one data line, without truncation and without NaN."
    return Breach("jsonrpc-invalid-json", Severity.ERROR, f"The data is no JSON at byte {offset}: {text}.{cause}", fix)
