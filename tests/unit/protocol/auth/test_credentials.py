"""What is kept between requests and connections: tokens, refresh tokens, registrations (R65, R70)."""

from __future__ import annotations

from typing import Any

from inspector.protocol.auth.store import MemoryStore
from inspector.protocol.transports.answer import HttpRequest
from tests.support.oauth import (
    CALLBACK,
    ISSUER,
    MCP,
    NAMED,
    NOW,
    PRM_NAMED,
    PRM_PATH,
    World,
    authorizer,
    bearer,
    form_of,
    page,
    refusal,
    sign_in,
)


def refreshing(lifetime_s: int = 100) -> World:
    world = World()

    def give(request: HttpRequest) -> Any:
        form = form_of(request)
        world.tokens += 1
        if form["grant_type"] == "refresh_token" and form["refresh_token"] != f"refresh-{world.tokens - 1}":
            return page({"error": "invalid_grant"}, 400)
        tokens = {"access_token": f"token-{world.tokens}", "refresh_token": f"refresh-{world.tokens}"}
        return page(tokens | {"token_type": "bearer", "expires_in": lifetime_s})

    world.pages[f"{ISSUER}/token"] = give
    return world


def test_r70_a_token_is_refreshed_before_it_ends_and_the_refresh_token_rotates() -> None:
    world, client = refreshing(), authorizer()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="a"))
    assert client.refresh(NOW + 89) is None
    for turn, now in enumerate((NOW + 90, NOW + 190), start=1):
        world.run(client.refresh(now))
        assert world.posts[-1] == {
            "grant_type": "refresh_token",
            "refresh_token": f"refresh-{turn}",
            "client_id": f"client of {ISSUER}",
            "resource": MCP,
        }
        assert bearer(client) == f"Bearer token-{turn + 1}"
        assert client.describe().scopes == ("a",), "what the answer leaves out stays"
    assert len(world.authorizations) == 1


def test_r70_a_refresh_token_that_does_not_rotate_is_kept() -> None:
    world, client = World(), authorizer()
    world.token |= {"refresh_token": "for-ever"}
    sign_in(world, client)
    del world.token["refresh_token"]
    world.run(client.refresh(NOW + 3600))
    world.run(client.refresh(NOW + 7200))
    assert [form.get("refresh_token") for form in world.posts] == [None, "for-ever", "for-ever"]


def test_r70_a_401_is_answered_by_a_refresh_and_the_next_one_by_the_full_flow() -> None:
    world, client = refreshing(), authorizer()
    sign_in(world, client)
    client.operation_started()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, error="invalid_token"))
    assert bearer(client) == "Bearer token-2"
    assert len(world.authorizations) == 1
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, error="invalid_token"))
    assert len(world.authorizations) == 2


def test_r70_a_refused_refresh_is_dropped_and_the_full_flow_follows() -> None:
    world, store = World(), MemoryStore()
    client = authorizer(store)
    world.token |= {"refresh_token": "refresh-old"}
    sign_in(world, client)
    generation = client.generation
    give = world.pages[f"{ISSUER}/token"]
    world.pages[f"{ISSUER}/token"] = page(
        {"error": "invalid_grant", "error_description": "refresh-old is used up"}, 400
    )
    error = world.fails(client.refresh(NOW + 3600))
    assert error.rule == "auth-token-refused"
    assert "used up" not in error.sentence, "the text echoes the refresh token"
    assert bearer(client) == ""
    assert client.generation > generation
    assert client.refresh(NOW + 3600) is None
    world.pages[f"{ISSUER}/token"] = give
    client.operation_started()
    sign_in(world, client)
    assert len(world.authorizations) == 2
    assert world.visited.count(f"POST {ISSUER}/register") == 1, "the registration is kept"


def test_r70_a_server_that_fails_to_refresh_keeps_the_tokens() -> None:
    world, client = World(), authorizer()
    world.token |= {"refresh_token": "long-lived"}
    sign_in(world, client)
    world.pages[f"{ISSUER}/token"] = page({}, 503)
    assert world.fails(client.refresh(NOW + 3600)).rule == "auth-server-failed"
    assert bearer(client) == "Bearer token-1"
    client.operation_started()
    assert world.fails(client.answer(NAMED, CALLBACK, NOW)).rule == "auth-server-failed"
    assert len(world.authorizations) == 1, "the user is not troubled for a server that is down"


def test_a_stored_token_is_used_before_anybody_is_asked() -> None:
    world, store = World(), MemoryStore()
    sign_in(world, authorizer(store))
    world.requests.clear()
    second = authorizer(store)
    sign_in(world, second)
    assert [request.method for request in world.requests] == ["GET", "GET"]
    assert bearer(second) == "Bearer token-1"
    facts = second.describe()
    assert (facts.issuer, facts.registration, facts.has_token) == (ISSUER, "dynamic", True)
    sign_in(world, second)
    assert bearer(second) == "Bearer token-2", "refused, and without a refresh token: the full flow"


def test_a_stored_token_of_another_resource_is_left_alone() -> None:
    world, store = World(), MemoryStore()
    sign_in(world, authorizer(store))
    other = "https://mcp.example/other"
    world.put_resource(PRM_NAMED, resource=other)
    client = authorizer(store, url=other)
    sign_in(world, client, refusal(resource_metadata=PRM_NAMED))
    assert world.authorizations[1]["resource"] == other
    assert world.visited.count(f"POST {ISSUER}/register") == 1
    assert dict(client.headers("POST", other, NOW))["Authorization"] == "Bearer token-2"


def test_another_redirect_uri_needs_another_registration() -> None:
    world, store = World(), MemoryStore()
    sign_in(world, authorizer(store))
    client = authorizer(store, scope="more")
    world.run(client.answer(refusal(resource_metadata=PRM_PATH, scope="more"), "http://127.0.0.1:9/callback", NOW))
    assert world.visited.count(f"POST {ISSUER}/register") == 2


def test_two_connections_do_not_use_one_refresh_token_twice() -> None:
    world, store = refreshing(), MemoryStore()
    first, second = authorizer(store), authorizer(store)
    sign_in(world, first)
    sign_in(world, second)
    assert bearer(second) == "Bearer token-1"
    world.run(first.refresh(NOW + 95))
    assert second.refresh(NOW + 96) is None, "the new token is in the store already"
    assert bearer(second) == "Bearer token-2"


def test_a_client_that_the_server_has_forgotten_registers_again_the_next_time() -> None:
    world, client = World(), authorizer()
    give = world.pages[f"{ISSUER}/token"]
    world.pages[f"{ISSUER}/token"] = page({"error": "invalid_client"}, 401)
    world.fails(client.answer(NAMED, CALLBACK, NOW))
    world.pages[f"{ISSUER}/token"] = give
    sign_in(world, client)
    assert world.visited.count(f"POST {ISSUER}/register") == 2


def test_signing_out_leaves_no_token() -> None:
    world, store = World(), MemoryStore()
    client = authorizer(store)
    sign_in(world, client)
    client.forget()
    assert bearer(client) == ""
    assert (store.load(ISSUER) or {})["tokens"] == {}
