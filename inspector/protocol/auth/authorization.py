"""The authorization request and the answer that comes back through the browser (R67, R68)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from inspector.protocol.auth import urls, words
from inspector.protocol.auth.document import Report, shown
from inspector.protocol.auth.pkce import Random, base64url, challenge_of, new_verifier
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.steps import AuthError, Authorize
from inspector.protocol.auth.words import it_says

STATE_BYTES = 32
RULE_INVALID = "auth-callback-invalid"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What must be known again when the browser comes back: nothing of it may change in between."""

    url: str
    redirect_uri: str
    state: str
    verifier: str = field(repr=False)
    issuer: str
    expects_issuer: bool
    scope: str | None = None

    def step(self) -> Authorize:
        return Authorize(self.url, self.redirect_uri, self.state, self.issuer, self.scope or "")


def new_request(
    server: AuthorizationServer,
    client_id: str,
    redirect_uri: str,
    scope: str | None,
    resource: str | None,
    random: Random,
) -> AuthorizationRequest:
    """An authorization request with PKCE (RFC 7636) and, where there is one, a resource (RFC 8707)."""
    verifier, state = new_verifier(random), base64url(random(STATE_BYTES))
    parameters = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "code_challenge": challenge_of(verifier),
        "code_challenge_method": "S256",
        "state": state,
    }
    if scope is not None:
        parameters["scope"] = scope
        if "offline_access" in scope.split():
            parameters["prompt"] = "consent"  # OpenID Connect Core section 11 grants it only so
    if resource is not None:
        parameters["resource"] = resource
    url = urls.with_query(server.endpoint("authorization_endpoint"), parameters)
    return AuthorizationRequest(url, redirect_uri, state, verifier, server.issuer, server.sends_issuer, scope)


def read_callback(request: AuthorizationRequest, callback: str, report: Report) -> str:
    """The authorization code in the URL that the browser was sent to. Raises `AuthError`.

    State and issuer are checked before anything else is believed, also of an error: its text might be anybody's.
    """
    parameters = _parameters(callback)
    _check_state(request, parameters.get("state"))
    _check_issuer(request, parameters.get("iss"), report)
    if "error" in parameters:
        said = it_says(parameters.get("error_description")) or it_says(parameters["error"])
        denied = parameters["error"] == "access_denied"
        what = "The sign-in was refused or cancelled" if denied else f"{request.issuer} did not authorize us"
        raise AuthError(f"{what}.{said} {_NEXT_STEPS.get(parameters['error'], _TRY_AGAIN)}", "auth-denied")
    if not parameters.get("code"):
        raise AuthError(
            f"The browser came back from {request.issuer} without a code. {_TRY_AGAIN}",
            RULE_INVALID,
        )
    return parameters["code"]


_TRY_AGAIN = "Try again, and look into the log of the authorization server."
_NEXT_STEPS = {
    "access_denied": "Sign in again and agree, or ask for less scope.",
    "invalid_scope": "Ask for another scope in the settings.",
    "invalid_target": "The authorization server does not know this MCP server as a resource: add it there.",
    "unauthorized_client": "Allow the authorization code grant for this client at the authorization server.",
    "temporarily_unavailable": "Try again in a while.",
}


def _parameters(callback: str) -> dict[str, str]:
    before, _, fragment = callback.partition("#")
    query = before.partition("?")[2]
    if not query and "state=" in fragment:
        raise AuthError(
            "The authorization server put its answer behind # instead of ?, which a server cannot see. "
            "It must honour response_type=code with response_mode query.",
            RULE_INVALID,
        )
    try:
        found = parse_qs(query, keep_blank_values=True, max_num_fields=100)
    except ValueError as error:
        raise AuthError(
            f"The address that the browser came back to cannot be read. {_TRY_AGAIN}", RULE_INVALID
        ) from error
    twice = [name for name in ("code", "state", "iss", "error") if len(found.get(name, ())) > 1]
    if twice:
        raise AuthError(
            f"The browser came back with {' and '.join(twice)} more than once, which no server does. {_TRY_AGAIN}",
            RULE_INVALID,
        )
    return {name: values[0] for name, values in found.items()}


def _check_state(request: AuthorizationRequest, state: str | None) -> None:
    given = (state or "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, request.state.encode()):
        raise AuthError(
            "The browser came back with another state than the one we sent, so the answer is not to our question. "
            "Sign in again, in one window only.",
            "auth-state-mismatch",
        )


def _check_issuer(request: AuthorizationRequest, issuer: str | None, report: Report) -> None:
    """Character by character, never normalised (RFC 9207 section 2.4)."""
    if issuer is None:
        if request.expects_issuer:
            raise AuthError(
                f"{request.issuer} promises to name itself in its answers (iss) and did not, so the answer may be "
                "another server's. The code was not used. Send iss, or stop announcing it.",
                "auth-iss-mismatch",
            )
        return
    if issuer != request.issuer:
        raise AuthError(
            f"The answer comes from {shown(issuer)}, but we asked {shown(request.issuer)}. The code was not used. "
            "If the server is the right one, make iss the same text as the issuer in its metadata.",
            "auth-iss-mismatch",
        )
    if not request.expects_issuer:
        text = f"{request.issuer} names itself in its answers (iss) without announcing that."
        fix = "Set authorization_response_iss_parameter_supported to true."
        report(words.note("auth-iss-not-supported", text, fix, "RFC 9207 section 3"))
