"""Findings that the user has judged to be no problem, by server and rule, each with the reason. No Qt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

MAX_SERVERS = 200
MAX_REASON_CHARS = 500


class Keeps(Protocol):
    """Where dismissals outlive the program: `UserData`."""

    def dismissed(self) -> dict[str, dict[str, str]]: ...

    def set_dismissed(self, dismissed: Mapping[str, Mapping[str, str]]) -> None: ...


def server_of(url: str) -> str:
    """The address without what could be a secret: no user, no query, no fragment; empty for none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"


class Dismissals:
    """Reasons by server and rule; the servers used last are kept."""

    def __init__(self, kept: Keeps | None = None) -> None:
        self._kept = kept
        self._servers: dict[str, dict[str, str]] = {}
        self._load()

    def reasons(self, server: str) -> Mapping[str, str]:
        """The dismissed rules of a server, with why."""
        return self._servers.get(server, {})

    def dismiss(self, server: str, rule: str, reason: str) -> None:
        """The rule is no problem of this server."""
        self._load()
        rules = self._servers.pop(server, {})
        rules[rule] = " ".join(reason.split())[:MAX_REASON_CHARS]
        self._servers[server] = rules
        while len(self._servers) > MAX_SERVERS:
            self._servers.pop(next(iter(self._servers)))
        self._keep()

    def restore(self, server: str, rule: str) -> None:
        """It is one, after all."""
        self._load()
        rules = self._servers.get(server, {})
        if rules.pop(rule, None) is not None:
            if not rules:
                del self._servers[server]
            self._keep()

    def _load(self) -> None:
        """Another window may have written since."""
        if self._kept is not None:
            self._servers = self._kept.dismissed()

    def _keep(self) -> None:
        if self._kept is not None:
            self._kept.set_dismissed(self._servers)
