"""Tasks: calls whose result comes later, as 2025-11-25 has them (R32) and as the extension of 2026-07-28 (R52)."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from inspector.protocol import era
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.envelope import RELATED_TASK, TASKS_EXTENSION
from inspector.protocol.input_required import read_requests
from inspector.protocol.jsonrpc import json_type, shown

Support = Literal["forbidden", "optional", "required"]
Request = tuple[str, dict[str, Any]]

STATUSES = ("working", "input_required", "completed", "failed", "cancelled")
TERMINAL = frozenset(("completed", "failed", "cancelled"))
FIRST_REVISION = "2025-11-25"
USUAL_POLL_S = 1.0
SHORTEST_POLL_S = 0.1
LONGEST_POLL_S = 3600.0
MAX_ID_CHARACTERS = 1024
MAX_STATUS_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class TaskState:
    """What a server said about a task; times are its own texts, durations milliseconds.

    A status we do not know stays as it came. `ttl_ms` is None for a task that is kept for good or where the server
    does not say. `result`, `error` and `input_requests` are the extension's; with R32 the result has a request of its
    own. `problems` says what was wrong with the answer.
    """

    task_id: str
    status: str
    ttl_ms: float | None = None
    poll_interval_ms: float | None = None
    status_message: str = ""
    created_at: str = ""
    updated_at: str = ""
    result: Any = None
    error: Any = None
    input_requests: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    problems: tuple[Breach, ...] = ()


def read_created(result: Any, revision: str) -> TaskState | None:
    """The task that took the place of a result; None if the result is none of a task (R32, R52)."""
    if not isinstance(result, dict):
        return None
    nested = result.get("task")
    if era.is_stateless(revision):
        if result.get("resultType") != "task":
            return None
        return read_state(nested if "taskId" not in result and isinstance(nested, dict) else result, revision)
    return read_state(nested, revision) if isinstance(nested, dict) else None


def read_state(given: Any, revision: str) -> TaskState | None:
    """The state in the result of tasks/get or tasks/cancel, or in the params of a notification; None if it is none."""
    if not isinstance(given, dict):
        return None
    task_id, status = given.get("taskId"), given.get("status")
    if not isinstance(task_id, str) or not isinstance(status, str) or len(task_id) > MAX_ID_CHARACTERS:
        return None
    is_extension = era.is_stateless(revision)
    problems: list[str] = []
    ttl, poll = ("ttlMs", "pollIntervalMs") if is_extension else ("ttl", "pollInterval")
    if status not in STATUSES:
        problems.append(f"The task has the status {shown(status)}, which is none of {', '.join(STATUSES)}.")
    state = TaskState(
        task_id,
        status[:MAX_STATUS_CHARACTERS],
        _milliseconds(given, ttl, problems),
        _milliseconds(given, poll, problems),
        _text(given, "statusMessage", problems),
        _text(given, "createdAt", problems, needed=True),
        _text(given, "lastUpdatedAt", problems, needed=True),
        given.get("result") if is_extension else None,
        given.get("error") if is_extension else None,
        read_requests(given.get("inputRequests"), problems) if is_extension else {},
    )
    if is_extension:
        problems.extend(_missing_parts(state))
    return replace(state, problems=tuple(_breach("task-invalid", Severity.WARN, text) for text in problems))


def is_terminal(status: str) -> bool:
    return status in TERMINAL


def poll_interval_s(state: TaskState) -> float:
    """How long to wait before asking again: what the server wants, within bounds of ours; else a second."""
    if state.poll_interval_ms is None:
        return USUAL_POLL_S
    return min(max(state.poll_interval_ms / 1000, SHORTEST_POLL_S), LONGEST_POLL_S)


def check_step(before: TaskState, after: TaskState) -> list[Breach]:
    """What breaks the rules between two states of a task that came after each other."""
    told = []
    if before.task_id != after.task_id:
        text = f"The server answered for the task {shown(after.task_id)} where {shown(before.task_id)} was asked for."
        return [_breach("task-invalid", Severity.ERROR, text)]
    if is_terminal(before.status) and after.status != before.status:
        text = f"The task went from {before.status}, which is final, to {shown(after.status)}."
        told.append(_breach("task-transition-invalid", Severity.ERROR, text))
    if before.created_at and after.created_at and before.created_at != after.created_at:
        text = f"The task's createdAt went from {shown(before.created_at)} to {shown(after.created_at)}."
        told.append(_breach("task-invalid", Severity.WARN, text))
    earlier, later = _time(before.updated_at), _time(after.updated_at)
    if earlier and later and later < earlier:
        text = f"The task's lastUpdatedAt went back from {shown(before.updated_at)} to {shown(after.updated_at)}."
        told.append(_breach("task-invalid", Severity.NOTE, text))
    return told


def unanswered(state: TaskState, answered: Collection[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The requests for input that were not answered yet: a server repeats them until it has seen the answer (R52)."""
    if state.status != "input_required":
        return {}
    return {key: request for key, request in state.input_requests.items() if key not in answered}


