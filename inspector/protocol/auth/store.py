"""Where registrations and tokens are kept between flows: by issuer, so that none reaches another server (R65)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Protocol


class CredentialStore(Protocol):
    """Records are plain JSON values and hold secrets; who stores them must not log or show them."""

    def load(self, issuer: str) -> dict[str, Any] | None: ...

    def save(self, issuer: str, record: dict[str, Any]) -> None: ...

    def drop(self, issuer: str) -> None: ...


class MemoryStore:
    """Forgets everything with the process."""

    def __init__(self) -> None:
        self._records: dict[str, dict[str, Any]] = {}

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._records)} issuers)"

    def load(self, issuer: str) -> dict[str, Any] | None:
        return deepcopy(self._records.get(issuer))

    def save(self, issuer: str, record: dict[str, Any]) -> None:
        self._records[issuer] = deepcopy(record)

    def drop(self, issuer: str) -> None:
        self._records.pop(issuer, None)
