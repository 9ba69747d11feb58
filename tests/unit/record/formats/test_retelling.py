"""Exchanges and messages in the order of time, paired as in a live session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.record.formats.retelling import Exchange, Retelling, Said
from inspector.stats.latency import LatencyStats
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    Direction,
    ExchangeFailed,
    FrameReceived,
    HeadersReceived,
    Message,
    Outcome,
    Redirected,
    RequestSent,
    SessionReady,
    StreamEnded,
)
from tests.support.imports import check_order, entry, har, of_kind, read_content, request, result, rules, spoken

NOON_US = 1_772_359_200_000_000
STREAM = (("content-type", "text/event-stream"),)
READY = result(0, protocolVersion="2025-06-18", capabilities={}, serverInfo={"name": "s", "version": "1"})
INITIALIZE = request(0, "initialize", protocolVersion="2025-06-18")


def block(value: Any, head: str = "") -> bytes:
    return f"{head}data: {value if isinstance(value, str) else json.dumps(value)}\n\n".encode()


def posted(ms: int, value: Any, *, status: int | None = 202, answer: Any = None, url: str = "http://h/mcp") -> Exchange:
    """A POST at so many milliseconds after noon, answered at once."""
    at_us = NOON_US + ms * 1000
    exchange = Exchange(at_us, "POST", url, "h", request_body=json.dumps(value).encode(), status=status)
    exchange.headers_us = exchange.ended_us = at_us + 1000
    if answer is not None:
        exchange.status, exchange.content_type = 200, "application/json"
        exchange.pieces = [(at_us + 1000, json.dumps(answer).encode())]
    return exchange


def opened(pieces: Sequence[tuple[int, bytes]], url: str = "http://h/mcp") -> Exchange:
    """A GET stream from noon on; each piece comes so many milliseconds later."""
    exchange = Exchange(NOON_US, "GET", url, "h", headers_us=NOON_US + 1000, status=200, headers=STREAM)
    exchange.content_type = "text/event-stream"
    exchange.pieces = [(NOON_US + ms * 1000, data) for ms, data in pieces]
    exchange.ended_us = NOON_US + 60_000_000
    return exchange


def told(*items: Exchange | Said) -> list[AnyEvent]:
    events = list(Retelling(items, []).events())
    check_order(events)
    return events


def test_http_sse_answers_come_on_the_stream_that_was_opened_first() -> None:
    stream = opened(
        [(5, block("/messages?s=1", "event: endpoint\n")), (30, block(READY)), (70, block(result(1, tools=[])))],
        "http://h/sse",
    )
    events = told(
        stream,
        posted(10, INITIALIZE, url="http://h/messages?s=1"),
        posted(40, {"jsonrpc": "2.0", "method": "notifications/initialized"}, url="http://h/messages?s=1"),
        posted(50, request(1, "tools/list"), url="http://h/messages?s=1"),
    )
    assert [event.note for event in of_kind(events, FrameReceived)] == ["The address for POSTs."]
    messages = of_kind(events, Message)
    assert [(event.stream, event.rtt_ms) for event in messages] == [
        (2, None),
        (1, 20.0),
        (3, None),
        (4, None),
        (1, 20.0),
    ]
    assert messages[4].request_n == messages[3].n
    assert of_kind(events, SessionReady)[0].transport == "http+sse"
    assert {event.connection for event in events} == {1}
    assert rules(events) == []


def test_the_listening_stream_of_streamable_http_is_known_by_its_address() -> None:
    events = told(posted(0, request(1, "ping"), answer=result(1)), opened([(20, b"data: no json\n\n")]))
    assert rules(events) == ["jsonrpc-invalid-json"]
    assert told(opened([(20, b"data: no json\n\n")], "http://h/feed"))[-1].kind == "http.end"
    assert rules(told(opened([(20, b"data: no json\n\n")], "http://h/feed"))) == []


def test_another_initialize_is_another_connection_and_ids_may_come_again() -> None:
    first = [posted(0, INITIALIZE, answer=READY), posted(10, request(1, "a"), answer=result(1))]
    again = [posted(100, INITIALIZE, answer=READY), posted(110, request(1, "a"), answer=result(1))]
    events = told(*first, *again)
    assert [event.connection for event in of_kind(events, Message)] == [1, 1, 1, 1, 2, 2, 2, 2]
    assert [event.rtt_ms for event in of_kind(events, Message)] == [None, 1.0] * 4
    assert rules(events) == []


def test_a_request_that_is_sent_again_after_a_sign_in_is_one() -> None:
    events = told(posted(0, request(1, "a"), status=401), posted(50, request(1, "a"), answer=result(1)))
    assert of_kind(events, ExchangeFailed) == []
    assert of_kind(events, Message)[-1].rtt_ms == 51.0
    stats = LatencyStats()
    stats.fold(events)
    assert (stats.total().count, stats.total().in_flight) == (1, 0)


def test_what_the_server_refused_has_failed() -> None:
    events = told(posted(0, request(1, "a"), status=500))
    (failed,) = of_kind(events, ExchangeFailed)
    assert (failed.outcome, failed.method, failed.request_n, failed.elapsed_ms) == (Outcome.REFUSED, "a", 0, 1.0)
    assert failed.reason == "The server refused it with HTTP status 500."


def test_what_the_client_cancelled_has_failed() -> None:
    cancel = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1, "reason": "enough"}}
    events = told(posted(0, request(1, "a")), posted(10, cancel))
    (failed,) = of_kind(events, ExchangeFailed)
    assert (failed.outcome, failed.reason, failed.elapsed_ms) == (Outcome.CANCELLED, "enough", 10.0)


def test_a_capture_from_the_handshake_on_shows_what_belongs_to_nothing() -> None:
    stray = result(77)
    assert rules(told(posted(0, request(1, "a"), answer=result(1)), opened([(20, block(stray))]))) == []
    whole = told(posted(0, INITIALIZE, answer=READY), opened([(20, block(stray))]))
    assert rules(whole) == ["response-id-unknown"]


def test_what_is_wrong_with_an_answer_is_a_finding() -> None:
    events = told(posted(0, request(1, "tools/call", name="echo"), answer={"id": 1, "result": {"isError": True}}))
    answer = of_kind(events, Message)[1]
    assert (answer.is_tool_error, answer.name, len(answer.problems)) == (True, "echo", 1)
    assert rules(events) == ["jsonrpc-envelope-invalid"]
    foreign = told(posted(0, request(1, "a")), opened([(20, block(result(1), "event: odd\n"))]))
    assert rules(foreign) == ["sse-unknown-event-name"]


def test_a_batch_on_a_stream_is_shown_as_block_and_as_messages() -> None:
    post = posted(0, [request(1, "a"), request(2, "b")], answer=None)
    post.status, post.content_type = 200, "text/event-stream"
    post.pieces = [(NOON_US + 1000, block([result(2), result(1)]))]
    events = told(post)
    assert [event.note for event in of_kind(events, FrameReceived)] == ["A JSON-RPC batch."]
    assert [event.request_n for event in of_kind(events, Message)] == [None, None, 1, 0]
    assert of_kind(events, RequestSent)[0].purpose == "batch"


def test_purposes_are_told_as_far_as_they_are_known() -> None:
    resumed = opened([])
    resumed.started_us += 10_000
    resumed.request_headers = (("Last-Event-ID", "4"),)
    close = Exchange(NOON_US + 20_000, "DELETE", "http://h/mcp", "h", (("Mcp-Session-Id", "1"),), status=200)
    events = told(opened([]), resumed, close, posted(30, result(5)))
    assert [event.purpose for event in of_kind(events, RequestSent)] == ["stream", "resume", "close", "response"]


def test_a_redirect_is_told() -> None:
    moved = Exchange(NOON_US, "GET", "http://h/", "h", status=307, headers=(("Location", "/mcp?token=abc"),))
    (redirect,) = of_kind(told(moved), Redirected)
    assert (redirect.status, redirect.location, redirect.followed) == (307, "/mcp?token=••••", True)


def test_a_body_that_is_no_message_is_shown_up_to_a_limit() -> None:
    page = Exchange(NOON_US, "GET", "http://h/page", "h", status=200, content_type="text/html")
    page.pieces = [(NOON_US, b"x" * 200_000), (NOON_US, b"y" * 200_000)]
    (body,) = of_kind(told(page), BodyReceived)
    assert (len(body.raw), body.truncated) == (256 * 1024, True)


def test_messages_and_exchanges_stand_in_one_order() -> None:
    said = Said(NOON_US + 500, request(4, "b"), b"{}", Direction.OUTBOUND, "h")
    events = told(posted(1, request(5, "c")), said)
    assert [event.method for event in of_kind(events, Message)] == ["b", "c"]
    assert of_kind(events, HeadersReceived)[0].at == NOON_US / 1e6 + 0.002


def test_nothing_is_nothing() -> None:
    assert told() == []


def test_requests_that_are_never_answered_do_not_pile_up(tmp_path: Path) -> None:
    entries = [entry(post=request(number, "a"), text="") for number in range(600)]
    late = entry("2026-03-01T10:00:01Z", post=request(1000, "b"), text=result(599))
    events, _ = read_content(tmp_path, har(*entries, late))
    assert ("in response", "a", events.index(of_kind(events, Message)[599]), 1010.0) in spoken(events)
    early = entry("2026-03-01T10:00:01Z", post=request(1000, "b"), text=result(0))
    events, _ = read_content(tmp_path, har(*entries, early))
    assert rules(events) == ["late-response"]
    assert len(of_kind(events, StreamEnded)) == 601
