"""The resume bench: a tool runs once whole, then again and cut; what came in the end is held against the whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.protocol.era import TransportName
from inspector.session.calls import Answer
from inspector.session.resume_compare import Difference, Got, compare, got
from inspector.trace.events import (
    AnyEvent,
    Direction,
    EndCause,
    FrameReceived,
    Framing,
    HeadersReceived,
    Message,
    RequestSent,
    StateChanged,
    StreamEnded,
)
from inspector.wire import jsontext, sse

if TYPE_CHECKING:
    from inspector.session.session import Session

MAX_CUTS = 20
MAX_EVENTS = 20_000
SETTLE_S = 0.3
"""So long after the answer what is replayed twice may still come."""
LIMIT_S = 60.0

FIN, RST = "fin", "rst"


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """Which tool to run, how often to cut it, and how: `how` is FIN or RST, `mid_event` in the middle of an event."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)
    cuts: int = 3
    how: str = FIN
    mid_event: bool = False
    limit_s: float = LIMIT_S

    @property
    def calls(self) -> int:
        """So often the tool is run."""
        return 1 + min(self.cuts, MAX_CUTS)


@dataclass(slots=True)
class Run:
    """What one call brought on its stream, and on those that resumed it.

    `before` events came before the cut. `was_primed` says that the stream began with an id and no data (2025-11-25);
    `statuses` are the answers to the attempts to resume, `asked_ms` the server's `retry:` and `delay_ms` the pause made
    before the first of them.
    """

    answer: Answer
    got: list[Got] = field(default_factory=list)
    before: int = 0
    was_event_stream: bool = False
    was_primed: bool = False
    was_cut: bool = False
    resumed_from: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    asked_ms: int | None = None
    delay_ms: float | None = None
    has_ids: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """What became of one run that was to be cut after `place` events; `words` say it in a sentence."""

    place: int
    run: Run
    difference: Difference
    is_good: bool
    words: str


@dataclass(frozen=True, slots=True)
class BenchReport:
    """The outcome; `obstacle` says why nothing could be cut."""

    whole: Run
    cuts: tuple[Cut, ...] = ()
    obstacle: str = ""

    @property
    def is_good(self) -> bool:
        return bool(self.cuts) and all(cut.is_good for cut in self.cuts)

    @property
    def words(self) -> str:
        """The verdict on all cuts, in a sentence or two."""
        if not self.cuts:
            return self.obstacle or "Nothing was cut."
        sums = {
            name: sum(getattr(cut.difference, name) for cut in self.cuts)
            for name in ("lost", "duplicated", "reordered", "extra")
        }
        told = ", ".join(f"{count:,} {name}" for name, count in sums.items() if count or name != "extra")
        bad = sum(not cut.is_good for cut in self.cuts)
        how_many = f"{len(self.cuts)} cut{'s' if len(self.cuts) > 1 else ''}"
        outcome = f"{how_many}, all resumed without a loss" if not bad else f"{bad} of {how_many} went wrong"
        primed = (
            "" if self.whole.was_primed else " The stream does not begin with a priming event (an id without data)."
        )
        return f"{outcome}: {told}.{primed}"


class ResumeBench:
    """Runs a plan on a session that is connected; the laboratory of that session makes the cuts."""

    def __init__(self, session: Session, plan: BenchPlan) -> None:
        self._session = session
        self._plan = plan

    async def run(
        self, on_begun: Callable[[int], None] = lambda cuts: None, on_cut: Callable[[Cut], None] = lambda cut: None
    ) -> BenchReport:
        """Run the tool whole, then once for each cut. Cancelling stops the call under way and takes the rule away.

        `on_begun` is told how many cuts there will be, `on_cut` what became of each.
        """
        unfit = why_unfit(self._session)
        whole = Run(Answer(False, "tools/call")) if unfit else await self._run(None, 0)
        obstacle = unfit or _obstacle(whole)
        if obstacle:
            return BenchReport(whole, obstacle=obstacle)
        cuts: list[Cut] = []
        wanted = places(len(whole.got), self._plan.calls - 1, is_primed=whole.was_primed)
        on_begun(len(wanted))
        for place in wanted:
            run = await self._run(place, place + whole.was_primed)
            cuts.append(judge(whole, run, place))
            on_cut(cuts[-1])
        return BenchReport(whole, tuple(cuts))

    async def _run(self, place: int | None, events: int) -> Run:
        """One call, cut after so many events of its stream unless `place` is None."""
        session, plan = self._session, self._plan
        laboratory, since = session.laboratory, len(session.river)
        active = laboratory.active
        if place is not None:
            laboratory.drop_after("call", events=events, how=plan.how, mid_event=plan.mid_event)
        try:
            answer = await session.call_tool(plan.tool, plan.arguments, timeout_s=plan.limit_s)
            await asyncio.sleep(SETTLE_S)
        finally:
            if laboratory.active != active:  # the cut did not come, and must not hit the next call
                laboratory.clear()
        return observe(answer, _events(session, since))


def why_unfit(session: Session) -> str:
    """Why nothing can be resumed on this session at all, empty if it can."""
    if session.transport is TransportName.STREAMABLE_HTTP:
        return ""
    return (
        f"Only Streamable HTTP of 2025-03-26 to 2025-11-25 resumes the stream of a call; this session speaks "
        f"{session.transport.label}."
    )


