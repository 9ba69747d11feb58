"""The address that the browser comes back to (R68)."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.auth.authorization import AuthorizationRequest, new_request, read_callback
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.steps import AuthError
from inspector.protocol.breach import Breach
from tests.support.oauth import CALLBACK, ISSUER

SERVER = AuthorizationServer(ISSUER, f"{ISSUER}/authorize")


def ask() -> AuthorizationRequest:
    return new_request(SERVER, "c", CALLBACK, None, None, secrets.token_bytes)


def come_back(request: AuthorizationRequest, rest: str) -> str:
    found: list[Breach] = []
    return read_callback(request, f"{CALLBACK}?state={request.state}{rest}", found.append)


def test_the_code_is_read_as_it_was_sent() -> None:
    assert come_back(ask(), "&code=a%2Bb%20c") == "a+b c"


@pytest.mark.parametrize(
    ("rest", "rule", "words"),
    [
        ("", "auth-callback-invalid", "without a code"),
        ("&code=", "auth-callback-invalid", "without a code"),
        ("&code=a&code=b", "auth-callback-invalid", "more than once"),
        ("&error=access_denied", "auth-denied", "refused or cancelled"),
        ("&error=invalid_target&error_description=No%20such%0Aresource", "auth-denied", "It says: No such resource."),
        ("&error=server_error&code=c", "auth-denied", "It says: server_error."),
    ],
)
def test_r68_what_is_no_code(rest: str, rule: str, words: str) -> None:
    with pytest.raises(AuthError) as caught:
        come_back(ask(), rest)
    assert caught.value.rule == rule
    assert words in caught.value.sentence


def test_an_answer_behind_the_number_sign_is_explained() -> None:
    request = ask()
    with pytest.raises(AuthError, match="response_mode"):
        read_callback(request, f"{CALLBACK}#code=c&state={request.state}", lambda _: None)


def test_a_request_does_not_show_its_verifier() -> None:
    request = ask()
    assert request.verifier not in repr(request)
    assert request.verifier not in request.url


@given(st.text())
def test_r68_nothing_is_accepted_without_our_state(text: str) -> None:
    with pytest.raises(AuthError):
        read_callback(ask(), text, lambda _: None)
