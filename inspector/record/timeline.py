"""The timeline: a fold of the river into columns, small and fast enough for a million rows.

A row is an event of one of `ROW_KINDS`; chunks make none. The columns are arrays, texts are interned, and everything
else about an event is read from the river by its number when it is wanted.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial

from inspector.record.columns import Links, RowOfStream, Sizes
from inspector.record.labels import Labels
from inspector.record.rows import (
    ANSWER_KINDS,
    HTTP_KINDS,
    KIND_WORDS,
    NONE,
    ROW_MAKERS,
    RowKind,
    row_of,
)
from inspector.record.text import searchable
from inspector.trace.events import (
    AnyEvent,
    ConnectionState,
    Direction,
    StateChanged,
)
from inspector.trace.log_entries import parts

INBOUND, OUTBOUND = 1, 2
"""Codes of the direction column; 0 is neither."""
DIRECTIONS = {None: 0, Direction.INBOUND: INBOUND, Direction.OUTBOUND: OUTBOUND}
_LAST_LINKED = int(RowKind.HTTP_END)
"""The kinds up to this one depend on rows before them even where they name no event they are about."""
_PORTION = 500
"""More at once is slower: what lies between event and column no longer fits the cache."""
LARGEST_STREAM = 2**32 - 1

EventOf = Callable[[int], AnyEvent]


class Timeline:
    """Columns over the river, in the order of the river; read them by row.

    `numbers` are event numbers, `at` Unix seconds, `streams` stream numbers (0: none), `directions` 0, INBOUND or
    OUTBOUND, `kinds` codes of `RowKind`, `sizes_bytes` -1 where there are no bytes, `latencies_ms` NaN where nothing
    was measured (round trip of an answer, time to headers, age of a stream), `severities` 0 for nothing to remark and
    1 to 4 for `Severity` in ascending order.

    `event_of` gives the event of a number: a server that makes up new names without end has them read there, as only
    the first sixteen megabytes of them are kept; without it they read "…".
    """

    def __init__(self, event_of: EventOf | None = None) -> None:
        self.numbers = array("I")
        self.monotonic_ns = array("q")
        self.at = array("d")
        self.streams = array("I")
        self.directions = array("B")
        self.kinds = array("B")
        self.sizes_bytes = Sizes()
        self.latencies_ms = array("d")
        self.severities = array("B")
        self._links = Links()
        self.labels = Labels(self._links, partial(_texts_of, self.numbers, event_of))
        """What rows are called; `label` and `name` read it."""
        self._opened = RowOfStream()
        self._end_severity = NONE

    def __len__(self) -> int:
        return len(self.numbers)

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Append the rows of `events`, which follow those folded before."""
        for start in range(0, len(events), _PORTION):
            for are_log_entries, part in parts(events[start : start + _PORTION]):
                if are_log_entries:
                    self._append_alike(part)
                else:
                    self._append(part)

    def _append(self, events: Sequence[AnyEvent]) -> None:
        told = [event for event in events if type(event) in ROW_MAKERS]
        if not told:
            return
        start = len(self)
        kinds, labels, names, sizes_bytes, latencies_ms, severities, abouts = zip(
            *[ROW_MAKERS[type(event)](event) for event in told], strict=True
        )
        self.numbers.fromlist([event.n for event in told])
        self.monotonic_ns.fromlist([event.monotonic_ns for event in told])
        self.at.fromlist([event.at for event in told])
        self.streams.fromlist(_stream_numbers(told))
        self.directions.fromlist([DIRECTIONS[event.direction] for event in told])
        self.kinds.fromlist(list(kinds))
        self.sizes_bytes.extend(list(sizes_bytes))
        self.latencies_ms.fromlist(list(latencies_ms))
        self.severities.fromlist(list(severities))
        self.labels.extend(labels, names)
        self._links.extend(len(told))
        if abouts.count(None) < len(told) or min(self.kinds[start:]) <= _LAST_LINKED:
            self._relate(start, told, abouts)

    def _append_alike(self, entries: Sequence[AnyEvent]) -> None:
        """Append log entries that came together: they differ in their numbers and sizes only."""
        first, count = entries[0], len(entries)
        kind, label, name, _, latency_ms, severity, _ = ROW_MAKERS[type(first)](first)
        self.numbers.fromlist([entry.n for entry in entries])
        self.monotonic_ns.extend(array("q", [first.monotonic_ns]) * count)
        self.at.extend(array("d", [first.at]) * count)
        self.streams.extend(array("I", _stream_numbers([first])) * count)
        self.directions.extend(array("B", [DIRECTIONS[first.direction]]) * count)
        self.kinds.extend(array("B", [kind]) * count)
        self.sizes_bytes.extend([len(entry.raw) for entry in entries])  # type: ignore[union-attr]
        self.latencies_ms.extend(array("d", [latency_ms]) * count)
        self.severities.extend(array("B", [severity]) * count)
        self.labels.extend([label] * count, [name] * count)
        self._links.extend(count)

    def row_of(self, n: int) -> int | None:
        """The row of event number `n`, None if that event makes no row or was not folded."""
        row = bisect_left(self.numbers, n)
        return row if row < len(self.numbers) and self.numbers[row] == n else None

    def label(self, row: int) -> str:
        """The method, event name or status of a row; of an answer, what it answers."""
        return self.labels.label(row)

    def name(self, row: int) -> str:
        """The tool, prompt, URI or purpose a row is about, often empty."""
        return self.labels.name(row)

    def relations(self, start: int, end: int) -> tuple[list[str], list[str], list[int | None]]:
        """Labels, names and roots of the rows from `start` to before `end`."""
        labels = self.labels
        return (
            labels.between(labels.labels, start, end, labels.label),
            labels.between(labels.names, start, end, labels.name),
            self._links.roots_between(start, end),
        )

    def kind_word(self, row: int) -> str:
        """The kind of a row in words."""
        return KIND_WORDS[self.kinds[row]]

    def lane_name(self, stream: int) -> str:
        """`POST 4` for stream 4; empty for 0, which is no stream."""
        if not stream:
            return ""
        opened = self._opened.get(stream)
        return f"{'stream' if opened is None else self.label(opened)} {stream}"

    def is_heartbeat(self, row: int) -> bool:
        """Whether the row only says that the other side is alive: a comment or a ping."""
        return self.kinds[row] == RowKind.COMMENT or self.labels.labels[row] in self.labels.heartbeats

    def named_heartbeats(self, start: int, end: int) -> bytes:
        """1 for each row from `start` to before `end` whose label says that it is a heartbeat, 0 for the others."""
        return bytes(map(self.labels.heartbeats.__contains__, self.labels.labels[start:end]))

    def root(self, row: int) -> int | None:
        """The row this one is about: the request of an answer, the start of an HTTP exchange, a violation's event."""
        return self._links.root(row)

    def followers(self, row: int) -> list[int]:
        """The rows about this one in ascending order (the newest 100,000 if there are more)."""
        return self._links.followers(row)

    def partner(self, row: int) -> int | None:
        """The other half: the answer of a request, the request of an answer, the response of an HTTP request."""
        root = self._links.root(row)
        if root is not None:
            return root
        wanted = {RowKind.HTTP_RESPONSE, RowKind.HTTP_END} if self.kinds[row] in HTTP_KINDS else ANSWER_KINDS
        followers = self.followers(row)
        return next((follower for follower in followers if self.kinds[follower] in wanted), None)

    def http_rows(self, stream: int) -> list[int]:
        """The rows of the HTTP exchange that is stream `stream`: request, connect, response, redirect, end."""
        opened = self._opened.get(stream)
        if opened is None:
            return []
        return [opened, *(row for row in self.followers(opened) if self.kinds[row] in HTTP_KINDS)]

    def matcher(self, text: str, event_of: EventOf) -> Callable[[int], bool]:
        """A test whether a row holds `text` in its label, name or bytes, without regard to case.

        `event_of` gives the event of a number. A text beyond ASCII is also found where JSON wrote it as `\\u` escapes.
        """
        folded = text.casefold()
        needles = {folded.encode("utf-8", "surrogatepass"), json.dumps(folded)[1:-1].encode()}
        is_called = self.labels.tester(lambda called: folded in called.casefold())

        def matches(row: int) -> bool:
            if is_called(row):
                return True
            raw = searchable(event_of(self.numbers[row]))
            if folded.isascii() or raw.isascii():
                raw = raw.lower()
            else:
                raw = raw.decode("utf-8", "replace").casefold().encode()
            return any(needle in raw for needle in needles)

        return matches

    def _relate(self, start: int, told: Sequence[AnyEvent], abouts: Sequence[int | None]) -> None:
        """What the rows from `start` on take over from rows before them."""
        known_n = known = None  # many rows in a row are about one request
        for row, (event, kind, about_n) in enumerate(zip(told, self.kinds[start:], abouts, strict=True), start):
            if about_n is not None:
                known_n, known = about_n, known if about_n == known_n else self.row_of(about_n)
                root = known
            elif kind <= _LAST_LINKED:
                root = self._exchange_of(row, event)
            else:
                continue
            if root is not None and root < row:
                self._links.join(row, root)
                self.labels.inherit(row, root)

    def _exchange_of(self, row: int, event: AnyEvent) -> int | None:
        """The row that opened the HTTP exchange of this one; an end is remembered until the connection is closed."""
        kind = self.kinds[row]
        if kind == RowKind.HTTP_END:
            self._end_severity = self.severities[row]
        elif type(event) is StateChanged and event.state is ConnectionState.CLOSED:
            self.severities[row] = self._end_severity  # "closed" is as grave as what closed it
        if kind not in HTTP_KINDS or event.stream is None:
            return None
        if kind == RowKind.HTTP_REQUEST:
            self._opened[event.stream] = row
            return None
        return self._opened.get(event.stream)


def _texts_of(numbers: array[int], event_of: EventOf | None, row: int) -> tuple[str, str]:
    facts = row_of(event_of(numbers[row])) if event_of is not None else None
    return (facts.label, facts.name) if facts is not None else ("…", "…")


def _stream_numbers(events: Sequence[AnyEvent]) -> list[int]:
    numbers = [event.stream or 0 for event in events]
    if min(numbers) >= 0 and max(numbers) <= LARGEST_STREAM:
        return numbers
    return [number if 0 <= number <= LARGEST_STREAM else 0 for number in numbers]  # only a file can say that
