from __future__ import annotations

import pytest

from inspector.servers.replay.answer import (
    NO_CHUNK,
    NOT_HTTP,
    Ending,
    Framing,
    ending_of,
    framed,
    last_bytes,
    opening_of,
    unreached,
)
from inspector.servers.replay.asked import Asked, Kind
from inspector.servers.replay.body import Body
from inspector.servers.replay.rewriting import Rules
from inspector.servers.replay.script import End, Exchange, Head
from inspector.trace.events import EndCause, Phase

CHUNKED = ("Transfer-Encoding", "chunked")
NOTHING = Body(b"", (), 0)


def ended(cause: EndCause = EndCause.COMPLETE, phase: Phase = Phase.BODY, error: str | None = None) -> Exchange:
    return Exchange(0, 1, 1, "POST", "http://h/mcp", Asked(Kind.OTHER), 0, end=End(cause, phase, error, 0))


def head(*headers: tuple[str, str], status: int = 200, version: str = "HTTP/1.1") -> Head:
    return Head(status, "Fine", version, headers, 0)


def lines(exchange: Exchange, what: Head, body: Body = NOTHING, size_bytes: int = 0) -> list[str]:
    opening = opening_of(exchange, what, body, size_bytes, Rules(origins=("http://h",), own="http://me"))
    assert opening.head.endswith(b"\r\n\r\n")
    return opening.head.decode("latin-1").split("\r\n")[:-2]


@pytest.mark.parametrize(
    ("cause", "error", "ending"),
    [
        (EndCause.COMPLETE, None, Ending.FINISH),
        (EndCause.END_OF_STREAM, None, Ending.FINISH),
        (EndCause.REJECTED, None, Ending.FINISH),
        (EndCause.DECODING, "DecodingError", Ending.FINISH),
        (EndCause.CUT_MID_EVENT, None, Ending.FINISH),
        (EndCause.CUT_MID_EVENT, "RemoteProtocolError: ... incomplete chunked read", Ending.CUT),
        (EndCause.CUT_MID_EVENT, "RemoteProtocolError: received 7 bytes, expected 9", Ending.CUT),
        (EndCause.CUT_MID_EVENT, "ReadError <- ConnectionResetError: [Errno 104]", Ending.RESET),
        (EndCause.CUT_MID_EVENT, "RemoteProtocolError: illegal chunk header", Ending.BREAK_HTTP),
        (EndCause.CUT_MID_BODY, "x", Ending.CUT),
        (EndCause.CUT_MID_HEADERS, "x", Ending.CUT),
        (EndCause.RESET, "x", Ending.RESET),
        (EndCause.REFUSED, "x", Ending.RESET),
        (EndCause.TLS, "x", Ending.RESET),
        (EndCause.CONNECT_TIMEOUT, "x", Ending.HOLD),
        (EndCause.PROTOCOL, "x", Ending.BREAK_HTTP),
        (EndCause.CANCELLED_BY_US, None, Ending.HOLD),
        (EndCause.TIMED_OUT_BY_US, None, Ending.HOLD),
        (EndCause.CLOSED_BY_US, None, Ending.HOLD),
    ],
)
def test_how_an_exchange_ends_again(cause: EndCause, error: str | None, ending: Ending) -> None:
    assert ending_of(ended(cause, error=error)) is ending


def test_every_cause_has_an_ending() -> None:
    assert all(ending_of(ended(cause)) for cause in EndCause)


def test_without_a_recorded_end() -> None:
    exchange = ended()
    exchange.end = None
    assert ending_of(exchange) is Ending.HOLD
    exchange.head = head(status=307)
    assert ending_of(exchange) is Ending.FINISH


