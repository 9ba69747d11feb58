"""From a refusal to an authorization server: the order of the addresses, and what must not be asked (R61 to R63)."""

from __future__ import annotations

import pytest

from inspector.protocol import era
from inspector.protocol.auth.authorizer import Authorizer
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.store import MemoryStore
from inspector.protocol.transports.answer import Head
from tests.support.oauth import (
    CALLBACK,
    ISSUER,
    MCP,
    NAMED,
    NOW,
    PRM_NAMED,
    PRM_PATH,
    PRM_ROOT,
    World,
    authorizer,
    bearer,
    page,
    refusal,
    rules,
    sign_in,
)

AS_METADATA = f"{ISSUER}/.well-known/oauth-authorization-server"
TENANT = f"{ISSUER}/tenant1"
REST = [f"POST {ISSUER}/register", f"BROWSE {ISSUER}/authorize", f"POST {ISSUER}/token"]
REST_OF_TENANT = [step.replace(ISSUER, TENANT) for step in REST]


def test_e2_metadata_default_goes_straight_to_what_the_challenge_names() -> None:
    world, client = World(), authorizer()
    sign_in(world, client, NAMED)
    assert world.visited == [f"GET {PRM_PATH}", f"GET {AS_METADATA}", *REST], "the root is never asked"
    assert bearer(client) == "Bearer token-1"


def test_e2_metadata_var1_looks_at_the_path_first_and_finds_openid() -> None:
    world, client = World(metadata=f"{ISSUER}/.well-known/openid-configuration"), authorizer()
    sign_in(world, client, refusal())
    openid = f"GET {ISSUER}/.well-known/openid-configuration"
    assert world.visited == [f"GET {PRM_PATH}", f"GET {AS_METADATA}", openid, *REST]


def test_e2_metadata_var2_falls_back_to_the_root_and_knows_tenants() -> None:
    metadata = f"{ISSUER}/.well-known/oauth-authorization-server/tenant1"
    world, client = World(prm=PRM_ROOT, issuer=TENANT, metadata=metadata), authorizer()
    world.put_resource(PRM_ROOT, TENANT, resource="https://mcp.example")
    sign_in(world, client, refusal())
    assert world.visited == [f"GET {PRM_PATH}", f"GET {PRM_ROOT}", f"GET {metadata}", *REST_OF_TENANT]
    assert world.authorizations[0]["resource"] == "https://mcp.example", "as published, without a slash added"
    assert world.posts[0]["resource"] == "https://mcp.example"
    assert "auth-prm-resource-mismatch" in rules(client), "a parent is allowed, and noted"


def test_e2_metadata_var3_tries_the_three_addresses_of_a_tenant_in_order() -> None:
    metadata = f"{TENANT}/.well-known/openid-configuration"
    world, client = World(prm=PRM_NAMED, issuer=TENANT, metadata=metadata), authorizer()
    sign_in(world, client, refusal(resource_metadata=PRM_NAMED))
    assert world.visited == [
        f"GET {PRM_NAMED}",
        f"GET {ISSUER}/.well-known/oauth-authorization-server/tenant1",
        f"GET {ISSUER}/.well-known/openid-configuration/tenant1",
        f"GET {metadata}",
        *REST_OF_TENANT,
    ]


def test_r62_metadata_requests_say_our_revision() -> None:
    world = World()
    client = Authorizer(MCP, AuthSettings(), MemoryStore(), revision=era.STATELESS)
    sign_in(world, client)
    gets = [dict(request.headers) for request in world.requests if request.method == "GET"]
    assert [fields["MCP-Protocol-Version"] for fields in gets] == [era.STATELESS, era.STATELESS]


def test_e2_resource_mismatch_stops_before_any_authorization_server_is_asked() -> None:
    world, client = World(), authorizer()
    world.put_resource(PRM_PATH, resource="https://evil.example.com/mcp")
    error = world.fails(client.answer(NAMED, CALLBACK, NOW))
    assert error.rule == "auth-prm-resource-mismatch"
    assert world.visited == [f"GET {PRM_PATH}"]
    assert "evil.example.com" in error.sentence
    assert MCP in error.sentence


def test_e2_metadata_issuer_mismatch_uses_nothing_of_the_document() -> None:
    world, client = World(), authorizer()
    world.put_server(ISSUER, issuer="https://evil.example.com")
    assert world.fails(client.answer(NAMED, CALLBACK, NOW)).rule == "auth-issuer-mismatch"
    assert world.visited == [f"GET {PRM_PATH}", f"GET {AS_METADATA}"]


