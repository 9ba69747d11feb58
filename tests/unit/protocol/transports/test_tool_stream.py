from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.transports.answer import Head, Meaning
from inspector.protocol.transports.tool_stream import WORDS, Step, ToolStream, details_of, read_answer, read_step
from inspector.wire.sse import Frame
from tests.unit.protocol.test_deltas import JSON


def step(data: Any, event: str = "message") -> Step:
    text = data if isinstance(data, str) else json.dumps(data)
    return read_step(Frame(b"", 0, event, text))


def rules(read: Step) -> list[str]:
    return [breach.rule for breach in read.problems]


def test_a_call_is_one_post_of_tool_and_params() -> None:
    request = ToolStream("http://h/api/v1/mcp/sse", (("X-Key", "k"),)).call("echo", {"text": "é"})
    assert (request.method, request.url, request.purpose) == ("POST", "http://h/api/v1/mcp/sse", "tools/call")
    assert json.loads(request.body) == {"tool": "echo", "params": {"text": "é"}}
    assert dict(request.headers)["Accept"] == "text/event-stream, application/json"
    assert request.headers[-1] == ("X-Key", "k")


@pytest.mark.parametrize(
    ("status", "kind", "meaning", "words"),
    [
        (200, "text/event-stream; charset=utf-8", Meaning.EVENT_STREAM, ""),
        (200, "application/json", Meaning.MESSAGE, ""),
        (200, "text/html", Meaning.FAILED, "web page"),
        (202, None, Meaning.FAILED, "answers with nothing"),
        (404, "application/json", Meaning.FAILED, "/api/v1/mcp/sse"),
        (405, None, Meaning.FAILED, "takes no POST"),
        (422, "application/json", Meaning.FAILED, "parameters (422)"),
        (401, None, Meaning.UNAUTHORISED, "credentials"),
        (503, None, Meaning.FAILED, "unavailable"),
    ],
)
def test_what_the_headers_mean(status: int, kind: str | None, meaning: Meaning, words: str) -> None:
    head = Head(status, (("content-type", kind),) if kind else ())
    verdict = ToolStream("http://h/").judge(head, 0.0)
    assert verdict.meaning is meaning and words in verdict.sentence
    assert verdict.sentence.endswith(".") or not verdict.sentence


@pytest.mark.parametrize(
    ("data", "event", "read"),
    [
        ({"type": "started", "tool": "t"}, "message", Step("started", None, "", tool="t")),
        ({"type": "progress", "data": "Half"}, "message", Step("progress", "Half", "Half")),
        ({"type": "progress", "data": 50}, "message", Step("progress", 50, "", 50, None)),
        ({"progress": 1, "max": 4, "message": "m"}, "progress", Step("progress", "m", "m", 1, 4, is_message=True)),
        ({"type": "progress", "data": {"percent": 40}}, "message", Step("progress", {"percent": 40}, "", 40, 100)),
        ({"type": "complete"}, "message", Step("complete")),
        ({"type": "complete", "data": {"n": 1}}, "message", Step("complete", {"n": 1})),
        ({"type": "complete", "result": [1]}, "message", Step("complete", [1])),
        ({"type": "error", "message": "no"}, "message", Step("error", "no", "no", is_message=True)),
        ({"type": "error", "error": {"n": 7, "msg": "no"}}, "message", Step("error", {"n": 7, "msg": "no"}, "no")),
        ({"type": "DONE"}, "message", Step("complete")),
        ({"text": "a"}, "progress", Step("progress", {"text": "a"}, "a")),
        ({"event": "started"}, "message", Step("started")),
        ({"status": "done"}, "progress", Step("progress")),
        ({"choices": [{"text": "a"}]}, "message", Step("data", {"choices": [{"text": "a"}]}, "a")),
        ({"type": "heartbeat"}, "message", Step("heartbeat")),
        ("", "ping", Step("heartbeat")),
        ("[DONE]", "message", Step("complete", is_mark=True)),
        ("Update 3", "message", Step("data", "Update 3", "Update 3")),
        ("half way", "progress", Step("progress", "half way", "half way")),
        ('"Hel"', "message", Step("data", "Hel", "Hel")),
        ("42", "message", Step("data", 42, "42")),
        ("42", "progress", Step("progress", 42, "42", 42)),
    ],
)  # fmt: skip
def test_what_a_block_says(data: Any, event: str, read: Step) -> None:
    assert step(data, event) == read


def test_what_is_odd_about_a_block_is_told() -> None:
    assert rules(step({"type": "log_line", "data": "a"})) == ["tool-stream-unknown-type"]
    assert step({"type": "log_line", "status": "done"}).step == "data"
    assert rules(step({"type": "complete"}, "progress")) == ["tool-stream-two-names"]
    assert rules(step('{"type": "compl')) == ["tool-stream-invalid-json"]
    assert step({"type": "token", "data": "a"}, "progress").step == "data"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"sum": 3}, Step("result", {"sum": 3})),
        ({"type": "complete", "data": {"sum": 3}}, Step("result", {"sum": 3})),
        ({"result": "three"}, Step("result", "three", "three")),
        ([1, 2], Step("result", [1, 2])),
        ({"error": "no"}, Step("error", "no", "no")),
        ({"success": False, "message": "no"}, Step("error", "no", "no", is_message=True)),
        ({"type": "error", "detail": [{"loc": ["body", "a"], "msg": "missing"}]}, None),
    ],
)
def test_an_answer_in_one_piece(value: Any, read: Step | None) -> None:
    found = read_answer(value)
    assert found == read if read is not None else (found.step, found.text) == ("error", "body.a: missing")


def test_an_answer_in_json_rpc_is_taken_and_told() -> None:
    found = read_answer({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "bad"}})
    assert (found.step, found.text, rules(found)) == ("error", "bad", ["tool-stream-json-rpc"])
    assert read_answer({"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}).data == {"a": 1}


def test_the_details_of_a_refusal() -> None:
    body = {"detail": [{"loc": ["body", "params", "a"], "msg": "Field required"}, {"msg": "two"}]}
    assert details_of(json.dumps(body).encode()) == "body.params.a: Field required; two"
    assert details_of(b'{"error":{"message":"no such tool"}}') == "no such tool"
    assert details_of(b"<html>") == ""


@given(JSON, st.sampled_from(["message", "progress", "complete", "whatever"]))
def test_nothing_a_server_sends_raises(value: Any, event: str) -> None:
    assert step(value, event).step in WORDS
    assert read_answer(value).step in ("result", "error")


@given(st.text(max_size=20))
def test_no_text_raises(data: str) -> None:
    assert read_step(Frame(b"", 0, "message", data)).step in WORDS
