"""One resume under way: what came on the stream, against what should have come."""

from __future__ import annotations

import enum
from collections.abc import Container
from dataclasses import dataclass, replace

from inspector.stats.event_ids import MAX_IDS, Gap, Line, Number, key_of, number_in, progress_in
from inspector.trace.events import FrameReceived, RequestSent, SseEvent

REPLAY_GAP_NS = 250_000_000
"""What comes behind the headers without a longer pause than this is replayed; what comes later is new."""


class ResumeOutcome(enum.StrEnum):
    """What the server made of Last-Event-ID; the value is what a person reads."""

    RESUMED = "resumed"
    IGNORED = "ignored the id"
    REFUSED = "refused"
    NEW = "opened anew"


@dataclass(frozen=True, slots=True)
class Resumption:
    """One resume: event `n` is the request for it, `stream` what it opened, `words` say in a sentence what came of it.

    `replayed` events came at once; `duplicated` of all were there before or came twice, `reordered` came behind later
    ones, `lost` never came. They are None where nothing tells: without ids, or without a counter in them.
    """

    n: int
    at: float
    connection: int
    stream: int
    last_event_id: str | None
    outcome: ResumeOutcome
    words: str
    status: int | None = None
    replayed: int | None = None
    lost: int | None = None
    duplicated: int | None = None
    reordered: int | None = None
    is_over: bool = False


