"""What event-stream blocks and JSON-RPC messages put into their trace events, and what is wrong with them.

A live session and a file that is imported read the same bytes, so both take these facts from here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import JsonRpc, MessageType, shown
from inspector.protocol.peer import NAME_PARAMS, Reading, name_of
from inspector.wire import jsontext
from inspector.wire.jsontext import JsonError
from inspector.wire.sse import Frame

_JSON_START = re.compile(r"\s*(?:\{\s*(?:[\"}]|$)|\[\s*(?:[\[{\"\]]|$))")
"""How JSON that stands on several lines begins, unlike a log line in brackets."""
_LOST = re.compile(rb"\s*(?:[{\[\"]|(?:data|event|id|retry)\s*:)", re.IGNORECASE)
"""A line that was meant as data or as a field."""
_LINE_ENDS = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}

NO_JSON = "The data is no JSON"
"""How the note of a block begins that should be a message."""
SERIALISE = "Serialise with a JSON library, on one data line, without truncation and without NaN."
_PYTHON = re.compile(r"[{\[,]\s*'|'\s*:|: (?:None|True|False)\b")
_NO_NUMBERS = ("NaN ", "Infinity ", "-Infinity ")
"""How the notes of lenient reading begin that are about numbers which JSON does not have."""


def sse_facts(frame: Frame) -> dict[str, Any]:
    """What an event takes over from its block; only what is not the default."""
    fields: dict[str, Any] = {"raw": frame.raw, "offset": frame.offset}
    if frame.id is not None:
        fields["event_id"] = frame.id
    if frame.event != "message":
        fields["event"] = frame.event
    if frame.retry_ms is not None:
        fields["retry_ms"] = frame.retry_ms
    if frame.truncated:
        fields["truncated"] = True
    return fields


def why_no_event(frame: Frame) -> str:
    """What a block is that carries nothing (R26)."""
    if not frame.complete:
        return "The stream ended inside this block; it is not dispatched."
    if not frame.dispatched:
        return "A block without data; nothing is dispatched."
    return "A priming event: an id to resume from." if frame.id is not None else "An event with empty data."


def frame_breaches(frame: Frame, limit_bytes: int) -> list[Breach]:
    """What many clients stumble over in a block."""
    found = []
    if frame.truncated:
        text = (
            f"An event is larger than our limit of {limit_bytes:,} bytes; its beginning is kept, the rest is dropped."
        )
        found.append(
            Breach("sse-event-too-large", Severity.ERROR, text, "Paginate, or link to the data as a resource.")
        )
    if frame.invalid_utf8:
        text = f"The event has bytes that are no UTF-8{_first_bad_bytes(frame)}; they are shown as U+FFFD."
        found.append(Breach("sse-charset", Severity.ERROR, text, "Encode the stream as UTF-8.", "WHATWG HTML 9.2.5"))
    if frame.bom:
        found.append(bom_breach(is_endpoint=frame.event == "endpoint"))
    if frame.data_lines > 1 or frame.unknown_lines:
        found += _split_message(frame)
    if frame.unknown_lines:
        line = frame.unknown_lines[0][:60]
        text = f"A line is no SSE field and is ignored: {line!r}."
        is_lost = len(frame.unknown_lines) > 1 or _LOST.match(line) is not None
        severity = Severity.WARN if is_lost else Severity.NOTE  # the standard lets a stream have fields of its own
        found.append(Breach("sse-unknown-field", severity, text, "Put `data: ` before every line of data."))
    if has_odd_line_ends(frame):
        names = " and ".join(_LINE_ENDS[end] for end in frame.line_ends)
        text = f"Lines of one event end in {names}; some clients dispatch such an event twice, or late."
        fix = "End lines with `\\n` only, and write each event as a whole."
        found.append(Breach("sse-eol-odd", Severity.NOTE, text, fix, "WHATWG HTML 9.2.5"))
    return found


def has_odd_line_ends(frame: Frame) -> bool:
    """Whether the lines of a block end in CR alone, or not all alike."""
    return len(frame.line_ends) > 1 or frame.line_ends == ("\r",)


def bom_breach(*, is_endpoint: bool = False) -> Breach:
    """A byte order mark at the start of a stream, which costs HTTP+SSE its session."""
    text = "The stream starts with a byte order mark; several clients lose the first event to it."
    if is_endpoint:
        text = "The stream starts with a byte order mark right before `event: endpoint`; several clients lose that."
    severity = Severity.ERROR if is_endpoint else Severity.WARN
    return Breach("sse-bom", severity, text, "Encode as plain UTF-8, not as UTF-8 with signature.")


def _first_bad_bytes(frame: Frame) -> str:
    try:
        frame.raw.decode()
    except UnicodeDecodeError as error:
        return f" (byte {frame.offset + error.start}: {frame.raw[error.start : error.start + 4].hex(' ')})"
    return ""


def _split_message(frame: Frame) -> list[Breach]:
    """JSON over several lines: still whole, broken by a line end, or torn where lines lack their `data:`."""
    if not _JSON_START.match(frame.data) or frame.truncated or not frame.complete:
        return []
    fix = "Serialise without indentation, so that a message is one line."
    if frame.data_lines > 1 and jsontext.parse(frame.data).error is None:
        text = f"One message stands on {frame.data_lines} data lines."
        return [Breach("sse-multiline-data", Severity.NOTE, text, fix)]
    lost = b"\n".join(frame.unknown_lines).decode("utf-8", "replace")
    if lost and jsontext.parse(f"{frame.data}\n{lost}").error is None:
        text = f"Only the first of {frame.data_lines + len(frame.unknown_lines)} lines of a message says `data:`."
        return [Breach("sse-multiline-data", Severity.ERROR, text, fix)]
    if frame.data_lines > 1 and '"jsonrpc"' in frame.data:
        text = f"A message stands on {frame.data_lines} data lines and is no JSON when they are joined."
        return [Breach("sse-multiline-data", Severity.ERROR, text, fix)]
    return []


def add_own_facts(fields: dict[str, Any], message: JsonRpc) -> None:
    """What a message says of itself; only what is not the default, as this is done for every one."""
    if message.method is not None:
        fields["method"] = message.method
        if message.method in NAME_PARAMS:
            fields["name"] = name_of(message.method, message.params)
    if message.id is not None:
        fields["id"] = message.id
    if message.problems:
        fields["problems"] = message.problems
    if message.type is MessageType.ERROR:
        fields["error_code"] = jsonrpc.error_of(message)[0]


def add_meaning(fields: dict[str, Any], message: JsonRpc, reading: Reading, arrived_ns: int) -> None:
    """What a message means to us, and what the request says that it answers."""
    fields["request_n"], fields["progress_token"] = reading.request_n, reading.progress_token
    pending = reading.pending
    if reading.settles and pending is not None:
        fields["method"], fields["name"] = pending.method, pending.name
        fields["rtt_ms"] = (arrived_ns - pending.sent_ns) / 1e6
        is_result = message.type is MessageType.RESPONSE
        fields["is_tool_error"] = is_result and is_tool_error(pending.method, message.result)


def claims_json_rpc(value: Any) -> bool:
    """Whether the body of an HTTP error is meant as JSON-RPC: OAuth and others use `error` for words of their own."""
    if jsonrpc.read(value).type is MessageType.INVALID:
        return False
    return "jsonrpc" in value or not isinstance(value.get("error"), str)


def invalid_json(error: JsonError, truncated: bool) -> Breach:
    """Data that should be a message and is no JSON."""
    cause = " The event was longer than our limit and is cut off." if truncated else _writer_of(error.excerpt)
    around = f" Around it: {shown(error.excerpt)}." if error.excerpt else ""
    text = f"{NO_JSON} at byte {error.offset}: {error.text}.{around}{cause}"
    return Breach("jsonrpc-invalid-json", Severity.ERROR, text, SERIALISE, "RFC 8259")


def _writer_of(excerpt: str) -> str:
    """What wrote it, where that shows."""
    if _PYTHON.search(excerpt):
        return " That is how Python prints a dict: str() was called in place of json.dumps()."
    return " That is how JavaScript prints an object." if "[object Object]" in excerpt else ""


def lenient_json(notes: Sequence[str]) -> Breach | None:
    """What lenient readers took for a number, and most clients cannot read."""
    odd = next((note for note in notes if note.startswith(_NO_NUMBERS)), None)
    if odd is None:
        return None
    text = f"{odd} We read the message all the same; other clients drop it."
    return Breach("jsonrpc-invalid-json", Severity.ERROR, text, SERIALISE, "RFC 8259 section 6")


def batch_breach(count: int, revision: str) -> Breach:
    """Messages came together where the revision wants them one by one."""
    text = f"A batch of {count} messages came; {revision} knows no batches."
    return Breach("jsonrpc-batch", Severity.WARN, text, "Send one message at a time.", "JSON-RPC batching")


def envelope_breach(message: JsonRpc) -> Breach:
    """What contradicts JSON-RPC in a message."""
    if is_double_encoded(message.value):
        text = f"The data is a JSON text that holds a message as JSON text: {shown(message.value)}."
        fix = "Serialise once: give the object itself to whatever writes the event."
        return Breach("jsonrpc-double-encoded", Severity.ERROR, text, fix, "JSON-RPC 2.0 section 4")
    text = f"The message is no proper JSON-RPC 2.0: {'; '.join(message.problems)}."
    return Breach("jsonrpc-envelope-invalid", Severity.ERROR, text, "", "JSON-RPC 2.0 sections 4 and 5")


def is_double_encoded(value: Any) -> bool:
    """Whether a value is the text of an object instead of the object."""
    return isinstance(value, str) and value.lstrip().startswith("{") and isinstance(jsontext.parse(value).value, dict)


def foreign_event_name(frame: Frame) -> tuple[str, Breach]:
    """A block of an MCP stream whose event is not `message`: the note for it, and what is wrong."""
    name = jsonrpc.shown(frame.event)
    text = f"The event is named {name}; clients take only `message` and drop this one."
    fix = "Name the event `message`, or leave the name out."
    severity = Severity.WARN if claims_json_rpc(jsontext.parse(frame.data).value) else Severity.NOTE
    breach = Breach("sse-unknown-event-name", severity, text, fix, "SSE framing of the transports")
    return f"An event named {name}, which MCP does not know.", breach


def is_tool_error(method: str, result: Any) -> bool:
    """A tools/call result that says `isError`."""
    return method == "tools/call" and isinstance(result, dict) and result.get("isError") is True