def _events(session: Session, since: int) -> Iterator[AnyEvent]:
    number = session.link.number
    while events := session.river.since(since, 1_000):
        since += len(events)
        yield from (event for event in events if event.connection == number)


def places(events: int, cuts: int, *, is_primed: bool) -> list[int]:
    """After how many events to cut: evenly spread, the first one before any of them if there is an id by then."""
    first = 0 if is_primed else 1
    last = events - 1
    if last < first:
        return []
    steps = max(1, cuts - 1)
    return sorted({first + round(step * (last - first) / steps) for step in range(cuts)})


def observe(answer: Answer, events: Iterator[AnyEvent]) -> Run:
    """What came for the call that `answer` ended, found by its stream and by the ids from which that was resumed."""
    run = Run(answer)
    streams: set[int | None] = set()
    ids: set[str] = set()
    for event in events:
        if event.n == answer.request_n:
            streams.add(event.stream)
        elif isinstance(event, RequestSent) and event.purpose == "resume":
            cursor = _last_event_id(event)
            if cursor in ids:
                streams.add(event.stream)
                run.resumed_from.append(cursor)
        elif isinstance(event, StateChanged):
            _note_pause(run, event, ids)
        elif event.stream in streams:
            _note(run, event, ids)
    return run


def _note(run: Run, event: AnyEvent, ids: set[str]) -> None:
    if isinstance(event, HeadersReceived):
        if run.resumed_from:
            run.statuses.append(event.status)
        else:
            run.was_event_stream = any("event-stream" in v for k, v in event.headers if k.lower() == "content-type")
    elif isinstance(event, StreamEnded):
        run.was_cut = run.was_cut or event.cause is EndCause.DROPPED_BY_US
        run.before = run.before if run.resumed_from else len(run.got)
    elif isinstance(event, Message | FrameReceived) and event.direction is Direction.INBOUND:
        if event.event_id:
            ids.add(event.event_id)
            run.has_ids = True
        if isinstance(event, Message):
            if len(run.got) < MAX_EVENTS:
                run.got.append(got(jsontext.parse(_payload(event)).value, event.event_id))
        elif event.event_id and not run.got and not run.resumed_from:
            run.was_primed = True


def _note_pause(run: Run, event: StateChanged, ids: set[str]) -> None:
    if event.delay_ms is not None and run.delay_ms is None and event.last_event_id in ids:
        run.delay_ms, run.asked_ms = event.delay_ms, event.asked_ms


def _payload(message: Message) -> bytes:
    """The JSON inside the bytes of a message."""
    if message.framing is not Framing.SSE:
        return message.raw
    frame = sse.decode_frame(message.raw, 0)
    return b"" if frame is None else frame.data.encode("utf-8", "surrogatepass")


def _last_event_id(request: RequestSent) -> str:
    return next((value for name, value in request.headers if name.lower() == "last-event-id"), "")


def _obstacle(whole: Run) -> str:
    answer = whole.answer
    if answer.outcome is not None:
        return f"The whole run got no answer, so there is nothing to compare with: {answer.sentence}"
    if not whole.was_event_stream:
        return "The server answers this tool with plain JSON, which cannot be resumed; choose one that streams."
    if not whole.has_ids:
        return "No event of the stream has an id, so nothing can be resumed: the server needs an event store."
    if not places(len(whole.got), 1, is_primed=whole.was_primed):
        return "The whole answer came in one event, so there is no place to cut; choose a tool that tells its progress."
    return ""


def judge(whole: Run, run: Run, place: int) -> Cut:
    """Hold a run that was cut against the whole one."""
    if not run.was_cut:
        words = f"It was not cut: it ended before {place + 1} events had come."
        return Cut(place, run, Difference(), False, words)
    difference = compare(whole.got, run.got, run.before)
    is_good = difference.is_none and run.answer.outcome is None
    return Cut(place, run, difference, is_good, " ".join(_sentences(whole, run, difference)))


def _sentences(whole: Run, run: Run, difference: Difference) -> Iterator[str]:
    if not run.resumed_from:
        yield (
            f"It was not resumed. {run.answer.sentence}"
            if run.has_ids
            else ("It was not resumed: no id had come before the cut. Begin each stream with a priming event.")
        )
        return
    refused = next((status for status in run.statuses if status >= 400), None)
    if refused is not None:
        yield f"Resuming was refused with HTTP status {refused}."
    told = [
        (difference.lost, "lost"),
        (difference.duplicated, "came twice"),
        (difference.reordered, "out of order"),
        (difference.extra, "not in the whole run"),
    ]
    parts = [f"{count:,} {words}" for count, words in told if count]
    yield f"Of {len(whole.got):,} events: {', '.join(parts)}." if parts else "Nothing lost, nothing twice."
    if _began_anew(run, difference):
        yield "The server replayed from the beginning: it ignores Last-Event-ID."
    if run.answer.outcome is not None:
        yield f"The call got no answer ({run.answer.outcome})."
    if not difference.is_by_content:
        yield "Its contents vary from run to run, so kinds and numbers were compared."


def _began_anew(run: Run, difference: Difference) -> bool:
    before, after = run.got[: run.before], run.got[run.before :]
    if not before or len(after) < len(before) or difference.duplicated < len(before):
        return False
    return _alike(before, after[: len(before)])


def _alike(one: Sequence[Got], other: Sequence[Got]) -> bool:
    return all(a.content == b.content for a, b in zip(one, other, strict=True))
