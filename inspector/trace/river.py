"""The river: the one ordered, append-only sequence of trace events that everything else is a fold over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from inspector.trace.clock import Clock, SystemClock
from inspector.trace.events import AnyEvent, TraceEvent

if TYPE_CHECKING:
    import asyncio

E = TypeVar("E", bound=TraceEvent)


class River:
    """Numbers and stamps events and keeps them in order.

    Readers pull (`river[since:]`) at their own pace, so a slow window never holds up the socket; `follow` is the
    same for coroutines. One thread writes; the numbering has no gaps.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self._events: list[AnyEvent] = []
        self._streams = 0
        self._wakers: set[asyncio.Event] = set()
        self._closed = False

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, n: int) -> AnyEvent:
        return self._events[n]

    def since(self, n: int, limit: int | None = None) -> list[AnyEvent]:
        """The events from number `n` on, at most `limit` of them."""
        return self._events[n:] if limit is None else self._events[n : n + limit]

    def next_stream(self) -> int:
        """A number for a new HTTP exchange, unique in this river."""
        self._streams += 1
        return self._streams

    def emit(self, make: Callable[..., E], /, *, monotonic_ns: int | None = None, **fields: Any) -> E:
        """Append `make(**fields)` with its number and times.

        `monotonic_ns` is given where the stamp was taken earlier than now; `at` is set back by the same amount.
        """
        now_ns = self.clock.monotonic_ns()
        at = self.clock.time()
        if monotonic_ns is None:
            monotonic_ns = now_ns
        else:
            at -= (now_ns - monotonic_ns) / 1e9
        made = make(n=len(self._events), at=at, monotonic_ns=monotonic_ns, **fields)
        self._events.append(made)  # type: ignore[arg-type]
        if self._wakers:
            for waker in self._wakers:
                waker.set()
        return made

    def close(self) -> None:
        """Nothing will follow: `follow` ends once it has handed out what is there."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def follow(self, since: int = 0) -> AsyncIterator[AnyEvent]:
        """Every event from number `since` on, waiting for new ones until the river is closed."""
        import asyncio  # noqa: PLC0415 - the window is painted before anything is followed

        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            while True:
                for event in self.since(since):
                    since += 1
                    yield event
                if since < len(self._events):
                    continue
                if self._closed:
                    return
                waker.clear()
                await waker.wait()
        finally:
            self._wakers.discard(waker)
