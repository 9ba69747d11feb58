"""Floods of log entries with ids that count, jump, come twice or are missing, and ways to cut a river up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from inspector.trace.events import AnyEvent
from tests.support.rivers import Talk

STEPS = st.lists(st.sampled_from([1, 1, 1, 1, 1, 1, 1, 1, 2, 0, -1, None]), max_size=40)
CHUNKS = st.lists(
    st.tuples(st.integers(1, 2), STEPS, st.sampled_from(["", "s-", "0", "x:9-"]), st.booleans()), max_size=5
)
CUTS = st.lists(st.integers(1, 50), min_size=1, max_size=5)


def flood(talk: Talk, chunks: Sequence[tuple[int, Sequence[int | None], str, bool]]) -> list[AnyEvent]:
    """Tells `talk` of `CHUNKS`."""
    values: dict[tuple[int, str], int] = {}
    torn: list[int] = []
    for stream, steps, head, is_torn in chunks:
        ids: list[str | None] = []
        for step in steps:
            values[stream, head] = values.get((stream, head), 5) + (step or 0)
            ids.append(f"{head}{values[stream, head]}" if step is not None else None)
        if is_torn and steps:
            torn.append(len(talk) + 1)
        talk.log_entries(stream, [b"data: %d\n\n" % place for place in range(len(steps))], ids)
        talk.wait(3)
    events = talk.since(0)
    for n in torn:
        events[n] = replace(events[n], first_byte_ns=events[n].monotonic_ns - 1_000_000)
    return events


def pieces(events: Sequence[AnyEvent], cuts: Sequence[int]) -> Iterator[Sequence[AnyEvent]]:
    """The events in portions of these sizes, over and over."""
    at = turn = 0
    while at < len(events):
        yield events[at : at + cuts[turn % len(cuts)]]
        at += cuts[turn % len(cuts)]
        turn += 1


def folded(fold: Any, events: Sequence[AnyEvent], cuts: Sequence[int]) -> Any:
    """The fold, once it has taken in the events in such portions."""
    for piece in pieces(events, cuts):
        fold.fold(piece)
    return fold
