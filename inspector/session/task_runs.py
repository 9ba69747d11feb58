"""Calls that became tasks: followed by polling until their result is there (R32, R52)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from inspector.protocol import era, jsonrpc, tasks
from inspector.protocol.tasks import TaskState
from inspector.session.asked import Asked
from inspector.session.asks import Asks
from inspector.session.calls import Answer, is_tool_error
from inspector.session.link import Link
from inspector.session.options import Refused
from inspector.trace.events import Outcome

log = logging.getLogger(__name__)

LOST_POLLS = 5
"""How many polls in a row may be lost: a task outlives a broken connection."""


class TaskRuns:
    """Follows every task that a call of ours became; `listeners` are told of each state, with the tool's name."""

    def __init__(self, link: Link, asks: Asks, request: Callable[[Asked], Any]) -> None:
        self.listeners: list[Callable[[str, TaskState], None]] = []
        self._link = link
        self._asks = asks
        self._request = request
        self.revision = era.LATEST
        self._changed: dict[str, asyncio.Event] = {}

    def on_notification(self, method: str, params: Any) -> None:
        """A task has changed: ask at once what it is now, instead of trusting what may come out of order."""
        task_id = params.get("taskId") if method in ("notifications/tasks/status", "notifications/tasks") else None
        if isinstance(task_id, str) and task_id in self._changed:
            self._changed[task_id].set()

    async def follow(self, asked: Asked, answer: Answer) -> Answer:
        """The answer that the task comes to. Cancelling the awaiting task cancels it at the server too."""
        state = tasks.read_created(answer.result, self.revision)
        if state is None:
            return _ended(answer, "The server made a task of the call but does not name it, so it is lost.")
        self._changed[state.task_id] = asyncio.Event()
        limit_s = asked.timeout_s or max(self._link.options.max_total_s, (state.ttl_ms or 0) / 1000)
        try:
            async with asyncio.timeout(limit_s):
                return await self._poll(asked, answer, state)
        except TimeoutError:
            self._cancel(state)
            text = f"The task of {asked.method} was not done within {limit_s:g} s; we cancelled it."
            return _ended(answer, text, outcome=Outcome.TIMED_OUT)
        except asyncio.CancelledError:
            self._cancel(state)
            raise
        finally:
            del self._changed[state.task_id]

    def _cancel(self, state: TaskState) -> None:
        if not tasks.is_terminal(state.status):
            self._link.spawn(self._request(Asked(*tasks.cancel_request(state.task_id))), "cancel task")

    async def _poll(self, asked: Asked, answer: Answer, state: TaskState) -> Answer:
        name, answered = str((asked.params or {}).get("name", "")), set[str]()
        self._tell(name, state, answer)
        while not tasks.is_terminal(state.status):
            if state.status == "input_required":
                if not era.is_stateless(self.revision):
                    break  # tasks/result may be asked for early: the questions come on its stream (R32)
                refusal = await self._answer_questions(state, answered, answer)
                if refusal is not None:
                    return refusal
            await self._pause(state)
            polled = await self._get(state)
            after = tasks.read_state(polled.result, self.revision) if polled.ok else None
            if after is None:
                return _ended(polled, f"The task of {asked.method} is lost: {_why(polled)}")
            for breach in (*after.problems, *tasks.check_step(state, after)):
                self._link.report_once(breach, None, polled.answer_n)
            if after != state:
                self._tell(name, after, polled)
            state = after
        return await self._result_of(asked, answer, state)

    async def _pause(self, state: TaskState) -> None:
        changed = self._changed[state.task_id]
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), tasks.poll_interval_s(state))
        changed.clear()

    async def _get(self, state: TaskState) -> Answer:
        """One poll; a lost one is repeated, as the task goes on without us."""
        for _ in range(LOST_POLLS):
            answer: Answer = await self._request(Asked(*tasks.get_request(state.task_id)))
            if answer.outcome is not Outcome.LOST:
                break
            await asyncio.sleep(tasks.poll_interval_s(state))
        return answer

    async def _answer_questions(self, state: TaskState, answered: set[str], answer: Answer) -> Answer | None:
        """Put the task's new questions to the user; an answer that ends the call where the user refuses (R52)."""
        questions = tasks.unanswered(state, answered)
        if not questions:
            return None
        try:
            responses = {key: await self._asks.ask(*question) for key, question in questions.items()}
        except Refused as refused:
            self._cancel(state)
            return _ended(answer, f"The task was cancelled: {refused.sentence}", outcome=Outcome.CANCELLED)
        answered.update(responses)
        updated: Answer = await self._request(Asked(*tasks.update_request(state.task_id, responses)))
        return None if updated.ok else _ended(updated, f"The task did not take our input: {_why(updated)}")

    async def _result_of(self, asked: Asked, answer: Answer, state: TaskState) -> Answer:
        if not era.is_stateless(self.revision):
            method, params = tasks.result_request(state.task_id)
            final: Answer = await self._request(Asked(method, params, on_progress=asked.on_progress))
            failed = is_tool_error(asked.method, final.result)
            return replace(final, ok=final.ok and not failed, method=asked.method)
        if state.status == "completed":
            failed = is_tool_error(asked.method, state.result)
            sentence = "The tool reports an error (isError)." if failed else ""
            return replace(answer, ok=not failed, result=state.result, sentence=sentence)
        if state.status == "failed":
            words = state.error.get("message") if isinstance(state.error, dict) else state.error
            sentence = f"The task failed: {str(words or state.status_message or 'it does not say why').rstrip('. ')}."
            return replace(answer, ok=False, result=None, error=state.error or {}, sentence=sentence)
        return _ended(answer, "The server cancelled the task.", outcome=Outcome.CANCELLED)

    def _tell(self, name: str, state: TaskState, answer: Answer) -> None:
        for breach in state.problems:
            self._link.report_once(breach, None, answer.answer_n)
        for listener in self.listeners:
            try:
                listener(name, state)
            except Exception:  # it is the user's code
                log.exception("The listener for tasks failed on %s", jsonrpc.shown(state.task_id))


def _why(answer: Answer) -> str:
    return answer.sentence or "its state cannot be read."


def _ended(answer: Answer, sentence: str, *, outcome: Outcome = Outcome.LOST) -> Answer:
    return replace(answer, ok=False, result=None, error=None, outcome=outcome, sentence=sentence)
