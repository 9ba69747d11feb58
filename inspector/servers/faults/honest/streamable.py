"""Streamable HTTP, revisions 2025-03-26 to 2025-11-25: one path for POST, GET and DELETE."""

from __future__ import annotations

from uuid import uuid4

from inspector.servers.demo.messages import INVALID_REQUEST, Json, RpcError, encode, is_request, parse_messages
from inspector.servers.demo.revisions import STREAMABLE_VERSIONS
from inspector.servers.faults.honest.http_sse import HttpSse
from inspector.servers.faults.honest.line import Line
from inspector.servers.faults.honest.sessions import Session
from inspector.servers.faults.honest.speaker import JSON_HEADERS
from inspector.servers.faults.wire import Wire
from inspector.servers.http import Headers, HttpRequest

SESSION_HEADER = "mcp-session-id"
VERSION_HEADER = "mcp-protocol-version"


class Streamable(HttpSse):
    """Serves `/mcp` below the base, for clients that shake hands."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.sessions: dict[str, Session] = {}

    def new_session_id(self) -> str:
        """The id of a new session."""
        return uuid4().hex

    def session_headers(self, session: Session) -> Headers:
        """What says which session was begun."""
        return ((SESSION_HEADER, session.id),)

    def find(self, request: HttpRequest) -> Session | None:
        """The session that a request names, None for one that is not known."""
        return self.sessions.get(request.header(SESSION_HEADER) or "")

    def streams(self, message: Json) -> bool:
        """Whether a request is answered with an event stream, not with one JSON document."""
        return bool(message["method"] == "tools/call")

    async def on_post(self, request: HttpRequest, wire: Wire) -> None:
        """Serve a POST: one message of the client's."""
        try:
            (message,) = parse_messages(request.body, batches=False)
        except RpcError as error:
            await self.refuse(wire, 400, error)
            return
        if message.get("method") == "initialize":
            await self.on_initialize(message, request, wire)
            return
        session = await self.admitted(request, wire)
        if session is None:
            return
        if not is_request(message):
            await self.on_notice(message, session, wire)
        elif self.streams(message):
            await self.answer_with_stream(message, session, request, wire)
        else:
            line = Line(wire, self.event, session.version)
            await self.answer_with_json(await self.response(message, line, request), wire)

    async def on_initialize(self, message: Json, request: HttpRequest, wire: Wire) -> None:
        """Begin a session."""
        session = Session(self.new_session_id())
        self.sessions[session.id] = session
        response = await self.response(message, Line(wire, self.event, ""), request)
        session.version = response.get("result", {}).get("protocolVersion", "")
        await self.answer_with_json(response, wire, self.session_headers(session))

    async def on_notice(self, message: Json, session: Session, wire: Wire) -> None:
        """Take a notification, or an answer to a request of ours."""
        await wire.answer(202)
        if "method" in message:
            await self.on_notification(message, session)

    async def answer_with_json(self, response: Json, wire: Wire, headers: Headers = ()) -> None:
        """A response as one JSON document."""
        await wire.answer(200, (*JSON_HEADERS, *headers), encode(response))

    async def answer_with_stream(self, message: Json, session: Session, request: HttpRequest, wire: Wire) -> None:
        """A response at the end of an event stream."""
        line = await self.open_line(wire, session.version)
        running = self.tasks.start(self.respond(message, line, request))
        session.running[message["id"]] = running
        running.add_done_callback(lambda _: session.running.pop(message["id"], None))
        await self.carry(running, line)

    async def on_get(self, request: HttpRequest, wire: Wire) -> None:
        """Serve the GET stream of a session; a new one takes the place of an old one."""
        session = await self.admitted(request, wire)
        if session is None:
            return
        line = session.line = await self.open_line(wire, session.version)
        try:
            await self.hold(line)
        finally:
            if session.line is line:
                session.line = None

    async def on_delete(self, request: HttpRequest, wire: Wire) -> None:
        """End a session."""
        session = await self.admitted(request, wire)
        if session is not None:
            self.sessions.pop(session.id, None)
            await wire.answer(204)

    async def admitted(self, request: HttpRequest, wire: Wire) -> Session | None:
        """The session of a request; None where it was refused."""
        session = self.find(request)
        if session is None:
            await self.refuse_session(request, wire)
            return None
        version = request.header(VERSION_HEADER)
        if version is not None and version not in STREAMABLE_VERSIONS:
            await self.refuse(wire, 400, RpcError(INVALID_REQUEST, "Bad Request: unsupported MCP-Protocol-Version"))
            return None
        return session

    async def refuse_session(self, request: HttpRequest, wire: Wire) -> None:
        """The answer to a request that names no session, or one that is not known."""
        if request.header(SESSION_HEADER) is None:
            await self.refuse(wire, 400, RpcError(INVALID_REQUEST, "Bad Request: Mcp-Session-Id header is required"))
        else:
            await self.refuse(wire, 404, RpcError(INVALID_REQUEST, "Session not found"))

    async def refuse(self, wire: Wire, status: int, error: RpcError) -> None:
        """An answer that is an error."""
        await wire.answer(status, JSON_HEADERS, encode(error.to_message()))
