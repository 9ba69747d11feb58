"""A scripted MCP server with its authorization server, and a driver for flows that answers from their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from inspector.protocol.auth.authorizer import Authorizer
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, AuthFlow, Authorize, Fetch, Fetched
from inspector.protocol.auth.store import CredentialStore, MemoryStore
from inspector.protocol.transports.answer import Head, HttpRequest
from inspector.wire import jsontext

MCP = "https://mcp.example/mcp"
ISSUER = "https://as.example"
CALLBACK = "http://127.0.0.1:3000/callback"
NOW = 1_800_000_000.0

PRM_NAMED = "https://mcp.example/custom/location.json"
PRM_PATH = "https://mcp.example/.well-known/oauth-protected-resource/mcp"
PRM_ROOT = "https://mcp.example/.well-known/oauth-protected-resource"

Page = Fetched | Callable[[HttpRequest], Fetched]


def page(value: object, status: int = 200, *headers: tuple[str, str]) -> Fetched:
    return Fetched(status, (("Content-Type", "application/json"), *headers), jsontext.dumps(value))


NOT_FOUND = Fetched(404, (("Content-Type", "text/plain"),), b"nothing here")


def refusal(status: int = 401, scheme: str = "Bearer", /, *headers: tuple[str, str], **params: str) -> Head:
    listed = ", ".join(f'{name}="{value}"' for name, value in params.items())
    return Head(status, (("WWW-Authenticate", f"{scheme} {listed}".strip()), *headers))


NAMED = refusal(resource_metadata=PRM_PATH)


def form_of(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), strict_parsing=True))


class World:
    """Pages by URL; what is not in the table is 404. `callback` makes the parameters the browser comes back with."""

    def __init__(self, *, prm: str = PRM_PATH, issuer: str = ISSUER, metadata: str | None = None) -> None:
        self.pages: dict[str, Page] = {}
        self.requests: list[HttpRequest] = []
        self.authorizations: list[dict[str, str]] = []
        self.callback: Callable[[dict[str, str]], Mapping[str, str]] = lambda asked: {
            "code": "the-code",
            "state": asked["state"],
        }
        self.tokens = 0
        self.token: dict[str, Any] = {"token_type": "Bearer", "expires_in": 3600}
        self.put_resource(prm, issuer)
        self.put_server(issuer, metadata)

    def put_resource(self, at: str, issuer: str = ISSUER, /, **more: Any) -> None:
        self.pages[at] = page({"resource": MCP, "authorization_servers": [issuer]} | more)

    def put_server(self, issuer: str = ISSUER, at: str | None = None, /, **more: Any) -> None:
        document = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "registration_endpoint": f"{issuer}/register",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
        } | more
        kept = {name: value for name, value in document.items() if value is not None}
        self.pages[at or f"{issuer}/.well-known/oauth-authorization-server"] = page(kept)
        self.pages[f"{issuer}/token"] = self.give_token
        self.pages[f"{issuer}/register"] = page({"client_id": f"client of {issuer}"}, 201)

    def give_token(self, request: HttpRequest) -> Fetched:
        self.tokens += 1
        return page({"access_token": f"token-{self.tokens}"} | self.token)

    def run(self, flow: AuthFlow | None) -> None:
        """Drive a flow to its end; raises what it raises."""
        assert flow is not None
        reply: Fetched | str | None = None
        while True:
            try:
                step = next(flow) if reply is None else flow.send(reply)
            except StopIteration:
                return
            reply = self._fetch(step) if isinstance(step, Fetch) else self._authorize(step)

    def fails(self, flow: AuthFlow | None) -> AuthError:
        """The error that a flow ends with."""
        try:
            self.run(flow)
        except AuthError as error:
            assert error.sentence.endswith("."), error.sentence
            return error
        raise AssertionError("the flow ended well")

    @property
    def visited(self) -> list[str]:
        """The requests in their order."""
        return [f"{request.method} {request.url}" for request in self.requests]

    @property
    def posts(self) -> list[dict[str, str]]:
        """The forms of the token requests."""
        return [form_of(request) for request in self.requests if request.url.endswith("/token")]

    def _fetch(self, step: Fetch) -> Fetched:
        self.requests.append(step.request)
        assert step.secret == (step.request.method == "POST")
        found = self.pages.get(step.request.url, NOT_FOUND)
        return found if isinstance(found, Fetched) else found(step.request)

    def _authorize(self, step: Authorize) -> str:
        parts = urlsplit(step.url)
        asked = dict(parse_qsl(parts.query, strict_parsing=True))
        assert len(asked) == len(parse_qsl(parts.query))
        self.requests.append(HttpRequest("BROWSE", step.url.partition("?")[0], (), ""))
        self.authorizations.append(asked)
        return f"{step.redirect_uri}?{urlencode(self.callback(asked))}"


def authorizer(store: CredentialStore | None = None, url: str = MCP, **settings: Any) -> Authorizer:
    return Authorizer(url, AuthSettings(**settings), store or MemoryStore())


def rules(client: Authorizer) -> list[str]:
    return [breach.rule for breach in client.breaches]


def sign_in(world: World, client: Authorizer, head: Head = NAMED) -> None:
    world.run(client.answer(head, CALLBACK, NOW))


def bearer(client: Authorizer) -> str:
    """The Authorization header for the MCP server, empty without a token."""
    return dict(client.headers("POST", MCP, NOW)).get("Authorization", "")