def get_request(task_id: str) -> Request:
    return "tasks/get", {"taskId": task_id}


def result_request(task_id: str) -> Request:
    """R32 only: waits until there is a result; it may be called early when the task wants input."""
    return "tasks/result", {"taskId": task_id}


def cancel_request(task_id: str) -> Request:
    """A wish: the task is cancelled when its status says so; one that has ended already answers -32602 (R32)."""
    return "tasks/cancel", {"taskId": task_id}


def update_request(task_id: str, responses: dict[str, Any]) -> Request:
    """R52 only: the answers to the task's requests for input, by their keys."""
    return "tasks/update", {"taskId": task_id, "inputResponses": responses}


def as_task(params: dict[str, Any], ttl_ms: int | None = None) -> dict[str, Any]:
    """R32 only: the params of a call that shall become a task kept for `ttl_ms`; what the user set himself wins."""
    return {"task": {} if ttl_ms is None else {"ttl": ttl_ms}, **params}


def related_task_meta(task_id: str) -> dict[str, Any]:
    """R32: what the `_meta` of every message that belongs to a task holds, but for tasks/get, list and cancel."""
    return {RELATED_TASK: {"taskId": task_id}}


def related_task(message: Any) -> str | None:
    """The task that the params or the result of a message say they belong to."""
    meta = message.get("_meta") if isinstance(message, dict) else None
    related = meta.get(RELATED_TASK) if isinstance(meta, dict) else None
    task_id = related.get("taskId") if isinstance(related, dict) else None
    return task_id if isinstance(task_id, str) else None


def task_support(tool: Any, capabilities: Any, revision: str) -> Support:
    """Whether a call of this tool may or must be a task.

    With R32 the client decides, where server and tool both allow it; with the extension the server decides on every
    call of a client that declared it.
    """
    if era.is_stateless(revision):
        return "optional" if isinstance(_at(capabilities, "extensions", TASKS_EXTENSION), dict) else "forbidden"
    if revision < FIRST_REVISION or not isinstance(_at(capabilities, "tasks", "requests", "tools", "call"), dict):
        return "forbidden"
    declared = _at(tool, "execution", "taskSupport")
    if declared == "required":
        return "required"
    return "optional" if declared == "optional" else "forbidden"


def _at(value: Any, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _missing_parts(state: TaskState) -> list[str]:
    if state.status == "completed" and not isinstance(state.result, dict):
        return ["The task is completed and has no result object."]
    if state.status == "failed" and not isinstance(state.error, dict):
        return ["The task failed and has no error object."]
    if state.status == "input_required" and not state.input_requests:
        return ["The task wants input and has no inputRequests."]
    return []


def _milliseconds(given: dict[str, Any], key: str, problems: list[str]) -> float | None:
    value = given.get(key)
    if value is None:
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value < math.inf:
        problems.append(f"`{key}` of the task must be a number of milliseconds, not {shown(value)}.")
        return None
    return float(min(value, 1e15))


def _text(given: dict[str, Any], key: str, problems: list[str], *, needed: bool = False) -> str:
    value = given.get(key)
    if isinstance(value, str):
        return value
    if value is not None or needed:
        problems.append(f"`{key}` of the task must be a string, not {json_type(value)}.")
    return ""


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text[:64])
    except ValueError:
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)


def _breach(rule: str, severity: Severity, text: str) -> Breach:
    fix = "Follow the life cycle of tasks: working and input_required may change, all else is final."
    if rule == "task-invalid":
        fix = "Send every task with taskId, status, createdAt and lastUpdatedAt, and what its status calls for."
    return Breach(rule, severity, text, fix, "Tasks")
