"""Calls that became tasks: followed by polling until their result is there (R32, R52)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.protocol import era, jsonrpc, tasks
from inspector.protocol.tasks import TaskState
from inspector.session.asked import Asked
from inspector.session.asks import Asks
from inspector.session.calls import Answer
from inspector.session.link import Link
from inspector.session.options import Refused
from inspector.session.rounds import words_of
from inspector.trace.events import Outcome
from inspector.trace.facts import is_tool_error

log = logging.getLogger(__name__)

LOST_POLLS = 5
"""How many polls in a row may bring nothing: a task outlives a broken connection, and a server that restarts."""
FIRST_PAUSE_S = 0.5
LONGEST_S = 20 * 24 * 3600
"""No timer of Qt's runs longer than 24 days, whatever lifetime a server gives its tasks."""
NO_ANSWER = (Outcome.LOST, Outcome.TIMED_OUT, Outcome.REFUSED)
CHANGES = ("notifications/tasks/status", "notifications/tasks")


@dataclass(slots=True, eq=False)
class _Run:
    """A task that is followed for a call; `answer` is the one that made it."""

    asked: Asked
    answer: Answer
    task_id: str
    limit_s: float
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class TaskRuns:
    """Follows every task that a call of ours became; `listeners` are told of each state, with the tool's name."""

    def __init__(self, link: Link, asks: Asks, request: Callable[[Asked], Any]) -> None:
        self.listeners: list[Callable[[str, TaskState], None]] = []
        self._link = link
        self._asks = asks
        self._request = request
        self.revision = era.LATEST
        self._runs: set[_Run] = set()

    def on_notification(self, method: str, params: Any) -> None:
        """A task has changed: ask at once what it is now, instead of trusting what may come out of order."""
        task_id = params.get("taskId") if method in CHANGES and isinstance(params, dict) else None
        for run in self._runs:
            if run.task_id == task_id:
                run.changed.set()

    def wake_all(self) -> None:
        """The session ends: nobody waits for his next poll any more."""
        for run in self._runs:
            run.changed.set()

    async def follow(self, asked: Asked, answer: Answer) -> Answer:
        """The answer that the task comes to. Cancelling the awaiting task cancels it at the server too."""
        state = tasks.read_created(answer.result, self.revision)
        if state is None:
            return _ended(answer, "The server made a task of the call but does not name it, so it is lost.")
        kept_s = max(self._link.options.max_total_s, (state.ttl_ms or 0) / 1000)
        run = _Run(asked, answer, state.task_id, min(asked.timeout_s or kept_s, LONGEST_S))
        self._runs.add(run)
        try:
            async with asyncio.timeout(run.limit_s):
                return await self._poll(run, state)
        except TimeoutError:
            self._cancel(run)
            text = f"The task of {asked.method} was not done within {run.limit_s:g} s; we cancelled it."
            return _ended(answer, text, outcome=Outcome.TIMED_OUT)
        except asyncio.CancelledError:
            self._cancel(run)
            raise
        finally:
            self._runs.discard(run)

    def _cancel(self, run: _Run) -> None:
        if not self._link.is_ending:
            self._link.spawn(self._request(Asked(*tasks.cancel_request(run.task_id))), "cancel task")

    async def _poll(self, run: _Run, state: TaskState) -> Answer:
        answered = set[str]()
        self._tell(run, state, run.answer)
        while not tasks.is_terminal(state.status):
            if state.status == "input_required":
                if not era.is_stateless(self.revision):
                    break  # tasks/result may be asked for early: the questions come on its stream (R32)
                refusal = await self._answer_questions(run, state, answered)
                if refusal is not None:
                    return refusal
            await self._pause(run, tasks.poll_interval_s(state))
            polled = await self._get(run, state)
            after = tasks.read_state(polled.result, self.revision) if polled.ok else None
            if after is None:
                return _ended(polled, f"The task of {run.asked.method} is lost: {_why(polled)}")
            for breach in (*after.problems, *tasks.check_step(state, after)):
                self._link.report_once(breach, None, polled.answer_n)
            if after.task_id != run.task_id:
                return _ended(polled, f"The task of {run.asked.method} is lost: the server told of another one.")
            if after != state:
                self._tell(run, after, polled)
            state = after
        return await self._result_of(run, state)

    async def _pause(self, run: _Run, seconds: float) -> None:
        if not self._link.is_ending:
            with suppress(TimeoutError):
                await asyncio.wait_for(run.changed.wait(), seconds)
            run.changed.clear()

    async def _get(self, run: _Run, state: TaskState) -> Answer:
        """One poll; one that brings no answer is repeated, as the task goes on without us."""
        for attempt in range(1, LOST_POLLS + 1):
            answer: Answer = await self._request(Asked(*tasks.get_request(run.task_id)))
            if answer.outcome not in NO_ANSWER or attempt == LOST_POLLS or self._link.is_ending:
                break
            await self._pause(run, max(tasks.poll_interval_s(state), FIRST_PAUSE_S * 2 ** (attempt - 1)))
        return answer

    async def _answer_questions(self, run: _Run, state: TaskState, answered: set[str]) -> Answer | None:
        """Put the task's new questions to the user; an answer that ends the call where there is no reply (R52)."""
        questions = tasks.unanswered(state, answered)
        if not questions:
            return None
        try:
            responses = {key: await self._asks.ask(*question) for key, question in questions.items()}
        except Refused as refused:
            return self._give_up(run, f": {refused.sentence}")
        except Exception as error:  # a callback is the user's code: its failure ends this call only
            return self._give_up(run, f", as the input failed{words_of(error)}")
        answered.update(responses)
        updated: Answer = await self._request(Asked(*tasks.update_request(run.task_id, responses)))
        return None if updated.ok else _ended(updated, f"The task did not take our input: {_why(updated)}")

    def _give_up(self, run: _Run, why: str) -> Answer:
        self._cancel(run)
        return _ended(run.answer, f"The task was cancelled{why}", outcome=Outcome.CANCELLED)

    async def _result_of(self, run: _Run, state: TaskState) -> Answer:
        asked, answer = run.asked, run.answer
        if not era.is_stateless(self.revision):
            method, params = tasks.result_request(state.task_id)
            final: Answer = await self._request(Asked(method, params, run.limit_s, asked.on_progress))
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

    def _tell(self, run: _Run, state: TaskState, answer: Answer) -> None:
        name = str((run.asked.params or {}).get("name", ""))
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
