"""Events as JSON lines: an order that people and scripts can rely on."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.extent import OneStream, rows_of
from inspector.record.formats import jsonl
from inspector.record.redaction import RedactionRules, Redactor
from inspector.record.timeline import Timeline
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    ChunkReceived,
    ConnectionState,
    Direction,
    Framing,
    Message,
    MessageType,
    RequestSent,
    StateChanged,
    TraceEvent,
)
from inspector.trace.river import River
from tests.support.rivers import Talk

FIRST = ["n", "at", "monotonic_ns", "connection", "stream", "direction", "kind"]


def a_message(**more: Any) -> Message:
    clock = FakeClock(at=1_700_000_000.25)
    clock.advance(0.5)
    fields = {"connection": 1, "stream": 3, "direction": Direction.INBOUND, "raw": b"{}", **more}
    return River(clock).emit(Message, message_type=MessageType.RESPONSE, framing=Framing.SSE, **fields)


def read(event: TraceEvent) -> dict[str, Any]:
    line = jsonl.line(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1, "one event is one line"
    value = json.loads(line)
    assert isinstance(value, dict)
    return value


def test_the_common_fields_come_first_and_in_order() -> None:
    assert list(read(a_message()))[:7] == FIRST
    assert list(read(StateChanged(n=0, at=0.0, monotonic_ns=0, state=ConnectionState.IDLE)))[:7] == FIRST


def test_values_are_plain_json() -> None:
    value = read(a_message(id="a", problems=("one", "two"), rtt_ms=1.5))
    assert value["n"] == 0
    assert value["monotonic_ns"] == 500_000_000
    assert (value["connection"], value["stream"], value["direction"], value["kind"]) == (1, 3, "in", "message")
    assert (value["message_type"], value["framing"], value["id"], value["rtt_ms"]) == ("response", "sse", "a", 1.5)
    assert value["problems"] == ["one", "two"]
    assert value["method"] is None


def test_every_field_of_the_event_is_there() -> None:
    event = a_message()
    assert set(read(event)) == {"kind", *event.__struct_fields__}


def test_the_time_is_iso_8601_in_utc_with_microseconds() -> None:
    assert read(a_message())["at"] == "2023-11-14T22:13:20.750000Z"


@given(st.floats(0, 4e9))
def test_the_time_always_has_the_same_length(at: float) -> None:
    written = read(StateChanged(n=0, at=at, monotonic_ns=0, state=ConnectionState.IDLE))["at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", written)


def test_bytes_are_text_where_they_are_utf8() -> None:
    value = read(a_message(raw='data: {"ü": 1}\n\n'.encode()))
    assert value["raw"] == 'data: {"ü": 1}\n\n'
    assert "raw_base64" not in value


def test_other_bytes_are_base64_under_a_name_that_says_so() -> None:
    value = read(a_message(raw=b"\xff\x00"))
    assert value["raw_base64"] == "/wA="
    assert "raw" not in value


@given(st.binary())
def test_no_byte_is_lost(data: bytes) -> None:
    value = read(ChunkReceived(n=0, at=0.0, monotonic_ns=0, offset=0, data=data))
    found = value["data"].encode() if "data" in value else base64.b64decode(value["data_base64"])
    assert found == data


@pytest.mark.parametrize("request_id", [1, "1", None, 2**80])
def test_ids_keep_their_type(request_id: int | str | None) -> None:
    written = read(a_message(id=request_id))["id"]
    assert written == request_id
    assert type(written) is type(request_id)


def test_headers_keep_their_order_and_their_repetitions() -> None:
    headers = (("B", "1"), ("A", "2"), ("B", "3"))
    event = RequestSent(n=0, at=0.0, monotonic_ns=0, method="GET", url="http://a/", purpose="stream", headers=headers)
    assert read(event)["headers"] == [["B", "1"], ["A", "2"], ["B", "3"]]


def test_a_whole_river_and_one_stream_of_it() -> None:
    talk = Talk()
    talk.calls(300)
    out = io.BytesIO()
    assert jsonl.write_jsonl(talk, out) == len(talk) == len(out.getvalue().splitlines())
    out = io.BytesIO()
    assert jsonl.write_jsonl(talk, out, extent=OneStream(7)) == 4
    assert {json.loads(line)["stream"] for line in out.getvalue().splitlines()} == {7}


def test_some_rows_are_their_events_alone() -> None:
    talk = Talk()
    talk.calls(2)
    talk.chunk(2)
    out = io.BytesIO()
    assert jsonl.write_jsonl(talk, out, extent=rows_of(talk.into(Timeline()), [2, 5])) == 2
    assert [json.loads(line)["n"] for line in out.getvalue().splitlines()] == [2, 5]


def test_secrets_are_masked_also_those_that_another_stream_told() -> None:
    talk = Talk()
    talk.send(1, body=b'{"token":"s3cret-0123456789"}')
    talk.send(2, url="http://h/s3cret-0123456789")
    out = io.BytesIO()
    jsonl.write_jsonl(talk, out, Redactor(RedactionRules()), OneStream(2))
    assert json.loads(out.getvalue())["url"] == f"http://h/{'*' * 17}"


@pytest.mark.parametrize("at", [1e300, -1e300, math.nan, math.inf])
def test_a_time_that_no_calendar_has_is_the_epoch(at: float) -> None:
    assert jsonl.iso(at) == "1970-01-01T00:00:00.000000Z"
