"""Rules about HTTP negotiation: what is accepted, in which type, version and era."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules.negotiation_answers import AnswerInBody, HeaderMismatch, WrongContentType
from inspector.diagnose.rules.negotiation_refusals import NoGetStream, Refusals
from inspector.diagnose.rules.negotiation_versions import (
    EraMismatch,
    VersionChanged,
    VersionNotValidated,
    VersionRejected,
)
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

_SPEC = "https://modelcontextprotocol.io/specification"
_TRANSPORTS = f"{_SPEC}/2025-11-25/basic/transports"
_LIFECYCLE = f"{_SPEC}/2025-11-25/basic/lifecycle"
_POSTS = frozenset({Era.STREAMABLE, Era.STATELESS})
_REFUSED = ("initialized-not-accepted", "get-404-or-401-instead-of-405")
"""What follows from any refusal of our requests."""

RULES: tuple[Rule, ...] = (
    Rule(
        id="not-acceptable-406",
        group=Group.NEGOTIATION,
        title="Accept header refused",
        severity=Severity.ERROR,
        symptom="A request is answered with 406. A browser that opens the address sees that too: the server is fine.",
        cause="The client names only one of the two types, or a proxy or host adapter removes or rewrites Accept, or "
        "the server wants the types in another order than they were sent.",
        fix="Send `Accept: application/json, text/event-stream` with every POST, and pass it on unchanged.",
        fixes={
            Product.PYTHON_SDK: "with `json_response=True` a client needs to name only application/json.",
            Product.NGINX: "look for `proxy_set_header Accept` in the location and remove it.",
        },
        source="MCP 2025-11-25, sending messages to the server",
        link=f"{_TRANSPORTS}#sending-messages-to-the-server",
        explains=_REFUSED,
        watch=Refusals,
    ),
    Rule(
        id="unsupported-media-type-415",
        group=Group.NEGOTIATION,
        title="Content-Type refused",
        severity=Severity.ERROR,
        symptom="A POST is answered with 415, or with 400 and the words Invalid Content-Type header.",
        cause="The server compares the Content-Type letter by letter, or something on the way has changed it.",
        fix="Send exactly `Content-Type: application/json`; a server should take it with a charset parameter too.",
        source="RFC 9110 section 15.5.16",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16",
        explains=_REFUSED,
        watch=Refusals,
    ),
    Rule(
        id="get-405-is-fine",
        group=Group.NEGOTIATION,
        title="No server stream offered",
        severity=Severity.NOTE,
        symptom="GET is answered with 405. Only if HTTP+SSE was chosen for this address is that an error.",
        cause="The server answers every request in its own POST and has nothing to say by itself.",
        fix="Nothing needs to be fixed: Streamable HTTP allows it, and 2026-07-28 recommends it.",
        source="MCP 2025-11-25, listening for messages from the server",
        link=f"{_TRANSPORTS}#listening-for-messages-from-the-server",
        eras=frozenset({Era.STREAMABLE, Era.HTTP_SSE}),
        watch=NoGetStream,
    ),
    Rule(
        id="wrong-stream-content-type",
        group=Group.NEGOTIATION,
        title="Event stream has the wrong Content-Type",
        severity=Severity.ERROR,
        symptom="The body is an event stream by its lines but not by its Content-Type, or the other way round.",
        cause="The handler sets no Content-Type or a wrong one, or a gateway replaces it. Clients go by the header: "
        "they wait for an event that never comes, or fail with an unexpected content type.",
        fix="Send `Content-Type: text/event-stream`.",
        source="WHATWG HTML, server-sent events; MCP 2025-11-25, transports",
        link="https://html.spec.whatwg.org/multipage/server-sent-events.html#text/event-stream",
        explains=(
            "get-200-not-a-stream",
            "jsonrpc-invalid-json",
            "sse-unknown-field",
            "sse-multiline-data",
            "cut-mid-response",
            "lens-content-type",
            *_REFUSED,
        ),
        watch=WrongContentType,
    ),
    Rule(
        id="notification-not-202",
        group=Group.NEGOTIATION,
        title="Notification answered other than 202-empty",
        severity=Severity.WARN,
        symptom="A POST that carries a notification or a response is answered with 200 or 204 instead of 202.",
        cause="The server answers every POST alike. Strict clients read the body and fail, or close the session.",
        fix="Answer notifications and responses with 202 and no body.",
        source="MCP 2025-11-25, sending messages to the server",
        link=f"{_TRANSPORTS}#sending-messages-to-the-server",
        eras=_POSTS,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="legacy-post-has-response-body",
        group=Group.NEGOTIATION,
        title="Response came in the POST body, not on the stream",
        severity=Severity.WARN,
        symptom="With HTTP+SSE the answer to a request stands in the body of its POST.",
        cause="The server answers as Streamable HTTP would, or answers in both places.",
        fix="Answer the POST with 202 and send the response on the event stream; or connect over Streamable HTTP.",
        source="MCP 2024-11-05, HTTP with SSE",
        link=f"{_SPEC}/2024-11-05/basic/transports#http-with-sse",
        eras=frozenset({Era.HTTP_SSE}),
        explains=("duplicate-response",),
        watch=AnswerInBody,
    ),
    Rule(
        id="protocol-version-rejected",
        group=Group.NEGOTIATION,
        title="Server refuses our protocol version",
        severity=Severity.ERROR,
        symptom="A request is answered with 400 and the words Unsupported protocol version, or with error -32022.",
        cause="On initialize the server checks where it should negotiate. Later, it checks against another version "
        "than it had answered, or a gateway in between speaks only its own.",
        fix="Answer initialize with a version that the server speaks, and take that version from then on.",
        source="MCP 2025-11-25, version negotiation and protocol version header",
        link=f"{_LIFECYCLE}#version-negotiation",
        explains=_REFUSED,
        watch=VersionRejected,
    ),
    Rule(
        id="protocol-version-not-validated",
        group=Group.NEGOTIATION,
        title="Nonsense MCP-Protocol-Version accepted",
        severity=Severity.NOTE,
        symptom="A request that names a version which does not exist is answered as if it were right.",
        cause="The server does not look at the MCP-Protocol-Version header.",
        fix="Answer a malformed or unsupported MCP-Protocol-Version with 400.",
        source="MCP 2025-11-25, protocol version header",
        link=f"{_TRANSPORTS}#protocol-version-header",
        eras=_POSTS,
        seen_by=SeenBy.PROBE,
        watch=VersionNotValidated,
    ),
    Rule(
        id="protocol-version-mismatch",
        group=Group.NEGOTIATION,
        title="Server negotiated a version we did not ask and do not know, or changes it",
        severity=Severity.WARN,
        symptom="initialize is answered with an unknown or newer version, or later responses name another.",
        cause="The server returns a constant, or a gateway answers for a server that speaks another version.",
        fix="Answer with the revision that the client named, or with an older one that the server speaks.",
        source="MCP 2025-11-25, version negotiation",
        link=f"{_LIFECYCLE}#version-negotiation",
        seen_by=SeenBy.PROTOCOL,
        watch=VersionChanged,
    ),
    Rule(
        id="header-body-mismatch",
        group=Group.NEGOTIATION,
        title="-32020 HeaderMismatch",
        severity=Severity.ERROR,
        symptom="A request is refused with error -32020: its Mcp headers and its body say different things.",
        cause="A proxy or gateway drops or rewrites a header that repeats what the body says, or a header was "
        "overridden by hand, or the tool's x-mcp-header annotations have changed since they were listed.",
        fix="Let every hop forward the `Mcp-*` headers unchanged; list the tools again if their schema has changed.",
        fixes={
            Product.NGINX: "remove `proxy_set_header Mcp-...` and `proxy_pass_request_headers off` in the location.",
            Product.CLOUDFLARE: "look for a transform rule that removes request headers.",
        },
        source="MCP 2026-07-28, Streamable HTTP: standard request headers",
        link=f"{_SPEC}/2026-07-28/basic/transports/streamable-http",
        eras=frozenset({Era.STATELESS}),
        explains=_REFUSED,
        watch=HeaderMismatch,
    ),
    Rule(
        id="era-mismatch",
        group=Group.NEGOTIATION,
        title="2026 client vs legacy server or reverse",
        severity=Severity.WARN,
        symptom="The transport was chosen by hand, and the server refuses it with an error that only servers "
        "of the other side of 2026-07-28 know.",
        cause="A server of 2026-07-28 knows no initialize, and an older one knows no server/discover and wants a "
        "session. That is no wrong address: the server answers in JSON-RPC.",
        fix="Let the transport be found out, or choose what the server speaks; else upgrade one side. A server "
        "that speaks one side only should name its versions in the error.",
        source="MCP 2026-07-28, versioning",
        link=f"{_SPEC}/2026-07-28/basic/versioning",
        explains=("protocol-version-rejected", *_REFUSED),
        watch=EraMismatch,
    ),
    Rule(
        id="payload-too-large",
        group=Group.NEGOTIATION,
        title="413 on POST",
        severity=Severity.ERROR,
        symptom="A POST is refused with 413, or its connection is cut while a large body is sent.",
        cause="A proxy or the framework limits how large a request may be.",
        fix="Raise the limit of every hop, or send smaller arguments.",
        fixes={
            Product.NGINX: "raise `client_max_body_size`, which is 1m by default.",
            Product.EXPRESS: 'set `express.json({ limit: "4mb" })`; the default is 100kb.',
            Product.KESTREL: "raise `KestrelServerLimits.MaxRequestBodySize`.",
            Product.APACHE: "raise `LimitRequestBody`.",
        },
        source="RFC 9110 section 15.5.14",
        link="https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14",
        explains=("tcp-reset", "dropped-before-response", *_REFUSED),
        watch=Refusals,
    ),
    Rule(
        id="rate-limited",
        group=Group.NEGOTIATION,
        title="429/503 with or w/o Retry-After",
        severity=Severity.WARN,
        symptom="A request is refused with 429, or with 503 and a Retry-After header.",
        cause="A limit on requests. A client needs at least three at once to connect, so a limit for people who click "
        "ends the handshake; and a limit by address counts all who come through one proxy as one.",
        fix="Allow a burst of at least 5 requests, send Retry-After, and count by credential rather than by address.",
        fixes={
            Product.NGINX: "add `burst=20 nodelay` to `limit_req`.",
            Product.CLOUDFLARE: "exempt the MCP path from rate limiting, or count by the Authorization header.",
        },
        source="RFC 6585 section 4; RFC 9110 section 10.2.3",
        link="https://github.com/awslabs/mcp/issues/2949",
        explains=_REFUSED,
        watch=Refusals,
    ),
)
