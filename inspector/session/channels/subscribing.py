"""Change notifications of the stateless revision: one `subscriptions/listen` after the other (R47)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
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
        self.current: Subscription | None = None
        self._channel = channel
        self._link = channel.link
        self._call: Call | None = None
        self._running: asyncio.Task[None] | None = None
        self._news = asyncio.Event()  # the filter was acknowledged, or nobody will do so
        self._refusal: Answer | None = None

    def start(self) -> None:
        """Listen to all that the server offers to tell, if it offers anything."""
        if self._running is None and self._filter():
            self._running = self._link.spawn(self._run(), "listen")

    def again(self) -> None:
        """The server was away: what it had of us is gone."""
        self._stop("The server was away.")
        self.start()

    def _filter(self) -> dict[str, Any]:
        """What to ask for; changes of lists only where the user wants to listen at all."""
        negotiated = self._channel.conversation.negotiated
        offered = negotiated.capabilities if negotiated and self._link.options.listen else {}
        return subscriptions.filter_for(offered, self.uris)

    async def want(self, uri: str, *, wanted: bool) -> Answer:
        """Be told of the changes of a resource, or no more; the answer says whether the server does so."""
        is_listed = uri in self.uris
        if wanted is not is_listed:
            self.uris.append(uri) if wanted else self.uris.remove(uri)
        if wanted is not is_listed or (wanted and not self._is_honoured(uri)):
            await self._change()
        if not wanted or self._is_honoured(uri):
            return Answer(True, METHOD, result={})
        return self._why_not(uri)

    async def _change(self) -> None:
        """A new stream with the whole filter takes the place of the running one; until the server has said so."""
        self._stop("Another filter takes its place.")
        self._news.clear()
        self._refusal = None
        self.start()
        if self._running is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), ACKNOWLEDGE_S)

    def _is_honoured(self, uri: str) -> bool:
        """Whether the server has said that it will tell of changes of this resource."""
        acknowledged = self.current.acknowledged if self.current else None
        uris = acknowledged.get("resourceSubscriptions") if acknowledged else None
        return isinstance(uris, list) and uri in uris

    def _why_not(self, uri: str) -> Answer:
        refusal = self._refusal
        if refusal is not None:
            outcome = refusal.outcome or (Outcome.REFUSED if refusal.error is None else None)
            sentence = refusal.sentence or "The server ended the subscription without an acknowledgement."
            return replace(refusal, ok=False, result=None, outcome=outcome, sentence=sentence)
        subject = f"changes of {uri}"
        if self._link.is_ending:
            outcome, sentence = Outcome.LOST, f"The session was closed before the server could tell of {subject}."
        elif self._link.state is not ConnectionState.OPEN:
            outcome, sentence = Outcome.LOST, f"The server is away. It is asked to tell of {subject} when it is back."
        elif self.current is None or self.current.acknowledged is None:
            sentence = f"The server has not said within {ACKNOWLEDGE_S:g} s whether it will tell of {subject}."
            outcome = Outcome.TIMED_OUT
        else:
            outcome, sentence = Outcome.REFUSED, f"The server does not tell of {subject}."
        return Answer(False, METHOD, outcome=outcome, sentence=sentence)

    async def _run(self) -> None:
        try:
            await self._keep_listening()
        finally:
            if self._running is asyncio.current_task():
                self._news.set()

    async def _keep_listening(self) -> None:
        """One stream after the other: it may be lost, or ended by the server, and is then asked for anew.

        A server that is away is left alone until it is found `again`.
        """
        pace, failures = Pace(self._link, self._channel.storm), 0
        while self._link.state is ConnectionState.OPEN:
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
        call, subscription = await self._listen(self._filter())
        self._call, self.current = call, subscription
        answer = await asyncio.shield(call.future)
        if self.current is subscription:
            self.current = None
        return answer, subscription.acknowledged is not None

    async def _listen(self, wanted: dict[str, Any]) -> tuple[Call, Subscription]:
        """Ask for these notifications; whoever asked has the call to wait for, or to end."""
        channel, conversation = self._channel, self._channel.conversation
        params = await channel.prepare(Asked(METHOD, {"notifications": wanted}))
        call = conversation.calls.start(METHOD, params, math.inf, None, with_progress=False)
        subscription = Subscription(call.pending.id, wanted)
        call.pending.on_message = lambda message, event: self._on_message(call, subscription, message, event)
        self._link.spawn(channel.carry(call), "carry listen")
        return call, subscription

    @asynccontextmanager
    async def watching(self, task_id: str) -> AsyncIterator[None]:
        """A stream of its own for the changes of one task, where the server is known to tell of changes (R52).

        The task is polled all the same, so nothing depends on it.
        """
        if self.current is None or self.current.acknowledged is None:
            yield
            return
        call, _ = await self._listen({"taskIds": [task_id]})
        try:
            yield
        finally:
            self._end(call, "Its task is over.")

    def _on_message(self, call: Call, subscription: Subscription, message: JsonRpc, event: Message) -> None:
        was_waiting = subscription.acknowledged is None
        for breach in subscription.feed(message):
            self._link.report(breach, event.stream, event.n)
        if was_waiting and subscription.acknowledged is not None:
            if self.current is subscription:
                self._news.set()
            self._tell_missing(subscription, event)
        if subscription.state is SubscriptionState.CANCELLED:
            self._end(call, "The server cancelled it.")

    def _tell_missing(self, subscription: Subscription, event: Message) -> None:
        missing = subscription.missing()
        if missing:
            text = f"The server does not tell of all that we asked for: {jsonrpc.shown(missing)} is left out."
            breach = Breach("subscription-not-honoured", Severity.NOTE, text, "", "MCP 2026-07-28: subscriptions")
            self._link.report(breach, event.stream, event.n)

    def _give_up(self, answer: Answer) -> None:
        self._refusal = answer
        text = f"There are no change notifications and we stop asking for them; requests still work. {answer.sentence}"
        self._link.move(self._link.state, text.strip())

    def _stop(self, why: str) -> None:
        """End the stream that runs; closing it is all that the server needs (R47)."""
        running, self._running = self._running, None
        call, self._call = self._call, None
        self.current = None
        if running is not None:
            running.cancel()
        if call is not None:
            self._end(call, why)

    def _end(self, call: Call, why: str) -> None:
        self._channel.conversation.calls.fail(call, Outcome.CANCELLED, why)
        if call.stream is not None:
            call.stream.stop(EndCause.CLOSED_BY_US, why)

    def close(self) -> None:
        self._stop("We closed the session.")
        self._news.set()
