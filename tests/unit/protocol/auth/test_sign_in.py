"""The other grants: client credentials, a workload's JWT, an enterprise's identity provider (R71)."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from inspector.protocol.auth.grants import ID_JAG, ID_TOKEN, JWT_BEARER, TOKEN_EXCHANGE
from tests.support.oauth import (
    ISSUER,
    MCP,
    NAMED,
    NOW,
    PRM_PATH,
    World,
    authorizer,
    bearer,
    form_of,
    page,
    refusal,
    rules,
    sign_in,
)

IDP = "https://idp.example"


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, kind, serialization.NoEncryption()).decode()


def test_e2_client_credentials_basic_asks_nobody() -> None:
    world, client = World(), authorizer(grant="client_credentials", client_id="c", client_secret="s")
    world.put_server(
        ISSUER,
        token_endpoint_auth_methods_supported=["client_secret_basic"],
        code_challenge_methods_supported=None,
        authorization_endpoint=None,
    )
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, scope="a b"))
    assert world.authorizations == []
    assert world.posts == [{"grant_type": "client_credentials", "scope": "a b", "resource": MCP, "client_id": "c"}]
    assert dict(world.requests[-1].headers)["Authorization"] == "Basic Yzpz"
    assert bearer(client) == "Bearer token-1"


def test_e2_client_credentials_jwt_signs_an_assertion_for_the_issuer() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    world, client = World(), authorizer(grant="client_credentials", client_id="c", private_key_pem=pem(key))
    world.put_server(ISSUER, token_endpoint_auth_methods_supported=["private_key_jwt"])
    sign_in(world, client)
    (form,) = world.posts
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    claims = jwt.decode(
        form["client_assertion"],
        key.public_key(),
        ["ES256"],
        audience=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["sub"], claims["iat"]) == ("c", "c", int(NOW))
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert "client_secret" not in form


def test_r71_client_credentials_come_anew_with_each_401() -> None:
    world, client = World(), authorizer(grant="client_credentials", client_id="c", client_secret="s")
    sign_in(world, client)
    assert client.refresh(NOW + 1e6) is None
    client.operation_started()
    sign_in(world, client)
    assert bearer(client) == "Bearer token-2"


def test_e2_wif_sends_the_workloads_jwt_once() -> None:
    world, client = World(), authorizer(grant="jwt_bearer", client_id="w", assertion="header.claims.signature")
    sign_in(world, client)
    assert world.posts == [
        {"grant_type": JWT_BEARER, "assertion": "header.claims.signature", "resource": MCP, "client_id": "w"}
    ]
    assert f"POST {ISSUER}/register" not in world.visited


@pytest.mark.parametrize("code", ["invalid_grant", "invalid_scope", "unauthorized_client"])
def test_e2_wif_gives_up_after_a_refusal(code: str) -> None:
    world, client = World(), authorizer(grant="jwt_bearer", client_id="w", assertion="header.claims.signature")
    world.pages[f"{ISSUER}/token"] = page({"error": code, "error_description": "header.claims.signature is bad"}, 400)
    error = world.fails(client.answer(NAMED, "", NOW))
    assert error.rule == "auth-token-refused"
    assert "signature" not in error.sentence
    client.operation_started()
    assert world.fails(client.answer(NAMED, "", NOW)).rule == "auth-token-refused"
    assert len(world.posts) == 1, "neither again nor by another grant"


def enterprise(**more: Any) -> dict[str, Any]:
    return {
        "grant": "enterprise",
        "client_id": "c",
        "client_secret": "s",
        "idp_client_id": "at-idp",
        "idp_id_token": "id.token.jwt",
        "idp_issuer": IDP,
        "idp_token_endpoint": f"{IDP}/token",
    } | more


def enterprise_world() -> World:
    world = World()
    world.put_server(ISSUER, token_endpoint_auth_methods_supported=["client_secret_basic"])
    world.put_server(IDP)
    world.pages[f"{IDP}/token"] = page({"access_token": "id-jag", "issued_token_type": ID_JAG, "token_type": "N_A"})
    return world


def test_e2_enterprise_exchanges_the_id_token_and_then_asks_for_the_token() -> None:
    world, client = enterprise_world(), authorizer(**enterprise())
    sign_in(world, client)
    exchange, grant = world.posts
    assert exchange == {
        "grant_type": TOKEN_EXCHANGE,
        "requested_token_type": ID_JAG,
        "subject_token": "id.token.jwt",
        "subject_token_type": ID_TOKEN,
        "audience": ISSUER,
        "resource": MCP,
        "client_id": "at-idp",
    }
    assert grant == {"grant_type": JWT_BEARER, "assertion": "id-jag", "resource": MCP, "client_id": "c"}
    assert dict(world.requests[-1].headers)["Authorization"] == "Basic Yzpz"
    assert bearer(client) == "Bearer token-1"


def test_r71_the_identity_providers_endpoint_is_looked_up_where_it_is_not_given() -> None:
    world = enterprise_world()
    sign_in(world, authorizer(**enterprise(idp_token_endpoint="")))
    assert f"GET {IDP}/.well-known/oauth-authorization-server" in world.visited
    assert world.visited[-2:] == [f"POST {IDP}/token", f"POST {ISSUER}/token"]


def test_r71_an_identity_provider_that_gives_something_else() -> None:
    world, client = enterprise_world(), authorizer(**enterprise())
    world.pages[f"{IDP}/token"] = page({"access_token": "x", "issued_token_type": "urn:other"})
    sign_in(world, client)
    assert "auth-token-response-invalid" in rules(client)
    world.pages[f"{IDP}/token"] = page({"error": "invalid_target"}, 400)
    client.operation_started()
    assert world.fails(client.answer(NAMED, "", NOW)).rule == "auth-token-refused"
    world.pages[f"{IDP}/token"] = page({})
    client.operation_started()
    assert world.fails(client.answer(NAMED, "", NOW)).rule == "auth-token-response-invalid"


@pytest.mark.parametrize(
    "settings",
    [
        {"grant": "client_credentials"},
        {"grant": "client_credentials", "client_id": "c"},
        {"grant": "jwt_bearer", "client_id": "c"},
        {"grant": "enterprise", "client_id": "c"},
        {"grant": "enterprise", "client_id": "c", "idp_id_token": "t"},
    ],
)
def test_settings_that_do_not_suffice_are_named_before_anything_is_sent(settings: dict[str, Any]) -> None:
    world = World()
    assert world.fails(authorizer(**settings).answer(NAMED, "", NOW)).rule == "auth-settings-incomplete"
    assert world.requests == []


def test_without_a_redirect_uri_there_is_no_browser() -> None:
    world = World()
    assert world.fails(authorizer().answer(NAMED, "", NOW)).rule == "auth-settings-incomplete"
    assert world.authorizations == []


def test_the_form_is_what_the_server_reads() -> None:
    world = World()
    sign_in(world, authorizer(client_id="an id/ü"))
    request = world.requests[-1]
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"
    assert form_of(request)["client_id"] == "an id/ü"
