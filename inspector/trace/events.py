"""The vocabulary of the river: everything the program knows enters as one of these events.

Every event is immutable and says what happened, when, and on which stream. The classes form a tagged union
(the tag is `kind`), so a river is written to and read from JSON without a schema of its own.

Units: `*_ns` are nanoseconds of the monotonic clock, `*_ms` milliseconds, sizes and offsets are bytes.
"""

from __future__ import annotations

import enum

import msgspec

from inspector.protocol.breach import Severity as Severity  # noqa: PLC0414 - part of this vocabulary
from inspector.protocol.jsonrpc import MessageType as MessageType  # noqa: PLC0414
from inspector.protocol.jsonrpc import RequestId as RequestId  # noqa: PLC0414
from inspector.trace.states import ConnectionState as ConnectionState  # noqa: PLC0414

Headers = tuple[tuple[str, str], ...]
"""Header fields in the order of the wire; secret values are already masked."""


class Direction(enum.StrEnum):
    """Seen from this program."""

    OUTBOUND = "out"
    INBOUND = "in"


class Framing(enum.StrEnum):
    """How the bytes of a message were delimited, hence how `raw` is to be read."""

    SSE = "sse"
    BODY = "body"
    BATCH = "batch"


class Phase(enum.StrEnum):
    """How far an HTTP exchange had come when it ended."""

    CONNECT = "connect"
    HEADERS = "headers"
    BODY = "body"


class EndCause(enum.StrEnum):
    """Why a stream ended. `*_by_us` are our own acts and never blamed on the peer.

    After `DROPPED_BY_US` (the laboratory cut the wire) the session goes on as after a cut by somebody else.
    """

    COMPLETE = "complete"
    END_OF_STREAM = "end of stream"
    CUT_MID_EVENT = "cut in the middle of an event"
    CUT_MID_BODY = "cut in the middle of the body"
    CUT_MID_HEADERS = "cut before the headers were complete"
    RESET = "connection reset"
    REFUSED = "connection refused"
    UNRESOLVED = "host name not found"
    UNREACHABLE = "host unreachable"
    TLS = "TLS failure"
    CONNECT_TIMEOUT = "connect timeout"
    PROTOCOL = "HTTP protocol error"
    DECODING = "content decoding failed"
    REJECTED = "answer rejected"
    CANCELLED_BY_US = "cancelled by us"
    TIMED_OUT_BY_US = "timed out by us"
    CLOSED_BY_US = "closed by us"
    DROPPED_BY_US = "dropped by us"


OWN_ENDS = frozenset(
    {EndCause.CANCELLED_BY_US, EndCause.TIMED_OUT_BY_US, EndCause.CLOSED_BY_US, EndCause.DROPPED_BY_US}
)
"""The ends that are our own acts."""


class Outcome(enum.StrEnum):
    """How a request of ours ended without an answer."""

    LOST = "lost"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class TraceEvent(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="kind", tag="event"
):
    """What all events have in common; as JSON an event says only what is not the default.

    `n` counts from 0 without gaps over the whole river; `at` is Unix time in seconds; `connection` numbers the user's
    connects from 1; `stream` numbers the HTTP exchanges of the river from 1, and is None for what belongs to none.
    """

    n: int = 0
    at: float = 0.0
    monotonic_ns: int = 0
    connection: int = 0
    stream: int | None = None
    direction: Direction | None = None

    @property
    def kind(self) -> str:
        """The tag under which the event is written, such as `http.request`."""
        tag = self.__struct_config__.tag
        return str(tag)


class StateChanged(TraceEvent, frozen=True, kw_only=True, tag="state"):
    """The connection's state machine moved; `reason` is one sentence.

    While reconnecting, `delay_ms` is the pause we chose, `asked_ms` the server's `retry:` (None if it never sent one),
    `attempt` counts from 1 since the connection was last open, `last_event_id` is what the next GET will send.
    """

    state: ConnectionState
    reason: str = ""
    attempt: int = 0
    delay_ms: float | None = None
    asked_ms: int | None = None
    last_event_id: str | None = None


