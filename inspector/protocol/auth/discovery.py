"""From a refusal to the authorization server that can answer it (R61 to R63)."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.protocol.auth import urls
from inspector.protocol.auth.challenge import AuthChallenge
from inspector.protocol.auth.document import Report, shown
from inspector.protocol.auth.resource import ProtectedResource, discover_resource
from inspector.protocol.auth.server_metadata import AuthorizationServer, discover_origin, discover_server
from inspector.protocol.auth.settings import AuthSettings
from inspector.protocol.auth.steps import AuthError, Steps


@dataclass(frozen=True, slots=True)
class Discovered:
    """An MCP server and its authorization server; `resource` is None where the server has no metadata (2025-03-26)."""

    url: str
    server: AuthorizationServer
    resource: str | None = None
    scopes: str | None = None
    wants_dpop: bool = False

    @property
    def audience(self) -> str:
        """What tokens are kept under: those of one resource are of no use at another."""
        return self.resource if self.resource is not None else urls.canonical(self.url)


def discover(
    url: str, settings: AuthSettings, challenge: AuthChallenge, revision: str, report: Report
) -> Steps[Discovered]:
    """Read the metadata of both servers. Raises `AuthError`."""
    resource = yield from discover_resource(url, challenge, revision, report)
    if resource is None:
        return Discovered(url, (yield from discover_origin(url, revision, report)))
    server = yield from discover_server(_pick(resource, settings), revision, report)
    return Discovered(url, server, resource.resource, resource.scopes, resource.wants_dpop)


def _pick(resource: ProtectedResource, settings: AuthSettings) -> str:
    """The first authorization server, unless the user picked another one of those that are named."""
    picked = settings.authorization_server
    if picked and picked not in resource.servers:
        raise AuthError(
            f"The server no longer names the authorization server that you picked, {shown(picked)}, but "
            f"{shown(', '.join(resource.servers))}. Pick one of these in the sign-in settings.",
            "auth-server-changed",
        )
    return picked or resource.servers[0]
