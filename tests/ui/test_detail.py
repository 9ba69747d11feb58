from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from inspector.record.timeline import Timeline
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    Connected,
    ConnectionState,
    Direction,
    Framing,
    HeadersReceived,
    Message,
    MessageType,
    Outcome,
    Severity,
    ToolStep,
    Violation,
)
from inspector.ui.payload.facts import Section, http_events, http_sections, sse_sections
from inspector.ui.payload.timing import arrivals, phases, timing_sections
from inspector.ui.views.detail_pane import DetailPane
from tests.support.panes import put_up
from tests.support.rivers import Talk

MESSAGE, SSE, BYTES, HTTP, TIMING = range(5)
ANSWER = (
    b"id: 41\nevent: message\nretry: 500\n"
    b'data: {"jsonrpc":"2.0","id":3,"result":{"n":123456789012345678901234567890}}\n\n'
)


class Conversation(Talk):
    """One call on one stream: the HTTP exchange, two progress notifications, an answer in two chunks."""

    def __init__(self) -> None:
        super().__init__()
        stream = self.next_stream()
        headers = (("Accept", "text/event-stream"), ("X-<i>", "a\u202eb"))
        self.sent = self.send(stream, url="http://h/mcp?<b>", headers=headers, body=b"{}")
        self.request = self.ask(stream, id=3, raw=b'{"method":"tools/call"}')
        self.wait(2)
        self.tell(Connected, stream=stream, peer="127.0.0.1:80", connect_ms=0.5, tls_ms=1.0, tls_version="TLSv1.3")
        self.headers(stream, ttfb_ms=2.0)
        for _ in range(2):
            self.wait(100)
            self.said(MessageType.NOTIFICATION, b"{}", stream, to=self.request, method="notifications/progress")
        self.chunk(stream, ANSWER[:30])
        first_byte_ns = self.clock.monotonic_ns()
        self.wait(4)
        self.chunk(stream, ANSWER[30:], offset=30)
        self.answered = self.answer(stream, self.request, id=3, raw=ANSWER, rtt_ms=206.0, first_byte_ns=first_byte_ns)
        self.ended = self.end(stream, sentence="It is complete.", age_ms=206.5)
        self.timeline = self.into(Timeline())

    def said(self, kind: MessageType, raw: bytes, stream: int | None = None, **fields: Any) -> Message:
        """A message in a body of its own."""
        return self.message(stream, kind, raw=raw, **{"framing": Framing.BODY, **fields})

    def fold(self) -> None:
        folded = self.timeline.numbers[-1] + 1 if len(self.timeline) else 0
        self.timeline.fold(self.since(folded))

    def row(self, n: int) -> int:
        row = self.timeline.row_of(n)
        assert row is not None
        return row


@pytest.fixture
def talk() -> Conversation:
    return Conversation()


@pytest.fixture
def pane(talk: Conversation, qtbot: QtBot) -> DetailPane:
    return put_up(qtbot, DetailPane(talk, talk.timeline), 640, 700)


def show(pane: DetailPane, talk: Conversation, n: int, tab: int = MESSAGE) -> str:
    """Show an event in a tab; the text the user reads there."""
    talk.fold()
    pane.show_event(n)
    pane.tabs.setCurrentIndex(tab)
    if tab == MESSAGE:
        return f"{pane.message.sentence.text()}\n{pane.message.text.edit.toPlainText()}"
    if tab == BYTES:
        return pane.bytes.facts.text()
    view = {SSE: pane.sse, HTTP: pane.http, TIMING: pane.timing}[tab]
    return view.toPlainText()


def facts(sections: list[Section]) -> dict[str, str]:
    return {name: value for section in sections for name, value in section.facts}


def test_before_anything_is_selected_it_says_what_to_do(pane: DetailPane) -> None:
    empty = pane.findChild(QLabel, "detailEmpty")
    assert empty is not None and empty.isVisible()


