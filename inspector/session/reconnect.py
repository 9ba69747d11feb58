"""When to try again: the server's `retry:` exactly, else exponential back-off with full jitter; and a storm guard."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

DEFAULT_RETRY_MS = 1000
"""What the SDKs wait after a graceful end when the server named no `retry:` (R27)."""


@dataclass(slots=True)
class Backoff:
    """Pauses between attempts, in milliseconds.

    Full jitter: a pause is drawn evenly from 0 to the current bound, which doubles up to `cap_ms`; so clients that
    lost the same server do not come back in step. A `retry:` of the server is obeyed to the millisecond while the
    server answers at all (WHATWG HTML 9.2.3; MCP 2025-11-25: the client MUST respect it).
    """

    first_ms: float = 500.0
    cap_ms: float = 30_000.0
    floor_ms: float = 50.0
    random: random.Random = field(default_factory=random.Random)
    attempt: int = 0

    def after_end(self, retry_ms: int | None) -> float:
        """The pause after a stream that had been open and ended."""
        return float(retry_ms if retry_ms is not None else DEFAULT_RETRY_MS)

    def after_failure(self, retry_ms: int | None) -> float:
        """The pause after an attempt that failed; counts it. Never shorter than what the server asked for."""
        bound = min(self.cap_ms, self.first_ms * 2.0 ** min(self.attempt, 16))
        self.attempt += 1
        drawn = self.random.uniform(self.floor_ms, bound)
        return max(drawn, float(retry_ms or 0))

    def reset(self) -> None:
        self.attempt = 0


@dataclass(slots=True)
class StormGuard:
    """Slows us down when streams are opened more than `limit` times in `window_s` seconds.

    A server that ends each stream at once would otherwise make us reconnect for ever at full speed.
    """

    limit: int = 10
    window_s: float = 10.0
    _opened_ns: deque[int] = field(default_factory=deque)

    def opened(self, now_ns: int) -> None:
        self._opened_ns.append(now_ns)
        self._forget(now_ns)

    def pause_ms(self, now_ns: int, wanted_ms: float) -> tuple[float, bool]:
        """The pause to make instead of `wanted_ms`, and whether the guard lengthened it."""
        self._forget(now_ns)
        if len(self._opened_ns) < self.limit:
            return wanted_ms, False
        until_ns = self._opened_ns[0] + int(self.window_s * 1e9)
        guarded = max(wanted_ms, (until_ns - now_ns) / 1e6)
        return guarded, guarded > wanted_ms

    def _forget(self, now_ns: int) -> None:
        while self._opened_ns and now_ns - self._opened_ns[0] > self.window_s * 1e9:
            self._opened_ns.popleft()
