"""The honest server as a whole: which request is whose."""

from __future__ import annotations

from inspector.servers.faults.honest.speaker import TEXT_HEADERS
from inspector.servers.faults.honest.stateless import Stateless
from inspector.servers.faults.wire import Wire
from inspector.servers.http import HttpRequest, RequestRejected
from inspector.servers.loopback import check_is_local


class Honest(Stateless):
    """Every era at once: `/mcp` for Streamable HTTP and the stateless revision, `/sse` for HTTP+SSE."""

    async def serve(self, request: HttpRequest, wire: Wire) -> None:
        """Answer one request."""
        try:
            self.check(request)
        except RequestRejected as error:
            await wire.answer(error.status, TEXT_HEADERS, f"{error.text}\n".encode())
            return
        match request.path:
            case "/sse":
                await self.serve_sse(request, wire)
            case "/messages":
                await self.serve_message(request, wire)
            case "/mcp" | "":
                await self.serve_mcp(request, wire)
            case _:
                await wire.answer(404, TEXT_HEADERS, b"Not Found\n")

    def check(self, request: HttpRequest) -> None:
        """Raises `RequestRejected` for a Host or an Origin that is not of this machine."""
        check_is_local(request)

    async def serve_sse(self, request: HttpRequest, wire: Wire) -> None:
        """`/sse`: GET only."""
        if request.method == "GET":
            await self.on_sse(request, wire)
        else:
            await wire.answer(405, (("allow", "GET"),))

    async def serve_message(self, request: HttpRequest, wire: Wire) -> None:
        """`/messages`: POST only."""
        if request.method == "POST":
            await self.on_message(request, wire)
        else:
            await wire.answer(405, (("allow", "POST"),))

    async def serve_mcp(self, request: HttpRequest, wire: Wire) -> None:
        """`/mcp`: POST, GET and DELETE."""
        match request.method:
            case "POST" if self.is_stateless(request):
                await self.on_stateless(request, wire)
            case "POST":
                await self.on_post(request, wire)
            case "GET":
                await self.on_get(request, wire)
            case "DELETE":
                await self.on_delete(request, wire)
            case _:
                await wire.answer(405, (("allow", "GET, POST, DELETE"),))
