"""Event ids and what a server makes of Last-Event-ID."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.newest import Newest
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.topics import BLOCKS, Topic
from inspector.protocol.probe_steps import PREFIX
from inspector.trace.events import FrameReceived, HeadersReceived, Message, RequestSent, SseEvent

MAX_IDS = 10_000
MAX_ID_CHARACTERS = 200
MAX_ROOTS = 1_000
MAX_SHOWN = 60
_NO_REPLAY = frozenset({400, 405})


@dataclass(frozen=True, slots=True)
class _Together:
    """Events that were taken in together; one object for all of them, as a flood has no time for one each."""

    stream: int | None
    ids: Sequence[str]
    hashes: Sequence[int]
    numbers: Sequence[int]

    @classmethod
    def of(cls, ids: Sequence[str], events: Sequence[SseEvent]) -> Self:
        return cls(events[0].stream, ids, [hash(event.raw) for event in events], [event.n for event in events])

    def one(self, key: str) -> tuple[int | None, int, int]:
        place = self.ids.index(key)
        return self.stream, self.hashes[place], self.numbers[place]


class EventIds(Watch):
    """Keeps which event had which id, and which stream a resumed one goes on from."""

    rules = ("event-id-not-unique", "resume-duplicates", "last-event-id-ignored", "event-ids-useless-2026")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._seen: Newest[_Together] = Newest(MAX_IDS)
        self._answered: OrderedDict[str, int | None] = OrderedDict()
        self._roots: OrderedDict[int, int] = OrderedDict()
        """The stream where it all began, for each resumed one."""
        self._cursors: OrderedDict[int, int] = OrderedDict()
        """The event behind which each resumed stream was to go on: what came after it is asked for once more."""
        self._alive: OrderedDict[int, None] = OrderedDict()
        """The resumed streams that brought something about a request."""
        self._useless = 0
        """The connection where ids were found useless."""

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.OUR_REQUEST: self._on_our_request,
            Topic.HTTP_REQUEST: self._on_request,
            Topic.HTTP_RESPONSE: self._on_response,
            Topic.ANSWER: self._on_answer,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return dict.fromkeys(BLOCKS, self._on_blocks)

    def _on_our_request(self, message: Message) -> None:
        if message.method == "initialize":  # ids are unique within a session, and a new one begins
            self._seen.clear()
            self._answered.clear()
            self._roots.clear()
            self._cursors.clear()

    def _on_request(self, event: RequestSent) -> None:
        if event.purpose != "resume" or event.stream is None or self.context.era is not Era.STREAMABLE:
            return
        last = next((value for name, value in event.headers if name.lower() == "last-event-id"), None)
        origin = self._before(_key(last)) if last is not None else None
        if origin is not None:
            _keep(self._cursors, event.stream, origin[2], MAX_ROOTS)
        if origin is not None and origin[0] is not None:
            _keep(self._roots, event.stream, self._roots.get(origin[0], origin[0]), MAX_ROOTS)

    def _on_response(self, event: HeadersReceived) -> None:
        root = self._roots.get(event.stream) if event.stream is not None else None
        exchange = self.context.exchanges.get(event.stream)
        if root is None or exchange is None:
            return
        waiting = [message.n for message in self.context.pending.values() if message.stream == root]
        if waiting and exchange.is_event_stream:
            look = partial(self._look_for_answer, exchange, waiting)
            self.context.timers.after(event, self.thresholds.replay_s, look)
        elif waiting and event.status in _NO_REPLAY:
            text = f"The stream of a request ended, and GET with Last-Event-ID was answered with {event.status}."
            self.found(text, (*waiting, *exchange.evidence), rule=self.rules[2])

    def _look_for_answer(self, exchange: Exchange, waiting: Sequence[int]) -> None:
        lost = [n for n in waiting if n in self.context.pending]
        if not lost or exchange.stream in self._alive or exchange.ended_by_us:
            return
        if self.context.timers.disturbed_since(exchange.sent_ns):
            return
        text = (
            f"{self.thresholds.replay_s:g} s after GET with Last-Event-ID the answer of a request is still missing "
            "whose stream had been cut."
        )
        self.found(
            text, (*lost, *exchange.evidence), rule=self.rules[2], grade="likely", connection=exchange.connection
        )

    def _on_blocks(self, events: list[SseEvent]) -> None:
        if self._are_plain(events):
            self._on_plain(events)
            return
        for event in events:
            if event.event_id:
                self._on_id(event, event.event_id)
            if event.stream in self._roots and getattr(event, "request_n", None) is not None:
                _keep(self._alive, event.stream, None, MAX_ROOTS)

    def _are_plain(self, events: list[SseEvent]) -> bool:
        """Whether all came on one stream that goes on from no other, as nearly all do."""
        stream = events[0].stream
        if self.context.era is not Era.STREAMABLE or stream in self._roots:
            return False
        if self._is_resumed(stream) or self._is_probed(stream):
            return False
        return [event.stream for event in events].count(stream) == len(events)

    def _on_plain(self, events: list[SseEvent]) -> None:
        """In a flood with ids there is hardly time to look at each; only what is odd is looked at closely."""
        ids = [event.event_id for event in events if event.event_id]
        if not ids:
            return
        if type(events[0]) is FrameReceived or not self._seen.are_new(ids) or max(map(len, ids)) > MAX_ID_CHARACTERS:
            for event in events:
                if event.event_id:
                    self._on_id(event, event.event_id)
            return
        if len(ids) < len(events):
            events = [event for event in events if event.event_id]
        self._seen.add_all(ids, _Together.of(ids, events))

    def _on_id(self, event: SseEvent, event_id: str) -> None:
        era = self.context.era
        if era is Era.STATELESS:
            self._tell_useless(event, event_id)
        if era is not Era.STREAMABLE or self._is_probed(event.stream):
            return
        if isinstance(event, FrameReceived) and not event.complete:  # it was cut, and comes again
            return
        key, data = _key(event_id), hash(event.raw)
        before = self._before(key)
        if before is None:
            self._seen.add(key, _Together.of((key,), (event,)))
            return
        stream, known, n = before
        is_resumed = event.stream != stream and self._is_resumed(event.stream)
        if is_resumed and _is_priming(event):  # it says again where the stream stands, and brings nothing
            return
        if known != data:
            where = "of another stream" if event.stream != stream else "of the same stream"
            text = f"The id {_shown(event_id)} stands at two different events, the earlier one {where}."
            self._say(event, text, n, self.rules[0])
        elif is_resumed and self._was_not_asked_for(event.stream, n):
            text = f"The event with the id {_shown(event_id)} came again after a resume, though we had it already."
            self._say(event, text, n, self.rules[1])

    def _before(self, key: str) -> tuple[int | None, int, int] | None:
        """Stream, hash and number of the event that had an id."""
        found = self._seen.get(key)
        return None if found is None else found.one(key)

    def _on_answer(self, message: Message) -> None:
        if self.context.era is not Era.STREAMABLE or message.stream is None:
            return
        is_resumed = self._is_resumed(message.stream)
        if is_resumed:
            self._check_replayed(message, message.stream)
        _keep(self._answered, repr(message.id)[:MAX_ID_CHARACTERS], message.n, MAX_IDS)

    def _check_replayed(self, message: Message, stream: int) -> None:
        before = self._answered.get(repr(message.id)[:MAX_ID_CHARACTERS])
        root = self._roots.get(stream)
        asked = self.context.pending.get(message.request_n) if message.request_n is not None else None
        if before is not None and not message.event_id:
            text = f"The answer with the id {message.id!r} came again after a resume, though we had it already."
            self._say(message, text, before, self.rules[1])
        elif asked is not None and root is not None and asked.stream != root and self._carried(root):
            text = "A resumed stream brought the answer of another request, which belongs to that request's own stream."
            self._say(message, text, asked.n, self.rules[1])

    def _was_not_asked_for(self, stream: int | None, n: int) -> bool:
        """Whether an earlier event lies before the place that a stream was to go on from, if that is known."""
        cursor = self._cursors.get(stream) if stream is not None else None
        return cursor is not None and n <= cursor

    def _carried(self, stream: int) -> bool:
        exchange = self.context.exchanges.get(stream)
        return exchange is not None and exchange.method == "POST"

    def _is_resumed(self, stream: int | None) -> bool:
        exchange = self.context.exchanges.get(stream)
        return exchange is not None and exchange.purpose == "resume"

    def _is_probed(self, stream: int | None) -> bool:
        """Whether a probe asked for it, which may be in a session of its own."""
        exchange = self.context.exchanges.get(stream)
        return exchange is not None and exchange.purpose.startswith(PREFIX)

    def _tell_useless(self, event: SseEvent, event_id: str) -> None:
        if event.connection != self._useless:
            self._useless = event.connection
            text = f"An event has the id {_shown(event_id)}; in 2026-07-28 no stream can be resumed."
            self._say(event, text, event.n, self.rules[3])

    def _say(self, event: SseEvent, text: str, other_n: int, rule: str) -> None:
        self.context.timers.move_to(event)
        evidence = (event.n,) if other_n == event.n else (other_n, event.n)
        self.found(text, evidence, rule=rule)


def _is_priming(event: SseEvent) -> bool:
    """An id without data, with which a stream begins (SEP-1699)."""
    is_frame = isinstance(event, FrameReceived)
    return is_frame and not any(line.startswith(b"data:") and line[5:].strip() for line in event.raw.splitlines())


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any, limit: int) -> None:
    kept[key] = value
    if len(kept) > limit:
        kept.popitem(last=False)


def _key(event_id: str) -> str:
    return event_id if len(event_id) <= MAX_ID_CHARACTERS else f"{event_id[:MAX_ID_CHARACTERS]} {hash(event_id)}"


def _shown(event_id: str) -> str:
    return repr(event_id if len(event_id) <= MAX_SHOWN else f"{event_id[:MAX_SHOWN]}…")
