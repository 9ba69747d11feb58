from __future__ import annotations

from inspector.trace.clock import FakeClock
from inspector.trace.events import ConnectionState, FrameReceived, StateChanged
from inspector.trace.fold import Fold
from inspector.trace.river import River


class Words(Fold):
    """The states that came, and when the last event came."""

    def __init__(self) -> None:
        super().__init__({StateChanged: self._on_state})
        self.states: list[str] = []

    @property
    def now_ns(self) -> int:
        return self._now_ns

    def _on_state(self, event: StateChanged) -> None:
        self.states.append(event.state)


def test_only_the_kinds_with_a_reaction_are_handed_out_and_all_move_the_time() -> None:
    clock = FakeClock()
    river = River(clock)
    words = Words()
    words.fold(river.since(0))
    assert (words.states, words.now_ns) == ([], 0)
    river.emit(StateChanged, state=ConnectionState.CONNECTING)
    river.emit(StateChanged, state=ConnectionState.OPEN)
    clock.advance(2)
    river.emit(FrameReceived, stream=1)
    words.fold(river.since(0))
    assert (words.states, words.now_ns) == ([ConnectionState.CONNECTING, ConnectionState.OPEN], 2_000_000_000)
