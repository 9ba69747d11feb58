"""The timeline: a fold of the river into columns, small and fast enough for a million rows.

A row is an event of one of `ROW_KINDS`; chunks make none. The columns are arrays, texts are interned, and everything
else about an event is read from the river by its number when it is wanted.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence

from inspector.record.rows import (
    ANSWER_KINDS,
    HEARTBEAT_LABELS,
    HTTP_KINDS,
    KIND_WORDS,
    NONE,
    RowKind,
    row_of,
)
from inspector.record.text import searchable
from inspector.trace.events import AnyEvent, ConnectionState, Direction

INBOUND, OUTBOUND = 1, 2
"""Codes of the direction column; 0 is neither."""
_DIRECTIONS = {None: 0, Direction.INBOUND: INBOUND, Direction.OUTBOUND: OUTBOUND}
_LABEL_LIMIT = 200
_CHAIN_LIMIT = 100_000
_NO_ROW = -1

EventOf = Callable[[int], AnyEvent]


class Timeline:
    """Columns over the river, in the order of the river; read them by row.

    `numbers` are event numbers, `at` Unix seconds, `streams` stream numbers (0: none), `directions` 0, INBOUND or
    OUTBOUND, `kinds` codes of `RowKind`, `sizes_bytes` -1 where there are no bytes, `latencies_ms` NaN where nothing
    was measured (round trip of an answer, time to headers, age of a stream), `severities` 0 for nothing to remark and
    1 to 4 for `Severity` in ascending order.
    """

    def __init__(self) -> None:
        self.numbers = array("I")
        self.monotonic_ns = array("q")
        self.at = array("d")
        self.streams = array("q")
        self.directions = array("B")
        self.kinds = array("B")
        self.sizes_bytes = array("q")
        self.latencies_ms = array("d")
        self.severities = array("B")
        self._labels = array("I")
        self._names = array("I")
        # Links: the row this one is about, the newest row about this one, and the one before in that chain.
        self._root = array("i")
        self._newest = array("i")
        self._before = array("i")
        self._texts: list[str] = [""]
        self._text_ids: dict[str, int] = {"": 0}
        self._opened: dict[int, int] = {}
        self._end_severity = NONE
        self._heartbeats = frozenset(map(self._intern, HEARTBEAT_LABELS))

    def __len__(self) -> int:
        return len(self.numbers)

    def fold(self, events: Sequence[AnyEvent]) -> None:
        """Append the rows of `events`, which follow those folded before."""
        for event in events:
            self._append(event)

    def row_of(self, n: int) -> int | None:
        """The row of event number `n`, None if that event makes no row or was not folded."""
        row = bisect_left(self.numbers, n)
        return row if row < len(self.numbers) and self.numbers[row] == n else None

    def label(self, row: int) -> str:
        """The method, event name or status of a row; of an answer, what it answers."""
        return self._texts[self._labels[row]]

    def name(self, row: int) -> str:
        """The tool, prompt, URI or purpose a row is about, often empty."""
        return self._texts[self._names[row]]

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
        return self.kinds[row] == RowKind.COMMENT or self._labels[row] in self._heartbeats

    def named_heartbeats(self, start: int, end: int) -> bytes:
        """1 for each row from `start` to before `end` whose label says that it is a heartbeat, 0 for the others."""
        return bytes(map(self._heartbeats.__contains__, self._labels[start:end]))

    def root(self, row: int) -> int | None:
        """The row this one is about: the request of an answer, the start of an HTTP exchange, a violation's event."""
        root = self._root[row]
        return None if root == _NO_ROW else root

    def followers(self, row: int) -> list[int]:
        """The rows about this one in ascending order (the newest 100,000 if there are more)."""
        found: list[int] = []
        follower = self._newest[row]
        while follower != _NO_ROW and len(found) < _CHAIN_LIMIT:
            found.append(follower)
            follower = self._before[follower]
        found.reverse()
        return found

    def partner(self, row: int) -> int | None:
        """The other half: the answer of a request, the request of an answer, the response of an HTTP request."""
        if self._root[row] != _NO_ROW:
            return self._root[row]
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
        known: dict[int, bool] = {}

        def holds(text_id: int) -> bool:
            if text_id not in known:
                known[text_id] = folded in self._texts[text_id].casefold()
            return known[text_id]

        def matches(row: int) -> bool:
            if holds(self._labels[row]) or holds(self._names[row]):
                return True
            raw = searchable(event_of(self.numbers[row]))
            if folded.isascii() or raw.isascii():
                raw = raw.lower()
            else:
                raw = raw.decode("utf-8", "replace").casefold().encode()
            return any(needle in raw for needle in needles)

        return matches

    def search(self, text: str, event_of: EventOf, rows: Iterable[int] | None = None) -> Iterator[int]:
        """The rows that hold `text`, lazily, of `rows` or of all."""
        matches = self.matcher(text, event_of)
        return (row for row in (range(len(self)) if rows is None else rows) if matches(row))

    def _append(self, event: AnyEvent) -> None:
        facts = row_of(event)
        if facts is None:
            return
        kind, label, name, size_bytes, latency_ms, severity, about_n = facts
        row = len(self.numbers)
        root = self._root_of(event, kind, about_n, row)
        label_id, name_id = self._intern(label), self._intern(name)
        if root != _NO_ROW:
            self._before.append(self._newest[root])
            self._newest[root] = row
            if not label_id:
                label_id = self._labels[root]
                name_id = name_id or self._names[root]
        else:
            self._before.append(_NO_ROW)
        if kind <= RowKind.HTTP_END:
            severity = self._after_fault(event, kind, severity)
        self.numbers.append(event.n)
        self.monotonic_ns.append(event.monotonic_ns)
        self.at.append(event.at)
        self.streams.append(event.stream or 0)
        self.directions.append(_DIRECTIONS[event.direction])
        self.kinds.append(kind)
        self.sizes_bytes.append(size_bytes)
        self.latencies_ms.append(latency_ms)
        self.severities.append(severity)
        self._labels.append(label_id)
        self._names.append(name_id)
        self._root.append(root)
        self._newest.append(_NO_ROW)

    def _root_of(self, event: AnyEvent, kind: RowKind, about_n: int | None, row: int) -> int:
        if about_n is not None:
            found = self.row_of(about_n)
            return _NO_ROW if found is None else found
        if kind not in HTTP_KINDS or event.stream is None:
            return _NO_ROW
        if kind == RowKind.HTTP_REQUEST:
            self._opened[event.stream] = row
            return _NO_ROW
        return self._opened.get(event.stream, _NO_ROW)

    def _after_fault(self, event: AnyEvent, kind: RowKind, severity: int) -> int:
        """The severity of a row, once "closed" is told apart by how the last stream ended."""
        if kind == RowKind.HTTP_END:
            self._end_severity = severity
        elif kind == RowKind.STATE and getattr(event, "state", None) is ConnectionState.CLOSED:
            return self._end_severity
        return severity

    def _intern(self, text: str) -> int:
        found = self._text_ids.get(text)
        if found is None:
            text = text[:_LABEL_LIMIT]
            found = self._text_ids.setdefault(text, len(self._texts))
            if found == len(self._texts):
                self._texts.append(text)
        return found
