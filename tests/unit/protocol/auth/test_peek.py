"""Reading a refused token for a diagnosis."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.auth.peek import claims_of, why_refused
from inspector.wire import jsontext
from tests.support.oauth import MCP, NOW


def token(claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(jsontext.dumps(claims)).rstrip(b'=').decode()}.c2ln"


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW - 1, "aud": "x"}, "expired already"),
        ({"nbf": NOW + 1}, "not valid yet"),
        ({"aud": "https://other.example"}, "https://other.example"),
        ({"aud": ["a", {}]}, "RFC 8707"),
        ({"aud": [MCP, "other"]}, "signing keys"),
        ({"aud": MCP, "exp": "soon"}, "signing keys"),
        ([], "signing keys"),
    ],
)
def test_the_likely_cause_is_named(claims: Any, words: str) -> None:
    assert words in why_refused(token(claims), MCP, NOW)


@given(st.text() | st.text(alphabet="abc.=_-", max_size=20))
def test_an_opaque_token_says_nothing(text: str) -> None:
    assert isinstance(claims_of(text), dict)
    assert why_refused(text, MCP, NOW)
