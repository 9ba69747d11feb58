"""The bytes of a stream as its readers see them: content decoding undone piece by piece."""

from __future__ import annotations

import zlib
from typing import Protocol

from inspector.trace.events import Headers
from inspector.wire import http

MAX_PIECE_BYTES = 1 << 20
"""A small chunk may stand for gigabytes: it is decoded in pieces of this size."""


class Decoder(Protocol):
    """Undoes one content coding."""

    def __call__(self, data: bytes) -> list[bytes]: ...


def decoder_of(headers: Headers) -> Decoder | None:
    """How to read bodies under these headers; None for a coding that we cannot undo."""
    coding = (http.get(headers, "content-encoding") or "identity").strip().lower()
    if coding in ("identity", ""):
        return _plain
    if coding in ("gzip", "x-gzip"):
        return _Inflate(zlib.MAX_WBITS | 16)
    return _Inflate(zlib.MAX_WBITS) if coding == "deflate" else None


def _plain(data: bytes) -> list[bytes]:
    return [data]


class _Inflate:
    """Gives what could be read; behind the first broken byte there is nothing more."""

    def __init__(self, window_bits: int) -> None:
        self._inflate = zlib.decompressobj(window_bits)
        self._is_broken = False
        self._is_first = True

    def __call__(self, data: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        while data and not self._is_broken and not self._inflate.eof:
            try:
                piece = self._inflate.decompress(data, MAX_PIECE_BYTES)
            except zlib.error:
                if not (self._is_first and data):
                    self._is_broken = True
                    break
                self._inflate, self._is_first = zlib.decompressobj(-zlib.MAX_WBITS), False  # deflate without its frame
                continue
            self._is_first = False
            if piece:
                pieces.append(piece)
            data = self._inflate.unconsumed_tail
        return pieces
