"""Proof of possession: a fresh signed JWT for each request (R71, RFC 9449)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from inspector.protocol.auth import urls
from inspector.protocol.auth.pkce import Random, base64url
from inspector.wire import http
from inspector.wire.http import HeaderList

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ALGORITHM = "ES256"
JTI_BYTES = 16
"""RFC 9449 section 4.2 wants at least 96 bits."""
MAX_NONCE_CHARACTERS = 4096


class Prover:
    """One key and the nonces that each server last gave. It never shows its key."""

    def __init__(self, random: Random, private_key_pem: str = "") -> None:
        """A new key, or the one that a stored token is bound to. Raises `ValueError` for a key that is unusable."""
        self._random = random
        self._key = _load(private_key_pem) if private_key_pem else _generate()
        self._nonces: dict[str, str] = {}

    def __repr__(self) -> str:
        return "Prover(••••)"

    def private_key_pem(self) -> str:
        """The key for a credential store (PKCS #8)."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy, and few use DPoP

        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def proof(self, method: str, url: str, now: float, token: str = "") -> str:
        """The `DPoP` header for one request; `now` is Unix time, `token` the access token that goes with it."""
        import jwt  # noqa: PLC0415 - loads cryptography, and few use DPoP

        claims: dict[str, Any] = {
            "jti": base64url(self._random(JTI_BYTES)),
            "htm": method,
            "htu": urls.without_query(url),
            "iat": int(now),
        }
        if token:
            claims["ath"] = base64url(hashlib.sha256(token.encode("ascii")).digest())
        nonce = self._nonces.get(urls.origin(url))
        if nonce:
            claims["nonce"] = nonce
        return jwt.encode(claims, self._key, ALGORITHM, headers={"typ": "dpop+jwt", "jwk": self._public_jwk()})

    def note(self, url: str, headers: HeaderList) -> bool:
        """Remember the nonce of an answer (section 8.2); whether it is another one than we had."""
        nonce = http.get(headers, "dpop-nonce") or ""
        if not nonce or len(nonce) > MAX_NONCE_CHARACTERS:
            return False
        place = urls.origin(url)
        is_new = self._nonces.get(place) != nonce
        self._nonces[place] = nonce
        return is_new

    def _public_jwk(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": base64url(numbers.x.to_bytes(32, "big")),
            "y": base64url(numbers.y.to_bytes(32, "big")),
        }


def _generate() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy, and few use DPoP

    return ec.generate_private_key(ec.SECP256R1())


def _load(pem: str) -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - heavy, and few use DPoP
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy, and few use DPoP

    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("A DPoP key is an elliptic curve key on P-256.")
    return key
