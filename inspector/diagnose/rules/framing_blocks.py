"""Watches of event-stream blocks: never finished, too large, or declared in another charset."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.finding import Grade
from inspector.diagnose.payload import has_many_lines
from inspector.diagnose.rule import Watch
from inspector.diagnose.topics import BLOCKS, Topic
from inspector.trace import events as ev
from inspector.trace.events import EndCause, Severity
from inspector.wire import http, jsontext
from inspector.wire.sse import decode_frame

_BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")
_DATA = re.compile(rb"(?:^|(?<=\r))data: ?([^\r\n]*)", re.MULTILINE)
_MAX_STREAMS = 64
_UTF8 = ("utf-8", "utf8")


class MissingBlankLine(Watch):
    """An event that is all here but for the blank line that would dispatch it.

    Bytes of streams that are compressed are not looked into.
    """

    rules = ("sse-missing-blank-line",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._unfinished: dict[int, bytes] = {}
        """By stream, what came behind the last blank line; the beginning of what is longer."""
        self._timed: set[int] = set()
        self._waiting: set[int] = set()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.END: self._on_end}

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.CHUNK: self._on_chunks}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream or len(self._unfinished) >= _MAX_STREAMS:
            return
        if exchange.headers.get("content-encoding", "identity").lower() == "identity":
            self._unfinished[exchange.stream] = b""

    def _on_chunks(self, events: list[ev.ChunkReceived]) -> None:
        unfinished = self._unfinished
        for event in events:
            stream = event.stream
            if stream not in unfinished or stream is None:
                continue
            before = unfinished[stream]
            if event.data.endswith((b"\n\n", b"\r\n\r\n")):
                unfinished[stream] = b""
            else:
                unfinished[stream] = self._behind_blank(before, event.data)
                self._look_later(event, stream)
            if stream in self._waiting and not unfinished[stream].startswith(before):
                self.context.timers.move_to(event)
                self._waiting.discard(stream)
                self.over()

    def _behind_blank(self, before: bytes, data: bytes) -> bytes:
        """What stands behind the last blank line; the two may be one in the middle of it."""
        limit = self.thresholds.unfinished_bytes
        both = before + data if len(before) < limit else data
        lf, crlf = both.rfind(b"\n\n"), both.rfind(b"\r\n\r\n")
        rest = both[max(lf + 2 if lf >= 0 else 0, crlf + 4 if crlf >= 0 else 0) :]
        if b"\r" in rest:
            ends = [match.end() for match in _BLANK.finditer(rest)]
            rest = rest[ends[-1] :] if ends else rest
        if len(rest) == len(data) and len(before) >= limit:
            return before  # no blank line yet in what is too long to be kept
        return rest[:limit]

    def _look_later(self, event: ev.ChunkReceived, stream: int) -> None:
        if stream not in self._timed:
            self._timed.add(stream)
            self.context.timers.after(event, self.thresholds.blank_line_s, lambda: self._look(stream))

    def _look(self, stream: int) -> None:
        """Nothing more may have come for a while: then what is there ought to be an event."""
        self._timed.discard(stream)
        exchange = self.context.exchanges.get(stream)
        if exchange is None or not exchange.is_open or not self._unfinished.get(stream):
            return
        due_ns = exchange.last_byte_ns + int(self.thresholds.blank_line_s * 1e9)
        if self.context.timers.now_ns < due_ns:
            self._timed.add(stream)
            self.context.timers.at(due_ns, lambda: self._look(stream))
            return
        pending = self._unfinished[stream]
        if self.context.timers.mistimed_since(exchange.last_byte_ns) or not _is_message(pending):
            return
        self._waiting.add(stream)
        silent_s = (self.context.timers.now_ns - exchange.last_byte_ns) / 1e9
        text = f"A whole message came, and {silent_s:.2f} s later still no blank line that would dispatch it."
        self.found(f"{text} It begins {_shown(pending)}.", exchange.evidence, grade="likely")

    def _on_end(self, event: ev.StreamEnded) -> None:
        if event.stream is None:
            return
        pending = self._unfinished.pop(event.stream, b"")
        self._waiting.discard(event.stream)
        exchange = self.context.exchanges.get(event.stream)
        if not pending or exchange is None or exchange.ended_by_us:
            return
        # A clean end behind a whole line is the server's doing; a cut says something only of what was whole.
        is_clean = event.error is None and event.cause in (EndCause.CUT_MID_EVENT, EndCause.END_OF_STREAM)
        if _is_message(pending) or (is_clean and _has_data_line(pending)):
            text = "The stream ended behind data without a blank line: by the standard that event is discarded."
            grade: Grade = "proven" if is_clean else "likely"
            self.found(f"{text} It begins {_shown(pending)}.", exchange.evidence, grade=grade)


class LargeEvents(Watch):
    """Events that clients cut off or drop for their size."""

    rules = ("sse-event-over-1mib",)

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return dict.fromkeys(BLOCKS, self._on_blocks)

    def _on_blocks(self, events: list[ev.SseEvent]) -> None:
        limit = self.thresholds.event_warn_bytes
        for event in events:
            if len(event.raw) >= limit:
                self._look(event)

    def _look(self, event: ev.SseEvent) -> None:
        if isinstance(event, ev.Message) and event.framing is not ev.Framing.SSE:
            return
        size = _data_bytes(event.raw)
        if size < self.thresholds.event_warn_bytes:
            return
        self.context.timers.move_to(event)
        method = event.method if isinstance(event, ev.Message) else None
        what = f"An event ({method[:60]})" if method else "An event"
        is_over = size >= self.thresholds.event_error_bytes
        text = f"{what} carries {size:,} bytes of data"
        text += (
            "; clients with a limit of 1 MiB discard it, and seem to hang." if is_over else ", close to client limits."
        )
        self.found(text, (event.n,), severity=Severity.ERROR if is_over else Severity.WARN)


class DeclaredCharset(Watch):
    """A charset parameter that clients may follow although the standard says not to."""

    rules = ("sse-charset",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        content_type = http.get(event.headers, "content-type")
        charset = http.charset(content_type)
        if charset is None or charset in _UTF8:
            return
        exchange = self.context.exchanges.get(event.stream)
        if exchange is not None and (exchange.is_event_stream or http.is_json(content_type)):
            text = (
                f"The answer to {exchange.purpose[:60]} declares charset={charset[:40]}; both formats are always UTF-8."
            )
            self.found(text, exchange.evidence, severity=Severity.WARN)


def _data_bytes(raw: bytes) -> int:
    """The size of an event's data."""
    if has_many_lines(raw):
        return sum(map(len, _DATA.findall(raw)))
    frame = decode_frame(raw)
    return len(frame.data.encode("utf-8", "surrogatepass")) if frame is not None else 0


def _is_message(pending: bytes) -> bool:
    """Whether the data of an unfinished block is a whole JSON object or list, or each of its lines is."""
    frame = None if has_many_lines(pending) else decode_frame(pending)
    if frame is None or not frame.data:
        return False
    return _is_document(frame.data) or _is_document(frame.data.partition("\n")[0])


def _is_document(text: str) -> bool:
    return text[:1] in ("{", "[") and jsontext.parse(text).error is None


def _has_data_line(pending: bytes) -> bool:
    """Whether a line of data is complete: else the end may just as well have cut it."""
    whole, line_end, _ = pending.rpartition(b"\n") if b"\n" in pending else pending.rpartition(b"\r")
    return bool(line_end) and any(line.startswith(b"data:") for line in whole.splitlines())


def _shown(pending: bytes) -> str:
    return repr(pending[:60].decode("utf-8", "replace"))
