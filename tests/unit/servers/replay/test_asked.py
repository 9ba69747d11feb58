from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.servers.replay.asked import Kind, read


def post(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_a_call_by_its_method_name_and_parameters() -> None:
    first = read(
        "POST", post({"id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"a": 1, "b": 2}}})
    )
    meta = {"progressToken": "t", "x": 1}
    params = {"_meta": meta, "arguments": {"b": 2, "a": 1}, "name": "echo"}
    again = read("POST", post({"id": "x", "method": "tools/call", "params": params}))
    other = read("POST", post({"id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": {"a": 2}}}))
    assert (first.kind, first.label, first.ids, first.tokens) == (Kind.CALL, "tools/call echo", (1,), (None,))
    assert (again.ids, again.tokens) == (("x",), ("t",))
    assert first.digest == again.digest != other.digest


def test_no_parameters_and_only_meta_are_the_same() -> None:
    plain = read("POST", post({"id": 1, "method": "tools/list"}))
    with_meta = read("POST", post({"id": 1, "method": "tools/list", "params": {"_meta": {"progressToken": 1}}}))
    assert plain.digest == with_meta.digest


def test_a_batch_is_named_after_its_first_request() -> None:
    batch = [{"method": "notifications/x"}, {"id": 1, "method": "ping"}, {"id": 2, "method": "tools/list"}]
    asked = read("POST", post(batch))
    assert (asked.method, asked.ids) == ("ping", (1, 2))


def test_an_answer_is_known_by_its_id() -> None:
    first, second = (read("POST", post({"id": n, "result": {}})) for n in (1, "1"))
    assert first.kind is second.kind is Kind.ANSWER and first.digest != second.digest
    assert first.digest == read("POST", post({"id": 1, "error": {"code": 1, "message": ""}})).digest


def test_a_tool_stream_and_other_requests() -> None:
    tool = read("POST", post({"tool": "echo", "params": {"a": 1}}))
    assert (tool.kind, tool.label) == (Kind.TOOL, "tool echo")
    assert read("GET", b"", "7").name is not None and read("GET", b"").name is None
    assert read("GET", b"", "7").digest != read("GET", b"", "8").digest


@pytest.mark.parametrize(
    "body",
    [b"", b"{nope", b"[1,2]", b'"text"', b"[" * 999, b'{"id":1,"method":7}', b"\xff",
     b'{"method":"x","params":{"a":"\\ud800"}}'],
)  # fmt: skip
def test_nothing_that_is_posted_raises(body: bytes) -> None:
    assert read("POST", body).digest
