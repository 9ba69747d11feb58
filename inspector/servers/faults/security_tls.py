"""Faults of TLS, its absence, and a wall in front of the server."""

from __future__ import annotations

from inspector.servers.demo.messages import INVALID_REQUEST, RpcError
from inspector.servers.faults.behaviour import Ground
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest

ELSEWHERE = "203.0.113.7"
"""An address that is kept for examples (RFC 5737)."""


class OverTls(Honest):
    """A certificate of the authority that the client was given."""

    ground = Ground.TLS


class SelfSigned(Honest):
    """A certificate that only speaks for itself."""

    ground = Ground.TLS_SELF_SIGNED


class Expired(Honest):
    """A certificate of yesterday."""

    ground = Ground.TLS_EXPIRED


class Wall(Honest):
    """A login for people stands before everything."""

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        page = b"<!doctype html><title>Sign in</title><h1>403 Forbidden</h1><hr><center>nginx</center>"
        await wire.answer(403, (("content-type", "text/html"), ("server", "nginx/1.24.0")), page)


class Refuses(Honest):
    """The server itself refuses, in its own words."""

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        await self.refuse(wire, 403, RpcError(INVALID_REQUEST, "Forbidden"))


FAULTS: tuple[Fault, ...] = (
    Fault(
        "tls-untrusted",
        "Shows a certificate that it has signed itself.",
        hit=SelfSigned,
        ok=OverTls,
        ok_summary="A certificate of the authority at /ca.pem.",
    ),
    Fault(
        "tls-expired-or-wrong-host",
        "Shows a certificate that expired yesterday.",
        hit=Expired,
        ok=OverTls,
        ok_summary="A certificate that is good for three months.",
    ),
    Fault(
        "plaintext-remote",
        "Speaks plain HTTP with a client on another machine.",
        hit=Honest,
        ok=OverTls,
        visit=Visit(host=f"http://{ELSEWHERE}"),
    ),
    Fault(
        "auth-blocked-before-server",
        "A proxy answers with the page of a login.",
        hit=Wall,
        ok=Refuses,
        ok_fails=True,
        ok_summary="The server itself refuses, in JSON.",
    ),
)
