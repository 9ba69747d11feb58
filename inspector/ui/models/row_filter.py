"""Which rows of the timeline are shown: the quick filters, one stream, a text, or any test of an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspector.record.rows import CONNECTION_KINDS, HTTP_KINDS
from inspector.record.timeline import EventOf, Timeline
from inspector.trace.events import AnyEvent

RowTest = Callable[[int], bool]
EventTest = Callable[[AnyEvent], bool]


@dataclass(frozen=True, slots=True)
class RowFilter:
    """What a row must be to be shown; the default shows every row. All that is given must hold."""

    heartbeats: bool = True
    http: bool = True
    connection: bool = True
    stream: int | None = None
    text: str = ""
    event_test: EventTest | None = None

    def row_test(self, timeline: Timeline, event_of: EventOf) -> RowTest | None:
        """The test for one row, None if every row is shown. Cheap tests come first."""
        tests: list[RowTest] = []
        hidden = (frozenset() if self.http else HTTP_KINDS) | (frozenset() if self.connection else CONNECTION_KINDS)
        if hidden:
            tests.append(lambda row: timeline.kinds[row] not in hidden)
        if not self.heartbeats:
            tests.append(lambda row: not timeline.is_heartbeat(row))
        if self.stream is not None:
            tests.append(lambda row: timeline.streams[row] == self.stream)
        if self.event_test is not None:
            holds = self.event_test
            tests.append(lambda row: holds(event_of(timeline.numbers[row])))
        if self.text:
            tests.append(timeline.matcher(self.text, event_of))
        if not tests:
            return None
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)
