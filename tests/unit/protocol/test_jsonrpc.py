"""JSON-RPC 2.0 as it comes, and as it should not come."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import jsonrpc
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.wire import jsontext

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
message_like = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | json_values,
        "id": st.integers(-2, 3) | json_values,
        "method": st.sampled_from(("ping", "notifications/progress", "tools/call")) | json_values,
        "params": json_values,
        "result": json_values,
        "error": st.fixed_dictionaries({}, optional={"code": json_values, "message": json_values}) | json_values,
    },
)


def read(**fields: Any) -> JsonRpc:
    return jsonrpc.read({"jsonrpc": "2.0", **fields})


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"id": 1, "method": "ping"}, MessageType.REQUEST),
        ({"id": "a", "method": "ping", "params": {}}, MessageType.REQUEST),
        ({"method": "notifications/initialized"}, MessageType.NOTIFICATION),
        ({"id": 1, "result": {}}, MessageType.RESPONSE),
        ({"id": 1, "result": None}, MessageType.RESPONSE),
        ({"id": 1, "error": {"code": -32600, "message": "no"}}, MessageType.ERROR),
        ({"id": None, "error": {"code": -32700, "message": "no"}}, MessageType.ERROR),
    ],
)
def test_r1_proper_messages_have_no_problems(fields: dict[str, Any], kind: MessageType) -> None:
    message = read(**fields)
    assert (message.type, message.problems) == (kind, ())
    assert message.id == fields.get("id")
    assert message.method == fields.get("method")


@pytest.mark.parametrize(
    ("fields", "kind", "problem"),
    [
        ({"id": None, "method": "ping"}, MessageType.NOTIFICATION, "`id` must not be null"),
        ({"id": True, "method": "ping"}, MessageType.INVALID, "not a boolean"),
        ({"id": {}, "method": "ping"}, MessageType.INVALID, "not an object"),
        ({"id": 1.5, "method": "ping"}, MessageType.INVALID, "not a number"),
        ({"id": Decimal("1e400"), "result": 1}, MessageType.RESPONSE, "not a number"),
        ({"id": 1.0, "method": "ping"}, MessageType.REQUEST, "written as 1.0"),
        ({"id": 1, "method": 5}, MessageType.INVALID, "`method` must be a string"),
        ({"id": 1, "method": "ping", "params": "x"}, MessageType.REQUEST, "`params` must be an object or an array"),
        ({"id": 1}, MessageType.RESPONSE, "neither `method` nor `result` nor `error`"),
        ({}, MessageType.INVALID, "neither `method` nor `result` nor `error`"),
        ({"id": 1, "result": 1, "error": {"code": 1, "message": ""}}, MessageType.ERROR, "both `result` and `error`"),
        ({"id": 1, "result": {}, "error": None}, MessageType.RESPONSE, "both `result` and `error`"),
        ({"id": 1, "method": None, "result": {}}, MessageType.RESPONSE, "must not have `method`"),
        ({"id": 1, "method": "tools/call", "result": {}}, MessageType.RESPONSE, "must not have `method`"),
        ({"id": 1, "method": "ping", "result": None, "error": None}, MessageType.REQUEST, "neither `result` nor"),
        ({"result": {}}, MessageType.RESPONSE, "must have an `id`"),
        ({"id": 1, "error": None}, MessageType.ERROR, "`error` must be an object, not null"),
        ({"id": 1, "error": {"code": "1", "message": ""}}, MessageType.ERROR, "`error.code` must be an integer"),
        ({"id": 1, "error": {"code": True, "message": ""}}, MessageType.ERROR, "`error.code` must be an integer"),
        ({"id": 1, "error": {"code": 1}}, MessageType.ERROR, "`error.message` must be a string"),
    ],
)
def test_r1_what_is_broken_is_named_and_still_read(fields: dict[str, Any], kind: MessageType, problem: str) -> None:
    message = read(**fields)
    assert message.type is kind
    assert problem in "; ".join(message.problems)


@pytest.mark.parametrize("fields", [{}, {"id": None}])
def test_r3_an_error_may_come_without_an_id(fields: dict[str, Any]) -> None:
    message = read(**fields, error={"code": -32000, "message": "no session"})
    assert (message.type, message.id, message.problems) == (MessageType.ERROR, None, ())


def test_r1_ids_keep_their_type() -> None:
    assert type(read(id=1, result=0).id) is int
    assert type(read(id="1", result=0).id) is str
    assert read(id=2**70, result=0).id == 2**70


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.0", 'not "1.0"'), (2.0, "not 2.0"), ("ä" * 100, "ä…"), ("x" + "ä" * 100, "ä…")],
)
def test_r1_a_wrong_version_is_quoted_in_brief(version: Any, words: str) -> None:
    (problem,) = jsonrpc.read({"jsonrpc": version, "id": 1, "result": 0}).problems
    assert words in problem
    assert len(problem) < 120


def test_a_number_too_long_to_print_is_shown_as_what_it_is() -> None:
    assert jsonrpc.shown(10**5000) == "a number"


@pytest.mark.parametrize("value", [None, True, 1, Decimal(1), "text", []])
def test_r1_only_objects_are_messages(value: Any) -> None:
    message = jsonrpc.read(value)
    assert message.type is MessageType.INVALID
    assert (message.result, message.error) == (None, None)
    assert message.problems == (f"a message must be an object, not {jsonrpc.json_type(value)}",)


def test_json_encoded_twice_is_recognised() -> None:
    (problem,) = jsonrpc.read('{"jsonrpc": "2.0", "id": 1, "result": {}}').problems
    assert "encoded twice" in problem


def test_r2_the_whole_message_is_kept() -> None:
    value = {"jsonrpc": "2.0", "id": 1, "result": {"_meta": {"x": 1}, "$defs": {}}, "unknown": [1]}
    assert jsonrpc.read(value).value is value


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": -32601, "message": "no"}, (-32601, "no")),
        ({"code": True, "message": "no"}, (None, "no")),
        ({"code": "1"}, (None, "")),
        ({"code": 1, "message": ["a"]}, (1, '["a"]')),
        ("down", (None, "down")),
        (None, (None, "null")),
    ],
)
def test_r3_errors_are_read_as_far_as_they_go(error: Any, expected: tuple[int | None, str]) -> None:
    assert jsonrpc.error_of(read(id=1, error=error)) == expected


def test_messages_of_ours_are_proper() -> None:
    ours = [
        jsonrpc.request(1, "ping"),
        jsonrpc.request("a", "tools/call", {"name": "x"}),
        jsonrpc.notification("notifications/initialized"),
        jsonrpc.notification("notifications/cancelled", {"requestId": 1}),
        jsonrpc.result(1, {}),
        jsonrpc.error(1, jsonrpc.METHOD_NOT_FOUND, "no"),
    ]
    assert [jsonrpc.read(message).problems for message in ours] == [()] * len(ours)
    assert "params" not in ours[0]
    assert "id" not in ours[2]


@given(json_values | message_like)
def test_reading_any_value_never_raises(value: Any) -> None:
    message = jsonrpc.read(value)
    assert message.value is value
    assert message.type is not MessageType.REQUEST or message.id is not None
    assert message.type is not MessageType.INVALID or message.problems
    code, text = jsonrpc.error_of(message)
    assert code is None or type(code) is int
    assert isinstance(text, str)
    assert all(len(problem) < 200 for problem in message.problems)


@given(
    message_like
    | st.fixed_dictionaries(
        {
            "jsonrpc": st.just("2.0") | json_values,
            "method": st.text(max_size=8) | json_values,
            "params": st.dictionaries(st.text(max_size=3), json_values, max_size=3) | json_values,
        }
    )
)
def test_the_short_way_reads_what_the_complete_one_does(value: dict[str, Any]) -> None:
    assert jsonrpc.read(value) == jsonrpc._read_object(value)


@given(st.binary() | message_like.map(jsontext.dumps))
def test_reading_any_bytes_never_raises(raw: bytes) -> None:
    parsed = jsontext.parse(raw)
    message = jsonrpc.read(parsed.value)
    assert isinstance(message.type, MessageType)


@given(json_values)
def test_what_is_shown_is_short(value: Any) -> None:
    assert len(jsonrpc.shown(value)) <= jsonrpc.MAX_SHOWN_CHARACTERS + 1
