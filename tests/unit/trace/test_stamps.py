"""The server's clock, read where it gives it away."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from inspector.trace.events import CommentReceived, FrameReceived, HeadersReceived, MessageType
from inspector.trace.stamps import date_of, stamp_in_meta, stamp_of, stamps_in, written_at
from tests.support.rivers import Talk

NOON = datetime(2026, 3, 4, 12, 0, 0, tzinfo=UTC).timestamp()


def heartbeat(text: str) -> CommentReceived:
    return Talk().comment(1, text)


def response(*headers: tuple[str, str]) -> HeadersReceived:
    fields = {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": 1.0}
    return Talk().hear(HeadersReceived, 1, headers=headers, **fields)


@pytest.mark.parametrize(
    ("text", "after_noon_s"),
    [
        ("ping - 2026-03-04 12:00:01.250000+00:00", 1.25),
        ("ping - 2026-03-04 12:00:00+00:00", 0),
        ("2026-03-04T12:00:02Z", 2),
        ("2026-03-04T14:00:00.5+02:00", 0.5),
        ("2026-03-04T07:00:03.123456789 -0500", 3.123456),
        ("at 2026-03-04T12:00:04", 4),
        (f"heartbeat {NOON + 5:.0f}", 5),
        (f"heartbeat {NOON + 5:.0f}250", 5.25),
        (f"heartbeat {NOON + 6:.0f}.125000", 6.125),
    ],
)
def test_a_heartbeat_says_when_it_was_written(text: str, after_noon_s: float) -> None:
    assert stamp_of(heartbeat(text)) == pytest.approx(NOON + after_noon_s, abs=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ping",
        "keepalive",
        "2026-03-04",
        "12026-03-04 12:00:00",
        "2026-13-04 12:00:00",
        "0000-01-01 00:00:00",
        "2026-03-04 25:00:00",
        "2026-02-31T12:00:00Z",
        "2026-03-04T12:00:00+99:99",
        "9876543210",
        "99991763738833",
        "1700000000111222333444",
    ],
)
def test_another_heartbeat_says_nothing(text: str) -> None:
    assert stamp_of(heartbeat(text)) is None


@pytest.mark.parametrize("edge", ["0001-01-01 00:00:00+23:59", "9999-12-31 23:59:59-23:59"])
def test_the_ends_of_the_calendar_do_not_raise(edge: str) -> None:
    stamp = stamp_of(heartbeat(edge))
    assert stamp is None or abs(stamp - NOON) > 1e10


def test_the_date_of_a_response() -> None:
    assert date_of(response(("DATE", "Wed, 04 Mar 2026 12:00:00 GMT"))) == NOON
    assert date_of(response(("Date", "Wed, 04 Mar 2026 12:00:00 GMT"), ("Age", "0"))) == NOON


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("Date", "yesterday"),),
        (("Date", ""),),
        (("Date", "Wed, 99 Mar 2026 12:00:00 GMT"),),
        (("Date", "Wed, 04 Mar 2026 12:00:00 GMT"), ("Age", "7")),
        (("Age", "7"), ("Date", "Wed, 04 Mar 2026 12:00:00 GMT")),
    ],
)
def test_no_date_or_that_of_a_cache(headers: tuple[tuple[str, str], ...]) -> None:
    assert date_of(response(*headers)) is None


def test_the_times_in_a_log_entry() -> None:
    talk = Talk()
    raw = b'data: {"data":"2026-03-04T12:00:00Z x 2026-03-04 12:00:01.500"}\n\n'
    log = talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=raw)
    assert stamps_in(log) == (NOON, NOON + 1.5)
    many = talk.message(1, MessageType.NOTIFICATION, raw=b"2026-03-04T12:00:00Z " * 1000)
    assert stamps_in(many) == (NOON,) * 8
    late = talk.message(1, MessageType.NOTIFICATION, raw=b" " * 5000 + b"2026-03-04T12:00:00Z")
    assert stamps_in(late) == ()


def test_a_message_says_in_its_meta_when_it_was_written() -> None:
    talk = Talk()
    asked = talk.ask(1)
    meta = talk.answer(1, asked, raw=b'{"result":{"_meta":{"t":"2026-03-04T12:00:05Z"},"at":"2020-01-01T00:00:00Z"}}')
    epoch = talk.answer(1, asked, raw=b'{"result":{"_meta":{"t":1772625600250}}}')
    body = talk.answer(1, asked, raw=b'{"result":{"at":"2026-03-04T12:00:05Z"}}')
    assert (stamp_in_meta(meta), stamp_in_meta(body)) == (NOON + 5, None)
    assert stamp_in_meta(epoch) == 1_772_625_600.25
    assert (written_at(meta), written_at(body)) == (NOON + 5, None)


def test_log_entries_progress_and_heartbeats_say_anywhere_when_they_were_written() -> None:
    talk = Talk()
    raw = b'{"params":{"data":"2026-03-04T12:00:07Z started"}}'
    log = talk.message(1, MessageType.NOTIFICATION, method="notifications/message", raw=raw)
    changed = talk.message(1, MessageType.NOTIFICATION, method="notifications/tools/list_changed", raw=raw)
    call = talk.call_stream(2)
    assert (written_at(log), written_at(changed)) == (NOON + 7, None)
    assert written_at(talk.step(2, "progress", call, data=raw)) == NOON + 7
    assert written_at(talk.step(2, "complete", call, data=raw)) is None
    assert written_at(heartbeat("ping - 2026-03-04 12:00:00+00:00")) == NOON
    assert written_at(talk.hear(FrameReceived, 1, raw=raw)) is None