class Resume:
    """Counts what the stream of one resume brings. `line` is the stream that goes on, None if its ids are not known.

    `place` of an id is how many came before it on its line; `is_counted` says that a gap in the ids is a loss.
    """

    def __init__(
        self,
        request: RequestSent,
        cursor: str | None,
        line: Line | None,
        place: int | None,
        *,
        is_counted: bool = False,
    ) -> None:
        self.request = request
        self.cursor = cursor
        self.line = line
        self._place = place
        self._known_until = line.count if line is not None else 0
        self._status: int | None = None
        self._is_refused = self._is_ignored = self._is_over = self._is_live = False
        self._last_ns = 0
        self._events = self._replayed = self._duplicated = self._known_got = self._known_reordered = 0
        self._top_place = -1 if place is None else place
        self._got: set[str] = set()
        is_latest = line is not None and place == line.count - 1
        self._by_id = Gap(number_in(key_of(cursor)) if cursor is not None and is_counted else None)
        has_progress = line is not None and is_latest and line.by_progress.is_sure
        self._by_progress = Gap(line.by_progress.last if line is not None and has_progress else None)

    def answered(self, status: int, now_ns: int) -> None:
        """The headers are here."""
        self._status, self._last_ns = status, now_ns
        self._is_refused = not 200 <= status < 300

    def ended(self, *, is_refused: bool) -> None:
        """The stream is over; what it has not brought by now it does not bring."""
        self._is_over = True
        self._is_refused = self._is_refused or is_refused

    def take(self, event: SseEvent, key: str, place: int | None, *, is_elsewhere: bool) -> None:
        """The next event with an id: its `place` on this line if it was there before, or that another line has it."""
        self._count_replayed(event)
        is_first, self._events = not self._events, self._events + 1
        if key in self._got:
            self._duplicated += 1
            return
        if len(self._got) < MAX_IDS:
            self._got.add(key)
        number, progress = number_in(key), progress_in(event)
        if place is not None and place < self._known_until:
            self._take_known(place, is_first=is_first)
        elif place is not None or is_elsewhere:
            self._duplicated += 1
        else:
            self._take_new(event, number, progress, is_first=is_first)
        self._by_id.add(number)
        self._by_progress.add(progress)

    def _count_replayed(self, event: SseEvent) -> None:
        self._is_live = self._is_live or event.monotonic_ns - self._last_ns > REPLAY_GAP_NS
        self._last_ns = event.monotonic_ns
        is_event = not isinstance(event, FrameReceived) or event.dispatched
        self._replayed += is_event and not self._is_live

    def _take_known(self, place: int, *, is_first: bool) -> None:
        """An id from before: what lies behind the one that we named was asked for again."""
        if self._place is None or place <= self._place:
            self._duplicated += 1
            self._is_ignored = self._is_ignored or (is_first and place == 0 < (self._place or 0))
            return
        self._known_got += 1
        self._known_reordered += place < self._top_place
        self._top_place = max(self._top_place, place)

    def _take_new(self, event: SseEvent, number: Number | None, progress: Number | None, *, is_first: bool) -> None:
        """An id that is new: it may still be an old event, or the stream may have begun anew."""
        is_opening = is_first and self.line is not None and self.line.opens_with(event)
        if is_opening or self._by_id.has_had(number) or self._by_progress.has_had(progress):
            self._duplicated += 1
        if is_first and (is_opening or self._by_id.is_before(number) or self._by_progress.is_before(progress)):
            self._is_ignored = True

    def _lost(self, elsewhere: Container[str]) -> int | None:
        """How many events are missing for certain, None where nothing tells."""
        known = self._known_until - 1 - self._place if self._place is not None else 0
        if not self._events and not (known and self._is_over):
            return None
        is_whole = self._is_over or self._is_live or self._events > self._known_got + self._duplicated
        reach = known if is_whole else self._top_place - (self._place or 0)
        lost_known = max(0, reach - self._known_got)
        if self._by_id.is_known:
            return lost_known + sum(key not in elsewhere for key in self._by_id.missing())
        if self._by_progress.is_known:
            return lost_known + len(self._by_progress.missing())
        return lost_known if known else None

    def _reordered(self) -> int | None:
        """How many came behind later ones, None where nothing tells of their order."""
        for gap in (self._by_id, self._by_progress):
            if self._events and gap.is_known:
                return max(self._known_reordered, gap.reordered)
        return self._known_reordered if self._known_got else None

    def resumption(self, elsewhere: Container[str] = ()) -> Resumption:
        """What came of it until now; `elsewhere` are the ids that came on any stream."""
        request, has_ids = self.request, bool(self._events)
        return _in_words(
            Resumption(
                n=request.n,
                at=request.at,
                connection=request.connection,
                stream=request.stream or 0,
                last_event_id=self.cursor,
                outcome=self._outcome(),
                words="",
                status=self._status,
                replayed=self._replayed if has_ids else None,
                lost=None if self._is_refused else self._lost(elsewhere),
                duplicated=self._duplicated if has_ids else None,
                reordered=self._reordered(),
                is_over=self._is_over,
            )
        )

    def _outcome(self) -> ResumeOutcome:
        if self._is_refused:
            return ResumeOutcome.REFUSED
        if self._is_ignored:
            return ResumeOutcome.IGNORED
        return ResumeOutcome.RESUMED if self.cursor is not None else ResumeOutcome.NEW


def _in_words(it: Resumption) -> Resumption:
    return replace(it, words=_words(it))


def _words(it: Resumption) -> str:
    if it.outcome is ResumeOutcome.REFUSED and it.status is not None and it.status >= 300:
        return f"The server refused to resume the stream: it answered with {it.status}."
    if it.outcome is ResumeOutcome.REFUSED:
        return f"The server answered with {it.status or 'nothing'}, but with no event stream."
    if it.outcome is ResumeOutcome.NEW:
        return "The stream was opened anew, without Last-Event-ID: nothing tells what was lost meanwhile."
    begin = "The stream goes on" if it.outcome is ResumeOutcome.RESUMED else "The server ignored Last-Event-ID"
    if it.replayed is None:
        return f"{begin}; no event with an id has come{'' if it.is_over else ' yet'}."
    return f"{begin}: {', '.join(_counts(it))}."


def _counts(it: Resumption) -> list[str]:
    counts = [f"{it.replayed:,} replayed"]
    if it.lost is None:
        counts.append("nothing tells whether one is lost")
    else:
        counts.append(f"{it.lost:,} lost" if it.lost else "none lost")
    if it.duplicated:
        counts.append(f"{it.duplicated:,} had come before")
    if it.reordered:
        counts.append(f"{it.reordered:,} out of order")
    return counts
