"""Finding credentials: JSON at any level, forms, URLs, text; whole and cut, in time that grows with the length only."""

from __future__ import annotations

import time

import pytest

from inspector.record.redaction import HEADERS, KEYS
from inspector.record.secret_values import Value
from inspector.record.secrets import Finder, Names

FINDER = Finder(KEYS, HEADERS)


def found(data: bytes) -> list[bytes]:
    spans = sorted(span for span in FINDER.find(data) if span.end > span.start)
    return [data[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("data", "secrets"),
    [
        (b'{"access_token":"abc"}', [b"abc"]),
        (b'{"a":[{"Access-Token" : "abc"}]}', [b"abc"]),
        (b'{"accessToken":"a\\"b"}', [b'a\\"b']),
        (b'{"t\\u006fken":"abc"}', [b"abc"]),
        (b'{"text":"{\\"token\\": \\"abc\\"}"}', [b"abc"]),
        (b'{"text":"{\\"token\\": \\"a\\\\\\"b\\", \\"x\\": 1}"}', [b'a\\\\\\"b']),
        (b'{"t":"{\\"u\\":\\"{\\\\\\"token\\\\\\":\\\\\\"abc\\\\\\"}\\"}"}', [b"abc"]),
        (b'{"token":\r\ndata: "abc"}', [b"abc"]),
        (b"{'password': 'it is'}", [b"it is"]),
        (b'{"password":1234,"code":-32601,"token":null}', [b"1234"]),
        (b'{"token":{"value":"a","list":["b"],"n":1}}', [b"a", b"b", b"1"]),
        (b'{"properties":{"token":{"type":"string","description":"x","default":"abc"}}}', [b"abc"]),
        (b'{"progressToken":5,"nextToken":"a","maxTokens":3}', []),
        (b'{"bearer":"abc","passwords":{"db":"def"}}', [b"abc", b"def"]),
        (b'{"token":"abc', [b"abc"]),
        (b"/cb?code=abc&x=1#access_token=def", [b"abc", b"def"]),
        (b"exit code=1, token=abc", [b"abc"]),
        (b"?r=https%3A%2F%2Fh%3Ftoken%3Dabc%26x%3D1", [b"abc"]),
        (b"https://me:abc@host/ https://longuserinfo1@host https://host:80/", [b"abc", b"longuserinfo1"]),
        (b"Authorization: Bearer abcdef1", [b"Bearer abcdef1", b"abcdef1"]),
        (b'{"x":"bearer abc.def-1"}', [b"abc.def-1"]),
        (b'Bearer resource_metadata="https://h/", realm="x"', []),
        (b"use a bearer certainly", []),
        (b"Basic dXNlcjpwYXNz", [b"dXNlcjpwYXNz"]),
        (b"Basic authentication", []),
        (b"x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln y", [b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"]),
        (b"key sk-abcdefghijkl and risk-free", [b"abcdefghijkl"]),
        (b"-----BEGIN RSA PRIVATE KEY-----\\nabc\\n-----END", [b"\\nabc\\n"]),
        (b"X-Api-Key: abc\nother: x", [b"abc"]),
        (b'TOKEN="abc"\nclient_secret = "def"', [b"abc", b"def"]),
        (b'{"text":"TOKEN=\\"a b\\"\\npassword: \\"c\\""}', [b"a b", b"c"]),
        (b"token = read() and code = 'x' and unexpected token: foo", []),
    ],
)
def test_what_is_a_secret(data: bytes, secrets: list[bytes]) -> None:
    assert found(data) == secrets


LINES = (
    (b"Cookie: abc; x=1", b"abc; x=1"),
    (b"X-Api-Key: abc", b"abc"),
    (b"password: abc", b"abc"),
    (b"OPENAI_API_KEY: abc", b"abc"),
    (b"password: 'a b'", b"a b"),
    (b"api_key = abc1", b"abc1"),
    (b"export TOKEN='a b'", b"a b"),
    (b"TOKEN=abc", b"abc"),
    (b"DB_PASSWORD=abc", b"abc"),
    (b"Bearer abcdef1", b"abcdef1"),
    (b"BEARER abcdef1", b"abcdef1"),
    (b"Basic dXNlcjpwYXNz", b"dXNlcjpwYXNz"),
    (b"ghp_abcdefghijklmnopqr", b"abcdefghijklmnopqr"),
    (b"AKIAABCDEFGHIJKLMNOP", b"ABCDEFGHIJKLMNOP"),
    (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"),
)


@pytest.mark.parametrize("before", [b"\n", b"\\n", b"\\r\\n", b"\\\\n", b"\\t", b"\\u000a"])
@pytest.mark.parametrize(("line", "secret"), LINES, ids=[line.decode()[:12] for line, _ in LINES])
def test_a_line_of_a_text_in_json_begins_behind_an_escape(before: bytes, line: bytes, secret: bytes) -> None:
    """What a tool read from a file comes as one JSON string: each line but the first has `\\n` in front."""
    assert found(b'{"text":"A=1' + before + line + b'"}') == [secret]


@pytest.mark.parametrize("word", [b"nTOKEN=abc", b"forbearer abcdef1", b"task-abcdefghijkl", b"nopasswordx: abc"])
def test_the_end_of_a_word_is_no_line(word: bytes) -> None:
    assert found(b'{"text":"' + word + b'"}') == []


def test_forms_have_stricter_rules() -> None:
    form = b"grant_type=refresh&client%5Fsecret=a\"b'c&state=xyz&code=1"
    assert [form[span.start : span.end] for span in FINDER.find_in_form(form)] == [b"a\"b'c", b"xyz", b"1"]


def test_names_of_secrets_may_be_suffixes() -> None:
    names = Names(("token", "*secret"))
    assert names.match(b"TOKEN") == ("TOKEN", False)
    assert names.match(b"my-secret") == ("my-secret", False)
    assert names.match(b"mytoken") is None
    both = Names(("*api_key", "api-key"))
    assert both.match(b"OPENAI_API_KEY") == ("OPENAI_API_KEY", False)


def test_a_place_tells_where_it_stands() -> None:
    data = b'{"access_token":"a"} ?code=b Bearer abcdef1'
    assert [span.place for span in sorted(FINDER.find(data))] == [
        "body access_token",
        "url query code",
        "text bearer token",
    ]


def test_what_goes_on_behind_the_end_is_told() -> None:
    open_values: list[Value] = []
    FINDER.find(b'{"token":"abc', open_values)
    assert [value.place for value in open_values] == ["body token"]
    open_values.clear()
    FINDER.find(b'{"token":"abc"}', open_values)
    assert open_values == []


HOSTILE = {
    "quotes": b'"',
    "backslashes": b"\\",
    "half tokens": b"eyJ-",
    "addresses": b"://",
    "members": b'"token":',
    "trees": b'"token":{',
    "arrays": b'"token":["',
    "parameters": b"a=",
    "coded parameters": b"%3Ftoken%3D",
    "escaped quotes": b'"token":"\\"',
    "schemes": b"Bearer ",
    "lines": b"Cookie: ",
    "assignments": b"token='",
    "escaped assignments": b'token=\\"',
    "names": b"password: ",
    "words": b"a-",
    "gaps": b"a \t",
    "spaced": b"token = ",
    "numbers": b'"token":1-',
    "elements": b"<token>",
    "tags": b"<a ",
    "sections": b"<token><![CDATA[",
    "escaped elements": b"\\u003ctoken\\u003e",
    "escaped tags": b"\\u003ca \\\\",
    "HTML": b"&lt;token&gt;",
    "coded elements": b"%3Ctoken%3E",
    "coded members": b"%22token%22%3A",
    "coded texts": b"%22token%22%3A%22",
    "coded trees": b"%22token%22%3A%5B",
    "coded escapes": b"%22token%22%3A%22%5C",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_long(piece: bytes) -> None:
    """Twenty times the text takes not four hundred times the time, as it would if every piece were read to the end."""

    def seconds(size: int) -> float:
        data = piece * (size // len(piece))
        started = time.process_time()  # others may be busy too
        FINDER.find(data)
        return time.process_time() - started

    small = min(seconds(20_000) for _ in range(3))
    large = min(seconds(400_000) for _ in range(3))
    assert large < max(small, 0.002) * 20 * 6
