"""A call as the user drew it up, and what the connection allows for it. No Qt."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from inspector.protocol import era
from inspector.protocol.envelope import TASKS_EXTENSION

DEFAULT_TIMEOUT_S = 60.0


class TaskSupport(enum.Enum):
    """Whether a call can ask to be run as a task (R32)."""

    NONE = "none"
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
    """

    tool: str
    arguments: dict[str, Any]
    meta: dict[str, Any] | None = None
    timeout_s: float | None = None
    as_task: bool = False
    with_progress: bool = True


def call_facts(
    tool: Any, revision: str, capabilities: dict[str, Any], timeout_s: float = DEFAULT_TIMEOUT_S
) -> CallFacts:
    """What an entry of tools/list, the negotiated revision and the server's capabilities allow."""
    if era.is_stateless(revision):
        return CallFacts(TaskSupport.NONE, _in_extension(capabilities), timeout_s)
    support, reason = _in_core(tool, capabilities)
    return CallFacts(support, reason, timeout_s)


def _in_extension(capabilities: dict[str, Any]) -> str:
    """From 2026-07-28 on there is nothing to ask for: the server decides, call by call (R52)."""
    extensions = capabilities.get("extensions")
    if isinstance(extensions, dict) and TASKS_EXTENSION in extensions:
        return "The server decides by itself which calls become tasks; they are followed to their end."
    return "The server does not offer the tasks extension."


def _in_core(tool: Any, capabilities: dict[str, Any]) -> tuple[TaskSupport, str]:
    """Up to 2025-11-25 both must agree: the server's tasks.requests.tools.call and the tool's taskSupport (R32)."""
    level: Any = capabilities
    for key in ("tasks", "requests", "tools", "call"):
        level = level.get(key) if isinstance(level, dict) else None
    if level is None:
        return TaskSupport.NONE, "The server does not declare tasks for tools/call."
    execution = tool.get("execution") if isinstance(tool, dict) else None
    support = execution.get("taskSupport") if isinstance(execution, dict) else None
    if support == "required":
        return TaskSupport.REQUIRED, "This tool runs only as a task."
    if support == "optional":
        return TaskSupport.OPTIONAL, "The server answers at once with a task, which is followed to its end."
    return TaskSupport.NONE, "This tool does not run as a task (execution.taskSupport)."
