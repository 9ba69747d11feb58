"""What was written one by one and arrives in one batch: at the end of a call or a stream, or every so often."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from inspector.diagnose.rule import Watch
from inspector.diagnose.rules.delivery_groups import Block, Group, group_from
from inspector.diagnose.rules.delivery_tunnel import blame_tunnel
from inspector.diagnose.topics import Topic
from inspector.trace.events import Message, Severity, StreamEnded, ToolStep

if TYPE_CHECKING:
    from inspector.diagnose.context import Context
    from inspector.diagnose.exchange import Exchange

MAX_STREAMS = 1_024
MAX_CALLS = 4_096
MAX_SHOWN = 4


@dataclass(slots=True)
class Call:
    """A call of ours: the progress it made so far."""

    first_ns: int
    progress: list[int] = field(default_factory=list)
    count: int = 0


class Batches(Watch):
    """Compares when events arrived with when they were written, or with the answer that they should have preceded."""

    rules = ("stream-batched-at-end", "quick-tunnel-no-sse")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._gap_ns = int(self.thresholds.arrival_gap_ms * 1e6)
        self._width_ns = int(self.thresholds.batch_width_ms * 1e6)
        self._groups: OrderedDict[int, Group] = OrderedDict()
        self._calls: OrderedDict[int, Call] = OrderedDict()
        self._batched_calls: list[int] = []
        self._batched_midway: list[int] = []

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {
            Topic.FRAME: self._add,
            Topic.COMMENT: self._add,
            Topic.REQUEST: self._add,
            Topic.PROGRESS: self._on_progress,
            Topic.ANSWER: self._on_answer,
            Topic.TOOL_STEP: self._on_step,
            Topic.END: self._on_end,
        }

    def run_reactions(self) -> Mapping[Topic, Callable[[list[Any]], None]]:
        return {Topic.NOTIFICATION: self._on_notifications}

    def _on_notifications(self, events: list[Message]) -> None:
        first, last = events[0], events[-1]
        is_one_write = last.monotonic_ns - first.monotonic_ns <= self._gap_ns
        if not is_one_write or (first is not last and len({event.stream for event in events}) > 1):
            for event in events:
                self.context.timers.move_to(event)
                self._add(event)
            return
        group = self._groups.get(first.stream or 0)
        if group is None or first.monotonic_ns - group.end_ns > self._gap_ns:
            self.context.timers.move_to(first)
            self._add(first)
            group, events = self._groups.get(first.stream or 0), events[1:]
        if group is not None and events:
            group.add_all(events)

    def _on_progress(self, event: Message | ToolStep) -> None:
        self._add(event)
        if event.request_n is None:
            return
        call = self._calls.get(event.request_n)
        if call is None:
            call = self._calls[event.request_n] = Call(event.monotonic_ns)
            if len(self._calls) > MAX_CALLS:
                self._calls.popitem(last=False)
        call.count += 1
        if len(call.progress) < MAX_SHOWN:
            call.progress.append(event.n)

    def _on_step(self, event: ToolStep) -> None:
        if event.rtt_ms is not None:
            self._on_answer(event)
        elif event.step == "progress":
            self._on_progress(event)
        elif event.step != "call":
            self._add(event)

    def _add(self, event: Block) -> None:
        stream, now_ns = event.stream, event.monotonic_ns
        if stream is None:
            return
        group = self._groups.get(stream)
        if group is not None and now_ns - group.end_ns <= self._gap_ns:
            group.add(event)
            return
        exchange = self.context.exchanges.get(stream)
        begun = self._groups[stream] = group_from(event, group, exchange.sent_ns if exchange else now_ns)
        if group is not None:
            is_batch = self._judge_midway(group, stream)
            begun.is_after_live = group.is_after_live or (group.first_stamp is not None and not is_batch)
        if len(self._groups) > MAX_STREAMS:
            self._groups.popitem(last=False)

    def _on_answer(self, event: Message | ToolStep) -> None:
        self._add(event)
        call = self._calls.pop(event.request_n, None) if event.request_n is not None else None
        group = self._groups.get(event.stream or 0)
        exchange = self._live(event.stream, group)
        if group is None or exchange is None:
            return
        if self._is_stamped_batch(group):
            self._judge_batch(group, exchange)
        elif call is not None:
            self._judge_call(call, event, group, exchange)

    def _judge_call(self, call: Call, event: Message | ToolStep, group: Group, exchange: Exchange) -> None:
        """Without stamps: a long call whose progress all came with its answer, and another such."""
        limits = self.thresholds
        elapsed_s = (event.rtt_ms or 0.0) / 1e3
        if call.count < limits.batch_progress or elapsed_s < limits.batch_silence_s:
            return
        if event.monotonic_ns - call.first_ns > self._width_ns:
            self.over()
            return
        if group.span_s is not None:  # written when they came, so the server speaks only at the end
            return
        group.is_judged = True
        self._batched_calls = [*self._batched_calls[-3:], event.n]
        text = f"{call.count} progress notifications arrived together with the answer of a call of {elapsed_s:.1f} s"
        is_repeated = len(self._batched_calls) >= limits.batch_calls
        if is_repeated:
            evidence = (*self._batched_calls[:-1], *call.progress, event.n)
            self.found(f"Again {text}.", evidence, grade="likely", severity=Severity.WARN)
            blame_tunnel(self, exchange, evidence)
        else:
            text += ": either they were held back, or the server reports only at the end."
            self.found(text, (*call.progress, event.n), grade="hint", severity=Severity.NOTE)

    def _on_end(self, event: StreamEnded) -> None:
        group = self._groups.pop(event.stream or 0, None)
        exchange = self._live(event.stream, group)
        if group is None or exchange is None or exchange.ended_by_us or group.is_judged:
            return
        if event.monotonic_ns - group.end_ns > self._width_ns:
            return
        if self._is_stamped_batch(group):
            self._judge_batch(group, exchange)
        elif self._is_silent_batch(group):
            text = f"After {group.silence_s:.1f} s of silence {group.blocks} events came at once, and the stream ended."
            self.found(text, (group.first_n, group.last_n, event.n), grade="hint", severity=Severity.NOTE)

    def _judge_batch(self, group: Group, exchange: Exchange) -> None:
        """All that came before an end: what had flowed until then may only have been stopped by ourselves for once."""
        if group.is_after_live:
            self._count_batch(group, exchange)
        else:
            self._prove(group, exchange)

    def _judge_midway(self, group: Group, stream: int) -> bool:
        """Whether a group that is complete was a batch."""
        if not self._is_stamped_batch(group):
            return group.is_judged
        exchange = self._live(stream, group)
        if exchange is None:
            return False
        self._count_batch(group, exchange)
        return True

    def _count_batch(self, group: Group, exchange: Exchange) -> None:
        """A batch in the middle of a stream may be the network's or ours; one after the other is not."""
        group.is_judged = True
        self._batched_midway = [*self._batched_midway[-3:], group.last_n]
        if len(self._batched_midway) >= self.thresholds.batch_repeats:
            self._prove(group, exchange, self._batched_midway)

    def _prove(self, group: Group, exchange: Exchange, earlier: list[int] | None = None) -> None:
        group.is_judged = True
        width_ms = (group.end_ns - group.start_ns) / 1e6
        text = (
            f"{group.blocks} events arrived within {width_ms:.0f} ms, "
            f"but by the server's own clock they were written over {group.span_s or 0:.1f} s."
        )
        coding = exchange.headers.get("content-encoding")
        if coding is not None:
            text += f" The stream is compressed ({coding[:40]}): that alone may hold it back."
        evidence = tuple(dict.fromkeys((*exchange.evidence, *(earlier or ()), group.first_n, group.last_n)))
        self.found(text, evidence)
        blame_tunnel(self, exchange, evidence)

    def _live(self, stream: int | None, group: Group | None) -> Exchange | None:
        """The event stream of a group, unless a batch is only natural there: what is replayed, or our own sleep."""
        exchange = self.context.exchanges.get(stream)
        if group is None or exchange is None or exchange.request is None or not exchange.is_event_stream:
            return None
        if any(name.lower() == "last-event-id" for name, _ in exchange.request.headers):
            return None
        slept = self.context.timers.mistimed_since(group.start_ns - group.silence_ns)
        return None if slept else exchange

    def _is_batch(self, group: Group) -> bool:
        is_narrow = group.end_ns - group.start_ns <= self._width_ns
        return is_narrow and group.blocks >= self.thresholds.batch_blocks

    def _is_silent_batch(self, group: Group) -> bool:
        """Without stamps it may be that the server says all it has at the end."""
        is_late = group.silence_s >= self.thresholds.batch_silence_s
        return is_late and self._is_batch(group) and group.span_s is None

    def _is_stamped_batch(self, group: Group) -> bool:
        """A span longer than the silence would be a backlog from before the stream, and no delay."""
        span_s = group.span_s if self._is_batch(group) and not group.is_judged else None
        longest_s = group.silence_s + self.thresholds.batch_slack_s
        return span_s is not None and self.thresholds.batch_span_s <= span_s <= longest_s
