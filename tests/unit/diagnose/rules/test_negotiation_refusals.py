"""What a server refuses by its status."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.rules.negotiation import RULES
from inspector.trace.events import (
    AttemptMade,
    BodyReceived,
    ConnectionState,
    EndCause,
    HeadersReceived,
    Phase,
    Severity,
    StreamEnded,
)
from tests.support.diagnosed import Watched

BOTH = ("Accept", "application/json, text/event-stream")
JSON = ("Content-Type", "application/json")


class Refused(Watched):
    """A session over Streamable HTTP; a request of it is refused."""

    def __init__(self, transport: str = "streamable-http") -> None:
        super().__init__(RULES, transport)

    def refuse(
        self, status: int, *sent: tuple[str, str], answer: tuple[tuple[str, str], ...] = (), **send: Any
    ) -> None:
        stream = self.next_stream()
        self.send(stream, headers=sent, **send)
        fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "connection": send.get("connection", 1)}
        self.hear(HeadersReceived, stream, status=status, headers=answer, **fields)


def test_406_though_both_types_were_named() -> None:
    talk = Refused()
    talk.refuse(406, BOTH, JSON)
    found = talk.found("not-acceptable-406")
    assert (found.severity, found.evidence) == (Severity.ERROR, (2, 3))
    assert "though it was sent with Accept: application/json, text/event-stream" in found.text


def test_406_for_want_of_a_type() -> None:
    talk = Refused()
    talk.refuse(406, ("Accept", "application/json"), JSON)
    found = talk.found("not-acceptable-406")
    assert found.severity is Severity.ERROR and "does not name text/event-stream" in found.text


def test_406_to_what_the_user_wrote_like_a_browser_says_that_the_server_is_fine() -> None:
    talk = Refused()
    talk.refuse(406, ("Accept", "text/html"), method="GET", purpose="raw GET")
    assert talk.found("not-acceptable-406").severity is Severity.NOTE


def test_406_to_the_optional_stream_ends_nothing() -> None:
    talk = Refused()
    talk.refuse(406, ("Accept", "text/event-stream"), method="GET", purpose="stream")
    assert talk.found("not-acceptable-406").severity is Severity.WARN


def test_406_to_another_errand_is_not_ours() -> None:
    talk = Refused()
    talk.refuse(406, BOTH, purpose="oauth: token request")
    talk.refuse(406, BOTH, purpose="probe:cors")
    assert talk.is_silent()


def test_415_names_what_was_sent() -> None:
    talk = Refused()
    talk.refuse(415, JSON)
    found = talk.found("unsupported-media-type-415")
    assert found.severity is Severity.ERROR and "application/json" in found.text


def test_415_to_an_odd_type_of_the_users_own_is_a_note() -> None:
    talk = Refused()
    talk.refuse(415, ("Content-Type", "text/plain"), purpose="raw POST")
    assert talk.found("unsupported-media-type-415").severity is Severity.NOTE


@pytest.mark.parametrize(
    ("body", "fires"), [(b"Invalid Content-Type header", True), (b"Invalid session", False)], ids=["type", "session"]
)
def test_400_may_say_so_too(body: bytes, fires: bool) -> None:
    talk = Refused()
    talk.refuse(400, JSON)
    talk.hear(BodyReceived, 1, content_type="text/plain", raw=body)
    assert talk.fired() == (["unsupported-media-type-415"] if fires else [])


def test_413_names_the_size() -> None:
    talk = Refused()
    talk.refuse(413, JSON, body=b"x" * 2_000)
    assert "2,000 bytes" in talk.found("payload-too-large").text


@pytest.mark.parametrize(
    ("size", "cause", "phase", "fires"),
    [
        (1_048_576, EndCause.RESET, Phase.HEADERS, True),
        (1_048_576, EndCause.CUT_MID_HEADERS, Phase.HEADERS, True),
        (1_000, EndCause.RESET, Phase.HEADERS, False),
        (1_048_576, EndCause.RESET, Phase.BODY, False),
        (1_048_576, EndCause.CANCELLED_BY_US, Phase.HEADERS, False),
    ],
)
def test_a_large_upload_may_be_cut(size: int, cause: EndCause, phase: Phase, fires: bool) -> None:
    talk = Refused()
    talk.send(1, body=b"x" * size)
    talk.tell(StreamEnded, stream=1, cause=cause, phase=phase, sentence="It ended.")
    assert talk.fired() == (["payload-too-large"] if fires else [])
    if fires:
        assert talk.found("payload-too-large").grade == "likely"


def test_429_says_how_long_to_wait() -> None:
    talk = Refused()
    for _ in range(6):
        talk.post(talk.next_stream())
    talk.refuse(429, answer=(("Retry-After", "7"),))
    found = talk.found("rate-limited")
    assert found.severity is Severity.WARN and "it asks to wait 7 s." in found.text
    assert "handshake" not in found.text and "Retry-After header" not in found.fix


def test_429_without_retry_after_asks_for_it() -> None:
    talk = Refused()
    talk.refuse(429)
    found = talk.found("rate-limited")
    assert "does not say how long" in found.text and "Send a Retry-After header" in found.fix


def test_429_on_the_second_request_ends_the_handshake() -> None:
    talk = Refused()
    talk.post(1)
    talk.wait(250)
    talk.refuse(429, purpose="notifications/initialized")
    found = talk.found("rate-limited")
    assert found.severity is Severity.ERROR
    assert "request number 2 of this connection, 0.25 s after the first" in found.text


def test_503_is_a_limit_only_with_a_time_to_wait() -> None:
    talk = Refused()
    talk.refuse(503)
    assert talk.is_silent()
    talk.refuse(503, answer=(("Retry-After", "7"),))
    assert talk.found("rate-limited").grade == "likely"


def test_405_to_get_is_green() -> None:
    talk = Refused()
    talk.refuse(405, method="GET", purpose="stream")
    found = talk.found("get-405-is-fine")
    assert found.severity is Severity.NOTE


def test_405_to_post_is_none_of_it() -> None:
    talk = Refused()
    talk.refuse(405, purpose="tools/call")
    assert talk.is_silent()


@pytest.mark.parametrize(("others", "fires"), [((), True), (("streamable-http",), False)], ids=["by hand", "found out"])
def test_405_ends_http_sse_that_was_chosen_by_hand(others: tuple[str, ...], fires: bool) -> None:
    talk = Refused()
    talk.state(ConnectionState.CONNECTING, connection=2)
    for transport in others:
        talk.tell(AttemptMade, transport=transport, verdict="", succeeded=False, connection=2)
    talk.refuse(405, method="GET", purpose="stream", connection=2)
    talk.tell(AttemptMade, transport="http+sse", verdict="", succeeded=False, connection=2)
    assert talk.is_silent()
    talk.state(ConnectionState.CLOSED, connection=2)
    assert talk.fired() == (["get-405-is-fine"] if fires else [])
    if fires:
        assert talk.found("get-405-is-fine").severity is Severity.ERROR
