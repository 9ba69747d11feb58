"""Requests of ours on their way: their futures, their deadlines, and what becomes of them without an answer."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inspector.protocol import era, error_codes, jsonrpc
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.protocol.peer import Peer, Pending, Progress
from inspector.session.link import Link
from inspector.session.stream import Ended, Stream
from inspector.trace.events import ExchangeFailed, Outcome
from inspector.trace.facts import is_tool_error

log = logging.getLogger(__name__)

TOOL_ERROR = "The tool reports an error (isError)."


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request of ours ended.

    `ok` is true for a result that is no tool error. Exactly one of `result`, `error` (the JSON-RPC error object) and
    `outcome` (no answer came) is set; `sentence` says it in words. `request_n` and `answer_n` are event numbers.
    `rounds` counts how often the server asked back before (R48).
    """

    ok: bool
    method: str
    result: Any = None
    error: Any = None
    outcome: Outcome | None = None
    sentence: str = ""
    rtt_ms: float | None = None
    events: int = 0
    request_n: int = -1
    answer_n: int | None = None
    rounds: int = 0


@dataclass(slots=True, eq=False)
class Call:
    """A pending request with the future of its answer; deadlines are nanoseconds of the monotonic clock, 0 for none.

    `stream` is the exchange that carries it, `ended` how that ended.
    """

    pending: Pending
    body: bytes
    future: asyncio.Future[Answer]
    timeout_s: float
    deadline_ns: int = 0
    stream: Stream | None = None
    ended: Ended | None = None

    @property
    def label(self) -> str:
        name = self.pending.name
        return f"{self.pending.method} {name}" if name else self.pending.method

    @property
    def is_settled(self) -> bool:
        return self.future.done()


class Calls:
    """All requests without an answer, spoken in `revision`; `overdue` are those whose time is up."""

    def __init__(self, link: Link, peer: Peer) -> None:
        self._link = link
        self._peer = peer
        self.revision = era.LATEST
        self._calls: dict[RequestId, Call] = {}

    def start(
        self,
        method: str,
        params: dict[str, Any] | None,
        timeout_s: float | None,
        on_progress: Callable[[Progress], None] | None,
        *,
        with_progress: bool,
    ) -> Call:
        pending, body = self._peer.request(method, params, with_progress=with_progress)
        options = self._link.options
        call = Call(
            pending,
            body,
            asyncio.get_running_loop().create_future(),
            options.request_timeout_s if timeout_s is None else timeout_s,
        )
        self._calls[pending.id] = call
        pending.on_progress = lambda progress: self._on_progress(call, progress, on_progress)
        return call

    def sent(self, call: Call, request_n: int, now_ns: int) -> None:
        """The request is about to leave: its clock starts."""
        if call.pending.sent_ns == 0:
            call.pending.sent_ns, call.pending.request_n = now_ns, request_n
        self._arm(call, now_ns)

    def _arm(self, call: Call, now_ns: int) -> None:
        if call.timeout_s == math.inf:
            return
        hard_ns = call.pending.sent_ns + int(self._link.options.max_total_s * 1e9)
        call.deadline_ns = min(now_ns + int(call.timeout_s * 1e9), hard_ns)

    def _on_progress(self, call: Call, progress: Progress, then: Callable[[Progress], None] | None) -> None:
        if self._link.options.reset_on_progress:
            self._arm(call, self._link.now_ns())
        if then is None:
            return
        try:
            then(progress)
        except Exception:  # it is the user's code
            log.exception("The listener for the progress of %s failed", call.label)

    def settle(self, pending: Pending, message: JsonRpc, answer_n: int, at_ns: int) -> None:
        """The answer is here."""
        call = self._calls.pop(pending.id, None)
        if call is None or call.is_settled:
            return
        rtt_ms = (at_ns - pending.sent_ns) / 1e6
        call.future.set_result(_answer(pending, message, rtt_ms, answer_n, self.revision))

    def settle_plain(
        self,
        pending: Pending,
        *,
        result: Any = None,
        error: Any = None,
        sentence: str = "",
        answer_n: int | None = None,
        at_ns: int = 0,
    ) -> None:
        """The end of a request that was answered otherwise than in JSON-RPC (R83), or without the network."""
        call = self._calls.pop(pending.id, None)
        self._peer.give_up(pending)
        if call is None or call.is_settled:
            return
        failed = is_tool_error(pending.method, result)
        call.future.set_result(
            Answer(
                error is None and not failed,
                pending.method,
                result,
                error,
                sentence=TOOL_ERROR if failed else sentence,
                rtt_ms=(at_ns - pending.sent_ns) / 1e6 if at_ns and pending.sent_ns else None,
                events=pending.events,
                request_n=pending.request_n,
                answer_n=answer_n,
            )
        )

    def moved(self, call: Call) -> None:
        """The server is at work on it: its time limit may start anew."""
        if self._link.options.reset_on_progress and not call.is_settled:
            self._arm(call, self._link.now_ns())

    def fail(self, call: Call, outcome: Outcome, reason: str) -> None:
        """No answer will be waited for; the event names the request, so every lost call is listed."""
        if self._calls.pop(call.pending.id, None) is None:
            return
        now_ns = self._link.now_ns()
        self._peer.give_up(call.pending, at_ns=now_ns, cancelled=outcome is Outcome.CANCELLED)
        pending = call.pending
        elapsed_ms = (now_ns - pending.sent_ns) / 1e6 if pending.sent_ns else 0.0
        self._link.river.emit(
            ExchangeFailed,
            connection=self._link.number,
            request_n=pending.request_n,
            method=pending.method,
            name=pending.name,
            id=pending.id,
            outcome=outcome,
            reason=reason,
            elapsed_ms=elapsed_ms,
        )
        if not call.is_settled:
            call.future.set_result(
                Answer(
                    False,
                    pending.method,
                    outcome=outcome,
                    sentence=reason,
                    events=pending.events,
                    request_n=pending.request_n,
                )
            )

    def lose_all(self, reason: str) -> None:
        """The connection is gone and with it every answer."""
        for call in list(self._calls.values()):
            self.fail(call, Outcome.LOST, f"{call.label} is lost: {reason}")

    def overdue(self, now_ns: int) -> list[Call]:
        return [call for call in self._calls.values() if call.deadline_ns and now_ns >= call.deadline_ns]


def _answer(pending: Pending, message: JsonRpc, rtt_ms: float, answer_n: int, revision: str) -> Answer:
    if message.type is MessageType.ERROR:
        code, text = jsonrpc.error_of(message)
        said = f"error {code}: {text}" if code is not None else f"an error: {text}"
        sentence = f"The server answered with {said.rstrip('. ')}.{_advice(code, message.error, revision)}"
        return Answer(
            False,
            pending.method,
            error=message.error,
            sentence=sentence,
            rtt_ms=rtt_ms,
            events=pending.events,
            request_n=pending.request_n,
            answer_n=answer_n,
        )
    failed = is_tool_error(pending.method, message.result)
    return Answer(
        not failed,
        pending.method,
        result=message.result,
        sentence=TOOL_ERROR if failed else "",
        rtt_ms=rtt_ms,
        events=pending.events,
        request_n=pending.request_n,
        answer_n=answer_n,
    )


def _advice(code: int | None, error: Any, revision: str) -> str:
    """What to do about the codes that MCP itself defines; the words of the server do for all others."""
    if code not in error_codes.OF_MCP:
        return ""
    _, advice = error_codes.explain_code(code, error.get("data"), revision)
    return f" {advice}"
