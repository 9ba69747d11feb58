"""Asking a token endpoint: with proof of who we are, of our key, and once more with a nonce (R69, R71)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from inspector.protocol.auth import words
from inspector.protocol.auth.client_auth import Client, authenticate, choose_method
from inspector.protocol.auth.document import Report, shown, stop_where_it_fails, text_of
from inspector.protocol.auth.dpop import Prover
from inspector.protocol.auth.grants import ID_JAG, Form
from inspector.protocol.auth.pkce import Random
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.steps import AuthError, Fetched, Steps, fetch
from inspector.protocol.auth.tokens import Tokens, is_refusal, read_answer, read_tokens, refusal
from inspector.protocol.transports.answer import JSON, HttpRequest
from inspector.wire.http import HeaderList

FORM = "application/x-www-form-urlencoded"
_SECRET_PARAMETERS = (
    "code",
    "code_verifier",
    "refresh_token",
    "assertion",
    "subject_token",
    "client_secret",
    "client_assertion",
)

Clock = Callable[[], float]
"""Unix time in seconds."""


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """One client at one token endpoint."""

    server: AuthorizationServer
    client: Client
    clock: Clock
    random: Random
    report: Report
    prover: Prover | None = None

    def request(self, form: Form, scope: str | None, purpose: str) -> Steps[Tokens]:
        """The tokens for a grant; `scope` is what was asked for. Raises `AuthError`."""
        document = yield from self._exchange(form, purpose)
        tokens = read_tokens(document, self.server.issuer, scope, self.clock(), self.report)
        if self.prover is not None and not tokens.is_dpop:
            text = f"{self.server.issuer} gave a Bearer token, although the request proved a key for DPoP."
            fix = "Bind the token to the key and answer with token_type DPoP, or switch DPoP off in the settings."
            self.report(words.error("auth-dpop-ignored", text, fix, "RFC 9449 section 5"))
        if self.prover is None and tokens.is_dpop:
            raise AuthError(
                f"{self.server.issuer} gave a DPoP token, but there is no key that it could be bound to. "
                "Switch DPoP on, or answer with a Bearer token.",
                "auth-token-response-invalid",
            )
        return tokens

    def exchange(self, form: Form, purpose: str) -> Steps[str]:
        """The identity assertion grant that an identity provider gives (RFC 8693). Raises `AuthError`."""
        document = yield from self._exchange(form, purpose)
        assertion = text_of(document, "access_token") if isinstance(document, dict) else ""
        if not assertion or isinstance(document, str):
            raise AuthError(
                f"{self.server.issuer} answered the token exchange without a token. "
                "Check that it gives identity assertion grants (id-jag).",
                "auth-token-response-invalid",
            )
        kind = document.get("issued_token_type")
        if kind != ID_JAG:
            text = f"{self.server.issuer} gave a token of the kind {shown(kind)}, not an identity assertion grant."
            self.report(
                words.warning("auth-token-response-invalid", text, f"Issue {ID_JAG}.", "RFC 8693 section 2.2.1")
            )
        return assertion

    def _exchange(self, form: Form, purpose: str) -> Steps[dict[str, Any] | str]:
        answer, secrets = yield from self._send(form, purpose)
        document = read_answer(answer)
        if self._wants_nonce(answer, document):
            answer, secrets = yield from self._send(form, purpose)
            document = read_answer(answer)
        if is_refusal(answer, document):
            raise refusal(answer, document, self.server.issuer, secrets)
        return document

    def _send(self, form: Form, purpose: str) -> Steps[tuple[Fetched, tuple[str, ...]]]:
        """One request; each gets a proof and an assertion of its own, as both may be used once only."""
        endpoint = self.server.endpoint("token_endpoint")
        method = choose_method(self.client, self.server, self.report)
        proof, headers = authenticate(self.client, method, self.server.issuer, self.clock(), self.random)
        whole = form | proof
        fields: HeaderList = (("Content-Type", FORM), ("Accept", JSON), *headers)
        if self.prover is not None:
            fields = (*fields, ("DPoP", self.prover.proof("POST", endpoint, self.clock())))
        request = HttpRequest("POST", endpoint, fields, purpose, urlencode(whole).encode())
        answer = yield from fetch(request, secret=True)
        if answer.status == 0:
            stop_where_it_fails(answer, endpoint, "The token endpoint")
        secrets = (*(whole.get(name, "") for name in _SECRET_PARAMETERS), self.client.client_secret)
        return answer, secrets

    def _wants_nonce(self, answer: Fetched, document: dict[str, Any] | str) -> bool:
        """A 400 that brings the nonce which the next proof must have (RFC 9449 section 8)."""
        if self.prover is None:
            return False
        is_new = self.prover.note(self.server.token_endpoint, answer.headers)
        return is_new and isinstance(document, dict) and document.get("error") == "use_dpop_nonce"
