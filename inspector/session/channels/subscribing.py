"""Change notifications of the stateless revision: one `subscriptions/listen` after the other (R47)."""

from __future__ import annotations

import asyncio
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from inspector.protocol import jsonrpc, subscriptions
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc
from inspector.protocol.subscriptions import METHOD, Subscription, SubscriptionState
from inspector.session.asked import Asked
from inspector.session.calls import Answer, Call
from inspector.session.pace import Pace
from inspector.trace.events import ConnectionState, EndCause, Message, Outcome

if TYPE_CHECKING:
    from inspector.session.channels.stateless import StatelessChannel

LISTEN_FAILURES = 5
ACKNOWLEDGE_S = 5.0


class Subscribing:
    """Keeps one stream open for all that is wanted; what is wanted may change while it runs.

    `current` is the subscription that runs, for whoever shows what was asked for and what the server honours.
    """

    def __init__(self, channel: StatelessChannel) -> None:
        self.uris: list[str] = []
        self.task_ids: list[str] = []
        self.current: Subscription | None = None
        self._channel = channel
        self._link = channel.link
        self._call: Call | None = None
        self._wakened = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._acknowledged = asyncio.Event()

    def start(self) -> None:
        """Listen to all that the server offers to tell, if it offers anything."""
        if self._running is None and self._filter():
            self._running = self._link.spawn(self._run(), "listen")

    def again(self) -> None:
        """The server was away: what it had of us is gone."""
        self._stop("The server was away.")
        self.start()

    def _filter(self) -> dict[str, Any]:
        negotiated = self._channel.conversation.negotiated
        return subscriptions.filter_for(negotiated.capabilities if negotiated else {}, self.uris, self.task_ids)

    async def change(self) -> bool:
        """Something else is wanted: a new stream with the whole filter takes the place of the running one.

        True once the server has acknowledged it.
        """
        self._stop("Another filter takes its place.")
        self._acknowledged.clear()
        self.start()
        if self._running is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._acknowledged.wait(), ACKNOWLEDGE_S)
        return self._acknowledged.is_set()

    async def _run(self) -> None:
        """One stream after the other: it may be lost, or ended by the server, and is then asked for anew."""
        pace, failures = Pace(self._link, self._channel.storm), 0
        while self._link.state is not ConnectionState.CLOSED:
            pace.opening()
            answer, was_acknowledged = await self._listen_once()
            failures = 0 if was_acknowledged else failures + 1
            if answer.error is not None or failures >= LISTEN_FAILURES or not self._link.options.reconnect:
                self._give_up(answer)
                return
            why = answer.sentence or "The server ended it as agreed."
            pause = pace.after_end if was_acknowledged else pace.after_failure
            await pause(f"The stream of change notifications ended: {why}", self._link.state, None)

    async def _listen_once(self) -> tuple[Answer, bool]:
        channel, conversation = self._channel, self._channel.conversation
        wanted = self._filter()
        params = await channel.prepare(Asked(METHOD, {"notifications": wanted}))
        call = self._call = conversation.calls.start(METHOD, params, math.inf, None, with_progress=False)
        subscription = self.current = Subscription(call.pending.id, wanted)
        call.pending.on_message = lambda message, event: self._on_message(subscription, message, event)
        self._link.spawn(channel.carry(call), "carry listen")
        answer = await asyncio.shield(call.future)
        if self.current is subscription:
            self.current = None
        return answer, subscription.acknowledged is not None

    def _on_message(self, subscription: Subscription, message: JsonRpc, event: Message) -> None:
        was_waiting = subscription.acknowledged is None
        call = self._call
        for breach in subscription.feed(message):
            self._link.report(breach, event.stream, event.n)
        if was_waiting and subscription.acknowledged is not None:
            self._acknowledged.set()
            self._tell_missing(subscription, event)
        if subscription.state is SubscriptionState.CANCELLED and call is not None:
            self._end(call, "The server cancelled it.")

    def _tell_missing(self, subscription: Subscription, event: Message) -> None:
        missing = subscription.missing()
        if missing:
            text = f"The server does not tell of all that we asked for: {jsonrpc.shown(missing)} is left out."
            breach = Breach("subscription-not-honoured", Severity.NOTE, text, "", "R47")
            self._link.report(breach, event.stream, event.n)

    def _give_up(self, answer: Answer) -> None:
        text = f"There are no change notifications and we stop asking for them; requests still work. {answer.sentence}"
        self._link.move(self._link.state, text.strip())

    def _stop(self, why: str) -> None:
        """End the stream that runs; closing it is all that the server needs (R47)."""
        running, self._running = self._running, None
        call, self._call = self._call, None
        if running is not None:
            running.cancel()
        if call is not None:
            self._end(call, why)

    def _end(self, call: Call, why: str) -> None:
        self._channel.conversation.calls.fail(call, Outcome.CANCELLED, why)
        if call.stream is not None:
            call.stream.stop(EndCause.CLOSED_BY_US, why)

    def is_honoured(self, uri: str) -> bool:
        """Whether the server has said that it will tell of changes of this resource."""
        acknowledged = self.current.acknowledged if self.current else None
        uris = acknowledged.get("resourceSubscriptions") if acknowledged else None
        return isinstance(uris, list) and uri in uris

    def close(self) -> None:
        self._stop("We closed the session.")
