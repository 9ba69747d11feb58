"""Faults that only browsers feel: CORS."""

from __future__ import annotations

from inspector.servers.demo.messages import Json, encode
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.honest.speaker import JSON_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest


class ForBrowsers(Honest):
    """Lets pages of this machine in, as a browser wants it said."""

    allowed_headers = "content-type, authorization, mcp-session-id, mcp-protocol-version, last-event-id"
    exposed = "Mcp-Session-Id, WWW-Authenticate"

    async def serve_mcp(self, request: HttpRequest, wire: Wire) -> None:
        """The preflight before everything else, also before any check of a token."""
        if request.method == "OPTIONS":
            await wire.answer(*self.preflight(request.header("origin") or ""))
        else:
            await super().serve_mcp(request, wire)

    def preflight(self, origin: str) -> tuple[int, Headers]:
        """The answer to OPTIONS."""
        return 204, (
            ("access-control-allow-origin", origin),
            ("access-control-allow-methods", "GET, POST, DELETE, OPTIONS"),
            ("access-control-allow-headers", self.allowed_headers),
        )

    async def answer_with_json(self, response: Json, wire: Wire, headers: Headers = ()) -> None:
        shared: Headers = (("access-control-allow-origin", "*"),)
        if self.exposed:
            shared += (("access-control-expose-headers", self.exposed),)
        await wire.answer(200, (*JSON_HEADERS, *headers, *shared), encode(response))


class OptionsWantToken(ForBrowsers):
    """Checks the token of the preflight, which never has one."""

    def preflight(self, origin: str) -> tuple[int, Headers]:
        return 401, (("www-authenticate", "Bearer"),)


class NothingExposed(ForBrowsers):
    """Keeps all headers from pages."""

    exposed = ""


FAULTS: tuple[Fault, ...] = (
    Fault(
        "cors-preflight-fails",
        "Answers the OPTIONS request of a browser with 401.",
        hit=OptionsWantToken,
        ok=ForBrowsers,
        visit=Visit(probes=("preflight",)),
    ),
    Fault(
        "cors-session-header-hidden",
        "Does not let pages read the id of the session.",
        hit=NothingExposed,
        ok=ForBrowsers,
        visit=Visit(probes=("cors",)),
    ),
)
