"""What may be shown of an authorization: everything but its secrets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuthFacts:
    """The state for display; texts are empty where there is nothing yet, `expires_at` is Unix time in seconds.

    `registration` is "pre-registered", "metadata document" or "dynamic".
    """

    issuer: str
    resource: str
    client_id: str
    registration: str
    grant: str
    scopes: tuple[str, ...]
    expires_at: float | None
    has_token: bool
    can_refresh: bool
    dpop: bool
