"""What must not leave with an export: credentials, overwritten wherever they stand; lengths and offsets stay."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import regex

from inspector.record import json_place, text
from inspector.record.secret_values import Span, Value
from inspector.record.secrets import WEAK_NAMES, Finder
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    Headers,
    HeadersReceived,
    RequestSent,
    SessionReady,
    StreamEnded,
)
from inspector.trace.river import River
from inspector.wire import http

HEADERS = (
    *("authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key", "api-key", "dpop"),
    *("x-auth-token", "x-access-token", "*token", "*secret", "*api-key", "*password"),
)
KEYS = (
    *("client_secret", "code", "refresh_token", "access_token", "id_token", "code_verifier", "client_assertion"),
    *("assertion", "password", "token", "api_key", "passwd", "pwd", "passphrase", "secret", "private_key", "jwt"),
    *("auth_token", "session_token", "device_code", "user_code", "subject_token", "actor_token", "sig"),
    *("bearer", "tokens", "id_tokens", "session_tokens", "registration_access_token", "credentials", "dpop_proof"),
    *("*password", "*secret", "*api_key", "*access_key"),
    *("*access_token", "*refresh_token", "*auth_token", "*bearer_token", "*security_token", "*private_key"),
    *("*access_tokens", "*refresh_tokens", "*auth_tokens", "*bearer_tokens", "*api_tokens", "*api_token"),
    *("*passwords", "*secrets", "*api_keys", "*access_keys", "*private_keys"),
)
"""Members of JSON objects and parameters of forms and URLs; `*` stands for any beginning."""
SESSION_KEYS = ("mcp-session-id", "session_id")

CONTEXT_BYTES = 256
"""How much of what came before a chunk is read again with it: a name or a prefix may be cut in two."""
MAX_PATTERN_CHARS = 1_000
MAX_LEARNED = 64
MIN_LEARNED_BYTES = 12
MAX_LEARNED_BYTES = 4_096
MIN_KNOWN_PREFIX_BYTES = 6
PATTERN_SECONDS = 0.5
PATTERN_BYTES_PER_SECOND = 1_000_000
_CACHED_TEXTS = 4_096
_CACHED_TEXT_CHARS = 200
_MASKED = re.compile(r"•••• \((\d+) characters(?:, ends in .{4})?\)")
_SCHEMES = frozenset({"bearer", "basic", "dpop", "digest", "negotiate", "ntlm", "token", "apikey"})
_LINES = re.compile(rb"([\r\n]+(?:data: ?)?)|[^\r\n]+")
_TO_NINES = bytes.maketrans(b"0123456789", b"9" * 10)
_FORM = "application/x-www-form-urlencoded"

Watch = Callable[[str, bytes, Span], None]


class RedactionError(Exception):
    """A pattern of the user's cannot be used; the text is one sentence with the next step."""


@dataclass(frozen=True)
class RedactionRules:
    """What is masked. Names are compared without regard to case, `_`, `-` and `.`; `*` begins a suffix.

    `patterns` are regular expressions for text of any kind; of one with groups, only the first group is masked.
    """

    headers: tuple[str, ...] = HEADERS
    keys: tuple[str, ...] = KEYS
    patterns: tuple[str, ...] = ()
    session_ids: bool = False
    is_on: bool = True


@dataclass
class Masked:
    """One place where something is masked: the first event, how the secret begins, and how often."""

    n: int
    place: str
    sample: str
    count: int = 1


@dataclass(slots=True)
class _Tail:
    """What of a stream is needed to read its next chunk."""

    context: bytes = b""
    open_values: dict[tuple[type, str], Value] = field(default_factory=dict)


