"""The short way to read a log entry takes nothing that the complete way reads otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import jsonrpc, log_entry
from inspector.protocol.jsonrpc import JsonRpc, MessageType
from inspector.wire import jsontext

GOOD = '{"jsonrpc":"2.0","method":"notifications/message","params":%s}'
PARAMS = '{"level":"info","data":{"a":[1,2.5,"\\u00e9",null]}}'
JUNK = (
    "",
    "1",
    "1e999",
    "NaN",
    "-",
    "01",
    '"',
    "\\",
    "\\ud800",
    "[" * 201,
    "]",
    "{",
    "}",
    ",",
    ":",
    "\0",
    " ",
    "é",
    "id",
)


@given(at=st.integers(0, 110), length=st.integers(0, 12), put=st.sampled_from(JUNK) | st.text(max_size=5))
def test_what_is_read_is_what_the_complete_way_reads(at: int, length: int, put: str) -> None:
    whole = GOOD % PARAMS
    text = whole[:at] + put + whole[at + length :]
    params = log_entry.read_params(text)
    if params is not None:
        parsed = jsontext.parse(text)
        assert parsed.error is None
        expected = JsonRpc(MessageType.NOTIFICATION, parsed.value, None, log_entry.METHOD, params)
        assert jsonrpc.read(parsed.value) == expected


def test_a_log_entry_is_read() -> None:
    expected: dict[str, Any] = {"level": "info", "data": {"a": [1, 2.5, "é", None]}}
    assert log_entry.read_params(GOOD % PARAMS) == expected
    assert log_entry.read_params(GOOD % ("{}" + " " * 500)) == {}


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","method":"notifications/progress","params":{}}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":{},"id":1}',
        '{"jsonrpc":"2.0","method":"notifications/message","params":[]}',
        '{"jsonrpc":"2.0","method":"notifications/message"}',
        '{"jsonrpc":2.0,"method":"notifications/message","params":{}}',
        '["notifications/message"]',
        GOOD % ('{"a":' * 200 + "1" + "}" * 200),
        GOOD % "{",
    ],
)
def test_everything_else_is_left_alone(text: str) -> None:
    assert log_entry.read_params(text) is None
