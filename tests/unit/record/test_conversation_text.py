from __future__ import annotations

from typing import Any

import pytest

from inspector.record.conversation_text import (
    PART_BYTES,
    Conversation,
    Part,
    PartKind,
    ShowAs,
    conversation_text,
    heading,
    written,
)
from inspector.record.timeline import INBOUND, OUTBOUND, Timeline
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    EndCause,
    FrameReceived,
    Framing,
    MessageType,
    Severity,
    Violation,
)
from inspector.trace.river import River
from tests.support.rivers import Talk

CALL = b'{"jsonrpc":"2.0","id":7,"method":"tools/call"}'
PROGRESS = b'event: message\r\nid: 1\r\ndata: {"method":"notifications/progress"}\r\n\r\n'
ANSWER = b'data: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'


@pytest.fixture
def talk() -> Talk:
    return Talk()


def call(talk: Talk, stream: int = 1, **fields: Any) -> None:
    """One call with its answer as an event stream, another stream between its events."""
    talk.send(stream, body=CALL, headers=(("Accept", "text/event-stream"),), **fields)
    asked = talk.ask(stream, id=7, raw=CALL)
    talk.wait(12)
    talk.headers(stream)
    talk.chunk(stream, PROGRESS)
    talk.comment(stream, "still here")
    talk.comment(99, "not ours")
    talk.message(stream, MessageType.NOTIFICATION, method="notifications/progress", raw=PROGRESS)
    talk.wait(30)
    talk.answer(stream, asked, raw=ANSWER, rtt_ms=42.0)
    talk.end(stream, sentence="The server closed it.")


def parts_of(talk: River, stream: int = 1) -> list[Part]:
    timeline = Timeline()
    timeline.fold(talk.since(0))
    return list(conversation_text(talk, timeline, stream))


def test_a_call_reads_from_its_request_line_to_the_cause_of_its_end(talk: Talk) -> None:
    talk.send(99)
    talk.wait(5)
    call(talk)
    parts = parts_of(talk)
    assert [(part.kind, part.direction, part.after_ms) for part in parts] == [
        (PartKind.REQUEST, OUTBOUND, 0.0),
        (PartKind.RESPONSE, INBOUND, 12.0),
        (PartKind.COMMENT, INBOUND, 12.0),
        (PartKind.EVENT, INBOUND, 12.0),
        (PartKind.EVENT, INBOUND, 42.0),
        (PartKind.END, 0, 42.0),
    ]
    texts = [written(part, ShowAs.TEXT) for part in parts]
    assert texts[0] == f"POST http://h/mcp\nAccept: text/event-stream\n\n{CALL.decode()}"
    assert texts[1] == "HTTP/1.1 200 OK\nContent-Type: text/event-stream"
    assert texts[2] == ": still here"
    assert texts[3] == '{"method":"notifications/progress"}'
    assert texts[5].startswith("The server closed it.")
    assert heading(parts[3]) == f"← event notifications/progress · +12.0 ms · #{parts[3].n}"
    assert heading(parts[0], with_stream=True) == "→ stream 1 · request · +0 µs · #1"


def test_every_way_of_showing(talk: Talk) -> None:
    call(talk)
    progress = parts_of(talk)[3]
    assert written(progress, ShowAs.RAW) == 'event: message\nid: 1\ndata: {"method":"notifications/progress"}'
    assert written(progress, ShowAs.JSON) == '{\n  "method": "notifications/progress"\n}'
    first, second = written(progress, ShowAs.HEX).splitlines()[:2]
    assert first == "000000  65 76 65 6e 74 3a 20 6d 65 73 73 61 67 65 0d 0a  event: message··"
    assert second.startswith("000010  69 64 3a 20 31 0d 0a ")


def test_our_message_stands_once(talk: Talk) -> None:
    """In the body of its request if that is known, else by itself."""
    talk.send(1)
    talk.ask(1, raw=CALL)
    without = parts_of(talk)
    assert [(part.kind, part.raw) for part in without] == [(PartKind.REQUEST, b""), (PartKind.BODY, CALL)]
    call(talk, 2)
    assert sum(part.raw == CALL for part in parts_of(talk, 2)) == 1


