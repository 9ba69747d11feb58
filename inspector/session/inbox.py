"""What came in: frames and bodies become events, messages are paired with our requests, and breaches are reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from inspector.protocol import era, jsonrpc, log_entry
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.protocol.peer import NOTHING, Peer, Pending, Reading
from inspector.session.calls import Calls
from inspector.session.frames import Frames, is_ordinary
from inspector.session.link import Link
from inspector.session.reader import Arrival
from inspector.trace.events import Framing, Message
from inspector.trace.facts import (
    NO_JSON,
    add_meaning,
    add_own_facts,
    batch_breach,
    claims_json_rpc,
    envelope_breach,
    foreign_event_name,
    invalid_json,
    lenient_json,
    sse_facts,
    why_no_event,
)
from inspector.wire import jsontext
from inspector.wire.sse import Comment, Frame

_SSE = Framing.SSE
_REQUEST, _NOTIFICATION = MessageType.REQUEST, MessageType.NOTIFICATION

OnMessage = Callable[[JsonRpc, Message], None]
OnLog = Callable[[list[dict[str, Any]]], None]


class Inbox(Frames):
    """Reads everything the server says on any stream.

    `on_message` gets what is not an answer, but `on_log` the params of log entries that only have to be told, of all
    that follow each other in what came together.
    """

    def __init__(self, link: Link, peer: Peer, calls: Calls, on_message: OnMessage, on_log: OnLog) -> None:
        super().__init__(link)
        self._on_log = on_log
        self._peer = peer
        self._calls = calls
        self._on_message = on_message
        self.revision: str | None = None

    def message_items(self, items: list[Frame | Comment], arrival: Arrival, carrier: Pending | None) -> None:
        """What came together of an MCP stream; most of a flood are log entries, which go a short way."""
        is_watched = carrier is not None and carrier.on_message is not None
        river, mould = self._link.river, self._mould_of_entries(arrival)
        entries: list[dict[str, Any]] = []
        for item in items:
            params = None if is_watched else _entry_params(item)
            if params is not None:
                river.append(replace(mould, n=len(river), raw=item.raw, offset=item.offset, event_id=item.id))  # type: ignore[union-attr]
                entries.append(params)
                continue
            self._tell_entries(entries, carrier)
            entries = []
            if isinstance(item, Comment):
                self.comment(item, arrival)
            else:
                self.message_frame(item, arrival, carrier)
        self._tell_entries(entries, carrier)

    def _mould_of_entries(self, arrival: Arrival) -> Message:
        """What `message_frame` would make of a log entry of this arrival, but for its own block."""
        return replace(
            self.moulds.log_entry,
            at=self.at(arrival),
            monotonic_ns=arrival.last_ns,
            stream=arrival.stream,
            first_byte_ns=arrival.first_ns,
        )

    def _tell_entries(self, entries: list[dict[str, Any]], carrier: Pending | None) -> None:
        if not entries:
            return
        if carrier is not None:
            carrier.events += len(entries)
        self._on_log(entries)

    def message_frame(self, frame: Frame, arrival: Arrival, carrier: Pending | None) -> None:
        """A block of an MCP stream: a JSON-RPC message, a batch, a priming event, or something broken."""
        if not (frame.complete and frame.data):
            self.frame(frame, arrival, why_no_event(frame))
            return
        parsed = jsontext.parse(frame.data)
        if frame.event != "message":
            self._foreign_event_name(frame, arrival)
        elif parsed.error is not None:
            n = self.frame(frame, arrival, f"{NO_JSON}: {parsed.error.text}.")
            self._link.report(invalid_json(parsed.error, frame.truncated), arrival.stream, n)
        elif isinstance(parsed.value, list) and parsed.value:
            n = self.frame(frame, arrival, "A JSON-RPC batch.")
            self._batch(frame.data.encode(), parsed.value, arrival, carrier, n)
        else:
            n = self._message(parsed.value, arrival, carrier, Framing.SSE, frame=frame)
            self.check_frame(frame, arrival, n)
            self._check_json(parsed.notes, arrival, n)

    def body(self, body: bytes, arrival: Arrival, carrier: Pending | None, *, must_be_message: bool) -> bool:
        """A whole response body; False if it is no JSON-RPC (an error page, say, when none was promised)."""
        parsed = jsontext.parse(body)
        if parsed.error is not None:
            if must_be_message:
                self._link.report(invalid_json(parsed.error, False), arrival.stream)
            return False
        if isinstance(parsed.value, list) and parsed.value:
            self._batch(body, parsed.value, arrival, carrier, None)
            return True
        if not must_be_message and not claims_json_rpc(parsed.value):
            return False
        n = self._message(parsed.value, arrival, carrier, Framing.BODY, raw=body)
        self._check_json(parsed.notes, arrival, n)
        return True

    def _check_json(self, notes: tuple[str, ...], arrival: Arrival, n: int) -> None:
        breach = lenient_json(notes) if notes else None
        if breach is not None:
            self._link.report(breach, arrival.stream, n)

    def _batch(self, raw: bytes, values: list[Any], arrival: Arrival, carrier: Pending | None, n: int | None) -> None:
        if self.revision is not None and not era.allows_batches(self.revision):
            self._link.report(batch_breach(len(values), self.revision), arrival.stream, n)
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
        reading = self._peer.feed(message, carrier, on_stream=framing is _SSE, at_ns=arrival.last_ns)
        owner = carrier or reading.pending
        if owner is not None and not reading.settles:
            owner.events += 1
        fields = {"raw": raw} if frame is None else sse_facts(frame)
        event = self._event(message, reading, arrival, framing, fields)
        self._link.river.append(event)
        if reading.breaches or message.problems:
            self._report(message, reading, event)
        if carrier is not None and carrier.on_message is not None:
            carrier.on_message(message, event)
        if reading.settles and reading.pending is not None:
            self._calls.settle(reading.pending, message, event.n, arrival.last_ns)
        elif message.type is _REQUEST or (message.type is _NOTIFICATION and reading.pending is None):
            self._on_message(message, event)  # progress of ours has been told to whom it belongs
        return event.n

    def _event(
        self, message: JsonRpc, reading: Reading, arrival: Arrival, framing: Framing, fields: dict[str, Any]
    ) -> Message:
        add_own_facts(fields, message)
        if reading is not NOTHING:
            add_meaning(fields, message, reading, arrival.last_ns)
        return replace(
            self.moulds.message,
            n=len(self._link.river),
            at=self.at(arrival),
            monotonic_ns=arrival.last_ns,
            stream=arrival.stream,
            first_byte_ns=arrival.first_ns,
            message_type=message.type,
            framing=framing,
            **fields,
        )

    def _report(self, message: JsonRpc, reading: Reading, event: Message) -> None:
        for breach in reading.breaches:
            self._link.report(breach, event.stream, event.n)
        if message.problems:
            self._link.report(envelope_breach(message), event.stream, event.n)

    def _foreign_event_name(self, frame: Frame, arrival: Arrival) -> None:
        note, breach = foreign_event_name(frame)
        self._link.report_once(breach, arrival.stream, self.frame(frame, arrival, note))


def _entry_params(item: Frame | Comment) -> dict[str, Any] | None:
    """The params of a log entry; None if it is none, or anything about it is odd."""
    return log_entry.read_params(item.data) if isinstance(item, Frame) and is_ordinary(item) else None


class QuietInbox(Inbox):
    """Reads what was asked for a second time, so that nothing about when it comes is held against the server."""

    def _report(self, message: JsonRpc, reading: Reading, event: Message) -> None:
        if message.problems:
            self._link.report(envelope_breach(message), event.stream, event.n)
