"""Logs of JSON-RPC messages, as other inspectors export them or as somebody wrote them down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inspector.trace.events import (
    EndCause,
    FrameReceived,
    HeadersReceived,
    Message,
    RequestSent,
    SessionReady,
    StreamEnded,
)
from tests.support.imports import DATA, check_order, of_kind, read_content, read_file, request, result, rules, spoken

NO_HTTP = "A log of messages knows no HTTP: streams, headers and the exact bytes are not in it."
NO_TIMES = "The log holds no times: every message stands at the time of the file, and durations say nothing."
CALL, DONE = request(1, "tools/call", name="echo"), result(1, content=[])


def test_the_protocol_tab_of_the_official_inspector() -> None:
    events, notes = read_file(DATA / "inspector-protocol.json")
    check_order(events)
    assert spoken(events) == [
        ("out request", "initialize", None, None),
        ("in response", "initialize", 0, 12.0),
        ("out notification", "notifications/initialized", None, None),
        ("out request", "tools/call", None, None),
        ("in notification", "notifications/progress", 4, None),
        ("in response", "tools/call", 4, 250.0),
        ("in request", "roots/list", None, None),
        ("out response", "roots/list", 7, 4.0),
    ]
    answer = of_kind(events, Message)[5]
    assert (answer.name, answer.connection, answer.stream, answer.at) == ("forecast", 1, None, 1_772_359_201.25)
    assert of_kind(events, SessionReady)[0].server_name == "weather"
    assert notes == [NO_HTTP]
    assert rules(events) == []


def test_the_network_tab_of_the_official_inspector() -> None:
    events, notes = read_file(DATA / "inspector-network.json")
    check_order(events)
    assert spoken(events) == [
        ("out request", "tools/call", None, None),
        ("in notification", "notifications/progress", 0, None),
        ("in response", "tools/call", 0, 15.0),
    ]
    assert of_kind(events, RequestSent)[0].purpose == "tools/call"
    assert of_kind(events, HeadersReceived)[0].ttfb_ms == 15.0
    assert [event.cause for event in of_kind(events, StreamEnded)] == [EndCause.END_OF_STREAM, EndCause.REFUSED]
    assert notes == []


def test_mcpjam_writes_the_newest_first() -> None:
    events, notes = read_file(DATA / "json-rpc-logs.json")
    check_order(events)
    assert [event.kind for event in events] == ["http.request", "http.response", "http.end", "message", "message"]
    assert [round(event.at % 1, 3) for event in events] == [0.085, 0.09, 0.09, 0.1, 0.3]
    assert spoken(events) == [
        ("out request", "tools/call", None, None),
        ("in response", "tools/call", 3, 200.0),
    ]
    assert {event.connection for event in events} == {1}
    assert notes == ["Left out: 1 messages between an app and its view.", NO_HTTP]


@pytest.mark.parametrize(
    "content",
    [
        [CALL, DONE],
        "\n".join(map(json.dumps, [CALL, DONE])),
        {"messages": [CALL, DONE]},
        [{"message": CALL}, {"payload": json.dumps(DONE)}],
        [{"direction": "outgoing", "data": CALL}, {"dir": "IN", "msg": DONE}],
        [{"request": json.dumps(CALL), "response": json.dumps(DONE)}],
        "\ufeff" + json.dumps([CALL, DONE]),
    ],
)
def test_messages_alone_are_enough(tmp_path: Path, content: Any) -> None:
    events, notes = read_content(tmp_path, content)
    assert spoken(events) == [("out request", "tools/call", None, None), ("in response", "tools/call", 0, 0.0)]
    assert notes == [NO_TIMES, NO_HTTP]


def test_who_spoke_is_found_out_from_what_was_said(tmp_path: Path) -> None:
    messages = [
        request(1, "tools/list"),
        {"jsonrpc": "2.0", "method": "notifications/message", "params": {}},
        request("s", "elicitation/create"),
        result("s", action="accept"),
        result(1, tools=[]),
        {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 9}},
    ]
    events, _ = read_content(tmp_path, messages)
    assert [event.direction for event in of_kind(events, Message)] == ["out", "in", "in", "out", "in", "out"]
    assert [event.request_n for event in of_kind(events, Message)] == [None, None, None, 2, 0, None]


def test_a_batch_is_told_message_by_message(tmp_path: Path) -> None:
    events, _ = read_content(tmp_path, [[request(1, "a"), request(2, "b")], [result(2), result(1)]])
    assert spoken(events) == [
        ("out request", "a", None, None),
        ("out request", "b", None, None),
        ("in response", "b", 1, 0.0),
        ("in response", "a", 0, 0.0),
    ]


def test_each_server_is_a_connection(tmp_path: Path) -> None:
    log = [
        {"timestamp": 1_772_359_200_000 + n, "serverId": server, "direction": direction, "payload": message}
        for n, (server, direction, message) in enumerate(
            [("a", "SEND", CALL), ("b", "SEND", CALL), ("b", "RECEIVE", DONE), ("a", "RECEIVE", DONE)]
        )
    ]
    events, _ = read_content(tmp_path, log)
    assert [(event.connection, event.request_n) for event in of_kind(events, Message)] == [
        (1, None),
        (2, None),
        (2, 1),
        (1, 0),
    ]
    assert [event.rtt_ms for event in of_kind(events, Message)] == [None, None, 1.0, 3.0]


def test_what_has_no_time_or_no_message_is_told(tmp_path: Path) -> None:
    log = [{"timestamp": "2026-03-01T10:00:00Z", "message": CALL}, {"message": DONE}, 3, {"note": "hello"}]
    events, notes = read_content(tmp_path, log)
    assert len(events) == 2
    assert {event.at for event in events} == {1_772_359_200.0}
    assert notes == [
        "Without a time: 3 of 4 entries; they stand at that of the one before.",
        "Left out: 2 entries without a message.",
        NO_HTTP,
    ]


def test_of_one_millisecond_the_newest_still_stands_first(tmp_path: Path) -> None:
    log = [{"timestamp": 1_772_359_200_000 + ms, "message": said} for ms, said in ((1, DONE), (1, CALL), (0, CALL))]
    events, _ = read_content(tmp_path, log)
    assert [event.direction for event in of_kind(events, Message)] == ["out", "out", "in"]


def test_lines_that_are_no_json_are_left_out(tmp_path: Path) -> None:
    events, notes = read_content(tmp_path, f"{json.dumps(CALL)}\nlistening on 8000\n{json.dumps(DONE)}\n{{")
    assert len(spoken(events)) == 2
    assert notes[0] == "Left out, as no JSON: 2 lines of the file."


def test_a_sign_in_of_mcpjam_is_left_out(tmp_path: Path) -> None:
    log = [{"source": "oauth", "payload": {"step": "token"}}, {"payload": CALL}]
    events, notes = read_content(tmp_path, log)
    assert len(events) == 1
    assert notes[1] == "Left out: 1 steps of a sign-in."
    assert of_kind(events, FrameReceived) == []
