"""A body made readable: JSON indented, an event stream event by event, anything else as it is. No Qt."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.record.text import size
from inspector.wire import http, jsontext
from inspector.wire.sse import Comment, Frame, SseParser

MAX_FORMATTED_BYTES = 1_048_576


def body_text(content_type: str, body: bytes) -> tuple[str, bool, str]:
    """The text, whether it is coloured as JSON, and a sentence where it is not what it claims to be."""
    as_it_came = body.decode("utf-8", "backslashreplace")
    if not body:
        return "", False, "The body is empty."
    if len(body) > MAX_FORMATTED_BYTES:
        return as_it_came, False, f"{size(len(body))} are shown as they came."
    if http.is_event_stream(content_type):
        return "\n".join(_events(body)), True, ""
    if not http.is_json(content_type) and body.lstrip()[:1] not in (b"{", b"["):
        return as_it_came, False, ""
    parsed = jsontext.parse(body)
    if parsed.error is not None:
        where = f"line {parsed.error.line}, column {parsed.error.column}"
        return as_it_came, False, f"Not JSON: {parsed.error.text} at {where}."
    return jsontext.pretty(parsed.value), True, " ".join(parsed.notes)


def _events(body: bytes) -> Iterator[str]:
    """Each item of the stream with its fields named and its data indented."""
    parser = SseParser()
    items: list[Frame | Comment | None] = [*parser.feed(body), parser.finish()]
    for item in items:
        if isinstance(item, Comment):
            yield f":{item.text}\n"
        elif item is not None:
            yield _frame(item)


def _frame(frame: Frame) -> str:
    fields = [f"event: {frame.event}"]
    if frame.id is not None:
        fields.append(f"id: {frame.id}")
    if frame.retry_ms is not None:
        fields.append(f"retry: {frame.retry_ms}")
    if not frame.complete:
        fields.append("(cut off here)")
    parsed = jsontext.parse(frame.data)
    return "\n".join((*fields, frame.data if parsed.error else jsontext.pretty(parsed.value), ""))
