"""Logs of JSON-RPC messages: the exports of the official web Inspector and of MCPJam, or just messages.

The official Inspector writes arrays. Of its Protocol tab: `timestamp`, `origin` (client or server), `message`, and of
requests `response` and `duration` in ms. Of its Network tab: HTTP exchanges with `requestBody`, `responseBody` ...
MCPJam writes an array, newest first: `timestamp`, `direction` (SEND or RECEIVE), `serverId`, `payload`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from inspector.protocol import jsonrpc
from inspector.protocol.jsonrpc import MessageType
from inspector.record.formats.har_reader import dict_of, headers_of, http_version, is_status, origin_of, text_of
from inspector.record.formats.moments import moment_us, span_us
from inspector.record.formats.retelling import Exchange, Said
from inspector.trace.events import Direction
from inspector.wire import http, jsontext

_LISTS = ("messages", "entries", "logs", "log", "history", "requests", "items", "events")
_MESSAGES = ("message", "payload", "data", "msg", "json", "body", "content", "request")
_TIMES = ("timestamp", "time", "at", "ts", "date", "createdAt")
_DIRECTIONS = ("origin", "direction", "dir", "from", "sender", "type")
_OUT = frozenset({"client", "send", "sent", "out", "outgoing", "outbound", "c2s", "client-to-server", "->", "→", ">"})
_IN = frozenset(
    {"server", "receive", "received", "recv", "in", "incoming", "inbound", "s2c", "server-to-client", "<-", "←", "<"}
)
_NOT_OF_THE_SERVER = frozenset({"mcp-apps", "oauth"})
_LEFT_OUT = {
    "mcp-apps": "messages between an app and its view",
    "oauth": "steps of a sign-in",
    "": "entries without a message",
}
_ANSWERS = (MessageType.RESPONSE, MessageType.ERROR)


def entries_of(value: Any) -> list[Any] | None:
    """The entries of a log, None if a JSON value holds no such thing."""
    if isinstance(value, dict):
        listed = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
        value = [value] if listed is None or _is_message(value) else listed
    return value if isinstance(value, list) and any(map(_is_entry, value)) else None


def read_log(entries: list[Any], fallback_us: int, notes: list[str]) -> list[Exchange | Said]:
    """What the entries tell of, the oldest first; what has no time stands at that of the entry before."""
    times = [moment_us(_first(entry, _TIMES)) for entry in entries]
    known = [at_us for at_us in times if at_us is not None]
    if known and known[0] > known[-1]:
        entries, times = entries[::-1], times[::-1]
    if not known:
        notes.append("The log holds no times: every message stands at the time of the file, and durations say nothing.")
    elif len(known) < len(times):
        lacking = f"{len(times) - len(known):,} of {len(times):,} entries"
        notes.append(f"Without a time: {lacking}; they stand at that of the one before.")
    at_us = next((at_us for at_us in times if at_us is not None), fallback_us)
    left_out: Counter[str] = Counter()
    items: list[Exchange | Said] = []
    for entry, found_us in zip(entries, times, strict=True):
        at_us = at_us if found_us is None else found_us
        items.extend(_items(entry, at_us, left_out))
    notes.extend(f"Left out: {count:,} {_LEFT_OUT[what]}." for what, count in left_out.items())
    if any(isinstance(item, Said) for item in items):
        notes.append("A log of messages knows no HTTP: streams, headers and the exact bytes are not in it.")
    return items


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and ("jsonrpc" in value or ("method" in value and "params" in value))


def _is_exchange(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("url"), str) and isinstance(value.get("method"), str)


def _is_entry(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_is_message, value))
    if not isinstance(value, dict):
        return False
    return _is_message(value) or _is_exchange(value) or _message_in(value) is not None or _is_http(value)


def _is_http(entry: dict[str, Any]) -> bool:
    """MCPJam's note of an HTTP exchange: the heads without bodies."""
    return _is_exchange(dict_of(dict_of(entry, "payload"), "request"))


def _message_in(entry: dict[str, Any]) -> Any:
    """The JSON-RPC that an entry wraps, None if there is none; some write it as a string of JSON."""
    for key in _MESSAGES:
        found = _parsed(entry.get(key))
        if _is_entry_message(found):
            return found
    return None


