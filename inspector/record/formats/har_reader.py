"""HAR 1.2 of browsers, proxies and our own export as HTTP exchanges, with the events of streams where a file has them.

HAR knows no event streams. Chrome adds `_eventSourceMessages` (`time` in seconds, `eventName`, `eventId`, `data`), ours
adds `_eventStream`; others have the body alone, or nothing. Of what is missing or of the wrong type nothing is made up.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from inspector.record.formats.moments import moment_us, span_us
from inspector.record.formats.retelling import Exchange
from inspector.record.text import counted
from inspector.trace.events import EndCause, Headers
from inspector.wire import http
from inspector.wire.sse import Comment, SseParser

_CAUSES = {cause.value: cause for cause in EndCause}
_EVENT_KEYS = ("_eventStream", "_eventSourceMessages")
_LOOK_AHEAD = 8
"""How many listed events may be missing in the bytes before the next one is found."""
_BEFORE_SENT = ("blocked", "dns", "connect")
_PHASES = (*_BEFORE_SENT, "send", "wait", "receive")
_NOTES = {
    "no entry": "no objects, and left out",
    "no time": "without a startedDateTime; they stand at the time of the one before",
    "no body": "without the body of their answer: the program that wrote the file did not keep it",
    "no event times": "event streams without the times of their events, which stand at the end of each",
    "written anew": "event streams with their events but without their bytes, which are written anew",
    "bad base64": "with a body that is said to be base64 and is not; its text is taken as it stands",
}


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event or comment of a stream as the file lists it: its time, how to know it, and bytes that say the same."""

    at_us: int
    key: tuple[str, str]
    raw: bytes


def is_har(value: Any) -> bool:
    """Whether a JSON value is a HAR, or at least shaped like one."""
    log = value.get("log") if isinstance(value, dict) else None
    return isinstance(log, dict) and isinstance(log.get("entries"), list)


def read_har(value: dict[str, Any], fallback_us: int, notes: list[str]) -> list[Exchange]:
    """The exchanges of a HAR in its order; entries that name no time stand at that of the one before."""
    lacks: Counter[str] = Counter()
    exchanges = []
    at_us = _first_us(value["log"]["entries"], fallback_us)
    for entry in value["log"]["entries"]:
        if not isinstance(entry, dict):
            lacks["no entry"] += 1
            continue
        found_us = moment_us(entry.get("startedDateTime"))
        if found_us is None:
            lacks["no time"] += 1
        at_us = at_us if found_us is None else found_us
        exchanges.append(_exchange(entry, at_us, lacks))
    total = len(value["log"]["entries"])
    of_all = f"of {counted(total, 'exchange')}"
    notes.extend(f"{count:,} {of_all}: {_NOTES[lack]}." for lack, count in lacks.items() if count)
    return exchanges


def _first_us(entries: list[Any], fallback_us: int) -> int:
    times = (moment_us(entry.get("startedDateTime")) for entry in entries if isinstance(entry, dict))
    return next((at_us for at_us in times if at_us is not None), fallback_us)


def _exchange(entry: dict[str, Any], started_us: int, lacks: Counter[str]) -> Exchange:
    request, response = dict_of(entry, "request"), dict_of(entry, "response")
    content, timings = dict_of(response, "content"), dict_of(entry, "timings")
    headers = headers_of(response.get("headers"))
    url = text_of(request, "url")
    total_us = span_us(entry.get("time"))
    phases_us = _phases_us(timings, total_us)
    ended_us = started_us + (sum(phases_us.values()) if total_us is None else total_us)
    headers_us = min(started_us + sum(phases_us.values()) - phases_us["receive"], ended_us)
    status = response.get("status")
    exchange = Exchange(
        started_us=started_us,
        method=text_of(request, "method") or "GET",
        url=url,
        lane=origin_of(url),
        request_headers=headers_of(request.get("headers")),
        request_body=_request_body(dict_of(request, "postData")),
        headers_us=headers_us,
        status=status if is_status(status) else None,
        reason=text_of(response, "statusText"),
        http_version=http_version(text_of(response, "httpVersion")),
        headers=headers,
        content_type=http.get(headers, "content-type") or text_of(content, "mimeType"),
        ended_us=ended_us,
        error=text_of(response, "_error") or text_of(entry, "_error"),
    )
    _add_own_facts(exchange, dict_of(entry, "_mcp"))
    tls_us = span_us(timings.get("ssl")) or 0
    if phases_us["connect"]:
        exchange.connected_us = min(started_us + sum(phases_us[name] for name in _BEFORE_SENT), ended_us)
        exchange.connect_ms = (phases_us["dns"] + max(phases_us["connect"] - tls_us, 0)) / 1e3
        exchange.tls_ms = tls_us / 1e3 if tls_us else None
        exchange.peer = text_of(entry, "serverIPAddress")
    if exchange.status is not None:
        exchange.pieces = _pieces(exchange, entry, content, lacks)
    return exchange


