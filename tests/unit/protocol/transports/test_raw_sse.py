"""Any event stream, by the rules of an EventSource (R80)."""

from __future__ import annotations

import pytest

from inspector.protocol.transports.answer import Head, Meaning
from inspector.protocol.transports.raw_sse import RawSse

URL = "http://127.0.0.1:8000/events"


def test_r80_listening_asks_for_an_event_stream() -> None:
    request = RawSse(URL, (("X-Key", "k"),)).listen()
    assert (request.method, request.url, request.purpose) == ("GET", URL, "stream")
    assert request.headers == (("Accept", "text/event-stream"), ("Cache-Control", "no-cache"), ("X-Key", "k"))


def test_r80_coming_back_names_the_last_event() -> None:
    request = RawSse(URL).listen("42")
    assert request.purpose == "resume"
    assert ("Last-Event-ID", "42") in request.headers
    assert "Last-Event-ID" not in dict(RawSse(URL).listen("").headers)


@pytest.mark.parametrize(
    ("status", "content_type", "meaning"),
    [
        (200, "text/event-stream", Meaning.EVENT_STREAM),
        (200, "text/plain", Meaning.FAILED),
        (201, "text/event-stream", Meaning.FAILED),
        (204, "", Meaning.NOT_OFFERED),
        (205, "text/event-stream", Meaning.FAILED),
        (401, "text/event-stream", Meaning.UNAUTHORISED),
        (500, "text/event-stream", Meaning.FAILED),
    ],
)
def test_r80_only_200_with_the_right_type_is_a_stream_and_204_ends_it(
    status: int, content_type: str, meaning: Meaning
) -> None:
    verdict = RawSse(URL).judge_listen(Head(status, (("content-type", content_type),)), now=0)
    assert verdict.meaning is meaning
    assert bool(verdict.sentence) == (meaning is not Meaning.EVENT_STREAM)


def test_r80_any_method_and_body_opens_a_stream() -> None:
    wire = RawSse(URL, (), "POST", b'{"stream": true}')
    request = wire.listen()
    assert (request.method, request.body, request.purpose) == ("POST", b'{"stream": true}', "stream")
    assert dict(request.headers)["Content-Type"] == "application/json"
    assert "Content-Type" not in dict(RawSse(URL, (), "POST", b"a=b").listen().headers)
    assert "does not take POST (405)" in wire.judge_listen(Head(405, ()), 0.0).sentence
    assert (wire.is_repeatable, RawSse(URL).is_repeatable) == (False, True)
