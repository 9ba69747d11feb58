"""How a client proves itself at the token endpoint (R69, RFC 6749 section 2.3, RFC 7523 section 2.2)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from inspector.protocol.auth import words
from inspector.protocol.auth.document import Report
from inspector.protocol.auth.pkce import Random, base64url
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.steps import AuthError
from inspector.wire.http import HeaderList

METHODS = ("none", "client_secret_basic", "client_secret_post", "private_key_jwt")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFETIME_S = 300
ALGORITHM_FAMILIES = ("ES", "RS", "PS", "Ed")
"""The asymmetric ones: with a shared secret nothing would be proved."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client as the token endpoint sees it."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    private_key_pem: str = field(default="", repr=False)
    signing_algorithm: str = "ES256"
    method: str = ""


def choose_method(client: Client, server: AuthorizationServer, report: Report) -> str:
    """The way to prove ourselves: what was agreed, else the first that the server takes and we can do.

    A server that lists no ways takes `client_secret_basic` (RFC 8414 section 2).
    """
    if client.method:
        return client.method
    able = ["private_key_jwt"] if client.private_key_pem else []
    able += ["client_secret_basic", "client_secret_post"] if client.client_secret else []
    if not able:
        return "none"
    taken = server.auth_methods if server.auth_methods is not None else ("client_secret_basic", "private_key_jwt")
    method = next((method for method in able if method in taken), None)
    if method is not None or "none" in taken:
        return method or "none"
    text = f"{server.issuer} lists no way in which this client can prove itself; we try {able[0]}."
    fix = "List it in token_endpoint_auth_methods_supported."
    report(words.warning("auth-server-metadata-broken", text, fix, "RFC 8414 section 2"))
    return able[0]


def authenticate(
    client: Client, method: str, audience: str, now: float, random: Random
) -> tuple[dict[str, str], HeaderList]:
    """The parameters and headers that prove who we are; `audience` is the issuer. Raises `AuthError`."""
    if method not in METHODS:
        raise AuthError(
            f"There is no way to prove ourselves by {words.quote(method)}. Pick one of {', '.join(METHODS)}.",
            "auth-settings-incomplete",
        )
    if method != "none" and not (client.private_key_pem if method == "private_key_jwt" else client.client_secret):
        missing = "private key" if method == "private_key_jwt" else "client secret"
        raise AuthError(
            f"The sign-in by {method} needs a {missing}. Enter it in the settings.", "auth-settings-incomplete"
        )
    form = {"client_id": client.client_id} if client.client_id else {}
    match method:
        case "client_secret_basic":
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
            return form, (("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"),)
        case "client_secret_post":
            form["client_secret"] = client.client_secret
        case "private_key_jwt":
            form["client_assertion_type"] = ASSERTION_TYPE
            form["client_assertion"] = sign_assertion(client, audience, now, random)
    return form, ()


def sign_assertion(client: Client, audience: str, now: float, random: Random) -> str:
    """A JWT by which the client vouches for itself (RFC 7523 section 3). Raises `AuthError` for an unusable key."""
    import jwt  # noqa: PLC0415 - loads cryptography, and few sign in by a key

    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": audience,
        "iat": int(now),
        "exp": int(now) + ASSERTION_LIFETIME_S,
        "jti": base64url(random(16)),
    }
    try:
        if not client.signing_algorithm.startswith(ALGORITHM_FAMILIES):
            raise ValueError("no asymmetric algorithm")
        return jwt.encode(claims, client.private_key_pem, client.signing_algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, NotImplementedError) as error:
        raise AuthError(
            f"The private key cannot sign by {words.quote(client.signing_algorithm)}. "
            "Enter a key in PEM that fits the algorithm, without a password.",
            "auth-settings-incomplete",
        ) from error