def test_message_is_indented_with_exact_integers(pane: DetailPane, talk: Conversation) -> None:
    text = show(pane, talk, talk.answered.n)
    assert '    "n": 123456789012345678901234567890' in text
    assert "beyond 2^53" in text


def test_message_that_is_no_json_says_where(pane: DetailPane, talk: Conversation) -> None:
    bad = talk.said(MessageType.INVALID, b'{"a": 1,\n oops}', problems=("not JSON",))
    text = show(pane, talk, bad.n)
    assert "✕ Not JSON" in text
    assert "line 2, column 2" in text
    assert "! not JSON" in text
    assert '{"a": 1,\n oops}' in text


def test_violation_shows_fix_requirement_and_the_event_it_is_about(pane: DetailPane, talk: Conversation) -> None:
    finding = talk.tell(
        Violation,
        rule="r",
        severity=Severity.ERROR,
        text="The id is <null>.",
        fix="Send the id.",
        requirement="JSON-RPC 2.0 section 5",
        about_n=talk.answered.n,
    )
    text = show(pane, talk, finding.n)
    assert "✕ The id is &lt;null&gt;." in text
    assert "Fix: Send the id." in text
    assert "JSON-RPC 2.0 section 5" in text
    assert f'href="{talk.answered.n}"' in pane.links.text()
    show(pane, talk, talk.answered.n)
    assert f'href="{finding.n}"' in pane.links.text()


def test_state_shows_its_sentence(pane: DetailPane, talk: Conversation) -> None:
    state = talk.state(ConnectionState.RECONNECTING, reason="the stream was cut", attempt=1)
    assert "reconnecting: the stream was cut · attempt 1" in show(pane, talk, state.n)


def test_links_lead_to_answer_progress_and_exchange(pane: DetailPane, talk: Conversation, qtbot: QtBot) -> None:
    show(pane, talk, talk.request.n)
    text = pane.links.text()
    assert "<b>Request #1</b> ⇄ " in text
    assert f'<a href="{talk.answered.n}"' in text
    assert "(206 ms)" in text
    assert "2 notifications: " in text
    assert f'on POST 1: <a href="{talk.sent.n}"' in text
    with qtbot.waitSignal(pane.jump) as told:
        pane.links.linkActivated.emit(str(talk.answered.n))
    assert told.args == [talk.answered.n]
    show(pane, talk, talk.ended.n)
    assert "HTTP request #0</a> → " in pane.links.text()
    assert "<b>HTTP end #" in pane.links.text()


def test_links_of_requests_without_answer(pane: DetailPane, talk: Conversation) -> None:
    asked = talk.ask(None, "ping", id=9)
    show(pane, talk, asked.n)
    assert "no answer yet" in pane.links.text()
    talk.fail(asked, Outcome.LOST)
    talk.fold()
    pane.refresh()
    assert "Failed #" in pane.links.text()


def test_sse_fields(pane: DetailPane, talk: Conversation) -> None:
    read = facts(sse_sections(talk.answered))
    assert (read["event"], read["id"], read["retry"]) == ("message", "41", "500 ms until a reconnect")
    assert read["line ends"] == "LF"
    assert read["place"] == f"bytes 0 to {len(ANSWER)} of stream 1 ({len(ANSWER)} B)"
    assert "41" in show(pane, talk, talk.answered.n, SSE)
    assert "did not come in an event stream" in show(pane, talk, talk.request.n, SSE)


def test_http_shows_both_heads_and_never_reads_markup(pane: DetailPane, talk: Conversation) -> None:
    text = show(pane, talk, talk.answered.n, HTTP)
    assert "POST http://h/mcp?<b>" in text
    assert "X-<i>" in text
    assert "a\\u202eb" in text
    assert "TLSv1.3" in text
    assert "It is complete." in text
    state = talk.state(ConnectionState.OPEN)
    assert "belongs to no HTTP exchange" in show(pane, talk, state.n, HTTP)


