"""When connections were open: spans of time, and how much of them lies in a window."""

from __future__ import annotations

from collections import deque

from inspector.trace.events import ConnectionState, StateChanged
from inspector.trace.fold import Fold

MAX_SPANS = 10_000


def overlap_ns(begin_ns: int, end_ns: int, since_ns: int | None) -> int:
    """How much of a span lies behind `since_ns`."""
    return max(0, end_ns - (begin_ns if since_ns is None else max(begin_ns, since_ns)))


class UpTime(Fold):
    """A fold over the river: the newest 10,000 spans in which a connection was open, and the sum of the older ones."""

    def __init__(self) -> None:
        self._up_since: dict[int, int] = {}
        self._spans: deque[tuple[int, int]] = deque()
        self._older_ns = 0
        super().__init__({StateChanged: self._on_state})

    def up_ns(self, now_ns: int, since_ns: int | None = None) -> int:
        """For how long connections were open, all of them together."""
        lasting = sum(overlap_ns(begin_ns, now_ns, since_ns) for begin_ns in self._up_since.values())
        settled = sum(overlap_ns(begin_ns, end_ns, since_ns) for begin_ns, end_ns in self._spans)
        return lasting + settled + (self._older_ns if since_ns is None else 0)

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.OPEN:
            self._up_since.setdefault(event.connection, event.monotonic_ns)
            return
        begin_ns = self._up_since.pop(event.connection, None)
        if begin_ns is None:
            return
        self._spans.append((begin_ns, event.monotonic_ns))
        if len(self._spans) > MAX_SPANS:
            oldest_ns, end_ns = self._spans.popleft()
            self._older_ns += end_ns - oldest_ns
