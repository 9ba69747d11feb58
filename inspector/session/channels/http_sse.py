"""HTTP+SSE at work: one GET stream is the session; when it ends, a new one begins with a new endpoint and handshake."""

from __future__ import annotations

import asyncio

from inspector.protocol import jsonrpc
from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.protocol.transports.http_sse import HttpSse
from inspector.session import handshake
from inspector.session.authorization import authorised
from inspector.session.calls import Call
from inspector.session.channels.rules import HandshakeRules
from inspector.session.conversation import Conversation
from inspector.session.failure import ConnectError, FailureKind, connect_error
from inspector.session.link import Link
from inspector.session.pace import Pace
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause, Outcome
from inspector.wire import jsontext
from inspector.wire.http import mask_url
from inspector.wire.sse import Comment, Frame

REVISION = "2024-11-05"


class NoEndpoint(ConnectError):
    """The stream is open and speaks, but it is no HTTP+SSE session."""


class _PostSink:
    """What comes back on a POST: an acceptance, whose body nobody needs but everybody may see."""

    def __init__(self, channel: HttpSseChannel, call: Call | None) -> None:
        self._channel = channel
        self._carrier = call.pending if call else None

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        return self._channel.wire.judge_post(head, self._channel.link.river.clock.time())

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        """A POST of this transport is never read as an event stream."""

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        return self._channel.conversation.inbox.body(body, arrival, self._carrier, must_be_message=False)


