"""The one tunnel that is known not to stream what is fetched with GET."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from inspector.diagnose.exchange import Exchange
    from inspector.diagnose.rule import Watch

TUNNELS = ".trycloudflare.com"


def is_tunnel(exchange: Exchange) -> bool:
    """Whether it went through a quick tunnel of Cloudflare's."""
    try:
        host = urlsplit(exchange.request.url if exchange.request else "").hostname or ""
    except ValueError:
        return False
    return host.lower().endswith(TUNNELS)


def blame_tunnel(watch: Watch, exchange: Exchange, evidence: tuple[int, ...]) -> None:
    """Name the quick tunnel as the cause of what a watch has found on a GET stream through it."""
    if exchange.method == "GET" and is_tunnel(exchange):
        text = f"The GET stream through the quick tunnel {TUNNELS[1:]} is held back; it does not stream GET."
        watch.found(text, evidence, rule="quick-tunnel-no-sse")
