"""What may come on the stream of a request, and what is told where it may not (R42)."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.protocol import jsonrpc
from inspector.protocol.request_stream import MAX_TOLD, RequestStream, wants_log


def told(stream: RequestStream, message: dict[str, Any], *, is_foreign: bool = False) -> list[str]:
    breaches = stream.feed(jsonrpc.read({"jsonrpc": "2.0", **message}), is_foreign=is_foreign)
    assert all(breach.text.endswith(".") and breach.fix.endswith(".") for breach in breaches)
    return [breach.rule for breach in breaches]


def note(method: str) -> dict[str, Any]:
    return {"method": f"notifications/{method}", "params": {}}


def test_r42_progress_and_the_log_that_was_asked_for_belong_to_a_request() -> None:
    stream = RequestStream(3, wants_log=True)
    for message in (note("progress"), note("message"), note("message"), {"id": 3, "result": {}}):
        assert told(stream, message) == []


@pytest.mark.parametrize("method", ["tools/list_changed", "resources/updated", "cancelled", "tasks", "made/up", ""])
def test_r42_changes_do_not_belong_there_and_are_told_once(method: str) -> None:
    stream = RequestStream(3)
    assert told(stream, note(method)) == ["notification-misplaced"]
    assert told(stream, note(method)) == []
    assert told(stream, note("other")) == ["notification-misplaced"]


def test_r42_progress_of_another_request() -> None:
    assert told(RequestStream(3), note("progress"), is_foreign=True) == ["notification-misplaced"]


def test_r41_a_log_that_nobody_asked_for() -> None:
    stream = RequestStream(3)
    assert told(stream, note("message")) == ["log-not-asked-for"]
    assert told(stream, note("message")) == []


@pytest.mark.parametrize("answer", [{"id": 3, "result": {}}, {"id": 3, "error": {"code": 1, "message": "x"}}])
def test_r42_nothing_follows_the_answer(answer: dict[str, Any]) -> None:
    stream = RequestStream(3, wants_log=True)
    assert told(stream, {"id": 4, "result": {}}) == []
    assert told(stream, note("message")) == []
    assert told(stream, answer) == []
    assert told(stream, note("message")) == ["message-after-final"]


def test_r42_what_others_tell_is_not_told_twice() -> None:
    stream = RequestStream(3)
    for message in ({"id": 9, "method": "ping"}, {"id": "3", "result": {}}, {"nothing": 1}, {"method": 7}):
        assert told(stream, message) == []


def test_endlessly_many_methods_are_not_all_told() -> None:
    stream = RequestStream(3)
    assert sum(len(told(stream, note(f"n{number}"))) for number in range(100)) == MAX_TOLD


@pytest.mark.parametrize(
    ("params", "wanted"),
    [
        ({"_meta": {"io.modelcontextprotocol/logLevel": "info"}}, True),
        ({"_meta": {"logLevel": "info"}}, False),
        ({"_meta": []}, False),
        (None, False),
        ([1], False),
    ],
)
def test_r41_who_opts_in(params: Any, wanted: bool) -> None:
    assert wants_log(params) is wanted
