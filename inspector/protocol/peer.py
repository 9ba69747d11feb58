"""Our side of a JSON-RPC conversation: ids, pending requests, progress, and what the peer's messages mean. Sans-IO."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.protocol import jsonrpc, progress
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId, shown
from inspector.protocol.progress import ECHO_TOKEN, SECTION, ProgressToken, is_token, token_in, with_token
from inspector.protocol.progress import Progress as Progress  # noqa: PLC0414 - our callers name it
from inspector.wire import jsontext

REMEMBERED_IDS = 10_000
"""How many ended requests are remembered, to tell a late or doubled answer from a foreign one."""
NO_ID = (None, "server-error")
"""What stands for the id in errors about what could not be read; the text is that of the Python SDK's servers."""
REQUEST_CANCELLED = -32800
"""With this servers of the Python SDK end the stream of a cancelled request; Language Server Protocol servers too."""

NAME_PARAMS = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
    "resources/subscribe": "uri",
    "resources/unsubscribe": "uri",
    "notifications/resources/updated": "uri",
    "tasks/get": "taskId",
    "tasks/result": "taskId",
    "tasks/update": "taskId",
    "tasks/cancel": "taskId",
    "notifications/tasks/status": "taskId",
    "notifications/tasks": "taskId",
}
"""The parameter that says what a message is about."""


@dataclass(slots=True, eq=False)
class Pending:
    """A request of ours that waits for its answer. `sent_ns` and `request_n` are filled in when it leaves.

    `on_message` is told of everything else that comes on the request's own stream, with the event it became.
    """

    id: RequestId
    method: str
    name: str | None
    wants_progress: bool = False
    progress_token: ProgressToken | None = None
    sent_ns: int = 0
    request_n: int = -1
    events: int = 0
    progress: Progress | None = None
    on_progress: Callable[[Progress], None] | None = None
    on_message: Callable[[JsonRpc, Any], None] | None = None


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
    progress_token: ProgressToken | None = None
    breaches: tuple[Breach, ...] = ()


NOTHING = Reading()


