"""Whatever a server says becomes an event, and nothing it says can raise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inspector.protocol import log_entry
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.protocol.peer import Peer
from inspector.session.calls import Call, Calls
from inspector.session.inbox import Inbox
from inspector.session.link import Link
from inspector.session.options import Options
from inspector.session.reader import Arrival
from inspector.trace.clock import FakeClock
from inspector.trace.events import FrameReceived, Message, Violation
from inspector.trace.log_entries import LOG_ENTRY
from inspector.trace.river import River
from inspector.wire.sse import Frame, SseParser

ARRIVAL = Arrival(4, 10, 20)


class Desk:
    """An inbox with a request on its way (id 1), and what it hands on."""

    def __init__(self, *, waits: bool = True) -> None:
        self.river = River(FakeClock())
        self.peer = Peer(initialized=True)
        link = Link(self.river, 2, Options("http://a"))
        self.calls = Calls(link, self.peer)
        self.heard: list[JsonRpc] = []
        self.told: list[tuple[str | None, Any]] = []
        self.inbox = Inbox(link, self.peer, self.calls, self._hear, self._hear_log)
        self.call: Call | None = None
        if waits:
            self.call = self.calls.start("tools/call", {"name": "echo"}, None, None, with_progress=True)
            self.calls.sent(self.call, 0, 5)

    def _hear(self, message: JsonRpc, event: Message) -> None:
        self.heard.append(message)
        self._tell(message.method, message.params)

    def _hear_log(self, entries: list[dict[str, Any]]) -> None:
        for params in entries:
            self._tell(log_entry.METHOD, params)

    def watch(self, message: JsonRpc, event: Message) -> None:
        self._tell("watched", (event.n, message.value))

    def _tell(self, method: str | None, params: Any) -> None:
        self.told.append((method, params))

    def read(self, stream: bytes, *, one_by_one: bool = True) -> list[Any]:
        """Everything that the events of this stream become, in order, violations left out."""
        carrier = self.call.pending if self.call else None
        parser = SseParser()
        items, left_over = parser.feed(stream), parser.finish()
        items += [left_over] if left_over else []
        if not one_by_one:
            self.inbox.message_items(items, ARRIVAL, carrier)
        for item in items if one_by_one else ():
            if isinstance(item, Frame):
                self.inbox.message_frame(item, ARRIVAL, carrier)
            else:
                self.inbox.comment(item, ARRIVAL)
        return [event for event in self.river.since(0) if not isinstance(event, Violation)]

    def rules(self) -> list[str]:
        return [event.rule for event in self.river.since(0) if isinstance(event, Violation)]


def data(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


async def test_an_answer_takes_over_what_its_request_was_about() -> None:
    desk = Desk()
    stream = b"id: e\nretry: 7\n" + data({"jsonrpc": "2.0", "id": 1, "result": {"isError": True}})
    (event,) = desk.read(stream)
    assert isinstance(event, Message)
    assert (event.method, event.name, event.request_n, event.is_tool_error) == ("tools/call", "echo", 0, True)
    assert (event.stream, event.connection, event.first_byte_ns, event.monotonic_ns) == (4, 2, 10, 20)
    assert (event.event_id, event.retry_ms, event.raw, event.rtt_ms) == ("e", 7, stream, 15 / 1e6)
    assert desk.call is not None and desk.call.future.result().result == {"isError": True}
    assert desk.rules() == [] and desk.heard == []


async def test_everything_on_the_stream_of_a_call_counts_as_its_event() -> None:
    desk = Desk()
    progress = {"progressToken": 1, "progress": 0.5}
    desk.read(
        data({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})
        + data({"jsonrpc": "2.0", "method": "notifications/message", "params": {}})
        + data({"jsonrpc": "2.0", "id": "q", "method": "ping"})
    )
    assert desk.call is not None and desk.call.pending.events == 3
    assert [message.method for message in desk.heard] == ["notifications/message", "ping"], "progress is told elsewhere"


@pytest.mark.parametrize(
    ("stream", "note"),
    [
        (b"id: 1\ndata\n\n", "A priming event: an id to resume from."),
        (b"data\n\n", "An event with empty data."),
        (b"event: x\n\n", "A block without data; nothing is dispatched."),
        (b"data: {", "The stream ended inside this block; it is not dispatched."),
        (b"data: {\n\n", "The data is no JSON"),
        (b"event: tick\ndata: {}\n\n", 'An event named "tick", which MCP does not know.'),
    ],
)
def test_blocks_that_carry_no_message(stream: bytes, note: str) -> None:
    (event,) = Desk(waits=False).read(stream)
    assert isinstance(event, FrameReceived) and event.note.startswith(note)


def test_each_message_of_a_batch_keeps_its_own_bytes() -> None:
    desk = Desk(waits=False)
    desk.inbox.revision = "2025-03-26"
    batch = b'[ {"jsonrpc":"2.0","method":"a"} ,{"jsonrpc": "2.0", "method": "b", "params": {"x": "],["}}]'
    frame, *rest = desk.read(b"data: " + batch + b"\n\n")
    assert isinstance(frame, FrameReceived)
    assert [message.raw for message in rest] == [
        b'{"jsonrpc":"2.0","method":"a"}',
        b'{"jsonrpc": "2.0", "method": "b", "params": {"x": "],["}}',
    ]
    assert desk.rules() == []


@pytest.mark.parametrize("body", [b"[]", b"null", b"3", b'"x"', b"{}"])
def test_json_that_is_no_message_is_shown_also_without_a_promise(body: bytes) -> None:
    assert Desk(waits=False).inbox.body(body, ARRIVAL, None, must_be_message=False) is False
    desk = Desk(waits=False)
    assert desk.inbox.body(body, ARRIVAL, None, must_be_message=True) is True
    (event,) = [event for event in desk.river.since(0) if isinstance(event, Message)]
    assert (event.message_type, event.raw) == (MessageType.INVALID, body)
    assert desk.rules() == ["jsonrpc-envelope-invalid"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
keys = st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error"])
params = st.dictionaries(
    st.sampled_from(["progressToken", "progress", "total", "name", "requestId"]), values, max_size=4
)
messages = st.dictionaries(
    keys, values | params | st.sampled_from(["2.0", "notifications/progress", 1, "1"]), max_size=6
)


@given(messages | st.lists(messages | values, max_size=3) | values)
@example({"method": "notifications/progress", "params": {"progressToken": 1, "progress": 1e308}})
async def test_no_json_raises_or_vanishes(value: Any) -> None:
    desk = Desk()
    events = desk.read(data(value))
    expected = len(value) + 1 if isinstance(value, list) and value else 1
    assert len([event for event in events if isinstance(event, Message | FrameReceived)]) == expected


log_like = st.builds(
    lambda message, more: {**message, **more},
    st.fixed_dictionaries({"jsonrpc": st.just("2.0"), "method": st.just("notifications/message"), "params": params}),
    st.just({}) | messages,  # most are as they should be, or the short way would hardly be gone
)
texts = st.builds(json.dumps, log_like | messages, ensure_ascii=st.booleans()) | st.sampled_from(
    (
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"a":NaN}}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"a":"\\ud800"}}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"a":1},"params":{"a":2}}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{},"method":"x"}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"a":' + "[" * 200 + "]" * 200 + "}}",
        '{"jsonrpc":"2.0","method":"notifications/message","params":{"a":' + "1" * 4400 + "}}",
        '{"jsonrpc":"2.0","method":"notifications\\/message","params":{}} x',
    )
)
heads = st.just(b"") | st.sampled_from(
    (b"id: 7\n", b"event: tick\n", b"retry: 5\n", b"junk\n", b": ping\n\n", b": \xff\n", b"data: \n", b"\xef\xbb\xbf")
)
blocks = st.builds(
    lambda head, text, odd: head + b"data: " + text.encode() + odd + b"\n\n",
    heads,
    texts,
    st.just(b"") | st.sampled_from((b" ", b"\xff", b"}", b"\ndata: ")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(blocks, max_size=6), st.integers(0, 3), st.booleans(), st.booleans())
async def test_what_comes_together_becomes_what_comes_one_by_one(
    parts: list[bytes], cut: int, waits: bool, watches: bool
) -> None:
    together, apart = Desk(waits=waits), Desk(waits=waits)
    for desk in (together, apart):
        if desk.call is not None and watches:
            desk.call.pending.on_message = desk.watch
        desk.read(b"".join(parts)[: -cut or None], one_by_one=desk is apart)
    assert together.river.since(0) == apart.river.since(0)
    assert repr(together.told) == repr(apart.told), "NaN is no equal of itself"
    if together.call is not None and apart.call is not None:
        assert together.call.pending.events == apart.call.pending.events


async def test_a_log_entry_goes_the_short_way() -> None:
    desk = Desk()
    (event,) = desk.read(data({"jsonrpc": "2.0", "method": log_entry.METHOD, "params": {"a": 1}}), one_by_one=False)
    assert isinstance(event, Message) and event.method == log_entry.METHOD
    assert (desk.heard, desk.told) == ([], [(log_entry.METHOD, {"a": 1})])
    changed = {name for name in event.__struct_fields__ if getattr(event, name) != getattr(LOG_ENTRY, name)}
    assert event.method is LOG_ENTRY.method
    assert changed <= {"n", "at", "monotonic_ns", "connection", "stream", "first_byte_ns", "raw", "offset", "event_id"}


@given(st.binary(max_size=60), st.booleans())
async def test_no_bytes_raise(raw: bytes, promised: bool) -> None:
    desk = Desk()
    assert desk.read(b"data: " + raw + b"\n\n")
    before = len(desk.river)
    taken = desk.inbox.body(raw, ARRIVAL, None, must_be_message=promised)
    assert taken is any(isinstance(event, Message) for event in desk.river.since(before))


def test_log_entries_are_told_before_what_comes_behind_them() -> None:
    desk = Desk(waits=False)
    entry = {"jsonrpc": "2.0", "method": log_entry.METHOD}
    other = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
    stream = [{**entry, "params": {"a": 1}}, {**entry, "params": {"a": 2}}, other, {**entry, "params": {"a": 3}}]
    desk.read(b"".join(map(data, stream)), one_by_one=False)
    assert desk.told == [
        (log_entry.METHOD, {"a": 1}),
        (log_entry.METHOD, {"a": 2}),
        ("notifications/tools/list_changed", None),
        (log_entry.METHOD, {"a": 3}),
    ]
