"""Proofs of possession, verified by the library, and the nonces of both servers (R71, RFC 9449)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

import jwt
import pytest

from inspector.protocol.auth.authorizer import Authorizer
from inspector.protocol.auth.dpop import Prover
from inspector.protocol.auth.steps import Fetched
from inspector.protocol.auth.store import MemoryStore
from inspector.protocol.transports.answer import Head, HttpRequest
from tests.support.oauth import ISSUER, MCP, NAMED, NOW, PRM_PATH, World, authorizer, page, refusal, rules, sign_in

CHALLENGE = refusal(401, "DPoP", ("DPoP-Nonce", "rs-1"), error="use_dpop_nonce", resource_metadata=PRM_PATH)


def verified(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a proof whose signature fits the key that it names."""
    header = jwt.get_unverified_header(proof)
    options: Any = {"verify_iat": False}
    return header, jwt.decode(proof, jwt.PyJWK(header["jwk"]).key, ["ES256"], options=options)


def proof_of(request: HttpRequest) -> tuple[dict[str, Any], dict[str, Any]]:
    return verified(dict(request.headers)["DPoP"])


def dpop_world() -> World:
    world = World()
    world.token["token_type"] = "DPoP"
    return world


def test_r71_a_proof_names_its_request_and_its_key() -> None:
    prover = Prover(secrets.token_bytes)
    header, claims = verified(prover.proof("POST", "https://mcp.example/mcp?key=1#part", NOW, "token"))
    assert (header["typ"], header["alg"]) == ("dpop+jwt", "ES256")
    assert set(header["jwk"]) == {"kty", "crv", "x", "y"}, "the public key only"
    assert claims == {
        "jti": claims["jti"],
        "htm": "POST",
        "htu": MCP,
        "iat": int(NOW),
        "ath": base64.urlsafe_b64encode(hashlib.sha256(b"token").digest()).rstrip(b"=").decode(),
    }


def test_e2_dpop_proves_the_key_at_the_token_endpoint_and_anew_with_every_request() -> None:
    world, client = dpop_world(), authorizer(dpop=True)
    sign_in(world, client)
    _, claims = proof_of(world.requests[-1])
    assert (claims["htm"], claims["htu"], "ath" in claims) == ("POST", f"{ISSUER}/token", False)
    first, second = (dict(client.headers("POST", MCP, NOW)) for _ in range(2))
    assert first["Authorization"] == "DPoP token-1"
    proofs = [verified(fields["DPoP"])[1] for fields in (first, second)]
    assert proofs[0]["jti"] != proofs[1]["jti"]
    assert client.describe().dpop


def test_e2_dpop_nonce_is_taken_from_both_servers() -> None:
    world, client = dpop_world(), authorizer(dpop=True)
    give = world.give_token

    def demand(request: HttpRequest) -> Fetched:
        _, claims = proof_of(request)
        if claims.get("nonce") != "as-1":
            return page({"error": "use_dpop_nonce"}, 400, ("DPoP-Nonce", "as-1"))
        return give(request)

    world.pages[f"{ISSUER}/token"] = demand
    client.operation_started()
    sign_in(world, client, refusal(401, "DPoP", resource_metadata=PRM_PATH))
    jtis = [proof_of(request)[1]["jti"] for request in world.requests if request.url.endswith("/token")]
    assert len(set(jtis)) == 2, "one retry, with a proof of its own"
    assert "nonce" not in verified(dict(client.headers("POST", MCP, NOW))["DPoP"])[1], "the nonce was another server's"
    world.requests.clear()
    sign_in(world, client, CHALLENGE)
    assert world.requests == []
    assert verified(dict(client.headers("POST", MCP, NOW))["DPoP"])[1]["nonce"] == "rs-1"
    client.note(Head(200, (("DPoP-Nonce", "rs-2"),)))
    assert verified(dict(client.headers("POST", MCP, NOW))["DPoP"])[1]["nonce"] == "rs-2"


