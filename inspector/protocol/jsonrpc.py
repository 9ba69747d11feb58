"""JSON-RPC 2.0 messages: reading what came, writing what goes. Nothing the peer sent raises."""

from __future__ import annotations

import enum
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


class MessageType(enum.StrEnum):
    """What a JSON-RPC message is (JSON-RPC 2.0 sections 4 and 5)."""

    REQUEST = "request"
    NOTIFICATION = "notification"
    RESPONSE = "response"
    ERROR = "error"
    INVALID = "invalid"


class JsonRpc(msgspec.Struct, frozen=True):
    """A message as read: `value` is the whole parsed object, `problems` are its contradictions with the standard."""

    type: MessageType
    value: Any
    id: RequestId = None
    method: str | None = None
    params: Any = None
    problems: tuple[str, ...] = ()

    @property
    def result(self) -> Any:
        return self.value.get("result")

    @property
    def error(self) -> Any:
        return self.value.get("error")


def read(value: Any) -> JsonRpc:
    """Say what a parsed JSON value is as JSON-RPC; what it is not becomes `problems`."""
    if not isinstance(value, dict):
        return JsonRpc(MessageType.INVALID, value, problems=(f"a message must be an object, not {json_type(value)}",))
    if "method" in value:
        return _read_call(value)
    return _read_answer(value)


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
        problems.append("a message with `method` must have neither `result` nor `error`")
    if "id" not in value:
        return JsonRpc(MessageType.NOTIFICATION, value, None, method, params, tuple(problems))
    request_id, id_problem = _read_id(value["id"])
    if id_problem or request_id is None:
        problems.append(id_problem or "the `id` of a request must not be null")
    return JsonRpc(MessageType.REQUEST, value, request_id, method, params, tuple(problems))


def _read_answer(value: dict[str, Any]) -> JsonRpc:
    problems = [] if value.get("jsonrpc") == "2.0" else [_version_problem(value)]
    has_result, has_error = "result" in value, "error" in value
    if not has_result and not has_error:
        problems.append("it has neither `method` nor `result` nor `error`")
        return JsonRpc(MessageType.INVALID, value, problems=tuple(problems))
    if has_result and has_error:
        problems.append("it has both `result` and `error`")
    if "id" not in value:
        problems.append("an answer must have an `id`")
    request_id, id_problem = _read_id(value.get("id"))
    if id_problem:
        problems.append(id_problem)
    if has_error:
        problems.extend(_error_problems(value["error"]))
    kind = MessageType.ERROR if has_error else MessageType.RESPONSE
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
        return int(value), f"`id` {value} has a fraction; ids are strings or integers"
    return None, f"`id` must be a string or an integer, not {json_type(value)}"


def _version_problem(value: dict[str, Any]) -> str:
    if "jsonrpc" not in value:
        return '`jsonrpc: "2.0"` is missing'
    return f'`jsonrpc` must be "2.0", not {jsontext.dumps(value["jsonrpc"])[:40].decode()}'


def json_type(value: Any) -> str:
    """JSON's own word for the type of a parsed value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    names = {int: "a number", float: "a number", str: "a string", list: "an array", dict: "an object"}
    return names.get(type(value), "an unknown value")


def error_of(message: JsonRpc) -> tuple[int | None, str]:
    """Code and message of an error answer, as far as they can be read."""
    error = message.error
    if not isinstance(error, dict):
        return None, str(error)
    code = error.get("code")
    return (code if isinstance(code, int) else None), str(error.get("message", ""))


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
