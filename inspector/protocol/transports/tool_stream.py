"""Tool streams: one POST for each run of a tool, answered by an event stream of its steps (R81). Sans-IO."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from inspector.protocol import deltas, progress
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import EVENT_STREAM, JSON, Head, HttpRequest, Meaning, Verdict
from inspector.wire import http, jsontext
from inspector.wire.http import HeaderList
from inspector.wire.sse import Frame

PATH = "/api/v1/mcp/sse"
"""Where tool streams are by convention."""
SECTION = "Tool streams: the steps of a run"
WORDS = {
    "started": ("started", "start", "begin"),
    "progress": ("progress", "update"),
    "complete": ("complete", "completed", "done", "end", "finish", "finished", "success"),
    "error": ("error", "failed", "failure"),
    "result": ("result", "final"),
    "data": ("data", "delta", "chunk", "token", "content", "text", "message", "log"),
    "heartbeat": ("heartbeat", "ping", "keepalive", "keep-alive"),
}
"""What servers call the steps; the first word of each is the one of the convention, all others are tolerated."""
_STEPS = {word: step for step, words in WORDS.items() for word in words}
_PAYLOADS = ("data", "result", "output", "value", "error", "detail", "message")
_NAMES = ("type", "event", "status")
_TOTALS = ("total", "max")
_DONE = ("progress", "percent", "percentage", "current", "done", "completed", "value")
MAX_DETAILS = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What one event says: `step` is one of `WORDS`, `data` what it carries, `text` that in words or as a delta.

    `progress` and `total` are set where it says so in numbers; `is_message` says that the text is words about the run
    and no part of what it makes, `is_mark` that this is a bare `[DONE]`.
    """

    step: str
    data: Any = None
    text: str = ""
    progress: float | None = None
    total: float | None = None
    tool: str | None = None
    is_message: bool = False
    is_mark: bool = False
    problems: tuple[Breach, ...] = ()


@dataclass(slots=True)
class ToolStream:
    """Knows the request that runs a tool and what its answer means."""

    url: str
    headers: HeaderList = ()

    def call(self, tool: object, params: object) -> HttpRequest:
        """The POST of one run. A read timeout is none of its business: 60 s of silence are normal."""
        own: HeaderList = (
            ("Accept", f"{EVENT_STREAM}, {JSON}"),
            ("Content-Type", JSON),
            ("Cache-Control", "no-cache"),
        )
        body = jsontext.dumps({"tool": tool, "params": params})
        return HttpRequest("POST", self.url, own + self.headers, "tools/call", body)

    def judge(self, head: Head, now: float) -> Verdict:
        """A stream of steps, an answer in one piece, or why there is neither."""
        if not head.is_success:
            return _explain(head, now)
        kind = head.get("content-type")
        if http.is_event_stream(kind):
            return Verdict(Meaning.EVENT_STREAM)
        if http.is_json(kind):
            return Verdict(Meaning.MESSAGE)
        if head.status in (202, 204):
            sentence = f"The server took the call ({head.status}) and answers with nothing. It should stream the steps."
            return Verdict(Meaning.FAILED, sentence)
        return Verdict(Meaning.FAILED, answer.wrong_content_type(head, f"{EVENT_STREAM} or {JSON}"))


def _explain(head: Head, now: float) -> Verdict:
    """What a refusal means to somebody who POSTs `{tool, params}`."""
    if head.status == 404:
        return Verdict(Meaning.FAILED, f"There is nothing at this address (404). By convention it is {PATH}.")
    if head.status == 405:
        return Verdict(Meaning.FAILED, "This address takes no POST (405), so it is no tool stream. Check the path.")
    if head.status == 422:
        return Verdict(Meaning.FAILED, "The server rejects the tool's name or its parameters (422).")
    return answer.explain(head, "POST", now)


def read_step(frame: Frame) -> Step:
    """Say what a block of the stream is; plain text and `[DONE]` are taken too, and nothing raises."""
    data = frame.data.strip()
    if data == deltas.DONE:
        return Step("complete", is_mark=True)
    named = None if frame.event == "message" else _STEPS.get(frame.event.lower())
    parsed = jsontext.parse(frame.data) if data else jsontext.Parsed(None)
    if parsed.error is not None:
        problems = (_no_json(parsed.error.text),) if data[:1] in ("{", "[") else ()
        return Step(named or "data", frame.data, frame.data, problems=problems)
    if not isinstance(parsed.value, dict):
        text = parsed.value if isinstance(parsed.value, str) else frame.data
        return _with_numbers(Step(named or "data", parsed.value, text))
    return _read_object(parsed.value, named, frame.event)


