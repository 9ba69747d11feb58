"""Our side of a JSON-RPC conversation: ids, pending requests, progress, and what the peer's messages mean. Sans-IO."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.wire import jsontext

REMEMBERED_IDS = 10_000
"""How many ended requests are remembered, to tell a late or doubled answer from a foreign one."""

NAME_PARAMS = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "resources/subscribe": "uri",
    "resources/unsubscribe": "uri",
    "notifications/resources/updated": "uri",
}
"""The parameter that says what a message is about."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A `notifications/progress` for a request of ours."""

    progress: float
    total: float | None
    message: str


@dataclass(slots=True, eq=False)
class Pending:
    """A request of ours that waits for its answer. `sent_ns` and `request_n` are filled in when it leaves."""

    id: int
    method: str
    name: str | None
    wants_progress: bool = False
    sent_ns: int = 0
    request_n: int = -1
    events: int = 0
    progress: Progress | None = None
    on_progress: Callable[[Progress], None] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What an incoming message means to us.

    `pending` is the request it belongs to, and `settles` whether it ends it. `ask` says that it is a request of the
    server's that wants an answer.
    """

    pending: Pending | None = None
    settles: bool = False
    ask: bool = False
    request_n: int | None = None
    progress_token: int | str | None = None
    breaches: tuple[Breach, ...] = ()


NOTHING = Reading()


@dataclass(slots=True)
class _Ended:
    request_n: int
    answered: bool


def name_of(method: str | None, params: Any) -> str | None:
    """The tool, prompt or URI that a message is about, None if it is about none."""
    key = NAME_PARAMS.get(method or "")
    if key is None or not isinstance(params, dict):
        return None
    value = params.get(key)
    return value if isinstance(value, str) else None


@dataclass(slots=True)
class Peer:
    """Numbers our requests from 1 and pairs what comes back; ids are never used twice in a session (R1)."""

    pending: dict[RequestId, Pending] = field(default_factory=dict)
    initialized: bool = False
    _next_id: int = 1
    _ended: OrderedDict[RequestId, _Ended] = field(default_factory=OrderedDict)

    def request(self, method: str, params: dict[str, Any] | None, *, with_progress: bool) -> tuple[Pending, bytes]:
        """Register a request and give its bytes; the progress token is the id (R6)."""
        request_id = self._next_id
        self._next_id += 1
        if with_progress:
            meta = dict((params or {}).get("_meta") or {})
            meta.setdefault("progressToken", request_id)
            params = {**(params or {}), "_meta": meta}
        pending = Pending(request_id, method, name_of(method, params), with_progress)
        self.pending[request_id] = pending
        return pending, jsontext.dumps(jsonrpc.request(request_id, method, params))

    def give_up(self, pending: Pending) -> None:
        """The request will not be waited for any longer; an answer that still comes is late."""
        if self.pending.pop(pending.id, None) is not None:
            self._remember(pending, answered=False)

    def feed(self, message: JsonRpc, carrier: Pending | None = None, *, on_stream: bool = True) -> Reading:
        """Say what an incoming message means.

        `carrier` is the request whose POST brought it, if one did; `on_stream` is false for the body of an HTTP
        error, which may come without an id and means that exchange alone.
        """
        if message.type is MessageType.NOTIFICATION:
            if message.method == "notifications/progress":
                return self._progress(message)
            return self._early(message) if not self.initialized else NOTHING
        if message.type is MessageType.REQUEST:
            early = self._early(message).breaches if not self.initialized and message.method != "ping" else ()
            return Reading(ask=True, breaches=early)
        if message.type is MessageType.INVALID:
            return NOTHING
        return self._answer(message, carrier, on_stream)

    def _early(self, message: JsonRpc) -> Reading:
        if message.method == "notifications/message":
            return NOTHING
        text = f"The server sent {message.method} before the client had said notifications/initialized."
        fix = "Hold requests and notifications back until notifications/initialized has come."
        breach = Breach("message-before-initialized", Severity.WARN, text, fix, "Lifecycle: initialization")
        return Reading(breaches=(breach,))

    def _answer(self, message: JsonRpc, carrier: Pending | None, on_stream: bool) -> Reading:
        pending = self.pending.get(message.id)
        if pending is not None:
            return self._settle(pending, ())
        twin = self._twin(message.id)
        if twin is not None:
            text = f"The answer's id is {message.id!r} where the request's was {twin.id!r}."
            fix = "Send the id back as it came, without changing its type."
            return self._settle(twin, (_error("response-id-type-changed", text, fix, "JSON-RPC 2.0 section 5"),))
        if message.id is None and message.type is MessageType.ERROR:
            return self._without_id(carrier) if carrier or on_stream else NOTHING
        ended = self._ended.get(message.id)
        if ended is None:
            text = f"An answer came with the id {message.id!r}, which no request of ours has."
            fix = "Answer with the request's own id, and keep sessions apart."
            breach = Breach("response-id-unknown", Severity.WARN, text, fix, "JSON-RPC 2.0 section 5")
            return Reading(breaches=(breach,))
        return self._after_the_end(message, ended)

    def _settle(self, pending: Pending, breaches: tuple[Breach, ...]) -> Reading:
        del self.pending[pending.id]
        self._remember(pending, answered=True)
        return Reading(pending, settles=True, request_n=pending.request_n, breaches=breaches)

    def _twin(self, request_id: RequestId) -> Pending | None:
        """The pending request with the same id written as another type (`"1"` for 1)."""
        if not isinstance(request_id, str):
            return None
        return next((p for p in self.pending.values() if str(p.id) == request_id.removesuffix(".0")), None)

    def _without_id(self, carrier: Pending | None) -> Reading:
        """An error without an id belongs to the POST that carried it, else to the only request that waits (R3)."""
        if carrier is not None and carrier.id in self.pending:
            return self._settle(carrier, ())
        text = "An error came without the id of its request, so the request could only be guessed."
        fix = "Copy the request's id into the error; null is for requests that could not be parsed."
        breach = Breach("error-without-id", Severity.WARN, text, fix, "JSON-RPC 2.0 section 5")
        if len(self.pending) == 1:
            return self._settle(next(iter(self.pending.values())), (breach,))
        return Reading(breaches=(breach,))

    def _after_the_end(self, message: JsonRpc, ended: _Ended) -> Reading:
        if ended.answered:
            text = f"A second answer came for the request {message.id!r}."
            fix = "Deliver each message once, on one stream only."
            breach = _error("duplicate-response", text, fix, "Streamable HTTP: multiple connections")
        else:
            text = f"The answer to request {message.id!r} came after we had stopped waiting for it."
            fix = "Raise the client's timeout, send progress, or stop working when the request is cancelled."
            breach = Breach("late-response", Severity.WARN, text, fix, "Lifecycle: timeouts")
        return Reading(request_n=ended.request_n, breaches=(breach,))

    def _progress(self, message: JsonRpc) -> Reading:
        params = message.params if isinstance(message.params, dict) else {}
        token = params.get("progressToken")
        if isinstance(token, bool) or not isinstance(token, int | str):
            return Reading(breaches=(_error("progress-unknown-token", "Progress came without a progressToken."),))
        pending = self.pending.get(token)
        if pending is None:
            return self._stray_progress(token)
        step = _read_progress(params)
        if step is None:
            breach = _error("progress-invalid", f"`progress` of token {token!r} is no number.", "Send a number.")
            return Reading(pending, request_n=pending.request_n, progress_token=token, breaches=(breach,))
        breaches = () if pending.progress is None else _monotonic(pending.progress, step, token)
        pending.progress = step
        if pending.on_progress is not None:
            pending.on_progress(step)
        return Reading(pending, request_n=pending.request_n, progress_token=token, breaches=breaches)

    def _stray_progress(self, token: int | str) -> Reading:
        ended = self._ended.get(token)
        fix = "Send progress only for the token of a request that is being worked on."
        if ended is not None and ended.answered:
            text = f"Progress for {token!r} came after the answer."
            breach = Breach("progress-after-response", Severity.WARN, text, fix, "R6 Progress")
        elif ended is not None:
            text = f"Progress for {token!r} came after we had given the request up."
            breach = Breach("progress-after-response", Severity.NOTE, text, fix, "R6 Progress")
        else:
            breach = _error("progress-unknown-token", f"Progress came for {token!r}, a token we never sent.", fix)
        return Reading(request_n=ended.request_n if ended else None, progress_token=token, breaches=(breach,))

    def _remember(self, pending: Pending, *, answered: bool) -> None:
        self._ended[pending.id] = _Ended(pending.request_n, answered)
        if len(self._ended) > REMEMBERED_IDS:
            self._ended.popitem(last=False)


def _read_progress(params: dict[str, Any]) -> Progress | None:
    progress, total, message = params.get("progress"), params.get("total"), params.get("message")
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return None
    known_total = total if isinstance(total, int | float) and not isinstance(total, bool) else None
    return Progress(progress, known_total, message if isinstance(message, str) else "")


def _monotonic(before: Progress, now: Progress, token: int | str) -> tuple[Breach, ...]:
    if now.progress > before.progress:
        return ()
    text = f"Progress of {token!r} went from {before.progress:g} to {now.progress:g}; it must increase."
    fix = "Send strictly increasing values; leave total out if it is unknown."
    return (Breach("progress-not-monotonic", Severity.WARN, text, fix, "R6 Progress"),)


def _error(rule: str, text: str, fix: str = "", requirement: str = "") -> Breach:
    return Breach(rule, Severity.ERROR, text, fix, requirement)
