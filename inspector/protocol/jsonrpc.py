"""JSON-RPC 2.0 messages: reading what came, writing what goes. Nothing the peer sent raises."""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

import msgspec

from inspector.wire import jsontext

RequestId = int | str | None
"""A JSON-RPC id as it stood on the wire; `1` and `"1"` are different ids (JSON-RPC 2.0 section 4)."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
MAX_SHOWN_CHARACTERS = 60


class MessageType(enum.StrEnum):
    """What a JSON-RPC message is (JSON-RPC 2.0 sections 4 and 5)."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    RESPONSE = "response"
    ERROR = "error"
    INVALID = "invalid"


_NOTIFICATION = MessageType.NOTIFICATION


class JsonRpc(msgspec.Struct, frozen=True, gc=False):
    """A message as read: `value` is the whole parsed object, `problems` are its contradictions with the standard."""

    type: MessageType
    value: Any
    id: RequestId = None
    method: str | None = None
    params: Any = None
    problems: tuple[str, ...] = ()

    @property
    def result(self) -> Any:
        return self.value.get("result") if isinstance(self.value, dict) else None

    @property
    def error(self) -> Any:
        return self.value.get("error") if isinstance(self.value, dict) else None


def read(value: Any) -> JsonRpc:
    """Say what a parsed JSON value is as JSON-RPC; what it is not becomes `problems`.

    Where a message contradicts itself it is read so that a request gets its answer: serialisers write every field of
    a record, empty ones as null, and some servers copy `method` into the answer.
    """
    if not isinstance(value, dict):
        return JsonRpc(MessageType.INVALID, value, problems=(_no_object(value),))
    if len(value) == 3 and value.get("jsonrpc") == "2.0":  # most messages are notifications as they should be
        method, params = value.get("method"), value.get("params")
        if type(method) is str and type(params) is dict:
            return JsonRpc(_NOTIFICATION, value, None, method, params)
    return _read_object(value)


def _read_object(value: dict[str, Any]) -> JsonRpc:
    """The complete way, for every object."""
    has_answer = value.get("result") is not None or value.get("error") is not None
    names_answer = "result" in value or "error" in value
    if "method" in value and not has_answer and not (value["method"] is None and names_answer):
        return _read_call(value)
    return _read_answer(value)


def _no_object(value: Any) -> str:
    hint = "; it is JSON that was encoded twice" if isinstance(value, str) and value.lstrip().startswith("{") else ""
    return f"a message must be an object, not {json_type(value)}{hint}"


def _read_call(value: dict[str, Any]) -> JsonRpc:
    method = value["method"]
    problems = [] if value.get("jsonrpc") == "2.0" else [_version_problem(value)]
    if not isinstance(method, str):
        problems.append(f"`method` must be a string, not {json_type(method)}")
        return JsonRpc(MessageType.INVALID, value, problems=tuple(problems))
    params = value.get("params")
    if params is not None and not isinstance(params, dict | list):
        problems.append(f"`params` must be an object or an array, not {json_type(params)}")
        params = None
    if "result" in value or "error" in value:
        problems.append("a request or notification must have neither `result` nor `error`")
    if "id" not in value:
        return JsonRpc(MessageType.NOTIFICATION, value, None, method, params, tuple(problems))
    if value["id"] is None:  # as JSON-RPC 1.0 writes notifications; an answer could not name it either
        problems.append("`id` must not be null: a request has a string or an integer, a notification none")
        return JsonRpc(MessageType.NOTIFICATION, value, None, method, params, tuple(problems))
    request_id, id_problem = _read_id(value["id"])
    if id_problem:
        problems.append(id_problem)
    kind = MessageType.INVALID if request_id is None else MessageType.REQUEST
    return JsonRpc(kind, value, request_id, method, params, tuple(problems))


def _read_answer(value: dict[str, Any]) -> JsonRpc:
    problems = [] if value.get("jsonrpc") == "2.0" else [_version_problem(value)]
    has_result, has_error = "result" in value, "error" in value
    if not has_result and not has_error:
        problems.append("it has neither `method` nor `result` nor `error`")
        if "id" not in value:
            return JsonRpc(MessageType.INVALID, value, problems=tuple(problems))
    if has_result and has_error:
        problems.append("it has both `result` and `error`")
    if "method" in value:
        problems.append("an answer must not have `method`")
    is_error = has_error and not (has_result and value["error"] is None)
    if "id" not in value and not is_error:  # the transports allow errors without one (R3)
        problems.append("an answer must have an `id`")
    request_id, id_problem = _read_id(value.get("id"))
    if id_problem:
        problems.append(id_problem)
    if is_error:
        problems.extend(_error_problems(value["error"]))
    kind = MessageType.ERROR if is_error else MessageType.RESPONSE
    return JsonRpc(kind, value, request_id, problems=tuple(problems))


def _error_problems(error: Any) -> list[str]:
    if not isinstance(error, dict):
        return [f"`error` must be an object, not {json_type(error)}"]
    code = error.get("code")
    problems = []
    if isinstance(code, bool) or not isinstance(code, int):
        problems.append(f"`error.code` must be an integer, not {json_type(code)}")
    if not isinstance(error.get("message"), str):
        problems.append("`error.message` must be a string")
    return problems


def _read_id(value: Any) -> tuple[RequestId, str]:
    if value is None or (isinstance(value, int | str) and not isinstance(value, bool)):
        return value, ""
    if isinstance(value, float) and value.is_integer():
        return int(value), f"`id` is written as {value}; ids are strings or integers"
    return None, f"`id` must be a string or an integer, not {json_type(value)}"


def _version_problem(value: dict[str, Any]) -> str:
    if "jsonrpc" not in value:
        return '`jsonrpc: "2.0"` is missing'
    return f'`jsonrpc` must be "2.0", not {shown(value["jsonrpc"])}'


def json_type(value: Any) -> str:
    """JSON's own word for the type of a parsed value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float | Decimal):
        return "a number"
    if isinstance(value, str):
        return "a string"
    return "an array" if isinstance(value, list) else "an object"


def shown(value: Any) -> str:
    """A value from the wire as it may stand in a sentence: JSON, at most 60 characters."""
    try:
        text = jsontext.dumps(value).decode()
    except ValueError:  # more digits than Python prints
        return json_type(value)
    return text if len(text) <= MAX_SHOWN_CHARACTERS else text[:MAX_SHOWN_CHARACTERS] + "…"


def code_in(error: Any) -> int | None:
    """The code of an error object, None where it has none."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def error_of(message: JsonRpc) -> tuple[int | None, str]:
    """Code and message of an error answer, as far as they can be read."""
    error = message.error
    if not isinstance(error, dict):
        return None, error if isinstance(error, str) else shown(error)
    text = error.get("message", "")
    return code_in(error), text if isinstance(text, str) else shown(text)


def request(request_id: RequestId, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """A request object; `params` is left out when there are none."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": request_id, "method": method}
    if params is not None:
        message["params"] = params
    return message


def notification(method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """A notification object."""
    message: dict[str, Any] = {"jsonrpc": "2.0", "method": method}
    if params is not None:
        message["params"] = params
    return message


def result(request_id: RequestId, value: Any) -> dict[str, Any]:
    """A successful answer."""
    return {"jsonrpc": "2.0", "id": request_id, "result": value}


def error(request_id: RequestId, code: int, message: str) -> dict[str, Any]:
    """An error answer."""
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}
