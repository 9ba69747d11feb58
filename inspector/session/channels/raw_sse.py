"""Any event stream at work: opened, shown, and reopened by the rules of an EventSource (R80)."""

from __future__ import annotations

import asyncio

from inspector.protocol.era import TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.protocol.transports.answer import Head, Meaning, Verdict
from inspector.protocol.transports.raw_sse import RawSse
from inspector.session.authorization import authorised
from inspector.session.calls import Call
from inspector.session.channels.rules import PlainRules
from inspector.session.conversation import Conversation
from inspector.session.failure import connect_error
from inspector.session.pace import Pace
from inspector.session.reader import Arrival
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ConnectionState, EndCause, Outcome
from inspector.wire.http import mask_url
from inspector.wire.sse import Comment, Frame

EVENTSOURCE_RETRY_MS = 3000
"""The pause of an EventSource to which the server named no `retry:`."""


class RawSseChannel(PlainRules):
    """A stream without messages: it can only be watched. It is itself the sink of its stream."""

    transport = TransportName.RAW_SSE

    def __init__(self, conversation: Conversation, revision: str | None = None) -> None:
        self.conversation = conversation
        self.link = conversation.link
        options = self.link.options
        self._wire = RawSse(options.url, options.headers, options.raw_method.upper(), options.raw_body)
        self._pace = Pace(self.link)
        self._stream: Stream | None = None
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        self.link.move(ConnectionState.CONNECTING, f"Connecting to {mask_url(self._wire.url)} as a raw event stream.")
        self.link.spawn(self._run(), "raw SSE stream")
        await asyncio.shield(self._opened)

    async def _run(self) -> None:
        event_id, retry_ms = "", None
        while True:
            ended = await self._listen(event_id)
            event_id = ended.last_event_id or event_id
            retry_ms = retry_ms if ended.retry_ms is None else ended.retry_ms
            if not self._opened.done():
                self._opened.set_exception(connect_error(ended, ended.sentence))
                self._opened.exception()
                return
            if self._is_final(ended):
                self.link.move(ConnectionState.CLOSED, self._last_words(ended))
                return
            await self._pause(ended, retry_ms, event_id)

    async def _listen(self, event_id: str) -> Ended:
        async def once() -> Ended:
            self._pace.opening()
            self._stream = Stream(self.link, self)
            return await self._stream.run(self._wire.listen(event_id or None))

        return await authorised(self.link, once)

    def _is_final(self, ended: Ended) -> bool:
        """204 and every other status that is no stream end it for good (WHATWG HTML 9.2.3), and so does any end of
        a stream that was not asked for with GET: to ask again might do again what the first request did.
        """
        refused = ended.verdict is not None and not ended.was_stream
        return (
            refused
            or not self._wire.is_repeatable
            or not self.link.options.reconnect
            or ended.event.cause is EndCause.CLOSED_BY_US
        )

    def _last_words(self, ended: Ended) -> str:
        if self._wire.is_repeatable or ended.event.cause is EndCause.CLOSED_BY_US:
            return ended.sentence
        return f"{ended.sentence} A {self._wire.method} is not repeated by itself; connect again to send it anew."

    async def _pause(self, ended: Ended, retry_ms: int | None, event_id: str) -> None:
        if ended.was_stream:
            self._pace.succeeded()
            asked_ms = EVENTSOURCE_RETRY_MS if retry_ms is None else retry_ms
            await self._pace.after_end(ended.sentence, ConnectionState.RECONNECTING, asked_ms, event_id)
        else:
            await self._pace.after_failure(ended.sentence, ConnectionState.RECONNECTING, retry_ms, event_id)

    def on_head(self, head: Head, url: str, stream: int) -> Verdict:
        verdict = self._wire.judge_listen(head, self.link.river.clock.time())
        if verdict.meaning is Meaning.EVENT_STREAM:
            self.link.move(ConnectionState.OPEN, "The event stream is open.")
            if not self._opened.done():
                self._opened.set_result(None)
        return verdict

    def on_items(self, items: list[Frame | Comment], arrival: Arrival) -> None:
        inbox = self.conversation.inbox
        for item in items:
            if isinstance(item, Comment):
                inbox.comment(item, arrival)
                continue
            note = "" if item.dispatched else "A block without data; nothing is dispatched."
            inbox.frame(item, arrival, note if item.complete else "The stream ended inside this block.")

    def on_body(self, body: bytes, head: Head, arrival: Arrival) -> bool:
        return False

    async def carry(self, call: Call) -> None:
        sentence = f"{call.label} was not sent: a raw event stream can only be watched."
        self.conversation.calls.fail(call, Outcome.REFUSED, sentence)

    async def say(self, body: bytes, purpose: str) -> Ended | None:
        return None

    def settled_on(self, negotiated: Negotiated) -> None:
        """There is no handshake to settle anything."""

    def session_id(self) -> str | None:
        return None

    async def check_alive(self) -> None:
        """The open stream itself tells when the server dies."""

    async def close(self) -> None:
        if self._stream is not None:
            self._stream.stop(EndCause.CLOSED_BY_US, "We closed the stream.")
