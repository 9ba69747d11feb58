"""One sign-in at a known authorization server, by whatever grant the user chose (R65, R67, R70, R71)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector.protocol.auth import authorization, grants, registration
from inspector.protocol.auth.client_auth import Client
from inspector.protocol.auth.discovery import Discovered
from inspector.protocol.auth.document import Report
from inspector.protocol.auth.dpop import Prover
from inspector.protocol.auth.pkce import Random
from inspector.protocol.auth.registration import Registration
from inspector.protocol.auth.server_metadata import AuthorizationServer, discover_server, require_pkce, require_secure
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, Steps, authorize
from inspector.protocol.auth.token_request import Clock, TokenDesk
from inspector.protocol.auth.tokens import Tokens

TOKEN_REQUEST = "oauth: token request"  # noqa: S105 - a purpose
TOKEN_REFRESH = "oauth: token refresh"  # noqa: S105 - a purpose
TOKEN_EXCHANGE = "oauth: token exchange"  # noqa: S105 - a purpose


@dataclass(frozen=True, slots=True)
class SignIn:
    """Everything that the steps of one sign-in share."""

    found: Discovered
    settings: AuthSettings
    revision: str
    clock: Clock
    random: Random
    report: Report
    prover: Prover | None = None

    def registered(self, kept: Registration | None, redirect_uri: str) -> Steps[Registration]:
        """Who we are there: known beforehand, kept from earlier, or registered now. Raises `AuthError`."""
        known = self.known(kept, redirect_uri)
        if known is not None:
            return known
        if self.settings.grant != "authorization_code":
            return Registration("pre-registered", "")  # an assertion may speak for a client without an id (RFC 7521)
        return (yield from registration.register(self.settings, self.found.server, redirect_uri, self.report))

    def known(self, kept: Registration | None, redirect_uri: str | None = None) -> Registration | None:
        """Who we are there without asking; a refresh needs no redirect URI."""
        known = registration.known_beforehand(self.settings, self.found.server)
        if known is None and kept is not None and kept.kind == "dynamic":
            known = kept if kept.is_usable(redirect_uri, self.clock()) else None
        return known

    def check(self, redirect_uri: str) -> None:
        """Refuse what cannot succeed, before the user or the server is troubled. Raises `AuthError`."""
        if self.settings.grant != "authorization_code":
            return
        require_pkce(self.found.server, self.report, advertised=self.settings.require_pkce_advertised)
        if not redirect_uri:
            raise AuthError(
                "There is no address that the browser could come back to. Enter a redirect URI in the settings.",
                "auth-settings-incomplete",
            )

    def tokens(self, client: Registration, scope: str | None, redirect_uri: str) -> Steps[Tokens]:
        """The tokens, by the grant of the settings. Raises `AuthError`."""
        resource = self.found.resource
        match self.settings.grant:
            case "client_credentials":
                form = grants.client_credentials(scope, resource)
            case "jwt_bearer":
                form = grants.jwt_bearer(self.settings.assertion, scope, resource)
            case "enterprise":
                assertion = yield from self._identity_assertion(scope)
                form = grants.jwt_bearer(assertion, scope, resource)
            case _:
                form = yield from self._authorization_code(client, scope, redirect_uri)
        tokens = yield from self._desk(client).request(form, scope, TOKEN_REQUEST)
        return replace(tokens, client_id=client.client_id)

    def refreshed(self, old: Tokens, client: Registration) -> Steps[Tokens]:
        """New tokens for a refresh token; what the answer leaves out stays as it was. Raises `AuthError`."""
        form = grants.refresh_token(old.refresh_token, self.found.resource)
        new = yield from self._desk(client).request(form, old.scope, TOKEN_REFRESH)
        return replace(new, refresh_token=new.refresh_token or old.refresh_token, client_id=client.client_id)

    def _authorization_code(self, client: Registration, scope: str | None, redirect_uri: str) -> Steps[grants.Form]:
        request = authorization.new_request(
            self.found.server, client.client_id, redirect_uri, scope, self.found.resource, self.random
        )
        callback = yield from authorize(request.step())
        code = authorization.read_callback(request, callback, self.report)
        return grants.authorization_code(request, code, self.found.resource)

    def _identity_assertion(self, scope: str | None) -> Steps[str]:
        """What the enterprise's identity provider says of the user, for this authorization server only."""
        settings = self.settings
        endpoint = settings.idp_token_endpoint
        if endpoint:
            require_secure(endpoint, "The token endpoint of the identity provider")
            provider = AuthorizationServer(settings.idp_issuer or endpoint, token_endpoint=endpoint)
        else:
            provider = yield from discover_server(settings.idp_issuer, self.revision, self.report)
        client = Client(settings.idp_client_id, settings.idp_client_secret)
        form = grants.token_exchange(settings.idp_id_token, self.found.server.issuer, scope, self.found.resource)
        desk = TokenDesk(provider, client, self.clock, self.random, self.report)
        return (yield from desk.exchange(form, TOKEN_EXCHANGE))

    def _desk(self, registered: Registration) -> TokenDesk:
        settings = self.settings
        client = Client(
            registered.client_id,
            registered.client_secret,
            settings.private_key_pem,
            settings.signing_algorithm,
            registered.auth_method,
        )
        return TokenDesk(self.found.server, client, self.clock, self.random, self.report, self.prover)
