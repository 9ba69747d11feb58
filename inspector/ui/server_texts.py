"""A text of the user's for each server, such as what is expected of it. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

MAX_SERVERS = 200


class KeepsExpectations(Protocol):
    """Where the texts outlive the program: `UserData`."""

    def expectations(self) -> dict[str, str]: ...

    def set_expectations(self, texts: Mapping[str, str]) -> None: ...


class ServerTexts:
    """Texts by server; those of the servers changed last are kept."""

    def __init__(self, kept: KeepsExpectations | None = None) -> None:
        self._kept = kept
        self._texts: dict[str, str] = {}
        self._load()

    def text(self, server: str) -> str:
        """The text of a server, empty if there is none."""
        self._load()
        return self._texts.get(server, "")

    def keep(self, server: str, text: str) -> None:
        """Have another text for a server; an empty one is forgotten."""
        self._load()
        if self._texts.get(server, "") == text:
            return
        self._texts.pop(server, None)
        if text.strip():
            self._texts[server] = text
        while len(self._texts) > MAX_SERVERS:
            del self._texts[next(iter(self._texts))]
        if self._kept is not None:
            self._kept.set_expectations(self._texts)

    def _load(self) -> None:
        """Another window may have written since."""
        if self._kept is not None:
            self._texts = self._kept.expectations()
