"""Raw requests to begin with: the headers of each transport, messages that are right, messages wrong on purpose.

Each template says what a right server answers, so that the reply can be held against it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from inspector.protocol import era, jsonrpc
from inspector.protocol.envelope import CLIENT_CAPABILITIES, CLIENT_INFO, PROTOCOL_VERSION
from inspector.protocol.era import TransportName
from inspector.protocol.param_headers import encode_value
from inspector.ui.raw_drafts import RawDraft, messages, with_header
from inspector.ui.settings import Header
from inspector.wire import jsontext

_ACCEPT, _CONTENT_TYPE = "Accept", "Content-Type"
_SESSION, _VERSION = "Mcp-Session-Id", "MCP-Protocol-Version"
_METHOD, _NAME = "Mcp-Method", "Mcp-Name"
_JSON = Header(_CONTENT_TYPE, "application/json")
_BOTH = Header(_ACCEPT, "application/json, text/event-stream")
_STANDARD = frozenset(
    name.lower() for name in (_ACCEPT, _CONTENT_TYPE, _SESSION, _VERSION, _METHOD, _NAME, "Last-Event-ID")
)
"""Names that belong to presets; every other header is the user's and stays."""
_WRONG_VERSION = "1999-01-01"
_CLIENT = {"name": "sse-mcp-inspector", "version": "raw"}


class Preset(enum.Enum):
    """Header sets by the words a person picks them with."""

    STREAMABLE = "MCP Streamable HTTP"
    STATELESS = "MCP stateless (2026-07-28)"
    HTTP_SSE = "MCP HTTP+SSE"
    TOOL_STREAM = "Tool stream"
    PLAIN = "Plain"


_PRESETS = {
    TransportName.STATELESS: Preset.STATELESS,
    TransportName.HTTP_SSE: Preset.HTTP_SSE,
    TransportName.TOOL_STREAM: Preset.TOOL_STREAM,
    TransportName.RAW_SSE: Preset.PLAIN,
}


def preset_of(transport: TransportName) -> Preset:
    """The headers that fit a connection."""
    return _PRESETS.get(transport, Preset.STREAMABLE)


@dataclass(frozen=True, slots=True)
class RawTarget:
    """What a connection knows: its URL, the user's own headers, and what was settled with the server."""

    url: str = ""
    headers: tuple[Header, ...] = ()
    session_id: str | None = None
    protocol_version: str = era.LATEST
    preset: Preset = Preset.STREAMABLE


def dressed(draft: RawDraft, preset: Preset, target: RawTarget) -> RawDraft:
    """The draft with the headers of a preset; its other headers stay, and the connection's own are there."""
    own = _own_headers(preset, target, draft.body)
    known = {header.name.lower() for header in own} | _STANDARD
    rest = [header for header in draft.headers if header.name.lower() not in known]
    known |= {header.name.lower() for header in rest}
    rest += [header for header in target.headers if header.name.lower() not in known]
    return replace(draft, headers=(*own, *rest))


def _own_headers(preset: Preset, target: RawTarget, body: str) -> tuple[Header, ...]:
    if preset is Preset.STREAMABLE:
        return _streamable(target)
    if preset is Preset.STATELESS:
        return (_JSON, _BOTH, Header(_VERSION, era.STATELESS), *_repeated(body))
    if preset is Preset.TOOL_STREAM:
        return (_JSON, Header(_ACCEPT, "text/event-stream, application/json"))
    return (_JSON,) if preset is Preset.HTTP_SSE else (Header(_ACCEPT, "*/*"),)


def _streamable(target: RawTarget) -> tuple[Header, ...]:
    """R20, R21. Where there is no session yet, its header stands ready, switched off."""
    revision = era.LATEST if era.is_stateless(target.protocol_version) else target.protocol_version
    has_session = bool(target.session_id)
    version = Header(_VERSION, revision, on=era.sends_version_header(revision))
    return (_JSON, _BOTH, version, Header(_SESSION, target.session_id or "", on=has_session))


def _repeated(body: str) -> tuple[Header, ...]:
    """R40: the method, and the name of what it is about, stand in headers too."""
    method = next(messages(body, "method"), "tools/list" if body else None)  # so that only the body is wrong
    params = next(messages(body, "params"), None)
    names = [params.get(key) for key in ("name", "uri", "taskId")] if isinstance(params, dict) else []
    name = next((name for name in names if isinstance(name, str)), None)
    pairs = ((_METHOD, method), (_NAME, name))
    return tuple(Header(key, encode_value(value)) for key, value in pairs if isinstance(value, str))


@dataclass(frozen=True, slots=True)
class Template:
    """One request to begin with. `expects` is what a right server answers, `expects_stateless` where that differs."""

    title: str
    make: Callable[[Preset], Any]
    expects: str
    expects_stateless: str = ""
    headers: tuple[tuple[str, str | None], ...] = ()
    """What differs from the preset's headers; None switches one off."""
    method: str = "POST"
    is_wrong: bool = False

    def apply(self, draft: RawDraft, preset: Preset, target: RawTarget) -> RawDraft:
        """The draft with this message and the headers it needs; the URL stays."""
        made = self.make(preset)
        body = made if isinstance(made, str) else jsontext.pretty(made)
        filled = dressed(replace(draft, method=self.method, body=body), preset, target)
        headers = filled.headers
        for name, value in self.headers:
            headers = with_header(headers, name, value)
        return replace(filled, headers=headers)

    def answer(self, preset: Preset) -> str:
        """One sentence: what a right server answers."""
        if preset is Preset.STATELESS and self.expects_stateless:
            return self.expects_stateless
        return f"202, and on the event stream: {self.expects}" if preset is Preset.HTTP_SSE else self.expects


