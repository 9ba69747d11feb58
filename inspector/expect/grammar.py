"""The language of expectations: one a line, written like a sentence; what follows a `#` is a remark.

`first event under 300ms of search`, `event method:notifications/progress within 500ms of call search`. What stands for
events is a filter, as in the filter bar. `FORMS` tells what there is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from inspector.expect import expectation as forms
from inspector.expect.cursor import Cursor
from inspector.expect.cursor import ExpectationError as ExpectationError  # noqa: PLC0414 - the door to all of it
from inspector.expect.expectation import Duration, Expectation, Milestone, least_calls
from inspector.record import query
from inspector.record.query import QueryError
from inspector.trace.events import Severity

MAX_EXPECTATIONS = 100
MAX_CHARS = 50_000

FORMS: tuple[tuple[str, str], ...] = (
    ("first event under 300ms", 'of every call of a tool; "of search" behind it means one tool, or a method'),
    ("first progress under 1s of search", "a call that is answered before needs none"),
    ("answer under 2s of search", "the round trip of each call; an answer that never comes is late, too"),
    ("p95 of search under 1s", 'also p50, p99, mean and max; judged after 20 answers, or "after 50 calls"'),
    ("no gap over 5s", 'between the events of a call; "in stream:get": between the events that fit a filter'),
    ("progress at least every 5s of search", "while the call runs"),
    ("heartbeat at least every 30s", "something on every open event stream, if only a comment"),
    ("event text:ready within 500ms of call search", "an event that fits the filter follows each call"),
    ("at least 3 events method:notifications/progress", 'in all, or behind it "during call search"'),
    ("never status:error", "no event fits the filter"),
    ("no errors of search", "every call is answered, and not with an error"),
    ("no drops", "the connection is not lost"),
    ("uptime over 99.9%", "the share of the time since the connection first stood"),
    ("no finding above note", "the diagnosis finds no warning and no error"),
)
"""Every form with an example and what else it takes, for the help and the templates."""

_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,6})?", re.ASCII)
_FIGURE = re.compile(r"mean|max|p\d{1,2}(?:\.\d{1,3})?", re.IGNORECASE | re.ASCII)
_NO_FINDINGS = "Findings come and go; expect them as in: no finding above note."
_FIRST_WORDS = (
    "answer",
    "at",
    "event",
    "first",
    "heartbeat",
    "max",
    "mean",
    "never",
    "no",
    "p95",
    "progress",
    "uptime",
)


@dataclass(frozen=True, slots=True)
class Script:
    """What a text says: its expectations, and what could not be read; in the order of the lines, each only once."""

    expectations: tuple[Expectation, ...] = ()
    problems: tuple[ExpectationError, ...] = ()


def parse(text: str) -> list[Expectation]:
    """The expectations of a text; raises the first ExpectationError."""
    script = read(text)
    if script.problems:
        raise script.problems[0]
    return list(script.expectations)


def read(text: str) -> Script:
    """What a text says, as far as it can be read."""
    if len(text) > MAX_CHARS:
        sentence = f"Expectations have at most {MAX_CHARS:,} characters; shorten them."
        return Script(problems=(ExpectationError(sentence, MAX_CHARS, len(text) - MAX_CHARS),))
    found: dict[Expectation, None] = {}
    problems = []
    start = 0
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            said = _expectation(line)
            if said is not None and said not in found:
                if len(found) >= MAX_EXPECTATIONS:
                    raise ExpectationError(f"At most {MAX_EXPECTATIONS} expectations are judged; remove some.", 0)
                found[said] = None
        except ExpectationError as error:
            problems.append(ExpectationError(error.sentence, start + error.position, error.length, number))
            if len(problems) >= MAX_EXPECTATIONS:
                break
        start += len(line) + 1
    return Script(tuple(found), tuple(problems))


def _expectation(line: str) -> Expectation | None:
    """What one line says; None for an empty one or a remark."""
    parser = _Line(line)
    if parser.is_over():
        return None
    said = parser.whole()
    parser.end()
    return said


class _Line(Cursor):
    """Reads one line from left to right; a filter reaches to the last of the words that may follow it."""

    def whole(self) -> Expectation:
        start, word = self.at, self.peek()
        if _FIGURE.fullmatch(word):
            return self._figure()
        read = self._forms().get(word)
        if read is None:
            raise self.unknown(word, _FIRST_WORDS, "An expectation begins with", start)
        self.take()
        return read()

    def _forms(self) -> dict[str, Callable[[], Expectation]]:
        return {
            "an": self._an_event,
            "answer": lambda: self._in_time(Milestone.ANSWER),
            "at": self._at_least,
            "event": self._event,
            "first": self._first,
            "heartbeat": lambda: forms.HeartbeatEvery(self._every()),
            "never": lambda: forms.Never(self._filter(self.stop, "never status:error")),
            "no": self._no,
            "progress": lambda: forms.ProgressEvery(self._every(), self._of()),
            "uptime": self._uptime,
        }

    def _first(self) -> Expectation:
        what = self.one_of({"event": Milestone.EVENT, "progress": Milestone.PROGRESS}, 'Behind "first" stands')
        return self._in_time(what)

    def _in_time(self, milestone: Milestone) -> Expectation:
        of = self._of()
        self.words(("under", "below", "within"), f"{milestone} under 300ms")
        limit = self.duration()
        return forms.InTime(milestone, limit, of or self._of())

    def _figure(self) -> Expectation:
        start, figure = self.at, self.take().lower()
        if figure.startswith("p"):
            number = Decimal(figure[1:])
            if not 0 < number < 100:
                raise ExpectationError("A percentile lies between 0 and 100; write it such as p95.", start, len(figure))
            figure = f"p{number.normalize():f}"
        of = self._of()
        self.words(("under", "below"), "p95 of search under 1s")
        limit = self.duration()
        of = of or self._of()
        after = least_calls(figure)
        if self.peek() == "after":
            self.take()
            after = self.count("after 50 calls")
            self.words(("calls", "call", "answers"), "after 50 calls")
        return forms.Figure(figure, limit, of, after)

    def _no(self) -> Expectation:
        kinds: dict[str, Callable[[], Expectation]] = {
            "gap": self._gap,
            "gaps": self._gap,
            "drop": forms.NoDrops,
            "drops": forms.NoDrops,
            "error": lambda: forms.NoErrors(self._of()),
            "errors": lambda: forms.NoErrors(self._of()),
            "finding": self._finding,
            "findings": self._finding,
        }
        return self.one_of(kinds, 'Behind "no" stands', ("gap", "drops", "errors", "finding"))()

    def _gap(self) -> Expectation:
        self.words(("over", "above"), "no gap over 5s")
        limit, of = self.duration(), self._of()
        if of or self.peek() != "in":
            return forms.NoGap(limit, of)
        self.take()
        return forms.NoGap(limit, filter=self._filter(self.stop, "no gap over 5s in stream:get"))

    def _finding(self) -> Expectation:
        if self.is_over():
            return forms.NoFinding(Severity.CHAT)
        self.words(("above", "over"), "no finding above note")
        table = {severity.value: severity for severity in Severity}
        return forms.NoFinding(self.one_of(table, "A severity is", tuple(table)[:-1]))

    def _uptime(self) -> Expectation:
        self.words(("over", "above"), "uptime over 99.9%")
        start, word = self.at, self.take()
        number = _NUMBER.fullmatch(word.removesuffix("%"))
        if number is None or not word.endswith("%") or not 0 < Decimal(number[0]) <= 100:
            raise ExpectationError(
                "A share is written in percent, from 0% to 100%, as in uptime over 99.9%.", start, len(word)
            )
        return forms.Uptime(number[0])

    def _at_least(self) -> Expectation:
        self.words(("least",), "at least 3 events status:ok")
        count = self.count("at least 3 events status:ok")
        self.words(("events", "event"), "at least 3 events status:ok")
        during = self.bare.rfind(" during call ", self.at - 1)
        example = "at least 3 events method:notifications/progress during call search"
        if during < 0:
            return forms.AtLeast(count, self._filter(self.stop, example))
        wanted = self._filter(during, example)
        self.at = during + len(" during call ")
        self.skip()
        return forms.AtLeast(count, wanted, self.name())

    def _an_event(self) -> Expectation:
        """As people say it: an event matching a filter."""
        self.words(("event",), "an event matching text:ready within 500ms of call search")
        if self.peek() == "matching":
            self.take()
        return self._event()

    def _event(self) -> Expectation:
        example = "event text:ready within 500ms of call search"
        within = self.bare.rfind(" within ", self.at - 1)
        if within < 0:
            raise ExpectationError(f'"within" and a time are missing; write it as in: {example}.', self.stop)
        wanted = self._filter(within, example)
        self.at = within + len(" within ")
        self.skip()
        limit = self.duration()
        self.words(("of",), example)
        self.words(("call", "calls"), example)
        return forms.EventWithin(wanted, limit, self.name())

    def _every(self) -> Duration:
        for word in ("at", "least", "every"):
            self.words((word,), "at least every 30s")
        return self.duration()

    def _of(self) -> str:
        if self.peek() != "of":
            return ""
        self.take()
        return self.name()

    def _filter(self, end: int, example: str) -> str:
        start = self.at
        text = self.text[start : max(start, end)].rstrip()
        if not text:
            raise ExpectationError(f"A filter is missing here; write it as in: {example}.", start)
        try:
            wanted = query.parse(text)
        except QueryError as error:
            raise ExpectationError(error.sentence, start + error.position, error.length) from error
        if wanted.asks_for_findings:
            raise ExpectationError(_NO_FINDINGS, start, len(text))
        self.at = self.stop if end >= self.stop else end
        return text
