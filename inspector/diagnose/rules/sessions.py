"""Rules about sessions, stickiness and capacity."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule
from inspector.diagnose.rules.sessions_begin import EarlyRequests, FullServer, RefusedState, WeakIds
from inspector.diagnose.rules.sessions_known import KnownSessions
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_STREAMABLE = frozenset({Era.STREAMABLE})
_WITH_SESSIONS = frozenset({Era.HTTP_SSE, Era.STREAMABLE})
_SESSIONS = "https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#session-management"

RULES: tuple[Rule, ...] = (
    Rule(
        id="session-not-sticky",
        group=Group.SESSIONS,
        title="Requests reach workers that do not know the session",
        severity=Severity.ERROR,
        symptom="The same session is sometimes taken and sometimes refused, or refused as soon as it has begun.",
        cause="Several workers or pods each keep their sessions in their own memory, and requests go to any of them.",
        fix=(
            "Run one worker, or make requests of one Mcp-Session-Id reach one worker, or keep no sessions "
            "(stateless mode, or revision 2026-07-28). The request that begins a session has no id yet, so a hash of "
            "the header alone does not do; and a connection that is kept open hides the fault."
        ),
        fixes={
            Product.PYTHON_SDK: "set `stateless_http=True`, or run uvicorn with `--workers 1`.",
            Product.UVICORN: "run it with `--workers 1`, or set `stateless_http=True` in the MCP server.",
            Product.TYPESCRIPT_SDK: "set `sessionIdGenerator: undefined`, or run one process.",
            Product.KESTREL: "set `Stateless = true` in the options of the HTTP transport.",
            Product.NGINX: "use `sticky learn` on the Mcp-Session-Id header (commercial), or one upstream server.",
            Product.HAPROXY: "use `stick-table type string len 64 size 100k expire 1h`, "
            "`stick store-response res.hdr(mcp-session-id)` and `stick match req.hdr(mcp-session-id)`.",
            Product.AWS_ALB: "its stickiness is a cookie, which few MCP clients keep: use one target, or no sessions.",
        },
        source="github.com/PrefectHQ/fastmcp issue 1003",
        link="https://github.com/PrefectHQ/fastmcp/issues/1003",
        eras=_WITH_SESSIONS,
        explains=(
            "session-expired",
            "session-lost-wrong-status",
            "initialized-not-accepted",
            "get-404-or-401-instead-of-405",
        ),
        watch=KnownSessions,
    ),
    Rule(
        id="session-expired",
        group=Group.SESSIONS,
        title="Session gone, must initialize again",
        severity=Severity.WARN,
        symptom="A session that worked is answered with 404 from some request on.",
        cause="The server was started again, or forgets sessions that have been idle for a while.",
        fix=(
            "The client has to initialize anew, without the old id. On the server, raise the idle limit of sessions, "
            "or keep them where they outlast a restart."
        ),
        fixes={
            Product.PYTHON_SDK: "raise `session_idle_timeout` of the session manager (half an hour by default).",
        },
        source="MCP 2025-11-25, session management, items 3 and 4",
        link=_SESSIONS,
        eras=_WITH_SESSIONS,
        watch=KnownSessions,
    ),
    Rule(
        id="session-lost-wrong-status",
        group=Group.SESSIONS,
        title="Unknown session answered with 400/500, not 404",
        severity=Severity.ERROR,
        symptom="A request with a session id that the server does not know gets 400, 500, or 200 with an error.",
        cause="The server treats an id that it does not know like a malformed request.",
        fix="Answer 404 to an unknown Mcp-Session-Id: only then do clients initialize anew. 400 is for a missing id.",
        fixes={
            Product.TYPESCRIPT_SDK: "the examples answer 400 where the map has no transport: make that 404.",
        },
        source="MCP 2025-11-25, session management, item 3",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/1004",
        eras=_STREAMABLE,
        explains=("session-expired",),
        watch=KnownSessions,
    ),
    Rule(
        id="request-before-initialized",
        group=Group.SESSIONS,
        title="Request processed before initialize completed",
        severity=Severity.ERROR,
        symptom="The server answers that the handshake is not complete, or a request on a new stream gets no answer.",
        cause="The client did not wait for the handshake, or the server has lost its state since, as by a restart.",
        fix=(
            "Client: on every new endpoint event do the whole handshake, and wait for the 202 to "
            "notifications/initialized before the next request. Server: do not restart under open sessions; prefer "
            "Streamable HTTP, where a lost session is said by 404."
        ),
        source="MCP 2025-11-25, lifecycle: initialization",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/423",
        eras=_WITH_SESSIONS,
        watch=EarlyRequests,
    ),
    Rule(
        id="session-cap-reached",
        group=Group.SESSIONS,
        title="Server refuses new sessions",
        severity=Severity.ERROR,
        symptom="initialize is answered with 503 or 429 because of too many sessions, while open ones go on.",
        cause="Clients leave without DELETE, and the server keeps their sessions until it has no room for more.",
        fix=(
            "Let idle sessions expire, evict the oldest, and send Retry-After with the refusal. "
            "Clients: end each session with DELETE."
        ),
        source="github.com/modelcontextprotocol/python-sdk issue 3395",
        link="https://github.com/modelcontextprotocol/python-sdk/issues/3395",
        eras=_WITH_SESSIONS,
        explains=("rate-limited",),
        watch=FullServer,
    ),
    Rule(
        id="session-id-weak",
        group=Group.SESSIONS,
        title="Session id guessable or illegal",
        severity=Severity.WARN,
        symptom="Mcp-Session-Id is short, counts up, is a time, or has characters outside visible ASCII.",
        cause="The server makes its ids from a counter or a clock; whoever guesses one takes over the session.",
        fix="Use a random UUID (version 4) or 128 random bits in visible ASCII, and bind it to the user's credentials.",
        source="MCP 2025-11-25, session management, item 1; security best practices, session hijacking",
        link=_SESSIONS,
        eras=_STREAMABLE,
        watch=WeakIds,
    ),
    Rule(
        id="request-state-rejected",
        group=Group.SESSIONS,
        title="Multi-round-trip token refused",
        severity=Severity.ERROR,
        symptom="A retry with the server's own requestState is refused with -32602 and invalid_request_state.",
        cause="The workers behind the address sign requestState with different keys, or under different names.",
        fix="Give every worker the same keys for requestState, the same server name and the same audience.",
        fixes={
            Product.PYTHON_SDK: "pass `RequestStateSecurity(keys=[...])` with the same keys to every worker.",
        },
        source="MCP 2026-07-28, multi round-trip requests",
        link="https://github.com/modelcontextprotocol/python-sdk/blob/main/docs/run/deploy.md",
        eras=frozenset({Era.STATELESS}),
        watch=RefusedState,
    ),
)
