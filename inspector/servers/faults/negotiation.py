"""Faults of HTTP negotiation."""

from __future__ import annotations

import time
from collections import deque

from inspector.protocol import era
from inspector.protocol.era import TransportName
from inspector.protocol.error_codes import HEADER_MISMATCH, UNSUPPORTED_VERSION
from inspector.servers.demo.messages import INVALID_REQUEST, Json, RpcError, encode, is_request, parse_messages
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Honest, Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS, TEXT_HEADERS
from inspector.servers.faults.honest.streamable import VERSION_HEADER
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

SMALL_BODY_BYTES = 1_024
BURST = 20
FUTURE = "2099-01-01"
LONG_TEXT = "All work and no play. " * 100


class StreamFirst(Honest):
    """Wants text/event-stream named first."""

    async def on_post(self, request: HttpRequest, wire: Wire) -> None:
        if (request.header("accept") or "").startswith("text/event-stream"):
            await super().on_post(request, wire)
        else:
            await self.refuse(wire, 406, RpcError(INVALID_REQUEST, "Not Acceptable"))


class LetterByLetter(Honest):
    """Knows one spelling of the Content-Type, and it is not the usual one."""

    async def on_post(self, request: HttpRequest, wire: Wire) -> None:
        if request.header("content-type") == "application/json; charset=utf-8":
            await super().on_post(request, wire)
        else:
            await wire.answer(415, TEXT_HEADERS, b"Unsupported Media Type\n")


class NoStream(Honest):
    """Has nothing to say by itself."""

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        await wire.answer(405, (("allow", "POST, DELETE"),))


class PlainText(NoStream):
    """Sends its event streams as text/plain."""

    def stream_headers(self) -> Headers:
        return TEXT_HEADERS


class NullForNotice(Honest):
    """Answers a notification with the JSON of nothing."""

    async def on_notice(self, message: Json, session: Session, wire: Wire) -> None:
        await wire.answer(200, JSON_HEADERS, b"null")
        if "method" in message:
            await self.on_notification(message, session)


class AnswersInPost(Honest):
    """HTTP+SSE whose answers stand in the body of the POST."""

    async def on_message(self, request: HttpRequest, wire: Wire) -> None:
        session = self.sse_sessions.get(request.query.get("session_id", ""))
        (message,) = parse_messages(request.body, batches=False)
        if session is None or session.line is None or not is_request(message):
            await super().on_message(request, wire)
            return
        await wire.answer(200, JSON_HEADERS, encode(await self.response(message, session.line, request)))


class OldVersionsOnly(Honest):
    """Settles on a new version and then refuses it."""

    async def admitted(self, request: HttpRequest, wire: Wire) -> Session | None:
        version = request.header(VERSION_HEADER) or ""
        if request.method == "GET" or version == "2025-03-26":
            return await super().admitted(request, wire)
        text = f"Bad Request: Unsupported protocol version: {version} (supported versions: 2025-03-26)"
        await self.refuse(wire, 400, RpcError(INVALID_REQUEST, text))
        return None


class AnyVersion(Honest):
    """Does not look at the version header."""

    async def admitted(self, request: HttpRequest, wire: Wire) -> Session | None:
        session = self.find(request)
        if session is None:
            await self.refuse_session(request, wire)
        return session


class FutureVersion(Honest):
    """Negotiates a version that nobody knows."""

    def initialize_result(self, params: Json) -> Json:
        return {**super().initialize_result(params), "protocolVersion": FUTURE}


class NameLost(Honest):
    """As behind a proxy that drops Mcp-Name."""

    async def on_stateless(self, request: HttpRequest, wire: Wire) -> None:
        (message,) = parse_messages(request.body, batches=False)
        if message["method"] != "tools/call":
            await super().on_stateless(request, wire)
            return
        error = RpcError(HEADER_MISMATCH, "Header mismatch: Mcp-Name header is required for tools/call")
        await wire.answer(400, JSON_HEADERS, encode(error.to_message(message["id"])))