def test_r62_the_slash_of_a_bare_host_is_tolerated_and_reported() -> None:
    world, client = World(), authorizer()
    world.put_resource(PRM_PATH, f"{ISSUER}/")
    sign_in(world, client)
    assert "auth-issuer-mismatch" in rules(client)
    assert bearer(client)


@pytest.mark.parametrize("status", [500, 503, 429, 0])
def test_r61_a_failing_metadata_server_is_no_verdict(status: int) -> None:
    for address in (PRM_PATH, AS_METADATA):
        world, client = World(), authorizer()
        world.pages[address] = page({}, status)
        world.fails(client.answer(refusal(), CALLBACK, NOW))
        assert world.visited[-1] == f"GET {address}", "neither the next address nor the old ways"


def test_r61_what_the_challenge_names_is_the_only_place() -> None:
    world, client = World(), authorizer()
    head = refusal(resource_metadata=PRM_NAMED)
    assert world.fails(client.answer(head, CALLBACK, NOW)).rule == "auth-prm-broken"
    assert world.visited == [f"GET {PRM_NAMED}"]


@pytest.mark.parametrize("status", [301, 307, 401, 403, 404, 405])
def test_r62_other_refusals_and_redirects_lead_to_the_next_address(status: int) -> None:
    world, client = World(metadata=f"{ISSUER}/.well-known/openid-configuration"), authorizer()
    world.pages[AS_METADATA] = page({}, status, ("Location", "https://evil.example.com"))
    sign_in(world, client)
    assert bearer(client)


def test_metadata_without_servers_or_resource_is_used_as_far_as_it_goes() -> None:
    world, client = World(issuer="https://mcp.example"), authorizer()
    world.pages[PRM_PATH] = page({})
    sign_in(world, client)
    assert rules(client).count("auth-prm-broken") == 2
    assert world.authorizations[0]["resource"] == MCP


def test_a_web_page_at_a_well_known_address_is_reported_and_passed_by() -> None:
    world, client = World(prm=PRM_ROOT), authorizer()
    html = page({}, 200, ("Content-Type", "text/html"))
    world.pages[PRM_PATH] = type(html)(200, (("Content-Type", "text/html"),), b"<!doctype html>")
    sign_in(world, client, refusal())
    assert "auth-prm-broken" in rules(client)
    assert bearer(client)


def test_a_server_without_any_metadata_address_is_told_how_to_write_the_header() -> None:
    world, client = World(), authorizer()
    sign_in(world, client, Head(401, ()))
    (breach,) = [breach for breach in client.breaches if breach.rule == "auth-401-no-challenge"]
    assert PRM_PATH in breach.text
    assert "resource_metadata=" in breach.fix


def test_r70_an_authorization_server_without_https_is_refused() -> None:
    world, client = World(issuer="http://as.example"), authorizer()
    assert world.fails(client.answer(NAMED, CALLBACK, NOW)).rule == "auth-endpoint-insecure"
    assert world.visited == [f"GET {PRM_PATH}"]
    world = World()
    world.put_server(ISSUER, token_endpoint="http://as.example/token")
    assert world.fails(authorizer().answer(NAMED, CALLBACK, NOW)).rule == "auth-endpoint-insecure"
    assert f"POST {ISSUER}/register" not in world.visited


def test_r70_loopback_needs_no_https() -> None:
    world = World(issuer="http://localhost:4000")
    sign_in(world, authorizer())
    assert world.tokens == 1


def test_e2_backcompat_without_resource_metadata_the_origin_is_the_authorization_server() -> None:
    world, client = World(prm="https://nowhere.example", issuer="https://mcp.example"), authorizer()
    sign_in(world, client, refusal())
    metadata = "https://mcp.example/.well-known/oauth-authorization-server"
    assert world.visited[:3] == [f"GET {PRM_PATH}", f"GET {PRM_ROOT}", f"GET {metadata}"]
    assert "resource" not in world.authorizations[0]
    assert bearer(client)


def test_e2_backcompat_without_any_metadata_the_default_paths_are_used() -> None:
    world, client = World(prm="https://nowhere.example", issuer="https://mcp.example"), authorizer()
    del world.pages["https://mcp.example/.well-known/oauth-authorization-server"]
    sign_in(world, client, refusal())
    assert [step.partition("https://mcp.example")[2] for step in world.visited[3:]] == [
        "/register",
        "/authorize",
        "/token",
    ]
