"""Where credentials stand in bytes of any kind: JSON at any depth and level of escaping, forms, URLs, plain text.

The finders read tokens, not documents: what a peer sent may be broken, nested in a string, spread over the `data:`
lines of an event, or cut anywhere. All of them are linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol
from urllib.parse import unquote_to_bytes

from inspector.wire import http
from inspector.wire.secret_shapes import SHAPES, Shape, begins

WEAK_NAMES = frozenset({"code", "key", "state", "auth"})
"""Names that also stand for harmless things: their numbers stay, and in plain text they count in a query only."""
SCHEMA_KEYS = frozenset({"type", "title", "description", "format", "$ref", "pattern"})
"""What a JSON Schema says of a member that is named like a secret is no secret."""
LINE_KEYS = (b"password", b"passwd", b"client_secret", b"access_token", b"refresh_token", b"api_key", b"private_key")
"""Endings of names that hold a secret also where a word without quotes follows a colon, as in YAML."""
MAX_NAME_BYTES = 128
_BODY = "body"


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


class Names:
    """Which names hold a secret: exact ones, and `*suffix`; case, `_`, `-` and `.` make no difference."""

    def __init__(self, names: Iterable[str]) -> None:
        names = tuple(names)
        self._exact = frozenset(map(_normal, names)) - {""}
        self._suffixes = tuple({_normal(name) for name in names if name.startswith("*")} - {""})
        self._known: dict[bytes, tuple[str, bool] | None] = {}

    def match(self, raw: bytes) -> tuple[str, bool] | None:
        """The name to show and whether it is a weak one; None if it holds no secret."""
        if raw not in self._known:
            if len(self._known) > 4096:
                self._known.clear()
            self._known[raw] = self._match(raw)
        return self._known[raw]

    def _match(self, raw: bytes) -> tuple[str, bool] | None:
        name = _ESCAPE.sub(_unescape, unquote_to_bytes(raw)).decode(errors="replace").strip()
        normal = _normal(name)
        if normal in self._exact or (self._suffixes and normal.endswith(self._suffixes)):
            return name, normal in WEAK_NAMES
        return None


def _normal(name: str) -> str:
    return re.sub(r"[_\-. *]", "", name.lower())


_ESCAPE = re.compile(rb"\\+u([0-9a-fA-F]{4})")


def _unescape(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "replace")


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
    """An object or an array under a secret name: every text and number in it is masked, but not the keys."""

    place: str
    slashes: int
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
            is_secret = not self._is_key and self._key not in SCHEMA_KEYS
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
        elif number and not self._is_key and self._key not in SCHEMA_KEYS:
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


_MEMBER = re.compile(
    rb"(?<!\\)(\\*+)([\"'])((?:[^\"'\\\r\n]|\\+[uU][0-9a-fA-F]{4}|\\++/){1,%d}+)\1\2"
    rb"(?:[ \t\r\n]|\\++[nrt]|data:)*+:(?:[ \t\r\n]|\\++[nrt]|data:)*+(?:(\\*+)([\"'])|([\[{])|(?=(-?[0-9])))?"
    % MAX_NAME_BYTES
)
_ESCAPED = re.compile(rb"[bfnrt]|u00[01][0-9a-fA-F]")
"""What of an escape of JSON looks like the beginning of a name."""
_DIGITS = re.compile(rb"[-+0-9.eE]*+")
_QUERY_VALUE = re.compile(rb"[^&;#\s\"'<>\\]*+")
_FIELD = re.compile(rb"(?<![\w.%%\-\[\]])([\w.%%\-\[\]]{1,%d}+)=(?=[^&;#\s\"'<>\\])" % MAX_NAME_BYTES)
_ASSIGNED = re.compile(
    rb"(?<![\w.\-])([\w.\-]{1,%d}+)[ \t]*+(?:[:=][ \t]*+(\\*+)([\"'])"
    rb"|(?<=[ \t])=[ \t]++(?=[\w.+/\-]{0,64}[0-9])|(:)[ \t]++(?=[^\s\"'\\]))" % MAX_NAME_BYTES
)
"""`name="text"` and `name: 'text'` as in shells, TOML and YAML; `name = w0rd`; `name: word`."""
_CODED_FIELD = re.compile(rb"(?i:%%3f|%%26|%%3b|%%23)([\w.\-]{1,%d}+)%%3[dD]" % MAX_NAME_BYTES)
_CODED_VALUE = re.compile(rb"(?:(?!%26|%23)[^&;#\s\"'<>\\])*+")
_FORM_FIELD = re.compile(rb"([^&;=]*)=([^&;]*)")
_USER = re.compile(rb"(?<=://)[^/?#\s\"'<>@\\]*+(@|\Z)?")
_WORD = re.compile(rb"[^\s\"'\\,;<>]*+")
_LINE = re.compile(rb"[^\r\n\"'\\]*+")


class Finder:
    """Finds the secrets named by `keys` (members, parameters) and by `headers` (members and lines of text too)."""

    def __init__(self, keys: Sequence[str], headers: Sequence[str]) -> None:
        self.headers = Names(headers)
        plain_headers = [name for name in headers if not name.startswith("*")]
        self._line_names = [name.lower().encode() for name in plain_headers if name]
        self._lines = _line_pattern(self._line_names)
        self._members = Names((*keys, *plain_headers))  # `*token` as a member would be `progressToken`

    def find(self, data: bytes, open_values: list[Value] | None = None) -> list[Span]:
        """The secrets in `data`; values that go on behind its end are added to `open_values`, if that is given.

        A text that is whole (`open_values` is None) has no cut tokens: what looks like the first bytes of one stays.
        """
        spans: list[Span] = []
        ends: dict[object, int] = {}
        for value, at in self._values(data, is_cut=open_values is not None):
            kind = value.rest if isinstance(value, Run) else type(value)
            if at < ends.get(kind, 0) and kind is not Text:
                continue  # the one around it masks the same, and a hostile text may nest them by the thousand
            end = value.feed(data, at, spans)
            ends[kind] = len(data) if end is None else end
            if end is None and open_values is not None:
                open_values.append(value)
        for shape in SHAPES:
            if shape.needle in data:
                self._find_shape(shape, data, spans, open_values)
        return spans

    def find_in_form(self, data: bytes) -> list[Span]:
        """The secrets of an `application/x-www-form-urlencoded` body."""
        return [
            Span(*match.span(2), f"form {match[1].decode(errors='replace')}")
            for match in _FORM_FIELD.finditer(data)
            if match[2] and self._is_parameter(match[1].replace(b"+", b" "), in_query=True)
        ]

    def _values(self, data: bytes, *, is_cut: bool) -> Iterator[tuple[Value, int]]:
        if b'"' in data or b"'" in data:
            yield from self._members_of(data)
        if b"=" in data:
            yield from self._fields_of(data)
        if b"=" in data or b":" in data:
            yield from self._assigned(data)
        if b"%3" in data:
            for match in _CODED_FIELD.finditer(data):
                if self._is_parameter(match[1], in_query=True):
                    yield Run(f"url query {match[1].decode(errors='replace')}", _CODED_VALUE), match.end()
        if b"://" in data:
            yield from _users_of(data, is_cut=is_cut)
        if b":" in data and any(map(data.lower().__contains__, self._line_names)):
            for match in self._lines.finditer(data):
                name = match[1].decode(errors="replace")
                yield Run(f"text {name}", _LINE if self.headers.match(match[1]) else _WORD), match.end()

    def _members_of(self, data: bytes) -> Iterator[tuple[Value, int]]:
        find_name = self._members.match
        for match in _MEMBER.finditer(data):
            found = find_name(match[3])
            if found is None:
                continue
            place = f"{_BODY} {found[0]}"
            if match[5]:
                yield Text(place, match[5], len(match[4])), match.end()
            elif match[6]:
                yield Tree(place, len(match[1])), match.end() - 1
            elif match[7] and not found[1]:
                yield Run(place, _DIGITS, is_number=True), match.end()

    def _fields_of(self, data: bytes) -> Iterator[tuple[Value, int]]:
        for match in _FIELD.finditer(data):
            in_query = data[max(0, match.start() - 1) : match.start()] in (b"?", b"&", b"#", b";")
            if any(self._is_parameter(name, in_query=in_query) for name in _spellings(data, match)):
                where = "url query" if in_query else "text"
                yield Run(f"{where} {match[1].decode(errors='replace')}", _QUERY_VALUE), match.end()

    def _assigned(self, data: bytes) -> Iterator[tuple[Value, int]]:
        for match in _ASSIGNED.finditer(data):
            names = _spellings(data, match)
            if not any(self._is_parameter(name, in_query=False) for name in names):
                continue
            place = f"text {match[1].decode(errors='replace')}"
            if match[3]:
                yield Text(place, match[3], len(match[2])), match.end()
            elif not match[4] or match[1].lower().endswith(LINE_KEYS):
                yield Run(place, _WORD), match.end()

    def _is_parameter(self, raw: bytes, *, in_query: bool) -> bool:
        found = self._members.match(raw)
        if found is not None:
            return in_query or not found[1]
        return in_query and http.is_secret_name(unquote_to_bytes(raw).decode(errors="replace"))

    def _find_shape(self, shape: Shape, data: bytes, spans: list[Span], open_values: list[Value] | None) -> None:
        at = 0
        while (prefix := shape.prefix.search(data, at)) is not None:
            rest = shape.rest.match(data, prefix.end())
            at = max(rest.end() if rest else 0, prefix.end(), prefix.start() + 1)
            if at == len(data) and open_values is not None:
                spans.append(Span(prefix.end(), at, shape.place))
                open_values.append(Run(shape.place, shape.rest))
            elif rest and shape.is_secret(rest[0]):
                spans.append(Span(prefix.end(), at, shape.place))


def _spellings(data: bytes, match: re.Match[bytes]) -> tuple[bytes, ...]:
    """A name, also without what may be the letter of an escape such as `\\n`."""
    is_escaped = data[match.start() - 1 : match.start()] == b"\\" and _ESCAPED.match(match[1])
    return (match[1], match[1][is_escaped.end() :]) if is_escaped else (match[1],)


def _line_pattern(names: Sequence[bytes]) -> re.Pattern[bytes]:
    """Lines such as `X-Api-Key: abc` in plain text."""
    any_name = b"|".join(map(re.escape, names))
    return re.compile(begins(rb"\w-") + rb"((?i:%s))[ \t]*+:[ \t]*+(?=[^\s\"'\\])" % any_name)


def _users_of(data: bytes, *, is_cut: bool) -> Iterator[tuple[Value, int]]:
    """The password of an URL's userinfo, or what stands alone before the `@` and is too long for a name."""
    for match in _USER.finditer(data):
        is_known = match[1] == b"@"
        if not is_known and not (is_cut and match.end() == len(data)):
            continue
        user, _, password = match[0].removesuffix(b"@").partition(b":")
        end = match.end() - is_known
        if password and (is_known or not password.isdigit()):  # digits may yet be a port
            yield _Fixed("url password", match.start() + len(user) + 1, end), match.start()
        elif is_known and len(user) >= 12:
            yield _Fixed("url user", match.start(), end), match.start()


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A value whose end is known already."""

    place: str
    start: int
    end: int

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        spans.append(Span(self.start, self.end, self.place))
        return self.end
