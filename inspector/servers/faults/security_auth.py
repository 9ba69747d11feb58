"""Faults of authorization: a server that wants a token, with an authorization server below the same path."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

from inspector.protocol.auth.settings import AuthSettings
from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.honest.speaker import JSON_HEADERS, TEXT_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

SCOPE = "mcp"
_RESOURCE = "/.well-known/oauth-protected-resource"
_SERVER = "/.well-known/oauth-authorization-server"
_NOT_FOUND = b"Not Found\n"

Answer = tuple[int, Json]


class Guarded(Honest):
    """Lets nobody in without a token, and does all that a client needs to get one."""

    scheme = "Bearer"

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.origin = ""
        self.tokens: dict[str, str] = {}
        """The scope of each token that is good."""
        self.given = 0

    @property
    def issuer(self) -> str:
        """The authorization server."""
        return self.origin + self.base

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Answer one request: metadata, endpoints, or what is guarded."""
        self.origin = f"http://{request.header('host')}"
        match request.path:
            case path if path.startswith(_RESOURCE):
                await self.show(wire, self.resource_metadata())
            case path if path.startswith(_SERVER):
                await self.show(wire, self.server_metadata())
            case "/authorize":
                fields = {**self.authorize(request.query), "state": self.state(request.query)}
                where = f"{request.query.get('redirect_uri', '')}?{urlencode(fields)}"
                await wire.answer(302, (("location", where),))
            case "/token":
                await self.show(wire, self.token(dict(parse_qsl(request.body.decode())), request))
            case "/register":
                await self.show(wire, self.register(json.loads(request.body)))
            case _:
                await self.guard(request, wire)

    async def show(self, wire: Wire, answer: Answer | None) -> None:
        """An answer of the authorization server; none is 404."""
        if answer is None:
            await wire.answer(404, TEXT_HEADERS, _NOT_FOUND)
        else:
            await wire.answer(answer[0], JSON_HEADERS, encode(answer[1]))

    async def guard(self, request: HttpRequest, wire: Wire) -> None:
        """Serve what comes with a token that is good."""
        scheme, _, token = (request.header("authorization") or "").partition(" ")
        if scheme == self.scheme and self.is_good(token, request):
            await super().serve(request, wire)
        else:
            await wire.answer(*self.refusal(request, is_known=bool(token)))

    def is_good(self, token: str, request: HttpRequest) -> bool:
        """Whether a token opens this."""
        return token in self.tokens

    def refusal(self, request: HttpRequest, *, is_known: bool) -> tuple[int, Headers]:
        """Status and headers for a request without a good token."""
        error = ', error="invalid_token"' if is_known else ""
        metadata = f"{self.origin}{_RESOURCE}{self.base}/mcp"
        challenge = f'{self.scheme} resource_metadata="{metadata}", scope="{SCOPE}"{error}'
        return 401, (("www-authenticate", challenge),)

    def resource_metadata(self) -> Answer | None:
        """What RFC 9728 wants to be said."""
        document: Json = {"resource": f"{self.issuer}/mcp", "authorization_servers": self.servers()}
        return 200, document

    def servers(self) -> Sequence[str]:
        """The authorization servers that are trusted."""
        return [self.issuer]

    def server_metadata(self) -> Answer | None:
        """What RFC 8414 wants to be said."""
        return 200, {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "registration_endpoint": f"{self.issuer}/register",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "dpop_signing_alg_values_supported": ["ES256"],
        }

    def register(self, metadata: Json) -> Answer:
        """Dynamic client registration."""
        return 201, {**metadata, "client_id": uuid4().hex}

    def authorize(self, query: dict[str, str]) -> Json:
        """What the browser brings back, besides the state."""
        return {"code": uuid4().hex, "iss": self.issuer}

    def state(self, query: dict[str, str]) -> str:
        """The state that the browser brings back."""
        return query.get("state", "")

    def token(self, form: dict[str, str], request: HttpRequest) -> Answer:
        """The answer of the token endpoint."""
        self.given += 1
        token = uuid4().hex
        self.tokens[token] = form.get("scope", "")
        return 200, {"access_token": token, "token_type": self.scheme, "expires_in": 3600}


