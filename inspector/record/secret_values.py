"""Values that hold a secret, read piece by piece: where one ends may not have come yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

SCHEMA_KEYS = frozenset({"type", "title", "description", "format", "$ref", "pattern"})
"""What a JSON Schema says of a member that is named like a secret is no secret."""


class Span(NamedTuple):
    """Bytes to mask; `place` says where they stand, such as `body token` or `url query code`."""

    start: int
    end: int
    place: str
    is_number: bool = False


class Value(Protocol):
    """A value whose end may not have come yet."""

    @property
    def place(self) -> str: ...

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        """Add what of the value stands from `at` on; where it ends, None if it goes on behind `data`."""
        ...


_STOP = re.compile(rb"(\\*)([\"'])|[\r\n]")
_END_SLASHES = re.compile(rb"\\*+\Z")


@dataclass(slots=True)
class Text:
    """The inside of a quoted string; each quote of its level has `slashes` backslashes before it."""

    place: str
    quote: bytes
    slashes: int
    is_secret: bool = True
    _run: int = 0
    start: int = 0

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        self.start = at
        for stop in _STOP.finditer(data, at):
            if stop[2] is None:  # no string goes over a line break
                return self._add(at, stop.start(), spans)
            if stop[2] != self.quote:
                continue
            run = len(stop[1]) + (self._run if stop.start() == at else 0)
            if run < self.slashes:
                return self._add(at, stop.start(), spans)
            if (run - self.slashes) % (2 * (self.slashes + 1)) == 0:
                return self._add(at, max(at, stop.end() - 1 - self.slashes), spans, stop.end())
        match = _END_SLASHES.search(data, max(at, len(data) - 4096))
        tail = len(match[0]) if match else 0
        self._run = tail + (self._run if tail == len(data) - at else 0)
        self._add(at, len(data) - (tail if self.slashes else 0), spans)
        return None

    def _add(self, start: int, end: int, spans: list[Span], behind: int = -1) -> int:
        if self.is_secret and end > start:
            spans.append(Span(start, end, self.place))
        return max(behind, end)


_TOKEN = re.compile(
    rb"(\\*)([\"'])|([\[{])|([\]}])|(,)|(:)|([0-9](?:[0-9]|[.eE+-](?=[0-9]))*+)|(?<=\n)data:|[\r\n]{2,}"
)


@dataclass(slots=True)
class Tree:
    """An object or an array under a secret name: every text and number in it is masked, but not the keys.

    If it `is_flat`, only the texts that are its own items are.
    """

    place: str
    slashes: int
    is_flat: bool = False
    _stack: bytearray = field(default_factory=bytearray)
    _is_key: bool = False
    _key: str = ""
    _text: Text | None = None

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        while True:
            if self._text is not None:
                end = self._text.feed(data, at, spans)
                if end is None:
                    return None
                if self._is_key:
                    self._key = data[self._text.start : end].strip(b"\\\"'").decode(errors="replace")
                self._text, at = None, end
            token = _TOKEN.search(data, at)
            if token is None:
                return None
            at = token.end()
            if self._ends_at(token, spans):
                return at

    def _ends_at(self, token: re.Match[bytes], spans: list[Span]) -> bool:
        quote, opens, closes, comma, colon, number = token[2], token[3], token[4], token[5], token[6], token[7]
        if quote:
            if len(token[1]) < self.slashes:  # the string around all this has ended
                return True
            is_own = not self.is_flat or len(self._stack) == 1
            is_secret = is_own and not self._is_key and self._key not in SCHEMA_KEYS
            self._text = Text(self.place, quote, len(token[1]), is_secret)
        elif opens:
            self._stack += opens
            self._is_key = opens == b"{"
        elif closes:
            del self._stack[-1:]
        elif comma:
            self._is_key, self._key = self._stack[-1:] == b"{", ""
        elif colon:
            self._is_key = False
        elif number and not self.is_flat and not self._is_key and self._key not in SCHEMA_KEYS:
            spans.append(Span(*token.span(), self.place, is_number=True))
        return not self._stack


@dataclass(slots=True)
class Run:
    """All that follows of some kind of byte: the value of a query parameter, the rest of a token."""

    place: str
    rest: re.Pattern[bytes]
    is_number: bool = False

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        match = self.rest.match(data, at)
        end = match.end() if match else at
        if end > at:
            spans.append(Span(at, end, self.place, self.is_number))
        return None if end == len(data) else end


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value whose end is known already, so that it takes no time to read."""

    place: str
    start: int
    end: int

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        spans.append(Span(self.start, self.end, self.place))
        return self.end
