"""Authorization server metadata: where its endpoints are and what they know (R62 to R64, RFC 8414)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inspector.protocol.auth import urls, words
from inspector.protocol.auth.document import (
    Report,
    get_request,
    read_object,
    shown,
    stop_where_it_fails,
    text_of,
    texts_of,
)
from inspector.protocol.auth.steps import AuthError, Steps, fetch

OAUTH = "oauth-authorization-server"
OPENID = "openid-configuration"
PURPOSE = "oauth: authorization server metadata"
WHAT = "The authorization server metadata"
SECTION = "MCP authorization: authorization server metadata, RFC 8414"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "registration_endpoint")


@dataclass(frozen=True, slots=True)
class AuthorizationServer:
    """An authorization server; lists are None where it does not say, endpoints empty where it has none.

    `is_assumed` is the server of 2025-03-26 that has no metadata but default paths (R63).
    """

    issuer: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    registration_endpoint: str = ""
    scopes: tuple[str, ...] | None = None
    auth_methods: tuple[str, ...] | None = None
    pkce_methods: tuple[str, ...] | None = None
    dpop_algorithms: tuple[str, ...] | None = None
    takes_client_metadata: bool = False
    sends_issuer: bool = False
    is_assumed: bool = False

    def endpoint(self, name: str) -> str:
        """The address of an endpoint that we need. Raises `AuthError`."""
        address: str = getattr(self, name)
        if not address:
            raise AuthError(
                f"The metadata of {self.issuer} has no {name}, which this sign-in needs. "
                "Add it there, or pick another authorization server or grant.",
                "auth-server-metadata-broken",
            )
        return address


def discover_server(issuer: str, revision: str, report: Report) -> Steps[AuthorizationServer]:
    """The metadata of an issuer that the protected resource metadata named. Raises `AuthError`."""
    require_secure(issuer, "The authorization server")
    server = yield from _search(candidates(issuer), issuer, revision, report)
    if server is None:
        raise AuthError(
            f"{shown(issuer)} publishes no authorization server metadata at any of the well-known addresses. "
            "Serve it by RFC 8414 or OpenID Connect Discovery, or correct authorization_servers.",
            "auth-server-metadata-broken",
        )
    return server


def discover_origin(url: str, revision: str, report: Report) -> Steps[AuthorizationServer]:
    """The server's own origin as authorization server, as in 2025-03-26: with metadata or default paths (R63)."""
    issuer = urls.origin(url)
    require_secure(issuer, "The server's own origin, which stands in for an authorization server,")
    server = yield from _search((urls.well_known(issuer, OAUTH),), issuer, revision, report)
    return server or AuthorizationServer(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/authorize",
        token_endpoint=f"{issuer}/token",
        registration_endpoint=f"{issuer}/register",
        is_assumed=True,
    )


def candidates(issuer: str) -> tuple[str, ...]:
    """The addresses of metadata in their order: RFC 8414, then OpenID Connect inserted, then appended."""
    parts = urls.split(issuer)
    path = parts.path.rstrip("/") if parts else ""
    inserted = (urls.well_known(issuer, OAUTH, path=path), urls.well_known(issuer, OPENID, path=path))
    return (*inserted, f"{urls.origin(issuer)}{path}/.well-known/{OPENID}") if path else inserted


def require_pkce(server: AuthorizationServer, report: Report, *, advertised: bool) -> None:
    """Refuse a server that does not say that it knows PKCE with S256 (R64), unless the user has it otherwise."""
    if server.is_assumed or "S256" in (server.pkce_methods or ()):
        return
    listed = "lists no PKCE methods" if server.pkce_methods is None else "lists PKCE methods without S256"
    text = f"The metadata of {server.issuer} {listed}, so it may ignore PKCE."
    fix = 'Add "code_challenge_methods_supported": ["S256"] to it.'
    if advertised:
        raise AuthError(f"{text} {fix} To go on all the same, switch the PKCE check off.", "auth-pkce-not-advertised")
    report(words.error("auth-pkce-not-advertised", text, fix, "MCP authorization: authorization code protection"))


def _search(
    addresses: tuple[str, ...], issuer: str, revision: str, report: Report
) -> Steps[AuthorizationServer | None]:
    for address in addresses:
        answer = yield from fetch(get_request(address, revision, PURPOSE))
        stop_where_it_fails(answer, address, WHAT)
        document = read_object(answer) if answer.status == 200 else None
        if isinstance(document, dict):
            return _read(document, issuer, report)
        if document is not None:
            text = f"{WHAT} at {address} is unusable. {document}"
            report(words.warning("auth-server-metadata-broken", text, "Answer 404 where there is none.", SECTION))
    return None


def _read(document: dict[str, Any], issuer: str, report: Report) -> AuthorizationServer:
    published = text_of(document, "issuer")
    _compare_issuers(published, issuer, report)
    endpoints = {name: text_of(document, name) for name in ENDPOINTS}
    for name, address in endpoints.items():
        if address:
            require_secure(address, f"The {name} of {issuer}")
    if document.get("authorization_response_iss_parameter_supported") is not True:
        text = f"{issuer} does not name itself in its authorization responses (iss)."
        fix = "Send iss, and announce it by authorization_response_iss_parameter_supported: it stops mix-up attacks."
        report(words.note("auth-iss-not-supported", text, fix, "RFC 9207, MCP authorization 2026-07-28"))
    return AuthorizationServer(
        issuer=published,
        authorization_endpoint=endpoints["authorization_endpoint"],
        token_endpoint=endpoints["token_endpoint"],
        registration_endpoint=endpoints["registration_endpoint"],
        scopes=texts_of(document, "scopes_supported"),
        auth_methods=texts_of(document, "token_endpoint_auth_methods_supported"),
        pkce_methods=texts_of(document, "code_challenge_methods_supported"),
        dpop_algorithms=texts_of(document, "dpop_signing_alg_values_supported"),
        takes_client_metadata=document.get("client_id_metadata_document_supported") is True,
        sends_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _compare_issuers(published: str, issuer: str, report: Report) -> None:
    """Exact, but for the slash behind a bare host, which the SDKs tolerate (R62, RFC 8414 section 3.3)."""
    if published == issuer:
        return
    if urls.origin(issuer) == issuer.removesuffix("/") and published.removesuffix("/") == issuer.removesuffix("/"):
        text = f"{WHAT} spells its issuer {shown(published)}, the server's metadata {shown(issuer)}."
        fix = "Spell it alike in both: strict clients compare character by character."
        report(words.warning("auth-issuer-mismatch", text, fix, "RFC 8414 section 3.3"))
        return
    raise AuthError(
        f"{WHAT} says that its issuer is {shown(published)}, but it was asked for {shown(issuer)}, so it must not be "
        "used. Make the issuer there and in authorization_servers the same text.",
        "auth-issuer-mismatch",
    )


def require_secure(address: str, what: str) -> None:
    """Refuse an address that would carry credentials in the clear (R70). Raises `AuthError`."""
    if not urls.is_secure(address):
        raise AuthError(
            f"{what} is {shown(address)}, which is no https address. Use https; http is for this very machine only.",
            "auth-endpoint-insecure",
        )
