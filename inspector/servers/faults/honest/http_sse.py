"""HTTP+SSE, revision 2024-11-05: a GET stream that names an endpoint, and POSTs to that which are answered on it."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

from inspector.servers.demo.messages import Json, RpcError, is_request, parse_messages
from inspector.servers.faults.honest.sessions import Session
from inspector.servers.faults.honest.speaker import TEXT_HEADERS, Speaker
from inspector.servers.faults.wire import ClientGone, Wire
from inspector.servers.http import HttpRequest


class HttpSse(Speaker):
    """Serves `/sse` and `/messages` below the base."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.sse_sessions: dict[str, Session] = {}

    def new_sse_session(self) -> Session:
        """A session for a new stream."""
        return Session(uuid4().hex, "2024-11-05")

    def endpoint(self, session: Session) -> str:
        """Where the client shall POST to."""
        return f"{self.base}/messages?session_id={session.id}"

    def endpoint_event(self, session: Session) -> bytes:
        """The first event of a stream."""
        return f"event: endpoint\ndata: {self.endpoint(session)}\n\n".encode()

    async def on_sse(self, request: HttpRequest, wire: Wire) -> None:
        """Serve the GET stream: it is the session."""
        session = self.new_sse_session()
        self.sse_sessions[session.id] = session
        try:
            session.line = await self.open_line(wire, session.version)
            await wire.chunk(self.endpoint_event(session))
            await self.hold(session.line)
        finally:
            await self.forget_sse(session)

    async def forget_sse(self, session: Session) -> None:
        """The stream has ended, and the session with it."""
        self.sse_sessions.pop(session.id, None)
        for task in session.running.values():
            task.cancel()

    async def on_message(self, request: HttpRequest, wire: Wire) -> None:
        """Serve a POST to the endpoint: accept it, and answer on the stream."""
        session = self.sse_sessions.get(request.query.get("session_id", ""))
        if session is None or session.line is None:
            await self.refuse_message(wire)
            return
        try:
            (message,) = parse_messages(request.body, batches=False)
        except RpcError as error:
            await wire.answer(400, TEXT_HEADERS, f"{error.message}\n".encode())
            return
        await self.accept(wire)
        self.take(message, session, request)

    async def refuse_message(self, wire: Wire) -> None:
        """The answer to a POST whose session is not known."""
        await wire.answer(404, TEXT_HEADERS, b"Could not find session\n")

    async def accept(self, wire: Wire) -> None:
        """The answer to a POST that is taken."""
        await wire.answer(202, TEXT_HEADERS, b"Accepted")

    def take(self, message: Json, session: Session, request: HttpRequest) -> None:
        """Do what a message says."""
        if session.line is None:
            return
        if is_request(message):
            if message["method"] == "initialize":
                session.version = session.line.version = self.initialize_result(message["params"])["protocolVersion"]
            running = self.tasks.start(self.respond(message, session.line, request))
            session.running[message["id"]] = running
            running.add_done_callback(lambda _: session.running.pop(message["id"], None))
        elif "method" in message:
            self.tasks.start(self._notified(message, session))

    async def _notified(self, message: Json, session: Session) -> None:
        with suppress(ClientGone):
            await self.on_notification(message, session)

    async def on_notification(self, message: Json, session: Session) -> None:
        """A notification of the client's."""
        match message["method"]:
            case "notifications/initialized":
                session.initialized = True
            case "notifications/cancelled":
                running = session.running.get(message.get("params", {}).get("requestId"))
                if running is not None:
                    running.cancel()
