"""One entry of an HTTP archive: an exchange from its request to its end."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Callable
from ipaddress import ip_address
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlsplit

from inspector.record.formats.jsonl import iso
from inspector.record.formats.parts import new_part, pieces
from inspector.record.formats.sse import block_bytes
from inspector.record.formats.stream_bytes import Decoder, decoder_of
from inspector.trace.events import (
    AnyEvent,
    BodyReceived,
    ChunkReceived,
    CommentReceived,
    Connected,
    Direction,
    Headers,
    HeadersReceived,
    Message,
    Redirected,
    RequestSent,
    SseEvent,
    StreamEnded,
)
from inspector.wire import http, jsontext, sse

_BASE64_PIECE_BYTES = 3 * 64 * 1024
_NO_ENTRY: dict[str, Any] = {"headersSize": -1, "bodySize": -1}


class Entry:
    """Takes the masked events of one exchange; `mask` masks its body, once the content coding is undone."""

    def __init__(self, request: RequestSent, mask: Callable[[bytes], bytes] | None) -> None:
        self.n = request.n
        self._request = request
        self._mask = mask
        self._connected: Connected | None = None
        self._headers: HeadersReceived | None = None
        self._redirected: Redirected | None = None
        self._end: StreamEnded | None = None
        self._decode: Decoder | None = None
        self._body = new_part()
        self._events = new_part()
        self._has_chunks = False
        self._is_text = codecs.getincrementaldecoder("utf-8")()
        self._has_text = True
        self._wire_bytes = 0

    def take(self, event: AnyEvent) -> None:
        """The next event of the exchange."""
        if isinstance(event, ChunkReceived):
            self._take_chunk(event)
        elif isinstance(event, Connected):
            self._connected = event
        elif isinstance(event, HeadersReceived):
            self._headers = event
            self._decode = decoder_of(event.headers)
        elif isinstance(event, Redirected):
            self._redirected = event
        elif isinstance(event, StreamEnded):
            self._end = event
        elif event.direction is Direction.INBOUND:
            self._take_item(event)

    def finish(self, now_ns: int) -> BinaryIO:
        """The entry as JSON."""
        part = new_part()
        fields = self._fields(now_ns)
        response = fields.pop("response")
        content = response.pop("content")
        part.write(jsontext.dumps(fields)[:-1] + b',"response":' + jsontext.dumps(response)[:-1])
        part.write(b',"content":' + jsontext.dumps(content)[:-1])
        self._write_body(part)
        part.write(b"}}")
        if self._events.tell():
            part.write(b',"_eventStream":[')
            _copy(self._events, part)
            part.write(b"]")
        part.write(b"}")
        self.close()
        return part

    def close(self) -> None:
        """Let go of what was gathered."""
        self._body.close()
        self._events.close()

    def _take_chunk(self, event: ChunkReceived) -> None:
        self._wire_bytes += len(event.data)
        if self._decode is not None:
            self._has_chunks = True
            for piece in self._decode(event.data):
                self._add(self._mask(piece) if self._mask else piece)

    def _take_item(self, event: AnyEvent) -> None:
        """A block of the stream, or a body in one piece: the content too, if no chunk told of it."""
        block = block_bytes(event)
        if not self._has_chunks:
            self._add(block or (event.raw if isinstance(event, Message | BodyReceived) else b""))
        if block and isinstance(event, SseEvent | CommentReceived):
            self._events.write((b"," if self._events.tell() else b"") + jsontext.dumps(_stream_item(event)))

    def _add(self, data: bytes) -> None:
        self._body.write(data)
        if self._has_text:
            try:
                self._is_text.decode(data)
            except UnicodeDecodeError:
                self._has_text = False

    def _write_body(self, part: BinaryIO) -> None:
        length = self._body.tell()
        if not length:
            return
        if self._has_text:
            try:
                self._is_text.decode(b"", final=True)
            except UnicodeDecodeError:
                self._has_text = False
        self._body.seek(0)
        part.write(b',"text":"')
        if self._has_text:
            decode = codecs.getincrementaldecoder("utf-8")().decode
            for piece in pieces(self._body, length):
                part.write(jsontext.dumps(decode(piece))[1:-1])
            part.write(b'"')
            return
        for piece in pieces(self._body, length, _BASE64_PIECE_BYTES):
            part.write(base64.b64encode(piece))
        part.write(b'","encoding":"base64"')

    def _fields(self, now_ns: int) -> dict[str, Any]:
        request = self._request
        timings = self._timings(now_ns)
        entry: dict[str, Any] = {
            "pageref": f"connection_{request.connection}",
            "startedDateTime": iso(request.at),
            "time": sum(ms for name, ms in timings.items() if ms > 0 and name != "ssl"),
            "request": _request(request, self._headers),
            "response": self._response(),
            "cache": {},
            "timings": timings,
            "_mcp": {"stream": request.stream, "connection": request.connection, "purpose": request.purpose},
        }
        if self._connected is not None:
            entry |= _address(self._connected.peer)
        end = self._end
        if end is None:
            if self._redirected is None:
                entry["_state"] = "open"
        else:
            entry["_mcp"] |= {"end": str(end.cause), "sentence": end.sentence}
            if self._headers is None or end.error:
                entry["_error"] = end.error or end.sentence
        return entry

    def _timings(self, now_ns: int) -> dict[str, float]:
        """In milliseconds; -1 is "does not apply". `connect` holds `ssl`, as the format wants it."""
        end_ns = self._end.monotonic_ns if self._end else now_ns
        headers_ns = self._headers.monotonic_ns if self._headers else end_ns
        until_headers = max(0.0, (headers_ns - self._request.monotonic_ns) / 1e6)
        dns = connect = ssl = -1.0
        if self._connected is not None:
            ssl = -1.0 if self._connected.tls_ms is None else self._connected.tls_ms
            dns = -1.0 if self._connected.resolve_ms is None else self._connected.resolve_ms
            connect = self._connected.connect_ms - max(0.0, dns) + max(0.0, ssl)
        opened = max(0.0, dns) + max(0.0, connect)
        rest = max(0.0, until_headers - opened)
        written_ms = self._headers.sent_ms if self._headers else None
        send = 0.0 if written_ms is None else min(rest, max(0.0, written_ms - opened))
        rest -= send
        wait = min(rest, self._headers.ttfb_ms) if self._headers else rest
        receive = max(0.0, (end_ns - headers_ns) / 1e6)
        blocked = rest - wait
        return {"blocked": blocked, "dns": dns, "connect": connect, "ssl": ssl, "send": send, "wait": wait} | {
            "receive": receive
        }

    def _response(self) -> dict[str, Any]:
        headers = self._headers
        if headers is None:
            content = {"size": 0, "mimeType": "x-unknown"}
            about = {"status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": []}
            return about | {"content": content, "redirectURL": ""} | _NO_ENTRY
        size = self._body.tell()
        mime = http.get(headers.headers, "content-type") or "x-unknown"
        content = {"size": size, "mimeType": mime}
        if self._has_chunks and size != self._wire_bytes:
            content["compression"] = size - self._wire_bytes
        return {
            "status": headers.status,
            "statusText": headers.reason,
            "httpVersion": headers.http_version,
            "cookies": _cookies(headers.headers, "set-cookie"),
            "headers": _pairs(headers.headers),
            "content": content,
            "redirectURL": http.get(headers.headers, "location") or "",
            "headersSize": -1,
            "bodySize": self._wire_bytes if self._has_chunks else -1,
        }


def _request(request: RequestSent, headers: HeadersReceived | None) -> dict[str, Any]:
    try:
        query = parse_qsl(urlsplit(request.url).query, keep_blank_values=True)
    except ValueError:
        query = []
    fields: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": headers.http_version if headers else "",
        "cookies": _cookies(request.headers, "cookie"),
        "headers": _pairs(request.headers),
        "queryString": _pairs(tuple(query)),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        fields["postData"] = _post_data(request)
    return fields


def _post_data(request: RequestSent) -> dict[str, Any]:
    data: dict[str, Any] = {"mimeType": http.get(request.headers, "content-type") or "", "params": []}
    try:
        return data | {"text": request.body.decode()}
    except UnicodeDecodeError:  # the format knows no encoding here
        return data | {"text": base64.b64encode(request.body).decode(), "_encoding": "base64"}


def _pairs(pairs: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(headers: Headers, field: str) -> list[dict[str, str]]:
    found = []
    for name, value in headers:
        if name.lower() == field:
            parts = value.split(";")
            cookies = (part.strip().partition("=") for part in (parts[:1] if field == "set-cookie" else parts))
            found += [{"name": name, "value": value} for name, _, value in cookies if name]
    return found


def _address(peer: str) -> dict[str, str]:
    host, _, port = peer.rpartition(":")
    try:
        return {"serverIPAddress": str(ip_address(host.strip("[]"))), "connection": port}
    except ValueError:
        return {}


def _stream_item(event: SseEvent | CommentReceived) -> dict[str, Any]:
    """One event or comment; `time` in Unix seconds, as browsers write it for the messages of a web socket."""
    item: dict[str, Any] = {"type": "receive", "time": event.at, "size": len(event.raw), "offset": event.offset}
    if isinstance(event, CommentReceived):
        return item | {"comment": event.text}
    frame = sse.decode_frame(event.raw, event.offset)
    item |= {"event": event.event, "data": frame.data if frame else ""}
    if event.event_id is not None:
        item["id"] = event.event_id
    if event.retry_ms is not None:
        item["retry"] = event.retry_ms
    if event.truncated:
        item["_truncated"] = True
    return item


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    length = source.tell()
    source.seek(0)
    for piece in pieces(source, length):
        target.write(piece)
