"""Servers that want a sign-in: the whole way to a token, its renewal, and what nobody may see of it (R60 to R71)."""

from __future__ import annotations

import asyncio
import http.client
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import msgspec
import pytest

import inspector
from inspector.protocol.auth.settings import AuthSettings
from inspector.session.failure import ConnectError, FailureKind
from inspector.session.options import AuthorizationPrompt, Refused
from inspector.session.session import Session
from inspector.stats.latency import LatencyStats
from inspector.trace.events import AttemptMade, BodyReceived, ChunkReceived, ConnectionState, Redirected, RequestSent
from inspector.trace.river import River
from tests.end2end.conftest import free_port
from tests.end2end.river_check import check_river, states, until, violations
from tests.end2end.servers.auth_server import AuthServer
from tests.end2end.servers.faults import FaultServer, HttpSseMcp, StreamableMcp, answering, result_of
from tests.end2end.test_cli import command, finish, start
from tests.end2end.test_stateless import Stateless

FULL_FLOW = ["resource metadata", "server metadata", "register", "authorize", "authorization_code"]


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    """What a browser does, without following redirects."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        connection.request("GET", url.partition(parts.netloc)[2])
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class Browser:
    """A user who agrees: opens the page and gives the redirect back, or goes there if `follows`."""

    def __init__(self, *, follows: bool = False) -> None:
        self.prompts: list[AuthorizationPrompt] = []
        self.pages: list[bytes] = []
        self.follows = follows

    async def __call__(self, prompt: AuthorizationPrompt) -> str:
        self.prompts.append(prompt)
        _, headers, _ = await asyncio.to_thread(get, prompt.url)
        if not self.follows:
            return headers["location"]
        for url in (prompt.redirect_uri.replace("/callback", "/favicon.ico"), prompt.redirect_uri + "?code=x&state=y"):
            assert (await asyncio.to_thread(get, url))[0] in (400, 404)
        await asyncio.to_thread(lambda: self.pages.append(get(headers["location"])[2]))
        return ""


@pytest.fixture
async def authority() -> AsyncIterator[FaultServer]:
    async with FaultServer() as running:
        yield running


@pytest.fixture
def guard(authority: FaultServer, server: FaultServer, mcp: StreamableMcp) -> AuthServer:
    """An MCP server at `/mcp` that wants the tokens of an authorization server at another origin."""
    return AuthServer(authority, server, mcp)


@pytest.fixture
def browser() -> Browser:
    return Browser()


def connect(server: FaultServer, browser: Browser | None, **more: Any) -> Session:
    more.setdefault("transport", "streamable-http")
    more.setdefault("auth", AuthSettings())
    return inspector.connect(server.url(), authorize=browser, **more)


def purposes(river: River) -> list[str]:
    """What was asked of the authorization server, in order."""
    sent = (event.purpose for event in river.since(0) if isinstance(event, RequestSent))
    return [purpose.removeprefix("oauth: ") for purpose in sent if purpose.startswith("oauth: ")]


def check_secrets(river: River, secrets: set[str]) -> None:
    """Nothing of a secret is in any event, in whichever spelling."""
    assert secrets
    everything = b"".join(msgspec.msgpack.encode(event) for event in river.since(0))
    for secret in secrets:
        assert secret.encode() not in everything, secret
        assert quote(secret, safe="").encode() not in everything, secret


def say_all(river: River) -> str:
    return " ".join(event.reason for event in states(river))


async def test_signing_in(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    async with connect(server, browser) as session:
        assert (await session.list_tools()).ok
        facts = session.link.authorization.facts
        assert facts is not None and (facts.issuer, facts.client_id, facts.has_token) == (
            guard.issuer,
            "client-1",
            True,
        )
    check_river(session.river)
    check_secrets(session.river, guard.secrets | {browser.prompts[0].state})
    assert guard.asked == FULL_FLOW and violations(session.river) == []
    assert purposes(session.river) == [
        "protected resource metadata", "authorization server metadata", "client registration", "token request"
    ]  # fmt: skip
    assert f"Signed in at {guard.issuer} as client client-1" in say_all(session.river)
    assert browser.prompts[0].issuer == guard.issuer
    signed = [request for request in server.seen if request.path == "/mcp"][1:]
    assert all(request.headers["authorization"].startswith("Bearer access-") for request in signed)
    assert not any("authorization" in request.headers for request in guard.authority.seen)
    assert not any("access-" in request.path for request in server.seen + guard.authority.seen)


async def test_bodies_keep_their_lengths_behind_the_mask(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.auth_methods = ("client_secret_post",)
    async with connect(server, browser) as session:
        pass
    check_river(session.river)
    check_secrets(session.river, guard.secrets)
    events = session.river.since(0)
    token = next(
        event for event in events if isinstance(event, RequestSent) and event.purpose == "oauth: token request"
    )
    sent = next(request for request in guard.authority.seen if request.path == "/token")
    assert len(token.body) == len(sent.body)
    form = parse_qs(token.body.decode())
    assert form["grant_type"] == ["authorization_code"] and form["resource"] == [server.url()]
    assert all(set(form[name][0]) == {"*"} for name in ("code", "code_verifier", "client_secret"))
    body = next(event for event in events if isinstance(event, BodyReceived) and event.stream == token.stream)
    shown = msgspec.json.decode(body.raw)
    assert shown["token_type"] == "Bearer" and set(shown["access_token"]) == set(shown["refresh_token"]) == {"*"}
    chunks = [event.data for event in events if isinstance(event, ChunkReceived) and event.stream == token.stream]
    assert b"".join(chunks) == body.raw


async def test_a_real_browser_comes_back_to_our_listener(guard: AuthServer, server: FaultServer) -> None:
    browser = Browser(follows=True)
    async with connect(server, browser) as session:
        await until(lambda: bool(browser.pages))
    check_river(session.river)
    assert b"You can close this tab" in browser.pages[0]
    assert not any(secret.encode() in browser.pages[0] for secret in guard.secrets)
    redirect = urlsplit(browser.prompts[0].redirect_uri)
    assert (redirect.hostname, redirect.path) == ("127.0.0.1", "/callback")
    with pytest.raises(ConnectionRefusedError):
        get(browser.prompts[0].redirect_uri)


async def test_a_token_that_is_about_to_expire_is_refreshed_first(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.expires_in_s = 1
    async with connect(server, browser, listen=False) as session:
        for _ in range(2):
            await asyncio.sleep(1.0)
            assert (await session.ping()).ok
    check_river(session.river)
    check_secrets(session.river, guard.secrets)
    refreshed = guard.asked[len(FULL_FLOW) :]  # more often where a busy machine needs a second for a step
    assert set(refreshed) == {"refresh_token"} and len(refreshed) >= 2 and len(browser.prompts) == 1
    assert sum(secret.startswith("refresh-") for secret in guard.secrets) == 1 + len(refreshed)  # rotated each time
    assert "The sign-in was renewed" in say_all(session.river)


async def test_a_refresh_token_without_rotation_is_used_again(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.rotates = False
    async with connect(server, browser, listen=False) as session:
        for _ in range(2):
            guard.revoke_all()
            assert (await session.ping()).ok
    check_river(session.river)
    assert guard.asked.count("refresh_token") == 2 and len(browser.prompts) == 1


async def test_a_refresh_that_fails_leads_to_another_sign_in(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.expires_in_s = 1
    async with connect(server, browser, listen=False) as session:
        guard.takes_refresh = False
        await asyncio.sleep(1.0)
        assert (await session.ping()).ok
    check_river(session.river)
    check_secrets(session.river, guard.secrets)
    assert len(browser.prompts) == 2 and guard.asked.count("register") == 1
    assert "The access token could not be refreshed" in say_all(session.river)


async def test_more_scope_is_asked_for_when_it_is_needed(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.needs = {"initialize": "read", "tools/call": "write"}
    async with connect(server, browser) as session:
        assert (await session.call_tool("echo")).ok
    check_river(session.river)
    scopes = [set(query.get("scope", "").split()) for query in guard.authorizations]
    assert scopes == [set(), {"read"}, {"read", "write"}]
    assert guard.asked.count("register") == 1


async def test_a_scope_that_is_never_enough(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    async with connect(server, browser, listen=False) as session:
        guard.guarded = answering(
            403, "text/plain", b"no", ("www-authenticate", 'Bearer error="insufficient_scope", scope="more"')
        )
        answer = await session.call_tool("echo")
        assert not answer.ok and "scope" in answer.sentence and "more" in answer.sentence
    check_river(session.river)
    assert 2 <= len(browser.prompts) <= 4
    assert "auth-insufficient-scope" in violations(session.river)


async def test_a_new_token_that_is_refused_as_well(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    guard.takes_tokens = False
    with pytest.raises(ConnectError) as caught:
        async with connect(server, browser) as session:
            pytest.fail(f"{session} is open")
    assert caught.value.kind is FailureKind.UNAUTHORISED and len(browser.prompts) == 1
    assert "refuses a token that was issued a moment ago" in caught.value.sentence


async def test_the_users_own_header_wins(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    river = River()
    with pytest.raises(ConnectError) as caught:
        async with connect(server, browser, river=river, headers={"authorization": "Bearer mine"}):
            pytest.fail("it is open")
    assert caught.value.kind is FailureKind.UNAUTHORISED
    check_river(river)
    assert guard.asked == [] and browser.prompts == []
    assert {request.headers["authorization"] for request in server.seen} == {"Bearer mine"}


@pytest.mark.parametrize("authorize", [None, Browser()])
async def test_without_settings_nothing_is_signed(
    guard: AuthServer, server: FaultServer, authorize: Browser | None
) -> None:
    river = River()
    with pytest.raises(ConnectError):
        async with connect(server, authorize, river=river, auth=None):
            pytest.fail("it is open")
    assert guard.asked == [] and purposes(river) == []


async def test_without_anybody_to_ask_no_client_is_registered(guard: AuthServer, server: FaultServer) -> None:
    river = River()
    with pytest.raises(ConnectError) as caught:
        async with connect(server, None, river=river):
            pytest.fail("it is open")
    check_river(river)
    assert caught.value.sentence == "This server wants a sign-in, which needs the window or a callback."
    assert caught.value.kind is FailureKind.UNAUTHORISED and "register" not in guard.asked
    assert violations(river) == []


async def test_a_program_signs_in_by_itself(guard: AuthServer, server: FaultServer) -> None:
    guard.clients["robot"] = "the-robots-secret"
    guard.auth_methods = ("client_secret_basic",)
    settings = AuthSettings(grant="client_credentials", client_id="robot", client_secret="the-robots-secret", scope="a")
    async with connect(server, None, auth=settings) as session:
        assert (await session.ping()).ok
    check_river(session.river)
    check_secrets(session.river, guard.secrets | {"the-robots-secret"})
    assert guard.asked[2:] == ["client_credentials"]


async def test_a_wrong_secret_is_not_repeated_to_anybody(
    guard: AuthServer, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = AuthSettings(grant="client_credentials", client_id="robot", client_secret="the-wrong-secret")
    guard.auth_methods = ("client_secret_post",)
    river = River()
    with pytest.raises(ConnectError) as caught:
        async with connect(server, None, river=river, auth=settings):
            pytest.fail("it is open")
    check_river(river)
    check_secrets(river, {"the-wrong-secret"})  # although the server says it in its error_description
    assert "the-wrong-secret" not in caught.value.sentence + caplog.text + repr(settings)
    assert violations(river) != []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"named_issuer": "https://elsewhere.invalid"}, "auth-issuer-mismatch"),
        ({"iss": None}, "auth-iss-mismatch"),
        ({"iss": "https://elsewhere.invalid"}, "auth-iss-mismatch"),
        ({"metadata_status": 503}, "auth-"),
        ({"prm_status": 500}, "auth-"),
        ({"denies": True}, "auth-denied"),
    ],
)
async def test_an_authorization_server_that_cannot_be_trusted_gets_no_code(
    guard: AuthServer, server: FaultServer, browser: Browser, change: dict[str, Any], rule: str
) -> None:
    for name, value in change.items():
        setattr(guard, name, value)
    river = River()
    with pytest.raises(ConnectError) as caught:
        async with connect(server, browser, river=river):
            pytest.fail("it is open")
    check_river(river)
    assert caught.value.kind is FailureKind.UNAUTHORISED and caught.value.sentence.endswith(".")
    assert any(found.startswith(rule) for found in violations(river)), violations(river)
    assert "authorization_code" not in guard.asked


async def test_a_user_who_refuses(guard: AuthServer, server: FaultServer) -> None:
    async def refuse(prompt: AuthorizationPrompt) -> str:
        raise Refused("The dialog was closed.")

    river = River()
    with pytest.raises(ConnectError, match=r"Nobody signed in: The dialog was closed\."):
        async with inspector.connect(
            server.url(), transport="streamable-http", river=river, auth=AuthSettings(), authorize=refuse
        ):
            pytest.fail("it is open")
    check_river(river)
    assert violations(river) == []


async def test_two_requests_at_once_cause_one_sign_in(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    async with connect(server, browser, listen=False) as session:
        guard.revoke_all()
        guard.takes_refresh = False
        answers = await asyncio.gather(*(session.ping() for _ in range(5)))
        assert all(answer.ok for answer in answers)
    check_river(session.river)
    assert len(browser.prompts) == 2


async def test_two_requests_at_once_cause_one_refusal(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    async with connect(server, browser, listen=False) as session:
        guard.revoke_all()
        guard.takes_refresh = False
        guard.denies = True
        answers = await asyncio.gather(*(session.ping() for _ in range(5)))
        assert not any(answer.ok for answer in answers)
        assert len({answer.sentence for answer in answers}) == 1 and "sign-in" in answers[0].sentence
    check_river(session.river)
    assert len(browser.prompts) == 2


async def test_the_time_of_a_sign_in_does_not_count(guard: AuthServer, server: FaultServer) -> None:
    class Slow(Browser):
        async def __call__(self, prompt: AuthorizationPrompt) -> str:
            await asyncio.sleep(1.5)
            return await super().__call__(prompt)

    async with connect(server, Slow(), request_timeout_s=1.2) as session:
        assert (await session.ping()).ok
    check_river(session.river)


async def test_the_token_goes_to_no_other_origin(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    async with connect(server, browser, listen=False) as session:
        guard.guarded = answering(307, None, b"", ("location", guard.authority.url("/elsewhere")))
        assert not (await session.ping()).ok
        guard.guarded = answering(307, None, b"", ("location", server.url("/moved")))
        assert not (await session.ping()).ok
    check_river(session.river)
    assert not any(request.path == "/elsewhere" for request in guard.authority.seen)
    assert all("authorization" not in request.headers for request in guard.authority.seen)
    assert {request.headers["authorization"][:6] for request in server.seen if request.path == "/moved"} == {"Bearer"}
    assert [event.followed for event in session.river.since(0) if isinstance(event, Redirected)][:2] == [False, True]


async def test_a_second_session_starts_with_what_the_first_one_kept(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    from inspector.protocol.auth.store import MemoryStore

    store = MemoryStore()
    for _ in range(2):
        async with connect(server, browser, credentials=store) as session:
            assert (await session.ping()).ok
        check_river(session.river)
    assert len(browser.prompts) == 1 and guard.asked.count("register") == 1


@pytest.mark.parametrize("transport", ["http+sse", "raw-sse", "auto"])
async def test_the_other_transports_sign_in_too(
    guard: AuthServer, server: FaultServer, browser: Browser, transport: str
) -> None:
    old = HttpSseMcp()
    guard.guarded = old.stream
    server.routes["/messages"] = guarding(guard, old)
    async with connect(server, browser, transport=transport) as session:
        assert session.state is ConnectionState.OPEN
        if transport != "raw-sse":
            assert (await session.ping()).ok
    check_river(session.river)
    check_secrets(session.river, guard.secrets)
    assert len(browser.prompts) == 1


async def test_a5_the_search_goes_on_after_a_sign_in_with_the_attempt_that_was_refused(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    guard.guarded = Stateless(tools={"listChanged": True})
    async with connect(server, browser, transport="auto") as session:
        assert session.is_stateless
        assert (await session.call_tool("echo")).ok
    made = [event for event in session.river.since(0) if isinstance(event, AttemptMade)]
    assert [(event.transport, event.succeeded) for event in made] == [("stateless", True)]
    asked = [r.message["method"] for r in server.seen if r.path == "/mcp"]
    assert asked[:2] == ["server/discover", "server/discover"]
    ids = [r.message["id"] for r in server.seen if r.path == "/mcp"]
    assert ids[0] == ids[1]
    row = {row.key: row for row in folded(session.river).rows()}["server/discover"]
    assert (row.count, row.in_flight, row.errors, row.lost) == (1, 0, 0, 0)
    check_river(session.river)
    check_secrets(session.river, guard.secrets)


async def test_a5_a_sign_in_that_fails_ends_the_search(guard: AuthServer, server: FaultServer) -> None:
    async def refuse(prompt: AuthorizationPrompt) -> str:
        raise Refused("Not now.")

    guard.guarded = Stateless()
    river = River()
    with pytest.raises(ConnectError) as caught:
        async with inspector.connect(server.url(), river=river, auth=AuthSettings(), authorize=refuse):
            pytest.fail("it is open")
    assert caught.value.kind is FailureKind.UNAUTHORISED and "Not now." in caught.value.sentence
    assert len([r for r in server.seen if r.path == "/mcp"]) == 1
    check_river(river)


async def test_r49_what_was_private_to_another_token_is_not_fresh(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    scopes = {"tools/list": "private", "prompts/list": "public"}
    stateless = Stateless()

    async def listed(connection: Any, request: Any, message: dict[str, Any]) -> dict[str, Any]:
        method = message["method"]
        hints = {"resultType": "complete", "ttlMs": 60_000, "cacheScope": scopes[method]}
        return result_of(message, {**hints, method.partition("/")[0]: []})

    stateless.on |= {"tools/list": listed, "prompts/list": listed}
    guard.guarded, guard.needs = stateless, {"tools/call": "more"}
    async with connect(server, browser, transport="stateless") as session:
        await session.list_tools()
        await session.list_prompts()
        assert session.freshness("tools/list") is not None
        assert (await session.call_tool("echo")).ok
        assert session.freshness("tools/list") is None
        assert session.freshness("prompts/list") is not None
    check_river(session.river)


def folded(river: River) -> LatencyStats:
    stats = LatencyStats()
    stats.fold(river.since(0))
    return stats


def guarding(guard: AuthServer, old: HttpSseMcp) -> Callable[..., Any]:
    """The POST side of HTTP+SSE behind the same guard."""

    async def post(connection: Any, request: Any) -> None:
        guard.guarded = old.post
        try:
            await guard.guard(connection, request)
        finally:
            guard.guarded = old.stream

    return post


async def test_giving_up_during_a_sign_in_leaves_nothing_behind(guard: AuthServer, server: FaultServer) -> None:
    prompts: list[AuthorizationPrompt] = []
    told: list[str] = []

    async def think(prompt: AuthorizationPrompt) -> str:
        prompts.append(prompt)
        try:
            return await asyncio.Future[str]()
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    river = River()
    with pytest.raises(TimeoutError):
        async with (
            asyncio.timeout(0.7),
            inspector.connect(server.url(), river=river, auth=AuthSettings(), authorize=think),
        ):
            pytest.fail("it is open")
    check_river(river)
    assert told == ["cancelled"]
    with pytest.raises(ConnectionRefusedError):
        get(prompts[0].redirect_uri)


async def test_a_redirect_address_of_the_users_choice(guard: AuthServer, server: FaultServer) -> None:
    browser = Browser(follows=True)
    chosen = f"http://localhost:{free_port()}/callback"
    async with connect(server, browser, auth=AuthSettings(redirect_uri=chosen)) as session:
        await until(lambda: bool(browser.pages))
    check_river(session.river)
    assert browser.prompts[0].redirect_uri == chosen == guard.authorizations[0]["redirect_uri"]


async def test_a_redirect_address_that_is_taken_is_left_to_the_callback(
    guard: AuthServer, server: FaultServer, browser: Browser
) -> None:
    taken = server.url("/callback")
    async with connect(server, browser, auth=AuthSettings(redirect_uri=taken)) as session:
        assert (await session.ping()).ok
    check_river(session.river)
    assert guard.authorizations[0]["redirect_uri"] == taken


async def test_the_same_port_is_listened_to_again(guard: AuthServer, server: FaultServer, browser: Browser) -> None:
    """A client that is registered may come back to no other address."""
    async with connect(server, browser, listen=False) as session:
        guard.revoke_all()
        guard.takes_refresh = False
        assert (await session.ping()).ok
    check_river(session.river)
    assert len({prompt.redirect_uri for prompt in browser.prompts}) == 1 and len(browser.prompts) == 2


async def test_a_command_signs_in_where_the_user_opens_the_address(guard: AuthServer, server: FaultServer) -> None:
    refused = await command("call", server.url(), "echo")
    assert refused.code == 4 and "credentials" in refused.err
    process = await start("call", server.url(), "echo", "--sign-in")
    assert process.stderr is not None
    lines = [(await process.stderr.readline()).decode() for _ in range(2)]
    assert "Open this address" in lines[0]
    _, headers, _ = await asyncio.to_thread(get, lines[1].strip())
    await asyncio.to_thread(get, headers["location"])
    outcome = await finish(process)
    assert (outcome.code, outcome.out) == (0, b"done\n"), outcome
