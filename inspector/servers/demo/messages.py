"""JSON-RPC 2.0 as the demo server speaks it: plain dictionaries, checked on the way in."""

from __future__ import annotations

from typing import Any, TypeGuard

import orjson

Json = dict[str, Any]
RequestId = int | str

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
RESOURCE_NOT_FOUND = -32002


class RpcError(Exception):
    """An answer that is a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_message(self, request_id: RequestId | None = None) -> Json:
        """The error response; the id is null where the request's could not be read (JSON-RPC 2.0 section 5)."""
        error: Json = {"code": self.code, "message": self.message}
        if self.data is not None:
            error["data"] = self.data
        return {"jsonrpc": "2.0", "id": request_id, "error": error}


def result_message(request_id: RequestId, result: Json) -> Json:
    """The response to a request that succeeded."""
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def request_message(request_id: RequestId, method: str) -> Json:
    """A request without parameters."""
    return {"jsonrpc": "2.0", "id": request_id, "method": method}


def notification_message(method: str, params: Json) -> Json:
    """A message that wants no answer."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def parse_messages(body: bytes, *, batches: bool) -> list[Json]:
    """The messages of a POST body, each of them well-formed.

    Raises `RpcError` for anything else, also for a batch unless `batches` (only 2025-03-26 has them).
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RpcError(PARSE_ERROR, f"Parse error: {error}") from error
    if isinstance(parsed, list) and not batches:
        raise RpcError(INVALID_REQUEST, "Invalid Request: this revision of MCP has no batches")
    messages = parsed if isinstance(parsed, list) else [parsed]
    if not messages:
        raise RpcError(INVALID_REQUEST, "Invalid Request: the batch is empty")
    for message in messages:
        _check(message)
    return messages


def _check(message: Any) -> None:
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'Invalid Request: not an object with "jsonrpc": "2.0"')
    if "id" in message and not is_request_id(message["id"]):
        raise RpcError(INVALID_REQUEST, "Invalid Request: the id is neither a string nor an integer")
    if "method" in message:
        if not isinstance(message["method"], str) or not isinstance(message.get("params", {}), dict):
            raise RpcError(INVALID_REQUEST, "Invalid Request: method must be a string and params an object")
    elif "id" not in message or ("result" in message) == ("error" in message):
        raise RpcError(INVALID_REQUEST, "Invalid Request: neither a request, a notification nor a response")


def is_request_id(value: Any) -> TypeGuard[RequestId]:
    """True for a string or an integer; to Python a boolean is an integer too, to JSON-RPC it is not."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def is_request(message: Json) -> bool:
    """True if the message wants an answer."""
    return "method" in message and "id" in message


def encode(message: Json) -> bytes:
    """The message as JSON on one line."""
    return orjson.dumps(message)
