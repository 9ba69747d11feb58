"""The parameters of each grant at a token endpoint (R67, R70, R71)."""

from __future__ import annotations

from inspector.protocol.auth.authorization import AuthorizationRequest
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError

Form = dict[str, str]

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105 - the name of a grant (RFC 8693)
ID_JAG = "urn:ietf:params:oauth:token-type:id-jag"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - the name of a kind of token (RFC 8693)


def authorization_code(request: AuthorizationRequest, code: str, resource: str | None) -> Form:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect_uri,
        "code_verifier": request.verifier,
    }
    return form | _optional(resource=resource)


def refresh_token(token: str, resource: str | None) -> Form:
    return {"grant_type": "refresh_token", "refresh_token": token} | _optional(resource=resource)


def client_credentials(scope: str | None, resource: str | None) -> Form:
    return {"grant_type": "client_credentials"} | _optional(scope=scope, resource=resource)


def jwt_bearer(assertion: str, scope: str | None, resource: str | None) -> Form:
    """A JWT of a workload or an identity provider for a token (RFC 7523 section 2.1)."""
    return {"grant_type": JWT_BEARER, "assertion": assertion} | _optional(scope=scope, resource=resource)


def token_exchange(id_token: str, audience: str, scope: str | None, resource: str | None) -> Form:
    """The user's ID token for an identity assertion grant, asked of the enterprise's identity provider (RFC 8693)."""
    form = {
        "grant_type": TOKEN_EXCHANGE,
        "requested_token_type": ID_JAG,
        "subject_token": id_token,
        "subject_token_type": ID_TOKEN,
        "audience": audience,
    }
    return form | _optional(scope=scope, resource=resource)


def require_settings(settings: AuthSettings) -> None:
    """Refuse a grant that the settings are not enough for, before anything is sent. Raises `AuthError`."""
    missing = [name for name, is_there in _needs(settings).items() if not is_there]
    if missing:
        raise AuthError(
            f"The grant {settings.grant} needs {' and '.join(missing)}. Enter it in the sign-in settings.",
            "auth-settings-incomplete",
        )


def _needs(settings: AuthSettings) -> dict[str, bool]:
    match settings.grant:
        case "client_credentials":
            return {
                "a client id": bool(settings.client_id or settings.client_metadata_url),
                "a client secret or private key": bool(settings.client_secret or settings.private_key_pem),
            }
        case "jwt_bearer":
            return {"the workload's JWT (assertion)": bool(settings.assertion)}
        case "enterprise":
            return {
                "a client id": bool(settings.client_id or settings.client_metadata_url),
                "an ID token of the identity provider": bool(settings.idp_id_token),
                "the identity provider's issuer or token endpoint": bool(
                    settings.idp_issuer or settings.idp_token_endpoint
                ),
            }
        case _:
            return {}


def _optional(**parameters: str | None) -> Form:
    return {name: value for name, value in parameters.items() if value is not None}
