"""What importing a file gives, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from inspector.trace.events import AnyEvent

MAX_WHOLE_BYTES = 200 * 1024 * 1024
"""How large a file may be that has to be read as a whole: as values in memory it takes several times that."""


class ImportFailed(ValueError):
    """The file cannot be imported; `sentence` says what it looks like and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(slots=True)
class Imported:
    """The events of a file, in order; `format` is what the file is, in a word or two.

    `notes` say what the file does not tell or what was left out, one sentence each; they are complete once the events
    have been read.
    """

    format: str
    events: Iterator[AnyEvent]
    notes: list[str] = field(default_factory=list)