def test_http_of_an_exchange_that_has_only_begun(talk: Conversation) -> None:
    sent = talk.send(9, "GET", "stream")
    talk.fold()
    said = [section.sentence for section in http_sections(http_events(talk, talk.timeline, sent.stream))]
    assert "No response headers have come." in said
    assert "The exchange is still open." in said


def test_timing_tells_phases_and_gaps(pane: DetailPane, talk: Conversation) -> None:
    row = talk.row(talk.answered.n)
    http = http_events(talk, talk.timeline, 1)
    read = facts(timing_sections(talk, talk.timeline, row, http))
    assert read["round trip"] == "206 ms"
    assert read["arrived within"] == "4.00 ms in 2 chunks"
    assert read["headers after"] == "2.00 ms"
    assert read["first byte after"] == "never"
    assert read["first event after"] == "102 ms"
    assert read["first progress after"] == "102 ms"
    assert read["gap on the stream"] == "4.00 ms since #5"
    assert read["end"] == "complete"
    assert read["socket"] == "opened for this exchange"
    assert [name for name, _, _ in phases(talk, talk.timeline, row, http)] == [
        "TCP",
        "TLS",
        "to headers",
        "to first event",
        "to first progress",
        "whole exchange",
        "to this event",
    ]
    assert "206 ms" in show(pane, talk, talk.answered.n, TIMING)
    assert "to headers" in pane.waterfall.accessibleName()


def timed_exchange(talk: Conversation, *, is_reused: bool) -> int:
    """An exchange of which everything is known, after which others follow; the number of its answer."""
    stream = talk.next_stream()
    talk.send(stream)
    asked = talk.ask(stream, id=7)
    other = talk.next_stream()
    talk.send(other)
    talk.wait(9)
    if not is_reused:
        opened = {"connect_ms": 3.0, "resolve_ms": 1.0, "tls_ms": 2.0, "socket": 3}
        talk.tell(Connected, stream=stream, peer="[::1]:443", **opened)
    fields = {"reason": "OK", "http_version": "HTTP/2", "ttfb_ms": 9.0, "sent_ms": 5.5, "socket": 3}
    talk.hear(HeadersReceived, stream, status=200, headers=(), **fields)
    talk.wait(1)
    talk.chunk(other)
    talk.wait(1)
    talk.chunk(stream)
    talk.wait(2)
    talk.comment(stream)
    answered = talk.answer(stream, asked, id=7, rtt_ms=13.0, raw=b"data: {}\n\n")
    talk.wait(7)
    talk.message(stream, MessageType.NOTIFICATION, asked, method="notifications/progress")
    talk.end(stream, age_ms=20.0)
    talk.message(stream, MessageType.NOTIFICATION, asked, method="notifications/progress")
    return answered.n


def test_timing_has_every_step_in_its_place(pane: DetailPane, talk: Conversation, qtbot: QtBot) -> None:
    n = timed_exchange(talk, is_reused=False)
    talk.fold()
    row = talk.row(n)
    http = http_events(talk, talk.timeline, talk[n].stream)
    assert phases(talk, talk.timeline, row, http) == [
        ("name look-up", 0.0, 1.0),
        ("TCP", 1.0, 3.0),
        ("TLS", 3.0, 5.0),
        ("to request sent", 5.0, 5.5),
        ("to headers", 5.5, 9.0),
        ("to first byte", 9.0, 11.0),
        ("to first event", 9.0, 13.0),
        ("to first progress", 9.0, 20.0),
        ("whole exchange", 0.0, 20.0),
        ("to this event", 0.0, 13.0),
    ]
    read = facts(timing_sections(talk, talk.timeline, row, http))
    assert (read["name look-up"], read["TCP connect"], read["TLS handshake"]) == ("1.00 ms", "2.00 ms", "2.00 ms")
    assert (read["request written after"], read["first byte after"]) == ("5.50 ms", "11.0 ms")
    assert (read["version"], read["socket"]) == ("HTTP/2", "3, opened for this exchange")
    show(pane, talk, n, TIMING)
    assert "to request sent 500 µs" in pane.waterfall.accessibleName()
    qtbot.waitUntil(lambda: pane.waterfall.height() == pane.waterfall.sizeHint().height())
    pane.resize(640, 300)
    qtbot.waitUntil(lambda: pane.waterfall.height() < pane.waterfall.sizeHint().height())
    assert pane.timing.height() > 30


