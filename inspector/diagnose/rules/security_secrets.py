"""Secrets where they do not belong, and insides of the server in its errors. No finding ever repeats a secret."""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from inspector.diagnose.context import Context
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.topics import BLOCKS, Topic
from inspector.trace import events as ev
from inspector.trace.events import Severity
from inspector.wire import http
from inspector.wire.secret_shapes import SHAPES

MAX_KNOWN = 256
MAX_OWN_TOKENS = 4
MAX_GIVEN = 16
MAX_CANDIDATES = 500
"""So many places of each shape are looked at: what is nothing but their first words costs ten times as much."""
_NS = 1_000_000_000

_RARE = tuple(
    (byte, [shape.needle for shape in SHAPES if byte in shape.needle]) for byte in (b"_", b"-", b"I", b"J", b"D", b"E")
)
_COMMON = [shape.needle for shape in SHAPES if not any(byte in shape.needle for byte, _ in _RARE)]
_PLACEHOLDER = re.compile(rb"example|your|xxxx|placeholder|dummy|sample|redacted|\*\*|\.\.\.", re.IGNORECASE)
_MASKED = re.compile(r"•••• \((\d{1,5}) characters, ends in (.{4})\)")
_WORD = rb"A-Za-z0-9\-._~+/"


def may_hold_secret(data: bytes) -> bool:
    """Whether any needle is in there; those with a rare letter are looked for only where that letter is."""
    for byte, needles in _RARE:
        if byte in data and any(needle in data for needle in needles):
            return True
    return any(needle in data for needle in _COMMON)


