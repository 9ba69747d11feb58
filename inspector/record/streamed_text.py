"""The text that a stream sends in pieces, put together along a JSONPath as it comes (R80).

Streamed completions, tool streams and log messages carry a few characters in each event. Without a path the usual
places are tried; with one, in RFC 9535 (`$.choices[0].delta.content`) or plainly dotted, that place alone counts.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from inspector.protocol import deltas
from inspector.protocol.deltas import DONE, Path
from inspector.record.message_text import payload
from inspector.trace.events import AnyEvent, Direction, FrameReceived, Message, MessageType, ToolStep
from inspector.wire import jsontext

MAX_CHARACTERS = 4 * 1024 * 1024
"""How much text is kept: of more, its end."""
MAX_CANDIDATES = 40
MAX_DEPTH = 8
MAX_ELEMENTS = 3
_SILENT_STEPS = ("call", "started", "error")
_LAST_STEPS = ("complete", "result")
_PLAIN = re.compile(r"(?:\$\.)?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d{1,9}\])*", re.ASCII)
_STEP = re.compile(r"([A-Za-z_]\w*)|\[(\d+)\]", re.ASCII)
_Find = Callable[[Any], str]


class PathError(ValueError):
    """A path that cannot be followed; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def compile_path(path: str) -> _Find:
    """What finds the text at `path` in a value, all matches put together. Raises `PathError`."""
    text = path.strip()
    if _PLAIN.fullmatch(text):  # nearly all are: three times as fast
        steps = tuple(int(index) if index else name for name, index in _STEP.findall(text.removeprefix("$")))
        return lambda value: _as_text(deltas.value_at(value, steps))
    from jsonpath import JSONPathError, compile  # noqa: PLC0415 - loaded when somebody names a path

    try:
        found = compile(text)
    except (JSONPathError, RecursionError) as error:
        why = str(error).partition("\n")[0].rstrip(".")
        raise PathError(f"{text!r} is no JSONPath: {why}. Write it like $.choices[0].delta.content.") from error

    def find(value: Any) -> str:
        if not isinstance(value, dict | list):
            return ""
        try:
            return "".join(_as_text(match) for match in found.findall(value))
        except (JSONPathError, RecursionError, TypeError):  # a filter that does not fit this value
            return ""

    return find


class StreamedText:
    """A fold over the river: the text of one stream, or of all.

    `text` is all of it (the last 4 M characters of more), `length` how many characters came; `take` gives what came
    since it was last asked. `is_done` is set once `[DONE]` came or a run was completed.
    """

    def __init__(self, path: str | None = None, stream: int | None = None) -> None:
        self._find = compile_path(path) if path and path.strip() else None
        self._stream = stream
        self._places: dict[int | None, Path] = {}
        self._kept: deque[str] = deque()
        self._kept_length = 0
        self._new: list[str] = []
        self.length = 0
        self.is_done = False

    @property
    def text(self) -> str:
        if len(self._kept) > 1:
            self._kept = deque(["".join(self._kept)])
        return self._kept[0] if self._kept else ""

    def take(self) -> str:
        """The text that came since the last call; it stands at the end of `text`."""
        taken = "".join(self._new)
        self._new.clear()
        return taken

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river; one piece or many gives the same text."""
        for event in events:
            if not isinstance(event, FrameReceived | ToolStep | Message) or event.direction is not Direction.INBOUND:
                continue
            if self._stream is None or event.stream == self._stream:
                self._read(event)

    def _read(self, event: FrameReceived | ToolStep | Message) -> None:
        if isinstance(event, Message):
            if event.message_type is not MessageType.NOTIFICATION:
                return
        elif isinstance(event, FrameReceived):
            if not (event.dispatched and event.complete):
                return
        elif event.step in _SILENT_STEPS:
            self.is_done = self.is_done and event.step != "started"
            return
        data = payload(event)
        if data.strip() == DONE.encode():
            self.is_done = True
            return
        text = self._text_in(event, data)
        if isinstance(event, ToolStep) and event.step in _LAST_STEPS:
            self.is_done = True
            if self._find is None and self.length:  # what the end repeats was streamed before
                return
        if text:
            self.add(text)

    def _text_in(self, event: FrameReceived | ToolStep | Message, data: bytes) -> str:
        parsed = jsontext.parse(data)
        if self._find is not None:
            return self._find(parsed.value) if parsed.error is None else ""
        if parsed.error is not None or not isinstance(parsed.value, dict | list | str):
            return data.decode("utf-8", "replace")
        if isinstance(parsed.value, str):
            return parsed.value
        place = self._places.get(event.stream)
        text = None if place is None else deltas.at(parsed.value, place)
        if place is None:
            place = deltas.find(parsed.value)
            if place is not None:
                self._places[event.stream] = place
                text = deltas.at(parsed.value, place)
        return text or ""

    def add(self, text: str) -> None:
        """More text that came some other way, such as in a result."""
        self.length += len(text)
        self._new.append(text)
        self._kept.append(text)
        self._kept_length += len(text)
        if self._kept_length > 2 * MAX_CHARACTERS:
            self._kept = deque([self.text[-MAX_CHARACTERS:]])
            self._kept_length = MAX_CHARACTERS


def candidates(event: AnyEvent) -> list[str]:
    """The paths of the strings that an event holds, for the user to choose from; the usual places first."""
    if not isinstance(event, FrameReceived | ToolStep | Message):
        return []
    value = jsontext.parse(payload(event)).value
    if not isinstance(value, dict | list):
        return []
    usual = deltas.find(value)
    found = [path for path in _strings(value) if path != usual]
    paths = found if usual is None else [usual, *found]
    return [as_jsonpath(path) for path in paths[:MAX_CANDIDATES]]


def as_jsonpath(path: Path) -> str:
    """A path in the notation of RFC 9535: `$.choices[0]['a b']`."""
    return "$" + "".join(map(_segment, path))


def _segment(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if step.isidentifier() and step.isascii():
        return f".{step}"
    quoted = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def _strings(value: Any) -> Iterator[Path]:
    """Where strings stand, the shallow ones first; of long arrays the first elements."""
    queue: deque[tuple[Any, Path]] = deque([(value, ())])
    while queue:
        item, path = queue.popleft()
        if isinstance(item, str):
            yield path
        elif isinstance(item, dict) and len(path) < MAX_DEPTH:
            queue.extend((inner, (*path, key)) for key, inner in item.items())
        elif isinstance(item, list) and len(path) < MAX_DEPTH:
            queue.extend((inner, (*path, index)) for index, inner in enumerate(item[:MAX_ELEMENTS]))


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else jsontext.dumps(value).decode()
