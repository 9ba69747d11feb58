"""The client lens: what a Python client built on httpx-sse makes of the very same bytes.

httpx-sse differs from the WHATWG standard in a few places. Where that changes what a client sees, the difference is
told once per stream. Decoding is that of httpx-sse itself, between the text decoding of httpx and its event source.
"""

from __future__ import annotations

import codecs
from collections import Counter, deque
from collections.abc import Iterable

import httpx_sse
import msgspec

# The two decoders are not exported: the public event source wants a response to pull from, and here bytes are pushed.
from httpx_sse._decoders import SSEDecoder, SSELineDecoder

from inspector.wire import http
from inspector.wire.block import Frame


class Difference(msgspec.Struct, frozen=True):
    """One way in which a client sees something else, in words; `rule` names the kind."""

    text: str
    rule: str


class ClientLens:
    """Reads along with the parser: `feed` it each chunk together with the frames the parser made of it.

    It stops after `budget_bytes`, or where such a client would give up; then `exhausted` is true and `feed` is free.
    `counts` tells how often each rule was met.
    """

    def __init__(self, budget_bytes: int = 256 * 1024, content_type: str | None = "text/event-stream") -> None:
        self.exhausted = False
        self.counts: Counter[str] = Counter()
        self._budget_bytes = budget_bytes
        self._content_type = content_type
        self._charset = _charset_of(content_type)
        self._text: codecs.IncrementalDecoder | None = None
        self._lines = SSELineDecoder()
        self._events = SSEDecoder()
        self._ours: deque[Frame] = deque()
        self._theirs: deque[httpx_sse.ServerSentEvent] = deque()
        self._found: list[Difference] = []

    def feed(self, chunk: bytes, frames: Iterable[Frame]) -> list[Difference]:
        """The kinds of difference that these bytes show for the first time."""
        if self.exhausted:
            return []
        self._budget_bytes -= len(chunk)
        self._ours.extend(frame for frame in frames if frame.dispatched)
        self.exhausted = not self._read(chunk) or self._budget_bytes <= 0
        found, self._found = self._found, []
        return found

    def _read(self, chunk: bytes) -> bool:
        """Whether the client is still there afterwards."""
        if "text/event-stream" not in (self._content_type or "").partition(";")[0]:
            self._tell("lens-content-type", f"httpx-sse refuses the content type {self._content_type!r}.")
            return False
        try:
            if self._text is None:
                self._text = codecs.getincrementaldecoder(self._charset)("replace")
            text = self._text.decode(chunk)
        except (LookupError, ValueError, TypeError, AssertionError):  # hex, idna and others fail each in its own way
            self._tell("lens-charset", f"httpx cannot decode an event stream by the charset {self._charset!r}.")
            return False
        for line in self._lines.decode(text):
            event = self._events.decode(line)
            if event is not None:
                self._theirs.append(event)
        self._compare()
        return True

    def _compare(self) -> None:
        """Pair what an EventSource sees with what the client sees, in order."""
        ours, theirs = self._ours, self._theirs
        while ours:
            frame = ours[0]
            if frame.bom and not (theirs and theirs[0].data == frame.data):
                self._tell("lens-bom", "httpx-sse loses the first event, as it stands behind a byte order mark.")
                ours.popleft()
            elif not theirs and self._lines.trailing_cr:
                if "\r" in frame.line_ends:  # else it is a CRLF whose LF is on its way
                    self._tell("lens-held-back", "httpx-sse holds this event until more comes, as it ends with CR.")
                return
            elif not theirs:
                self._tell_different("httpx-sse does not see this event.")
                ours.popleft()
            elif frame.data and not theirs[0].data:
                self._tell_phantom(theirs.popleft())
            else:
                self._compare_pair(ours.popleft(), theirs.popleft())
        while theirs:
            self._tell_phantom(theirs.popleft())

    def _compare_pair(self, frame: Frame, event: httpx_sse.ServerSentEvent) -> None:
        if frame.truncated:
            return
        if event.data != frame.data or event.event != frame.event or event.id != frame.last_event_id:
            if frame.bom:
                self._tell("lens-bom", "httpx-sse loses the first line, as it stands behind a byte order mark.")
            else:
                self._tell_different("httpx-sse reads other text in this event.")
        if event.retry != frame.retry_ms:
            self._tell("lens-retry", f"httpx-sse reads retry: {event.retry} here, an EventSource {frame.retry_ms}.")

    def _tell_phantom(self, event: httpx_sse.ServerSentEvent) -> None:
        if event.data:
            self._tell_different("httpx-sse sees 1 event more here.")
        else:
            text = (
                "httpx-sse hands its client an empty event here, for a block without data or a heartbeat after an id."
            )
            self._tell("lens-phantom-event", text)

    def _tell_different(self, text: str) -> None:
        if self._charset in ("utf-8", "utf-8-sig"):
            self._tell("lens-different", text)
        else:
            cause = f" httpx decodes it by the charset {self._charset!r}; an event stream is always UTF-8."
            self._tell("lens-charset", text + cause)

    def _tell(self, rule: str, text: str) -> None:
        self.counts[rule] += 1
        if self.counts[rule] == 1:
            self._found.append(Difference(text, rule))


def _charset_of(content_type: str | None) -> str:
    """The codec that httpx takes: what the Content-Type names if Python knows it, else UTF-8."""
    try:
        return codecs.lookup(http.charset(content_type) or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
