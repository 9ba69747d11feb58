"""What the folds over the river have in common: the loop that hands each event to whoever takes its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inspector.trace.events import AnyEvent, TraceEvent


class Fold:
    """A fold over the river: one reaction per kind of event, and nothing for the other kinds.

    One piece of the river or many gives the same figures.
    """

    def __init__(self, reactions: Mapping[type[TraceEvent], Callable[[Any], None]]) -> None:
        self._reactions = reactions
        self._now_ns = 0

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river."""
        reaction_to = self._reactions.get
        for event in events:
            react = reaction_to(type(event))
            if react is not None:
                react(event)
        if events:
            self._now_ns = events[-1].monotonic_ns
