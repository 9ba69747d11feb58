"""What can be expected of a session: one immutable value for each form, which reads as the line that wrote it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from decimal import Decimal

from inspector.record.query_values import DURATIONS
from inspector.trace.events import Severity

_BARE_NAME = re.compile(r"[^\s\"'#\\][^\s\"'\\]*")


@dataclass(frozen=True, slots=True)
class Duration:
    """A time as it was written."""

    number: str
    unit: str

    @property
    def ms(self) -> float:
        return float(Decimal(self.number) * Decimal(DURATIONS[self.unit]))

    @property
    def ns(self) -> int:
        return int(Decimal(self.number) * Decimal(DURATIONS[self.unit]) * 1_000_000)

    def __str__(self) -> str:
        return f"{self.number}{self.unit}"


class Milestone(enum.StrEnum):
    """What a call has to reach in time."""

    EVENT = "first event"
    PROGRESS = "first progress"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line; `str` gives a line that reads as an equal expectation.

    `of` names the calls that are meant: a tool, or a method of the protocol; `*` stands for anything, and without a
    name every call of a tool is meant.
    """


@dataclass(frozen=True, slots=True)
class EventWithin(Expectation):
    """After each call an event that fits the filter comes in time."""

    filter: str
    limit: Duration
    of: str

    def __str__(self) -> str:
        return f"event {self.filter} within {self.limit} of call {quoted(self.of)}"


@dataclass(frozen=True, slots=True)
class NoGap(Expectation):
    """No silence between the events of a call; or of each stream, between those that fit the filter."""

    limit: Duration
    of: str = ""
    filter: str = ""

    def __str__(self) -> str:
        return f"no gap over {self.limit}{_of(self.of)}{f' in {self.filter}' if self.filter else ''}"


@dataclass(frozen=True, slots=True)
class InTime(Expectation):
    """A call reaches something in time."""

    milestone: Milestone
    limit: Duration
    of: str = ""

    def __str__(self) -> str:
        return f"{self.milestone} under {self.limit}{_of(self.of)}"


@dataclass(frozen=True, slots=True)
class Figure(Expectation):
    """A figure over the round trips of calls stays under a limit: `mean`, `max` or a percentile such as `p95`.

    It is judged after `after` answers.
    """

    figure: str
    limit: Duration
    of: str = ""
    after: int = 1

    def __str__(self) -> str:
        after = f" after {self.after} calls" if self.after != least_calls(self.figure) else ""
        return f"{self.figure}{_of(self.of)} under {self.limit}{after}"


@dataclass(frozen=True, slots=True)
class ProgressEvery(Expectation):
    """While a call runs its progress is told again and again."""

    limit: Duration
    of: str = ""

    def __str__(self) -> str:
        return f"progress at least every {self.limit}{_of(self.of)}"


@dataclass(frozen=True, slots=True)
class HeartbeatEvery(Expectation):
    """Something comes on every open event stream, if only a comment."""

    limit: Duration

    def __str__(self) -> str:
        return f"heartbeat at least every {self.limit}"


@dataclass(frozen=True, slots=True)
class NoDrops(Expectation):
    """The connection is not lost."""

    def __str__(self) -> str:
        return "no drops"


@dataclass(frozen=True, slots=True)
class NoErrors(Expectation):
    """Every call is answered, and not with an error."""

    of: str = ""

    def __str__(self) -> str:
        return f"no errors{_of(self.of)}"


@dataclass(frozen=True, slots=True)
class Uptime(Expectation):
    """The connection is up for more than this share of the time, in percent."""

    percent: str

    @property
    def share(self) -> float:
        return float(Decimal(self.percent) / 100)

    def __str__(self) -> str:
        return f"uptime over {self.percent}%"


@dataclass(frozen=True, slots=True)
class NoFinding(Expectation):
    """The diagnosis finds nothing that is graver."""

    above: Severity

    def __str__(self) -> str:
        return f"no finding above {self.above.value}"


@dataclass(frozen=True, slots=True)
class AtLeast(Expectation):
    """So many events that fit the filter come: in all, or during each call."""

    count: int
    filter: str
    of: str = ""

    def __str__(self) -> str:
        during = f" during call {quoted(self.of)}" if self.of else ""
        return f"at least {self.count} events {self.filter}{during}"


@dataclass(frozen=True, slots=True)
class Never(Expectation):
    """No event fits the filter."""

    filter: str

    def __str__(self) -> str:
        return f"never {self.filter}"


def least_calls(figure: str) -> int:
    """How many answers a figure needs to be one: with fewer, a percentile is only the largest."""
    if not figure.startswith("p"):
        return 1
    rest = 1 - Decimal(figure[1:]) / 100
    return max(2, int((1 / rest).to_integral_value()))


def quoted(name: str) -> str:
    """A name as it may stand in a line."""
    if _BARE_NAME.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _of(name: str) -> str:
    return f" of {quoted(name)}" if name else ""