class Redactor:
    """Masks events one after the other, in the order of the river: secrets may be cut between chunks.

    A secret that was found under its name is masked wherever it is repeated later. Raises `RedactionError` for
    patterns that are none; so do all methods if a pattern takes too long on what the peer sent, as nobody could say
    then that the text holds no secret.
    """

    def __init__(self, rules: RedactionRules) -> None:
        self.rules = rules
        self.watch: Watch | None = None
        session_keys = SESSION_KEYS if rules.session_ids else ()
        self._finder = Finder((*rules.keys, *session_keys), (*rules.headers, *session_keys[:1]))
        self._patterns = [_compiled(pattern) for pattern in rules.patterns]
        self._known: dict[bytes, None] = {}
        self._texts: dict[str, str] = {}
        self._tails: dict[int | None, _Tail] = {}
        self._encoded: set[int | None] = set()

    def event(self, event: AnyEvent) -> AnyEvent:
        """The event as it may leave; the same object if there is nothing to mask."""
        if not self.rules.is_on:
            return event
        if isinstance(event, ChunkReceived):
            data = self._chunk(event)
            return event if data == event.data else msgspec.structs.replace(event, data=data)
        if isinstance(event, HeadersReceived | StreamEnded):
            self._turn(event)
        elif isinstance(event, SessionReady) and self.rules.session_ids and event.session_id:
            self._learn(event.session_id.encode())
        changed: dict[str, Any] = {}
        for name in event.__struct_fields__:
            value = getattr(event, name)
            masked = self._value(event, name, value)
            if masked is not value and masked != value:
                changed[name] = masked
        return msgspec.structs.replace(event, **changed) if changed else event

    def text(self, text: str) -> str:
        """Any text: an URL, a sentence, JSON."""
        if not self.rules.is_on or not text:
            return text
        known = self._texts.get(text)
        if known is None:
            data = text.encode("utf-8", "surrogatepass")
            masked = self._overwritten(data, self._spans(data))
            known = text if masked == data else masked.decode("utf-8", "surrogatepass")
            if len(text) <= _CACHED_TEXT_CHARS and self.watch is None:
                if len(self._texts) >= _CACHED_TEXTS:
                    self._texts.clear()
                self._texts[text] = known
        return known

    def body(self, body: bytes, content_type: str | None = None) -> bytes:
        """A whole body, or the block of an event stream."""
        if not self.rules.is_on or not body:
            return body
        spans = self._spans(body)
        if http.media_type(content_type) == _FORM:
            spans += self._finder.find_in_form(body)
        return self._overwritten(body, spans)

    def headers(self, headers: Headers) -> Headers:
        """Header fields; a scheme and the names of cookies stay."""
        return tuple((name, self._header(name, value)) for name, value in headers) if self.rules.is_on else headers

    def stream(self) -> Callable[[bytes], bytes]:
        """A function that masks the pieces of one stream of bytes, one after the other."""
        tail = _Tail()
        return lambda piece: self._piece(tail, piece) if self.rules.is_on else piece

    def _value(self, event: AnyEvent, name: str, value: Any) -> Any:
        if type(value) is str:
            return self.text(value)
        if isinstance(value, bytes):
            return self.body(value, _content_type(event))
        if name == "headers":
            return self.headers(value)
        if type(value) is tuple:
            return tuple(self.text(item) if type(item) is str else item for item in value)
        return value

    def _turn(self, event: HeadersReceived | StreamEnded) -> None:
        """A body begins or ends."""
        self._tails.pop(event.stream, None)
        self._encoded.discard(event.stream)
        if isinstance(event, HeadersReceived):
            encoding = (http.get(event.headers, "content-encoding") or "identity").strip().lower()
            if encoding != "identity":
                self._encoded.add(event.stream)
            if http.media_type(http.get(event.headers, "content-type")) == _FORM:
                self._tails[event.stream] = _Tail(context=b"&")  # its first field is a field, too

    def _chunk(self, event: ChunkReceived) -> bytes:
        if event.stream in self._encoded:  # nobody can see what a compressed chunk holds
            return b"*" * len(event.data)
        return self._piece(self._tails.setdefault(event.stream, _Tail()), event.data)

    def _piece(self, tail: _Tail, piece: bytes) -> bytes:
        data = tail.context + piece
        spans: list[Span] = []
        open_values = {
            key: value for key, value in tail.open_values.items() if value.feed(data, len(tail.context), spans) is None
        }
        found: list[Value] = []
        spans += self._spans(data, found)
        open_values |= {(type(value), value.place): value for value in found}
        masked = self._overwritten(data, spans)[len(tail.context) :]
        tail.context, tail.open_values = data[-CONTEXT_BYTES:], open_values
        return masked

    def _spans(self, data: bytes, open_values: list[Value] | None = None) -> list[Span]:
        spans = self._finder.find(data, open_values)
        if open_values is None:
            for span in spans:
                self._learn_from(data, span)
        spans += self._known_in(data, is_cut=open_values is not None)
        for pattern in self._patterns:
            spans += _matches(pattern, data, is_cut=open_values is not None)
        return spans

    def _overwritten(self, data: bytes, spans: list[Span]) -> bytes:
        """The data with as many `*` in place of each secret; numbers become nines, and JSON stays JSON."""
        if not spans:
            return data
        masked, done = bytearray(data), 0
        for span in sorted(spans, key=lambda span: (span.start, -span.end)):
            start = max(span.start, done)
            if span.end <= start:
                continue
            secret, done = data[start : span.end], span.end
            masked[start:done] = secret.translate(_TO_NINES) if span.is_number else _stars(secret)
            if self.watch is not None and masked[start:done] != secret:
                self.watch(span.place, data, Span(start, done, span.place))
        return bytes(masked)

    def _learn_from(self, data: bytes, span: Span) -> None:
        where, _, name = span.place.rpartition(" ")
        if where == "text" or span.is_number or not MIN_LEARNED_BYTES <= span.end - span.start <= MAX_LEARNED_BYTES:
            return
        secret = data[span.start : span.end]
        if name.lower() not in WEAK_NAMES and any(48 <= byte <= 57 for byte in secret) and secret.strip(b"*"):
            self._learn(secret)

    def _learn(self, secret: bytes) -> None:
        if len(secret) >= MIN_KNOWN_PREFIX_BYTES and secret not in self._known:
            self._known[secret] = None
            self._texts.clear()
            if len(self._known) > MAX_LEARNED:
                del self._known[next(iter(self._known))]

    def _known_in(self, data: bytes, *, is_cut: bool) -> list[Span]:
        spans = []
        for secret in self._known:
            at = data.find(secret)
            while at >= 0:
                spans.append(Span(at, at + len(secret), "repeated secret"))
                at = data.find(secret, at + len(secret))
            if is_cut:
                beginning, at = secret[:MIN_KNOWN_PREFIX_BYTES], max(0, len(data) - len(secret) + 1)
                while (at := data.find(beginning, at)) >= 0:
                    if secret.startswith(data[at:]):
                        spans.append(Span(at, len(data), "repeated secret"))
                        break
                    at += 1
        return spans

    def _header(self, name: str, value: str) -> str:
        if self._finder.headers.match(name.encode("utf-8", "replace")) is None:
            return self.text(value)
        if self.rules.session_ids and name.lower() == SESSION_KEYS[0]:
            self._learn(value.encode("utf-8", "replace"))
        hidden = _hidden_field(name.lower(), value)
        if hidden != value and self.watch is not None:
            secret = value.encode("utf-8", "replace")
            place = f"header {name.lower()}"
            self.watch(place, secret, Span(0, len(secret), place))
        return hidden


