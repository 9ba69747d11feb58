"""What the user asks of a server's resources and prompts: read, subscribe, get, complete. Slots return at once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QObject, Signal

from inspector.protocol import jsonrpc
from inspector.protocol.era import REVISIONS
from inspector.trace.clock import Clock
from inspector.ui.listing import Fresh, Source
from inspector.ui.suggestions import Suggestions, suggestions_of
from inspector.ui.tasks import TaskScope

if TYPE_CHECKING:
    from inspector.session.calls import Answer

T = TypeVar("T")
NO_CONNECTION = "There is no connection. Connect to a server first."
CANCELLED = "Cancelled. The server was told."
KEPT_OUTCOMES = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: the raw `result`, or an `error` (a JSON-RPC error object, or the sentence).

    `name` is the URI that was read or the prompt that was got; `at` is Unix seconds, `rtt_ms` None without an answer.
    `answer_n` is the answer's number in the river, `rounds` how often the server asked back before it.
    """

    name: str
    result: Any = None
    error: Any = None
    sentence: str = ""
    rtt_ms: float | None = None
    at: float = 0.0
    freshness: Fresh | None = None
    answer_n: int | None = None
    rounds: int = 0

    @property
    def ok(self) -> bool:
        return self.error is None


class CatalogRequests(QObject):
    """Each signal names its resource or prompt, so that a view can leave what is not its own.

    `read_finished` and `prompt_finished` carry an `Outcome`; `subscription_changed` the URI, whether it is subscribed
    now, and a sentence where that is not what was asked for.
    """

    read_started = Signal(str)
    read_finished = Signal(object)
    prompt_started = Signal(str)
    prompt_finished = Signal(object)
    subscription_changed = Signal(str, bool, str)

    def __init__(
        self, session: Callable[[], Source | None], scope: TaskScope, clock: Clock, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._scope, self.clock = session, scope, clock
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._read: OrderedDict[str, Outcome] = OrderedDict()
        self._cannot_complete: Source | None = None
        self.subscribed: set[str] = set()

    def read(self, uri: str) -> None:
        """Read a resource, always from the server; nothing happens while it is being read."""
        if f"read {uri}" not in self._tasks:
            self.read_started.emit(uri)
            self._start(f"read {uri}", self._run_read(uri), partial(self._was_read, uri))

    def is_reading(self, uri: str) -> bool:
        """Whether a reading is under way."""
        return f"read {uri}" in self._tasks

    def last_read(self, uri: str) -> Outcome | None:
        """What the last reading brought, if it is among the latest."""
        return self._read.get(uri)

    def cancel_read(self, uri: str) -> None:
        """Stop waiting and tell the server."""
        self._cancel(f"read {uri}")

    def get_prompt(self, name: str, arguments: dict[str, str]) -> None:
        """Get a prompt filled in; nothing happens while it is on its way."""
        if f"get {name}" not in self._tasks:
            self.prompt_started.emit(name)
            cancelled = Outcome(name, error=CANCELLED, sentence=CANCELLED)
            self._start(
                f"get {name}",
                self._run_prompt(name, arguments),
                lambda outcome: self.prompt_finished.emit(outcome or cancelled),
            )

    def is_getting(self, name: str) -> bool:
        """Whether a prompt is under way."""
        return f"get {name}" in self._tasks

    def cancel_prompt(self, name: str) -> None:
        """Stop waiting and tell the server."""
        self._cancel(f"get {name}")

    def set_subscribed(self, uri: str, wanted: bool) -> None:
        """Ask to be told when a resource changes, or no longer."""
        self._start(f"subscription {uri}", self._run_subscription(uri, wanted))

    @property
    def can_subscribe(self) -> bool:
        """Whether the server offers to tell when a resource changes."""
        session = self._session()
        declared = session.negotiated.capabilities.get("resources") if session and session.negotiated else None
        return isinstance(declared, dict) and declared.get("subscribe") is True

    @property
    def can_complete(self) -> bool:
        """Whether the server suggests values; the first revision knows no capability for it."""
        session = self._session()
        if session is None or session.negotiated is None or session is self._cannot_complete:
            return False
        negotiated = session.negotiated
        return "completions" in negotiated.capabilities or negotiated.protocol_version == REVISIONS[0]

    def complete(
        self,
        ref: dict[str, Any],
        name: str,
        value: str,
        context: dict[str, str],
        reply: Callable[[Suggestions], None],
    ) -> None:
        """Ask what the argument `name` may become; `reply` is called once, also where nothing came."""
        self._start(f"complete {name}", self._run_complete(ref, name, value, context, reply))

    def forget(self) -> None:
        """There is no connection any more."""
        for task in tuple(self._tasks.values()):
            task.cancel()
        self._read.clear()
        for uri in tuple(self.subscribed):
            self.subscribed.discard(uri)
            self.subscription_changed.emit(uri, False, "")

    def _start(self, name: str, work: Coroutine[Any, Any, T], then: Callable[[T | None], None] | None = None) -> None:
        """One request of a name at a time: a newer one takes the place of the older. `then` gets None if cancelled."""
        self._cancel(name)
        task = self._scope.start(work, name)
        self._tasks[name] = task

        def ended(task: asyncio.Task[T]) -> None:
            if self._tasks.get(name) is task:
                del self._tasks[name]
            if then is not None:
                then(None if task.cancelled() or task.exception() else task.result())

        task.add_done_callback(ended)  # also called for a task that was cancelled before it began

    def _cancel(self, name: str) -> None:
        if name in self._tasks:
            self._tasks.pop(name).cancel()

    async def _run_read(self, uri: str) -> Outcome:
        session = self._session()
        outcome = _outcome(uri, await session.read_resource(uri) if session else None, self.clock)
        if session is None or not outcome.ok:
            return outcome
        return replace(outcome, freshness=session.freshness("resources/read", {"uri": uri}))

    def _was_read(self, uri: str, outcome: Outcome | None) -> None:
        outcome = outcome or Outcome(uri, error=CANCELLED, sentence=CANCELLED)
        self._read.pop(uri, None)
        if self._session() is not None:
            self._read[uri] = outcome
        while len(self._read) > KEPT_OUTCOMES:
            self._read.popitem(last=False)
        self.read_finished.emit(outcome)

    async def _run_prompt(self, name: str, arguments: dict[str, str]) -> Outcome:
        session = self._session()
        return _outcome(name, await session.get_prompt(name, arguments) if session else None, self.clock)

    async def _run_subscription(self, uri: str, wanted: bool) -> None:
        session = self._session()
        if session is None:
            self.subscription_changed.emit(uri, uri in self.subscribed, NO_CONNECTION)
            return
        answer = await (session.subscribe(uri) if wanted else session.unsubscribe(uri))
        if answer.ok:
            (self.subscribed.add if wanted else self.subscribed.discard)(uri)
        self.subscription_changed.emit(uri, uri in self.subscribed, "" if answer.ok else answer.sentence)

    async def _run_complete(
        self,
        ref: dict[str, Any],
        name: str,
        value: str,
        context: dict[str, str],
        reply: Callable[[Suggestions], None],
    ) -> None:
        session = self._session()
        if session is None or not self.can_complete:
            reply(Suggestions(sentence="This server makes no suggestions."))
            return
        answer = await session.complete(ref, name, value, context or None)
        if isinstance(answer.error, dict) and answer.error.get("code") == jsonrpc.METHOD_NOT_FOUND:
            self._cannot_complete = session
        reply(suggestions_of(answer))


def _outcome(name: str, answer: Answer | None, clock: Clock) -> Outcome:
    if answer is None:
        return Outcome(name, error=NO_CONNECTION, sentence=NO_CONNECTION)
    error = None if answer.ok else answer.error if answer.error is not None else answer.sentence
    return Outcome(
        name,
        answer.result if answer.ok else None,
        error,
        "" if answer.ok else answer.sentence,
        answer.rtt_ms,
        clock.time(),
        answer_n=answer.answer_n,
        rounds=answer.rounds,
    )