def secrets_in(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What looks like a secret, and is no placeholder of a text that explains how to use one: its kind and itself."""
    for shape in SHAPES:
        if shape.needle not in data:
            continue
        at = 0
        for _ in range(MAX_CANDIDATES):
            prefix = shape.prefix.search(data, at)
            if prefix is None:
                break
            rest = shape.rest.match(data, prefix.end())
            at = max(rest.end() if rest else 0, prefix.end(), prefix.start() + 1)
            if rest and shape.is_secret(rest[0]) and _is_real(rest[0]):
                yield shape.place.removeprefix("text "), data[prefix.start() : rest.end()]


def _is_real(secret: bytes) -> bool:
    has_digit = any(48 <= byte <= 57 for byte in secret)
    return has_digit and len(set(secret)) >= 8 and _PLACEHOLDER.search(secret) is None


class SecretInEvent(Watch):
    """Reads everything that the server says; of a flood so many bytes of every second of the river.

    What is not read in a second adds up to what may be read at once.
    """

    rules = ("secret-in-event",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._second = 0
        self._bytes_left = self.thresholds.secret_bytes
        self._own: OrderedDict[bytes, tuple[str, re.Pattern[bytes]]] = OrderedDict()
        """By their last four letters: the header in which we sent a token, and how to find it again."""
        self._given: OrderedDict[int, bytes] = OrderedDict()
        """Our calls of tool streams that hold a secret, by their numbers."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_REQUEST: self._on_request}

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return dict.fromkeys((*BLOCKS, Topic.TOOL_STEP, Topic.BODY), self._on_run)

    def _on_request(self, event: ev.RequestSent) -> None:
        """The river has our tokens masked; their lengths and ends suffice to know them again."""
        for name, value in event.headers:
            for length, end in _MASKED.findall(value) if "•" in value else ():
                tail = end.encode()
                pattern = b"(?<![%s])[%s]{%d}%s(?![%s])" % (_WORD, _WORD, int(length) - 4, re.escape(tail), _WORD)
                if tail not in self._own:
                    self._own[tail] = name, re.compile(pattern)
                    if len(self._own) > MAX_OWN_TOKENS:
                        self._own.popitem(last=False)

    def _on_run(self, events: list[Any]) -> None:
        second = events[0].monotonic_ns // _NS
        if second != self._second:
            gained = (second - self._second) * self.thresholds.secret_bytes_per_second
            self._bytes_left = min(max(self._bytes_left, 0) + gained, self.thresholds.secret_bytes)
            self._second = second
        if self._bytes_left <= 0:
            return
        size = sum(len(event.raw) for event in events)
        if size > self._bytes_left:
            events = self._within_limit(events)
        self._bytes_left -= size
        text = b"\n".join([event.raw for event in events])
        if may_hold_secret(text) or any(tail in text for tail in self._own):
            for event in events:
                self._look_at(event)

    def _within_limit(self, events: list[Any]) -> list[Any]:
        left, kept = self._bytes_left, []
        for event in events:
            left -= len(event.raw)
            if left < 0:
                break
            kept.append(event)
        return kept

    def _look_at(self, event: Any) -> None:
        if event.direction is ev.Direction.OUTBOUND:
            self._given[event.n] = event.raw
            if len(self._given) > MAX_GIVEN:
                self._given.popitem(last=False)
            return
        self.context.timers.move_to(event)
        for tail, (name, pattern) in self._own.items():
            if tail in event.raw and pattern.search(event.raw):
                text = f"The secret that we send in the header {name} came back in what the server says."
                self.found(text, (event.n,))
                return
        ours = self._said_by_us(event)
        for kind, secret in secrets_in(event.raw):
            if secret not in ours:
                self.found(f"The server sent a {kind} of {len(secret)} characters.", (event.n,), grade="likely")
                return

    def _said_by_us(self, event: Any) -> bytes:
        """What the request said that this answers: a tool may give back what it was given."""
        request_n = getattr(event, "request_n", None)
        if request_n is None:
            return b""
        request = self.context.pending.get(request_n)
        return self._given.get(request_n, b"") if request is None else request.raw


_SESSION_NAME = re.compile(r"session|sid$", re.IGNORECASE)
_OAUTH_NAMES = frozenset({"code", "state"})
_JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_ID = re.compile(r"[0-9a-fA-F-]+|[A-Za-z-]+|\d[\d.:TZ-]*")
"""A UUID or a digest, words, a number or a time: long, and no secret."""
MIN_RANDOM_CHARACTERS = 20
MIN_RANDOM_BITS = 3.5


class SecretInUrl(Watch):
    """Parameters of URLs that hold a secret by their names or by their looks."""

    rules = ("secret-in-url",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.HTTP_REQUEST: self._on_request,
            Topic.REDIRECT: lambda event: self._look_at(event.location, "The redirect", event.n),
            Topic.FRAME: self._on_frame,
        }

    def _on_request(self, event: ev.RequestSent) -> None:
        if not event.purpose.startswith("oauth"):
            self._look_at(event.url, "The URL that we ask", event.n)

    def _on_frame(self, event: ev.FrameReceived) -> None:
        if event.event == "endpoint":
            self._look_at(_data_of(event.raw), "The endpoint event", event.n)

    def _look_at(self, url: str, where: str, n: int) -> None:
        try:
            parts = urlsplit(url)
            fields = parse_qsl(parts.query, keep_blank_values=False, max_num_fields=100)
        except ValueError:
            return
        if parts.password:
            self._report(where, "", n, f"{where} has a password before the @.")
        for name, value in fields:
            if name.lower() in _OAUTH_NAMES or _SESSION_NAME.search(name):
                continue
            if http.is_secret_name(name):
                self._report(where, name, n, f"{where} has a secret in its parameter {name[:40]}.")
            elif _JWT.fullmatch(value):
                self._report(where, name, n, f"{where} has a JWT in its parameter {name[:40]}.")
            elif _is_random(value):
                text = f"{where} has {len(value)} random characters in its parameter {name[:40]}."
                self._report(where, name, n, text, is_guess=True)

    def _report(self, where: str, name: str, n: int, text: str, *, is_guess: bool = False) -> None:
        """Once for each parameter, however many requests carry it."""
        if (where, name) in self._known:
            return
        self._known[where, name] = None
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        if is_guess:
            self.found(text, (n,), grade="hint", severity=Severity.NOTE)
        else:
            self.found(text, (n,))


def _is_random(value: str) -> bool:
    if len(value) < MIN_RANDOM_CHARACTERS or _ID.fullmatch(value) or not value.isascii() or "/" in value:
        return False
    if not (any(map(str.isdigit, value)) and any(map(str.isalpha, value))):
        return False
    shares = [count / len(value) for count in Counter(value).values()]
    return -sum(share * math.log2(share) for share in shares) >= MIN_RANDOM_BITS


def _data_of(raw: bytes) -> str:
    """The `data:` of a block of one line."""
    found = re.search(rb"^data: ?([^\r\n]*)", raw, re.MULTILINE)
    return found[1].decode(errors="replace") if found else ""


_TRACES: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("a Python traceback", re.compile(rb"Traceback \(most recent call last\)")),
    (
        "a stack trace",  # of JavaScript, the JVM, .NET
        re.compile(rb"(?:\n|\\n|\t|\\t) {0,8}at [^\r\n\"]{1,200}?(?::\d+:\d+|\.(?:java|kt|scala):\d+\)|:line \d)"),
    ),
    ("a stack trace", re.compile(rb"goroutine \d+ \[|thread '[^'\r\n]{1,60}' panicked at")),
    (
        "an error of the database",
        re.compile(
            rb"SQLSTATE\[?|ORA-\d{5}|psycopg2?\.errors|sqlite3\.\w{1,40}Error|syntax error at or near"
            rb"|You have an error in your SQL syntax"
        ),
    ),
)
_LOOKED_AT_BYTES = 16_384