def test_a_reused_socket_is_named(talk: Conversation) -> None:
    n = timed_exchange(talk, is_reused=True)
    talk.fold()
    http = http_events(talk, talk.timeline, talk[n].stream)
    read = facts(timing_sections(talk, talk.timeline, talk.row(n), http))
    assert read["TCP connect"] == "no new connection"
    assert read["socket"] == "3, reused: an exchange before had opened it"
    assert facts(http_sections(http))["socket"] == "3"
    bars = phases(talk, talk.timeline, talk.row(n), http)
    assert bars[0] == ("to request sent", 0.0, 5.5)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            'db;dur=30;desc="The <b>ase", app;dur=10, hit',
            {"db": "30.0 ms · 75% · The <b>ase", "app": "10.0 ms · 25%", "hit": "no duration", "together": "40.0 ms"},
        ),
        ("total;dur=20, db;dur=15", {"total": "20.0 ms", "db": "15.0 ms · 75%", "together": "20.0 ms"}),
        ("cache", {"cache": "no duration"}),
        (";;;=,", {}),
    ],
)
def test_server_timing_is_told_in_parts(talk: Conversation, value: str, told: dict[str, str]) -> None:
    stream = talk.next_stream()
    sent = talk.send(stream)
    fields = {"reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": 50.0}
    talk.hear(HeadersReceived, stream, status=200, headers=(("server-timing", value),), **fields)
    talk.fold()
    http = http_events(talk, talk.timeline, stream)
    sections = timing_sections(talk, talk.timeline, talk.row(sent.n), http)
    read = facts([section for section in sections if section.title == "Server-Timing"])
    rest = read.pop("not the server", "")
    assert read == told
    assert rest == {
        "40.0 ms": "10.0 ms of the time to the headers",
        "20.0 ms": "30.0 ms of the time to the headers",
    }.get(told.get("together", ""), "")


def test_a_server_that_took_longer_than_its_answer_is_not_believed(talk: Conversation) -> None:
    stream = talk.next_stream()
    sent = talk.send(stream)
    fields = {"reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": 50.0}
    talk.hear(HeadersReceived, stream, status=200, headers=(("Server-Timing", "a;dur=51"),), **fields)
    talk.fold()
    sections = timing_sections(talk, talk.timeline, talk.row(sent.n), http_events(talk, talk.timeline, stream))
    assert sections[-1].sentence == "The server says that it took longer than the headers did to come."


def test_an_exchange_under_way_has_the_steps_it_reached(talk: Conversation) -> None:
    sent = talk.send(9, "GET", "stream")
    talk.fold()
    http = http_events(talk, talk.timeline, 9)
    assert phases(talk, talk.timeline, talk.row(sent.n), http) == []
    read = facts(timing_sections(talk, talk.timeline, talk.row(sent.n), http))
    assert (read["headers after"], read["first event after"], read["open for"]) == ("not yet", "not yet", "still open")
    assert read["socket"] == "none yet"


def test_chunk_boundaries_are_found_only_where_the_bytes_agree(pane: DetailPane, talk: Conversation) -> None:
    assert [offset for offset, _ in arrivals(talk, talk.answered)] == [0, 30]
    assert "came in 2 chunks over 4.00 ms" in show(pane, talk, talk.answered.n, BYTES)
    other = talk.said(MessageType.RESPONSE, b"x" * 40, framing=Framing.SSE, stream=1)
    assert arrivals(talk, other) == []


