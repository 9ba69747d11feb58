"""Faults of URLs, the endpoint event, hosts and redirects."""

from __future__ import annotations

from urllib.parse import quote

from inspector.protocol.era import TransportName
from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest, Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS, TEXT_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

SSE = Visit(transport=TransportName.HTTP_SSE)
A_PAGE = "http://localhost:5173"
"""Where a developer's page is served."""
NOBODYS_PAGE = "http://evil.example"
HTML_HEADERS: Headers = (("content-type", "text/html; charset=utf-8"), ("cache-control", "no-store"))
CHALLENGE = b"<!doctype html><html><head><title>Just a moment...</title></head><body>Ray ID: 8c1</body></html>\n"


class Wordless(Honest):
    """Sends heartbeats and no endpoint."""

    def endpoint_event(self, session: Session) -> bytes:
        return b": ping\n\n"


class TwoEndpoints(Honest):
    """Names its endpoint twice."""

    def endpoint_event(self, session: Session) -> bytes:
        return super().endpoint_event(session) * 2


class Elsewhere(Honest):
    """Names an endpoint on another host."""

    def endpoint(self, session: Session) -> str:
        return f"http://127.0.0.2:8000{super().endpoint(session)}"


class Encrypted(Honest):
    """Serves HTTP+SSE over TLS."""

    ground = Ground.TLS


class Downgrading(Encrypted):
    """Takes itself for a server without TLS."""

    _host = ""

    async def on_sse(self, request: HttpRequest, wire: Wire) -> None:
        self._host = request.header("host") or ""
        await super().on_sse(request, wire)

    def endpoint(self, session: Session) -> str:
        return f"http://{self._host}{super().endpoint(session)}"


class Unprefixed(Honest):
    """Does not know below which path it stands."""

    def endpoint(self, session: Session) -> str:
        return f"/messages?session_id={session.id}"


class Quoting(Honest):
    """Percent-encodes the address as a whole."""

    def endpoint(self, session: Session) -> str:
        return quote(f"http://127.0.0.1{super().endpoint(session)}", safe="")


class Refusing(Honest):
    """Refuses every request with `status` and `text`."""

    status = 403
    headers: Headers = TEXT_HEADERS
    text = b""

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(self.status, self.headers, self.text)


class OfAnotherName(Refusing):
    """Answers only to a name that it is not reached by."""

    status = 421
    text = b"Invalid Host header"


class WithoutPages(Refusing):
    """Allows no page at all."""

    text = b"Invalid Origin header"


class Trusting(Honest):
    """Looks at neither Host nor Origin."""

    def check(self, request: HttpRequest) -> None:
        """All are welcome."""


class Moved(Honest):
    """Redirects from `/mcp` to another path, where it is."""

    status = 308
    path = "/v2/mcp"

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        if request.path == "/mcp":
            await wire.answer(self.status, (("location", self.target(request)),))
        elif request.path == self.path:
            await self.serve_mcp(request, wire)
        else:
            await super().serve(request, wire)

    def target(self, request: HttpRequest) -> str:
        """Where the redirect leads."""
        return f"{self.base}{self.path}"


class Slashed(Moved):
    """Wants a slash at the end of its path."""

    status = 307
    path = "/mcp/"


class MovedForBrowsers(Moved):
    """Redirects with a status that turns a POST into a GET."""

    status = 301


class MovedToAnotherName(Moved):
    """Redirects to another name of this machine."""

    status = 307

    def target(self, request: HttpRequest) -> str:
        port = (request.header("host") or "").rpartition(":")[2]
        return f"http://localhost:{port}{super().target(request)}"


class OnlyStreams(Honest):
    """Speaks HTTP+SSE at this path."""

    async def serve_mcp(self, request: HttpRequest, wire: Wire) -> None:
        await self.serve_sse(request, wire)


class Walled(Refusing):
    """A bot check stands before the server."""

    headers = HTML_HEADERS
    text = CHALLENGE


class Forbidding(Refusing):
    """Refuses in JSON."""

    headers = JSON_HEADERS
    text = b'{"error":"forbidden"}'


class Absent(Honest):
    """Is not there."""

    ground = Ground.NOTHING


class Unmounted(Refusing):
    """Fails on each request, as an application whose lifespan does not run."""

    status = 500
    headers = (*TEXT_HEADERS, ("server", "uvicorn"))
    text = b"Internal Server Error"


FAULTS: tuple[Fault, ...] = (
    Fault(
        "endpoint-event-missing", "Sends heartbeats on the GET stream, and no endpoint event.", Wordless, Honest, SSE
    ),
    Fault("endpoint-event-repeated", "Sends its endpoint event twice.", TwoEndpoints, Honest, SSE),
    Fault("endpoint-origin-mismatch", "Names an endpoint on another host.", Elsewhere, Honest, SSE),
    Fault("endpoint-scheme-downgrade", "Names an http endpoint behind TLS.", Downgrading, Encrypted, SSE),
    Fault("endpoint-prefix-lost", "Names an endpoint without the prefix of its path.", Unprefixed, Honest, SSE),
    Fault("endpoint-url-mangled", "Percent-encodes the endpoint as a whole.", Quoting, Honest, SSE),
    Fault("invalid-host-header", "Answers 421 to every host name.", OfAnotherName, Honest),
    Fault(
        "origin-rejected",
        "Refuses a developer's page.",
        WithoutPages,
        Honest,
        Visit(headers=(("Origin", A_PAGE),)),
    ),
    Fault(
        "origin-not-validated",
        "Takes requests of any page.",
        Trusting,
        Honest,
        Visit(headers=(("Origin", NOBODYS_PAGE),)),
        ok_summary="Refuses a foreign page, and so the client that pretends to be one.",
        ok_fails=True,
    ),
    Fault("redirect-trailing-slash", "Redirects each request from /mcp to /mcp/ with 307.", Slashed, Honest),
    Fault(
        "redirect-turns-post-into-get",
        "Redirects with 301.",
        MovedForBrowsers,
        Moved,
        ok_summary="Redirects with 308.",
    ),
    Fault(
        "redirect-leaks-or-drops-auth",
        "Redirects to another host name.",
        MovedToAnotherName,
        Moved,
        ok_summary="Redirects to another path.",
    ),
    Fault("wrong-transport-for-url", "Speaks HTTP+SSE where Streamable HTTP is asked for.", OnlyStreams, Honest),
    Fault(
        "not-an-mcp-endpoint",
        "Answers with the page of a bot check.",
        Walled,
        Forbidding,
        ok_summary="Refuses in JSON.",
        ok_fails=True,
    ),
    Fault("nothing-listening", "Nothing listens at its port.", Absent, Honest),
    Fault("mounted-app-lifespan-missing", "Answers 500 to everything.", Unmounted, Honest),
)
