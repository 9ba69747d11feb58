"""What was found out about an expectation: the verdict that is shown, and the tally it is made of."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

from inspector.expect.expectation import Expectation

MAX_MOMENTS = 200
"""So many of the newest failures of an expectation are kept; all are counted."""


class State(enum.StrEnum):
    """Where an expectation stands; `UNUSED` means that nothing came that it could be judged by."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    PENDING = "pending"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Moment:
    """When an expectation failed, or, of a figure, was met again (`is_met`); `evidence` are numbers of events."""

    at_ns: int
    at: float
    is_met: bool
    text: str
    evidence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """An expectation as it stands: of `checked` occasions `failed` did not meet it.

    `text` says it in one sentence, `worst` is the worst that was measured, in words, `evidence` the events of the
    latest failure, or of the worst. `began_ns` is when it was first judged; `moments` are the newest failures in the
    order of time.
    """

    expectation: Expectation
    state: State
    text: str
    evidence: tuple[int, ...] = ()
    checked: int = 0
    failed: int = 0
    worst: str = ""
    began_ns: int | None = None
    moments: tuple[Moment, ...] = ()

    @property
    def last_failure(self) -> Moment | None:
        """The latest moment in which it failed."""
        return next((moment for moment in reversed(self.moments) if not moment.is_met), None)


class Tally:
    """What a watch counts."""

    def __init__(self) -> None:
        self.checked = 0
        self.failed = 0
        self.worst_ms: float | None = None
        self.worst_n: int | None = None
        self.began_ns: int | None = None
        self.moments: deque[Moment] = deque(maxlen=MAX_MOMENTS)

    def check(self, at_ns: int, count: int = 1) -> None:
        """So many occasions were looked at."""
        self.checked += count
        if self.began_ns is None:
            self.began_ns = at_ns

    def fail(self, at_ns: int, at: float, text: str, *evidence: int | None) -> None:
        """One of them did not meet the expectation."""
        self.failed += 1
        self.mark(at_ns, at, text, *evidence)

    def mark(self, at_ns: int, at: float, text: str, *evidence: int | None, is_met: bool = False) -> None:
        """Remember a moment without counting it."""
        numbers = tuple(n for n in evidence if n is not None)
        self.moments.append(Moment(at_ns, at, is_met, text, numbers))

    def measure(self, ms: float, n: int | None) -> None:
        """Remember the longest."""
        if self.worst_ms is None or ms > self.worst_ms:
            self.worst_ms, self.worst_n = ms, n

    @property
    def evidence(self) -> tuple[int, ...]:
        """The events of the latest failure, else of the worst."""
        for moment in reversed(self.moments):
            if not moment.is_met:
                return moment.evidence
        return () if self.worst_n is None else (self.worst_n,)
