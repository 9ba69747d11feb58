"""Faults of tasks that a server makes of calls."""

from __future__ import annotations

from inspector.protocol.envelope import TASKS_EXTENSION
from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest, Line
from inspector.servers.faults.honest.speaker import text_result
from inspector.servers.http import HttpRequest

MADE = "2026-08-01T12:00:00Z"


class TaskServer(Honest):
    """Makes a task of every call, which is done when it is asked for."""

    def capabilities(self, version: str) -> Json:
        return {**super().capabilities(version), "extensions": {TASKS_EXTENSION: {}}}

    def task(self, status: str) -> Json:
        """The state of the task."""
        state = {"taskId": "a-task", "status": status, "createdAt": MADE, "lastUpdatedAt": MADE, "ttlMs": 60_000}
        return {**state, "pollIntervalMs": 100}

    def completed(self) -> Json:
        """The last state."""
        return {**self.task("completed"), "result": {"resultType": "complete", **text_result("done")}}

    async def call(self, call: Call) -> Json:
        return {"resultType": "task", **self.task("working")}

    async def stateless_result(self, message: Json, line: Line, request: HttpRequest) -> Json:
        if message["method"] == "tasks/get":
            return self.completed()
        return await super().stateless_result(message, line, request)


class DoneWithoutResult(TaskServer):
    """Says that the task is completed, and not with what."""

    def completed(self) -> Json:
        return self.task("completed")


TASKS: tuple[Fault, ...] = (
    Fault(
        "task-invalid",
        "Says that a task is completed, without its result.",
        DoneWithoutResult,
        TaskServer,
        Visit(transport=TransportName.STATELESS),
    ),
)