class RequestSent(TraceEvent, frozen=True, kw_only=True, tag="http.request"):
    """An HTTP request is about to leave; `purpose` says what for: a JSON-RPC method, `stream`, `resume`, `close` ..."""

    method: str
    url: str
    purpose: str
    headers: Headers = ()
    body: bytes = b""


class Connected(TraceEvent, frozen=True, kw_only=True, tag="http.connect"):
    """A new socket was opened for the exchange: name look-up and TCP took `connect_ms`, TLS `tls_ms`.

    `resolve_ms` is the name look-up alone, None where the URL names an address, or where it was not timed apart.
    `tls_expires_at` is when the server's certificate does, in Unix seconds; None where it was not checked. `socket`
    numbers the sockets of the connection from 1, 0 where nobody counted.
    """

    peer: str
    connect_ms: float
    tls_ms: float | None = None
    tls_version: str | None = None
    tls_expires_at: float | None = None
    resolve_ms: float | None = None
    socket: int = 0


class HeadersReceived(TraceEvent, frozen=True, kw_only=True, tag="http.response"):
    """The status line and all headers are here, `ttfb_ms` after the request was sent.

    `sent_ms` is how long after its beginning the request had been written in full, the socket's opening included; None
    where that was not measured. Exchanges with the same `socket` shared one, see `Connected`.
    """

    status: int
    reason: str
    http_version: str
    headers: Headers
    ttfb_ms: float
    sent_ms: float | None = None
    socket: int = 0


class Redirected(TraceEvent, frozen=True, kw_only=True, tag="http.redirect"):
    """The server pointed elsewhere; `followed` says whether we went, `reason` why or why not."""

    status: int
    location: str
    followed: bool
    reason: str


class ChunkReceived(TraceEvent, frozen=True, kw_only=True, tag="chunk"):
    """Bytes as they came off the socket (after transfer decoding, before content decoding); not a timeline row."""

    offset: int
    data: bytes


class SseEvent(TraceEvent, frozen=True, kw_only=True, tag="sse"):
    """What an event-stream block and a message inside one share.

    `offset` and `raw` place the block in the body of its stream, `first_byte_ns` is when its first byte came
    (`monotonic_ns`: its last). `event_id` is the `id:` field of this very block, None if it had none.
    """

    raw: bytes = b""
    offset: int = 0
    first_byte_ns: int = 0
    event: str = "message"
    event_id: str | None = None
    retry_ms: int | None = None
    truncated: bool = False


class FrameReceived(SseEvent, frozen=True, kw_only=True, tag="frame"):
    """An event-stream block that carried no JSON-RPC message: `endpoint`, priming, plain text, a block without data.

    `note` says in words what it is; `dispatched` whether an EventSource would have seen an event.
    """

    note: str = ""
    dispatched: bool = True
    complete: bool = True


class CommentReceived(TraceEvent, frozen=True, kw_only=True, tag="comment"):
    """A comment line, which is how servers send heartbeats."""

    text: str
    offset: int
    raw: bytes


class Message(SseEvent, frozen=True, kw_only=True, tag="message"):
    """A JSON-RPC message, ours or theirs; `raw` holds its exact bytes as `framing` says.

    `request_n` is the number of the request this one answers, cancels or reports progress of; `rtt_ms` is set on
    answers. `name` is the tool, prompt or URI that the message is about. `problems` are contradictions with
    JSON-RPC 2.0.
    """

    message_type: MessageType
    framing: Framing
    method: str | None = None
    id: RequestId = None
    name: str | None = None
    request_n: int | None = None
    rtt_ms: float | None = None
    progress_token: int | str | None = None
    error_code: int | None = None
    is_tool_error: bool = False
    problems: tuple[str, ...] = ()


