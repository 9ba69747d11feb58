"""Which scope to ask for (R66)."""

from __future__ import annotations

from inspector.protocol.auth.challenge import AuthChallenge
from inspector.protocol.auth.discovery import Discovered
from inspector.protocol.auth.registration import GRANT_TYPES
from inspector.protocol.auth.settings import AuthSettings

OFFLINE_ACCESS = "offline_access"


def first(settings: AuthSettings, challenge: AuthChallenge, found: Discovered) -> str | None:
    """The scope of a first authorization: the user's word, else the challenge, else the metadata, else none.

    `offline_access` is added where the server knows it and we may refresh; not to the user's own words, and not to an
    omitted scope: that means the default scopes, which naming one would replace.
    """
    if settings.scope.strip():
        return " ".join(settings.scope.split())
    scope = challenge.scope or found.scopes
    may_refresh = settings.grant == "authorization_code" and "refresh_token" in GRANT_TYPES
    if scope is None or not may_refresh or OFFLINE_ACCESS not in (found.server.scopes or ()):
        return scope
    return union(scope, OFFLINE_ACCESS)


def union(first: str | None, second: str | None) -> str | None:
    """All scopes of both, in their order, each once; so a step-up keeps what was granted before."""
    return " ".join(dict.fromkeys([*(first or "").split(), *(second or "").split()])) or None


def contains(whole: str | None, part: str | None) -> bool:
    return set((part or "").split()) <= set((whole or "").split())