def test_r71_a_nonce_that_is_never_good_enough_ends_the_flow() -> None:
    world, client = dpop_world(), authorizer(dpop=True)
    world.pages[f"{ISSUER}/token"] = page({"error": "use_dpop_nonce"}, 400, ("DPoP-Nonce", "same"))
    assert world.fails(client.answer(NAMED, "http://localhost/", NOW)).rule == "auth-token-refused"
    assert len(world.posts) == 2
    client.operation_started()
    for _ in range(3):
        sign_in(world, client, CHALLENGE)
    assert world.fails(client.answer(CHALLENGE, "", NOW)).rule == "auth-dpop-nonce"


def test_a_server_that_takes_dpop_only_gets_it_unasked() -> None:
    world, client = dpop_world(), authorizer()
    sign_in(world, client, refusal(401, "DPoP", resource_metadata=PRM_PATH))
    assert dict(client.headers("GET", MCP, NOW))["Authorization"].startswith("DPoP ")
    world, client = dpop_world(), authorizer()
    world.put_resource(PRM_PATH, dpop_bound_access_tokens_required=True)
    sign_in(world, client)
    assert "DPoP" in dict(client.headers("GET", MCP, NOW))


def test_a_nonce_without_a_key_is_refused() -> None:
    world = World()
    assert world.fails(authorizer().answer(CHALLENGE, "", NOW)).rule == "auth-dpop-nonce"


def test_a_bearer_token_in_answer_to_a_proof_is_reported() -> None:
    world, client = World(), authorizer(dpop=True)
    sign_in(world, client)
    assert "auth-dpop-ignored" in rules(client)
    assert dict(client.headers("POST", MCP, NOW)) == {"Authorization": "Bearer token-1"}


def test_a_dpop_token_without_a_proof_is_refused() -> None:
    world = dpop_world()
    assert world.fails(authorizer().answer(NAMED, "http://localhost/", NOW)).rule == "auth-token-response-invalid"


def test_the_key_is_kept_with_the_token_that_is_bound_to_it() -> None:
    world, store = dpop_world(), MemoryStore()
    world.token["refresh_token"] = "refresh-1"
    first = authorizer(store, dpop=True)
    sign_in(world, first)
    second = authorizer(store, dpop=True)
    sign_in(world, second)
    assert thumb(second) == thumb(first)
    world.run(second.refresh(NOW + 3600))
    assert world.posts[-1]["grant_type"] == "refresh_token"
    assert proof_of(world.requests[-1])[0]["jwk"] == thumb(first)


def test_a_key_that_cannot_be_read_costs_a_new_sign_in() -> None:
    world, store = dpop_world(), MemoryStore()
    sign_in(world, authorizer(store, dpop=True))
    record = store.load(ISSUER)
    assert record is not None
    record["tokens"][MCP]["dpop_key"] = "damaged"
    store.save(ISSUER, record)
    client = authorizer(store, dpop=True)
    sign_in(world, client)
    assert len(world.authorizations) == 2
    assert proof_of(world.requests[-1])[0]["jwk"] == thumb(client), "token and proofs have the same key"


def thumb(client: Authorizer) -> dict[str, str]:
    jwk: dict[str, str] = verified(dict(client.headers("POST", MCP, NOW))["DPoP"])[0]["jwk"]
    return jwk


def test_a_prover_shows_no_key() -> None:
    prover = Prover(secrets.token_bytes)
    assert repr(prover) == "Prover(••••)"
    again = Prover(secrets.token_bytes, prover.private_key_pem())
    assert verified(again.proof("GET", MCP, NOW))[0]["jwk"] == verified(prover.proof("GET", MCP, NOW))[0]["jwk"]


def test_a_key_of_another_kind_is_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP384R1())
    encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(encoding, kind, serialization.NoEncryption()).decode()
    with pytest.raises(ValueError, match="P-256"):
        Prover(secrets.token_bytes, pem)
