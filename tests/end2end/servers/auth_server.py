"""An authorization server and an MCP server that wants its tokens, with switches for what can be wrong with them."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from tests.end2end.servers.faults import JSON, Behaviour, Connection, FaultServer, Json, Request

PRM = "/.well-known/oauth-protected-resource/mcp"
METADATA = "/.well-known/oauth-authorization-server"


class Refusal(Exception):
    """The token endpoint says no; the text is the OAuth error code."""


@dataclass
class Token:
    """An access token that was issued."""

    scope: str
    expires_at: float


@dataclass
class AuthServer:
    """Grants at once what it is asked for. It lives at the origin `authority` and guards `/mcp` at `resource`.

    Switches: `expires_in_s` of its tokens, `needs` the scope for each JSON-RPC method (403 without it), `named_issuer`
    in its metadata (None is its own), `iss` in its redirects (None leaves it out), `metadata_status`, `prm_status`,
    `takes_refresh`, `rotates`, `auth_methods`. `secrets` is everything that nobody else may ever see; `asked` are the
    endpoints and grants in the order of their use, `authorizations` the queries of /authorize.
    """

    authority: FaultServer
    resource: FaultServer
    guarded: Behaviour
    expires_in_s: float = 3600
    needs: dict[str, str] = field(default_factory=dict)
    named_issuer: str | None = None
    advertises_iss: bool = True
    iss: str | None = ""
    metadata_status: int = 200
    prm_status: int = 200
    takes_refresh: bool = True
    rotates: bool = True
    takes_tokens: bool = True
    denies: bool = False
    auth_methods: tuple[str, ...] = ("none",)
    secrets: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    authorizations: list[dict[str, str]] = field(default_factory=list)
    clients: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _refreshes: dict[str, str] = field(default_factory=dict)
    _issued: int = 0

    def __post_init__(self) -> None:
        self.authority.routes |= {
            METADATA: self._metadata,
            "/register": self._register,
            "/authorize": self._authorize,
            "/token": self._token,
        }
        self.resource.routes |= {PRM: self._resource_metadata, "/mcp": self.guard}

    @property
    def issuer(self) -> str:
        return self.authority.url("").rstrip("/")

    def revoke_all(self) -> None:
        """As after a restart: no access token is good any more."""
        self.tokens.clear()

    def _secret(self, kind: str) -> str:
        self._issued += 1
        secret = f"{kind}-{self._issued}-" + hashlib.sha256(f"{kind} {self._issued}".encode()).hexdigest()
        self.secrets.add(secret)
        return secret

    async def guard(self, connection: Connection, request: Request) -> None:
        """What stands before the MCP server."""
        where = f'resource_metadata="{self.resource.url(PRM)}"'
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        token = self.tokens.get(value) if scheme == "Bearer" and self.takes_tokens else None
        if token is None or token.expires_at <= time.time():
            await _refuse(connection, 401, f"Bearer {where}" + (', error="invalid_token"' if value else ""))
            return
        method = request.message.get("method", "") if request.body else ""
        needed = self.needs.get(method, "")
        if needed not in token.scope.split() and needed:
            await _refuse(connection, 403, f'Bearer error="insufficient_scope", scope="{needed}", {where}')
            return
        await self.guarded(connection, request)

    async def _resource_metadata(self, connection: Connection, request: Request) -> None:
        self.asked.append("resource metadata")
        body = {"resource": self.resource.url("/mcp"), "authorization_servers": [self.issuer]}
        await _json(connection, self.prm_status, body)

    async def _metadata(self, connection: Connection, request: Request) -> None:
        self.asked.append("server metadata")
        body = {
            "issuer": self.named_issuer or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "registration_endpoint": f"{self.issuer}/register",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": list(self.auth_methods),
            "authorization_response_iss_parameter_supported": self.advertises_iss,
        }
        await _json(connection, self.metadata_status, body)

    async def _register(self, connection: Connection, request: Request) -> None:
        self.asked.append("register")
        client_id = f"client-{len(self.clients) + 1}"
        method = request.message.get("token_endpoint_auth_method", "client_secret_basic")
        secret = self.clients[client_id] = "" if method == "none" else self._secret("client-secret")
        more = {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}
        await _json(connection, 201, request.message | {"client_id": client_id} | more)

    async def _authorize(self, connection: Connection, request: Request) -> None:
        self.asked.append("authorize")
        asked = dict(parse_qsl(urlsplit(request.path).query))
        self.authorizations.append(asked)
        answer = {"state": asked["state"]}
        if self.denies:
            answer["error"] = "access_denied"
        else:
            answer["code"] = self._secret("code")
            self._codes[answer["code"]] = asked
        if self.iss is not None:
            answer["iss"] = self.iss or self.issuer
        location = f"{asked['redirect_uri']}?{urlencode(answer)}"
        await connection.answer(302, "text/plain", b"", [("location", location)])

    async def _token(self, connection: Connection, request: Request) -> None:
        form = dict(parse_qsl(request.body.decode()))
        self.asked.append(form["grant_type"])
        self.secrets |= {form[name] for name in ("code_verifier", "client_secret") if name in form}
        try:
            scope = self._granted(form, request)
        except Refusal as refusal:
            await _json(
                connection, 400, {"error": str(refusal), "error_description": f"It was {request.body.decode()}"}
            )
            return
        access, refresh = self._secret("access"), form.get("refresh_token", "")
        self.tokens[access] = Token(scope, time.time() + self.expires_in_s)
        if form["grant_type"] != "client_credentials" and (self.rotates or not refresh):
            self._refreshes.pop(refresh, None)
            refresh = self._secret("refresh")
            self._refreshes[refresh] = scope
        body: Json = {"access_token": access, "token_type": "Bearer", "expires_in": self.expires_in_s, "scope": scope}
        await _json(connection, 200, body | ({"refresh_token": refresh} if refresh else {}))

    def _granted(self, form: dict[str, str], request: Request) -> str:
        """The scope of what the client asks for, if it may have it. Raises `Refusal`."""
        client_id, secret = _client_of(form, request)
        if self.clients.get(client_id) != secret:
            raise Refusal("invalid_client")
        if form["grant_type"] == "client_credentials":
            return form.get("scope", "")
        if form["grant_type"] == "refresh_token":
            scope = self._refreshes.get(form["refresh_token"])
            if scope is None or not self.takes_refresh:
                raise Refusal("invalid_grant")
            return scope
        asked = self._codes.pop(form["code"], None)
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        same = asked is not None and all(
            form[name] == asked[name] for name in ("redirect_uri", "resource", "client_id")
        )
        if asked is None or not same or digest != asked["code_challenge"]:
            raise Refusal("invalid_grant")
        return asked.get("scope", "")


def _client_of(form: dict[str, str], request: Request) -> tuple[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme == "Basic":
        client_id, _, secret = base64.b64decode(value).decode().partition(":")
        return unquote_plus(client_id), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


async def _refuse(connection: Connection, status: int, challenge: str) -> None:
    """With a body that looks like an answer to the request: it is none, as the request is sent again."""
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": -32001, "message": "Unauthorized"}}
    await connection.answer(status, JSON, json.dumps(body).encode(), [("www-authenticate", challenge)])


async def _json(connection: Connection, status: int, body: Json) -> None:
    await connection.answer(status, JSON, json.dumps(body).encode())
