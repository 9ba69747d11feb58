"""What a result says about itself beside its content: a task's state, input that is missing, an unknown kind. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.protocol.envelope import RELATED_TASK
from inspector.protocol.schema_words import brief
from inspector.record.text import counted, duration
from inspector.ui.forms.spec import shown

MAX_ASKED = 5
_TASK_ROLES = {"completed": "good", "failed": "bad", "cancelled": "warn", "input_required": "warn"}

Line = tuple[str, str]
"""The palette's role of a sentence, and the sentence."""


def result_lines(result: Any) -> Iterator[Line]:
    """The sentences for the raw `result` of a request, whatever its shape."""
    if not isinstance(result, dict):
        return
    kind = result.get("resultType", "complete")
    task = result.get("task")
    if isinstance(task, dict) or kind == "task":
        yield _task(task if isinstance(task, dict) else result)
    elif kind == "input_required":
        yield _input_required(result)
    elif kind != "complete":
        yield "warn", f"! resultType {brief(kind)} is none that this program knows; what came is shown as it is."
    meta = result.get("_meta")
    related = meta.get(RELATED_TASK) if isinstance(meta, dict) else None
    if isinstance(related, dict) and isinstance(related.get("taskId"), str):
        yield "muted", f"Result of task {shown(related['taskId'], 80)}."


def _task(task: dict[str, Any]) -> Line:
    """R32 has `ttl` and `pollInterval`, R52 `ttlMs` and `pollIntervalMs`; all are milliseconds."""
    status = shown(task.get("status"), 40) or "without a status"
    facts = [f"Task {shown(task.get('taskId'), 80) or 'without an id'}: {status}"]
    if message := shown(task.get("statusMessage"), 200):
        facts.append(message.rstrip("."))
    poll_ms, ttl_ms = (_milliseconds(task, key) for key in ("pollInterval", "ttl"))
    if poll_ms is not None:
        facts.append(f"asked again every {duration(poll_ms)}")
    if ttl_ms is not None:
        facts.append(f"kept for {duration(ttl_ms)}")
    return _TASK_ROLES.get(status, "note"), " · ".join(facts) + "."


def _milliseconds(task: dict[str, Any], key: str) -> float | None:
    value = task.get(key, task.get(f"{key}Ms"))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _input_required(result: dict[str, Any]) -> Line:
    """R48: the keys of inputRequests with their methods, and how much state is kept for the retry."""
    asked = result.get("inputRequests")
    wanted = [
        f"{shown(request.get('method'), 40) if isinstance(request, dict) else '?'} ({shown(key, 40)})"
        for key, request in (asked.items() if isinstance(asked, dict) else ())
    ]
    more = f" and {len(wanted) - MAX_ASKED} more" if len(wanted) > MAX_ASKED else ""
    words = f"{', '.join(wanted[:MAX_ASKED])}{more}" if wanted else "to be asked again"
    state = result.get("requestState")
    kept = f" It gave {counted(len(state), 'character')} of requestState for that." if isinstance(state, str) else ""
    return "warn", f"The server wants more before it answers: {words}.{kept}"
