"""What a result says about itself, in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.views.result_lines import result_lines

RELATED = {"_meta": {"io.modelcontextprotocol/related-task": {"taskId": "t-1"}}}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"content": []}, []),
        ({"resultType": "complete"}, []),
        ([], []),
        (
            {"task": {"taskId": "t-1", "status": "working", "ttl": 60_000, "pollInterval": 500}},
            [("note", "Task t-1: working · asked again every 500 ms · kept for 1 min 00 s.")],
        ),
        (
            {"resultType": "task", "taskId": "t", "status": "failed", "statusMessage": "Disk full.", "ttlMs": None},
            [("bad", "Task t: failed · Disk full.")],
        ),
        ({"resultType": "task"}, [("note", "Task without an id: without a status.")]),
        (RELATED, [("muted", "Result of task t-1.")]),
        (
            {"resultType": "input_required", "inputRequests": {"who": {"method": "elicitation/create"}, "r": 5}},
            [("warn", "The server wants more before it answers: elicitation/create (who), ? (r).")],
        ),
        (
            {"resultType": "input_required", "requestState": "x" * 1_200},
            [
                (
                    "warn",
                    "The server wants more before it answers: to be asked again."
                    " It gave 1,200 characters of requestState for that.",
                )
            ],
        ),
        (
            {"resultType": {"a": 1}},
            [("warn", '! resultType {"a": 1} is none that this program knows; what came is shown as it is.')],
        ),
    ],
)
def test_a_result_says_what_it_is(result: Any, expected: list[tuple[str, str]]) -> None:
    assert list(result_lines(result)) == expected


def test_of_many_questions_the_first_are_named() -> None:
    asked = {f"k{n}": {"method": "roots/list"} for n in range(8)}
    [(_, sentence)] = result_lines({"resultType": "input_required", "inputRequests": asked})
    assert "roots/list (k4) and 3 more." in sentence


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["task", "status", "a"]), inner),
)


@given(
    st.dictionaries(
        st.sampled_from(["resultType", "task", "_meta", "inputRequests", "requestState", "ttlMs", "pollInterval"]),
        _JSON | st.sampled_from(["task", "input_required", RELATED["_meta"]]),
    )
)
def test_no_shape_raises(result: Any) -> None:
    assert all(role and sentence for role, sentence in result_lines(result))
