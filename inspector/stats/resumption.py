"""What came of every attempt to go on where a stream had broken off."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.trace.fold import Fold

MAX_RESUMPTIONS = 1_000


class ResumeOutcome(enum.StrEnum):
    """What the server made of Last-Event-ID; the value is what a person reads."""

    RESUMED = "resumed"
    IGNORED = "ignored the id"
    REFUSED = "refused"
    NEW = "began anew"


@dataclass(frozen=True, slots=True)
class Resumption:
    """One resume: event `n` is the request for it, `stream` what it opened.

    `lost`, `duplicated` and `reordered` are None where nothing tells: without ids, or without a counter in them.
    `words` say all of it in a sentence.
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


class Resumptions(Fold):
    """A fold over the river: the newest 1,000 resumes and what they brought."""

    def __init__(self) -> None:
        self._resumptions: deque[Resumption] = deque(maxlen=MAX_RESUMPTIONS)
        super().__init__({})

    @property
    def resumptions(self) -> Sequence[Resumption]:
        """The resumes in the order in which they were answered."""
        return tuple(self._resumptions)
