"""Files to import: those of tests/data/imports, written by hand, and what a test makes up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from inspector.record.importing import read_events
from inspector.trace.events import AnyEvent, Message, TraceEvent, Violation

DATA = Path(__file__).parents[1] / "data" / "imports"
E = TypeVar("E", bound=TraceEvent)

Events = Sequence[AnyEvent]


def read_file(path: Path) -> tuple[list[AnyEvent], list[str]]:
    """All events of a file, and the notes about it."""
    imported = read_events(path)
    return list(imported.events), imported.notes


def read_content(folder: Path, content: bytes | str | dict[str, Any] | list[Any]) -> tuple[list[AnyEvent], list[str]]:
    """The same for a file with this content, which is written as JSON if it is a value."""
    path = folder / "capture"
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
    return read_file(path)


def of_kind(events: Events, kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def rules(events: Events) -> list[str]:
    return [event.rule for event in of_kind(events, Violation)]


def spoken(events: Events) -> list[tuple[str, str, int | None, float | None]]:
    """Of each message: direction and type, what it is about, what it answers, how long that took."""
    return [
        (f"{event.direction} {event.message_type}", event.method or "", event.request_n, event.rtt_ms)
        for event in of_kind(events, Message)
    ]


def check_order(events: Events) -> None:
    """What holds of all imported events: no number is left out, and time does not run backwards."""
    assert [event.n for event in events] == list(range(len(events)))
    times = [event.monotonic_ns for event in events]
    assert times == sorted(times)
    walls = [event.at for event in events]
    assert walls == sorted(walls)
    for event in events:
        for other in (getattr(event, "request_n", None), getattr(event, "about_n", None)):
            assert other is None or -1 <= other < event.n


def request(request_id: Any, method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}


def result(request_id: Any, **value: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, "result": value}


def entry(
    at: str = "2026-03-01T10:00:00Z",
    *,
    time: Any = 10,
    url: str = "http://h/mcp",
    post: Any = None,
    status: int = 200,
    mime: str = "application/json",
    text: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """One entry of a HAR; `post` and `text` are bodies, JSON values written as such."""
    asked: dict[str, Any] = {"method": "GET" if post is None else "POST", "url": url, "headers": []}
    if post is not None:
        asked["postData"] = {
            "mimeType": "application/json",
            "text": post if isinstance(post, str) else json.dumps(post),
        }
    content: dict[str, Any] = {"mimeType": mime}
    if text is not None:
        content["text"] = text if isinstance(text, str) else json.dumps(text)
    answered = {"status": status, "statusText": "OK", "headers": [{"name": "Content-Type", "value": mime}]}
    return {"startedDateTime": at, "time": time, "request": asked, "response": answered | {"content": content}, **more}


def har(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": "by hand"}, "entries": list(entries)}}