class NoChallenge(Guarded):
    """A bare 401."""

    def refusal(self, request: HttpRequest, *, is_known: bool) -> tuple[int, Headers]:
        return 401, ()


class NoResourceMetadata(Guarded):
    """The challenge names an address at which there is nothing."""

    def resource_metadata(self) -> Answer | None:
        return None


class OtherResource(Guarded):
    """The metadata is about somebody else."""

    def resource_metadata(self) -> Answer | None:
        return 200, {"resource": "https://elsewhere.example/mcp", "authorization_servers": self.servers()}


class OtherAudience(Guarded):
    """Takes none of the tokens that are issued for it."""

    def is_good(self, token: str, request: HttpRequest) -> bool:
        return False


class NeverEnough(Guarded):
    """Wants a scope for calls, also of a token that has it."""

    def is_good(self, token: str, request: HttpRequest) -> bool:
        return token in self.tokens and b"tools/call" not in request.body

    def refusal(self, request: HttpRequest, *, is_known: bool) -> tuple[int, Headers]:
        if b"tools/call" not in request.body:
            return super().refusal(request, is_known=is_known)
        return 403, (("www-authenticate", 'Bearer error="insufficient_scope", scope="mcp:call"'),)


class NonceForNobody(Guarded):
    """Asks for a nonce, although there is no key that it could be for."""

    def refusal(self, request: HttpRequest, *, is_known: bool) -> tuple[int, Headers]:
        return 401, (("www-authenticate", 'DPoP error="use_dpop_nonce"'), ("dpop-nonce", uuid4().hex))


class Once(Guarded):
    """Takes back the first token as soon as a tool is called."""

    def is_good(self, token: str, request: HttpRequest) -> bool:
        if self.given == 1 and b"tools/call" in request.body:
            self.tokens.clear()
        return super().is_good(token, request)


class MovesAway(Once):
    """Names another authorization server after that."""

    def servers(self) -> Sequence[str]:
        return [f"{self.issuer}/other"] if self.given and not self.tokens else [self.issuer]

    def server_metadata(self) -> Answer | None:
        status, document = super().server_metadata() or (200, {})
        return status, {**document, "issuer": self.servers()[0]}


class WithRefresh(Once):
    """Gives refresh tokens along."""

    def token(self, form: dict[str, str], request: HttpRequest) -> Answer:
        status, document = super().token(form, request)
        return status, {**document, "refresh_token": uuid4().hex, "scope": SCOPE}


class RefreshRefused(WithRefresh):
    """... and takes none of them."""

    def token(self, form: dict[str, str], request: HttpRequest) -> Answer:
        if form.get("grant_type") == "refresh_token":
            return 400, {"error": "invalid_grant"}
        return super().token(form, request)


def _metadata(**changes: Any) -> type[Guarded]:
    """An authorization server whose metadata has these members changed; None takes one away."""

    class Changed(Guarded):
        def server_metadata(self) -> Answer | None:
            status, document = super().server_metadata() or (200, {})
            changed = {**document, **changes}
            return status, {name: value for name, value in changed.items() if value is not None}

    return Changed


def _authorize(**changes: Any) -> type[Guarded]:
    """An authorization server that sends the browser back with these members changed; None takes one away."""

    class Changed(Guarded):
        def authorize(self, query: dict[str, str]) -> Json:
            changed = {**super().authorize(query), **changes}
            return {name: value for name, value in changed.items() if value is not None}

    return Changed


def _answers(
    which: Literal["server_metadata", "token", "register"], status: int, document: Json | None = None
) -> type[Guarded]:
    """An authorization server of which one endpoint always answers so."""
    return type("Answers", (Guarded,), {which: lambda *_: None if document is None else (status, document)})


class OtherState(Guarded):
    """Loses the state."""

    def state(self, query: dict[str, str]) -> str:
        return "another"


class Registers200(Guarded):
    """Registers clients with the status of any other answer."""

    def register(self, metadata: Json) -> Answer:
        return 200, super().register(metadata)[1]


class Unreachable(Guarded):
    """Trusts an authorization server at a port where nobody listens."""

    def servers(self) -> Sequence[str]:
        return ["http://127.0.0.1:1"]