def _request(preset: Preset, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
    """A request with id 1; a stateless one says in `_meta` who asks and in which revision (R41)."""
    if preset is Preset.STATELESS:
        meta = {PROTOCOL_VERSION: era.STATELESS, CLIENT_INFO: _CLIENT, CLIENT_CAPABILITIES: {}}
        params = {**(params or {}), "_meta": meta}
    return jsonrpc.request(1, method, params)


def _initialize(preset: Preset) -> dict[str, Any]:
    return _request(preset, "initialize", {"protocolVersion": era.LATEST, "capabilities": {}, "clientInfo": _CLIENT})


def _list(preset: Preset) -> dict[str, Any]:
    return _request(preset, "tools/list")


def _call(preset: Preset) -> dict[str, Any]:
    return _request(preset, "tools/call", {"name": "echo", "arguments": {"text": "hello"}})


def _batch(preset: Preset) -> list[dict[str, Any]]:
    return [_list(preset), {**_request(preset, "ping"), "id": 2}]


_REMOVED = "404 with error -32601: this method was removed in 2026-07-28."
RIGHT: tuple[Template, ...] = (
    Template(
        "initialize",
        _initialize,
        "200 with protocolVersion, capabilities and serverInfo; Mcp-Session-Id in the headers if there are sessions.",
        _REMOVED,
        headers=((_SESSION, None), (_VERSION, None)),
    ),
    Template(
        "notifications/initialized (a notification)",
        lambda _preset: jsonrpc.notification("notifications/initialized"),
        "202 without a body: nothing answers a notification.",
        "202 without a body, or 404: this notification was removed in 2026-07-28.",
    ),
    Template("tools/list", _list, "200 with result.tools, an array; as JSON or as an event stream."),
    Template("tools/call", _call, "200 with result.content, or an event stream that ends with it."),
    Template("ping", lambda preset: _request(preset, "ping"), "200 with the result {}.", _REMOVED),
    Template(
        "server/discover",
        lambda preset: _request(preset, "server/discover"),
        "404 or 400, or error -32601: only servers of 2026-07-28 know it.",
        "200 with supportedVersions and capabilities.",
    ),
    Template(
        "Batch of two requests",
        _batch,
        "Only 2025-03-26 answers both; every other revision 400 with error -32600.",
        "400 with error -32600: there are no batches.",
    ),
    Template(
        "Listen (GET)",
        lambda _preset: "",
        "200 as an event stream that stays open, or 405 where there is none.",
        "405: there is no GET.",
        headers=((_ACCEPT, "text/event-stream"), (_CONTENT_TYPE, None)),
        method="GET",
    ),
    Template(
        "End the session (DELETE)",
        lambda _preset: "",
        "200, 202 or 204, or 405 where a client may not end it.",
        "405: there is no DELETE.",
        headers=((_CONTENT_TYPE, None),),
        method="DELETE",
    ),
    Template(
        "Tool stream call",
        lambda _preset: {"tool": "echo", "params": {"text": "hello"}},
        "An event stream: started, progress as often as it likes, then complete or error.",
    ),
)

WRONG: tuple[Template, ...] = tuple(
    replace(template, is_wrong=True)
    for template in (
        Template(
            "Without jsonrpc",
            lambda preset: {key: value for key, value in _list(preset).items() if key != "jsonrpc"},
            "400 with error -32600 (invalid request).",
        ),
        Template(
            "Id is a string",
            lambda preset: {**_list(preset), "id": "1"},
            'This is allowed: 200, and the answer has the id "1", not the number 1.',
        ),
        Template(
            "Id is null",
            lambda preset: {**_list(preset), "id": None},
            "400 with error -32600: the id of a request must not be null.",
        ),
        Template(
            "Id used twice",
            lambda preset: [_list(preset), _list(preset)],
            "2025-03-26: an error for the second, or two answers; every other revision 400 with error -32600.",
            "400 with error -32600: there are no batches.",
        ),
        Template(
            "Unknown method",
            lambda preset: _request(preset, "no/such/method"),
            "An error -32601 (method not found) with the id of the request.",
            "404 with error -32601 (method not found).",
        ),
        Template("Truncated JSON", lambda preset: jsontext.pretty(_list(preset))[:-9], "400 with error -32700."),
        Template("Not JSON at all", lambda _preset: "hello", "400 with error -32700 (parse error)."),
        Template(
            "Unknown protocol version in the header",
            _list,
            "400: the server does not speak this version.",
            "400 with error -32022 and data.supported, or -32020: header and body differ.",
            headers=((_VERSION, _WRONG_VERSION),),
        ),
        Template(
            "Without Accept",
            _list,
            "406: a client has to accept application/json and text/event-stream.",
            headers=((_ACCEPT, None),),
        ),
        Template(
            "Accept only JSON",
            _list,
            "406, or an answer as JSON.",
            headers=((_ACCEPT, "application/json"),),
        ),
        Template("Wrong content type", _list, "415 or 400.", headers=((_CONTENT_TYPE, "text/plain"),)),
        Template(
            "Wrong session id",
            _list,
            "404: the client then starts anew with initialize.",
            "200: session ids are ignored.",
            headers=((_SESSION, "no-such-session"),),
        ),
        Template(
            "Without session id",
            _list,
            "400 where the server gave a session id, else 200.",
            "200: there are no sessions.",
            headers=((_SESSION, None),),
        ),
        Template(
            "Mcp-Method differs from the body",
            _list,
            "200: only 2026-07-28 knows the header.",
            "400 with error -32020 (header mismatch).",
            headers=((_METHOD, "prompts/list"),),
        ),
    )
)
TEMPLATES = RIGHT + WRONG
