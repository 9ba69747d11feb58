"""The server's requests, answered by the user's side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from inspector.protocol import jsonrpc, sampling, tasks
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc, MessageType, RequestId
from inspector.session.link import Link
from inspector.session.options import Ask, Refused
from inspector.trace.events import Message
from inspector.wire import jsontext

REQUESTS, STATELESS = "MCP, base protocol: requests", "MCP 2026-07-28: Streamable HTTP transport"
SLOW_ASK_S = 300.0
"""How long the user's side may take to answer a request of the server's."""
SESSION_CLOSED = "The session was closed."
REFUSED_BY_USER = -1
MAX_PURPOSE_CHARACTERS = 60
ANSWERS = (MessageType.RESPONSE, MessageType.ERROR)

Say = Callable[[bytes, str], Awaitable[object]]


class Asks:
    """Each request of the server's is a task of its own, until it is answered or cancelled (R24).

    `say` delivers an answer. `are_allowed` is false where the revision knows no requests of the server's (R42).
    """

    def __init__(self, link: Link, say: Say) -> None:
        self.are_allowed = True
        self._link = link
        self._say = say
        self._tasks: dict[RequestId, asyncio.Task[None]] = {}
        self._events: dict[RequestId, Message] = {}

    def take(self, message: JsonRpc, event: Message) -> None:
        """A request has come in."""
        method = message.method or ""
        if not self.are_allowed:
            self._report_not_allowed(method, event)
            return
        if method != "ping" and self._link.options.callbacks.for_method(method) is None:
            asked = jsonrpc.shown(method)
            text = f"The server asked for {asked}, which this client has not declared; it was answered with an error."
            breach = Breach("server-request-undeclared", Severity.NOTE, text, "Ask only for declared capabilities.")
            self._link.report(breach, event.stream, event.n)
        if message.id in self._tasks:
            text = f"A second request came with the id {jsonrpc.shown(message.id)} while the first one was unanswered."
            fix = "Give each request an id of its own; this one is not answered."
            self._link.report(Breach("request-id-reused", Severity.ERROR, text, fix, REQUESTS), event.stream, event.n)
            return
        self._events[message.id] = event
        task = self._tasks[message.id] = self._link.spawn(self._answer(message), "answer")
        task.add_done_callback(lambda _: self._forget(message.id))

    def _report_not_allowed(self, method: str, event: Message) -> None:
        text = f"The server sent a request ({jsonrpc.shown(method)}); this revision knows none, so it is not answered."
        fix = "Answer with resultType input_required and inputRequests instead."
        self._link.report(
            Breach("server-request-in-stateless", Severity.ERROR, text, fix, STATELESS), event.stream, event.n
        )

    def _forget(self, request_id: RequestId) -> None:
        """A request of the server's is done with, answered or not."""
        self._tasks.pop(request_id, None)
        self._events.pop(request_id, None)

    def event_of(self, message: JsonRpc) -> Message | None:
        """The request that a message of ours is about to answer."""
        return self._events.pop(message.id, None) if message.type in ANSWERS else None

    def cancel(self, params: Any) -> None:
        """The server says notifications/cancelled."""
        request_id = params.get("requestId") if isinstance(params, dict) else None
        asked = self._tasks.get(request_id) if isinstance(request_id, int | str) else None
        if asked is not None:
            asked.cancel()

    def drop(self, stream: int) -> None:
        """The request whose stream brought these questions was given up: nobody needs their answers any more."""
        for request_id, event in tuple(self._events.items()):
            if event.stream == stream and request_id in self._tasks:
                self._tasks[request_id].cancel()

    async def _answer(self, message: JsonRpc) -> None:
        reply = await self._reply_to(message)
        await self._say(reply, f"answer to {(message.method or '')[:MAX_PURPOSE_CHARACTERS]}")

    async def _reply_to(self, message: JsonRpc) -> bytes:
        method = message.method or ""
        params = message.params if isinstance(message.params, dict) else {}
        if method == "ping":
            return jsontext.dumps(jsonrpc.result(message.id, {}))
        if self._link.options.callbacks.for_method(method) is None:
            code, text = jsonrpc.METHOD_NOT_FOUND, f"{jsonrpc.shown(method)} is not supported by this client"
            return _refusal(message, code, text)
        mode = params.get("mode", "form")
        if method == "elicitation/create" and mode not in self._link.options.callbacks.elicitation_modes:
            return _refusal(message, jsonrpc.INVALID_PARAMS, f"elicitation mode {jsonrpc.shown(mode)} was not declared")
        try:
            result = await self.ask(method, params)
            task_id = tasks.related_task(params)
            if task_id is not None:  # all that belongs to a task says so (R32)
                result = {**result, "_meta": {**tasks.related_task_meta(task_id), **result.get("_meta", {})}}
            return jsontext.dumps(jsonrpc.result(message.id, result))
        except Refused as refused:
            return _refusal(message, REFUSED_BY_USER, refused.sentence)
        except Exception as error:  # a callback is the user's code: its failure is an answer
            return _refusal(message, jsonrpc.INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """The user's answer. Raises `Refused`, also where nobody is there to answer, and what the callback raises.

        The end of the session ends the question, too.
        """
        callbacks = self._link.options.callbacks
        callback = callbacks.for_method(method)
        if callback is None:
            raise Refused(f"{jsonrpc.shown(method)} was not declared by this client.")
        mode = params.get("mode", "form")
        if method == "elicitation/create" and mode not in callbacks.elicitation_modes:
            raise Refused(f"The elicitation mode {jsonrpc.shown(mode)} was not declared by this client.")
        if method == "sampling/createMessage":
            self._check_sampling(params)
        return await self._put(callback, params)

    def _check_sampling(self, params: dict[str, Any]) -> None:
        """What the request breaks is told; whoever is asked may still answer it, as this is for trying things out."""
        for text in sampling.check_request(params):
            fix = "A client may answer such a request with -32602; keep to the rules for messages and tools."
            self._link.report(Breach("sampling-request-invalid", Severity.WARN, text, fix, "Sampling (R51)"))

    async def _put(self, callback: Ask, params: dict[str, Any]) -> dict[str, Any]:
        """Ask in a task of the session, so that a question does not outlive it, whoever waits for the answer."""
        if self._link.is_ending:
            raise Refused(SESSION_CLOSED)
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        asking = self._link.spawn(_settle(answer, callback, params), "ask")
        asking.add_done_callback(lambda _: answer.cancel())
        try:
            async with asyncio.timeout(SLOW_ASK_S):
                return await answer
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if waiting is not None and waiting.cancelling():
                raise
            raise Refused(SESSION_CLOSED if self._link.is_ending else "The question was cancelled.") from None
        finally:
            asking.cancel()


async def _settle(answer: asyncio.Future[dict[str, Any]], callback: Ask, params: dict[str, Any]) -> None:
    try:
        result = await callback(params)
    except Exception as error:  # it is the user's code, and for whoever waits
        if not answer.done():
            answer.set_exception(error)
        return
    if not answer.done():
        answer.set_result(result)


def _refusal(message: JsonRpc, code: int, text: str) -> bytes:
    return jsontext.dumps(jsonrpc.error(message.id, code, text))
