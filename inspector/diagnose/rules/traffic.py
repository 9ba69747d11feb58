"""Rules about JSON-RPC traffic."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.diagnose.rules import traffic_asks, traffic_handshake
from inspector.diagnose.rules.traffic_answers import (
    AnswerOnListeningStream,
    ErrorWithoutId,
    TextEncodedTwice,
    Unanswered,
)
from inspector.diagnose.rules.traffic_cuts import CutAlike
from inspector.diagnose.rules.traffic_streams import AfterFinal, OtherSessions, ServerAsks
from inspector.diagnose.stack import Product
from inspector.trace.events import Severity

JSON_RPC = "https://www.jsonrpc.org/specification"
SPEC = "https://modelcontextprotocol.io/specification/2025-11-25/basic"
_GITHUB = "https://github.com"
_WITH_HANDSHAKE = frozenset({Era.HTTP_SSE, Era.STREAMABLE})

_ENVELOPE = (
    Rule(
        id="jsonrpc-invalid-json",
        group=Group.TRAFFIC,
        title="Message is not valid JSON",
        severity=Severity.ERROR,
        symptom="The data of an event, or the body of a response, does not parse as JSON.",
        cause="The text was put together by hand, cut off by a buffer, or holds NaN or the print of a Python object.",
        fix="Serialise with a JSON library, on one data line, without truncation and without NaN.",
        source="RFC 8259; brightdata-mcp#74",
        link=f"{_GITHUB}/brightdata/brightdata-mcp/issues/74",
        seen_by=SeenBy.PROTOCOL,
        watch=CutAlike,
    ),
    Rule(
        id="jsonrpc-double-encoded",
        group=Group.TRAFFIC,
        title="JSON was encoded twice",
        severity=Severity.ERROR,
        symptom="The data is a JSON string, and the message is the text inside it.",
        cause="The message was serialised before it was given to a function that serialises what it is given.",
        fix="Leave out one `json.dumps` or `JSON.stringify`.",
        source="HTTP with SSE (2024-11-05): messages are encoded as JSON in the event data",
        link="https://modelcontextprotocol.io/specification/2024-11-05/basic/transports",
        seen_by=SeenBy.PROTOCOL,
        watch=TextEncodedTwice,
    ),
    Rule(
        id="jsonrpc-envelope-invalid",
        group=Group.TRAFFIC,
        title="Not a valid JSON-RPC 2.0 message",
        severity=Severity.ERROR,
        symptom="jsonrpc is missing or not 2.0, result and error are both or neither there, or a code or id has no "
        "type that it may have.",
        cause="The message was built by hand, or every field of a record was written, empty ones too.",
        fix='Send jsonrpc "2.0", the id as it came, and exactly one of result and error with an integer code.',
        source="JSON-RPC 2.0 sections 4 and 5",
        link=JSON_RPC,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="jsonrpc-batch",
        group=Group.TRAFFIC,
        title="Batch array on the wire",
        severity=Severity.WARN,
        symptom="An array of messages came in a revision that knows no batches.",
        cause="Only 2025-03-26 has batches; clients of other revisions drop the array.",
        fix="Send one message at a time.",
        source="JSON-RPC batching, removed in 2025-06-18; typescript-sdk#2670",
        link=f"{_GITHUB}/modelcontextprotocol/typescript-sdk/issues/2670",
        seen_by=SeenBy.PROTOCOL,
    ),
)
_IDS = (
    Rule(
        id="response-id-type-changed",
        group=Group.TRAFFIC,
        title="Response id changed its type",
        severity=Severity.ERROR,
        symptom='The id of an answer has the text of a request\'s and another type, such as "1" for 1.',
        cause="The server, or a gateway before it, parses ids or stores them as text.",
        fix="Send the id back as it came, without changing its type.",
        fixes={Product.PYTHON_SDK: "upgrade mcp: 1.9.4 turned ids that were strings into integers."},
        source="JSON-RPC 2.0 section 5; python-sdk#961",
        link=f"{_GITHUB}/modelcontextprotocol/python-sdk/issues/961",
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="response-id-unknown",
        group=Group.TRAFFIC,
        title="Response to a request nobody sent",
        severity=Severity.WARN,
        symptom="An answer has an id that no request of this session has.",
        cause="The id was made up, or one server object serves several sessions and mixes them.",
        fix="Answer with the request's own id, and keep one server and transport object for each session.",
        source="JSON-RPC 2.0 section 5; mcphub#88",
        link=JSON_RPC,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="error-without-id",
        group=Group.TRAFFIC,
        title="Error without request id",
        severity=Severity.WARN,
        symptom="An error came with the id null, or none, and not with an error status of HTTP.",
        cause="The server fails outside of the code that knows which request it is working on.",
        fix="Copy the request's id into the error; null is for requests that could not be parsed.",
        source="JSON-RPC 2.0 section 5",
        link=JSON_RPC,
        watch=ErrorWithoutId,
    ),
    Rule(
        id="duplicate-response",
        group=Group.TRAFFIC,
        title="Same response delivered twice",
        severity=Severity.ERROR,
        symptom="A second answer came for a request that had its answer.",
        cause="The same payload twice: each stream of the session gets every message. Another payload: a handler "
        "answers, and something behind it, such as its error path, answers again.",
        fix="Deliver each message once, on one stream only.",
        source="Streamable HTTP: multiple connections (MUST NOT broadcast); agentgateway#2373",
        link=f"{_GITHUB}/agentgateway/agentgateway/issues/2373",
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="response-on-wrong-stream",
        group=Group.TRAFFIC,
        title="Response arrived on the wrong stream",
        severity=Severity.ERROR,
        symptom="An answer came on the GET stream, or on the stream of another request.",
        cause="The server, or a gateway before it, sends whatever there is on whichever stream is open.",
        fix="Answer each request on the stream that its own POST opened; upgrade the gateway.",
        source="Streamable HTTP: sending messages, listening for messages",
        link=f"{SPEC}/transports#sending-messages-to-the-server",
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        explains=("message-after-final",),
        watch=AnswerOnListeningStream,
    ),
)
_ANSWERS = (
    Rule(
        id="request-unanswered",
        group=Group.TRAFFIC,
        title="Request accepted but never answered",
        severity=Severity.ERROR,
        symptom="The request was taken, with 202 or with a stream that stays open, and no answer comes.",
        cause="A handler hangs, a full queue drops the request, an error is swallowed, or the answer goes to another "
        "session.",
        fix="Bound the time of each handler and answer with an error after it; send progress or a heartbeat meanwhile; "
        "never swallow an error while a request is queued.",
        source="labring/aiproxy#641",
        link=f"{_GITHUB}/labring/aiproxy/issues/641",
        watch=Unanswered,
    ),
    Rule(
        id="late-response",
        group=Group.TRAFFIC,
        title="Response came after the timeout",
        severity=Severity.WARN,
        symptom="The answer came after we had stopped waiting for it.",
        cause="The work takes longer than the client's limit (60 s in the TypeScript SDK, and only progress that the "
        "client asked for extends it), or the server works on after a cancellation.",
        fix="Raise the client's timeout, send progress, or stop working when the request is cancelled.",
        source="Lifecycle: timeouts; typescript-sdk#245",
        link=f"{_GITHUB}/modelcontextprotocol/typescript-sdk/issues/245",
        explains=("request-unanswered",),
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="message-after-final",
        group=Group.TRAFFIC,
        title="Traffic after the final response",
        severity=Severity.WARN,
        symptom="Something followed the answer on the stream of a POST, or the stream stayed open after it.",
        cause="The server does not close the stream of a request, which leaks a connection for every call.",
        fix="Send the answer last, and close the stream after it.",
        source="Streamable HTTP: sending messages; python-sdk#2958",
        link=f"{_GITHUB}/modelcontextprotocol/python-sdk/issues/2958",
        eras=frozenset({Era.STREAMABLE, Era.STATELESS}),
        watch=AfterFinal,
    ),
    Rule(
        id="message-before-initialized",
        group=Group.TRAFFIC,
        title="Server talked before initialized",
        severity=Severity.WARN,
        symptom="Requests other than ping, or notifications other than log entries, came before the client had said "
        "notifications/initialized.",
        cause="The server starts its work when the connection opens, not when the session has begun.",
        fix="Hold requests and notifications back until notifications/initialized has come.",
        source="Lifecycle: initialization",
        link=f"{SPEC}/lifecycle#initialization",
        eras=_WITH_HANDSHAKE,
        seen_by=SeenBy.PROTOCOL,
    ),
    Rule(
        id="foreign-session-traffic",
        group=Group.TRAFFIC,
        title="Traffic of another session received (tenant isolation)",
        severity=Severity.ERROR,
        symptom="Of two sessions at once, one receives an answer or progress that the other has asked for.",
        cause="One server or transport object serves all sessions, and what it sends goes to all of them, or to the "
        "one that connected last. Users see each other's data.",
        fix="Make one server and transport object for each session, and route by session id. Do not use the server "
        "with several users until then.",
        source="typescript-sdk#343; servers#2297",
        link=f"{_GITHUB}/modelcontextprotocol/typescript-sdk/issues/343",
        explains=(
            "duplicate-response",
            "response-id-unknown",
            "response-on-wrong-stream",
            "progress-unknown-token",
            "progress-after-response",
            "message-after-final",
        ),
        watch=OtherSessions,
    ),
)
_PINGS = (
    Rule(
        id="server-ping-unanswered",
        group=Group.TRAFFIC,
        title="Server request (ping) got no valid answer",
        severity=Severity.WARN,
        symptom="The server sent a ping, and our answer was not taken in time.",
        cause="The server waits for the answer where it does not come, or its POST endpoint hangs while it waits.",
        fix="Take answers by POST with 202 at once; where pings are only to keep the stream alive, use comments.",
        source="Ping; vercel/ai#15701",
        link=f"{_GITHUB}/vercel/ai/issues/15701",
        eras=_WITH_HANDSHAKE,
        watch=ServerAsks,
    ),
    Rule(
        id="server-ping-not-understood",
        group=Group.TRAFFIC,
        title="Server refuses the answer to its own request",
        severity=Severity.WARN,
        symptom="The server asked, we answered by POST, and the answer was refused with an error status.",
        cause="The POST endpoint takes requests and notifications only, and looks for a method in every message.",
        fix="Take a POST with a JSON-RPC response, and answer it with 202 and no body.",
        source="Streamable HTTP: sending messages; fast-mcp#38",
        link=f"{_GITHUB}/yjacquin/fast-mcp/issues/38",
        eras=_WITH_HANDSHAKE,
        watch=ServerAsks,
    ),
)
RULES: tuple[Rule, ...] = (*_ENVELOPE, *_IDS, *_ANSWERS, *_PINGS, *traffic_asks.RULES, *traffic_handshake.RULES)
