from __future__ import annotations

from inspector.trace.clock import FakeClock
from inspector.trace.events import ConnectionState, FrameReceived, StateChanged
from inspector.trace.fold import Fold, runs
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


def test_a_reaction_to_runs_gets_what_follows_each_other_and_folds_share_the_pieces() -> None:
    river = River(FakeClock())
    for stream in (1, 2):
        river.emit(FrameReceived, stream=stream)
    river.emit(StateChanged, state=ConnectionState.OPEN)
    river.emit(FrameReceived, stream=3)
    told: list[list[int | None]] = []
    frames = Fold({}, {FrameReceived: lambda run: told.append([event.stream for event in run])})
    words, pieces = Words(), runs(river.since(0))
    for fold in (frames, words):
        fold.take(pieces)
    assert (told, words.states) == ([[1, 2], [3]], [ConnectionState.OPEN])
    assert [kind for kind, _ in pieces] == [FrameReceived, StateChanged, FrameReceived]
