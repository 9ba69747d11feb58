"""Which scope to ask for (R66)."""

from __future__ import annotations

from inspector.protocol.auth.challenge import AuthChallenge
from inspector.protocol.auth.server_metadata import AuthorizationServer

OFFLINE_ACCESS = "offline_access"


def choose(chosen_by_user: str, challenge: AuthChallenge, supported: str | None) -> str | None:
    """The scope of a first authorization: the user's word, else the challenge, else the metadata, else none."""
    return " ".join(chosen_by_user.split()) or challenge.scope or supported


def with_offline_access(scope: str | None, server: AuthorizationServer, grant_types: tuple[str, ...]) -> str | None:
    """Add `offline_access` where the server knows it and we may refresh.

    Not to an omitted scope: that means the default scopes, which naming one would replace.
    """
    if scope is None or OFFLINE_ACCESS not in (server.scopes or ()) or "refresh_token" not in grant_types:
        return scope
    return union(scope, OFFLINE_ACCESS)


def union(first: str | None, second: str | None) -> str | None:
    """All scopes of both, in their order, each once; so a step-up keeps what was granted before."""
    return " ".join(dict.fromkeys([*(first or "").split(), *(second or "").split()])) or None


def contains(whole: str | None, part: str | None) -> bool:
    return set((part or "").split()) <= set((whole or "").split())
