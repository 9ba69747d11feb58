"""What a server suggests for an argument (completion/complete, R9), read from any answer; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.record.text import counted

if TYPE_CHECKING:
    from inspector.session.calls import Answer

MAX_VALUES = 100
"""More than that a server must not send."""
MAX_VALUE_CHARS = 4_096


@dataclass(frozen=True, slots=True)
class Suggestions:
    """`total` is how many there are in all, None where the server does not say; `sentence` says why there are none."""

    values: tuple[str, ...] = ()
    total: int | None = None
    has_more: bool = False
    sentence: str = ""

    @property
    def words(self) -> str:
        """How many of how many, for the line below the field."""
        if self.sentence:
            return self.sentence
        count = len(self.values)
        if self.total is not None and self.total > count:
            return f"{count:,} of {counted(self.total, 'suggestion')}"
        if self.has_more:
            return f"{counted(count, 'suggestion')}, and more"
        return counted(count, "suggestion") if count else "No suggestions"


def suggestions_of(answer: Answer) -> Suggestions:
    """The suggestions in the answer to completion/complete."""
    if not answer.ok:
        return Suggestions(sentence=f"No suggestions. {answer.sentence}".rstrip())
    completion = answer.result.get("completion") if isinstance(answer.result, dict) else None
    values = completion.get("values") if isinstance(completion, dict) else None
    if not isinstance(completion, dict) or not isinstance(values, list):
        return Suggestions(sentence="No suggestions: the result has no completion.values.")
    total = completion.get("total")
    return Suggestions(
        values=tuple(
            value for value in values[:MAX_VALUES] if isinstance(value, str) and len(value) <= MAX_VALUE_CHARS
        ),
        total=total if type(total) is int and total >= 0 else None,
        has_more=completion.get("hasMore") is True or len(values) > MAX_VALUES,
    )
