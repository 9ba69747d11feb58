"""HTTP+SSE of 2024-11-05: everything is said by POST, and everything is answered on one event stream."""

from __future__ import annotations

from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import RpcError, encode, is_request, parse_messages
from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS
from inspector.servers.demo.session import Session, Sessions
from inspector.servers.demo.streamable import JSON_HEADERS, send_blocks
from inspector.servers.http import HttpConnection, HttpRequest

TEXT_HEADERS = (("content-type", "text/plain; charset=utf-8"),)


class HttpSse:
    """Serves `/sse` and `/messages`. A session lives as long as its stream."""

    def __init__(self, sessions: Sessions, heartbeat_s: float) -> None:
        self._sessions = sessions
        self._heartbeat_s = heartbeat_s

    async def serve_stream(self, request: HttpRequest, connection: HttpConnection) -> None:
        """The GET that opens a session; its first event says where to POST."""
        if request.method != "GET":
            await connection.respond(405, (("allow", "GET"),))
            return
        session = Session(HTTP_SSE_VERSIONS, EventStream(event="message", replay_bytes=0))
        await self._sessions.add(session)

        async def pump() -> None:
            await connection.send(f"event: endpoint\ndata: /messages?session_id={session.id}\n\n".encode())
            await send_blocks(session.standalone, connection)

        try:
            await connection.stream((), pump, self._heartbeat_s)
        finally:
            await self._sessions.close(session.id)

    async def serve_message(self, request: HttpRequest, connection: HttpConnection) -> None:
        """The POST of one message; the answer to it goes out on the session's stream."""
        if request.method != "POST":
            await connection.respond(405, (("allow", "POST"),))
            return
        session_id = request.query.get("session_id")
        if session_id is None:
            await connection.respond(400, TEXT_HEADERS, b"session_id is required")
            return
        session = self._sessions.get(session_id)
        if session is None or session.state.supported_versions is not HTTP_SSE_VERSIONS:
            await connection.respond(404, TEXT_HEADERS, b"Could not find session")
            return
        await self._receive(session, request.body, connection)

    async def _receive(self, session: Session, body: bytes, connection: HttpConnection) -> None:
        try:
            messages = parse_messages(body, batches=False)
        except RpcError as error:
            await connection.respond(400, JSON_HEADERS, encode(error.to_message()))
            return
        await connection.respond(202, TEXT_HEADERS, b"Accepted")
        for message in messages:
            if is_request(message):
                session.answer(message, session.standalone)
            else:
                session.take(message)