def _add_own_facts(exchange: Exchange, facts: dict[str, Any]) -> None:
    """What our own export says beyond HAR: the connection, what the exchange was for, and how it ended."""
    connection = facts.get("connection")
    if isinstance(connection, int):
        exchange.lane = (exchange.lane, connection)
    exchange.purpose = text_of(facts, "purpose")
    exchange.cause = _CAUSES.get(text_of(facts, "end"))
    exchange.sentence = text_of(facts, "sentence")
    if exchange.cause is not None and exchange.error == exchange.sentence:
        exchange.error = ""


def _phases_us(timings: dict[str, Any], total_us: int | None) -> dict[str, int]:
    """How long each phase took. `connect` holds the TLS too (HAR 1.2, timings), also where a proxy counts it apart."""
    phases_us = {name: span_us(timings.get(name)) or 0 for name in _PHASES}
    tls_us = span_us(timings.get("ssl")) or 0
    missing_us = (total_us or 0) - sum(phases_us.values())
    if phases_us["connect"] and tls_us and abs(missing_us - tls_us) < abs(missing_us):
        phases_us["connect"] += tls_us
    return phases_us


def _request_body(post_data: dict[str, Any]) -> bytes:
    text = post_data.get("text")
    if isinstance(text, str):
        return _decoded(text, text_of(post_data, "_encoding") or text_of(post_data, "encoding"))[0]
    pairs = _pairs(post_data.get("params"))
    return urlencode(pairs).encode() if pairs else b""


def _decoded(text: str, encoding: str) -> tuple[bytes, bool]:
    """The bytes of a body, and whether they are what the file says they are."""
    if encoding.lower() == "base64":
        try:
            return base64.b64decode(text, validate=True), True
        except (binascii.Error, ValueError):
            return text.encode("utf-8", "surrogatepass"), False
    return text.encode("utf-8", "surrogatepass"), True


def _pieces(
    exchange: Exchange, entry: dict[str, Any], content: dict[str, Any], lacks: Counter[str]
) -> list[tuple[int, bytes]]:
    """The body as it came. An event stream is cut where events end of which the file knows the time."""
    text = content.get("text")
    body, is_as_said = _decoded(text, text_of(content, "encoding")) if isinstance(text, str) else (b"", True)
    lacks["bad base64"] += not is_as_said
    if http.is_event_stream(exchange.content_type):
        events = _stream_events(entry, exchange)
        if events:
            lacks["written anew"] += not body
            return _cut(body, events, exchange.ended_us) if body else [(each.at_us, each.raw) for each in events]
        lacks["no event times"] += bool(body)
    lacks["no body"] += not body and span_us(content.get("size")) not in (None, 0)
    return [(exchange.ended_us, body)] if body else []


def _stream_events(entry: dict[str, Any], exchange: Exchange) -> list[StreamEvent]:
    listed: list[Any] = next((entry[key] for key in _EVENT_KEYS if isinstance(entry.get(key), list)), [])
    found = []
    at_us = exchange.headers_us
    for event in listed:
        if not isinstance(event, dict):
            continue
        time = next((event[key] for key in ("time", "at", "timestamp") if key in event), None)
        at_us = moment_us(time) or exchange.started_us + (span_us(time) or at_us - exchange.started_us)
        found.append(_stream_event(event, at_us))
    return found


