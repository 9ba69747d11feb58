"""The diagnosis: a fold over the river that turns what went wrong into findings."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.diagnose.finding import MAX_EVIDENCE, Finding
from inspector.trace.events import Severity, Violation
from inspector.trace.fold import Fold

_RANK = {severity: rank for rank, severity in enumerate(Severity)}
_WORDS = {
    "bom": "BOM",
    "eol": "line end",
    "get": "GET",
    "h2": "HTTP/2",
    "http": "HTTP",
    "id": "id",
    "json": "JSON",
    "jsonrpc": "JSON-RPC",
    "mcp": "MCP",
    "post": "POST",
    "sse": "SSE",
    "tcp": "TCP",
    "tls": "TLS",
    "url": "URL",
}


@dataclass(slots=True)
class _Case:
    """All violations of one rule."""

    first: Violation
    last: Violation
    severity: Severity
    count: int = 0
    evidence: list[int] = field(default_factory=list)

    def add(self, violation: Violation) -> None:
        self.count += 1
        self.last = violation
        self.severity = max(self.severity, violation.severity, key=_RANK.__getitem__)
        about_n = violation.n if violation.about_n is None else violation.about_n
        if len(self.evidence) < MAX_EVIDENCE and about_n not in self.evidence:
            self.evidence.append(about_n)

    def finding(self) -> Finding:
        text = self.first.text
        if self.last.text != text:
            text = f"{text}\n\nMost recently: {self.last.text}"
        return Finding(
            rule=self.first.rule,
            severity=self.severity,
            grade="proven",
            title=title_of(self.first.rule),
            text=text,
            fix=self.last.fix or self.first.fix,
            requirement=self.last.requirement or self.first.requirement,
            evidence=tuple(self.evidence),
            count=self.count,
        )


class Engine(Fold):
    """Collects the violations that the protocol layer saw, one finding per rule.

    A violation is a contradiction in what came over the wire, so its grade is `proven`.
    """

    def __init__(self) -> None:
        super().__init__({Violation: self._lift})
        self._cases: dict[str, _Case] = {}

    @property
    def count(self) -> int:
        """How many findings there are."""
        return len(self._cases)

    def findings(self) -> list[Finding]:
        """The gravest first; within one severity in the order of first occurrence."""
        cases = sorted(self._cases.values(), key=lambda case: (-_RANK[case.severity], case.first.n))
        return [case.finding() for case in cases]

    def _lift(self, violation: Violation) -> None:
        case = self._cases.get(violation.rule)
        if case is None:
            case = self._cases[violation.rule] = _Case(violation, violation, violation.severity)
        case.add(violation)


TITLES = {
    "auth-401-no-challenge": "401 without a usable challenge",
    "auth-audience-mismatch": "Token was issued for another audience",
    "auth-callback-invalid": "The browser came back with an unusable answer",
    "auth-denied": "The authorization server did not authorize us",
    "auth-dpop-ignored": "The authorization server ignores DPoP",
    "auth-dpop-nonce": "A DPoP nonce is asked for in vain",
    "auth-endpoint-insecure": "An OAuth endpoint without https",
    "auth-insufficient-scope": "Token lacks scope",
    "auth-iss-mismatch": "The authorization response is another server's",
    "auth-iss-not-supported": "The authorization server does not name itself in its responses",
    "auth-issuer-mismatch": "Authorization server metadata of another issuer",
    "auth-pkce-not-advertised": "The authorization server does not announce PKCE",
    "auth-prm-broken": "Protected resource metadata missing or broken",
    "auth-prm-resource-mismatch": "Metadata names another resource",
    "auth-refresh-failed": "The access token could not be refreshed",
    "auth-registration-missing": "The authorization server registers no clients",
    "auth-registration-rejected": "Client registration failed",
    "auth-registration-status": "Client registration answered with the wrong status",
    "auth-server-changed": "The authorization server changed",
    "auth-server-failed": "The authorization server failed",
    "auth-server-metadata-broken": "Authorization server metadata missing or broken",
    "auth-settings-incomplete": "The sign-in settings do not suffice",
    "auth-state-mismatch": "The authorization response answers another request",
    "auth-token-refused": "The authorization server gave no token",
    "auth-token-response-invalid": "Unusable answer of the token endpoint",
    "auth-unreachable": "An OAuth endpoint cannot be reached",
    "lens-bom": "httpx-sse clients lose what stands behind the byte order mark",
    "lens-charset": "httpx-sse clients read another text",
    "lens-content-type": "httpx-sse clients refuse the content type",
    "lens-different": "httpx-sse clients see something else",
    "lens-held-back": "httpx-sse clients see events late",
    "lens-phantom-event": "httpx-sse clients see an empty event where there is none",
    "lens-retry": "httpx-sse clients read another reconnection time",
    "manifest-unclear": "The manifest leaves something open",
    "manifest-unreadable": "The manifest cannot be used",
    "tool-stream-after-end": "A step came after the end of its run",
    "tool-stream-ended-twice": "A run ended twice",
    "tool-stream-invalid-json": "The data of a step is no JSON",
    "tool-stream-json-rpc": "A tool stream answers in JSON-RPC",
    "tool-stream-no-end": "A run was never completed",
    "tool-stream-not-started": "A run was never started",
    "tool-stream-started-twice": "A run was started twice",
    "tool-stream-two-names": "A step is named twice, and differently",
    "tool-stream-unknown-type": "A step has a type of its own",
    "tool-stream-wrong-tool": "A step names another tool",
    "cache-hints-invalid": "Cache hints missing or invalid",
    "discover-result-invalid": "server/discover answers with less than it must",
    "input-request-undeclared": "Input asked for that the client has not declared",
    "input-required-invalid": "A request for input cannot be read",
    "input-required-misplaced": "Input asked for by a method that may not",
    "result-type-missing": "Result without resultType",
    "result-type-unknown": "Result of an unknown resultType",
    "stateless-session-id": "Session id in a revision without sessions",
    "subscription-not-acknowledged": "Subscription stream breaks its rules",
    "task-invalid": "A task is described incompletely",
    "task-transition-invalid": "A task went on after its end",
    "x-mcp-header-invalid": "Invalid x-mcp-header",
    "log-not-asked-for": "Log messages that nobody asked for",
    "message-after-response": "Something follows the answer",
    "notification-misplaced": "A notification on a stream where it does not belong",
    "result-not-object": "A result is no object",
}
"""Titles where the words of a rule's name are none, or say too little."""


def title_of(rule: str) -> str:
    """A rule's title, else its name as words: `sse-bom` is "SSE BOM"."""
    if rule in TITLES:
        return TITLES[rule]
    words = [_WORDS.get(word, word) for word in rule.replace("_", "-").replace(".", "-").split("-") if word]
    title = " ".join(words)
    return title[:1].upper() + title[1:]
