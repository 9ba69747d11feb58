from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.record.message_text import content, id_text, payload, payload_start, step_content
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    BodyReceived,
    CommentReceived,
    ConnectionState,
    EndCause,
    FrameReceived,
    Framing,
    Message,
    MessageType,
    Phase,
    RequestSent,
    StateChanged,
    StreamEnded,
    ToolStep,
)
from inspector.trace.river import River


def message(value: Any, **fields: Any) -> Message:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    fields = {"message_type": MessageType.RESPONSE, "framing": Framing.BODY, **fields}
    return River(FakeClock()).emit(Message, raw=raw, **fields)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"method": "tools/call", "params": {"name": "a", "arguments": {"x": [1, "é"]}}}, '{"x":[1,"é"]}'),
        ({"method": "tools/call", "params": {"name": "a"}}, "no arguments"),
        (
            {"method": "initialize", "params": {"protocolVersion": "V", "clientInfo": {"name": "c", "version": "1"}}},
            "protocol V · c 1",
        ),
        ({"method": "notifications/progress", "params": {"progress": 3, "total": 10, "message": "on"}}, "3 of 10 · on"),
        ({"method": "notifications/progress", "params": {"progress": 0.5}}, "0.5"),
        (
            {"method": "notifications/message", "params": {"level": "info", "logger": "db", "data": "hi"}},
            "hi · info db",
        ),
        ({"method": "notifications/message", "params": {"level": "info", "data": {"a": 1}}}, '{"a":1} · info'),
        ({"method": "notifications/cancelled", "params": {"requestId": "7", "reason": "late"}}, 'id "7": late'),
        ({"method": "resources/read", "params": {"uri": "file:///a"}}, "file:///a"),
        ({"method": "tools/list"}, ""),
        ({"method": "x", "params": [1]}, "[1]"),
        ({"method": ["x"], "params": "y"}, '"y"'),
        ({"result": {"protocolVersion": "V", "serverInfo": {"name": "s"}}}, "protocol V · s"),
        ({"result": {"tools": [{"name": "a"}, {"name": "b"}]}}, "2 tools: a, b"),
        ({"result": {"prompts": [{"name": "a"}]}}, "1 prompt: a"),
        (
            {"result": {"tools": [{"name": str(n)} for n in range(13)]}},
            "13 tools: " + ", ".join(map(str, range(12))) + ", …",
        ),
        ({"result": {"resources": []}}, "no resources"),
        ({"result": {"content": [{"type": "text", "text": "hi"}], "isError": True}}, "tool error: hi"),
        (
            {"result": {"content": [{"type": "image", "mimeType": "image/png", "data": "AAAA"}, 7]}},
            "image image/png (4 characters of base64) · 7",
        ),
        ({"result": {}}, ""),
        ({"result": 12345678901234567890123}, "12345678901234567890123"),
        ({"error": {"code": -32602, "message": "bad", "data": {"k": 1}}}, '-32602 bad · {"k":1}'),
        ({"error": "oops"}, '"oops"'),
        (b"[1, 2]", "[1, 2]"),
        (b"{not json", "{not json"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"[" * 100_000, "[" * 2_048),
    ],
)
def test_one_line_about_a_message(value: Any, said: str) -> None:
    assert content(message(value)) == said


def test_problems_stand_first() -> None:
    assert content(message({"result": {"tools": []}}, problems=("an answer must have an `id`",))) == (
        "an answer must have an `id`; no tools"
    )


def test_long_messages_are_not_read_for_one_line() -> None:
    said = content(message({"result": "x" * 1_000_000}))
    assert said.startswith('{"result": "xxx')
    assert len(said) <= 2_048


def test_payload_is_the_data_of_a_block_else_the_body() -> None:
    river = River(FakeClock())
    block = b"event: message\ndata: {\ndata: }\n\n"
    in_stream = message(block, framing=Framing.SSE)
    frame = river.emit(FrameReceived, raw=b"\xef\xbb\xbfdata: \xff\r\n\r\n")
    assert payload(in_stream) == b"{\n}"
    assert payload_start(in_stream) == "{\n}"
    assert payload(frame) == "\ufffd".encode()
    assert payload(river.emit(FrameReceived, raw=b": only a comment\n\n")) == b""
    assert payload(message(block, framing=Framing.BATCH)) == block
    assert payload(river.emit(BodyReceived, content_type="", raw=b"\xff")) == b"\xff"
    assert payload(river.emit(RequestSent, method="POST", url="", purpose="", body=b"{}")) == b"{}"
    assert payload(river.emit(CommentReceived, text="ping", offset=0, raw=b": ping\n")) == b"ping"
    end = river.emit(StreamEnded, cause=EndCause.RESET, phase=Phase.BODY, sentence="", pending=b"data: {")
    assert payload(end) == b"data: {"
    assert payload(river.emit(StateChanged, state=ConnectionState.OPEN)) == b""


def test_ids_look_as_on_the_wire() -> None:
    assert [id_text(3), id_text("3"), id_text(None)] == ["3", '"3"', "null"]


@pytest.mark.parametrize(
    ("step", "raw", "said"),
    [
        ("call", b'{"tool":"t","params":{"a":1}}', '{"a":1}'),
        ("call", b'{"tool":"t","params":{}}', "no parameters"),
        ("progress", b'data: {"type":"progress","data":"Half way"}\n\n', "Half way"),
        ("progress", b'data: {"type":"progress","progress":1,"total":2}\n\n', '{"progress":1,"total":2}'),
        ("complete", b'data: {"type":"complete"}\n\n', ""),
        ("complete", b'data: {"type":"complete","data":{"content":[{"type":"text","text":"hi"}]}}\n\n', "hi"),
        ("complete", b'data: {"type":"complete","data":{"rows":3}}\n\n', '{"rows":3}'),
        ("data", b"data: Update 3\n\n", "Update 3"),
    ],
)
def test_a_step_says_what_it_carries(step: str, raw: bytes, said: str) -> None:
    framing = Framing.BODY if step == "call" else Framing.SSE
    event = River(FakeClock()).emit(ToolStep, tool="t", step=step, raw=raw, framing=framing)
    assert step_content(event) == said
    assert payload(event).decode() == (raw.decode() if step == "call" else raw.decode()[6:-2])


def test_a_long_step_is_not_parsed_for_its_line() -> None:
    event = River(FakeClock()).emit(ToolStep, tool="t", step="data", raw=b'data: {"a":"%s"}\n\n' % (b"x" * 20_000))
    assert step_content(event).startswith('{"a":"xxx')
