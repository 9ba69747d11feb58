"""Rules about delivery: buffering, compression, caching."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.stack import Product
from inspector.diagnose.topics import Topic
from inspector.trace.events import HeadersReceived, Severity


class Http10(Watch):
    """HTTP/1.0 cannot say that a body without a length was cut off."""

    rules = ("http10-hop",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        via = exchange.headers.get("via", "") if exchange else ""
        if event.http_version == "HTTP/1.0":
            is_toy = Product.HTTP_SERVER in self.context.stack
            text = "The answer came over HTTP/1.0: its end looks the same whether it is complete or cut off."
            self.found(text, (event.n,), severity=Severity.NOTE if is_toy else None)
        elif any(hop.strip().startswith("1.0 ") for hop in via.split(",")):
            self.found(f"A hop on the way speaks HTTP/1.0 (Via: {via[:80]}).", (event.n,), grade="likely")


RULES: tuple[Rule, ...] = (
    Rule(
        id="http10-hop",
        group=Group.DELIVERY,
        title="HTTP/1.0 on the path",
        severity=Severity.WARN,
        symptom="The status line says HTTP/1.0, or Via names a hop that speaks it; the body ends with the connection.",
        cause="A proxy talks HTTP/1.0 to its upstream, or the server is a simple development server.",
        fix="Let every hop speak HTTP/1.1.",
        fixes={
            Product.NGINX: "set `proxy_http_version 1.1;` and `proxy_set_header Connection '';` in the location.",
            Product.HTTP_SERVER: "serve the application with uvicorn or another HTTP/1.1 server.",
        },
        source="RFC 9112 section 6.3",
        link="https://www.rfc-editor.org/rfc/rfc9112#section-6.3",
        watch=Http10,
    ),
)
