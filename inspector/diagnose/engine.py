"""The diagnosis: a pure fold over the river that turns what went wrong into findings.

The same events give the same findings, live, in a recording and without a window: no watch reads a clock, and what
waits for a silence is called when the river has passed that time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

from inspector.diagnose.cases import Cases
from inspector.diagnose.context import Context
from inspector.diagnose.discretion import Discretion
from inspector.diagnose.finding import Finding, Grade
from inspector.diagnose.rule import Rule
from inspector.diagnose.rules import ALL
from inspector.diagnose.thresholds import Thresholds
from inspector.diagnose.topics import Topic, by_topic
from inspector.protocol import stall
from inspector.trace.events import (
    AnyEvent,
    ChunkReceived,
    CommentReceived,
    FrameReceived,
    Message,
    Severity,
    ToolStep,
    Violation,
)
from inspector.trace.fold import Fold, Run

React = Callable[[list[Any]], None]
THRESHOLDS = Thresholds()
GRID_NS = 10_000_000
"""Events of the same hundredth of a second are taken in together; what is due comes before them or after them."""
_SLOW = "slow-consumer-us"
_FLOOD = frozenset({Message, FrameReceived, CommentReceived, ChunkReceived, ToolStep})
"""Kinds that come in thousands: of these only the first in a hundredth of a second is asked for the time."""


class Engine(Fold):
    """Folds events into findings; `thresholds` can be scaled, `rules` can be fewer than all."""

    def __init__(self, thresholds: Thresholds = THRESHOLDS, rules: Mapping[str, Rule] = ALL) -> None:
        super().__init__({})
        self._rules = rules
        self._context = Context(thresholds, self)
        self._discretion = Discretion()
        self._cases = Cases(rules, self._context.stack, self._discretion)
        self._listening = self._listeners()
        self._now_place: int | None = None

    @property
    def count(self) -> int:
        """How many rules have fired, those that others explain included."""
        return len(self._cases)

    @property
    def version(self) -> int:
        """Another number whenever the findings may be others than before, or they or the stack say more."""
        return self._cases.version + len(self._context.stack.products)

    def findings(self) -> list[Finding]:
        """The gravest first; what is only a consequence of another stands among the `dependants` of that."""
        return self._cases.findings()

    def feed(self, event: AnyEvent) -> list[Finding]:
        """Take in one event: the findings that are new with it, or say more than before."""
        self._cases.changed.clear()
        self.fold((event,))
        return [self._cases.finding(rule) for rule in sorted(self._cases.changed)]

    def take(self, pieces: Sequence[Run]) -> None:
        """Take in the next events of the river, already cut into runs."""
        for kind, run in pieces:
            if run[0].monotonic_ns // GRID_NS == run[-1].monotonic_ns // GRID_NS:
                self._take_run((kind, run))
                continue
            for _, group in groupby(run, _place):
                self._take_run((kind, list(group)))

    def advance(self, now_ns: int) -> None:
        """Nothing happened until now, by the monotonic clock of the river; only for a river that is still live."""
        self._context.timers.run_due(now_ns)

    def report(
        self,
        rule: str,
        text: str,
        evidence: Sequence[int],
        grade: Grade = "proven",
        severity: Severity | None = None,
        fix: str = "",
        connection: int = 0,
    ) -> None:
        """Take a report of a watch."""
        known = self._rules.get(rule)
        found_severity = severity or (known.severity if known else Severity.NOTE)
        case = self._cases.case(rule, found_severity, self._context.timers.at_s)
        case.add(text, evidence, grade, found_severity, fix, self._context.timers.now_ns)
        case.connections.add(connection)

    def over(self, rule: str) -> None:
        """Take the word of a watch that what it found is no longer so."""
        self._cases.over(rule, self._context.timers.at_s)

    def _take_run(self, run: Run) -> None:
        """Take in a run of one hundredth of a second. Where that was cut off must not show in anything."""
        kind, events = run
        if kind in _FLOOD:
            self._begin(events[0])
            self._hand_over(run)
            return
        for event in events:
            if not self._begin(event):
                self._context.timers.note_sleep(event)
            self._hand_over((kind, [event]))

    def _begin(self, event: AnyEvent) -> bool:
        """Let pass what time has passed if an event is the first of a hundredth of a second; whether it is."""
        place = _place(event)
        if place == self._now_place:
            return False
        self._now_place = place
        timers = self._context.timers
        # Before anything is due, because what fell due during a sleep has to know of it.
        timers.note_sleep(event)
        timers.run_due(place * GRID_NS)
        return True

    def _hand_over(self, run: Run) -> None:
        for topic, events in by_topic(run):
            reactions = self._listening.get(topic, ())
            # What one answer settles is settled for the watches of the next.
            for group in [[event] for event in events] if topic is Topic.ANSWER else [events]:
                for react in reactions:
                    react(group)

    def _listeners(self) -> dict[Topic, list[React]]:
        """Who listens to what; the context comes first, so that the watches find it up to date."""
        context = self._context
        exchanges, stack, discretion = context.exchanges, context.stack, self._discretion
        found: dict[Topic, list[React]] = {}
        own: tuple[tuple[Topic, Callable[[Any], None]], ...] = (
            (Topic.STATE, context.on_state),
            (Topic.ATTEMPT, context.on_attempt),
            (Topic.READY, context.on_ready),
            (Topic.READY, discretion.on_ready),
            (Topic.HTTP_REQUEST, context.on_request),
            (Topic.HTTP_REQUEST, discretion.on_head),
            (Topic.CONNECTED, exchanges.on_connected),
            (Topic.HTTP_RESPONSE, exchanges.on_response),
            (Topic.HTTP_RESPONSE, stack.on_headers),
            (Topic.HTTP_RESPONSE, discretion.on_head),
            (Topic.FRAME, discretion.on_frame),
            (Topic.BODY, stack.on_body),
            (Topic.CHUNK, exchanges.on_chunk),
            (Topic.END, exchanges.on_end),
            (Topic.OUR_REQUEST, context.on_our_request),
            (Topic.LAB, context.on_lab),
            (Topic.VIOLATION, self._on_violation),
        )
        single: dict[Topic, list[Callable[[Any], None]]] = {}
        for topic, react in own:
            single.setdefault(topic, []).append(react)
        for kind in dict.fromkeys(rule.watch for rule in self._rules.values() if rule.watch is not None):
            watch = kind(context)
            for topic, react in watch.reactions().items():
                single.setdefault(topic, []).append(react)
            for topic, react_to_run in watch.run_reactions().items():
                before = single.pop(topic, ())
                found.setdefault(topic, []).extend((self._each(*before), react_to_run) if before else (react_to_run,))
        # Watches of an answer still want to find the request it answers.
        single.setdefault(Topic.ANSWER, []).append(context.on_answer)
        single.setdefault(Topic.FAILED, []).append(context.on_failed)
        for topic, reactions in single.items():
            # All of them at one event after the other: none may know what comes later in the same run.
            found.setdefault(topic, []).append(self._each(*reactions))
        return found

    def _each(self, *reactions: Callable[[Any], None]) -> React:
        move_to = self._context.timers.move_to

        def react_to_run(events: list[Any]) -> None:
            for event in events:
                move_to(event)
                for react in reactions:
                    react(event)

        return react_to_run

    def _on_violation(self, violation: Violation) -> None:
        if violation.rule == _SLOW:
            self._on_slow(violation)
        about_n = violation.n if violation.about_n is None else violation.about_n
        case = self._cases.case(violation.rule, violation.severity, violation.at)
        case.add(violation.text, (about_n,), "proven", violation.severity, violation.fix)
        case.requirement = violation.requirement or case.requirement
        case.connections.add(violation.connection)

    def _on_slow(self, violation: Violation) -> None:
        """The session says so when it has lasted for a while, and again half a minute later if it still does."""
        thresholds, is_lasting = self._context.thresholds, violation.severity is not Severity.NOTE
        self._context.timers.note_slow(violation, thresholds.slow_again_s if is_lasting else 0.0)
        window_s = max(thresholds.slow_window_s, stall.seconds_told(violation.text) + thresholds.slow_slack_s)
        self._cases.doubt(violation.monotonic_ns - int(window_s * 1e9))


def _place(event: AnyEvent) -> int:
    return event.monotonic_ns // GRID_NS
