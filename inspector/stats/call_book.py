"""Which calls of ours are under way, and on which streams their events come."""

from __future__ import annotations

from inspector.stats.call_timing import Call
from inspector.trace.events import Message, RequestId, RequestSent, ToolStep
from inspector.wire import http

MAX_PENDING = 10_000
MAX_STREAMS = 20_000
"""In a damaged recording streams may never end."""
_MAX_NAME = 200


class CallBook:
    """The calls under way, by their number, by their JSON-RPC id, and by their streams, also once they are settled."""

    def __init__(self) -> None:
        self.pending: dict[int, Call] = {}
        self.streams: dict[int | None, Call] = {}
        self._ids: dict[tuple[int, RequestId], Call] = {}
        self._cut: dict[tuple[int, str], Call] = {}

    def enter(self, request: Message | ToolStep) -> Call | None:
        """A new call; None for one that is sent again: after a sign-in, or in a new session."""
        again = self._sent_before(request)
        if again is not None:
            if request.stream is not None:
                self._follow(request.stream, again)
                again.sent_again(request.stream)
            return None
        if isinstance(request, ToolStep) and request.request_n is not None:
            return None
        call = Call(
            request.n, request.at, request.monotonic_ns, _key(request), request.connection, request.stream, _id(request)
        )
        if call.id is not None:
            self._ids[call.id] = call
        self.pending[request.n] = call
        if request.stream is not None:
            self._follow(request.stream, call)
        return call

    def related(self, request_n: int | None) -> Call | None:
        """The call under way that a message names as its own."""
        return None if request_n is None else self.pending.get(request_n)

    def carried(self, stream: int | None) -> Call | None:
        """The call of an exchange that carries it, and does not only go on with it."""
        call = self.streams.get(stream)
        return call if call is not None and call.stream == stream else None

    def resume(self, request: RequestSent) -> None:
        """A GET with the id of the last event of a stream that was cut goes on with the call of that stream."""
        if not self._cut or request.method != "GET" or request.stream is None:
            return
        last_event_id = http.get(request.headers, "last-event-id")
        call = self._cut.get((request.connection, last_event_id)) if last_event_id else None
        if call is not None:
            self._follow(request.stream, call)
            call.resumed += 1

    def settle(self, call: Call) -> None:
        """The call is over: its id may come back as that of another."""
        self.pending.pop(call.request_n, None)
        if call.id is not None and self._ids.get(call.id) is call:
            del self._ids[call.id]
        if call.cut_id is not None:
            self._cut.pop((call.connection, call.cut_id), None)

    def overflow(self) -> Call | None:
        """The oldest call, given up where there are more than anybody makes: a recording may hold anything."""
        if len(self.pending) <= MAX_PENDING:
            return None
        oldest = next(iter(self.pending.values()))
        self.settle(oldest)
        return oldest

    def end(self, stream: int | None) -> Call | None:
        """The stream has ended; the call that it was one of, if any."""
        call = self.streams.pop(stream, None)
        if call is None:
            return None
        call.open_streams -= 1
        # where the last event came on another stream, it is that one which goes on from its id
        if call.request_n in self.pending and call.last_event_id is not None and call.last_event_stream == stream:
            self._cut.pop((call.connection, call.cut_id or ""), None)
            call.cut_id = call.last_event_id
            self._cut[call.connection, call.cut_id] = call
        return call

    def _sent_before(self, request: Message | ToolStep) -> Call | None:
        if isinstance(request, ToolStep):
            return self.related(request.request_n)
        return self._ids.get((request.connection, request.id))

    def _follow(self, stream: int, call: Call) -> None:
        """Of several requests in one exchange (a batch) the first one has its events."""
        if stream not in self.streams:
            self.streams[stream] = call
            call.open_streams += 1
            if len(self.streams) > MAX_STREAMS:
                self.streams.pop(next(iter(self.streams))).open_streams -= 1


def _key(request: Message | ToolStep) -> str:
    if isinstance(request, ToolStep):
        method, name = "tools/call", request.tool
    else:
        method, name = request.method or "", request.name or ""
    return f"{method} {name[:_MAX_NAME]}" if method == "tools/call" and name else method


def _id(request: Message | ToolStep) -> tuple[int, RequestId] | None:
    return (request.connection, request.id) if isinstance(request, Message) and request.id is not None else None
