"""A raw capture of an event stream, or what `curl -i` wrote: the headers and the stream, as one GET."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

from inspector.record.formats.har_reader import http_version
from inspector.record.formats.moments import EARLIEST_US, LATEST_US
from inspector.record.formats.retelling import Exchange
from inspector.trace.events import Headers
from inspector.wire import http

CHUNK_BYTES = 64 * 1024
MAX_HEAD_BYTES = 256 * 1024
MAX_HEADS = 20
EVENT_STREAM = "text/event-stream"
_STATUS_LINE = re.compile(rb"(HTTP/\d(?:\.\d)?) (\d{3})(?: ([^\r\n]*))?\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(rb"(?m)^(?:\xef\xbb\xbf)?(?:data|event|id|retry)(?::|$)|^:")


def looks_like_head(start: bytes) -> bool:
    """Whether a file begins with the status line of an HTTP answer."""
    return _STATUS_LINE.match(start) is not None


def looks_like_events(start: bytes) -> bool:
    """Whether one of the first lines of a file is a field or a comment of an event stream."""
    return _FIELD.search(re.sub(rb"\r\n?", b"\n", start[:4096])) is not None


def read_capture(body: bytes, name: str, at_us: int, notes: list[str]) -> Exchange:
    """A file, called `name`, as one GET whose times are all the same, as bytes alone hold none."""
    exchange = Exchange(at_us, "GET", name, status=200, content_type=EVENT_STREAM)
    rest = _read_heads(body, exchange, notes) if looks_like_head(body[:256]) else body
    date_us = _date_us(exchange.headers)
    when = "the time of the file" if date_us is None else "the Date of the answer"
    notes.append(f"A raw capture holds no times: every event stands at {when}, and durations say nothing.")
    at_us = at_us if date_us is None else date_us
    exchange.started_us = exchange.headers_us = exchange.ended_us = at_us
    exchange.pieces = [(at_us, rest[start : start + CHUNK_BYTES]) for start in range(0, len(rest), CHUNK_BYTES)]
    return exchange


def _read_heads(body: bytes, exchange: Exchange, notes: list[str]) -> bytes:
    """Take the last head: before it stand those of redirects, of proxies and of `100 Continue`. Gives the rest."""
    at = 0
    for heads in range(MAX_HEADS):
        status = _STATUS_LINE.match(body, at)
        if status is None:
            break
        if heads:
            notes.append(f"An answer with status {exchange.status} stands before; it is left out.")
        blank = _BLANK.search(body, status.end() - 2, at + MAX_HEAD_BYTES)
        end = blank.start() if blank else min(len(body), at + MAX_HEAD_BYTES)
        exchange.http_version = http_version(status[1].decode())
        exchange.status = int(status[2])
        exchange.reason = (status[3] or b"").decode("latin-1")
        exchange.headers = tuple(_fields(body[status.end() : end]))
        at = blank.end() if blank else end
    exchange.content_type = http.get(exchange.headers, "content-type") or EVENT_STREAM
    return body[at:]


def _fields(head: bytes) -> Iterator[tuple[str, str]]:
    for line in head.splitlines():
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and name.strip():
            yield name.strip(), value.strip()


def _date_us(headers: Headers) -> int | None:
    try:
        found = round(parsedate_to_datetime((http.get(headers, "date") or "")[:64]).timestamp() * 1e6)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if EARLIEST_US <= found <= LATEST_US else None
