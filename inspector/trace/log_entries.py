"""Log entries that came together: what a flood is made of, and what can be handled many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from inspector.protocol import log_entry
from inspector.trace.events import AnyEvent, Direction, Framing, Message, MessageType
from inspector.trace.fold import runs

LOG_ENTRY = Message(
    direction=Direction.INBOUND,
    message_type=MessageType.NOTIFICATION,
    framing=Framing.SSE,
    method="".join(log_entry.METHOD.partition("/")),
)
"""The mould of log entries that say no more than what stands in their bytes and in the id of their block.

A copy is known by the very object that its method is, as looking at all its other fields takes too long: whoever
changes more in a copy than number, times, connection, stream, direction, bytes, offset and id gives it another method.
"""
LEAST = 8
"""Fewer are not worth the trouble."""

Part = tuple[bool, Sequence[AnyEvent]]
_ARRIVAL = attrgetter("connection", "stream", "direction", "at", "monotonic_ns", "first_byte_ns")


def parts(events: Sequence[AnyEvent]) -> list[Part]:
    """`events` in their order: True with log entries of one stream that came at one time, False with whatever else."""
    found: list[Part] = []
    others: list[AnyEvent] = []
    for kind, run in runs(events):
        start = _start_of_entries(run) if kind is Message else len(run)
        others += run[:start]
        if start < len(run):
            if others:
                found.append((False, others))
                others = []
            found.append((True, run[start:]))
    if others:
        found.append((False, others))
    return found


def _start_of_entries(run: list[Message]) -> int:
    """Where the log entries begin that come to the end of a run; the first one may have come in two pieces."""
    start = int(run[0].first_byte_ns != run[0].monotonic_ns)
    if len(run) - start < LEAST:
        return len(run)
    entries = run[start:] if start else run
    method = LOG_ENTRY.method
    if False in [event.method is method for event in entries]:
        return len(run)
    arrivals = list(map(_ARRIVAL, entries))
    is_one = entries[0].first_byte_ns == entries[0].monotonic_ns and arrivals.count(arrivals[0]) == len(arrivals)
    return start if is_one else len(run)