def _is_entry_message(value: Any) -> bool:
    return any(map(_is_message, value)) if isinstance(value, list) else _is_message(value)


def _parsed(value: Any) -> Any:
    return jsontext.parse(value).value if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value


def _items(entry: Any, at_us: int, left_out: Counter[str]) -> Iterator[Exchange | Said]:
    if _is_entry_message(entry):
        yield Said(at_us, entry, jsontext.dumps(entry))
    elif not isinstance(entry, dict):
        left_out[""] += 1
    elif text_of(entry, "source") in _NOT_OF_THE_SERVER:
        left_out[entry["source"]] += 1
    elif _is_exchange(entry):
        yield _exchange(entry, at_us)
    elif _is_http(entry):
        yield _bare_exchange(entry["payload"], at_us, text_of(entry, "serverId"))
    else:
        message = _message_in(entry)
        if message is None:
            left_out[""] += 1
            return
        yield from _said(entry, message, at_us)


def _said(entry: dict[str, Any], message: Any, at_us: int) -> Iterator[Said]:
    """The message of an entry, and the answer that the official Inspector files with its request."""
    direction = _direction(entry)
    lane = text_of(entry, "serverId") or text_of(entry, "server")
    yield Said(at_us, message, jsontext.dumps(message), direction, lane)
    answer = _parsed(entry.get("response"))
    if _is_message(answer) or (isinstance(answer, dict) and jsonrpc.read(answer).type in _ANSWERS):
        back = {Direction.OUTBOUND: Direction.INBOUND, Direction.INBOUND: Direction.OUTBOUND, None: None}[direction]
        yield Said(at_us + (span_us(entry.get("duration")) or 0), answer, jsontext.dumps(answer), back, lane)


def _direction(entry: dict[str, Any]) -> Direction | None:
    for key in _DIRECTIONS:
        word = text_of(entry, key).strip().lower().replace("_", "-")
        if word in _OUT or word in _IN:
            return Direction.OUTBOUND if word in _OUT else Direction.INBOUND
    return None


def _exchange(entry: dict[str, Any], at_us: int) -> Exchange:
    """An entry of the official Inspector's Network tab; `duration` runs until the headers."""
    headers = headers_of(entry.get("responseHeaders"))
    status, url = entry.get("responseStatus"), text_of(entry, "url")
    answered_us = at_us + (span_us(entry.get("duration")) or 0)
    body = text_of(entry, "responseBody").encode("utf-8", "surrogatepass")
    return Exchange(
        started_us=at_us,
        method=text_of(entry, "method"),
        url=url,
        lane=origin_of(url),
        request_headers=headers_of(entry.get("requestHeaders")),
        request_body=text_of(entry, "requestBody").encode("utf-8", "surrogatepass"),
        headers_us=answered_us,
        status=status if is_status(status) else None,
        reason=text_of(entry, "responseStatusText"),
        headers=headers,
        content_type=http.get(headers, "content-type") or "",
        pieces=[(answered_us, body)] if body else [],
        ended_us=answered_us,
        error=text_of(entry, "error"),
    )


def _bare_exchange(exchange: dict[str, Any], at_us: int, lane: str) -> Exchange:
    """MCPJam's heads of an exchange, noted when the answer had come."""
    request, response = dict_of(exchange, "request"), dict_of(exchange, "response")
    headers = headers_of(response.get("headers"))
    status = response.get("status")
    return Exchange(
        started_us=at_us - (span_us(exchange.get("durationMs")) or 0),
        method=text_of(request, "method"),
        url=text_of(request, "url"),
        lane=lane,
        request_headers=headers_of(request.get("headers")),
        headers_us=at_us,
        status=status if is_status(status) else None,
        reason=text_of(response, "statusText"),
        http_version=http_version(text_of(response, "httpVersion")),
        headers=headers,
        content_type=http.get(headers, "content-type") or "",
        ended_us=at_us,
        error=text_of(exchange, "error"),
    )


def _first(entry: Any, keys: tuple[str, ...]) -> Any:
    return next((entry[key] for key in keys if key in entry), None) if isinstance(entry, dict) else None
