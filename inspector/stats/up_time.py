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
    """A fold over the river: the newest 10,000 spans in which a connection was open, and the sum of all of them."""

    def __init__(self) -> None:
        self._up_since: dict[int, int] = {}
        self._spans: deque[tuple[int, int]] = deque(maxlen=MAX_SPANS)
        self._settled_ns = 0
        super().__init__({StateChanged: self._on_state})

    def up_ns(self, now_ns: int, since_ns: int | None = None) -> int:
        """For how long connections were open, all of them together."""
        lasting_ns = sum(overlap_ns(begin_ns, now_ns, since_ns) for begin_ns in self._up_since.values())
        return lasting_ns + (self._settled_ns if since_ns is None else self._settled_since_ns(since_ns))

    def _settled_since_ns(self, since_ns: int) -> int:
        """The spans stand in the order of their ends."""
        total_ns = 0
        for begin_ns, end_ns in reversed(self._spans):
            if end_ns <= since_ns:
                break
            total_ns += overlap_ns(begin_ns, end_ns, since_ns)
        return total_ns

    def _on_state(self, event: StateChanged) -> None:
        if event.state is ConnectionState.OPEN:
            self._up_since.setdefault(event.connection, event.monotonic_ns)
            return
        begin_ns = self._up_since.pop(event.connection, None)
        if begin_ns is not None:
            self._spans.append((begin_ns, event.monotonic_ns))
            self._settled_ns += overlap_ns(begin_ns, event.monotonic_ns, None)  # of a recording time may run backwards