class HttpSseChannel(HandshakeRules):
    """The transport of 2024-11-05 (protocol part A2). It is itself the sink of its GET stream."""

    transport = TransportName.HTTP_SSE

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        self.conversation = conversation
        self.link = conversation.link
        self._revision = revision or REVISION
        self.wire = HttpSse(self.link.options.url, self.link.options.headers)
        self._pace = Pace(self.link)
        self._stream: Stream | None = None
        self._base_url = self.wire.url
        self._endpoint: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._headers: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pings = 0
        self._settled = False
        self._ended: Ended | None = None

    async def open(self) -> None:
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {mask_url(self.wire.url)} over HTTP+SSE.")
        await self._connect()

    async def _connect(self) -> None:
        """Open the stream, wait for the endpoint, shake hands. Raises `ConnectError`."""
        self._settled = False
        self._pings = 0
        self._endpoint = asyncio.get_running_loop().create_future()
        self._headers = asyncio.get_running_loop().create_future()
        self._ended = None
        self._pace.opening()
        self._stream = Stream(self.link, self)
        self.link.spawn(self._read(self._stream), "HTTP+SSE stream")
        try:
            await self._await_endpoint()
            await handshake.initialize(self.conversation, self, self._revision)
            if self._ended is not None:  # it broke behind the answer to initialize
                raise connect_error(self._ended, self._ended.sentence)
        except ConnectError as error:
            self._stream.stop(EndCause.CLOSED_BY_US, "We closed the stream: the handshake failed.")
            raise _explained(self.link, self.wire, error) from error
        self._settled = True

    async def _await_endpoint(self) -> None:
        await _first_of({self._headers, self._endpoint}, self.link)
        if self._headers.done():
            await asyncio.wait({self._endpoint}, timeout=self.link.options.endpoint_timeout_s)
        if not self._endpoint.done():
            raise self._no_endpoint()
        self._endpoint.result()

    def _no_endpoint(self) -> ConnectError:
        stream = self._stream
        assert stream is not None  # noqa: S101 - it is being opened
        if not self._headers.done():
            sentence = f"The server sent no headers within {self.link.options.request_timeout_s:g} s."
            stream.stop(EndCause.TIMED_OUT_BY_US, sentence)
            return ConnectError(FailureKind.TIMED_OUT, sentence)
        heard = f"{self._pings} heartbeats" if self._pings else "nothing"
        sentence = (
            f"The stream has been open for {self.link.options.endpoint_timeout_s:g} s and brought {heard}, "
            "but no `endpoint` event. It is no HTTP+SSE server; try Streamable HTTP or raw SSE."
        )
        self.link.report(self.wire.missing_endpoint(sentence), stream.number)
        return NoEndpoint(FailureKind.NO_CONNECTION, sentence)

    async def _read(self, stream: Stream) -> None:
        async def once() -> Ended:
            nonlocal stream
            if stream.number:  # it has been refused, and we have signed in since
                stream = self._stream = Stream(self.link, self)
            return await stream.run(self.wire.open())

        ended = await authorised(self.link, once)
        if stream is not self._stream:
            return
        self._ended = ended
        self.wire.endpoint = None
        if not self._endpoint.done():
            self._endpoint.set_exception(connect_error(ended, ended.sentence))
            self._endpoint.exception()
        self.conversation.calls.lose_all(ended.sentence)
        if self._settled:
            await self._reconnect(ended)

    async def _reconnect(self, ended: Ended) -> None:
        """A new stream, a new endpoint, a new handshake; nothing can be resumed (A2.5)."""
        self._settled = False
        if not self.link.options.reconnect:
            self.link.move(ConnectionState.CLOSED, ended.sentence)
            return
        self._pace.succeeded()
        retry_ms = ended.retry_ms
        await self._pace.after_end(ended.sentence, ConnectionState.RECONNECTING, retry_ms)
        while self.link.state is ConnectionState.RECONNECTING:
            try:
                await self._connect()
            except ConnectError as error:
                if error.kind is FailureKind.UNAUTHORISED:
                    self.link.move(ConnectionState.CLOSED, error.sentence)
                    return
                await self._pace.after_failure(error.sentence, ConnectionState.RECONNECTING, retry_ms)

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        verdict = self.wire.judge_open(head, self.link.river.clock.time())
        self._base_url = url
        if verdict.meaning is Meaning.EVENT_STREAM:
            self._headers.set_result(None)
        return verdict

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        inbox = self.conversation.inbox
        if self._endpoint.done() and not any(isinstance(item, Frame) and item.event == "endpoint" for item in items):
            inbox.message_items(items, arrival, None)
            return
        for item in items:
            if isinstance(item, Comment):
                self._pings += 1
                inbox.comment(item, arrival)
            elif item.event == "endpoint" and item.complete:  # one without data too: it names nothing
                self._take_endpoint(item, inbox.frame(item, arrival, "The address for POSTs."), arrival)
            elif self.wire.endpoint is None and item.dispatched and not self._endpoint.done():
                self._take_other(item, inbox.frame(item, arrival, "An event before any `endpoint`."), arrival)
            else:
                inbox.message_frame(item, arrival, None)

    def _take_endpoint(self, frame: Frame, n: int, arrival: Arrival) -> None:
        breach = self.wire.on_endpoint(frame.data, self._base_url)
        if breach is not None:
            self.link.report(breach, arrival.stream, n)
        if self._endpoint.done():
            return
        if self.wire.endpoint is None:
            sentence = f"{breach.text if breach else ''} {breach.fix if breach else ''}".strip()
            self._endpoint.set_exception(ConnectError(FailureKind.NO_CONNECTION, sentence))
            self._endpoint.exception()
        else:
            self._endpoint.set_result(None)

    def _take_other(self, frame: Frame, n: int, arrival: Arrival) -> None:
        """It is none of this transport; in a search that alone is no fault: the stream may be a raw one."""
        sentence = f"The first event is {frame.event!r}, not `endpoint`: this is an event stream, but not HTTP+SSE."
        breach = self.wire.nameless_endpoint(frame.data)
        if breach is None and self.link.options.transport is self.transport:
            breach = self.wire.missing_endpoint(sentence)
        if breach is not None:
            sentence = breach.text
            self.link.report(breach, arrival.stream, n)
        self._endpoint.set_exception(NoEndpoint(FailureKind.NO_CONNECTION, sentence))
        self._endpoint.exception()

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        return False

    async def carry(self, call: Call) -> None:
        """POST a request; its answer comes on the GET stream."""
        if call.is_settled:  # cancelled before it could leave
            return
        if not self.wire.has_endpoint():
            self.conversation.calls.fail(call, Outcome.LOST, f"{call.label} was not sent: the stream is gone.")
            return
        ended = call.ended = await authorised(
            self.link, lambda: self._post(call.body, call.pending.method, call), call, is_wanted=self.wire.has_endpoint
        )
        if call.is_settled or (ended.verdict is not None and ended.verdict.meaning is Meaning.ACCEPTED):
            return
        outcome = Outcome.LOST if ended.verdict is None else Outcome.REFUSED
        self.conversation.calls.fail(call, outcome, f"{call.label} was not accepted: {ended.sentence}")
        self._after_refusal(ended)

    async def _post(self, body: bytes, purpose: str, call: Call | None = None) -> Ended:
        message = jsonrpc.read(jsontext.parse(body).value)
        sink = _PostSink(self, call)
        stream = Stream(self.link, sink, lambda n: self.conversation.sent(body, message, n, call))
        if call is not None:
            call.stream = stream
        else:
            limit_s = self.link.options.request_timeout_s
            stream.close_in(limit_s, EndCause.TIMED_OUT_BY_US, f"{purpose} was not accepted within {limit_s:g} s.")
        return await stream.run(self.wire.post(body, purpose))

    def _after_refusal(self, ended: Ended) -> None:
        """A session that the server has forgotten is begun anew by way of its stream (A2.6)."""
        gone = ended.verdict is not None and ended.verdict.meaning is Meaning.SESSION_GONE
        if gone and self._stream is not None and self.link.options.reinitialize_on_404:
            self._stream.stop(EndCause.CLOSED_BY_US, ended.sentence)

    async def say(self, body: bytes, purpose: str) -> Ended | None:
        if not self.wire.has_endpoint():
            return None
        ended = await authorised(self.link, lambda: self._post(body, purpose), is_wanted=self.wire.has_endpoint)
        self._after_refusal(ended)
        return ended

    def settled_on(self, negotiated: Negotiated) -> None:
        """This transport has no headers that depend on the revision."""

    def session_id(self) -> str | None:
        return None

    async def check_alive(self) -> None:
        """The open stream itself tells when the server dies."""

    async def close(self) -> None:
        self._settled = False
        if self._stream is not None:
            self._stream.stop(EndCause.CLOSED_BY_US, "We closed the session.")


async def _first_of(either: set[asyncio.Future[None]], link: Link) -> None:
    """Until one is done, or our time limit; the time of a sign-in does not count."""
    authorization = link.authorization
    while True:
        token_n = authorization.token_n
        limit_s = link.options.request_timeout_s
        done, _ = await asyncio.wait(either, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if done or (authorization.token_n == token_n and not authorization.is_signing_in):
            return


def _explained(link: Link, wire: HttpSse, error: ConnectError) -> ConnectError:
    """An endpoint that refuses the handshake may lack the prefix of its path, or the session."""
    breach = wire.forgotten_session() if error.status in (400, 404, 422) else None
    if breach is None and error.status in (404, 405):
        breach = wire.forgotten_prefix()
    if breach is None:
        return error
    link.report(breach)
    return ConnectError(error.kind, f"{breach.text} {breach.fix}", error.ended, error.answer)
