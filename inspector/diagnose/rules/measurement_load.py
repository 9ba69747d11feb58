"""Rules about load: events that were dropped, streams that are too many, and ourselves as the slow part."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from inspector.diagnose.context import Context
from inspector.diagnose.exchange import Exchange
from inspector.diagnose.finding import Grade
from inspector.diagnose.newest import Newest
from inspector.diagnose.rule import Group, Rule, SeenBy, Watch
from inspector.diagnose.topics import BLOCKS, Topic
from inspector.trace import events as ev
from inspector.trace.events import Severity

MAX_STREAMS = 256
MAX_GAP = 10_000
MAX_IDS = 4_096
MAX_ORIGINS = 64
MAX_COUNTED = 4_096
_PROVEN = 3
_CLEAR = 10**17
_NUMBERED = re.compile(r"(.{0,200}?)(\d{1,18})\Z", re.DOTALL)


@dataclass(slots=True)
class Counting:
    """The ids of one stream that count up: the latest, and how many steps of one there were."""

    prefix: str
    latest: int
    steps: int = 0

    @property
    def is_clear(self) -> bool:
        """Whether the number and what stands before it do not run into each other, as they do in very many digits."""
        return self.latest < _CLEAR and not self.prefix[-1:].isdigit()

    def next(self, count: int) -> list[str]:
        """The ids that come next if none is left out."""
        return [f"{self.prefix}{number}" for number in range(self.latest + 1, self.latest + 1 + count)]


class Drops(Watch):
    """Ids of events that counted up by one, and then left some out that came on no other stream either."""

    rules = ("server-drops-when-slow",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._streams: OrderedDict[int, Counting] = OrderedDict()
        self._recent: Newest[int] = Newest(MAX_IDS)
        """The latest ids of all streams: servers may count over all of them."""
        self._losses = 0

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return dict.fromkeys(BLOCKS, self._on_run)

    def _on_run(self, events: list[Any]) -> None:
        """A row without a gap, as nearly all are, is known without taking its ids apart."""
        stream = events[0].stream
        counting = self._clear(stream)
        ids = [event.event_id for event in events]
        if counting is not None and ids == counting.next(len(ids)) and _are_of(stream, events):
            counting.latest += len(ids)
            counting.steps += len(ids)
            self._recent.add_all(ids, stream)
            return
        for event, event_id in zip(events, ids, strict=True):
            if event_id:
                self._on_id(event, event_id)

    def _clear(self, stream: int) -> Counting | None:
        counting = self._streams.get(stream)
        return counting if counting is not None and counting.is_clear else None

    def _on_id(self, event: ev.Message | ev.FrameReceived, event_id: str) -> None:
        found = _NUMBERED.match(event_id[:220])
        if event.stream is None or found is None:
            return
        prefix, number = found[1], int(found[2])
        self._recent.add(event_id, event.stream)
        counting = self._streams.get(event.stream)
        if counting is None or counting.prefix != prefix:
            self._streams[event.stream] = Counting(prefix, number)
            if len(self._streams) > MAX_STREAMS:
                self._streams.popitem(last=False)
            return
        step, counting.latest = number - counting.latest, number
        if step == 1:
            counting.steps += 1
        elif step > 1 and step <= MAX_GAP and counting.steps >= self.thresholds.id_steps:
            before = number - step
            # Named by its first and last: a range of thousands is not to be kept.
            look = partial(self._look_again, event, prefix, before + 1, number - 1)
            self.context.timers.after(event, self.thresholds.id_gap_s, look)
        else:
            counting.steps = 0

    def _look_again(self, event: ev.TraceEvent, prefix: str, first: int, last: int) -> None:
        if f"{prefix}{first}" in self._recent or f"{prefix}{last}" in self._recent:
            return
        self._losses += 1
        grade: Grade = "proven" if self._losses >= _PROVEN else "likely"
        count = last - first + 1
        which = f"{prefix}{first}"[:60] + (f" to {prefix}{last}"[:64] if count > 1 else "")
        text = f"After a row of ids without a gap, {count} {'are' if count > 1 else 'is'} missing: {which}."
        self.found(text, (event.n,), grade=grade, connection=event.connection)


class SixStreams(Watch):
    """As many event streams at once to one HTTP/1.1 server as a browser has connections for."""

    rules = ("six-connection-limit",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._open: Counter[str] = Counter()
        self._counted: OrderedDict[int, str] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.HTTP_RESPONSE: self._on_response, Topic.END: self._on_end}

    def _on_response(self, event: ev.HeadersReceived) -> None:
        exchange = self.context.exchanges.get(event.stream)
        if exchange is None or not exchange.is_event_stream or not event.http_version.startswith("HTTP/1"):
            return
        if exchange.stream in self._counted:  # behind a redirect
            return
        origin = _origin_of(exchange)
        self._counted[exchange.stream] = origin
        self._open[origin] += 1
        if len(self._counted) > MAX_COUNTED:
            self._forget(next(iter(self._counted)))
        if self._open[origin] >= self.thresholds.streams_per_origin and origin not in self._told:
            self._told[origin] = None
            if len(self._told) > MAX_ORIGINS:
                self._told.popitem(last=False)
            text = f"{self._open[origin]} event streams are open to {origin} over HTTP/1.1 at once."
            self.found(text, exchange.evidence)

    def _on_end(self, event: ev.StreamEnded) -> None:
        if event.stream is not None:
            self._forget(event.stream)

    def _forget(self, stream: int) -> None:
        origin = self._counted.pop(stream, None)
        if origin is not None:
            self._open[origin] -= 1
            if not self._open[origin]:
                del self._open[origin]


def _are_of(stream: int, events: list[Any]) -> bool:
    return [event.stream for event in events].count(stream) == len(events)


def _origin_of(exchange: Exchange) -> str:
    try:
        parts = urlsplit(exchange.request.url if exchange.request else "")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"[:200]
    except ValueError:
        return ""


RULES: tuple[Rule, ...] = (
    Rule(
        id="server-drops-when-slow",
        group=Group.MEASUREMENT,
        title="Server drops events for slow readers",
        severity=Severity.ERROR,
        symptom="The ids of a stream counted up by one for long, and then some are missing.",
        cause="A queue of fixed size for each reader throws events away when it is full. Where ids are given after "
        "that, the loss cannot even be seen.",
        fix="Give ids before anything can be dropped. When the queue is full, end the stream, so that the client "
        "resumes with Last-Event-ID, or say in an event that something was left out.",
        source="mcp-context-forge#1682, toolhive#2389",
        link="https://github.com/IBM/mcp-context-forge/issues/1682",
        watch=Drops,
    ),
    Rule(
        id="six-connection-limit",
        group=Group.MEASUREMENT,
        title="Too many parallel streams",
        severity=Severity.NOTE,
        symptom="Six or more event streams are open to one server over HTTP/1.1.",
        cause="Each tab or component opens a stream of its own. This program has no such limit, but browsers open six "
        "connections to a host at most: the seventh request hangs without any error.",
        fix="Serve HTTP/2, or share one stream.",
        source="HTML standard: server-sent events, authoring notes; freenet-core#5213",
        link="https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes",
        watch=SixStreams,
    ),
    Rule(
        id="slow-consumer-us",
        group=Group.MEASUREMENT,
        title="This inspector is the slow part",
        severity=Severity.WARN,
        symptom="Our own event loop lags or stood still, or the server had to wait for us for seconds.",
        cause="More comes than this machine can show, or another program takes its processor. Times of arrival are "
        "taken where bytes enter, but while we lag they come in late. What rules find by such times is then only a "
        "hint, or is not said at all.",
        fix="Take the times measured meanwhile with care; close other programs, or show fewer rows with a filter.",
        source="RFC 9293 section 3.8.6: a full window makes the sender wait",
        link="https://www.rfc-editor.org/rfc/rfc9293#section-3.8.6",
        seen_by=SeenBy.PROTOCOL,
    ),
)