@dataclass(slots=True)
class _Ended:
    request_n: int
    answered: bool
    progress_token: ProgressToken | None
    at_ns: int = 0
    was_cancelled: bool = False
    digest: int = 0


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
    _tokens: dict[ProgressToken, Pending] = field(default_factory=dict)
    _ended_tokens: dict[ProgressToken, _Ended] = field(default_factory=dict)

    def request(self, method: str, params: dict[str, Any] | None, *, with_progress: bool) -> tuple[Pending, bytes]:
        """Register a request and give its bytes; the progress token is the id, unless `params` bring their own (R6)."""
        request_id = self._next_id
        self._next_id += 1
        if with_progress:
            params = with_token(params or {}, request_id)
        body = jsontext.dumps(jsonrpc.request(request_id, method, params))  # what is no JSON raises, and nothing waits
        return self.adopt(request_id, method, params, wants_progress=with_progress), body

    def adopt(self, request_id: RequestId, method: str, params: Any, *, wants_progress: bool = False) -> Pending:
        """Register a request that has its id already, such as one that a file tells of."""
        token = token_in(params) if isinstance(params, dict) else None
        pending = Pending(request_id, method, name_of(method, params), wants_progress, token)
        self.pending[request_id] = pending
        if token is not None:
            self._tokens[token] = pending
        return pending

    def give_up(self, pending: Pending, *, at_ns: int = 0, cancelled: bool = False) -> None:
        """The request will not be waited for any longer; an answer that still comes is late.

        `cancelled` says that this was somebody's wish, and not for want of an answer.
        """
        if self.pending.pop(pending.id, None) is not None:
            ended = self._remember(pending, answered=False)
            ended.at_ns, ended.was_cancelled = at_ns, cancelled

    def feed(
        self, message: JsonRpc, carrier: Pending | None = None, *, on_stream: bool = True, at_ns: int = 0
    ) -> Reading:
        """Say what an incoming message means.

        `carrier` is the request whose POST brought it, if one did; `on_stream` is false for the body of an HTTP
        error, which may come without an id and means that exchange alone. `at_ns` is when it came, by the clock of
        `give_up`. What is broken is told, never raised.
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
        return self._answer(message, carrier, on_stream, at_ns)

    def _early(self, message: JsonRpc) -> Reading:
        if message.method == "notifications/message":
            return NOTHING
        text = f"The server sent {shown(message.method)} before the client had said notifications/initialized."
        fix = "Hold requests and notifications back until notifications/initialized has come."
        breach = Breach("message-before-initialized", Severity.WARN, text, fix, "Lifecycle: initialization")
        return Reading(breaches=(breach,))

    def _answer(self, message: JsonRpc, carrier: Pending | None, on_stream: bool, at_ns: int) -> Reading:
        pending = self.pending.get(message.id)
        if pending is not None:
            return self._settle(pending, message, _wrong_stream(pending, carrier))
        twin = _twin(message.id, self.pending)
        if twin is not None:
            text = f"The answer's id is {shown(message.id)} where the request's was {twin.id}."
            fix = "Send the id back as it came, without changing its type."
            breach = _error("response-id-type-changed", text, fix, "JSON-RPC 2.0 section 5")
            return self._settle(twin, message, (breach, *_wrong_stream(twin, carrier)))
        if message.id in NO_ID and message.type is MessageType.ERROR:
            return self._without_id(message, carrier) if carrier or on_stream else NOTHING
        ended = self._ended.get(message.id)
        if ended is None:
            text = f"An answer came with the id {shown(message.id)}, which no request of ours has."
            fix = "Answer with the request's own id, and keep sessions apart."
            breach = Breach("response-id-unknown", Severity.WARN, text, fix, "JSON-RPC 2.0 section 5")
            return Reading(breaches=(breach,))
        return self._after_the_end(message, ended, at_ns)

    def _settle(self, pending: Pending, message: JsonRpc, breaches: tuple[Breach, ...]) -> Reading:
        del self.pending[pending.id]
        self._remember(pending, answered=True).digest = _digest(message)
        return Reading(pending, settles=True, request_n=pending.request_n, breaches=breaches)

    def _without_id(self, message: JsonRpc, carrier: Pending | None) -> Reading:
        """An error without an id belongs to the POST that carried it, else to the only request that waits (R3)."""
        if carrier is not None and carrier.id in self.pending:
            return self._settle(carrier, message, ())
        ended = self._ended.get(carrier.id) if carrier is not None else None
        if ended is not None and not ended.answered:  # its own POST says whose it is, only we wait no longer
            return Reading(request_n=ended.request_n)
        text = "An error came without the id of its request, so the request could only be guessed."
        fix = "Copy the request's id into the error; null is for requests that could not be parsed."
        breach = Breach("error-without-id", Severity.WARN, text, fix, "JSON-RPC 2.0 section 5")
        if len(self.pending) == 1:
            return self._settle(next(iter(self.pending.values())), message, (breach,))
        return Reading(breaches=(breach,))

    def _after_the_end(self, message: JsonRpc, ended: _Ended, at_ns: int) -> Reading:
        if ended.answered:
            is_same = ended.digest == _digest(message)
            how = "the same again, as if sent to every stream" if is_same else "and another one"
            text = f"A second answer came for the request {message.id}: {how}."
            fix = "Deliver each message once, on one stream only."
            breach = _error("duplicate-response", text, fix, "Streamable HTTP: multiple connections")
        elif jsonrpc.code_in(message.error) == REQUEST_CANCELLED:
            text = f"The server answered the request {message.id}, which we had given up, with the error that it is."
            fix = "Send nothing more for a request that was cancelled; end its stream."
            breach = Breach("late-response", Severity.NOTE, text, fix, "Cancellation: behavior requirements")
        elif ended.was_cancelled:  # the two cross on their way as a matter of course
            text = f"The answer to request {message.id} came{_later(ended, at_ns)} after we had cancelled it."
            fix = "Send nothing more for a request that was cancelled."
            breach = Breach("late-response", Severity.NOTE, text, fix, "Cancellation: behavior requirements")
        else:
            text = f"The answer to request {message.id} came{_later(ended, at_ns)} after we had stopped waiting for it."
            fix = "Raise the client's timeout, send progress, or stop working when the request is cancelled."
            breach = Breach("late-response", Severity.WARN, text, fix, "Lifecycle: timeouts")
        return Reading(request_n=ended.request_n, breaches=(breach,))

    def _progress(self, message: JsonRpc) -> Reading:
        params = message.params if isinstance(message.params, dict) else {}
        token = params.get("progressToken")
        if not is_token(token):
            text = f"Progress came with {shown(token)} as its progressToken, which must be a string or an integer."
            return Reading(breaches=(_error("progress-unknown-token", text, ECHO_TOKEN, SECTION),))
        pending = self._tokens.get(token)
        if pending is not None:
            return _step(pending, params, token, ())
        twin = _twin(token, self._tokens)
        if twin is not None:
            text = f"The progressToken is {shown(token)} where ours was {shown(twin.progress_token)}."
            return _step(twin, params, token, (_error("progress-unknown-token", text, ECHO_TOKEN, SECTION),))
        return self._stray_progress(token)

    def _stray_progress(self, token: ProgressToken) -> Reading:
        ended = self._ended_tokens.get(token)
        fix = "Send progress only for the token of a request that is being worked on."
        if ended is not None and ended.answered:
            text = f"Progress for {shown(token)} came after the answer."
            breach = Breach("progress-after-response", Severity.WARN, text, fix, SECTION)
        elif ended is not None:
            text = f"Progress for {shown(token)} came after we had given the request up."
            breach = Breach("progress-after-response", Severity.NOTE, text, fix, SECTION)
        else:
            text = f"Progress came for {shown(token)}, a token we never sent."
            breach = _error("progress-unknown-token", text, fix, SECTION)
        return Reading(request_n=ended.request_n if ended else None, progress_token=token, breaches=(breach,))

    def _remember(self, pending: Pending, *, answered: bool) -> _Ended:
        token = pending.progress_token
        ended = self._ended[pending.id] = _Ended(pending.request_n, answered, token)
        if token is not None:
            self._ended_tokens[token] = ended
            if self._tokens.get(token) is pending:
                del self._tokens[token]
        if len(self._ended) > REMEMBERED_IDS:
            _, oldest = self._ended.popitem(last=False)
            if oldest.progress_token is not None and self._ended_tokens.get(oldest.progress_token) is oldest:
                del self._ended_tokens[oldest.progress_token]
        return ended


def _twin(value: RequestId, known: Mapping[Any, Pending]) -> Pending | None:
    """The request whose id or token is the same but for its type (`"1"` for 1)."""
    text = value.removesuffix(".0") if isinstance(value, str) else value
    return next((pending for key, pending in known.items() if str(key) == str(text)), None)


def _digest(message: JsonRpc) -> int:
    """What tells two answers apart without keeping either."""
    try:
        return zlib.crc32(jsontext.dumps([message.result, message.error]))
    except (ValueError, RecursionError):  # a number of more digits than Python prints
        return 0


def _later(ended: _Ended, at_ns: int) -> str:
    """By how much something was late, where that is known: it says what limit would have been enough."""
    return f" {(at_ns - ended.at_ns) / 1e9:.1f} s" if at_ns and ended.at_ns else ""


def _wrong_stream(pending: Pending, carrier: Pending | None) -> tuple[Breach, ...]:
    """Each answer belongs on the stream of its own request (Streamable HTTP: sending messages)."""
    if carrier is None or carrier is pending:
        return ()
    text = f"The answer to request {pending.id} came on the stream of request {carrier.id}."
    fix = "Answer each request on the stream that its own POST opened."
    return (_error("response-on-wrong-stream", text, fix, "Streamable HTTP: sending messages"),)


def _step(pending: Pending, params: dict[str, Any], token: ProgressToken, breaches: tuple[Breach, ...]) -> Reading:
    """Take one step of progress."""
    step = progress.read(params)
    if step is None:
        text = f"`progress` of {shown(token)} must be a number, not {shown(params.get('progress'))}."
        breaches += (
            _error("progress-invalid", text, "Send a finite number as progress, and words as message.", SECTION),
        )
    else:
        breaches += progress.check_step(pending.progress, step, token)
        pending.progress = step
        if pending.on_progress is not None:
            pending.on_progress(step)
    return Reading(pending, request_n=pending.request_n, progress_token=token, breaches=breaches)


def _error(rule: str, text: str, fix: str = "", requirement: str = "") -> Breach:
    return Breach(rule, Severity.ERROR, text, fix, requirement)