class NoTokenType(Guarded):
    """Does not say of what type its tokens are."""

    def token(self, form: dict[str, str], request: HttpRequest) -> Answer:
        status, document = super().token(form, request)
        document.pop("token_type")
        return status, document


class Dpop(Guarded):
    """Binds tokens to keys."""

    scheme = "DPoP"


def _visit(**settings: Any) -> Visit:
    return Visit(options={"auth": AuthSettings(**settings)})


_BROWSER = _visit()
_MACHINE = _visit(grant="client_credentials", client_id="gallery", client_secret=uuid4().hex)


def _fault(rule: str, summary: str, hit: type[Honest], visit: Visit = _MACHINE, **more: Any) -> Fault:
    return Fault(rule, summary, hit=hit, **{"ok": Guarded, "visit": visit, **more})


FAULTS: tuple[Fault, ...] = (
    _fault("auth-401-no-challenge", "Refuses with a bare 401.", NoChallenge),
    _fault("auth-prm-broken", "Names an address for its metadata at which there is nothing.", NoResourceMetadata),
    _fault("auth-prm-resource-mismatch", "Publishes metadata about another server.", OtherResource),
    _fault("auth-audience-mismatch", "Refuses the tokens that are issued for it.", OtherAudience),
    _fault("auth-insufficient-scope", "Wants a scope that no token brings.", NeverEnough),
    _fault("auth-dpop-nonce", "Asks for a nonce where there is no key.", NonceForNobody),
    _fault("auth-server-changed", "Names another authorization server after a while.", MovesAway, ok=Once),
    _fault(
        "auth-settings-incomplete",
        "Wants a sign-in for which the client has no key.",
        Guarded,
        _visit(grant="client_credentials", client_id="gallery", **{"token_endpoint_auth_method": "private_key_jwt"}),
        ok=Honest,
    ),
    _fault(
        "auth-refresh-failed", "Takes back all tokens, and refreshes none.", RefreshRefused, _BROWSER, ok=WithRefresh
    ),
    _fault(
        "auth-server-metadata-broken",
        "Publishes no metadata of the authorization server.",
        _answers("server_metadata", 404),
    ),
    _fault("auth-issuer-mismatch", "Publishes metadata of another issuer.", _metadata(issuer="https://as.example")),
    _fault(
        "auth-endpoint-insecure",
        "Names a token endpoint without https.",
        _metadata(**{"token_endpoint": "http://as.example/t"}),
    ),
    _fault(
        "auth-pkce-not-advertised",
        "Does not say that it knows PKCE.",
        _metadata(code_challenge_methods_supported=None),
        _BROWSER,
    ),
    _fault(
        "auth-iss-not-supported",
        "Does not promise to name itself.",
        _metadata(authorization_response_iss_parameter_supported=None),
    ),
    _fault("auth-registration-missing", "Registers nobody.", _metadata(registration_endpoint=None), _BROWSER),
    _fault(
        "auth-registration-rejected",
        "Refuses to register.",
        _answers("register", 400, {"error": "invalid_redirect_uri"}),
        _BROWSER,
    ),
    _fault("auth-registration-status", "Registers with status 200.", Registers200, _BROWSER),
    _fault("auth-server-failed", "Fails when asked for its metadata.", _answers("server_metadata", 503, {})),
    _fault("auth-unreachable", "Trusts a server at a port where nobody listens.", Unreachable),
    _fault(
        "auth-denied", "Sends the browser back with an error.", _authorize(error="access_denied", code=None), _BROWSER
    ),
    _fault("auth-callback-invalid", "Sends the browser back without a code.", _authorize(code=None), _BROWSER),
    _fault("auth-state-mismatch", "Sends the browser back with another state.", OtherState, _BROWSER),
    _fault(
        "auth-iss-mismatch", "Sends the browser back in another name.", _authorize(iss="https://as.example"), _BROWSER
    ),
    _fault("auth-token-refused", "Gives no token.", _answers("token", 400, {"error": "invalid_client"})),
    _fault("auth-token-response-invalid", "Does not say of what type its token is.", NoTokenType),
    _fault(
        "auth-dpop-ignored",
        "Gives a plain token to who proves a key.",
        Guarded,
        _visit(grant="client_credentials", client_id="gallery", client_secret=uuid4().hex, dpop=True),
        ok=Dpop,
    ),
)
