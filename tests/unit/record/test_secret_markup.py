"""Secrets between tags and in JSON that a form carries; lists of tokens; and what only looks like them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.redaction import HEADERS, KEYS, Masked, RedactionRules, Redactor, preview
from inspector.record.secrets import Finder
from inspector.trace.events import ChunkReceived
from tests.support.rivers import Talk

FINDER = Finder(KEYS, HEADERS)
FORM = "application/x-www-form-urlencoded"


def found(data: bytes) -> list[bytes]:
    spans = sorted(span for span in FINDER.find(data) if span.end > span.start)
    return [data[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("data", "secrets"),
    [
        (b"<token>abc</token>", [b"abc"]),
        (b"<Token>abc</token>", [b"abc"]),
        (b"<a:access_token type='x'>\n  abc\n</a:access_token>", [b"abc"]),
        (b'<password>a"b</password>', [b'a"b']),
        (b"<token><![CDATA[a<b]c]]></token>", [b"a<b]c"]),
        (b"<secret>a</secret><x/><api_key>b</api_key>", [b"a", b"b"]),
        (b"data: <token>\ndata: abc</token>\n\n", [b"data: abc"]),  # the prefix of the line stays, see `_stars`
        (b'{"x":"<token>abc<\\/token>"}', [b"abc"]),
        (b'{"x":"\\u003ctoken a=\\"b\\"\\u003ea\\\\b\\u003c/token\\u003e"}', [b"a\\\\b"]),
        (b"&lt;token&gt;a&amp;b&lt;/token&gt;", [b"a&amp;b"]),
        (b"xml=%3Ctoken%3Ea%26b%3C%2Ftoken%3E&x=1", [b"a%26b"]),
        (b"https://me:abc@h/<token>def</token>", [b"abc", b"def"]),
        (b"Use Bearer <token> to sign in, </b> then <token>", []),
        (b'{"help":"Bearer <token>","x":"</token>"}', []),
        (b"<token></token><token/><token> </token>", []),
        (b"<code>abc</code> <key>abc</key> <state>abc</state>", []),
        (b"<progressToken>5</progressToken><max_tokens>5</max_tokens><tokenType>x</tokenType>", []),
        (b"List<Token>abc", []),
    ],
)
def test_elements(data: bytes, secrets: list[bytes]) -> None:
    assert found(data) == secrets


@pytest.mark.parametrize(
    ("data", "secrets"),
    [
        (b'{"tokens": ["abc", "d"], "x": ["e"]}', [b"abc", b"d"]),
        (b'{"text":"{\\"tokens\\":[\\"abc\\"]}"}', [b"abc"]),
        (b'{"accessTokens":["abc"],"api_keys":{"a":"b"},"session_tokens":["c"]}', [b"abc", b"b", b"c"]),
        (b'{"tokens":[{"token":"abc","name":"ci"}]}', [b"abc"]),
        (b'{"tokens":["abc', [b"abc"]),
        (b'{"tokens":{"color":{"primary":"#fff"},"list":["x"]}}', []),
        (b'{"tokens":[{"name":"primary","value":"#fff"}]}', []),
        (b'{"tokens":[101,7592],"usage":{"tokens":57,"max_tokens":5,"prompt_tokens":["x"]}}', []),
        (b'{"progressToken":"a","nextPageToken":"b","tokenIds":["c"],"stopTokens":["d"]}', []),
        (b"tokens = abc, tokens: abc", []),
        (b'{"api_keys":3,"num_secrets":2,"passwords":["1234"],"credentials":{"pin":1234}}', [b"1234", b"1234"]),
    ],
)
def test_lists(data: bytes, secrets: list[bytes]) -> None:
    assert found(data) == secrets


@pytest.mark.parametrize(
    ("form", "masked"),
    [
        (b"tokens=abc&tokens[]=abc&tokens%5B1%5D=abc", b"tokens=***&tokens[]=***&tokens%5B1%5D=***"),
        (b"errors[code]=404&tokens=57&deploy_tokens=12a", b"errors[code]=404&tokens=57&deploy_tokens=***"),
        (b"user[password]=abc&user%5Bname%5D=abc", b"user[password]=***&user%5Bname%5D=abc"),
        (b"a=%7B%22token%22%3A%22b%5C%22c%22%7D", b"a=%7B%22token%22%3A%22********%22%7D"),
        (b"a=%7B%22token%22:+%22b%22,%22x%22:1%7D", b"a=%7B%22token%22:+%22b%22,%22x%22:1%7D"),
        (
            b"a=%22tokens%22%3A%5B%22b%22%2C%22cd%22%5D%2C%22e%22",
            b"a=%22tokens%22%3A%5B%22*%22%2C%22**%22%5D%2C%22e%22",
        ),
        (
            b"a=%22secrets%22%3A%7B%22b%22%3A%5B%22c%22%5D%7D%22d%22",
            b"a=%22secrets%22%3A%7B%22*%22%3A%5B%22*%22%5D%7D%22d%22",
        ),
        (b"a=%22password%22%3A123%2C%22code%22%3A12", b"a=%22password%22%3A999%2C%22code%22%3A12"),
        (
            b"max_tokens=5&progressToken=6&page_token=x&n_tokens=7",
            b"max_tokens=5&progressToken=6&page_token=x&n_tokens=7",
        ),
    ],
)
def test_forms(form: bytes, masked: bytes) -> None:
    assert Redactor(RedactionRules()).body(form, FORM) == masked


SECRETS = st.from_regex(r"[a-z][0-9][A-Za-z0-9]{14,400}", fullmatch=True)
AROUND = (
    (b"<x><token>", b"</token></x>"),
    (b'{"x":"\\u003cpassword\\u003e', b'\\u003c/password\\u003e"}'),
    (b"a=1&xml=%3Ctoken%3E", b"%3C%2Ftoken%3E"),
    (b"<token><![CDATA[", b"]]></token>"),
    (b'{"tokens":["*","', b'"]}'),
    (b"a=%7B%22tokens%22%3A%5B%22", b"%22%5D%7D"),
    (b"a=1&user[password]=", b"&b=1"),
)


@given(SECRETS, st.sampled_from(AROUND), st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_however_a_stream_is_cut_no_secret_leaves(secret: str, around: tuple[bytes, bytes], cuts: list[int]) -> None:
    data, mask, masked, at = secret.encode().join(around), Redactor(RedactionRules()).stream(), b"", 0
    for size in cuts:
        masked += mask(data[at : at + size])
        at += size
    masked += mask(data[at:])
    assert len(masked) == len(data) and masked.startswith(around[0])
    assert secret[4:].encode() not in masked
    assert not set(masked[len(around[0]) : len(around[0]) + len(secret)]) - set(b"*")


def test_the_first_field_of_a_form_that_comes_in_chunks() -> None:
    talk, redactor = Talk(), Redactor(RedactionRules())
    headers = (("Content-Type", f"{FORM}; charset=utf-8"),)
    redactor.event(talk.headers(1))
    assert redactor.event(chunk := talk.chunk(1, b"code=abc")) is chunk
    redactor.event(msgspec.structs.replace(talk.headers(2), headers=headers))
    pieces = [redactor.event(talk.chunk(2, piece)) for piece in (b"co", b"de=ab", b"c&x=1")]
    assert b"".join(piece.data for piece in pieces if isinstance(piece, ChunkReceived)) == b"code=***&x=1"


def test_the_preview_tells_where_they_stand() -> None:
    talk = Talk()
    talk.ask(1, raw=b'{"params":{"tokens":["abcdefgh"],"xml":"<token>ijklmnop<\\/token>"}}')
    talk.send(1, headers=(("Content-Type", FORM),), body=b"a=%7B%22token%22%3A%22qrstuvwx%22%7D")
    assert preview(talk, Redactor(RedactionRules())) == [
        Masked(0, "body $.params.tokens[0]", "ab… (8 bytes)", 1),
        Masked(0, "element token", "ij… (8 bytes)", 1),
        Masked(1, "form token", "qr… (8 bytes)", 1),
    ]