class StackTrace(Watch):
    """Errors that show where in the server's code they come from."""

    rules = ("stack-trace-in-event",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer, Topic.BODY: self._on_body}

    def _on_answer(self, message: ev.Message) -> None:
        if message.error_code is not None or message.is_tool_error:
            self._look_at(message.raw, message.n, "An error message")

    def _on_body(self, event: ev.BodyReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and (exchange.status or 0) >= 400:
            self._look_at(event.raw, event.n, f"The page for status {exchange.status}")

    def _look_at(self, raw: bytes, n: int, what: str) -> None:
        head = raw[:_LOOKED_AT_BYTES]
        found = next((name for name, pattern in _TRACES if pattern.search(head)), None)
        if found is not None:
            self.found(f"{what} contains {found}.", (n,), grade="likely")


RULES: tuple[Rule, ...] = (
    Rule(
        id="secret-in-url",
        group=Group.SECURITY,
        title="Secret in the URL",
        severity=Severity.WARN,
        symptom="A parameter of a URL is named like a secret, or looks like one: in a request, an endpoint event or a "
        "redirect.",
        cause="The server takes its key from the query. URLs stand in the logs of every proxy on the way, in browser "
        "histories and in screenshots.",
        fix="Send it in the Authorization header and replace the key, as it may be known by now; where a browser's "
        "EventSource cannot send headers, use a ticket that works once, or a cookie.",
        source="MCP authorization: access token usage; RFC 6750 section 5.3; mcp-memory-service#1117",
        link="https://www.rfc-editor.org/rfc/rfc6750#section-5.3",
        watch=SecretInUrl,
    ),
    Rule(
        id="secret-in-event",
        group=Group.SECURITY,
        title="Secret in event data",
        severity=Severity.WARN,
        symptom="What the server says contains a token, a private key, or the very credential that we sent.",
        cause="A tool gives back what it should keep: its environment, a request with all headers, a configuration. "
        "Whatever stands in a result, a model reads and may repeat.",
        fix="Take credentials out of results and log entries in the tool, and replace the key that was shown. In "
        "exports and copies of this program it is masked.",
        source="MCP security best practices: token passthrough",
        link="https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices",
        watch=SecretInEvent,
    ),
    Rule(
        id="stack-trace-in-event",
        group=Group.SECURITY,
        title="Server internals leak in errors",
        severity=Severity.NOTE,
        symptom="The text of an error has a traceback, or the words of a database.",
        cause="An exception is passed on to the client as it is.",
        fix="Write it to the log of the server, and answer with a short message that says what the caller can do.",
        source="OWASP: Improper Error Handling",
        link="https://owasp.org/www-community/Improper_Error_Handling",
        watch=StackTrace,
    ),
)