def test_answers_in_one_piece_pages_steps_and_notes(talk: Talk) -> None:
    talk.send(1)
    step = talk.call_stream(1)
    talk.step(1, "progress", step, b'{"percent":5}')
    talk.message(1, MessageType.RESPONSE, framing=Framing.BODY, raw=b"{}")
    talk.hear(BodyReceived, 1, content_type="text/html", raw=b"<html>")
    talk.tell(Violation, rule="r", severity=Severity.WARN, text="It is no JSON.", stream=1)
    talk.end(1, EndCause.RESET, pending=b"data: unfin")
    parts = parts_of(talk)
    kinds = [part.kind for part in parts]
    event, body, note, end = PartKind.EVENT, PartKind.BODY, PartKind.NOTE, PartKind.END
    assert kinds == [PartKind.REQUEST, body, event, body, body, note, end]
    assert heading(parts[2]).startswith("← event progress echo ·")
    assert written(parts[5], ShowAs.TEXT) == "warn: It is no JSON."
    assert written(parts[6], ShowAs.TEXT).endswith("\ndata: unfin")


def test_it_goes_on_while_the_stream_does(talk: Talk) -> None:
    talk.send(1)
    timeline = talk.into(Timeline())
    conversation = Conversation(talk, timeline, 1)
    assert [part.kind for part in conversation.take(10)] == [PartKind.REQUEST]
    assert conversation.take(10) == []
    told = len(talk)
    talk.headers(1)
    talk.comment(2)
    talk.end(1)
    timeline.fold(talk.since(told))
    assert [part.kind for part in conversation.take(1)] == [PartKind.RESPONSE]
    seen = [conversation.is_complete]
    assert [part.kind for part in conversation.take(10)] == [PartKind.END]
    assert [*seen, conversation.is_complete] == [False, True]
    assert conversation.take(10) == []


def test_a_whole_session_is_all_streams_of_its_connection(talk: Talk) -> None:
    call(talk, 1)
    talk.send(3, "GET", "stream")
    talk.tell(FrameReceived, stream=4, connection=2, raw=b"data: other\n\n")
    call(talk, 5)
    conversation = Conversation(talk, talk.into(Timeline()), 5, whole_session=True)
    parts = conversation.take(1_000)
    assert {part.stream for part in parts} == {1, 3, 5, 99}
    assert [part.n for part in parts] == sorted(part.n for part in parts)
    assert parts[0].after_ms == 0.0


class Counting(Talk):
    """Notes how many events are asked for."""

    asked_for = 0

    def since(self, n: int, limit: int | None = None) -> list[AnyEvent]:
        found = super().since(n, limit)
        self.asked_for += len(found)
        return found


def test_it_reads_in_blocks_and_no_further_than_asked() -> None:
    talk = Counting()
    talk.send(1)
    for _ in range(5_000):
        talk.hear(FrameReceived, 1, raw=b"data: 1\n\n")
    for _ in range(20_000):
        talk.comment(2)
    talk.end(1)
    timeline = talk.into(Timeline())
    talk.asked_for = 0
    conversation = Conversation(talk, timeline, 1)
    assert len(conversation.take(10)) == 10
    assert talk.asked_for <= 256
    assert len(conversation.take(100_000)) == 4_992
    assert talk.asked_for < 6_000  # the other stream is passed over


def test_a_stream_that_nobody_knows_says_nothing(talk: Talk) -> None:
    call(talk)
    assert parts_of(talk, 77) == []
    assert list(conversation_text(Talk(), Timeline(), 1)) == []
    assert Conversation(talk, Timeline(), 77, whole_session=True).take(5) == []


def test_what_the_peer_sent_is_safe_to_show_and_bounded(talk: Talk) -> None:
    talk.send(1, "GET", headers=(("X\nInjected", "\x00\u202eevil"),))
    huge = b"data: " + b'"\\u202e\x00' * 900_000 + b"\n\n"
    talk.hear(FrameReceived, 1, raw=huge, event="a\u202e\nb" * 100)
    talk.hear(FrameReceived, 1, raw=b"data: \xff\xfe\xc0\x00\xe2\x80\xae" + b"[" * 100_000 + b"\n\n")
    talk.hear(FrameReceived, 1, raw=b"")
    for part in parts_of(talk):
        assert "\u202e" not in heading(part)
        assert "\n" not in heading(part)
        for show_as in ShowAs:
            text = written(part, show_as)
            assert len(text) < 7 * PART_BYTES
            assert not set(text) & {"\x00", "\u202e", "\r"}
    shown = written(parts_of(talk)[1], ShowAs.RAW)
    assert shown.endswith("more")
    assert len(written(parts_of(talk)[1], ShowAs.RAW, limit_bytes=None)) > len(huge)
