"""How a recorded answer is put on the wire again: its head, the frame of its body, and its end. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from inspector.servers.replay.body import Body
from inspector.servers.replay.rewriting import Rules, applied, edits_of_origins
from inspector.servers.replay.script import End, Exchange, Head
from inspector.trace.events import OWN_ENDS, EndCause, Phase
from inspector.wire import http

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "alt-svc"}
)
"""What is for one connection only (RFC 9110 section 7.6.1), and what would lead the client to another port."""
WITH_ADDRESSES = frozenset({"location", "content-location", "link", "www-authenticate"})
NOT_HTTP = b"NOT HTTP\r\n\r\n"
NO_CHUNK = b"no chunk\r\n"
_MASK = "\N{BULLET}"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Framing(enum.Enum):
    """How the client is told where the body ends (RFC 9112 section 6.3)."""

    CHUNKED = enum.auto()
    LENGTH = enum.auto()
    CLOSE = enum.auto()
    NONE = enum.auto()


class Ending(enum.Enum):
    """What becomes of the connection behind the last recorded byte; the value is for people."""

    FINISH = "complete"
    CUT = "closed in the middle"
    RESET = "reset"
    BREAK_HTTP = "broken HTTP"
    HOLD = "held open"


_NORMAL = frozenset({EndCause.COMPLETE, EndCause.END_OF_STREAM, EndCause.REJECTED, EndCause.DECODING})
_UNREACHED = frozenset({EndCause.RESET, EndCause.REFUSED, EndCause.UNRESOLVED, EndCause.UNREACHABLE, EndCause.TLS})
_RESET_WORDS = ("ReadError", "WriteError", "ConnectionReset", "StreamReset", "BrokenPipe")


def ending_of(exchange: Exchange) -> Ending:
    """What the client has to see in the end, so that it breaks as it did when this was recorded.

    A server that could not be reached is played by a reset, the nearest that a listening server can do.
    """
    end = exchange.end
    if end is None:
        is_redirect = exchange.head is not None and 300 <= exchange.head.status < 400
        return Ending.FINISH if is_redirect else Ending.HOLD  # redirects are followed within one stream
    if end.cause in OWN_ENDS or end.cause is EndCause.CONNECT_TIMEOUT:
        return Ending.HOLD
    if end.cause in _UNREACHED:
        return Ending.RESET
    if end.cause is EndCause.PROTOCOL:
        return Ending.BREAK_HTTP
    if end.cause is EndCause.CUT_MID_EVENT:
        return _end_within_event(end)
    return Ending.FINISH if end.cause in _NORMAL else Ending.CUT


def _end_within_event(end: End) -> Ending:
    """The cause tells of the event; how HTTP itself ended is in the library's words."""
    if end.error is None:
        return Ending.FINISH
    if any(word in end.error for word in _RESET_WORDS):
        return Ending.RESET
    is_cut = "incomplete chunked read" in end.error or "bytes, expected" in end.error
    return Ending.CUT if is_cut else Ending.BREAK_HTTP


@dataclass(frozen=True, slots=True)
class Opening:
    """The head as bytes, and what follows from it; `notes` say what is not as it was recorded."""

    head: bytes
    framing: Framing
    stays_open: bool
    notes: tuple[str, ...] = ()


def opening_of(exchange: Exchange, head: Head, body: Body, size_bytes: int, rules: Rules) -> Opening:
    """The head of an answer whose body, once rewritten, has `size_bytes`."""
    framing = _framing_of(exchange.method, head)
    notes: list[str] = []
    lines = [f"HTTP/1.1 {head.status} {head.reason}".rstrip(" ") if head.reason else f"HTTP/1.1 {head.status} "]
    for name, value in head.headers:
        lower = name.lower()
        if (
            not _NAME.fullmatch(name)
            or lower in HOP_BY_HOP
            or (lower == "content-length" and framing is not Framing.NONE)
        ):
            continue
        if lower == "content-encoding" and body.is_decoded:
            notes.append(f"the content coding {value} is undone")
            continue
        shown = _served_value(lower, value, rules, notes)
        lines.append(f"{name}: {shown}")
    lines += _framing_lines(exchange, head, body, size_bytes, framing)
    closes = "close" in (http.get(head.headers, "connection") or "").lower() or framing is Framing.CLOSE
    lines += ["connection: close"] if closes else []
    if not head.http_version.startswith("HTTP/1"):
        notes.append(f"{head.http_version} is served as HTTP/1.1")
    raw = "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1", "replace")
    return Opening(raw, framing, not closes and ending_of(exchange) is Ending.FINISH, tuple(notes))


def _framing_of(method: str, head: Head) -> Framing:
    if method == "HEAD" or head.status in (204, 304):
        return Framing.NONE
    if "chunked" in (http.get(head.headers, "transfer-encoding") or "").lower():
        return Framing.CHUNKED
    if http.get(head.headers, "content-length") is not None:
        return Framing.LENGTH
    return Framing.CLOSE if head.http_version.startswith("HTTP/1") else Framing.CHUNKED


def _framing_lines(exchange: Exchange, head: Head, body: Body, size_bytes: int, framing: Framing) -> list[str]:
    if framing is Framing.CHUNKED:
        return ["transfer-encoding: chunked"]
    if framing is not Framing.LENGTH:
        return []
    missing = 0
    if ending_of(exchange) is not Ending.FINISH:  # what was promised beyond what came is promised again
        promised = http.get(head.headers, "content-length") or ""
        is_number = promised.isascii() and promised.isdigit()
        missing = max(int(promised[:18]) - body.received_bytes, 1) if is_number else 1
    return [f"content-length: {size_bytes + missing}"]


def _served_value(name: str, value: str, rules: Rules, notes: list[str]) -> str:
    if name in WITH_ADDRESSES:
        data = value.encode("latin-1", "replace")
        edits = edits_of_origins(data, rules)
        if edits:
            notes.append(f"{name} points here instead of to the recorded server")
            value = applied(data, edits).decode("latin-1")
    if _MASK in value:
        notes.append(f"the recording holds {name} masked only")
        value = value.replace(_MASK, "*")
    return " ".join(value.splitlines())


def framed(opening: Opening, data: bytes) -> bytes:
    """A chunk of the body as it goes out."""
    if opening.framing is Framing.CHUNKED:
        return b"%x\r\n%s\r\n" % (len(data), data) if data else b""
    return b"" if opening.framing is Framing.NONE else data


def last_bytes(opening: Opening | None, ending: Ending) -> bytes:
    """What is to be sent in the very end, before the connection is left, closed or reset."""
    is_chunked = opening is not None and opening.framing is Framing.CHUNKED
    if ending is Ending.FINISH and is_chunked:
        return b"0\r\n\r\n"
    if ending is Ending.BREAK_HTTP:
        return NOT_HTTP if opening is None else (NO_CHUNK if is_chunked else b"")
    return b""


def unreached(exchange: Exchange) -> bool:
    """Whether the recorded request never got to a server."""
    return exchange.end is not None and exchange.end.phase is Phase.CONNECT and exchange.head is None
