"""Streamable HTTP, revisions 2025-03-26 to 2025-11-25: one URL for POST, GET and DELETE (basic/transports)."""

from __future__ import annotations

import re
from contextlib import aclosing

from inspector.servers.demo import dispatch
from inspector.servers.demo.event_stream import EventStream
from inspector.servers.demo.messages import INVALID_REQUEST, Json, RpcError, encode, is_request, parse_messages
from inspector.servers.demo.revisions import HTTP_SSE_VERSIONS, STREAMABLE_VERSIONS, V_2025_03, V_2025_11
from inspector.servers.demo.session import Exchange, Session, Sessions
from inspector.servers.http import Headers, HttpConnection, HttpRequest, heartbeat

JSON_HEADERS: Headers = (("content-type", "application/json"),)
EVENT_ID = re.compile(r"(\d{1,9})-(\d{1,12})", re.ASCII)


class Refusal(Exception):
    """The HTTP request is answered with `status`, and an error message for people and programs."""

    def __init__(self, status: int, error: RpcError) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


def _refuse(status: int, text: str) -> Refusal:
    return Refusal(status, RpcError(INVALID_REQUEST, text))


class StreamableHttp:
    """Serves `/mcp`."""

    def __init__(self, sessions: Sessions, heartbeat_s: float, resume_grace_s: float) -> None:
        self._sessions = sessions
        self._heartbeat_s = heartbeat_s
        self._resume_grace_s = resume_grace_s
        self._methods = {"POST": self._post, "GET": self._get, "DELETE": self._delete}

    async def serve(self, request: HttpRequest, connection: HttpConnection) -> None:
        """Answer one HTTP request."""
        method = self._methods.get(request.method)
        if method is None:
            await connection.respond(405, (("allow", "GET, POST, DELETE"),))
            return
        try:
            await method(request, connection)
        except Refusal as refusal:
            await connection.respond(refusal.status, JSON_HEADERS, encode(refusal.error.to_message()))

    async def _post(self, request: HttpRequest, connection: HttpConnection) -> None:
        _check_content_type(request)
        _check_accept(request, "application/json", "text/event-stream")
        _check_version(request)
        session = self._find_session(request) if request.header("mcp-session-id") is not None else None
        try:
            batches = session is not None and session.state.protocol_version == V_2025_03
            messages = parse_messages(request.body, batches=batches)
        except RpcError as error:
            raise Refusal(400, error) from error
        if session is not None:
            await self._receive(session, messages, connection)
        elif messages[0].get("method") == "initialize" and is_request(messages[0]):
            await self._initialize(messages[0], connection)
        else:
            raise _refuse(400, "Bad Request: the Mcp-Session-Id header is missing")

    async def _initialize(self, request: Json, connection: HttpConnection) -> None:
        session = Session(STREAMABLE_VERSIONS, EventStream(0))
        response = dispatch.answer(session.state, request)
        headers = JSON_HEADERS
        if "result" in response:
            await self._sessions.add(session)
            headers = (*headers, ("mcp-session-id", session.id))
        await connection.respond(200, headers, encode(response))

    async def _receive(self, session: Session, messages: list[Json], connection: HttpConnection) -> None:
        requests = [message for message in messages if is_request(message)]
        for message in messages:
            if not is_request(message):
                session.take(message)
        if not requests:
            await connection.respond(202)
        elif len(messages) == 1 and requests[0]["method"] != "tools/call":
            await connection.respond(200, JSON_HEADERS, encode(dispatch.answer(session.state, requests[0])))
        else:
            await self._stream_exchange(session, session.open_exchange(requests), connection)

    async def _get(self, request: HttpRequest, connection: HttpConnection) -> None:
        _check_accept(request, "text/event-stream")
        _check_version(request)
        session = self._find_session(request)
        last_event_id = request.header("last-event-id")
        if last_event_id is None:
            await self._stream(session, session.standalone, connection)
            return
        exchange = _find_exchange(session, last_event_id)
        await self._stream_exchange(session, exchange, connection)

    async def _delete(self, request: HttpRequest, connection: HttpConnection) -> None:
        _check_version(request)
        await self._sessions.close(self._find_session(request).id)
        await connection.respond(204)

    async def _stream_exchange(self, session: Session, exchange: Exchange, connection: HttpConnection) -> None:
        try:
            await self._stream(session, exchange.stream, connection)
        finally:
            session.await_return(exchange, self._resume_grace_s)

    async def _stream(self, session: Session, stream: EventStream, connection: HttpConnection) -> None:
        is_primed = (session.state.protocol_version or "") >= V_2025_11

        async def pump() -> None:
            await connection.send(stream.prime() if is_primed else heartbeat())
            await send_blocks(stream, connection)

        await connection.stream((("mcp-session-id", session.id),), pump, self._heartbeat_s)

    def _find_session(self, request: HttpRequest) -> Session:
        session_id = request.header("mcp-session-id")
        if session_id is None:
            raise _refuse(400, "Bad Request: the Mcp-Session-Id header is missing")
        session = self._sessions.get(session_id)
        if session is None or session.state.supported_versions is not STREAMABLE_VERSIONS:
            raise _refuse(404, "Not Found: there is no such session; initialize again")
        return session


async def send_blocks(stream: EventStream, connection: HttpConnection) -> None:
    """Pass on what is written to `stream`, until it is finished or asks to be cut."""
    async with aclosing(stream.read()) as blocks:
        async for block in blocks:
            if block.cut:
                await connection.cut(block.data[: len(block.data) // 2])
                return
            await connection.send(block.data)


def _find_exchange(session: Session, last_event_id: str) -> Exchange:
    """The exchange that the event belongs to, wound back to just behind it."""
    match = EVENT_ID.fullmatch(last_event_id)
    number, after = (int(match[1]), int(match[2])) if match else (-1, 0)
    exchange = Exchange(session.standalone) if number == 0 else session.exchange(number)
    if exchange is None or not exchange.stream.rewind(after):
        raise _refuse(400, "Bad Request: the event of Last-Event-ID is not known any more")
    return exchange


def _check_content_type(request: HttpRequest) -> None:
    media_type = (request.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _refuse(415, "Unsupported Media Type: Content-Type must be application/json")


def _check_accept(request: HttpRequest, *needed: str) -> None:
    """Both types are needed on a POST, since the server chooses (basic/transports, sending messages)."""
    ranges = {part.partition(";")[0].strip().lower() for part in (request.header("accept") or "").split(",")}
    for media_type in needed:
        if not ranges & {media_type, f"{media_type.partition('/')[0]}/*", "*/*"}:
            raise _refuse(406, f"Not Acceptable: Accept must contain {' and '.join(needed)}")


def _check_version(request: HttpRequest) -> None:
    version = request.header("mcp-protocol-version")
    if version is not None and version not in HTTP_SSE_VERSIONS:
        raise _refuse(400, f"Bad Request: unsupported protocol version; use one of {', '.join(STREAMABLE_VERSIONS)}")
