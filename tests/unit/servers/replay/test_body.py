from __future__ import annotations

import zlib
from typing import Any

import pytest

from inspector.servers.replay.body import Piece, Unit, load, units_of
from inspector.servers.replay.script import Exchange, Reply, read_script
from inspector.trace.events import BodyReceived, EndCause, Framing, HeadersReceived, MessageType
from tests.support.rivers import Talk


@pytest.fixture
def talk() -> Talk:
    return Talk()


def only(talk: Talk) -> Exchange:
    (exchange,) = read_script(talk).exchanges
    return exchange


def answer(talk: Talk, *chunks: bytes, **headers: str) -> Exchange:
    """A request whose answer comes in these chunks, a millisecond apart."""
    talk.send(1)
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    talk.hear(HeadersReceived, 1, status=200, reason="OK", http_version="HTTP/1.1", headers=pairs, ttfb_ms=1.0)
    offset = 0
    for chunk in chunks:
        talk.wait(1)
        talk.chunk(1, chunk, offset)
        offset += len(chunk)
    return only(talk)


def test_chunks_with_their_times(talk: Talk) -> None:
    body = load(talk, answer(talk, b"abc", b"", b"de"))
    assert body.data == b"abcde" and body.received_bytes == 5 and not body.is_decoded
    assert body.pieces == (Piece(1_000_000, 0, 3), Piece(3_000_000, 3, 5))


@pytest.mark.parametrize(("coding", "bits"), [("gzip", 31), ("deflate", 15), ("Deflate", -15)])
def test_a_compressed_body_is_served_plain(talk: Talk, coding: str, bits: int) -> None:
    press = zlib.compressobj(wbits=bits)
    chunks = [press.compress(b"first") + press.flush(zlib.Z_SYNC_FLUSH), press.compress(b"second") + press.flush()]
    body = load(talk, answer(talk, *chunks, content_encoding=coding))
    assert body.data == b"firstsecond" and body.is_decoded and body.received_bytes == sum(map(len, chunks))
    assert body.pieces == (Piece(1_000_000, 0, 5), Piece(2_000_000, 5, 11))


@pytest.mark.parametrize(("data", "coding"), [(b"no gzip at all", "gzip"), (b"\x8b\x02", "br")])
def test_what_cannot_be_decoded_stays_as_it_came(talk: Talk, data: bytes, coding: str) -> None:
    body = load(talk, answer(talk, data, content_encoding=coding))
    assert body.data == data and not body.is_decoded and not body.can_change


def test_a_body_that_failed_to_decode_stays_broken(talk: Talk) -> None:
    answer(talk, zlib.compress(b"x" * 99)[:9], content_encoding="deflate")
    talk.end(1, EndCause.DECODING)
    assert not load(talk, only(talk)).can_change


def test_a_recording_without_chunks_is_put_together_from_its_items(talk: Talk) -> None:
    talk.send(1)
    talk.headers(1)
    talk.comment(1)
    talk.message(1, MessageType.RESPONSE, raw=b"data: {}\n\n")
    talk.send(2)
    talk.hear(BodyReceived, 2, content_type="text/html", raw=b"<p>")
    talk.send(3)
    for raw in (b"{}", b'{"a":1}'):
        talk.message(3, MessageType.RESPONSE, raw=raw, framing=Framing.BATCH)
    bodies = [load(talk, exchange).data for exchange in read_script(talk).exchanges]
    assert bodies == [b": ping\ndata: {}\n\n", b"<p>", b'[{},{"a":1}]']


def in_units(exchange: Exchange, talk: Talk, **more: Any) -> list[tuple[bytes, int | None]]:
    for name, value in more.items():
        setattr(exchange, name, value)
    body = load(talk, exchange)
    units = units_of(exchange, body)
    assert b"".join(body.data[piece.start : piece.stop] for unit in units for piece in unit.pieces) == body.data
    return [(body.data[unit.start : unit.stop], unit.after) for unit in units]


def test_replies_wait_for_what_they_answer(talk: Talk) -> None:
    exchange = answer(talk, b"endpoint..a1", b"a2pingb1b", b"2rest")
    replies = [Reply(10, 4, 1), Reply(18, 4, 2)]
    assert in_units(exchange, talk, replies=replies) == [
        (b"endpoint..", None), (b"a1a2", 1), (b"ping", None), (b"b1b2", 2), (b"rest", None),
    ]  # fmt: skip
    units = units_of(exchange, load(talk, exchange))
    assert units[1] == Unit((Piece(1_000_000, 10, 12), Piece(2_000_000, 12, 14)), 1)


def test_neighbouring_replies_to_one_request_are_one_unit(talk: Talk) -> None:
    exchange = answer(talk, b"p1p2r.")
    replies = [Reply(0, 2, 7), Reply(2, 2, 7), Reply(4, 1, 7)]
    assert in_units(exchange, talk, replies=replies) == [(b"p1p2r", 7), (b".", None)]


@pytest.mark.parametrize("blank", [b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r\n", b"\r\r\n", b"\r\n\n"])
def test_what_no_empty_line_ends_is_torn(talk: Talk, blank: bytes) -> None:
    exchange = answer(talk, b"reply" + blank + b"data: 1" + blank, b"data: 2", content_type="text/event-stream")
    exchange.replies = [Reply(0, 5 + len(blank), 1)]
    body = load(talk, exchange)
    units = units_of(exchange, body)
    assert [(body.data[unit.start : unit.stop], unit.after, unit.is_torn) for unit in units] == [
        (b"reply" + blank, 1, False), (b"data: 1" + blank, None, False), (b"data: 2", None, True),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["application/json", "text/event-stream"])
def test_only_an_event_stream_has_torn_events(talk: Talk, kind: str) -> None:
    exchange = answer(talk, b'{"a"', b":1}", content_type=kind)
    assert [unit.is_torn for unit in units_of(exchange, load(talk, exchange))] == [kind == "text/event-stream"]


@pytest.mark.parametrize("reply", [Reply(-5, 3, 1), Reply(99, 3, 1), Reply(2, 99, 1), Reply(1, 0, 1)])
def test_offsets_that_make_no_sense_lose_no_byte(talk: Talk, reply: Reply) -> None:
    assert in_units(answer(talk, b"0123", b"4567"), talk, replies=[reply, Reply(3, 2, 1)])


def test_what_is_behind_a_gate_waits_for_the_client_s_answer(talk: Talk) -> None:
    exchange = answer(talk, b"ask", b"more", b"end")
    assert in_units(exchange, talk, gates=[(1, 4), (2, 5), (9, 6)]) == [(b"ask", None), (b"more", 4), (b"end", 5)]
