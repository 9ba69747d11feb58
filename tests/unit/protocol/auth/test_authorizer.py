"""Whole flows as conversations: the request and the way back, and where tokens go.

The scenarios of the official suite for clients (protocol part E2) are here and in the tests of the modules that they
are about; the requests that must not be made are the point of most.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.auth.authorizer import Authorizer
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, AuthFlow, Fetch, Fetched
from inspector.protocol.auth.store import MemoryStore
from inspector.protocol.transports.answer import Head
from inspector.wire import jsontext
from tests.support.oauth import (
    CALLBACK,
    ISSUER,
    MCP,
    NAMED,
    NOT_FOUND,
    NOW,
    PRM_PATH,
    World,
    authorizer,
    bearer,
    refusal,
    rules,
    sign_in,
)

AS_METADATA = f"{ISSUER}/.well-known/oauth-authorization-server"


def test_r67_the_request_and_the_token_request_belong_together() -> None:
    world, client = World(), authorizer()
    sign_in(world, client)
    (asked,), (sent,) = world.authorizations, world.posts
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert asked == {
        "response_type": "code",
        "client_id": f"client of {ISSUER}",
        "redirect_uri": CALLBACK,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "state": asked["state"],
        "resource": MCP,
    }
    assert sent == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": CALLBACK,
        "code_verifier": sent["code_verifier"],
        "client_id": f"client of {ISSUER}",
        "resource": MCP,
    }
    assert len(asked["state"]) >= 43
    sign_in(world, authorizer())
    assert world.authorizations[1]["state"] != asked["state"]


@pytest.mark.parametrize(
    ("advertised", "issuer", "is_accepted"),
    [
        pytest.param(True, ISSUER, True, id="iss-supported"),
        pytest.param(None, None, True, id="iss-not-advertised"),
        pytest.param(True, None, False, id="iss-supported-missing"),
        pytest.param(True, "https://evil.example.com", False, id="iss-wrong-issuer"),
        pytest.param(None, "https://evil.example.com", False, id="iss-unexpected"),
        pytest.param(True, f"{ISSUER}/", False, id="iss-normalized"),
        pytest.param(True, "HTTPS://AS.EXAMPLE", False, id="iss-in-capitals"),
        pytest.param(None, ISSUER, True, id="iss-right-but-not-advertised"),
    ],
)
@pytest.mark.parametrize("is_error", [False, True])
def test_e2_the_issuer_in_the_way_back(
    advertised: bool | None, issuer: str | None, is_accepted: bool, is_error: bool
) -> None:
    world, client = World(), authorizer()
    world.put_server(ISSUER, authorization_response_iss_parameter_supported=advertised)
    came = {"error": "access_denied", "error_description": "Visit evil.example"} if is_error else {"code": "c"}
    world.callback = lambda asked: came | {"state": asked["state"]} | ({"iss": issuer} if issuer else {})
    if is_accepted and not is_error:
        sign_in(world, client)
        assert bearer(client)
        return
    error = world.fails(client.answer(NAMED, CALLBACK, NOW))
    assert error.rule == ("auth-denied" if is_accepted else "auth-iss-mismatch")
    assert ("Visit" in error.sentence) == is_accepted, "nobody's words are shown but the right server's"
    assert world.posts == []


@pytest.mark.parametrize("state", ["", "other", "stäte"])
def test_r68_another_state_is_refused(state: str) -> None:
    world = World()
    world.callback = lambda _: {"code": "c", "state": state, "error_description": "Visit evil.example"}
    error = world.fails(authorizer().answer(NAMED, CALLBACK, NOW))
    assert error.rule == "auth-state-mismatch"
    assert "Visit" not in error.sentence
    assert world.posts == []


@pytest.mark.parametrize("methods", [None, [], ["plain"]])
def test_r64_no_pkce_no_sign_in_unless_the_user_wants_it(methods: list[str] | None) -> None:
    world = World()
    world.put_server(ISSUER, code_challenge_methods_supported=methods)
    assert world.fails(authorizer().answer(NAMED, CALLBACK, NOW)).rule == "auth-pkce-not-advertised"
    assert world.visited == [f"GET {PRM_PATH}", f"GET {AS_METADATA}"]
    client = authorizer(require_pkce_advertised=False)
    sign_in(world, client)
    assert world.authorizations[0]["code_challenge_method"] == "S256"
    assert "auth-pkce-not-advertised" in rules(client)


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        (MCP, True),
        ("https://mcp.example/messages?sessionId=1", True),
        ("https://MCP.example:443/x", True),
        ("http://mcp.example/mcp", False),
        ("https://mcp.example.evil.example/mcp", False),
        ("https://mcp.example:8443/mcp", False),
        ("not a url", False),
    ],
)
def test_r60_the_token_goes_to_the_mcp_server_only(url: str, is_ours: bool) -> None:
    world, client = World(), authorizer()
    assert client.headers("POST", MCP, NOW) == ()
    sign_in(world, client)
    assert bool(client.headers("POST", url, NOW)) == is_ours


@pytest.mark.parametrize(
    ("head", "is_wanted"),
    [
        (Head(401, ()), True),
        (refusal(401, "DPoP"), True),
        (Head(401, (("WWW-Authenticate", 'Basic realm="x", Bearer error="invalid_token"'),)), True),
        (Head(401, (("WWW-Authenticate", 'Basic realm="proxy"'),)), False),
        (refusal(403, error="insufficient_scope"), True),
        (refusal(403, error="invalid_token"), False),
        (Head(403, ()), False),
        (Head(404, ()), False),
        (Head(200, ()), False),
    ],
)
def test_r60_which_refusals_can_be_answered(head: Head, is_wanted: bool) -> None:
    assert authorizer().wants(head) == is_wanted


def test_the_facts_hold_no_secret() -> None:
    world = World()
    client = authorizer(client_id="mine", client_secret="hush", scope="a b")
    assert client.describe().has_token is False
    world.token |= {"refresh_token": "hush-2"}
    sign_in(world, client)
    facts = client.describe()
    assert (facts.client_id, facts.registration, facts.grant) == ("mine", "pre-registered", "authorization_code")
    assert (facts.scopes, facts.expires_at, facts.can_refresh, facts.dpop) == (("a", "b"), NOW + 3600, True, False)
    assert "hush" not in repr(facts)
    assert "token-1" not in repr(facts)


def test_breaches_are_reported_once() -> None:
    world, client = World(), authorizer()
    sign_in(world, client)
    assert rules(client) == ["auth-iss-not-supported"]
    client.breaches.clear()
    client.operation_started()
    sign_in(world, client)
    assert client.breaches == []


def test_the_clock_is_read_when_the_browser_is_back() -> None:
    world, client = World(), authorizer()
    times = [NOW]

    def slow(asked: dict[str, str]) -> Mapping[str, str]:
        times[0] += 600
        return {"code": "c", "state": asked["state"]}

    world.callback = slow
    world.run(client.answer(NAMED, CALLBACK, lambda: times[0]))
    assert client.describe().expires_at == NOW + 600 + 3600


def test_the_authorization_endpoint_keeps_its_own_query() -> None:
    world = World()
    world.put_server(ISSUER, authorization_endpoint=f"{ISSUER}/authorize?tenant=1")
    sign_in(world, authorizer())
    assert world.authorizations[0]["tenant"] == "1"
    assert urlsplit(world.visited[3].partition(" ")[2]).path == "/authorize"


def test_a_server_that_is_not_there_is_named() -> None:
    world = World()
    world.pages[PRM_PATH] = type(NOT_FOUND)(0, (), b"", "mcp.example cannot be reached.")
    error = world.fails(authorizer().answer(NAMED, CALLBACK, NOW))
    assert error.rule == "auth-unreachable"
    assert "mcp.example cannot be reached." in error.sentence


# -- whatever the servers send -------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("https://as.example/x"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = (
    *("resource", "authorization_servers", "scopes_supported", "issuer", "authorization_endpoint", "token_endpoint"),
    *("registration_endpoint", "token_endpoint_auth_methods_supported", "code_challenge_methods_supported"),
    *("client_id", "client_secret", "client_secret_expires_at", "token_endpoint_auth_method", "redirect_uris"),
    *("access_token", "token_type", "expires_in", "refresh_token", "scope", "error", "error_description"),
    *("authorization_response_iss_parameter_supported", "issued_token_type", "dpop_bound_access_tokens_required"),
)
SOUND = {
    "resource": MCP,
    "authorization_servers": [ISSUER],
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "registration_endpoint": f"{ISSUER}/register",
    "code_challenge_methods_supported": ["S256"],
    "client_id": "c",
    "access_token": "token-1",
    "token_type": "Bearer",
    "refresh_token": "refresh-1",
    "expires_in": 60,
}
DOCUMENTS = st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=3).map(
    lambda wrong: jsontext.dumps(SOUND | wrong)
)
BODIES = st.just(jsontext.dumps(SOUND)) | DOCUMENTS | DOCUMENTS | st.binary(max_size=40)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "DPoP-Nonce", "WWW-Authenticate", "Location"]),
        st.text(st.characters(max_codepoint=255), max_size=30)
        | st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                'DPoP error="use_dpop_nonce"',
                'Bearer error="insufficient_scope", scope="a"',
                f'Bearer resource_metadata="{PRM_PATH}"',
            ]
        ),
    ),
    max_size=3,
).map(tuple)
STATUSES = st.sampled_from([*[200] * 8, 201, 0, 302, 400, 401, 404, 500])
ANSWERS = st.builds(Fetched, STATUSES, HEADERS, BODIES, st.just("Gone."))
HEADS = st.builds(Head, st.sampled_from([401, 403]), HEADERS) | st.sampled_from(
    [NAMED, refusal(403, error="insufficient_scope", scope="b"), refusal(401, "DPoP", scope="a")]
)
SETTINGS = st.sampled_from(
    [
        AuthSettings(),
        AuthSettings(dpop=True),
        AuthSettings(grant="client_credentials", client_id="c", client_secret="s"),
        AuthSettings(grant="jwt_bearer", assertion="a.b.c"),
        AuthSettings(grant="enterprise", client_id="c", client_secret="s", idp_id_token="t", idp_issuer=ISSUER),
    ]
)


@given(data=st.data(), settings=SETTINGS, heads=st.lists(HEADS, min_size=1, max_size=4))
def test_whatever_the_servers_send_a_flow_ends_with_a_token_or_a_sentence(
    data: st.DataObject, settings: AuthSettings, heads: list[Head]
) -> None:
    client = Authorizer(MCP, settings, MemoryStore())
    for turn, head in enumerate([*heads, None]):
        try:
            drive(client.answer(head, CALLBACK, NOW) if head else client.refresh(NOW + 1e9), data)
        except AuthError as error:
            assert error.sentence.endswith(".")
            assert error.sentence.isprintable()
            assert error.rule
        for name, value in client.headers("POST", MCP, NOW + turn):
            assert value.isascii()
            assert value.isprintable(), name
    assert "token-1" not in repr(client.describe())


def drive(flow: AuthFlow | None, data: st.DataObject) -> None:
    """Answer each step with something; a flow has few steps, whatever comes."""
    reply: Fetched | str | None = None
    for _ in range(20):
        try:
            if flow is None:
                return
            step = next(flow) if reply is None else flow.send(reply)
        except StopIteration:
            return
        if isinstance(step, Fetch):
            assert step.request.url.isascii()
            reply = data.draw(ANSWERS)
        else:
            sound = f"{CALLBACK}?code=c&state={step.state}&iss={ISSUER}"
            reply = data.draw(st.sampled_from([sound, f"{CALLBACK}?code=c&state={step.state}"]) | st.text(max_size=60))
    raise AssertionError("the flow does not end")
