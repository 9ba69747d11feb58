"""What the folds over the river have in common: the loop that hands each event to whoever takes its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from inspector.trace.events import AnyEvent, TraceEvent

Run = tuple[type[TraceEvent], list[Any]]
"""Events of one kind that follow each other, behind their kind."""
Reactions = Mapping[type[TraceEvent], Callable[[Any], None]]
RunReactions = Mapping[type[TraceEvent], Callable[[list[Any]], None]]


def runs(events: Sequence[AnyEvent]) -> list[Run]:
    """`events` in pieces of one kind each, in their order; several folds can `take` the same pieces."""
    return [(kind, list(run)) for kind, run in groupby(events, type)]


class Fold:
    """A fold over the river: a reaction to each event of a kind, or to a run of them, and nothing for the other kinds.

    One piece of the river or many gives the same figures.
    """

    def __init__(self, reactions: Reactions, run_reactions: RunReactions | None = None) -> None:
        self._reactions = reactions
        self._run_reactions: RunReactions = run_reactions or {}
        self._now_ns = 0

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Take in the next events of the river."""
        self.take(runs(events))

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into `runs`."""
        for kind, run in pieces:
            react_to_run = self._run_reactions.get(kind)
            if react_to_run is not None:
                react_to_run(run)
                continue
            react = self._reactions.get(kind)
            if react is not None:
                for event in run:
                    react(event)
        if pieces:
            self._now_ns = pieces[-1][1][-1].monotonic_ns
