"""Requests of the server's inside a result: what it needs to know before it can go on (R48)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import json_type, shown

ResultKind = Literal["complete", "input_required", "task", "invalid"]

MAX_ROUNDS = 10
"""How often one request is tried again before we give up; the SDKs have the same."""
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 0.25
METHODS = frozenset(("tools/call", "prompts/get", "resources/read"))
"""The requests whose result may ask for input."""
SECTION = "Multi round-trip requests (2026-07-28)"

_CAPABILITIES = {"elicitation/create": "elicitation", "sampling/createMessage": "sampling", "roots/list": "roots"}
_KINDS: tuple[ResultKind, ...] = ("complete", "input_required", "task")


@dataclass(frozen=True, slots=True)
class InputRequired:
    """What the server asks for: by key the method and params, and the state to send back byte for byte.

    A request that cannot be read stands here with an empty method. `request_state` is None where none was sent;
    `problems` are whole sentences.
    """

    requests: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    request_state: str | None = None
    problems: tuple[str, ...] = ()


def kind_of(result: Any) -> tuple[ResultKind, list[Breach]]:
    """What kind of result it is by its `resultType` (R42): without one it is complete, an unknown one is invalid."""
    if not isinstance(result, dict):
        text = f"A result must be an object, not {json_type(result)}."
        return "invalid", [_invalid("result-type-unknown", text, "Answer with a result object.")]
    if "resultType" not in result:
        text = "The result has no resultType; we take it for complete."
        fix = 'Put "resultType": "complete" into every complete result.'
        return "complete", [Breach("result-type-missing", Severity.NOTE, text, fix, "Results (2026-07-28)")]
    named = result["resultType"]
    for kind in _KINDS:
        if named == kind:
            return kind, []
    text = f"The result has the resultType {shown(named)}, which we do not know, so it cannot be used."
    fix = "Answer with complete or input_required, or with the type of an extension that the client declared."
    return "invalid", [_invalid("result-type-unknown", text, fix)]


def read(result: Any) -> InputRequired | None:
    """What a result of the kind `input_required` asks for; None for any other."""
    if not isinstance(result, dict) or result.get("resultType") != "input_required":
        return None
    problems: list[str] = []
    requests = read_requests(result.get("inputRequests"), problems)
    state = result.get("requestState")
    if state is not None and not isinstance(state, str):
        problems.append(f"`requestState` must be a string, not {json_type(state)}; it cannot be sent back.")
        state = None
    if not requests and state is None:
        problems.append("The result asks for input but has neither inputRequests nor requestState.")
    return InputRequired(requests, state, tuple(problems))


def read_requests(given: Any, problems: list[str]) -> dict[str, tuple[str, dict[str, Any]]]:
    """The requests of an `inputRequests` object; what is wrong with them is added to `problems`."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        problems.append(f"`inputRequests` must be an object, not {json_type(given)}.")
        return {}
    return {key: _read_request(key, request, problems) for key, request in given.items()}


def _read_request(key: str, request: Any, problems: list[str]) -> tuple[str, dict[str, Any]]:
    method = request.get("method") if isinstance(request, dict) else None
    if not isinstance(method, str):
        problems.append(f"The input request {shown(key)} has no method.")
        return "", {}
    params = request.get("params", {})
    if not isinstance(params, dict):
        problems.append(f"The params of the input request {shown(key)} must be an object, not {json_type(params)}.")
        params = {}
    return method, params


def breaches(required: InputRequired, method: str, capabilities: dict[str, Any]) -> list[Breach]:
    """What breaks the rules in a request for input that came as the result of `method`.

    `capabilities` are those that we declared.
    """
    told = [
        _invalid("input-required-invalid", text, "Follow the schema of InputRequiredResult.")
        for text in required.problems
    ]
    if method not in METHODS:
        text = f"The server asks for input in the result of {shown(method)}."
        fix = f"Ask for input only in results of {', '.join(sorted(METHODS))}."
        told.append(_invalid("input-required-misplaced", text, fix))
    for key, (asked, params) in required.requests.items():
        reason = _why_not_asked(asked, params, capabilities)
        if asked and reason:
            text = f"The input request {shown(key)} {reason}."
            told.append(_invalid("input-request-undeclared", text, "Ask only for what the client declared it can do."))
    return told


def _why_not_asked(method: str, params: dict[str, Any], capabilities: dict[str, Any]) -> str:
    name = _CAPABILITIES.get(method)
    if name is None:
        return f"is {shown(method)}, which is none of {', '.join(_CAPABILITIES)}"
    declared = capabilities.get(name)
    if not isinstance(declared, dict):
        return f"needs the capability {name}, which we did not declare"
    if name == "elicitation":
        mode = params.get("mode", "form")
        known = mode in list(declared) or (mode == "form" and "url" not in declared)  # {} means forms (R31)
        return "" if known else f"needs the elicitation mode {shown(mode)}, which we did not declare"
    if name == "sampling" and ("tools" in params or "toolChoice" in params) and "tools" not in declared:
        return "needs the capability sampling.tools, which we did not declare"
    return ""


def retry_params(params: dict[str, Any] | None, responses: dict[str, Any], request_state: str | None) -> dict[str, Any]:
    """The params for the next try, as a new object: the same as in the first one, with this round's answers and state.

    Those of an earlier round are never carried over, and a state goes out only if one came.
    """
    again = {key: value for key, value in (params or {}).items() if key not in ("inputResponses", "requestState")}
    if responses:
        again["inputResponses"] = dict(responses)
    if request_state is not None:
        again["requestState"] = request_state
    return again


def pause_s(round_number: int) -> float:
    """How long to wait before the nth try in a row (from 1) for which the server asked nothing of us."""
    return float(min(FIRST_PAUSE_S * 2 ** min(max(round_number, 1) - 1, 8), LONGEST_PAUSE_S))


def _invalid(rule: str, text: str, fix: str) -> Breach:
    return Breach(rule, Severity.ERROR, text, fix, SECTION)
