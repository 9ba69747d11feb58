"""Proof Key for Code Exchange (RFC 7636), always with S256 (R64)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

Random = Callable[[int], bytes]
"""That many unpredictable bytes."""

VERIFIER_BYTES = 32
"""Makes 43 characters, the shortest verifier allowed, with the 256 bits of entropy recommended (section 7.1)."""


def base64url(data: bytes) -> str:
    """Without padding, as in all of JOSE and OAuth (RFC 7515 section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_verifier(random: Random) -> str:
    return base64url(random(VERIFIER_BYTES))


def challenge_of(verifier: str) -> str:
    return base64url(hashlib.sha256(verifier.encode()).digest())
