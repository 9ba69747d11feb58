"""A call as the user drew it up, and what the connection allows for it. No Qt."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from inspector.protocol import era, tasks

DEFAULT_TIMEOUT_S = 60.0
MAX_TIMES, MAX_CONCURRENCY = 10_000, 100
"""How often a call is repeated at most, and how many of them are on their way at once: the server must bear it."""
BY_ITSELF = "The server decides by itself which calls become tasks; they are followed to their end."
NO_EXTENSION = "The server does not offer the tasks extension."
_REASONS = {
    "required": "This tool runs only as a task.",
    "optional": "The server answers at once with a task, which is followed to its end.",
    "forbidden": "The server does not offer this tool as a task (tasks.requests.tools.call, execution.taskSupport).",
}


class TaskSupport(enum.Enum):
    """Whether a call can ask to be run as a task (R32)."""

    NONE = "forbidden"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What holds for calls of one tool; `task_reason` is one sentence about running it as a task."""

    task: TaskSupport = TaskSupport.NONE
    task_reason: str = "Tasks are known once a server is connected."
    timeout_s: float = DEFAULT_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class CallDraft:
    """One call to make. `meta` goes into `params._meta`, None for nothing of the user's own.

    `timeout_s` is None for that of the connection; without `with_progress` the server is given no progressToken.
    It is made `times` times, at most `concurrency` of them at once.
    """

    tool: str
    arguments: dict[str, Any]
    meta: dict[str, Any] | None = None
    timeout_s: float | None = None
    as_task: bool = False
    with_progress: bool = True
    times: int = 1
    concurrency: int = 1


def call_facts(
    tool: Any, revision: str, capabilities: dict[str, Any], timeout_s: float = DEFAULT_TIMEOUT_S
) -> CallFacts:
    """What an entry of tools/list, the negotiated revision and the server's capabilities allow."""
    support = tasks.task_support(tool, capabilities, revision)
    if era.is_stateless(revision):  # there is nothing to ask for: the server decides, call by call (R52)
        reason = NO_EXTENSION if support == "forbidden" else BY_ITSELF
        return CallFacts(TaskSupport.NONE, reason, timeout_s)
    return CallFacts(TaskSupport(support), _REASONS[support], timeout_s)
