"""Where the laboratory cuts a body: after so many bytes or events of it, or in the middle of the next event."""

from __future__ import annotations

from dataclasses import dataclass, field

from inspector.wire.sse import Comment, Frame, SseParser

_LIMIT_BYTES = 1024 * 1024


@dataclass(slots=True)
class CutPlace:
    """Counts what passes of one body; where `size_bytes` is given, events do not count.

    Events are the blocks that end with a blank line, those without data included, comments not. `mid_event` is within
    the first event behind so many.
    """

    events: int = 1
    size_bytes: int | None = None
    mid_event: bool = False
    _parser: SseParser = field(default_factory=lambda: SseParser(_LIMIT_BYTES))
    _count: int = 0
    _passed_bytes: int = 0

    def find(self, chunk: bytes) -> int | None:
        """How many of these next bytes may pass before the cut; None if all of them may and it is still to come."""
        start, self._passed_bytes = self._passed_bytes, self._passed_bytes + len(chunk)
        if self.size_bytes is not None:
            return None if self._passed_bytes < self.size_bytes else max(0, self.size_bytes - start)
        for item in self._parser.feed(chunk):
            if isinstance(item, Comment):
                continue
            place = self._after(item, start, len(chunk))
            if place is not None:
                return place
        return len(chunk) if self._is_within_next() else None

    def _after(self, frame: Frame, start: int, size: int) -> int | None:
        """Whether this event is the last one, or the one to be cut."""
        self._count += 1
        first = frame.offset - start
        if self.mid_event and self._count > self.events:
            return min(size, max(0, first + max(1, len(frame.raw) // 2)))
        if not self.mid_event and self._count >= self.events:
            return min(size, max(0, first + len(frame.raw)))
        return None

    def _is_within_next(self) -> bool:
        """The first bytes of the event to be cut are here."""
        if not self.mid_event or self._count < self.events or not self._parser.pending_bytes:
            return False
        return not self._parser.pending.startswith(b":")
