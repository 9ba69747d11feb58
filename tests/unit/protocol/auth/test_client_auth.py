"""The four ways to prove ourselves at a token endpoint (R69)."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import unquote_plus

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from inspector.protocol.auth.client_auth import ASSERTION_TYPE, Client, authenticate, choose_method
from inspector.protocol.auth.server_metadata import AuthorizationServer
from inspector.protocol.auth.steps import AuthError
from inspector.protocol.breach import Breach
from tests.support.oauth import ISSUER, NOW, World, authorizer, page, sign_in

SERVER = AuthorizationServer(ISSUER)
SECRET = Client("c", "s")
KEY = Client("c", private_key_pem="PEM")


def randoms(size: int) -> bytes:
    return bytes(range(size))


def choose(client: Client, *methods: str) -> tuple[str, list[str]]:
    found: list[Breach] = []
    server = replace(SERVER, auth_methods=methods or None)
    return choose_method(client, server, found.append), [breach.rule for breach in found]


@pytest.mark.parametrize(
    ("client", "methods", "expected"),
    [
        (SECRET, (), "client_secret_basic"),
        (SECRET, ("client_secret_post", "client_secret_basic"), "client_secret_basic"),
        (SECRET, ("client_secret_post",), "client_secret_post"),
        (SECRET, ("none",), "none"),
        (Client("c"), (), "none"),
        (Client("c"), ("client_secret_basic",), "none"),
        (KEY, (), "private_key_jwt"),
        (replace(KEY, client_secret="s"), ("client_secret_post", "private_key_jwt"), "private_key_jwt"),
        (replace(SECRET, method="client_secret_post"), ("client_secret_basic",), "client_secret_post"),
    ],
)
def test_r69_the_way_is_what_was_agreed_or_what_the_server_takes(
    client: Client, methods: tuple[str, ...], expected: str
) -> None:
    assert choose(client, *methods) == (expected, [])


def test_r69_a_server_that_takes_nothing_we_can_do_is_reported_and_tried() -> None:
    assert choose(SECRET, "tls_client_auth") == ("client_secret_basic", ["auth-server-metadata-broken"])


@pytest.mark.parametrize(
    ("method", "expected"), [("client_secret_basic", "basic"), ("client_secret_post", "post"), ("none", "none")]
)
def test_e2_token_endpoint_auth_of_a_registered_client(method: str, expected: str) -> None:
    world = World()
    world.put_server(ISSUER, token_endpoint_auth_methods_supported=[method])
    answer = {"client_id": "c:1", "client_secret": "s p+", "token_endpoint_auth_method": method}
    world.pages[f"{ISSUER}/register"] = page(answer, 201)
    sign_in(world, authorizer())
    fields, (form,) = dict(world.requests[-1].headers), world.posts
    assert ("Authorization" in fields) == (expected == "basic")
    assert ("client_secret" in form) == (expected == "post")
    if expected == "basic":
        identity, _, secret = base64.b64decode(fields["Authorization"].removeprefix("Basic ")).decode().partition(":")
        assert (unquote_plus(identity), unquote_plus(secret)) == ("c:1", "s p+"), "RFC 6749 section 2.3.1"
    assert form["client_id"] == "c:1"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS512"])
def test_r69_private_key_jwt_can_be_verified(algorithm: str) -> None:
    is_curve = algorithm == "ES256"
    key = ec.generate_private_key(ec.SECP256R1()) if is_curve else rsa.generate_private_key(65537, 2048)
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(encoding, kind, serialization.NoEncryption()).decode()
    client = Client("c", private_key_pem=pem, signing_algorithm=algorithm)
    form, headers = authenticate(client, "private_key_jwt", ISSUER, NOW, randoms)
    assert headers == ()
    assert form["client_assertion_type"] == ASSERTION_TYPE
    options = {"verify_exp": False, "verify_iat": False, "require": ["iss", "sub", "aud", "exp", "iat", "jti"]}
    claims = jwt.decode(form["client_assertion"], key.public_key(), [algorithm], audience=ISSUER, options=options)  # type: ignore[arg-type]  # the options are a typed dict
    assert claims["iss"] == claims["sub"] == "c"


@pytest.mark.parametrize(
    ("client", "method"),
    [
        (replace(KEY, signing_algorithm="HS256"), "private_key_jwt"),
        (replace(KEY, signing_algorithm="ES999"), "private_key_jwt"),
        (KEY, "private_key_jwt"),
        (Client("c"), "private_key_jwt"),
        (Client("c"), "client_secret_basic"),
        (SECRET, "tls_client_auth"),
    ],
)
def test_what_cannot_be_proved_is_said_without_the_secret(client: Client, method: str) -> None:
    with pytest.raises(AuthError) as caught:
        authenticate(client, method, ISSUER, NOW, randoms)
    assert caught.value.rule == "auth-settings-incomplete"
    assert "PEM" not in caught.value.sentence.replace("a key in PEM", "")


def test_a_client_shows_no_secret() -> None:
    assert "hush" not in repr(Client("c", "hush-1", "hush-2"))