def test_headers_as_recorded_but_for_those_of_the_connection() -> None:
    what = head(("Server", "x"), ("Keep-Alive", "5"), CHUNKED, ("Alt-Svc", "h3"), ("SERVER", "y"), ("Date", "then"))
    assert lines(ended(), what) == [
        "HTTP/1.1 200 Fine", "Server: x", "SERVER: y", "Date: then", "transfer-encoding: chunked",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "framing", "stays_open"),
    [
        (head(CHUNKED), Framing.CHUNKED, True),
        (head(("Content-Length", "3")), Framing.LENGTH, True),
        (head(("Content-Length", "3"), ("Connection", "Close")), Framing.LENGTH, False),
        (head(), Framing.CLOSE, False),
        (head(version="HTTP/2"), Framing.CHUNKED, True),
        (head(status=204), Framing.NONE, True),
    ],
)
def test_how_the_end_of_the_body_is_told(what: Head, framing: Framing, stays_open: bool) -> None:
    opening = opening_of(ended(), what, NOTHING, 0, Rules())
    assert (opening.framing, opening.stays_open) == (framing, stays_open)
    assert (b"connection: close" in opening.head) is not stays_open


def test_the_length_follows_the_rewriting_and_what_is_missing_stays_missing() -> None:
    body = Body(b"12345678", (), 8)
    whole, cut = ended(), ended(EndCause.CUT_MID_BODY, error="x")
    assert lines(whole, head(("Content-Length", "8")), body, 10)[-1] == "content-length: 10"
    assert lines(cut, head(("Content-Length", "20")), body, 10)[-1] == "content-length: 22"
    assert lines(cut, head(("Content-Length", "nonsense")), body, 10)[-1] == "content-length: 11"


def test_a_decoded_body_has_no_coding() -> None:
    coded = head(("Content-Encoding", "gzip"), CHUNKED)
    assert not any("gzip" in line for line in lines(ended(), coded, Body(b"", (), 0, is_decoded=True)))
    assert any("gzip" in line for line in lines(ended(), coded))


def test_addresses_point_here_and_masks_are_told() -> None:
    location = ("Location", "http://h/new")
    challenge = ("WWW-Authenticate", 'Bearer resource_metadata="http://h/.well-known/x"')
    what = head(location, challenge, ("X-Other", "http://h/"), ("Set-Cookie", "a=••••"), CHUNKED, status=307)
    opening = opening_of(ended(), what, NOTHING, 0, Rules(origins=("http://h",), own="http://me"))
    assert b"Location: http://me/new\r\n" in opening.head and b'"http://me/.well-known/x"' in opening.head
    assert b"X-Other: http://h/\r\n" in opening.head and b"a=****" in opening.head
    assert len(opening.notes) == 3 and "masked" in opening.notes[-1]


def test_a_header_cannot_break_out_of_its_line() -> None:
    """Only an imported recording could hold such a thing."""
    written = lines(ended(), head(("A", "1\r\nEvil: 2"), ("B\r\nEvil", "3"), (":status", "200"), CHUNKED))
    assert written == ["HTTP/1.1 200 Fine", "A: 1 Evil: 2", "transfer-encoding: chunked"]


def test_the_bytes_of_chunks_and_ends() -> None:
    chunked = opening_of(ended(), head(CHUNKED), NOTHING, 0, Rules())
    plain = opening_of(ended(), head(), NOTHING, 0, Rules())
    assert (framed(chunked, b"ab" * 8), framed(chunked, b""), framed(plain, b"ab")) == (
        b"10\r\n" + b"ab" * 8 + b"\r\n", b"", b"ab",
    )  # fmt: skip
    assert last_bytes(chunked, Ending.FINISH) == b"0\r\n\r\n" and last_bytes(plain, Ending.FINISH) == b""
    assert last_bytes(chunked, Ending.CUT) == b"" == last_bytes(None, Ending.RESET)
    assert last_bytes(None, Ending.BREAK_HTTP) == NOT_HTTP and last_bytes(chunked, Ending.BREAK_HTTP) == NO_CHUNK


def test_what_never_reached_a_server() -> None:
    assert unreached(ended(EndCause.REFUSED, Phase.CONNECT)) and not unreached(ended(EndCause.RESET, Phase.HEADERS))