def _stream_event(event: dict[str, Any], at_us: int) -> StreamEvent:
    data, comment = text_of(event, "data"), event.get("comment")
    name = next(filter(None, (text_of(event, key) for key in ("eventName", "event", "type"))), "message")
    event_id = next(filter(None, (text_of(event, key) for key in ("eventId", "id", "lastEventId"))), "")
    raw = event.get("raw")
    if isinstance(raw, str):
        return StreamEvent(at_us, ("data", data), raw.encode("utf-8", "surrogatepass"))
    if isinstance(comment, str) and "data" not in event:
        beat = "".join(f":{line}\n" for line in re.split("\r\n|\r|\n", comment))
        return StreamEvent(at_us, ("comment", comment), f"{beat}\n".encode("utf-8", "surrogatepass"))
    lines = [f"id: {_one_line(event_id)}"] if event_id else []
    lines += [f"event: {_one_line(name)}"] if name != "message" else []
    retry_us = span_us(event.get("retry"))
    lines += [f"retry: {retry_us // 1000}"] if retry_us is not None else []
    lines += [f"data: {line}" for line in re.split("\r\n|\r|\n", data)] if "data" in event else []
    block = "".join(f"{line}\n" for line in (*lines, ""))
    return StreamEvent(at_us, ("data", data), block.encode("utf-8", "surrogatepass"))


def _one_line(text: str) -> str:
    return re.sub("[\r\n\0]", " ", text)


def _cut(body: bytes, events: list[StreamEvent], ended_us: int) -> list[tuple[int, bytes]]:
    """The bytes of a stream up to and with each event that the file has a time for, with that time."""
    pieces: list[tuple[int, bytes]] = []
    start = at = 0
    for item in SseParser().feed(body):
        key = ("comment", item.text) if isinstance(item, Comment) else ("data", item.data)
        near = range(at, min(at + _LOOK_AHEAD, len(events)))
        found = next((place for place in near if events[place].key == key), None)
        if found is not None:
            end = item.offset + len(item.raw)
            pieces.append((events[found].at_us, body[start:end]))
            start, at = end, found + 1
    if start < len(body):
        pieces.append((ended_us, body[start:]))
    return pieces


def dict_of(value: dict[str, Any], key: str) -> dict[str, Any]:
    """The object under a key; an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def text_of(value: dict[str, Any], key: str) -> str:
    """The string under a key; empty where there is none."""
    found = value.get(key)
    return found if isinstance(found, str) else ""


def headers_of(value: Any) -> Headers:
    """Header fields from a list of names and values or from an object, without the pseudo-fields of HTTP/2."""
    pairs = list(value.items()) if isinstance(value, dict) else _pairs(value)
    return tuple((name, text) for name, text in pairs if isinstance(text, str) and name and not name.startswith(":"))


def _pairs(value: Any) -> list[tuple[str, Any]]:
    listed = value if isinstance(value, list) else []
    return [
        (pair["name"], pair.get("value", ""))
        for pair in listed
        if isinstance(pair, dict) and isinstance(pair.get("name"), str)
    ]


def is_status(value: Any) -> bool:
    """Whether this is an HTTP status; browsers write 0 where no answer came."""
    return isinstance(value, int) and not isinstance(value, bool) and 100 <= value <= 999


def http_version(text: str) -> str:
    """`HTTP/2` for the `h2` and `http/2.0` of browsers."""
    known = {"h2": "HTTP/2", "http/2.0": "HTTP/2", "h3": "HTTP/3", "http/3.0": "HTTP/3", "unknown": ""}
    return known.get(text.lower(), text.upper())


def origin_of(url: str) -> str:
    """Scheme, host and port, as they stand in the URL."""
    return "/".join(url.split("/", 3)[:3]).lower()