def preview(
    river: River,
    redactor: Redactor,
    limit: int = 200,
    tell: Callable[[list[Masked]], None] | None = None,
    leaves: Callable[[AnyEvent], bool] = lambda _event: True,
) -> list[Masked]:
    """What would be masked, by place, in the order of the river; chunks hold only what is told of elsewhere too.

    `tell` is given what was found so far, again and again. Of events that do not leave nothing is told, but they are
    read, as secrets that they name may be repeated in others.
    """
    found: dict[str, Masked] = {}
    own = Redactor(redactor.rules)
    n, is_leaving = 0, True

    def note(place: str, data: bytes, span: Span) -> None:
        if not is_leaving:
            return
        place = _exact_place(place, data, span)
        if place in found:
            found[place].count += 1
        elif len(found) < limit:
            found[place] = Masked(n, place, _sample(data[span.start : span.end]))

    own.watch = note
    for block in river.blocks():
        for event in block:
            if not isinstance(event, ChunkReceived):
                n, is_leaving = event.n, leaves(event)
                own.event(event)
        if tell is not None:
            tell(list(found.values()))
    return list(found.values())


def _exact_place(place: str, data: bytes, span: Span) -> str:
    if place.startswith("body "):
        place = f"body {json_place.path_of(data, span.start) or place.removeprefix('body ')}"
    return text.plain(place, 120)


