"""A line that is read from left to right, word by word; what does not fit is said with its place."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import TypeVar

from inspector.expect.expectation import Duration
from inspector.record.query_values import DURATIONS

MAX_NAME = 200
MAX_COUNT = 1_000_000

T = TypeVar("T")

_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(?:\s*((?!of\b)[a-zµμ]+))?(?!\S)", re.IGNORECASE | re.ASCII)
_UNITS = ", ".join(unit for unit in DURATIONS if unit.isascii())
_OPENING = re.compile(r"(?:^|(?<=[\s(,:=<>!-]))[\"']")
_REMARK = re.compile(r"(?:^|(?<=\s))#")
_WORD = re.compile(r"\S+")
_HIDDEN = "\0"
"""Stands for what is in quotes, in `bare`."""
_LONGEST_MS = 7 * 24 * 3_600_000


class ExpectationError(ValueError):
    """A line that cannot be read: what is wrong and what to do, and where it stands in the text."""

    def __init__(self, sentence: str, position: int, length: int = 1, line: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position
        self.length = max(1, length)
        self.line = line

    def __str__(self) -> str:
        return f"line {self.line}: {self.sentence}"


class Cursor:
    """A place in a line; a remark behind `#` is no part of it."""

    def __init__(self, line: str) -> None:
        bare = _without_quotes(line)
        remark = _REMARK.search(bare)
        self.stop = len((line[: remark.start()] if remark else line).rstrip())
        self.text, self.bare = line[: self.stop], bare[: self.stop]
        self.at = 0
        self.skip()

    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.at >= self.stop

    def end(self) -> None:
        """Nothing may follow."""
        if not self.is_over():
            raise ExpectationError(
                "The expectation is complete before this; remove the rest, or put # before a remark.",
                self.at,
                self.stop - self.at,
            )

    def name(self) -> str:
        """The name of a tool or a method, perhaps in quotes."""
        start = self.at
        if self.is_over():
            raise ExpectationError("The name of a tool or a method is missing here; * stands for all of them.", start)
        name = self._quoted() if self.text[start] in "\"'" else self._bare_word()
        if not name or len(name) > MAX_NAME:
            raise ExpectationError(f"A name has 1 to {MAX_NAME} characters.", start, self.at - start)
        self.skip()
        return name

    def _bare_word(self) -> str:
        start, self.at = self.at, self._word_end()
        return self.text[start : self.at]

    def _quoted(self) -> str:
        start = self.at
        self.at = end = _closing(self.text, start)
        if end < start + 2 or self.text[end - 1] != self.text[start] or _ends_in_escape(self.text[start + 1 : end]):
            sentence = f"This quote is not closed; add {self.text[start]} behind the name."
            raise ExpectationError(sentence, start, end - start)
        return re.sub(r"\\([\\\"'])", r"\1", self.text[start + 1 : end - 1])

    def duration(self) -> Duration:
        """A time with its unit."""
        start = self.at
        found = _DURATION.match(self.text, start)
        if found is None:
            word = self._peek_as_written()
            said = f'"{word[:30]}" is no time' if word else "A time is missing"
            raise ExpectationError(f"{said}; write it such as 300ms, 5s or 2min.", start, len(word))
        number, unit = found[1], (found[2] or "").lower()
        if unit not in DURATIONS:
            what = f'The unit "{unit}" is not known' if unit else "A unit is missing"
            raise ExpectationError(f"{what}; possible: {_UNITS}.", start, len(found[0]))
        duration = Duration(number, unit)
        if not 0 < duration.ms <= _LONGEST_MS:
            raise ExpectationError("A time lies above 0 and within 7 days.", start, len(found[0]))
        self.at = found.end()
        self.skip()
        return duration

    def count(self, example: str) -> int:
        """A whole number above 0."""
        start, word = self.at, self.take()
        if not (word.isascii() and word.isdigit() and 0 < int(word[:12]) <= MAX_COUNT):
            sentence = f"A whole number from 1 to {MAX_COUNT:,} stands here, as in: {example}."
            raise ExpectationError(sentence, start, len(word))
        return int(word)

    def one_of(self, table: Mapping[str, T], what: str, shown: tuple[str, ...] = ()) -> T:
        """What a word stands for; `what` begins the sentence that tells those there are."""
        start, word = self.at, self.take()
        if word not in table:
            raise self.unknown(word, shown or tuple(table), what, start)
        return table[word]

    def words(self, accepted: tuple[str, ...], example: str) -> None:
        """One of these words must follow."""
        start, word = self.at, self.take()
        if word not in accepted:
            found = f', not "{word[:30]}"' if word else ""
            raise ExpectationError(f'"{accepted[0]}" stands here{found}; write it as in: {example}.', start, len(word))

    def unknown(self, word: str, known: tuple[str, ...], what: str, start: int) -> ExpectationError:
        """What to say of a word that is none of those known."""
        near = difflib.get_close_matches(word, known, 1, 0.6)
        hint = f'; did you mean "{near[0]}"?' if near else f". {what} {', '.join(known[:-1])} or {known[-1]}."
        said = f'"{word[:30]}" is not understood here' if word else "A word is missing here"
        return ExpectationError(f"{said}{hint}", start, len(word))

    def _peek_as_written(self) -> str:
        return self.text[self.at : self._word_end()]

    def peek(self) -> str:
        """The next word in small letters; empty at the end."""
        return self._peek_as_written().lower()

    def take(self) -> str:
        """The next word, and on to the one behind it."""
        word = self.peek()
        self.at = self._word_end()
        self.skip()
        return word

    def _word_end(self) -> int:
        found = _WORD.match(self.text, self.at)
        return found.end() if found else self.at

    def skip(self) -> None:
        """Over the spaces."""
        while self.at < self.stop and self.text[self.at].isspace():
            self.at += 1


def _without_quotes(line: str) -> str:
    """The line, as long as it is, with what stands in quotes hidden and every space a plain one."""
    parts, at = [], 0
    while opening := _OPENING.search(line, at):
        end = _closing(line, opening.start())
        parts += [line[at : opening.start()], _HIDDEN * (end - opening.start())]
        at = end
    return re.sub(r"\s", " ", "".join((*parts, line[at:])))


def _closing(line: str, start: int) -> int:
    """Behind the quote that closes what opens at `start`; the end of the line if none does."""
    at, quote = start + 1, line[start]
    while at < len(line):
        if line[at] == quote:
            return at + 1
        at += 2 if line[at] == "\\" and line[at + 1 : at + 2] in ("\\", "'", '"') else 1
    return len(line)


def _ends_in_escape(inner: str) -> bool:
    """Whether the closing quote, the last character, is escaped."""
    before = inner[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
