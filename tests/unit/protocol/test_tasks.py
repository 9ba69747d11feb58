"""Tasks of both eras: reading them, asking for them, and how they may go on (R32, R52)."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import era, tasks
from inspector.protocol.breach import Severity
from inspector.protocol.tasks import TaskState, check_step, poll_interval_s, read_created, read_state, task_support

CORE: dict[str, Any] = {
    "taskId": "t-1",
    "status": "working",
    "statusMessage": "Half way.",
    "createdAt": "2026-01-01T00:00:00Z",
    "lastUpdatedAt": "2026-01-01T00:00:01Z",
    "ttl": 60_000,
    "pollInterval": 500,
}
EXTENSION: dict[str, Any] = {
    "resultType": "task",
    "taskId": "t-1",
    "status": "working",
    "createdAt": "2026-01-01T00:00:00Z",
    "lastUpdatedAt": "2026-01-01T00:00:01Z",
    "ttlMs": 60_000,
    "pollIntervalMs": 500,
}
FORM = {"method": "elicitation/create", "params": {"message": "Name?"}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(tasks.STATUSES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["task", "inputRequests", "result", "error", *CORE, *EXTENSION]), inner)
    ),
    max_leaves=12,
)


def state(given: dict[str, Any], revision: str = era.STATELESS) -> TaskState:
    found = read_state(given, revision)
    assert found is not None
    assert all(breach.rule == "task-invalid" and breach.text.endswith(".") for breach in found.problems)
    return found


def test_r32_a_created_task_stands_in_the_result() -> None:
    assert read_created({"task": CORE}, era.LATEST) == TaskState(
        "t-1", "working", 60_000, 500, "Half way.", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"
    )


def test_r52_a_created_task_is_the_result() -> None:
    created = read_created(EXTENSION, era.STATELESS)
    assert created == TaskState("t-1", "working", 60_000, 500, "", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z")
    assert read_created({"resultType": "task", "task": EXTENSION}, era.STATELESS) == created


@pytest.mark.parametrize(
    "result", [None, [], {}, {"content": []}, {"task": None}, {"task": {}}, {"task": {"taskId": "t"}}]
)
@pytest.mark.parametrize("revision", [era.LATEST, era.STATELESS])
def test_r32_another_result_is_no_task(result: Any, revision: str) -> None:
    assert read_created(result, revision) is None


def test_r52_a_complete_result_is_no_task_even_if_it_names_one() -> None:
    assert read_created({**EXTENSION, "resultType": "complete"}, era.STATELESS) is None


@pytest.mark.parametrize("key", ["taskId", "status"])
@pytest.mark.parametrize("value", [None, 5, [], "x" * 5000])
def test_r32_a_task_needs_an_id_and_a_status(key: str, value: Any) -> None:
    found = read_state({**CORE, key: value}, era.LATEST)
    assert found is None or (key == "status" and found.problems)


def test_r32_a_task_that_is_kept_for_good() -> None:
    assert state({**CORE, "ttl": None}, era.LATEST).ttl_ms is None
    assert state({**CORE, "ttl": None}, era.LATEST).problems == ()


@pytest.mark.parametrize("value", ["500", -1, True, [], math.inf, Decimal("1e400")])
def test_r32_a_duration_of_another_kind_is_told(value: Any) -> None:
    found = state({**CORE, "pollInterval": value}, era.LATEST)
    assert found.poll_interval_ms is None
    assert len(found.problems) == 1


def test_r32_missing_times_are_told() -> None:
    assert len(state({"taskId": "t", "status": "working"}, era.LATEST).problems) == 2


def test_r32_an_unknown_status_stays_and_is_told() -> None:
    found = state({**CORE, "status": "submitted"}, era.LATEST)
    assert found.status == "submitted"
    assert len(found.problems) == 1
    assert not tasks.is_terminal(found.status)


def test_r52_what_the_status_calls_for_stands_in_the_state() -> None:
    asking = state({**EXTENSION, "status": "input_required", "inputRequests": {"name": FORM}})
    assert asking.input_requests == {"name": ("elicitation/create", {"message": "Name?"})}
    assert state({**EXTENSION, "status": "completed", "result": {"content": []}}).result == {"content": []}
    assert state({**EXTENSION, "status": "failed", "error": {"code": 1, "message": "x"}}).error["code"] == 1
    assert asking.problems == ()


@pytest.mark.parametrize(
    "parts",
    [
        {"status": "completed"},
        {"status": "completed", "result": 5},
        {"status": "failed"},
        {"status": "failed", "error": "x"},
        {"status": "input_required"},
    ],
)
def test_r52_what_the_status_calls_for_must_not_be_missing(parts: dict[str, Any]) -> None:
    assert len(state({**EXTENSION, **parts}).problems) == 1


def test_r32_the_core_has_requests_of_their_own_for_it() -> None:
    found = state({**CORE, "status": "completed", "result": {}, "inputRequests": {"a": FORM}}, era.LATEST)
    assert (found.result, found.input_requests, found.problems) == (None, {}, ())


@pytest.mark.parametrize("status", tasks.STATUSES)
def test_r32_three_statuses_are_final(status: str) -> None:
    assert tasks.is_terminal(status) is (status in ("completed", "failed", "cancelled"))


@pytest.mark.parametrize(
    ("interval_ms", "wait_s"), [(None, 1.0), (500, 0.5), (30_000, 30.0), (0, 0.1), (1, 0.1), (1e15, 3600.0)]
)
def test_r32_the_servers_interval_is_respected_within_bounds(interval_ms: float | None, wait_s: float) -> None:
    assert poll_interval_s(TaskState("t", "working", poll_interval_ms=interval_ms)) == wait_s


@pytest.mark.parametrize("before", tasks.STATUSES)
@pytest.mark.parametrize("after", tasks.STATUSES)
def test_r32_a_final_status_stays(before: str, after: str) -> None:
    told = check_step(TaskState("t", before), TaskState("t", after))
    broken = before in tasks.TERMINAL and before != after
    assert [breach.rule for breach in told] == ["task-transition-invalid"] * broken


def test_r32_another_task_in_the_answer_is_told() -> None:
    (breach,) = check_step(TaskState("a", "completed"), TaskState("b", "working"))
    assert (breach.rule, breach.severity) == ("task-invalid", Severity.ERROR)


def test_r32_times_that_go_back_are_told() -> None:
    first = state(CORE, era.LATEST)
    assert check_step(first, first) == []
    (created,) = check_step(first, replace(first, created_at="2025-01-01T00:00:00Z"))
    assert "createdAt" in created.text
    (updated,) = check_step(first, replace(first, updated_at="2026-01-01T00:00:00"))
    assert updated.severity is Severity.NOTE
    assert check_step(first, replace(first, updated_at="yesterday")) == []
    assert check_step(first, replace(first, updated_at="2026-01-01T01:00:00+00:30")) == []


def test_r52_requests_that_were_answered_are_not_asked_again() -> None:
    asking = state({**EXTENSION, "status": "input_required", "inputRequests": {"a": FORM, "b": FORM}})
    assert list(tasks.unanswered(asking, {"a"})) == ["b"]
    assert tasks.unanswered(asking, {"a", "b"}) == {}
    assert tasks.unanswered(replace(asking, status="working"), ()) == {}


def test_r32_r52_the_requests() -> None:
    assert tasks.get_request("t") == ("tasks/get", {"taskId": "t"})
    assert tasks.result_request("t") == ("tasks/result", {"taskId": "t"})
    assert tasks.cancel_request("t") == ("tasks/cancel", {"taskId": "t"})
    assert tasks.update_request("t", {"a": {"action": "accept"}}) == (
        "tasks/update",
        {"taskId": "t", "inputResponses": {"a": {"action": "accept"}}},
    )


def test_r32_a_call_becomes_a_task_by_its_params() -> None:
    params = {"name": "slow"}
    assert tasks.as_task(params, 60_000) == {"name": "slow", "task": {"ttl": 60_000}}
    assert tasks.as_task(params) == {"name": "slow", "task": {}}
    assert tasks.as_task({"task": {"ttl": 1}}, 60_000) == {"task": {"ttl": 1}}
    assert params == {"name": "slow"}


def test_r32_messages_name_the_task_they_belong_to() -> None:
    meta = tasks.related_task_meta("t")
    assert meta == {"io.modelcontextprotocol/related-task": {"taskId": "t"}}
    assert tasks.related_task({"_meta": meta}) == "t"
    odd: list[Any] = [None, [], {}, {"_meta": []}, {"_meta": {"io.modelcontextprotocol/related-task": "t"}}]
    assert [tasks.related_task(value) for value in odd] == [None] * len(odd)


ALLOWED: dict[str, Any] = {"tasks": {"requests": {"tools": {"call": {}}}}}


@pytest.mark.parametrize(
    ("declared", "support"),
    [
        ("required", "required"),
        ("optional", "optional"),
        ("forbidden", "forbidden"),
        (None, "forbidden"),
        (5, "forbidden"),
    ],
)
def test_r32_the_tool_says_whether_it_may_be_a_task(declared: Any, support: str) -> None:
    tool = {"name": "slow", "execution": {"taskSupport": declared}}
    assert task_support(tool, ALLOWED, "2025-11-25") == support
    assert task_support(tool, {"tasks": {"list": {}}}, "2025-11-25") == "forbidden"
    assert task_support(tool, ALLOWED, "2025-06-18") == "forbidden"


@pytest.mark.parametrize("odd", [None, [], "x", {"execution": None}, {"execution": {"taskSupport": ["required"]}}])
def test_r32_without_a_word_no_call_may_be_a_task(odd: Any) -> None:
    assert task_support(odd, ALLOWED, "2025-11-25") == "forbidden"
    assert task_support({"execution": {"taskSupport": "required"}}, odd, "2025-11-25") == "forbidden"


def test_r52_with_the_extension_any_call_may_become_a_task() -> None:
    assert task_support({}, {"extensions": {"io.modelcontextprotocol/tasks": {}}}, era.STATELESS) == "optional"
    assert task_support({"execution": {"taskSupport": "required"}}, ALLOWED, era.STATELESS) == "forbidden"
    assert task_support({}, None, era.STATELESS) == "forbidden"


@given(JSON, JSON, st.sampled_from(era.REVISIONS))
def test_r32_r52_nothing_that_comes_can_raise(one: Any, other: Any, revision: str) -> None:
    read_created(one, revision)
    task_support(one, other, revision)
    for value in (one, {**CORE, **one} if isinstance(one, dict) else CORE):
        found = read_state(value, revision)
        if found is not None:
            assert tasks.SHORTEST_POLL_S <= poll_interval_s(found) <= tasks.LONGEST_POLL_S
            check_step(found, state(CORE, revision))
