"""What the demo server answers to each method: a table of pure functions, without IO.

`tools/call` is not in the table: it takes time, so a session runs it.
"""

from __future__ import annotations

from collections.abc import Callable

from inspector.servers.demo import library
from inspector.servers.demo.call import LOG_LEVELS, SessionState
from inspector.servers.demo.catalogue import DEFINITIONS
from inspector.servers.demo.messages import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    Json,
    RpcError,
    result_message,
)
from inspector.servers.demo.revisions import fit, negotiate

PAGE_SIZE = 8
MAX_SUBSCRIPTIONS = 100
SERVER_INFO: Json = {"name": "sse-mcp-inspector-demo", "title": "SSE MCP Inspector demo server", "version": "0.1.0"}
INSTRUCTIONS = "A server to look at: call stream_text to see a stream, read demo://readme for the rest."


def answer(state: SessionState, request: Json) -> Json:
    """The response to a well-formed request; errors are answers too."""
    try:
        return result_message(request["id"], _result(state, request["method"], request.get("params", {})))
    except RpcError as error:
        return error.to_message(request["id"])


def _result(state: SessionState, method: str, params: Json) -> Json:
    if state.protocol_version is None and method not in ("initialize", "ping"):
        raise RpcError(INVALID_REQUEST, "Invalid Request: send initialize first")
    if method not in METHODS:
        raise RpcError(METHOD_NOT_FOUND, f"Method not found: {method[:200]}")
    return METHODS[method](state, params)


def string(params: Json, name: str) -> str:
    """A parameter that must be a string; raises `RpcError` if it is not."""
    value = params.get(name)
    if not isinstance(value, str):
        raise RpcError(INVALID_PARAMS, f"Invalid params: {name} must be a string")
    return value


def mapping(params: Json, name: str) -> Json:
    """A parameter that must be an object, {} if absent; raises `RpcError` if it is something else."""
    value = params.get(name, {})
    if not isinstance(value, dict):
        raise RpcError(INVALID_PARAMS, f"Invalid params: {name} must be an object")
    return value


def _initialize(state: SessionState, params: Json) -> Json:
    if state.protocol_version is not None:
        raise RpcError(INVALID_REQUEST, "Invalid Request: the session is initialized already")
    version = negotiate(string(params, "protocolVersion"), state.supported_versions)
    state.protocol_version = version
    capabilities: Json = {
        "tools": {"listChanged": True},
        "resources": {"subscribe": True, "listChanged": True},
        "prompts": {"listChanged": True},
        "logging": {},
        "completions": {},
    }
    return {
        "protocolVersion": version,
        "capabilities": fit(capabilities, version),
        "serverInfo": fit(SERVER_INFO, version),
        "instructions": INSTRUCTIONS,
    }


def _ping(state: SessionState, params: Json) -> Json:
    return {}


def _page(state: SessionState, params: Json, name: str, entries: list[Json]) -> Json:
    cursor = params.get("cursor", "0")
    if not (isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        raise RpcError(INVALID_PARAMS, "Invalid params: unknown cursor")
    start = int(cursor)
    page: Json = {name: [fit(entry, state.protocol_version or "") for entry in entries[start : start + PAGE_SIZE]]}
    return {**page, "nextCursor": str(start + PAGE_SIZE)} if start + PAGE_SIZE < len(entries) else page


def _list_tools(state: SessionState, params: Json) -> Json:
    return _page(state, params, "tools", list(DEFINITIONS.values()))


def _list_resources(state: SessionState, params: Json) -> Json:
    return _page(state, params, "resources", library.RESOURCES)


def _list_resource_templates(state: SessionState, params: Json) -> Json:
    return _page(state, params, "resourceTemplates", library.RESOURCE_TEMPLATES)


def _list_prompts(state: SessionState, params: Json) -> Json:
    return _page(state, params, "prompts", library.PROMPTS)


def _read_resource(state: SessionState, params: Json) -> Json:
    return {"contents": library.read_resource(string(params, "uri"))}


def _subscribe(state: SessionState, params: Json) -> Json:
    uri = string(params, "uri")
    library.read_resource(uri)
    if len(state.subscriptions) >= MAX_SUBSCRIPTIONS:
        raise RpcError(INVALID_REQUEST, "Invalid Request: too many subscriptions")
    state.subscriptions.add(uri)
    return {}


def _unsubscribe(state: SessionState, params: Json) -> Json:
    state.subscriptions.discard(string(params, "uri"))
    return {}


def _get_prompt(state: SessionState, params: Json) -> Json:
    return library.get_prompt(string(params, "name"), mapping(params, "arguments"))


def _complete(state: SessionState, params: Json) -> Json:
    argument = mapping(params, "argument")
    others = mapping(mapping(params, "context"), "arguments")
    name, value = string(argument, "name"), string(argument, "value")
    return {"completion": library.complete(mapping(params, "ref"), name, value, others)}


def _set_log_level(state: SessionState, params: Json) -> Json:
    level = string(params, "level")
    if level not in LOG_LEVELS:
        raise RpcError(INVALID_PARAMS, f"Invalid params: level must be one of {', '.join(LOG_LEVELS)}")
    state.log_level = level
    return {}


METHODS: dict[str, Callable[[SessionState, Json], Json]] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": _list_tools,
    "resources/list": _list_resources,
    "resources/templates/list": _list_resource_templates,
    "resources/read": _read_resource,
    "resources/subscribe": _subscribe,
    "resources/unsubscribe": _unsubscribe,
    "prompts/list": _list_prompts,
    "prompts/get": _get_prompt,
    "completion/complete": _complete,
    "logging/setLevel": _set_log_level,
}
