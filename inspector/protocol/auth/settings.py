"""What the user chose for signing in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Grant = Literal["authorization_code", "client_credentials", "jwt_bearer", "enterprise"]
"""How a token is got (R67, R71): by the user in a browser, by the client's own credentials, by a workload's JWT, or
by the identity provider of an enterprise."""


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """All that may be known of a client beforehand; empty is unknown.

    `redirect_uri` empty lets the driver choose a loopback address. `authorization_server` is the user's pick among
    those that the server names. `assertion` is the workload's JWT for the grant `jwt_bearer`; `idp_*` belong to the
    grant `enterprise`, where an empty `idp_token_endpoint` is looked up in the metadata of `idp_issuer`.
    `require_pkce_advertised` refuses authorization servers that do not say that they know PKCE (R64).
    """

    grant: Grant = "authorization_code"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    client_metadata_url: str = ""
    private_key_pem: str = field(default="", repr=False)
    signing_algorithm: str = "ES256"
    scope: str = ""
    redirect_uri: str = ""
    dpop: bool = False
    assertion: str = field(default="", repr=False)
    idp_client_id: str = ""
    idp_client_secret: str = field(default="", repr=False)
    idp_id_token: str = field(default="", repr=False)
    idp_issuer: str = ""
    idp_token_endpoint: str = ""
    token_endpoint_auth_method: str = ""
    authorization_server: str = ""
    require_pkce_advertised: bool = True
