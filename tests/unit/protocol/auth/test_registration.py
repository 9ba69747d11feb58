"""Who we are: pre-registered before metadata document before registration, and never at another issuer (R65)."""

from __future__ import annotations

import base64

from inspector.protocol.auth.store import MemoryStore
from inspector.wire import jsontext
from tests.support.oauth import (
    CALLBACK,
    ISSUER,
    NAMED,
    NOW,
    PRM_PATH,
    World,
    authorizer,
    bearer,
    page,
    refusal,
    rules,
    sign_in,
)


def test_e2_basic_cimd_uses_the_document_and_registers_nothing() -> None:
    url = "https://conformance-test.local/client-metadata.json"
    world, client = World(), authorizer(client_metadata_url=url)
    world.put_server(ISSUER, client_id_metadata_document_supported=True)
    sign_in(world, client)
    assert f"POST {ISSUER}/register" not in world.visited
    assert world.authorizations[0]["client_id"] == url
    assert world.posts[0]["client_id"] == url
    assert client.describe().registration == "metadata document"


def test_r65_a_server_that_does_not_take_documents_gets_a_registration() -> None:
    world, client = World(), authorizer(client_metadata_url="https://me.example/client.json")
    sign_in(world, client)
    assert world.authorizations[0]["client_id"] == f"client of {ISSUER}"


def test_e2_pre_registration_comes_before_everything() -> None:
    world = World()
    client = authorizer(client_id="mine", client_secret="hush", client_metadata_url="https://me.example/client.json")
    methods = ["client_secret_basic"]
    world.put_server(ISSUER, client_id_metadata_document_supported=True, token_endpoint_auth_methods_supported=methods)
    sign_in(world, client)
    assert f"POST {ISSUER}/register" not in world.visited
    assert world.authorizations[0]["client_id"] == "mine"
    (request,) = [request for request in world.requests if request.url.endswith("/token")]
    assert dict(request.headers)["Authorization"] == "Basic " + base64.b64encode(b"mine:hush").decode()


def test_r65_what_we_register_says_native_and_refresh_token() -> None:
    world = World()
    sign_in(world, authorizer())
    (request,) = [request for request in world.requests if request.url.endswith("/register")]
    assert jsontext.parse(request.body).value == {
        "client_name": "SSE MCP Inspector",
        "redirect_uris": [CALLBACK],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    }


def test_r65_without_a_way_to_register_the_user_is_asked() -> None:
    world = World()
    world.put_server(ISSUER, registration_endpoint=None)
    error = world.fails(authorizer().answer(NAMED, CALLBACK, NOW))
    assert error.rule == "auth-registration-missing"
    assert CALLBACK in error.sentence


def test_r65_a_rejected_registration_says_why() -> None:
    world = World()
    world.pages[f"{ISSUER}/register"] = page({"error": "invalid_redirect_uri", "error_description": "no\nway."}, 400)
    error = world.fails(authorizer().answer(NAMED, CALLBACK, NOW))
    assert error.rule == "auth-registration-rejected"
    assert "It says: no way." in error.sentence


def test_e2_authorization_server_migration_registers_anew_and_shows_nothing_old() -> None:
    world, store = World(), MemoryStore()
    client = authorizer(store)
    world.token |= {"refresh_token": "refresh-1"}
    sign_in(world, client)
    second = "https://second.example"
    world.put_resource(PRM_PATH, second)
    world.put_server(second)
    world.requests.clear()
    client.operation_started()
    sign_in(world, client, refusal(resource_metadata=PRM_PATH, error="invalid_token"))
    assert f"POST {second}/register" in world.visited
    assert not any(ISSUER in visited for visited in world.visited)
    sent = b"".join(request.body for request in world.requests) + repr(world.authorizations[-1]).encode()
    assert b"as.example" not in sent, "the client id of the first server is named after it"
    assert b"refresh-1" not in sent
    assert bearer(client) == "Bearer token-2"
    assert "auth-server-changed" in rules(client)
    assert not (store.load(ISSUER) or {}).get("tokens")


def test_r65_a_pre_registered_client_does_not_migrate() -> None:
    world, client = World(), authorizer(client_id="mine", client_secret="hush")
    sign_in(world, client)
    world.put_resource(PRM_PATH, "https://second.example")
    world.put_server("https://second.example")
    client.operation_started()
    world.requests.clear()
    assert world.fails(client.answer(NAMED, CALLBACK, NOW)).rule == "auth-server-changed"
    assert [request.method for request in world.requests] == ["GET", "GET"]


def test_r65_a_metadata_document_migrates() -> None:
    url = "https://me.example/client.json"
    world, client = World(), authorizer(client_metadata_url=url)
    world.put_server(ISSUER, client_id_metadata_document_supported=True)
    sign_in(world, client)
    world.put_resource(PRM_PATH, "https://second.example")
    world.put_server("https://second.example", client_id_metadata_document_supported=True)
    client.operation_started()
    sign_in(world, client)
    assert world.authorizations[1]["client_id"] == url


def test_the_users_pick_among_several_authorization_servers() -> None:
    world, client = World(), authorizer(authorization_server="https://second.example")
    world.put_server("https://second.example")
    assert world.fails(client.answer(NAMED, CALLBACK, NOW)).rule == "auth-server-changed"
    world.put_resource(PRM_PATH, authorization_servers=[ISSUER, "https://second.example"])
    client.operation_started()
    sign_in(world, client)
    assert client.describe().issuer == "https://second.example"
