"""Credentials in bodies: never shown, and never an offset moved."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.wire.masking import mask_body, mask_known

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.mark.parametrize(
    ("kind", "body", "masked"),
    [
        (FORM, b"grant_type=x&code=a%2Fb&client_id=me", b"grant_type=x&code=*****&client_id=me"),
        (FORM, b"client%5Fsecret=abc;password=&code_verifier=ab", b"client%5Fsecret=***;password=&code_verifier=**"),
        (FORM, b"+assertion=abc&token_type=b", b"+assertion=***&token_type=b"),
        (
            JSON,
            b'{"access_token" : "a\\"b", "token_type":"Bearer"}',
            b'{"access_token" : "****", "token_type":"Bearer"}',
        ),
        (JSON, b'{"access\\u005ftoken":"abc","expires_in":1}', b'{"access\\u005ftoken":"***","expires_in":1}'),
        (JSON, b'{"a":[{"refresh_token":"abc"}]}', b'{"a":[{"refresh_token":"***"}]}'),
        (JSON, b'{"token":{"a":["}"],"b":1},"c":2}', b'{"token":*****************,"c":2}'),
        (JSON, b'{"token":12,"id_token":null,"password":""}', b'{"token":**,"id_token":null,"password":""}'),
        ("text/plain", b'{"code":"abc"}', b'{"code":"***"}'),
        (FORM, b'{"code":"abc"}', b'{"code":"***"}'),
        (FORM, b"a=1&abc", b"*******"),
        (None, b"access_token=abc", b"****************"),
        ("text/html", b"<p>code</p>", b"***********"),
        (JSON, b'{"access_token":"abc', b"********************"),
        (JSON, b'["abc"]', b"*******"),
        (JSON, b"", b""),
    ],
)
def test_credentials_are_overwritten(kind: str | None, body: bytes, masked: bytes) -> None:
    assert mask_body(body, kind)[0] == masked


def test_the_secrets_are_told() -> None:
    assert mask_body(b"code=abc&scope=d", FORM)[1] == {b"abc"}


def test_a_secret_that_the_peer_repeats_is_masked_too() -> None:
    _, secrets = mask_body(b"code=abc%2Fdef", FORM)
    answer = b'{"error":"invalid_grant","error_description":"abc/def is no code"}'
    assert mask_body(answer, JSON, {b"abc/def", *secrets})[0] == answer.replace(b"abc/def", b"*******")
    assert mask_known("Not taken: abc/def.", {b"abc/def", b"ta"}) == "Not taken: *******."


@settings(deadline=None)
@given(
    body=st.one_of(st.binary(), st.text(st.sampled_from('{}[]",:token1 \\')).map(str.encode)),
    kind=st.sampled_from((FORM, JSON, None)),
)
def test_any_body_keeps_its_length(body: bytes, kind: str | None) -> None:
    assert len(mask_body(body, kind)[0]) == len(body)


@settings(deadline=None)
@given(secret=st.text(min_size=1).filter(str.strip), name=st.sampled_from(("access_token", "code", "client_secret")))
def test_no_json_string_gets_through(secret: str, name: str) -> None:
    body = json.dumps({"a": 1, name: secret, "b": [1]}).encode()
    masked = json.loads(mask_body(body, JSON)[0])
    assert set(masked[name]) == {"*"} and masked["b"] == [1]
