"""The OAuth client of one MCP server, without IO: what to send, what to do about a refusal, and what it has (A6)."""

from __future__ import annotations

import secrets

from inspector.protocol.auth import grants, scopes, urls, words
from inspector.protocol.auth.challenge import AuthChallenge, read_challenge, report_oddities
from inspector.protocol.auth.credentials import Credentials
from inspector.protocol.auth.discovery import Discovered, discover
from inspector.protocol.auth.document import Reporter, shown
from inspector.protocol.auth.dpop import Prover
from inspector.protocol.auth.facts import AuthFacts
from inspector.protocol.auth.operation import Operation, Source
from inspector.protocol.auth.pkce import Random
from inspector.protocol.auth.registration import Registration
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.sign_in import SignIn
from inspector.protocol.auth.steps import AuthError, AuthFlow, Steps
from inspector.protocol.auth.store import CredentialStore
from inspector.protocol.auth.token_request import Clock
from inspector.protocol.auth.tokens import TokenRefused, Tokens
from inspector.protocol.era import LATEST
from inspector.protocol.transports.answer import Head
from inspector.wire.http import HeaderList


class Authorizer:
    """The state of the authorization for one MCP URL; `revision` is the one that the MCP requests speak.

    `breaches` collects what is wrong without stopping us, to be drained. `generation` grows with each new token: a
    request that was refused with an older one need only be sent again.
    """

    def __init__(
        self,
        url: str,
        settings: AuthSettings,
        store: CredentialStore,
        *,
        revision: str = LATEST,
        random: Random = secrets.token_bytes,
    ) -> None:
        self.url = url
        self.settings = settings
        self.revision = revision
        self._report = Reporter()
        self.breaches = self._report.breaches
        self.generation = 0
        self._random = random
        self._credentials = Credentials(store)
        self._found: Discovered | None = None
        self._client: Registration | None = None
        self._tokens: Tokens | None = None
        self._prover: Prover | None = None
        self._requested: str | None = None
        self._refused_assertion = ""
        self._operation = Operation()

    def headers(self, method: str, url: str, now: float) -> HeaderList:
        """`Authorization`, and a fresh `DPoP` proof, for a request to the MCP server's origin; nothing for others."""
        tokens = self._tokens
        if tokens is None or not urls.origin(url) or urls.origin(url) != urls.origin(self.url):
            return ()
        fields: HeaderList = (("Authorization", f"{tokens.scheme} {tokens.access_token}"),)
        if tokens.is_dpop and self._prover is not None:
            fields = (*fields, ("DPoP", self._prover.proof(method, url, now, tokens.access_token)))
        return fields

    def note(self, head: Head) -> None:
        """Remember the nonce that an answer of the MCP server brings for the next proof (RFC 9449 section 8.2)."""
        if self._prover is not None:
            self._prover.note(self.url, head.headers)

    def wants(self, head: Head) -> bool:
        """Whether this is a refusal that `answer` may turn into an access."""
        return read_challenge(head) is not None

    def operation_started(self) -> None:
        """Count the sign-ins anew: the user asks for something else, or has got it (R66)."""
        self._operation = Operation()

    operation_succeeded = operation_started

    def answer(self, head: Head, redirect_uri: str, now: float | Clock) -> AuthFlow:
        """The whole flow from a refusal to a token; raises `AuthError`.

        `now` is Unix time, better as a function: the user may take minutes in the browser.
        """
        challenge = read_challenge(head)
        if challenge is None:
            raise AuthError(
                "The answer asks for no sign-in that we know. Look at its headers.", "auth-401-no-challenge"
            )
        if challenge.wants_nonce:
            self._operation.take_nonce(has_key=self._prover is not None)
            self.note(head)
            return
        clock = _clock(now)
        is_step_up = self._is_step_up(challenge)
        self._stop_early(challenge, clock(), is_step_up=is_step_up)
        report_oddities(challenge, self._report)
        found = self._found if challenge.status == 403 else None
        if found is None:
            found = yield from discover(self.url, self.settings, challenge, self.revision, self._report)
        self._move_to(found)
        wants_dpop = found.wants_dpop or challenge.wants_dpop
        if not is_step_up:
            sign_in = self._sign_in(found, clock, wants_dpop=wants_dpop)
            if (yield from self._reuse(sign_in, challenge)):
                return
            scope = scopes.first(self.settings, challenge, found)
        else:
            before = self._requested or (self._tokens.scope if self._tokens else None)
            scope = scopes.union(before, challenge.scope or found.scopes)
        yield from self._authorize(self._sign_in(found, clock, wants_dpop=wants_dpop), scope, redirect_uri)

    def refresh(self, now: float | Clock) -> AuthFlow | None:
        """The flow that renews the token, None if it is not due or cannot be renewed; raises `AuthError`.

        A refresh token that was refused is dropped: the next request is answered 401, and `answer` begins anew.
        """
        clock = _clock(now)
        if self._tokens is None or not self._tokens.is_due(clock()):
            return None
        self._take_latest()
        tokens, found, client = self._tokens, self._found, self._client
        if found is None or client is None or not tokens.refresh_token or not tokens.is_due(clock()):
            return None
        return self._renew(self._sign_in(found, clock, wants_dpop=tokens.is_dpop), tokens, client)

    def forget(self) -> None:
        """Sign out: drop the tokens for this server, here and in the store."""
        if self._found is not None:
            self._credentials.drop_tokens(self._found.server.issuer, self._found.audience)
        self._tokens = self._prover = self._requested = None
        self.generation += 1

    def describe(self) -> AuthFacts:
        """The facts for display, none of them secret."""
        found, client, tokens = self._found, self._client, self._tokens
        return AuthFacts(
            issuer=found.server.issuer if found else "",
            resource=found.audience if found else urls.canonical(self.url),
            client_id=client.client_id if client else self.settings.client_id,
            registration=client.kind if client else "",
            grant=self.settings.grant,
            scopes=tuple((tokens.scope or "").split()) if tokens else (),
            expires_at=tokens.expires_at if tokens else None,
            has_token=tokens is not None,
            can_refresh=tokens is not None and bool(tokens.refresh_token),
            dpop=tokens.is_dpop if tokens else self.settings.dpop,
        )

    def _is_step_up(self, challenge: AuthChallenge) -> bool:
        """Also a 401 that wants more than was ever asked for, straight after a sign-in."""
        if self._tokens is None:
            return False
        is_more = not scopes.contains(scopes.union(self._requested, self._tokens.scope), challenge.scope)
        return challenge.is_step_up or (self._operation.source == "grant" and is_more)

    def _stop_early(self, challenge: AuthChallenge, now: float, *, is_step_up: bool) -> None:
        """Refuse what cannot succeed before anything is sent. Raises `AuthError`."""
        grants.require_settings(self.settings)
        audience = self._found.audience if self._found else urls.canonical(self.url)
        self._operation.refuse_repetition(challenge, self._tokens, audience, now, is_step_up=is_step_up)
        if self._refused_assertion and self._refused_assertion == self.settings.assertion:
            raise AuthError(
                "This workload JWT was refused before, and is not sent twice. Enter a new one.", "auth-token-refused"
            )

    def _move_to(self, found: Discovered) -> None:
        """Leave what belongs to another issuer behind: none of it may be shown to the new one (R65)."""
        old = self._found
        if old is not None and old.server.issuer != found.server.issuer:
            if self.settings.client_id or self.settings.assertion:
                raise AuthError(
                    f"The server now names {shown(found.server.issuer)} as its authorization server, but the client's "
                    f"credentials belong to {shown(old.server.issuer)}. Enter those for the new server.",
                    "auth-server-changed",
                )
            text = f"The authorization server changed from {shown(old.server.issuer)} to {shown(found.server.issuer)}."
            self._report(words.note("auth-server-changed", text, "", "MCP authorization: authorization server binding"))
            self._credentials.drop_tokens(old.server.issuer, old.audience)
            self._client = self._tokens = self._prover = self._requested = None
        self._found = found

    def _sign_in(self, found: Discovered, clock: Clock, *, wants_dpop: bool) -> SignIn:
        if self._prover is None and (self.settings.dpop or wants_dpop):
            self._prover = Prover(self._random)
        return SignIn(found, self.settings, self.revision, clock, self._random, self._report, self._prover)

    def _reuse(self, sign_in: SignIn, challenge: AuthChallenge) -> Steps[bool]:
        """Do with a token from the store, or with a refreshed one; whether that gave us another token."""
        found = sign_in.found
        issuer = found.server.issuer
        client = sign_in.known(self._credentials.registration(issuer))
        kept = self._credentials.tokens(issuer, found.audience)
        if self.settings.grant != "authorization_code" or client is None or kept is None:
            return False
        tokens, key = kept
        fits = tokens.client_id == client.client_id and tokens.is_dpop == (sign_in.prover is not None)
        if not fits or not scopes.contains(tokens.scope, challenge.scope):
            return False
        refused = self._tokens.access_token if self._tokens else ""
        if tokens.access_token != refused:
            if not self._adopt(tokens, key, client):
                return False
            if not tokens.is_due(sign_in.clock()):
                self._operation.source = "store"
                return True
        if not tokens.refresh_token or self._operation.source == "refresh":
            return False
        try:
            yield from self._renew(self._sign_in(found, sign_in.clock, wants_dpop=tokens.is_dpop), tokens, client)
        except AuthError as error:
            if error.rule in ("auth-unreachable", "auth-server-failed"):
                raise
            self._report(words.warning("auth-refresh-failed", error.sentence, "", "RFC 6749 section 6"))
            return False
        return True

    def _take_latest(self) -> None:
        """Another connection may have refreshed the same tokens: an old refresh token must not be used again (R70)."""
        found, tokens, client = self._found, self._tokens, self._client
        kept = self._credentials.tokens(found.server.issuer, found.audience) if found else None
        if kept is None or tokens is None or client is None or kept[0].issued_at <= tokens.issued_at:
            return
        if kept[0].client_id == client.client_id and kept[0].is_dpop == tokens.is_dpop:
            self._adopt(*kept, client)

    def _adopt(self, tokens: Tokens, key: str, client: Registration) -> bool:
        """Take over what an earlier connection was given; False if its key cannot be read any more."""
        if tokens.is_dpop:
            try:
                self._prover = Prover(self._random, key)
            except ValueError:
                return False
        self._tokens, self._client = tokens, client
        self.generation += 1
        return True

    def _renew(self, sign_in: SignIn, tokens: Tokens, client: Registration) -> AuthFlow:
        try:
            new = yield from sign_in.refreshed(tokens, client)
        except TokenRefused as error:
            self._drop_refused(error, client)
            raise
        self._keep(new, client, "refresh")

    def _authorize(self, sign_in: SignIn, scope: str | None, redirect_uri: str) -> AuthFlow:
        """The full flow, from a registration to new tokens."""
        sign_in.check(redirect_uri)
        self._operation.authorizations += 1
        issuer = sign_in.found.server.issuer
        kept = self._credentials.registration(issuer)
        client = yield from sign_in.registered(kept, redirect_uri)
        if client.kind == "dynamic" and client != kept:
            self._credentials.save_registration(issuer, client)
        self._client = client
        try:
            tokens = yield from sign_in.tokens(client, scope, redirect_uri)
        except TokenRefused as error:
            self._refused_assertion = self.settings.assertion
            self._drop_refused(error, client, of_grant=True)
            raise
        self._requested = scope
        self._operation.asked.append(scope)
        self._keep(tokens, client, "grant")

    def _drop_refused(self, error: TokenRefused, client: Registration, *, of_grant: bool = False) -> None:
        """Forget what the server no longer knows, so that the next sign-in begins anew."""
        if self._found is None or error.rule == "auth-server-failed":
            return
        if error.code == "invalid_client" and client.kind == "dynamic":
            self._credentials.drop_registration(self._found.server.issuer)
            self._client = None
        if not of_grant:
            self._credentials.drop_tokens(self._found.server.issuer, self._found.audience)
            self._tokens = None
            self.generation += 1

    def _keep(self, tokens: Tokens, client: Registration, source: Source) -> None:
        self._tokens, self._client = tokens, client
        self._operation.source = source
        self.generation += 1
        if self._found is not None and self.settings.grant == "authorization_code":
            key = self._prover.private_key_pem() if tokens.is_dpop and self._prover is not None else ""
            self._credentials.save_tokens(self._found.server.issuer, self._found.audience, tokens, key)


def _clock(now: float | Clock) -> Clock:
    if callable(now):
        return now
    fixed = now
    return lambda: fixed
