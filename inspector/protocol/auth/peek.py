"""What an access token says of itself where it is a JWT: read here for a diagnosis, never trusted, never sent on."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from inspector.protocol.auth.document import shown
from inspector.wire import jsontext

MAX_CHARACTERS = 64 * 1024


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty for an opaque token."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_CHARACTERS:
        return {}
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except (binascii.Error, ValueError):
        return {}
    value = jsontext.parse(payload).value
    return value if isinstance(value, dict) else {}


def why_refused(token: str, audience: str, now: float) -> str:
    """A sentence on what in the token may have displeased the server; `now` is Unix time in seconds."""
    claims = claims_of(token)
    expires_at, not_before = claims.get("exp"), claims.get("nbf")
    if isinstance(expires_at, int | float) and expires_at <= now:
        return "The token says that it has expired already: compare the clocks of the two servers and this machine."
    if isinstance(not_before, int | float) and not_before > now:
        return "The token says that it is not valid yet: compare the clocks of the two servers and this machine."
    named = claims.get("aud")
    audiences = named if isinstance(named, list) else [named]
    if named is not None and audience not in audiences:
        return (
            f"The token is for {shown(named)}, the server is {shown(audience)}: "
            "the authorization server must honour the resource parameter (RFC 8707)."
        )
    return "Compare issuer, audience and signing keys that the server accepts with those of the authorization server."
