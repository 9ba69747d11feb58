"""Rules about latencies that fall into two heaps."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from inspector.diagnose.context import Context
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.topics import Topic
from inspector.trace import events as ev
from inspector.trace.events import Severity

MAX_SAMPLES = 64
MAX_NAMES = 128
_STEPS_MS = ((38.0, 46.0), (195.0, 215.0))
"""What a delayed acknowledgement adds (RFC 1122 section 4.2.3.2 allows 500 ms; Linux waits 40, others 200)."""
_LEAST_SHARE = 0.2
_MOST = 0.8


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: how long it took, and whether for a connection of its own."""

    rtt_ms: float
    is_new: bool
    n: int


@dataclass(slots=True)
class Series:
    """The latest answers to one method (and tool), and whether they were judged already."""

    samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MAX_SAMPLES))
    seen: int = 0


class Bimodal(Watch):
    """Answers to the same request that come either at once or late, with nothing in between."""

    rules = ("latency-bimodal",)

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._series: OrderedDict[tuple[str | None, str | None], Series] = OrderedDict()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _on_answer(self, message: ev.Message) -> None:
        request = self.context.pending.get(-1 if message.request_n is None else message.request_n)
        if request is None or message.rtt_ms is None:
            return
        if self.context.timers.mistimed_since(request.monotonic_ns):
            return
        exchange = self.context.exchanges.get(request.stream)
        is_new = exchange is not None and exchange.opened_socket is not None
        series = self._of((request.method, request.name))
        series.samples.append(Sample(message.rtt_ms, is_new, message.n))
        series.seen += 1
        # Once in so many answers: sorting each time would cost a fast server's calls dearly.
        if series.seen % self.thresholds.bimodal_samples == 0:
            self._judge(request, series)

    def _of(self, key: tuple[str | None, str | None]) -> Series:
        series = self._series.setdefault(key, Series())
        if len(self._series) > MAX_NAMES:
            self._series.popitem(last=False)
        return series

    def _judge(self, request: ev.Message, series: Series) -> None:
        ordered = sorted(series.samples, key=lambda sample: sample.rtt_ms)
        fast, slow = _split(ordered)
        if not fast:
            return
        fast_ms, slow_ms = _middle(fast), _middle(slow)
        if slow[0].rtt_ms < self.thresholds.bimodal_gap * fast[-1].rtt_ms:
            return
        if slow_ms < self.thresholds.bimodal_least_ms or slow_ms < self.thresholds.bimodal_ratio * fast_ms:
            return
        what = f"{request.method} {request.name or ''}".strip()[:80]
        seen = (
            f"{len(slow)} of {len(ordered)} answers to {what} took about {slow_ms:.0f} ms, the others {fast_ms:.1f} ms"
        )
        evidence = tuple(sample.n for sample in slow[:10])
        if _share_of_new(slow) >= _MOST and _share_of_new(fast) <= _LEAST_SHARE:
            self.found(f"{seen}: the slow ones are those that opened a new connection.", evidence, grade="likely")
        elif any(least <= slow_ms - fast_ms <= most for least, most in _STEPS_MS):
            text = f"{seen}: so much does a delayed acknowledgement of TCP add."
            self.found(text, evidence, grade="hint")


def _split(ordered: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The two sides of the widest gap, by ratio, that leaves enough on both sides; nothing where there is none."""
    least = max(2, int(len(ordered) * _LEAST_SHARE))
    places = range(least, len(ordered) - least + 1)
    if not places:
        return (), ()
    place = max(places, key=lambda at: ordered[at].rtt_ms / max(ordered[at - 1].rtt_ms, 0.01))
    return ordered[:place], ordered[place:]


def _middle(samples: Sequence[Sample]) -> float:
    return median(sample.rtt_ms for sample in samples)


def _share_of_new(samples: Sequence[Sample]) -> float:
    return sum(sample.is_new for sample in samples) / len(samples)


RULES: tuple[Rule, ...] = (
    Rule(
        id="latency-bimodal",
        group=Group.MEASUREMENT,
        title="Two latency populations",
        severity=Severity.NOTE,
        symptom="Answers to the same request take either a short or a long time, with nothing in between.",
        cause="The slow ones pay for a new TCP and TLS connection, because the server or a proxy closes it after each "
        "answer; or small writes wait for the acknowledgement of the one before (Nagle's algorithm).",
        fix="Let the server keep connections alive (no `Connection: close`), and switch TCP_NODELAY on.",
        source="RFC 9112 section 9.3, RFC 1122 section 4.2.3.4",
        link="https://www.rfc-editor.org/rfc/rfc9112#section-9.3",
        watch=Bimodal,
    ),
)
