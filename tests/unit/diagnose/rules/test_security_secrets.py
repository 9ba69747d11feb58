"""Secrets in URLs and events, and insides of servers in errors; no finding repeats a secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inspector.diagnose.engine import Engine
from inspector.diagnose.rules.security_secrets import RULES, secrets_in
from inspector.diagnose.thresholds import Thresholds
from inspector.trace.events import BodyReceived, FrameReceived, MessageType, Redirected, Severity
from inspector.wire.http import mask_headers, mask_url
from tests.support.diagnosed import S, Watched

GITHUB = b"ghp_" + b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
JWT = b"eyJhbGciOiJIUzI1NiJ9." + b"eyJzdWIiOiIxMjM0NTY3ODkwIn0." + b"dozjgNryP4J3jVmNHl0w5N"
AWS = b"AKIA" + b"Q3EGUZ7XJ4HV2N5K"
PEM = b"-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC1234\\n-----END PRIVATE KEY-----"
OWN = "tok-4f9a7c1e8b2d6a3f5c0e9d8b7a6f"


def watched() -> Watched:
    return Watched(RULES)


def saying(text: bytes, kind: MessageType = MessageType.RESPONSE, given: bytes = b"") -> Watched:
    talk = watched()
    asked = talk.post(1, raw=b'{"arguments":"%s"}' % given)
    talk.message(1, kind, asked, raw=b'data: {"text":"%s"}\n\n' % text)
    return talk


@pytest.mark.parametrize("secret", [GITHUB, JWT, AWS, b"Bearer " + OWN.encode(), PEM])
@pytest.mark.parametrize("kind", [MessageType.RESPONSE, MessageType.NOTIFICATION, MessageType.REQUEST])
def test_what_looks_like_a_secret_is_found_and_not_repeated(secret: bytes, kind: MessageType) -> None:
    found = saying(b"the key is " + secret, kind).found("secret-in-event")
    assert (found.grade, found.severity, found.count) == ("likely", Severity.WARN, 1)
    assert secret[-12:].decode() not in found.text + found.fix


@pytest.mark.parametrize(
    "text",
    [
        b"basic usage of the bearer tokens",
        b"send Authorization: Bearer YOUR_TOKEN_HERE_12345",
        b"AKIAIOSFODNN7EXAMPLE",
        b"sk-xxxxxxxxxxxxxxxxxxxx1",
        b"task-1234567890abcdef disk_usage_total_bytes_1",
        b"sk-learn-estimators-and-transformers",
        b"ghp_************************************",
        b"a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    ],
)
def test_words_and_placeholders_are_no_secrets(text: bytes) -> None:
    assert saying(text).is_silent()


def test_a_tool_may_give_back_what_it_was_given() -> None:
    assert saying(b"you said " + GITHUB, given=GITHUB).is_silent()


@pytest.mark.parametrize(("given", "fires"), [(GITHUB, False), (b"nothing", True)])
def test_a_tool_stream_may_do_so_too(given: bytes, fires: bool) -> None:
    talk = watched()
    talk.send(1)
    called = talk.call_stream(1, raw=b'{"tool":"echo","params":{"a":"%s"}}' % given)
    talk.accept(1)
    talk.step(1, "complete", called, b'{"a":"%s"}' % GITHUB)
    assert bool(talk.fired()) == fires


def echoing(text: bytes, name: str = "X-Api-Key", value: str = OWN) -> Watched:
    talk = watched()
    talk.send(1, headers=mask_headers(((name, value),)))
    talk.accept(1)
    talk.message(1, MessageType.NOTIFICATION, raw=b'data: {"headers":"%s"}\n\n' % text, method="notifications/message")
    return talk


@pytest.mark.parametrize(("name", "value"), [("X-Api-Key", OWN), ("Authorization", f"Bearer {OWN}")])
def test_our_own_credential_comes_back(name: str, value: str) -> None:
    found = echoing(b"key=%s;" % OWN.encode(), name, value).found("secret-in-event")
    assert found.grade == "proven" and name in found.text and OWN[-4:] not in found.text


@pytest.mark.parametrize("text", [OWN[-4:].encode(), b"x" + OWN.encode(), OWN.encode() + b"x", OWN[1:].encode()])
def test_something_that_only_ends_alike_is_not_ours(text: bytes) -> None:
    assert echoing(text).is_silent()


def test_what_we_say_ourselves_is_not_looked_at() -> None:
    talk = watched()
    talk.send(1)
    talk.ask(1, raw=GITHUB)
    assert talk.is_silent()


def test_pages_and_plain_blocks_are_read_as_well() -> None:
    talk = watched()
    talk.send(1)
    talk.accept(1, 500, "text/html")
    talk.hear(BodyReceived, 1, content_type="text/html", raw=b"<pre>" + GITHUB)
    talk.hear(FrameReceived, 1, raw=b"data: %s\n\n" % AWS, note="no JSON-RPC")
    assert talk.found("secret-in-event").count == 2


def test_a_flood_is_searched_up_to_a_limit_in_every_second() -> None:
    limit = Thresholds(secret_bytes=1_000, secret_bytes_per_second=1_000)
    talk = watched()
    for second in range(2):
        for number in range(30):
            raw = b"data: %s\n\n" % (GITHUB if number in (5, 29) else b"x" * 50)
            talk.message(1, MessageType.NOTIFICATION, raw=raw, method="notifications/message")
            talk.wait(1)
        if second == 0:
            talk.wait(S)
    counts = []
    for size in (1, 7, 1_000):
        engine = Engine(limit, {rule.id: rule for rule in RULES})
        events = talk.since(0)
        for start in range(0, len(events), size):
            engine.fold(events[start : start + size])
        counts.append([finding.count for finding in engine.findings()])
    assert counts == [[2]] * 3


def test_what_comes_at_once_is_searched_whole() -> None:
    """A burst is read to its end; behind it so much as the seconds since then allow."""
    talk = watched()
    secrets = []
    for place, rest_s in ((150, 1), (20, 50), (20, 0)):  # all is read; nothing is left; 5,000 bytes again
        for number in range(151):
            raw = b"data: %s\n\n" % (GITHUB if number == place else b"x" * 50)
            message = talk.message(1, MessageType.NOTIFICATION, raw=raw, method="notifications/message")
            secrets += [message.n] if number == place else []
        talk.wait(rest_s * S)
    engine = Engine(Thresholds(secret_bytes=8_800, secret_bytes_per_second=100), {rule.id: rule for rule in RULES})
    engine.fold(talk.since(0))
    (found,) = engine.findings()
    assert list(found.evidence) == [secrets[0], secrets[2]]


def asked(url: str) -> Watched:
    talk = watched()
    for stream in (1, 2):
        talk.send(stream, url=mask_url(url))
    return talk


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("api_key=abc123", "api_key"),
        ("access_token=zzz", "access_token"),
        ("x=1&Signature=ab", "Signature"),
        ("t=" + JWT.decode(), "JWT in its parameter t"),
    ],
)
def test_a_secret_in_our_url_is_told_once(query: str, words: str) -> None:
    found = asked(f"https://h/mcp?{query}").found("secret-in-url")
    assert words in found.text and (found.severity, found.count) == (Severity.WARN, 1)
    assert "abc123" not in found.text


def test_a_password_before_the_host() -> None:
    assert "password" in asked("https://joe:secret@h/mcp").found("secret-in-url").text


def test_random_letters_are_a_hint_only() -> None:
    found = asked("https://h/mcp?id=Zk3vQ9xT1mB7wR5yP2hL8").found("secret-in-url")
    assert (found.grade, found.severity) == ("hint", Severity.NOTE) and "Zk3v" not in found.text


@pytest.mark.parametrize(
    "query",
    [
        "session_id=4f9a7c1e8b2d6a3f5c0e9d8b7a6f1234",
        "sessionId=Zk3vQ9xT1mB7wR5yP2hL8",
        "workspace=123e4567-e89b-12d3-a456-426614174000",
        "since=2026-11-21T15:42:24.000Z",
        "tools=read_file,write_file,list_directory",
        "path=/home/user/projects/2026/mcp-server",
        "code=abc&state=xyz",
        "q=",
    ],
)
def test_ids_of_sessions_and_plain_parameters_are_none(query: str) -> None:
    assert asked(f"https://h/mcp?{query}").is_silent()


def test_the_sign_in_has_rules_of_its_own() -> None:
    talk = watched()
    talk.send(1, "GET", "oauth: authorization server metadata", url=mask_url("https://as/x?token=1"))
    assert talk.is_silent()


@pytest.mark.parametrize(
    "tell",
    [
        lambda talk: talk.hear(
            FrameReceived, 1, event="endpoint", raw=b"event: endpoint\ndata: /messages?api_key=abcdef\n\n"
        ),
        lambda talk: talk.hear(Redirected, 1, status=307, location="/mcp?token=••••", followed=True, reason=""),
    ],
    ids=["endpoint", "redirect"],
)
def test_the_server_may_be_the_one_who_puts_it_there(tell: Callable[[Watched], object]) -> None:
    talk = watched()
    talk.send(1, url="https://h/sse")
    tell(talk)
    found = talk.found("secret-in-url")
    assert "abcdef" not in found.text and found.severity is Severity.WARN


TRACES = [
    b'Traceback (most recent call last):\\n  File \\"x.py\\", line 3',
    b"TypeError: x is not a function\\n    at handler (/app/dist/index.js:10:15)",
    b"java.lang.IllegalStateException\\n\\tat com.acme.Tool.run(Tool.java:42)",
    b"boom\\n   at Acme.Tool.Run(String name) in /src/Tool.cs:line 12",
    b"panic\\n\\ngoroutine 17 [running]:",
    b"SQLSTATE[42P01]: Undefined table",
    b'psycopg2.errors.SyntaxError: syntax error at or near \\"FROM\\"',
]


@pytest.mark.parametrize("text", TRACES)
def test_insides_of_the_server_in_an_error(text: bytes) -> None:
    talk = watched()
    talk.error(1, talk.post(1), error_code=-32603, raw=b'data: {"error":{"message":"%s"}}\n\n' % text)
    assert talk.found("stack-trace-in-event").severity is Severity.NOTE
    of_a_tool = watched()
    of_a_tool.answer(1, of_a_tool.post(1), is_tool_error=True, raw=text)
    assert of_a_tool.fired() == ["stack-trace-in-event"]


def test_insides_of_the_server_on_an_error_page() -> None:
    for status, fires in ((500, True), (200, False)):
        talk = watched()
        talk.send(1)
        talk.accept(1, status, "text/html")
        talk.hear(BodyReceived, 1, content_type="text/html", raw=b"<pre>Traceback (most recent call last):</pre>")
        assert bool(talk.fired()) == fires


@pytest.mark.parametrize(
    "text",
    [
        b"Error executing tool divide: division by zero",
        b"Expecting value: line 1 column 1 (char 0) at position 3:4",
        b"The meeting is at 10:15:00",
    ],
)
def test_a_short_message_is_fine(text: bytes) -> None:
    talk = watched()
    talk.error(1, talk.post(1), error_code=-32603, raw=text)
    assert talk.is_silent()


def test_a_result_may_speak_of_traces() -> None:
    talk = watched()
    talk.answer(1, talk.post(1), raw=TRACES[0])
    assert talk.is_silent()


def test_only_so_many_places_are_looked_at() -> None:
    secret = b"Bearer a1B2c3D4e5F6g7"
    assert list(secrets_in(b"Bearer " * 100 + secret)) and not list(secrets_in(b"Bearer " * 2_000 + secret))
