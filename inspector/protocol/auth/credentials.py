"""The layout of a store's records: for each issuer one registration, and tokens for each resource (R65)."""

from __future__ import annotations

from typing import Any

from inspector.protocol.auth.document import text_of
from inspector.protocol.auth.registration import Registration
from inspector.protocol.auth.store import CredentialStore
from inspector.protocol.auth.tokens import Tokens


class Credentials:
    """What is kept of one resource at whatever issuer; records that are no longer understood count as absent."""

    def __init__(self, store: CredentialStore) -> None:
        self._store = store

    def registration(self, issuer: str) -> Registration | None:
        return Registration.from_record(self._load(issuer).get("registration"))

    def save_registration(self, issuer: str, registration: Registration) -> None:
        self._store.save(issuer, self._load(issuer) | {"registration": registration.to_record()})

    def drop_registration(self, issuer: str) -> None:
        """Tokens go too: they were given to the client that is no more."""
        self._store.drop(issuer)

    def tokens(self, issuer: str, audience: str) -> tuple[Tokens, str] | None:
        """The tokens and, for those bound by DPoP, the private key in PEM."""
        record = self._tokens_of(issuer).get(audience)
        tokens = Tokens.from_record(record)
        return None if tokens is None or not isinstance(record, dict) else (tokens, text_of(record, "dpop_key"))

    def save_tokens(self, issuer: str, audience: str, tokens: Tokens, dpop_key: str) -> None:
        kept = self._tokens_of(issuer) | {audience: tokens.to_record() | {"dpop_key": dpop_key}}
        self._store.save(issuer, self._load(issuer) | {"tokens": kept})

    def drop_tokens(self, issuer: str, audience: str) -> None:
        kept = {key: value for key, value in self._tokens_of(issuer).items() if key != audience}
        record = self._load(issuer) | {"tokens": kept}
        if kept or "registration" in record:
            self._store.save(issuer, record)
        else:
            self._store.drop(issuer)

    def _load(self, issuer: str) -> dict[str, Any]:
        record = self._store.load(issuer)
        return record if isinstance(record, dict) else {}

    def _tokens_of(self, issuer: str) -> dict[str, Any]:
        tokens = self._load(issuer).get("tokens")
        return tokens if isinstance(tokens, dict) else {}
