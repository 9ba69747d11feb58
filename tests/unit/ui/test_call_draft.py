"""Whether a tool can be run as a task is a matter of revision, server and tool (R32, R52)."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.protocol import era
from inspector.ui.call_draft import CallFacts, TaskSupport, call_facts

TASKS: dict[str, Any] = {"tasks": {"requests": {"tools": {"call": {}}}}}
EXTENSION: dict[str, Any] = {"extensions": {"io.modelcontextprotocol/tasks": {}}}


def tool(support: Any) -> dict[str, Any]:
    return {"name": "slow", "execution": {"taskSupport": support}}


@pytest.mark.parametrize(
    ("entry", "revision", "capabilities", "support"),
    [
        (tool("optional"), era.LATEST, TASKS, TaskSupport.OPTIONAL),
        (tool("required"), era.LATEST, TASKS, TaskSupport.REQUIRED),
        (tool("forbidden"), era.LATEST, TASKS, TaskSupport.NONE),
        ({"name": "plain"}, era.LATEST, TASKS, TaskSupport.NONE),
        (tool("optional"), era.LATEST, {}, TaskSupport.NONE),
        (tool("required"), era.LATEST, {"tasks": {"requests": []}}, TaskSupport.NONE),
        (tool("forbidden"), era.STATELESS, EXTENSION, TaskSupport.NONE),
        (tool("required"), era.STATELESS, TASKS, TaskSupport.NONE),
        (None, era.STATELESS, {"extensions": 5}, TaskSupport.NONE),
        (5, era.LATEST, TASKS, TaskSupport.NONE),
        (tool(["required"]), era.LATEST, TASKS, TaskSupport.NONE),
    ],
)
def test_support_needs_the_server_and_the_tool(
    entry: Any, revision: str, capabilities: dict[str, Any], support: TaskSupport
) -> None:
    facts = call_facts(entry, revision, capabilities, 7.0)
    assert (facts.task, facts.timeout_s) == (support, 7.0)
    assert facts.task_reason.endswith(".")


def test_where_the_server_decides_it_is_said() -> None:
    assert "decides by itself" in call_facts({}, era.STATELESS, EXTENSION).task_reason
    assert "does not offer" in call_facts({}, era.STATELESS, {}).task_reason


def test_without_a_connection_nothing_is_promised() -> None:
    assert CallFacts().task is TaskSupport.NONE
