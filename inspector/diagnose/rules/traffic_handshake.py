"""Rules about the first messages of a session, and about answers that are too large to read: the session finds them."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.trace.events import Severity

_SPEC = "https://modelcontextprotocol.io/specification"
_LIFECYCLE = f"{_SPEC}/2025-11-25/basic/lifecycle#initialization"
_WITH_HANDSHAKE = frozenset({Era.HTTP_SSE, Era.STREAMABLE})

RULES: tuple[Rule, ...] = (
    Rule(
        id="initialize-result-invalid",
        group=Group.TRAFFIC,
        title="The answer to initialize is incomplete",
        severity=Severity.ERROR,
        symptom="The result of initialize lacks protocolVersion, capabilities or serverInfo, or has them in another "
        "shape.",
        cause="The result was built by hand; SDK clients refuse it, and with it the whole session.",
        fix="Answer with protocolVersion, capabilities as an object, and serverInfo with name and version.",
        source="Lifecycle: initialization",
        link=_LIFECYCLE,
        eras=_WITH_HANDSHAKE,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="initialized-not-accepted",
        group=Group.TRAFFIC,
        title="notifications/initialized was not accepted",
        severity=Severity.ERROR,
        symptom="The POST of notifications/initialized was refused, or met a failure.",
        cause="The server takes requests only, looks for a session it does not have, or refuses a header of the POST.",
        fix="Answer it with 202 and no body; until then a server may refuse everything else.",
        source="Lifecycle: initialization (MUST)",
        link=_LIFECYCLE,
        eras=_WITH_HANDSHAKE,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="endpoint-event-repeated",
        group=Group.ADDRESS,
        title="A second endpoint event",
        severity=Severity.WARN,
        symptom="The stream names another address for messages after the first one.",
        cause="The server writes the event again with each heartbeat, or two handlers write to one stream.",
        fix="Send endpoint once, first of all.",
        source="HTTP with SSE (2024-11-05)",
        link=f"{_SPEC}/2024-11-05/basic/transports#http-with-sse",
        eras=frozenset({Era.HTTP_SSE}),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="stateless-session-id",
        group=Group.SESSIONS,
        title="Session id in a revision without sessions",
        severity=Severity.NOTE,
        symptom="A response of 2026-07-28 carries Mcp-Session-Id.",
        cause="The server speaks this revision on top of a transport with sessions.",
        fix="Leave Mcp-Session-Id out for this revision; keep what has to last in requestState or in handles.",
        source="Streamable HTTP (2026-07-28)",
        link=f"{_SPEC}/2026-07-28/basic/transports/streamable-http",
        eras=frozenset({Era.STATELESS}),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="answer-too-large",
        group=Group.TRAFFIC,
        title="An answer is larger than our limit",
        severity=Severity.ERROR,
        symptom="A response body is so large that only its beginning was kept, and nothing of it could be used.",
        cause="A list is not paginated, or a tool gives whole files.",
        fix="Paginate, or link to the data as a resource.",
        source="python-sdk#3332",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/3332",
        seen_by=SeenBy.PROTOCOL,
    ),
)
