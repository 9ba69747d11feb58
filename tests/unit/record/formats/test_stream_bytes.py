"""Content coding undone piece by piece."""

from __future__ import annotations

import gzip
import zlib

import pytest

from inspector.record.formats.stream_bytes import MAX_PIECE_BYTES, decoder_of

TEXT = b"data: 1\n\n" * 100


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT)),
        ("X-GZIP", gzip.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
def test_what_was_packed_is_unpacked(coding: str, packed: bytes) -> None:
    for size in (7, len(packed)):
        decode = decoder_of((("Content-Encoding", coding),))
        assert decode is not None
        got = [piece for at in range(0, len(packed), size) for piece in decode(packed[at : at + size])]
        assert b"".join(got) == TEXT


def test_no_header_is_no_coding() -> None:
    decode = decoder_of(())
    assert decode is not None and decode(b"a") == [b"a"]


def test_a_coding_that_is_not_ours() -> None:
    assert decoder_of((("content-encoding", "br"),)) is None


def test_broken_bytes_end_it() -> None:
    decode = decoder_of((("content-encoding", "gzip"),))
    assert decode is not None
    packed = gzip.compress(TEXT)
    assert b"".join(decode(packed[:40])) + b"".join(decode(b"\xff" * 50)) in TEXT
    assert decode(packed) == []
    assert decoder_of((("content-encoding", "gzip"),))(b"no gzip at all") == []  # type: ignore[misc]


def test_a_bomb_comes_in_pieces() -> None:
    decode = decoder_of((("content-encoding", "gzip"),))
    assert decode is not None
    got = decode(gzip.compress(b"\0" * (3 * MAX_PIECE_BYTES)))
    assert max(map(len, got)) <= MAX_PIECE_BYTES
    assert sum(map(len, got)) == 3 * MAX_PIECE_BYTES
