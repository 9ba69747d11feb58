"""What browsers would be refused, judged from the answers to requests that name an origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rule import Era, Group, Rule, SeenBy, Watch
from inspector.diagnose.stack import Product
from inspector.diagnose.topics import Topic
from inspector.trace.events import HeadersReceived, Severity
from inspector.wire import http

PREFLIGHT = "probe:preflight"
_SAFELISTED_METHODS = frozenset({"get", "head", "post"})
"""These need not be listed (Fetch standard, CORS-safelisted method)."""
_SESSION_HEADER = "mcp-session-id"
_NEVER_BY_STAR = "authorization"
"""The one header that `*` does not cover (Fetch standard, CORS-preflight fetch)."""


class Preflight(Watch):
    """Judges the answer to the OPTIONS request of the probe as a browser would."""

    rules = ("cors-preflight-fails",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.purpose != PREFLIGHT:
            return
        problem = self._problem_of(exchange)
        if problem:
            self.found(f"The preflight of a page in a browser would fail: {problem}.", exchange.evidence)
        else:
            self.over()

    def _problem_of(self, exchange: Exchange) -> str:
        asked = exchange.request.headers if exchange.request else ()
        status, origin = exchange.status or 0, http.get(asked, "origin") or ""
        if not 200 <= status < 300:
            return f"it was answered with status {status}"
        if exchange.headers.get("access-control-allow-origin", "") not in ("*", origin):
            return f"the origin {origin} is not allowed"
        methods = _listed(exchange.headers.get("access-control-allow-methods", ""))
        method = (http.get(asked, "access-control-request-method") or "").lower()
        needed = {method} | ({"delete"} if self.context.era is Era.STREAMABLE else set())
        missing = sorted(needed - methods - _SAFELISTED_METHODS - {""})
        if missing and "*" not in methods:
            return f"the method {missing[0].upper()} is not allowed"
        allowed = _listed(exchange.headers.get("access-control-allow-headers", ""))
        wanted = _listed(http.get(asked, "access-control-request-headers") or "")
        refused = (wanted & {_NEVER_BY_STAR} if "*" in allowed else wanted) - allowed
        return f"not allowed {_are(refused)} {', '.join(sorted(refused))}" if refused else ""


class HiddenSessionHeader(Watch):
    """An answer that a page in a browser may read, but for the session id."""

    rules = ("cors-session-header-hidden",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or exchange.request is None or exchange.purpose == PREFLIGHT:
            return
        headers = exchange.headers
        is_for_pages = http.get(exchange.request.headers, "origin") and headers.get("access-control-allow-origin")
        if not is_for_pages or not 200 <= event.status < 300 or not self._has_session(exchange):
            return
        exposed = _listed(headers.get("access-control-expose-headers", ""))
        is_open = "*" in exposed and headers.get("access-control-allow-credentials", "").lower() != "true"
        if _SESSION_HEADER not in exposed and not is_open:
            text = f"A page may read this answer, but not its Mcp-Session-Id: exposed {_are(exposed)} "
            self.found(text + (", ".join(sorted(exposed))[:200] or "nothing") + ".", exchange.evidence)
        else:
            self.over()

    def _has_session(self, exchange: Exchange) -> bool:
        """Servers may send the id with the answer to initialize only; the settings are mostly the same for all."""
        if self.context.era is Era.STATELESS:
            return False
        asked = exchange.request.headers if exchange.request else ()
        return _SESSION_HEADER in exchange.headers or http.get(asked, _SESSION_HEADER) is not None


def _listed(value: str) -> set[str]:
    return {name.strip().lower() for name in value.split(",")} - {""}


def _are(names: set[str]) -> str:
    return "are" if len(names) > 1 else "is"


RULES: tuple[Rule, ...] = (
    Rule(
        id="cors-preflight-fails",
        group=Group.SECURITY,
        title="Browsers will be blocked: CORS preflight",
        severity=Severity.WARN,
        symptom="The server refuses the OPTIONS request that a browser sends first, or does not allow the headers of "
        "MCP. It works here and with curl, and fails in every browser.",
        cause="CORS is not set up, the check of the token also refuses OPTIONS, or the list of headers is older than "
        "the protocol: initialize passes, and the next request fails for MCP-Protocol-Version.",
        fix="Answer OPTIONS before the check of the token; allow GET, POST, DELETE and OPTIONS, and the headers "
        "content-type, authorization, mcp-session-id, mcp-protocol-version and last-event-id; in 2026-07-28 also "
        "mcp-method and mcp-name.",
        fixes={
            Product.UVICORN: 'wrap the app in Starlette\'s `CORSMiddleware(allow_origins=["https://app.example.com"], '
            'allow_methods=["GET", "POST", "DELETE"], allow_headers=["*"])` with your page\'s origin, '
            "outside the check of the token.",
            Product.EXPRESS: "use the package `cors` before the check of the token.",
        },
        source="Fetch standard: CORS protocol; netdata#22258",
        link="https://github.com/netdata/netdata/issues/22258",
        seen_by=SeenBy.PROBE,
        watch=Preflight,
    ),
    Rule(
        id="cors-session-header-hidden",
        group=Group.SECURITY,
        title="Browsers cannot read Mcp-Session-Id",
        severity=Severity.WARN,
        symptom="The answer to a page of an allowed origin does not expose the header Mcp-Session-Id.",
        cause="Access-Control-Expose-Headers is missing or stands on the preflight only; it must be on the answer "
        "itself.",
        fix="Send `Access-Control-Expose-Headers: Mcp-Session-Id, WWW-Authenticate` with every answer.",
        fixes={Product.UVICORN: 'give Starlette\'s `CORSMiddleware` `expose_headers=["Mcp-Session-Id"]`.'},
        source="Fetch standard: CORS protocol; python-sdk#1135",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/1135",
        eras=frozenset({Era.STREAMABLE}),
        seen_by=SeenBy.PROBE,
        watch=HiddenSessionHeader,
    ),
)
