"""Nothing secret leaves: headers, URLs, bodies, chunks and text, and what stays is exactly what was."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.redaction import Masked, RedactionError, RedactionRules, Redactor, preview
from inspector.trace.events import (
    ConnectionState,
    FrameReceived,
    HeadersReceived,
    Message,
    MessageType,
    Redirected,
    RequestSent,
    SessionReady,
)
from tests.support.rivers import Talk

SECRET = "s3cr3t-Value-0123456789"


def masking(*patterns: str, session_ids: bool = False) -> Redactor:
    return Redactor(RedactionRules(patterns=patterns, session_ids=session_ids))


def test_an_event_without_secrets_is_the_same_object() -> None:
    talk = Talk()
    asked = talk.ask(1, raw=b'{"method":"tools/call","params":{"_meta":{"progressToken":5}}}')
    talk.send(1, headers=(("Accept", "x"),))
    talk.chunk(1)
    talk.answer(1, asked, raw=b'data: {"error":{"code":-32601}}\n\n')
    talk.state(ConnectionState.OPEN, reason="It stands.")
    talk.end(1)
    redactor = masking()
    assert all(redactor.event(event) is event for event in talk.since(0))


def test_redaction_can_be_off() -> None:
    event = Talk().send(1, url=f"http://h/?token={SECRET}")
    redactor = Redactor(RedactionRules(is_on=False))
    assert redactor.event(event) is event
    assert redactor.text(event.url) == event.url
    assert redactor.stream()(b"token=abc") == b"token=abc"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", f"Bearer {SECRET}", "Bearer •••• (23 characters)"),
        ("Authorization", "Bearer •••• (23 characters, ends in 6789)", "Bearer •••• (23 characters)"),
        ("Authorization", "first second", "•••• (12 characters)"),
        ("X-API-KEY", "abc def", "•••• (7 characters)"),
        ("x-service-token", "abc", "•••• (3 characters)"),
        ("Cookie", "a=abc; b=defg; hijkl", "a=•••• (3 characters); b=•••• (4 characters);•••• (5 characters)"),
        ("Set-Cookie", "id=abc; Path=/; HttpOnly", "id=•••• (3 characters); Path=/; HttpOnly"),
        ("Location", "https://h/cb?code=abc", "https://h/cb?code=***"),
        ("mcp-session-id", "abcdef", "abcdef"),
        ("WWW-Authenticate", 'Bearer realm="mcp", scope="a b"', 'Bearer realm="mcp", scope="a b"'),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert masking().headers(((name, value),)) == ((name, shown),)
    assert masking().headers(((name, shown),)) == ((name, shown),), "masking twice changes nothing"


def test_the_parts_of_an_event_that_hold_text() -> None:
    talk = Talk()
    sent = masking().event(
        talk.send(1, url=f"http://u:{SECRET}@h/?api_key={SECRET}", body=f"password={SECRET}".encode())
    )
    assert isinstance(sent, RequestSent)
    assert SECRET not in sent.url and SECRET.encode() not in sent.body
    assert len(sent.body) == len(f"password={SECRET}")
    moved = masking().event(
        talk.hear(Redirected, 1, status=302, location=f"/x?code={SECRET}", followed=True, reason=f"token={SECRET}")
    )
    assert isinstance(moved, Redirected) and SECRET not in moved.location + moved.reason
    ended = masking().event(talk.end(1, pending=f'data: {{"token":"{SECRET}'.encode(), error=f"Bearer {SECRET}"))
    assert SECRET not in str(ended)


def test_a_form_is_read_as_a_form() -> None:
    headers = (("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),)
    event = masking().event(Talk().send(1, headers=headers, body=b'grant=x&assertion=a"b&y=1'))
    assert isinstance(event, RequestSent) and event.body == b"grant=x&assertion=***&y=1"


def test_json_stays_json_and_keeps_its_other_bytes() -> None:
    body = b'{ "b":1.50, "token":"a\\u00e9\\"b", "password":1234 , "a":[true] }'
    masked = masking().body(body)
    assert masked == b'{ "b":1.50, "token":"**********", "password":9999 , "a":[true] }'
    assert json.loads(masked)["a"] == [True]


def test_the_lines_of_an_event_stay() -> None:
    raw = b"data: -----BEGIN PRIVATE KEY-----\ndata: abc\r\ndata: def\ndata: -----END PRIVATE KEY-----\n\n"
    masked = masking().body(raw)
    assert masked == b"data: -----BEGIN PRIVATE KEY-----\ndata: ***\r\ndata: ***\ndata: -----END PRIVATE KEY-----\n\n"


def test_a_secret_is_masked_where_it_is_repeated() -> None:
    redactor = masking()
    redactor.body(f'{{"arguments":{{"token":"{SECRET}"}}}}'.encode())
    assert SECRET not in redactor.text(f"Logged in with {SECRET}.")
    assert redactor.text("the password") == "the password"


def test_a_session_id_is_masked_on_demand_everywhere() -> None:
    talk = Talk()
    session_id = "5e55-10n1d"
    talk.tell(
        SessionReady, transport="t", protocol_version="v", server_name="s", server_version="1", session_id=session_id
    )
    talk.hear(FrameReceived, 1, raw=f"event: endpoint\ndata: /m?session_id={session_id}\n\n".encode())
    talk.send(1, headers=(("Mcp-Session-Id", session_id),), url=f"http://h/s/{session_id}")
    redactor = masking(session_ids=True)
    assert session_id not in str([redactor.event(event) for event in talk.since(0)])
    assert session_id in str([masking().event(event) for event in talk.since(0)])


def test_compressed_chunks_tell_nothing() -> None:
    talk = Talk()
    headers = (("Content-Encoding", "gzip"),)
    talk.hear(HeadersReceived, 1, status=200, reason="", http_version="HTTP/1.1", headers=headers, ttfb_ms=1.0)
    redactor = masking()
    redactor.event(talk[0])
    assert "b'****'" in str(redactor.event(talk.chunk(1, b"\x1f\x8babc"[:4])))
    assert redactor.event(talk.chunk(2, b"abc")) is talk[2]


def test_patterns_of_the_user() -> None:
    redactor = masking(r"ACME-\d{4}", r"name is (\w+)")
    assert redactor.text("ACME-1234 and ACME-12, my name is Ada") == "********* and ACME-12, my name is ***"
    assert redactor.body("ü ACME-1234 ü".encode()).decode() == "ü ********* ü"


@pytest.mark.parametrize(
    ("pattern", "said"),
    [("(", "is no regular expression"), ("a*", "matches the empty text"), ("a" * 2000, "is longer than")],
)
def test_a_pattern_that_cannot_be_used(pattern: str, said: str) -> None:
    with pytest.raises(RedactionError, match=said):
        masking(pattern)


def test_a_pattern_that_takes_for_ever_ends_the_export() -> None:
    started = time.perf_counter()
    with pytest.raises(RedactionError, match=r"took more than 0\.5 s on one event. Simplify it"):
        masking("(a|aa)+$").text("a" * 400 + "b")
    assert time.perf_counter() - started < 5


TEMPLATES = (
    'data: {{"access_token":"{0}","x":1}}\n\n',
    'data: {{"text":"{{\\"password\\": \\"{0}\\"}}"}}\n\n',
    'data: {{"token":\ndata: ["{0}", {{"a":"{0}"}}]}}\n\n',
    "data: Authorization: Bearer {0}\n\n",
    "data: http://h/?a=1&client_secret={0}&b=2\n\n",
    "data: https://user:{0}@host/\n\n",
    "data: key sk-{0} and so on\n\n",
    "data: own OWN<{0}>\n\n",
)
SECRETS = st.from_regex(r"[a-z][0-9][A-Za-z0-9]{14,30}", fullmatch=True)


@given(st.sampled_from(TEMPLATES), SECRETS, st.lists(st.integers(1, 40), max_size=30))
def test_a_secret_cut_into_chunks_is_masked(template: str, secret: str, sizes: list[int]) -> None:
    data = b": before\n\n" + template.format(secret).encode() + b'data: {"after":"this"}\n\n'
    talk, redactor, out, at = Talk(), masking(r"OWN<([^>]+)>"), b"", 0
    for size in [*sizes, len(data)]:
        event = redactor.event(talk.chunk(1, data[at : at + size], at))
        out += getattr(event, "data", b"")
        at += size
    assert len(out) == len(data)
    assert all(secret[start : start + 6].encode() not in out for start in range(len(secret) - 5))
    assert out.startswith(b": before\n\n") and out.endswith(b'data: {"after":"this"}\n\n')


@pytest.mark.parametrize("template", TEMPLATES[:5] + TEMPLATES[6:7])
def test_a_secret_longer_than_what_is_read_again_is_masked(template: str) -> None:
    secret = "a1" * 1000
    data = template.format(secret).encode() + b'data: {"after":"this"}\n\n'
    mask = masking().stream()
    out = b"".join(mask(data[at : at + 100]) for at in range(0, len(data), 100))
    assert len(out) == len(data) and b"a1a1" not in out and out.endswith(b'data: {"after":"this"}\n\n')


@given(st.binary(max_size=300), st.lists(st.integers(1, 30), max_size=20))
def test_any_bytes_keep_their_length(data: bytes, sizes: list[int]) -> None:
    redactor, at, length = masking("secret"), 0, 0
    mask = redactor.stream()
    for size in [*sizes, 300]:
        length += len(mask(data[at : at + size]))
        at += size
    assert length == len(data[:at])
    assert len(redactor.body(data)) == len(data)
    once = redactor.body(data)
    assert Redactor(RedactionRules()).body(once) == Redactor(RedactionRules()).body(
        Redactor(RedactionRules()).body(once)
    )


@given(st.text(max_size=200))
def test_any_text_can_be_masked(said: str) -> None:
    assert isinstance(masking().text(said), str)


def test_the_preview_names_each_place_once() -> None:
    talk = Talk()
    talk.send(1, headers=(("Authorization", "Bearer abcdefghijk"),), url="http://h/?code=xyz")
    for _ in range(3):
        raw = b'{"params":{"arguments":{"token":"abcdefghij"}}}'
        talk.ask(1, raw=raw)
        talk.chunk(1, raw)
    found = preview(talk, masking())
    assert found == [
        Masked(0, "url query code", "… (3 bytes)", 1),
        Masked(0, "header authorization", "Be… (18 bytes)", 1),
        Masked(1, "body $.params.arguments.token", "ab… (10 bytes)", 3),
    ]
    assert preview(talk, masking(), limit=1) == found[:1]


def test_the_preview_tells_only_of_what_leaves() -> None:
    talk = Talk()
    talk.send(1, headers=(("Authorization", f"Bearer {SECRET}"),), body=b'{"token":"%s"}' % SECRET.encode())
    talk.send(2, url=f"http://h/{SECRET}")
    found = preview(talk, masking(), leaves=lambda event: event.stream == 2)
    assert found == [Masked(1, "repeated secret", "s3… (23 bytes)", 1)]


def test_a_message_keeps_what_ties_it_to_others() -> None:
    talk = Talk()
    asked = talk.ask(1, id=3)
    event = masking().event(talk.message(1, MessageType.RESPONSE, asked, id=3, raw=b'{"token":"abc"}', rtt_ms=2.0))
    assert isinstance(event, Message)
    assert (event.n, event.request_n, event.id, event.rtt_ms, event.raw) == (1, 0, 3, 2.0, b'{"token":"***"}')
