"""Tokens, and the answers of a token endpoint (RFC 6749 sections 5.1 and 5.2)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from inspector.protocol.auth import words
from inspector.protocol.auth.document import Report, read_object, shown, text_of
from inspector.protocol.auth.steps import AuthError, Fetched
from inspector.protocol.auth.words import it_says
from inspector.wire import http

SECTION = "RFC 6749 section 5.1"
RULE_RESPONSE = "auth-token-response-invalid"
MAX_LIFETIME_S = 1e10
EARLY_S = 30.0
"""So long before its end a token is renewed, at most a tenth of its life."""

_TOKEN = re.compile(r"[!-~]+")
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """An access token and what came with it; times are Unix time in seconds. It never shows its secrets."""

    access_token: str
    refresh_token: str = ""
    scope: str | None = None
    issued_at: float = 0.0
    expires_at: float | None = None
    is_dpop: bool = False
    client_id: str = ""

    def __repr__(self) -> str:
        refresh = ", can be refreshed" if self.refresh_token else ""
        return f"Tokens({http.mask(self.access_token)}, scope={self.scope!r}, expires_at={self.expires_at}{refresh})"

    @property
    def scheme(self) -> str:
        return "DPoP" if self.is_dpop else "Bearer"

    def is_due(self, now: float) -> bool:
        """Whether it is about to end, or has ended."""
        if self.expires_at is None:
            return False
        return now >= self.expires_at - min(EARLY_S, (self.expires_at - self.issued_at) / 10)

    def to_record(self) -> dict[str, Any]:
        return {
            "access_token": self.access_token,
            "refresh_token": self.refresh_token,
            "scope": self.scope,
            "issued_at": self.issued_at,
            "expires_at": self.expires_at,
            "is_dpop": self.is_dpop,
            "client_id": self.client_id,
        }

    @staticmethod
    def from_record(record: object) -> Tokens | None:
        """The tokens that a store kept; None if they are none."""
        if not isinstance(record, dict) or not _TOKEN.fullmatch(text_of(record, "access_token")):
            return None
        issued_at, expires_at = record.get("issued_at"), record.get("expires_at")
        return Tokens(
            access_token=text_of(record, "access_token"),
            refresh_token=text_of(record, "refresh_token"),
            scope=text_of(record, "scope") or None,
            issued_at=float(issued_at) if isinstance(issued_at, int | float) else 0.0,
            expires_at=float(expires_at) if isinstance(expires_at, int | float) else None,
            is_dpop=record.get("is_dpop") is True,
            client_id=text_of(record, "client_id"),
        )


def read_answer(answer: Fetched) -> dict[str, Any] | str:
    """The object in an answer of a token endpoint, or a sentence; some servers send a form in place of JSON."""
    if http.media_type(answer.head.get("content-type")) == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(answer.body.decode("utf-8", "replace"), max_num_fields=100))
        except ValueError:
            return "The answer is a form that cannot be read."
    return read_object(answer)


def is_refusal(answer: Fetched, document: dict[str, Any] | str) -> bool:
    """Also a success that holds an error, as some servers send it."""
    has_error = isinstance(document, dict) and "error" in document and "access_token" not in document
    return not answer.head.is_success or has_error


class TokenRefused(AuthError):
    """The token endpoint said no; `code` is the error code of RFC 6749 section 5.2, empty if it sent none."""

    def __init__(self, sentence: str, rule: str, code: str) -> None:
        super().__init__(sentence, rule)
        self.code = code


def refusal(answer: Fetched, document: dict[str, Any] | str, issuer: str, secrets: tuple[str, ...]) -> TokenRefused:
    """Why there is no token, and what to do about it (RFC 6749 section 5.2)."""
    detail = document if isinstance(document, dict) else {}
    code = text_of(detail, "error")
    said = it_says(detail.get("error_description"), secrets) or it_says(code, secrets)
    if 300 <= answer.status < 400:
        said = " It redirects, which a token endpoint must not."
    step = _NEXT_STEPS.get(code, "Look into the log of the authorization server.")
    rule = "auth-server-failed" if answer.status >= 500 or answer.status == 429 else "auth-token-refused"
    return TokenRefused(f"{issuer} gave no token ({answer.status}).{said} {step}", rule, code)


_NEXT_STEPS = {
    "invalid_client": "Check the client id, its secret, and how it proves itself.",
    "invalid_grant": "Sign in again; the code, assertion or refresh token may have expired or been used.",
    "unauthorized_client": "Allow this grant for the client at the authorization server.",
    "unsupported_grant_type": "Pick another grant, or enable this one at the authorization server.",
    "invalid_scope": "Ask for another scope in the settings.",
    "invalid_target": "Add this MCP server to the resources that the authorization server knows.",
    "invalid_dpop_proof": "Check the clock of this machine, and whether the server takes ES256.",
    "invalid_request": "Compare the token request in the timeline with what the server expects.",
}


def read_tokens(
    document: dict[str, Any] | str, issuer: str, asked_scope: str | None, now: float, report: Report
) -> Tokens:
    """The tokens in a success. Raises `AuthError` where none can be used."""
    if isinstance(document, str):
        raise _unusable(issuer, document)
    access_token = text_of(document, "access_token")
    if not access_token:
        raise _unusable(issuer, "It has no access_token.")
    if not _TOKEN.fullmatch(access_token):
        raise _unusable(issuer, "Its access_token has characters that no header can carry.")
    if not _BEARER_TOKEN.fullmatch(access_token):
        text = "The access token has characters that RFC 6750 does not allow in a Bearer header."
        report(
            words.warning(RULE_RESPONSE, text, "Issue tokens of A-Z a-z 0-9 - . _ ~ + / only.", "RFC 6750 section 2.1")
        )
    lifetime_s = _lifetime_s(document.get("expires_in"), report)
    return Tokens(
        access_token=access_token,
        refresh_token=text_of(document, "refresh_token"),
        scope=_granted(document.get("scope"), asked_scope, report),
        issued_at=now,
        expires_at=now + lifetime_s if lifetime_s is not None else None,
        is_dpop=_is_dpop(document, issuer, report),
    )


def _unusable(issuer: str, reason: str) -> AuthError:
    return AuthError(
        f"{issuer} answered the token request, but the answer is unusable. {reason} "
        "Answer with the JSON of RFC 6749 section 5.1.",
        RULE_RESPONSE,
    )


def _is_dpop(document: dict[str, Any], issuer: str, report: Report) -> bool:
    kind = text_of(document, "token_type")
    if not kind:
        text = "The token response has no token_type; we take it for Bearer."
        report(words.error(RULE_RESPONSE, text, 'Add "token_type": "Bearer".', SECTION))
    if kind.lower() not in ("", "bearer", "dpop"):
        raise _unusable(issuer, f"Its token_type is {shown(kind)}, which we do not know.")
    return kind.lower() == "dpop"


def _lifetime_s(value: object, report: Report) -> float | None:
    """Seconds from now; None if the server does not say, or says nothing sensible."""
    if value is None:
        return None
    number = value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value):
        number = float(value)
    try:
        is_number = isinstance(number, int | float | Decimal) and not isinstance(number, bool)
        seconds = float(number) if is_number else math.nan  # type: ignore[arg-type]  # see is_number
    except OverflowError:
        seconds = MAX_LIFETIME_S
    if number is not value or not seconds > 0:
        text = f"The token response has expires_in {shown(value)}, which is no number of seconds above 0."
        report(words.warning(RULE_RESPONSE, text, "Send the lifetime as a JSON number of seconds.", SECTION))
    return min(seconds, MAX_LIFETIME_S) if seconds > 0 else None


def _granted(value: object, asked: str | None, report: Report) -> str | None:
    """What was granted; without a word of the server's it is what was asked for (RFC 6749 section 5.1)."""
    if isinstance(value, list):
        text = "The token response has scope as a list."
        report(words.warning(RULE_RESPONSE, text, "Send one text, with spaces between the scopes.", SECTION))
        value = " ".join(item for item in value if isinstance(item, str))
    return " ".join(value.split()) if isinstance(value, str) and value.strip() else asked
