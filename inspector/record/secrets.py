"""Where credentials stand in bytes of any kind: JSON at any depth and level of escaping, forms, URLs, plain text.

The finders read tokens, not documents: what a peer sent may be broken, nested in a string, spread over the `data:`
lines of an event, or cut anywhere. All of them are linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote_to_bytes

from inspector.record import secret_markup
from inspector.record.secret_values import Fixed, Run, Span, Text, Tree, Value
from inspector.wire import http
from inspector.wire.secret_shapes import SHAPES, Shape, begins

WEAK_NAMES = frozenset({"code", "key", "state", "auth", "tokens"})
"""Names that also stand for harmless things: their numbers stay, and in plain text they count in a query only."""
LIST_NAMES = frozenset({"tokens"})
"""Names of which only the texts of a list are secrets: else they count tokens, or describe those of a design."""
COUNT_ENDINGS = ("tokens", "tokencount", "tokenlimit")
"""What parameters are called that count tokens, if a number stands behind them."""
PASSING_TOKENS = ("progresstoken", "pagetoken", "nexttoken", "continuationtoken")
"""Tokens that open no door."""
LINE_KEYS = (b"password", b"passwd", b"client_secret", b"access_token", b"refresh_token", b"api_key", b"private_key")
"""Endings of names that hold a secret also where a word without quotes follows a colon, as in YAML."""
MAX_NAME_BYTES = 128
_BODY = "body"


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
        normal = _normal(_inmost(name))
        if "[" in name and normal in WEAK_NAMES - LIST_NAMES:  # `errors[code]`
            return None
        if normal in self._exact or (self._suffixes and normal.endswith(self._suffixes)):
            return name, normal in WEAK_NAMES
        return None


def _inmost(name: str) -> str:
    """`password` of `user[password]`, `tokens` of `tokens[0]` and `tokens[]`, as forms write what is nested."""
    parts = [part for part in re.split(r"[\[\]]+", name) if part and not part.isdigit()] if "[" in name else []
    return parts[-1] if parts else name


def _ending(raw: bytes) -> str:
    return _normal(_inmost(unquote_to_bytes(raw).decode(errors="replace")))


def _normal(name: str) -> str:
    return re.sub(r"[_\-. *]", "", name.lower())


_ESCAPE = re.compile(rb"\\+u([0-9a-fA-F]{4})")


def _unescape(match: re.Match[bytes]) -> bytes:
    return chr(int(match[1], 16)).encode("utf-8", "replace")


_MEMBER = re.compile(
    rb"(?<!\\)(\\*+)([\"'])((?:[^\"'\\\r\n]|\\+[uU][0-9a-fA-F]{4}|\\++/){1,%d}+)\1\2"
    rb"(?:[ \t\r\n]|\\++[nrt]|data:)*+:(?:[ \t\r\n]|\\++[nrt]|data:)*+(?:(\\*+)([\"'])|([\[{])|(?=(-?[0-9])))?"
    % MAX_NAME_BYTES
)
_ESCAPED = re.compile(rb"[bfnrt]|u00[01][0-9a-fA-F]")
"""What of an escape of JSON looks like the beginning of a name."""
_DIGITS = re.compile(rb"[-+0-9.eE]*+")
_COUNT = re.compile(rb"[0-9]{1,12}(?![^&;#\s\"'<>\\])")
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
            if at < ends.get(kind, 0) and kind not in (Text, Fixed):
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
            if match[2]
            and self._is_parameter(match[1].replace(b"+", b" "), in_query=True, is_count=_COUNT.match(match[2]))
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
            yield from secret_markup.coded_members(data, self._members.match)
        yield from secret_markup.elements(data, self._is_element, is_cut=is_cut)
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
                is_flat = found[0].lower() in LIST_NAMES
                if match[6] == b"[" or not is_flat:
                    yield Tree(place, len(match[1]), is_flat), match.end() - 1
            elif match[7] and not found[1] and not found[0].lower().endswith("s"):  # of many things, it is their count
                yield Run(place, _DIGITS, is_number=True), match.end()

    def _fields_of(self, data: bytes) -> Iterator[tuple[Value, int]]:
        for match in _FIELD.finditer(data):
            in_query = data[max(0, match.start() - 1) : match.start()] in (b"?", b"&", b"#", b";")
            is_count = _COUNT.match(data, match.end())
            if any(self._is_parameter(name, in_query=in_query, is_count=is_count) for name in _spellings(data, match)):
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

    def _is_parameter(self, raw: bytes, *, in_query: bool, is_count: object = None) -> bool:
        found = self._members.match(raw)
        if is_count and (found is None or found[1]) and _ending(raw).endswith(COUNT_ENDINGS):
            return False
        if found is not None:
            return in_query or not found[1]
        name = unquote_to_bytes(raw).decode(errors="replace")
        return in_query and http.is_secret_name(name) and not _ending(raw).endswith(PASSING_TOKENS)

    def _is_element(self, raw: bytes) -> bool:
        found = self._members.match(raw)
        return found is not None and not found[1]

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
            yield Fixed("url password", match.start() + len(user) + 1, end), match.start()
        elif is_known and len(user) >= 12:
            yield Fixed("url user", match.start(), end), match.start()
