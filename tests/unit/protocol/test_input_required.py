"""Results that ask for input, and the next try (R42, R48)."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import input_required
from inspector.protocol.breach import Severity
from inspector.protocol.envelope import client_capabilities
from inspector.protocol.input_required import InputRequired, breaches, kind_of, pause_s, read, retry_params
from inspector.protocol.lifecycle import ClientFeatures

EVERYTHING = client_capabilities(ClientFeatures(roots=True, sampling=True, elicitation=True))
FORM: dict[str, Any] = {
    "method": "elicitation/create",
    "params": {"message": "Name?", "requestedSchema": {"type": "object"}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["resultType", "inputRequests", "requestState", "method", "params", "k"]), inner
        )
    ),
    max_leaves=12,
)


def asking(**parts: Any) -> dict[str, Any]:
    return {"resultType": "input_required", **parts}


def required(**parts: Any) -> InputRequired:
    found = read(asking(**parts))
    assert found is not None
    return found


def rules(method: str = "tools/call", capabilities: dict[str, Any] = EVERYTHING, **parts: Any) -> list[str]:
    told = breaches(required(**parts), method, capabilities)
    assert all(breach.severity is Severity.ERROR and breach.text.endswith(".") for breach in told)
    return [breach.rule for breach in told]


def one(method: str, **params: Any) -> dict[str, Any]:
    return {"a": {"method": method, "params": params}}


@pytest.mark.parametrize("kind", ["complete", "input_required", "task"])
def test_r42_the_kinds_of_a_result(kind: str) -> None:
    assert kind_of({"resultType": kind}) == (kind, [])


def test_r42_a_result_without_a_type_is_complete_and_that_is_noted() -> None:
    kind, (breach,) = kind_of({"content": []})
    assert kind == "complete"
    assert (breach.rule, breach.severity) == ("result-type-missing", Severity.NOTE)


@pytest.mark.parametrize("named", ["Complete", "", None, 5, [], {"a": 1}, True])
def test_r42_an_unknown_type_makes_a_result_invalid(named: Any) -> None:
    kind, (breach,) = kind_of({"resultType": named})
    assert kind == "invalid"
    assert (breach.rule, breach.severity) == ("result-type-unknown", Severity.ERROR)


@pytest.mark.parametrize("result", [None, [], "complete", 5])
def test_r42_a_result_that_is_no_object_is_invalid(result: Any) -> None:
    kind, told = kind_of(result)
    assert (kind, len(told)) == ("invalid", 1)


@pytest.mark.parametrize("result", [None, [], {}, {"resultType": "complete", "inputRequests": {"a": FORM}}])
def test_r48_other_results_ask_for_nothing(result: Any) -> None:
    assert read(result) is None


def test_r48_requests_and_state_are_read_as_they_came() -> None:
    state = ' {"b":1,"a":"\u2028"}  '
    assert required(
        inputRequests={"name": FORM, "roots": {"method": "roots/list"}}, requestState=state
    ) == InputRequired({"name": ("elicitation/create", FORM["params"]), "roots": ("roots/list", {})}, state)
    assert rules(inputRequests={"name": FORM, "roots": {"method": "roots/list"}}, requestState=state) == []


def test_r48_state_alone_is_enough_even_an_empty_one() -> None:
    assert required(requestState="") == InputRequired({}, "")
    assert rules(requestState="") == []


@pytest.mark.parametrize("parts", [{}, {"inputRequests": {}}, {"requestState": None, "inputRequests": None}])
def test_r48_neither_requests_nor_state_is_a_breach(parts: dict[str, Any]) -> None:
    assert rules(**parts) == ["input-required-invalid"]


@pytest.mark.parametrize("state", [5, {"a": 1}, ["x"], True])
def test_r48_a_state_of_another_type_is_told_and_not_sent_back(state: Any) -> None:
    assert required(requestState=state, inputRequests={"a": FORM}).request_state is None
    assert rules(requestState=state, inputRequests={"a": FORM}) == ["input-required-invalid"]


@pytest.mark.parametrize("requests", [5, "x", [FORM], True])
def test_r48_requests_that_are_no_object_are_told(requests: Any) -> None:
    assert rules(requestState="s", inputRequests=requests) == ["input-required-invalid"]


@pytest.mark.parametrize("request_", [None, 5, [], {}, {"method": 5}, {"method": None, "params": {}}])
def test_r48_a_request_that_cannot_be_read_keeps_its_key(request_: Any) -> None:
    assert required(inputRequests={"a": request_}).requests == {"a": ("", {})}
    assert rules(inputRequests={"a": request_}) == ["input-required-invalid"]


@pytest.mark.parametrize("params", [None, 5, []])
def test_r48_params_that_are_no_object_are_told(params: Any) -> None:
    assert required(inputRequests={"a": {"method": "roots/list", "params": params}}).requests == {
        "a": ("roots/list", {})
    }
    assert rules(inputRequests={"a": {"method": "roots/list", "params": params}}) == ["input-required-invalid"]


@pytest.mark.parametrize("method", ["tools/call", "prompts/get", "resources/read"])
def test_r48_three_methods_may_ask(method: str) -> None:
    assert rules(method, requestState="s") == []


@pytest.mark.parametrize("method", ["tools/list", "server/discover", "completion/complete", "x"])
def test_r48_no_other_method_may_ask(method: str) -> None:
    assert rules(method, requestState="s") == ["input-required-misplaced"]


@pytest.mark.parametrize("method", ["ping", "tools/call", "roots/List", "x" * 500])
def test_r48_an_unknown_method_within_is_told(method: str) -> None:
    assert rules(inputRequests=one(method)) == ["input-request-undeclared"]


@pytest.mark.parametrize("method", ["elicitation/create", "sampling/createMessage", "roots/list"])
def test_r48_a_request_for_what_was_not_declared_is_told(method: str) -> None:
    assert rules(inputRequests=one(method)) == []
    assert rules(inputRequests=one(method), capabilities={}) == ["input-request-undeclared"]


@pytest.mark.parametrize(
    ("declared", "mode", "told"),
    [
        ({"form": {}, "url": {}}, "url", False),
        ({"form": {}, "url": {}}, "form", False),
        ({}, "form", False),
        ({}, "url", True),
        ({"form": {}}, "url", True),
        ({"url": {}}, "form", True),
        ({"form": {}, "url": {}}, "voice", True),
    ],
)
def test_r24_an_elicitation_mode_must_be_declared(declared: dict[str, Any], mode: str, told: bool) -> None:
    found = rules(inputRequests=one("elicitation/create", mode=mode), capabilities={"elicitation": declared})
    assert bool(found) is told


@pytest.mark.parametrize("mode", [None, 5, [], {"a": 1}])
def test_r24_a_mode_of_another_type_is_told(mode: Any) -> None:
    assert rules(inputRequests=one("elicitation/create", mode=mode)) == ["input-request-undeclared"]


@pytest.mark.parametrize("part", [{"tools": []}, {"toolChoice": {"mode": "auto"}}])
def test_r51_tools_in_sampling_must_be_declared(part: dict[str, Any]) -> None:
    request = one("sampling/createMessage", **part)
    assert rules(inputRequests=request) == []
    assert rules(inputRequests=request, capabilities={"sampling": {}}) == ["input-request-undeclared"]


def test_r48_the_next_try_has_the_same_params_with_answers_and_state() -> None:
    params = {"name": "t", "arguments": {"a": 1}}
    again = retry_params(params, {"k": {"action": "accept"}}, " s ")
    assert again == {**params, "inputResponses": {"k": {"action": "accept"}}, "requestState": " s "}
    assert params == {"name": "t", "arguments": {"a": 1}}


def test_r48_a_state_is_sent_only_if_one_came_and_nothing_is_carried_over() -> None:
    first = retry_params({"name": "t"}, {"k": {}}, "one")
    assert retry_params(first, {}, None) == {"name": "t"}
    assert retry_params(first, {"l": {}}, "") == {"name": "t", "inputResponses": {"l": {}}, "requestState": ""}
    assert retry_params(None, {}, "s") == {"requestState": "s"}


@given(st.dictionaries(st.text(), JSON), st.dictionaries(st.text(), JSON), st.none() | st.text())
def test_r48_the_next_try_leaves_all_else_alone(
    params: dict[str, Any], answers: dict[str, Any], state: str | None
) -> None:
    before = copy.deepcopy((params, answers))
    again = retry_params(params, answers, state)
    assert (params, answers) == before
    assert again.pop("inputResponses", {}) == answers
    assert again.pop("requestState", None) == state
    assert again == {key: value for key, value in params.items() if key not in ("inputResponses", "requestState")}


def test_r48_pauses_double_up_to_a_quarter_of_a_second() -> None:
    assert [pause_s(n) for n in (1, 2, 3, 4, 5)] == [0.05, 0.1, 0.2, 0.25, 0.25]
    assert pause_s(10**6) == 0.25
    assert input_required.MAX_ROUNDS == 10


@given(JSON)
def test_r48_nothing_that_comes_can_raise(result: Any) -> None:
    assert kind_of(result)[0] in ("complete", "input_required", "task", "invalid")
    found = read(result)
    if found is not None:
        breaches(found, "tools/call", {})