def read_answer(value: Any) -> Step:
    """Say what an answer in one piece is: `result`, or `error`."""
    if not isinstance(value, dict):
        return Step("result", value, deltas.text_of(value))
    if value.get("jsonrpc") == "2.0":
        is_error = value.get("error") is not None
        data = value.get("error") if is_error else value.get("result")
        text = _words_of(data) if is_error else deltas.text_of(data)
        return Step("error" if is_error else "result", data, text, problems=(_json_rpc(),))
    step = _named_in(value)
    failed = step == "error" or value.get("error") or value.get("success") is False or value.get("ok") is False
    if failed:
        return replace(_read_object(value, "error", "message"), step="error", problems=())
    if step is None and "data" not in value and "result" not in value:
        return Step("result", value, deltas.text_of(value))
    return Step("result", _payload(value), deltas.text_of(_payload(value)))


def details_of(body: bytes) -> str:
    """What the body of a refusal says, in a few words: `detail` of FastAPI, `message` and `error` of others."""
    value = jsontext.parse(body).value
    return _words_of(value)[: answer.MAX_DETAIL_CHARACTERS] if isinstance(value, dict) else ""


def _read_object(value: dict[str, Any], named: str | None, event: str) -> Step:
    kind = value.get("type")
    own = _STEPS.get(kind.lower()) if isinstance(kind, str) else None
    step = own or named or _named_in(value) or "data"
    problems: tuple[Breach, ...] = ()
    if own is None and named is None and isinstance(kind, str):
        problems = (_unknown_type(kind),)
    elif own is not None and named is not None and own != named:
        problems = (_two_names(own, event),)
    data, tool = _payload(value), value.get("tool")
    delta, message = deltas.text_of(value), value.get("message")
    is_message = not delta and isinstance(message, str)
    text = _words_of(data) if step == "error" else str(message) if is_message else delta
    name = tool if isinstance(tool, str) else None
    read = Step(step, data, text, tool=name, is_message=is_message, problems=problems)
    return _with_numbers(read, value)


def _named_in(value: dict[str, Any]) -> str | None:
    """The step that an object names itself: in `type`, else where other servers put it."""
    for key in ("type",) if isinstance(value.get("type"), str) else _NAMES:
        word = value.get(key)
        step = _STEPS.get(word.lower()) if isinstance(word, str) else None
        if step is not None:
            return step
    return None


def _payload(value: dict[str, Any]) -> Any:
    """What a step carries beside its name: `data` or its like, else all the rest; None if there is nothing."""
    for key in _PAYLOADS:
        if value.get(key) is not None:
            return value[key]
    return {key: item for key, item in value.items() if key not in (*_NAMES, *_PAYLOADS, "tool")} or None


def _words_of(value: Any) -> str:
    """An error in words, however it is wrapped."""
    if isinstance(value, dict):
        for key in ("message", "detail", "error", "msg", "reason", "title"):
            if value.get(key):
                where = value.get("loc") if key == "msg" else None
                place = ".".join(map(str, where)) + ": " if isinstance(where, list) else ""
                return place + _words_of(value[key])
    if isinstance(value, list):
        return "; ".join(_words_of(item) for item in value[:MAX_DETAILS])
    return value if isinstance(value, str) else "" if value is None else jsontext.dumps(value).decode()


def _with_numbers(step: Step, value: dict[str, Any] | None = None) -> Step:
    """Add what a step of progress says in numbers, in itself or in its data."""
    if step.step != "progress":
        return step
    inner = step.data if isinstance(step.data, dict) else {"progress": step.data}
    for fields in (value or {}, inner):
        key = next((key for key in _DONE if isinstance(fields.get(key), int | float)), None)
        if key is None:
            continue
        total = next((fields[name] for name in _TOTALS if name in fields), 100 if key.startswith("percent") else None)
        read = progress.read({"progress": fields[key], "total": total})
        if read is not None:
            return replace(step, progress=read.progress, total=read.total)
    return step


def _no_json(why: str) -> Breach:
    text = f"The data looks like JSON and is none: {why}. It is taken as plain text."
    fix = "Serialise with a JSON library, on one data line."
    return Breach("tool-stream-invalid-json", Severity.WARN, text, fix, SECTION)


def _unknown_type(kind: str) -> Breach:
    text = f"The type {shown(kind)} is none of started, progress, complete and error; the event is taken as data."
    return Breach("tool-stream-unknown-type", Severity.NOTE, text, "Send progress for what comes on the way.", SECTION)


def _two_names(own: str, event: str) -> Breach:
    text = f"The event is named {shown(event)} and its data says {own}; the data counts."
    return Breach(
        "tool-stream-two-names", Severity.NOTE, text, "Name the step in one place, or the same in both.", SECTION
    )


def _json_rpc() -> Breach:
    text = "The answer is JSON-RPC: this address speaks MCP itself."
    return Breach("tool-stream-json-rpc", Severity.WARN, text, "Connect to it over Streamable HTTP.", SECTION)