def test_bytes_of_an_event_without_any(pane: DetailPane, talk: Conversation) -> None:
    state = talk.state(ConnectionState.OPEN)
    assert show(pane, talk, state.n, BYTES) == "This event has no bytes of its own."


HOSTILE = (
    b"\xff\xfe\x00",
    '{"a": "\u202e\u2066<script>"}'.encode(),
    b'{"a": "\\ud800"}',
    b"[" * 100_000,
    b'{"a": 1e999999, "a": NaN}',
    b"",
)


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile_payloads_are_shown_in_every_tab(pane: DetailPane, talk: Conversation, raw: bytes) -> None:
    events = (
        talk.said(MessageType.INVALID, raw, method="\u202e<b>" * 999, id="<i>", name="\ud800"),
        talk.said(MessageType.INVALID, b"data: " + raw + b"\n\n", framing=Framing.SSE, stream=1),
        talk.tell(BodyReceived, content_type="<b>\0", raw=raw),
    )
    for event in events:
        for tab in range(5):
            assert not {"\u202e", "\u2066", "\0"} & set(show(pane, talk, event.n, tab))
    assert not pane.grab().isNull()


def test_only_the_tab_in_front_is_filled(pane: DetailPane, talk: Conversation) -> None:
    show(pane, talk, talk.answered.n, MESSAGE)
    assert pane.http.toPlainText() == ""
    pane.tabs.setCurrentIndex(HTTP)
    assert "tools/call" in pane.http.toPlainText()


def test_a_step_of_a_tool_shows_its_run_its_data_and_its_block(pane: DetailPane, talk: Conversation) -> None:
    stream = talk.next_stream()
    sent = b'{"tool": "search", "params": {"q": 1}}'
    fields: dict[str, Any] = {"direction": Direction.OUTBOUND, "framing": Framing.BODY, "raw": sent}
    call = talk.tell(ToolStep, stream=stream, tool="search", step="call", **fields)
    talk.wait(1_500)
    raw = b'event: complete\ndata: {"type":"complete","data":[1]}\n\n'
    done = talk.hear(ToolStep, stream, tool="search", step="complete", raw=raw, request_n=call.n, rtt_ms=1_500.0)
    text = show(pane, talk, done.n)
    assert f"search is complete, 1.500 s after the call (call #{call.n})." in text
    assert '  "data": [\n    1\n  ]' in text
    assert "complete" in show(pane, talk, done.n, SSE)
    assert f'href="{call.n}"' in pane.links.text()
    text = show(pane, talk, call.n)
    assert "The call of search." in text
    assert '  "params": {\n    "q": 1\n  }' in text


def test_a_step_whose_data_is_no_json_is_shown_as_it_came(pane: DetailPane, talk: Conversation) -> None:
    step = talk.hear(ToolStep, 1, tool="search", step="data", raw=b"data: plain <b>text</b>\n\n")
    assert show(pane, talk, step.n) == "search sends data.\nplain <b>text</b>"


def test_an_acknowledged_subscription_says_to_what(pane: DetailPane, talk: Conversation) -> None:
    method = "notifications/subscriptions/acknowledged"
    raw = b'{"method":"' + method.encode() + b'","params":{"notifications":{"toolsListChanged":true}}}'
    event = talk.said(MessageType.NOTIFICATION, raw, method=method)
    assert "Acknowledged: toolsListChanged." in show(pane, talk, event.n)


def test_an_attempt_shows_its_verdict(pane: DetailPane, talk: Conversation) -> None:
    attempt = talk.tell(AttemptMade, transport="http+sse", verdict="The answer is 405.", succeeded=False)
    assert show(pane, talk, attempt.n) == "http+sse does not fit: The answer is 405.\n"
