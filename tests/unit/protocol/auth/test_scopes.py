"""Which scope is asked for, and when a step-up ends (R66)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.support.oauth import (
    CALLBACK,
    ISSUER,
    NOW,
    PRM_PATH,
    World,
    authorizer,
    bearer,
    refusal,
    rules,
    sign_in,
)


@pytest.mark.parametrize(
    ("challenged", "published", "known", "chosen", "expected"),
    [
        pytest.param("mcp:basic", ["a"], None, "", "mcp:basic", id="scope-from-www-authenticate"),
        pytest.param(None, ["mcp:basic", "mcp:read"], None, "", "mcp:basic mcp:read", id="scope-from-scopes-supported"),
        pytest.param(None, None, ["a", "b"], "", None, id="scope-omitted-when-undefined"),
        pytest.param(None, [], None, "", None, id="no-scopes-published"),
        pytest.param(None, ["a"], ["a", "offline_access"], "", "a offline_access", id="offline-access-scope"),
        pytest.param(None, ["a"], ["a", "b"], "", "a", id="offline-access-not-supported"),
        pytest.param(None, None, ["offline_access"], "", None, id="offline-access-is-not-added-to-nothing"),
        pytest.param("a", ["b"], ["offline_access"], "mine  too", "mine too", id="the-users-own-words"),
    ],
)
def test_e2_the_scope_that_is_asked_for(
    challenged: str | None, published: list[str] | None, known: list[str] | None, chosen: str, expected: str | None
) -> None:
    world, client = World(), authorizer(scope=chosen)
    documented: dict[str, Any] = {} if published is None else {"scopes_supported": published}
    world.put_resource(PRM_PATH, **documented)
    world.put_server(ISSUER, scopes_supported=known)
    plain, scoped = refusal(resource_metadata=PRM_PATH), refusal(resource_metadata=PRM_PATH, scope=challenged or "")
    sign_in(world, client, scoped if challenged else plain)
    assert world.authorizations[0].get("scope") == expected
    assert world.authorizations[0].get("prompt") == ("consent" if "offline" in (expected or "") else None)


def test_e2_scope_step_up_asks_for_the_union_at_the_server_it_knows() -> None:
    world, client = World(), authorizer()
    world.put_resource(PRM_PATH, scopes_supported=["mcp:profile"])
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="mcp:basic"))
    client.operation_started()
    world.requests.clear()
    head = refusal(403, error="insufficient_scope", scope="mcp:write", resource_metadata="https://evil.example/prm")
    assert client.wants(head)
    sign_in(world, client, head)
    assert world.authorizations[1]["scope"] == "mcp:basic mcp:write"
    assert world.visited == [f"BROWSE {ISSUER}/authorize", f"POST {ISSUER}/token"]
    assert bearer(client) == "Bearer token-2"


def test_a_403_that_only_names_a_scope_is_understood_and_reported() -> None:
    world, client = World(), authorizer()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="a"))
    client.operation_started()
    head = refusal(403, scope="a b")
    assert client.wants(head)
    sign_in(world, client, head)
    assert world.authorizations[1]["scope"] == "a b"
    assert "auth-insufficient-scope" in rules(client)


def test_e2_scope_retry_limit_gives_up_on_a_refusal_that_repeats_itself() -> None:
    world, client = World(), authorizer()
    client.operation_started()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="mcp:admin"))
    head = refusal(403, error="insufficient_scope", scope="mcp:admin", error_description="never")
    error = world.fails(client.answer(head, CALLBACK, NOW))
    assert error.rule == "auth-insufficient-scope"
    assert "It says: never." in error.sentence
    assert len(world.authorizations) == 1


def test_r66_at_most_three_sign_ins_for_one_operation() -> None:
    world, client = World(), authorizer()
    client.operation_started()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="a"))
    for scope in ("b", "c"):
        sign_in(world, client, refusal(403, error="insufficient_scope", scope=scope))
    head = refusal(403, error="insufficient_scope", scope="d")
    assert world.fails(client.answer(head, CALLBACK, NOW)).rule == "auth-insufficient-scope"
    assert [asked["scope"] for asked in world.authorizations] == ["a", "a b", "a b c"]
    client.operation_started()
    sign_in(world, client, head)
    assert world.authorizations[-1]["scope"] == "a b c d"


def test_a_token_that_is_refused_at_once_is_explained() -> None:
    world, client = World(), authorizer()
    claims = base64.urlsafe_b64encode(b'{"aud":"https://other.example"}').rstrip(b"=").decode()
    world.token |= {"access_token": f"e30.{claims}.c2ln"}
    sign_in(world, client)
    error = world.fails(client.answer(refusal(resource_metadata=PRM_PATH, error="invalid_token"), CALLBACK, NOW))
    assert error.rule == "auth-audience-mismatch"
    assert "https://other.example" in error.sentence
    assert len(world.authorizations) == 1