def _sample(secret: bytes) -> str:
    """As much as tells one secret from another."""
    shown = text.decoded(secret[:2], 8) if len(secret) >= 8 else ""
    return f"{shown}… ({text.counted(len(secret), 'byte')})"


def _stars(secret: bytes) -> bytes:
    if b"\n" not in secret and b"\r" not in secret:
        return b"*" * len(secret)
    return _LINES.sub(lambda match: match[1] or b"*" * len(match[0]), secret)


def _content_type(event: AnyEvent) -> str | None:
    if isinstance(event, RequestSent):
        return http.get(event.headers, "content-type")
    return getattr(event, "content_type", None)


def _hidden_field(name: str, value: str) -> str:
    if name.endswith("cookie"):
        parts = value.split(";")
        cookies = parts[:1] if name == "set-cookie" else parts  # what follows are attributes
        return ";".join((*map(_hidden_cookie, cookies), *parts[len(cookies) :]))
    scheme, space, secret = value.strip().partition(" ")
    return f"{scheme} {_hidden(secret)}" if space and scheme.lower() in _SCHEMES else _hidden(value)


def _hidden_cookie(part: str) -> str:
    name, equals, value = part.partition("=")
    return f"{name}={_hidden(value)}" if equals else _hidden(part)


def _hidden(secret: str) -> str:
    """Without the end that the window shows: whoever gets an export needs none of it."""
    secret = secret.strip()
    known = _MASKED.fullmatch(secret)
    length = known[1] if known else len(secret)
    return f"•••• ({length} characters)" if secret else ""


def _compiled(pattern: str) -> regex.Pattern[str]:
    shown = text.plain(pattern, 60)
    if len(pattern) > MAX_PATTERN_CHARS:
        raise RedactionError(f"The pattern {shown!r} is longer than {MAX_PATTERN_CHARS:,} characters. Split it.")
    try:
        compiled = regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise RedactionError(f"The pattern {shown!r} is no regular expression: {reason}. Correct it.") from None
    if compiled.fullmatch(""):
        raise RedactionError(f"The pattern {shown!r} matches the empty text, so it says nothing. Narrow it down.")
    return compiled


def _matches(pattern: regex.Pattern[str], data: bytes, *, is_cut: bool) -> list[Span]:
    """Where a pattern of the user's matches; at the end of a piece, also what may become a match."""
    seconds = PATTERN_SECONDS + len(data) / PATTERN_BYTES_PER_SECOND
    said = data.decode("utf-8", "surrogateescape")
    place = f"pattern {pattern.pattern}"
    try:
        found = [
            match.span(1 if pattern.groups and match.span(1)[0] >= 0 and not match.partial else 0)
            for match in pattern.finditer(said, partial=is_cut, timeout=seconds)
        ]
    except TimeoutError:
        shown = text.plain(pattern.pattern, 60)
        sentence = f"The pattern {shown!r} took more than {seconds:.1f} s on one event. Simplify it, or leave it out."
        raise RedactionError(sentence) from None
    if data.isascii():
        return [Span(start, end, place) for start, end in found if end > start]
    return [Span(_bytes_before(said, start), _bytes_before(said, end), place) for start, end in found if end > start]


def _bytes_before(said: str, at: int) -> int:
    return len(said[:at].encode("utf-8", "surrogateescape"))