class ToolStep(SseEvent, frozen=True, kw_only=True, tag="tool.step"):
    """One step of a tool stream's run (R81): our `call`, or what came on its stream, which has no JSON-RPC id (R83).

    `step` is `call`, `started`, `progress`, `data`, `complete`, `error` or `result` (an answer in one piece); `tool` is
    the tool's name. `request_n` is the number of the call that an inbound step belongs to, or that a call is sent again
    for after a sign-in; `rtt_ms` is set on the one step that ends it. `raw` holds the exact bytes as `framing` says.
    """

    tool: str
    step: str
    framing: Framing = Framing.SSE
    request_n: int | None = None
    rtt_ms: float | None = None


class BodyReceived(TraceEvent, frozen=True, kw_only=True, tag="body"):
    """A response body that is neither an event stream nor a JSON-RPC message, such as an HTML page."""

    content_type: str
    raw: bytes
    truncated: bool = False


class StreamEnded(TraceEvent, frozen=True, kw_only=True, tag="http.end"):
    """The last event of every HTTP exchange: how it ended, in words, and what had come until then.

    `idle_ms` is the silence before the end, `pending` the bytes behind the last complete event (at most 256).
    """

    cause: EndCause
    phase: Phase
    sentence: str
    error: str | None = None
    status: int | None = None
    bytes_received: int = 0
    chunks: int = 0
    frames: int = 0
    age_ms: float = 0.0
    idle_ms: float = 0.0
    pending: bytes = b""


class ExchangeFailed(TraceEvent, frozen=True, kw_only=True, tag="exchange.failed"):
    """A request of ours will not be answered any more."""

    request_n: int
    method: str
    id: RequestId
    outcome: Outcome
    reason: str
    elapsed_ms: float
    name: str | None = None


class SessionReady(TraceEvent, frozen=True, kw_only=True, tag="session.ready"):
    """The handshake is complete; `capabilities` are the names the server declared."""

    transport: str
    protocol_version: str
    server_name: str
    server_version: str
    session_id: str | None = None
    capabilities: tuple[str, ...] = ()
    instructions: str | None = None
    handshake_ms: float = 0.0


class Violation(TraceEvent, frozen=True, kw_only=True, tag="violation"):
    """The peer (or the path to it) did what it must not.

    `rule` names the diagnosis, `about_n` the event it rests on, `requirement` the clause it breaks.
    """

    rule: str
    severity: Severity
    text: str
    fix: str = ""
    requirement: str = ""
    about_n: int | None = None


class AttemptMade(TraceEvent, frozen=True, kw_only=True, tag="attempt"):
    """One step of finding out which transport an URL speaks, and what it showed."""

    transport: str
    verdict: str
    succeeded: bool


class LabAction(enum.StrEnum):
    """What the laboratory does to our own side of the wire; `LabActed` names one."""

    DROP = "drop"
    DROP_AFTER = "drop after"
    HALF_CLOSE = "half-close"
    SLOW = "read slowly"
    DELAY = "delay"
    RESUME = "resume"
    CLEAR = "clear"


class LabActed(TraceEvent, frozen=True, kw_only=True, tag="lab"):
    """The laboratory does something to the wire on our side, on the user's wish; told before it happens.

    `action` is one of `LabAction`, `text` one sentence. An act on a whole connection has no `stream`.
    """

    action: str
    text: str


AnyEvent = (
    StateChanged
    | RequestSent
    | Connected
    | HeadersReceived
    | Redirected
    | ChunkReceived
    | FrameReceived
    | CommentReceived
    | Message
    | ToolStep
    | BodyReceived
    | StreamEnded
    | ExchangeFailed
    | SessionReady
    | Violation
    | AttemptMade
    | LabActed
)


ROW_KINDS: tuple[str, ...] = (
    "state",
    "attempt",
    "session.ready",
    "http.request",
    "http.connect",
    "http.response",
    "http.redirect",
    "http.end",
    "message",
    "tool.step",
    "frame",
    "comment",
    "body",
    "exchange.failed",
    "violation",
    "lab",
)
"""The kinds that make a row of the timeline; chunks are shown inside the events they carried."""
