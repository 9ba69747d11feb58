"""Token responses as servers write them, and tokens that do not show themselves."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.protocol.auth.steps import AuthError, Fetched
from inspector.protocol.auth.tokens import MAX_LIFETIME_S, Tokens, is_refusal, read_answer, read_tokens, refusal
from inspector.protocol.breach import Breach
from inspector.wire import jsontext
from tests.support.oauth import ISSUER, NOW, page

PLAIN = {"access_token": "abc", "token_type": "Bearer"}


def read(asked: str | None = "a", **more: Any) -> tuple[Tokens, list[str]]:
    found: list[Breach] = []
    document = jsontext.parse(jsontext.dumps(PLAIN | more)).value
    return read_tokens(document, ISSUER, asked, NOW, found.append), [breach.rule for breach in found]


def test_a_proper_answer() -> None:
    tokens, breaches = read(expires_in=60, scope="b c", refresh_token="r", token_type="DPoP")
    assert breaches == []
    assert tokens == Tokens("abc", "r", "b c", NOW, NOW + 60, is_dpop=True)
    assert Tokens.from_record(tokens.to_record()) == tokens


def test_what_is_left_out_is_what_was_asked_for() -> None:
    assert read()[0].scope == "a"
    assert read(scope="")[0].scope == "a"
    assert read()[0].expires_at is None
    assert not read()[0].is_due(1e18)


@pytest.mark.parametrize(
    ("expires_in", "lifetime_s", "is_reported"),
    [
        (0.5, 0.5, False),
        ("60", 60, True),
        ("soon", None, True),
        (0, None, True),
        (-1, None, True),
        (True, None, True),
        ([], None, True),
        (10**400, MAX_LIFETIME_S, False),
    ],
)
def test_lifetimes_of_all_kinds(expires_in: Any, lifetime_s: float | None, is_reported: bool) -> None:
    tokens, breaches = read(expires_in=expires_in)
    assert tokens.expires_at == (None if lifetime_s is None else NOW + lifetime_s)
    assert bool(breaches) == is_reported


@pytest.mark.parametrize("more", [{"token_type": None}, {"scope": ["a"]}, {"access_token": "a:b"}])
def test_what_can_be_understood_is_reported(more: dict[str, Any]) -> None:
    assert read(**more)[1] == ["auth-token-response-invalid"]


@pytest.mark.parametrize(
    "more", [{"access_token": None}, {"access_token": "a\nb"}, {"access_token": "ä"}, {"token_type": "mac"}]
)
def test_what_cannot_be_used_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(AuthError) as caught:
        read(**more)
    assert caught.value.rule == "auth-token-response-invalid"
    assert "ä" not in caught.value.sentence


def test_a_token_is_renewed_a_little_early() -> None:
    long, short = read(expires_in=3600)[0], read(expires_in=10)[0]
    assert not long.is_due(NOW + 3569)
    assert long.is_due(NOW + 3570)
    assert not short.is_due(NOW + 8)
    assert short.is_due(NOW + 9)


def test_tokens_show_nothing() -> None:
    tokens = Tokens("a-secret-token-that-is-long", "another-secret", "a", NOW, NOW + 1)
    for text in (repr(tokens), str(tokens), f"{tokens}", repr({"tokens": tokens})):
        assert "secret" not in text
    assert "can be refreshed" in repr(tokens)


@pytest.mark.parametrize("record", [None, {}, [], {"access_token": 1}, {"access_token": "a\r\nb"}])
def test_a_damaged_record_is_no_token(record: object) -> None:
    assert Tokens.from_record(record) is None


def test_a_form_is_read_like_json() -> None:
    answer = Fetched(200, (("Content-Type", "application/x-www-form-urlencoded"),), b"access_token=abc&scope=a")
    assert read_answer(answer) == {"access_token": "abc", "scope": "a"}
    assert not is_refusal(answer, read_answer(answer))


def test_an_error_may_come_as_a_success() -> None:
    answer = page({"error": "bad_verification_code", "error_description": "The code is wrong."})
    assert is_refusal(answer, read_answer(answer))


@pytest.mark.parametrize(
    ("status", "body", "rule", "words"),
    [
        (
            400,
            {"error": "invalid_grant", "error_description": "Expired."},
            "auth-token-refused",
            "Expired. Sign in again",
        ),
        (401, {"error": "invalid_client"}, "auth-token-refused", "Check the client id"),
        (302, {}, "auth-token-refused", "redirects"),
        (503, {}, "auth-server-failed", "(503)"),
        (429, {}, "auth-server-failed", "(429)"),
        (400, [], "auth-token-refused", "log"),
        (400, {"error": "x", "error_description": "the code was SECRET-1"}, "auth-token-refused", "It says: x."),
    ],
)
def test_a_refusal_says_why_and_what_to_do(status: int, body: Any, rule: str, words: str) -> None:
    answer = page(body, status)
    error = refusal(answer, read_answer(answer), ISSUER, ("SECRET-1", ""))
    assert error.rule == rule
    assert words in error.sentence
    assert "SECRET" not in error.sentence