class NewEraOnly(Honest):
    """Speaks 2026-07-28 and nothing else."""

    async def on_initialize(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        error = RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", {"supported": [era.STATELESS]})
        await wire.answer(400, JSON_HEADERS, encode(error.to_message(message["id"])))


class SmallBodies(Honest):
    """Takes a kilobyte."""

    async def on_post(self, request: HttpRequest, wire: Wire) -> None:
        if len(request.body) > SMALL_BODY_BYTES:
            await wire.answer(413, TEXT_HEADERS, b"Content Too Large\n")
        else:
            await super().on_post(request, wire)


class Limited(Honest):
    """Takes `burst` requests a second."""

    burst = 1

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self._taken: deque[float] = deque()

    async def on_post(self, request: HttpRequest, wire: Wire) -> None:
        now_s = time.monotonic()
        while self._taken and now_s - self._taken[0] > 1.0:
            self._taken.popleft()
        if len(self._taken) >= self.burst:
            await wire.answer(429, (*TEXT_HEADERS, ("retry-after", "2")), b"Too Many Requests\n")
            return
        self._taken.append(now_s)
        await super().on_post(request, wire)


class Generous(Limited):
    """Takes a burst."""

    burst = BURST


FAULTS: tuple[Fault, ...] = (
    Fault(
        "not-acceptable-406",
        "Refuses an Accept header that names application/json first.",
        hit=StreamFirst,
        ok=Honest,
        ok_summary="Takes both types in any order.",
    ),
    Fault(
        "unsupported-media-type-415",
        "Refuses every Content-Type but one spelling with a charset.",
        hit=LetterByLetter,
        ok=Honest,
        ok_summary="Takes application/json.",
    ),
    Fault(
        "get-405-is-fine",
        "Answers GET with 405, which it may.",
        hit=NoStream,
        ok=Honest,
        ok_summary="Has a stream of its own.",
    ),
    Fault(
        "wrong-stream-content-type",
        "Sends its event streams as text/plain.",
        hit=PlainText,
        ok=Honest,
        ok_summary="Sends them as text/event-stream.",
    ),
    Fault(
        "notification-not-202",
        "Answers notifications with 200 and the body null.",
        hit=NullForNotice,
        ok=Honest,
        ok_summary="Answers them with 202 and no body.",
    ),
    Fault(
        "legacy-post-has-response-body",
        "HTTP+SSE whose answers stand in the body of the POST.",
        hit=AnswersInPost,
        ok=Honest,
        visit=Visit(transport=TransportName.HTTP_SSE),
        ok_summary="202, and the answer on the stream.",
    ),
    Fault(
        "protocol-version-rejected",
        "Settles on a version, and refuses it from then on.",
        hit=OldVersionsOnly,
        ok=Honest,
        ok_summary="Takes the version that it settled on.",
    ),
    Fault(
        "protocol-version-not-validated",
        "Does not look at MCP-Protocol-Version.",
        hit=AnyVersion,
        ok=Honest,
        visit=Visit(probes=("version",)),
        ok_summary="Refuses a version that does not exist with 400.",
    ),
    Fault(
        "protocol-version-mismatch",
        f"Negotiates the version {FUTURE}.",
        hit=FutureVersion,
        ok=Honest,
        ok_summary="Negotiates one that was asked for.",
    ),
    Fault(
        "header-body-mismatch",
        "Refuses calls as if a proxy had dropped their Mcp-Name.",
        hit=NameLost,
        ok=Honest,
        visit=Visit(transport=TransportName.STATELESS),
        ok_summary="Finds headers and body in agreement.",
    ),
    Fault(
        "era-mismatch",
        "Speaks 2026-07-28 only, and is asked to initialize.",
        hit=NewEraOnly,
        ok=Honest,
        ok_summary="Speaks every era.",
    ),
    Fault(
        "payload-too-large",
        f"Refuses bodies of more than {SMALL_BODY_BYTES:,} bytes.",
        hit=SmallBodies,
        ok=Honest,
        visit=Visit(calls=(("say", {"text": LONG_TEXT}),)),
        ok_summary="Takes the same call.",
    ),
    Fault(
        "rate-limited",
        "Takes one request a second.",
        hit=Limited,
        ok=Generous,
        ok_summary=f"Takes {BURST} requests a second.",
    ),
)
