"""Who we are to an authorization server: pre-registered, by metadata document, or registered on the spot (R65)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from inspector.protocol.auth import urls, words
from inspector.protocol.auth.client_auth import METHODS
from inspector.protocol.auth.document import Report, read_object, shown, stop_where_it_fails, text_of
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, Fetched, Steps, fetch
from inspector.protocol.auth.words import it_says
from inspector.protocol.transports.answer import JSON, HttpRequest
from inspector.wire import jsontext

CLIENT_NAME = "SSE MCP Inspector"
GRANT_TYPES = ("authorization_code", "refresh_token")
PURPOSE = "oauth: client registration"
SECTION = "MCP authorization: client registration, RFC 7591"

Kind = Literal["pre-registered", "metadata document", "dynamic"]


@dataclass(frozen=True, slots=True)
class Registration:
    """A client id and what belongs to it; `auth_method` is empty where nobody has said it yet.

    `expires_at` is when the secret ends, in Unix time; 0 is never, as in RFC 7591.
    """

    kind: Kind
    client_id: str
    client_secret: str = field(default="", repr=False)
    auth_method: str = ""
    redirect_uris: tuple[str, ...] = ()
    expires_at: float = 0.0

    def is_usable(self, redirect_uri: str | None, now: float) -> bool:
        """Whether it still holds, and for this redirect URI if there is one, which servers compare exactly."""
        return (redirect_uri is None or redirect_uri in self.redirect_uris) and not 0 < self.expires_at <= now

    def to_record(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "auth_method": self.auth_method,
            "redirect_uris": list(self.redirect_uris),
            "expires_at": self.expires_at,
        }

    @staticmethod
    def from_record(record: object) -> Registration | None:
        """The registration that a store kept; None if it is none."""
        if not isinstance(record, dict) or record.get("kind") not in get_args(Kind) or not record.get("client_id"):
            return None
        uris = record.get("redirect_uris")
        expires_at = record.get("expires_at")
        return Registration(
            kind=record["kind"],
            client_id=str(record["client_id"]),
            client_secret=text_of(record, "client_secret"),
            auth_method=text_of(record, "auth_method"),
            redirect_uris=tuple(uri for uri in uris if isinstance(uri, str)) if isinstance(uris, list) else (),
            expires_at=float(expires_at) if isinstance(expires_at, int | float) else 0.0,
        )


def known_beforehand(settings: AuthSettings, server: AuthorizationServer) -> Registration | None:
    """The registration that needs no request: the user's client id, or the metadata document where it is taken."""
    if settings.client_id:
        return Registration(
            "pre-registered", settings.client_id, settings.client_secret, settings.token_endpoint_auth_method
        )
    if settings.client_metadata_url and server.takes_client_metadata:
        _require_document_url(settings.client_metadata_url)
        method = settings.token_endpoint_auth_method or ("private_key_jwt" if settings.private_key_pem else "none")
        return Registration("metadata document", settings.client_metadata_url, auth_method=method)
    return None


def register(
    settings: AuthSettings, server: AuthorizationServer, redirect_uri: str, report: Report
) -> Steps[Registration]:
    """Dynamic client registration (RFC 7591). Raises `AuthError`."""
    if not server.registration_endpoint:
        raise AuthError(
            f"{server.issuer} registers no clients by itself. Register this program there by hand with the redirect "
            f"URI {redirect_uri}, and enter its client id.",
            "auth-registration-missing",
        )
    method = _method_to_register(settings, server)
    body = jsontext.dumps(client_metadata(redirect_uri, method))
    headers = (("Content-Type", JSON), ("Accept", JSON))
    request = HttpRequest("POST", server.registration_endpoint, headers, PURPOSE, body)
    answer = yield from fetch(request, secret=True)
    stop_where_it_fails(answer, server.registration_endpoint, "The client registration")
    return _read(answer, server, redirect_uri, report)


def client_metadata(redirect_uri: str, method: str) -> dict[str, Any]:
    """What we say of ourselves; `application_type` is required since 2026-07-28 (OpenID Connect Registration)."""
    is_native = urls.is_loopback(redirect_uri) or urls.split(redirect_uri) is None
    return {
        "client_name": CLIENT_NAME,
        "redirect_uris": [redirect_uri],
        "grant_types": list(GRANT_TYPES),
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "application_type": "native" if is_native else "web",
    }


def _method_to_register(settings: AuthSettings, server: AuthorizationServer) -> str:
    """None at all if the server takes that: a program on a desktop keeps no secret (RFC 8252 section 8.4)."""
    if settings.token_endpoint_auth_method:
        return settings.token_endpoint_auth_method
    wanted = ("none", "client_secret_basic", "client_secret_post")
    if server.auth_methods is None:
        return wanted[0]
    method = next((method for method in wanted if method in server.auth_methods), None)
    if method is None:
        raise AuthError(
            f"{server.issuer} takes none of the ways in which a newly registered client can prove itself. "
            "Register this program there by hand and enter its client id and key.",
            "auth-registration-missing",
        )
    return method


def _read(answer: Fetched, server: AuthorizationServer, redirect_uri: str, report: Report) -> Registration:
    document = read_object(answer)
    if not answer.head.is_success:
        detail = document if isinstance(document, dict) else {}
        said = it_says(detail.get("error_description")) or it_says(detail.get("error"))
        raise AuthError(
            f"{server.issuer} refused to register this program ({answer.status}).{said} "
            "Register it there by hand and enter its client id.",
            "auth-registration-rejected",
        )
    if isinstance(document, str) or not text_of(document, "client_id"):
        reason = document if isinstance(document, str) else "The answer has no client_id."
        raise AuthError(
            f"{server.issuer} registered this program with an unusable answer. {reason} "
            "Register it there by hand and enter its client id.",
            "auth-registration-rejected",
        )
    method, secret = text_of(document, "token_endpoint_auth_method"), text_of(document, "client_secret")
    if method and (method not in METHODS[:3] or (method != "none" and not secret)):
        raise AuthError(
            f"{server.issuer} registered this program for {shown(method)} at the token endpoint, which we cannot do "
            "with what it gave us. Register it there by hand and enter its client id and secret.",
            "auth-registration-rejected",
        )
    if answer.status != 201:
        text = f"The client registration was answered with status {answer.status}."
        report(words.note("auth-registration-status", text, "Answer 201 Created.", "RFC 7591 section 3.2.1"))
    expires_at = document.get("client_secret_expires_at")
    return Registration(
        kind="dynamic",
        client_id=text_of(document, "client_id"),
        client_secret=secret,
        auth_method=method,
        redirect_uris=(redirect_uri,),
        expires_at=float(expires_at) if isinstance(expires_at, int | float) and abs(expires_at) < 2**53 else 0.0,
    )


def _require_document_url(url: str) -> None:
    parts = urls.split(url)
    if parts is None or parts.scheme != "https" or parts.path in ("", "/"):
        raise AuthError(
            f"{shown(url)} cannot serve as client id: a client metadata document has an https address with a path. "
            "Correct it in the settings, or leave it empty.",
            "auth-settings-incomplete",
        )
