"""The grammar of the filter language: a text becomes a tree of terms. What the fields mean is not known here.

`a b`, `a and b` · `a or b` (binds weaker than side by side) · `-a`, `not a` · `(…)` · `field:value`, `field=value`,
`field!=value`, `field>value` … · `field:a,b` or `field:(a,b)` for one of several · quotes around what holds spaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 4_000
MAX_TERMS = 200
"""SQLite nests expressions at most 1000 deep, and a chain of `OR` is as deep as it is long."""
MAX_DEPTH = 50

_SPACE = re.compile(r"\s*")
_KEYWORD = re.compile(r"(and|or|not)(?=[\s()]|$)", re.IGNORECASE)
_SYMBOL = re.compile(r"(&&|\|\|)(?=[\s(]|$)")
_MINUS = re.compile(r"[-!](?=[^\s=])")
# Space before the operator only where a number follows: `dur > 5`, but not `see <html>`.
_FIELD = re.compile(r"([A-Za-z_][\w.-]*)(?:\s+(?=[<>!=]=?\s*[\d.]))?(:?[<>]=?|!=|:=|==?|:(?!//))")
_WORD = re.compile(r"[^\s()]+")
_VALUE = re.compile(r"[^\s(),]+")
_OPERATORS = {":>": ">", ":<": "<", ":>=": ">=", ":<=": "<=", "==": "=", ":=": "="}


class QueryError(ValueError):
    """A filter that cannot be read: what is wrong and what to do, and where it stands in the text."""

    def __init__(self, sentence: str, position: int, length: int = 1) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.position = position
        self.length = length


@dataclass(frozen=True, slots=True)
class Value:
    """What a term asks for, and where it stands."""

    text: str
    start: int
    end: int

    def error(self, sentence: str) -> QueryError:
        return QueryError(sentence, self.start, max(1, self.end - self.start))


@dataclass(frozen=True, slots=True)
class Term:
    """`field operator values`; of text to search for, `field` and `operator` are empty. One of the values must fit."""

    field: str
    operator: str
    values: tuple[Value, ...]
    start: int
    end: int

    def error(self, sentence: str) -> QueryError:
        return QueryError(sentence, self.start, max(1, self.end - self.start))


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part must hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One part must hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """The part must not hold."""

    part: Tree


Tree = Term | AllOf | AnyOf | Negation


def tree_of(text: str) -> Tree | None:
    """The tree of a filter, None for an empty one; raises QueryError."""
    if len(text) > MAX_CHARS:
        raise QueryError(
            f"A filter has at most {MAX_CHARS:,} characters; shorten it.", MAX_CHARS, len(text) - MAX_CHARS
        )
    return _Parser(text).whole()


def open_term(text: str) -> tuple[str, str, int]:
    """The field, the operator and the start of what is being typed at the end of `text`.

    Field and operator are empty where a new term begins, and the field is `"` inside the quotes of a search.
    """
    parser = _Parser(text)
    return parser.rest_of_typing()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._terms = 0

    def whole(self) -> Tree | None:
        self._skip()
        if self._at == len(self._text):
            return None
        tree = self._either()
        if self._peek() == ")":
            raise QueryError('This ")" closes nothing; remove it, or put it in quotes.', self._at)
        return tree

    def rest_of_typing(self) -> tuple[str, str, int]:
        """Walks over the terms without their logic, so that completion also works in what is not yet a filter."""
        end = len(self._text)
        while True:
            self._skip("()")
            while _MINUS.match(self._text, self._at):
                self._at += 1
            start = self._at
            if start == end:
                return "", "", end
            keyword = _KEYWORD.match(self._text, start)
            if keyword and keyword.end() < end:
                self._at = keyword.end()
                continue
            field = _FIELD.match(self._text, start)
            if field is None:
                if self._text[start] in "\"'" and self._closing(start) is None:
                    return '"', "", start
                self._word(_WORD)
                if self._at == end:
                    return "", "", start
                continue
            self._at = field.end()
            typed = self._values_typed()
            if typed is not None:
                return field[1], _OPERATORS.get(field[2], field[2]), typed

    def _values_typed(self) -> int | None:
        """Where the last value begins if it may go on; the position moves behind the values."""
        end = len(self._text)
        self._skip()
        in_list = self._peek() == "("
        if in_list:
            self._at += 1
        while True:
            if in_list:
                self._skip()
            begin = self._at
            if begin < end and self._text[begin] in "\"'" and self._closing(begin) is None:
                return begin
            if begin < end and self._text[begin] not in "(),":
                self._word(_VALUE)
            if self._at == end:
                return begin
            if self._peek() != ",":
                return None
            self._at += 1

    def _either(self) -> Tree:
        parts = [self._side_by_side()]
        while self._keyword() == "or":
            self._take_keyword()
            parts.append(self._side_by_side())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _side_by_side(self) -> Tree:
        parts = [self._negated()]
        while True:
            self._skip()
            keyword = self._keyword()
            if keyword == "or" or self._peek() in ("", ")"):
                return parts[0] if len(parts) == 1 else AllOf(tuple(parts))
            if keyword == "and":
                self._take_keyword()
            parts.append(self._negated())

    def _negated(self) -> Tree:
        negated = False
        while True:
            if self._keyword() == "not":
                self._take_keyword()
            elif _MINUS.match(self._text, self._at):
                self._at += 1
            else:
                break
            negated = not negated
        part = self._atom()
        return Negation(part) if negated else part

    def _atom(self) -> Tree:
        keyword = self._keyword()
        if keyword in ("and", "or"):
            sentence = (
                f'Something is missing before "{keyword}"; write a term there, or quote the word to search for it.'
            )
            raise QueryError(sentence, self._at, len(keyword))
        if self._peek() == "(":
            return self._group()
        if self._peek() == ")":
            raise QueryError('A term is missing before this ")"; write one, or remove it.', self._at)
        symbol = _SYMBOL.match(self._text, self._at)
        if symbol:
            word = "and" if symbol[1] == "&&" else "or"
            raise QueryError(f'Filters are joined by words: write "{word}", or quote "{symbol[1]}".', self._at, 2)
        self._count()
        start = self._at
        field = _FIELD.match(self._text, start)
        if field is None:
            value = self._word(_WORD)
            return Term("", "", (value,), start, self._at)
        self._at = field.end()
        values = self._values()
        return Term(field[1], _OPERATORS.get(field[2], field[2]), values, start, self._at)

    def _group(self) -> Tree:
        opened = self._at
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(f"Parentheses nest at most {MAX_DEPTH} deep; simplify the filter.", opened)
        self._at += 1
        self._skip()
        if self._peek() == ")":
            raise QueryError("The parentheses are empty; write a term in them, or remove them.", opened, 2)
        if self._peek() == "":
            raise QueryError('This "(" is not closed; write a term and ")".', opened)
        tree = self._either()
        if self._peek() != ")":
            raise QueryError('This "(" is not closed; add ")".', opened)
        self._at += 1
        self._depth -= 1
        return tree

    def _values(self) -> tuple[Value, ...]:
        """The values of a field: none (which is for the field to say), one, or several of a list."""
        self._skip()
        opened = self._at
        if self._peek() in ("", ")"):
            return ()
        in_list = self._peek() == "("
        if in_list:
            self._at += 1
        values = [self._value(in_list)]
        while self._peek() == ",":
            self._at += 1
            self._count()
            values.append(self._value(in_list))
        if in_list:
            if self._peek() != ")":
                raise QueryError('This list is not closed; put commas between its values and ")" behind.', opened)
            self._at += 1
        return tuple(values)

    def _value(self, in_list: bool) -> Value:
        if in_list:
            self._skip()
        if self._peek() in ("", ",", "(", ")") or self._peek().isspace():
            raise QueryError("A value is missing here; write one, or put quotes around what holds a comma.", self._at)
        value = self._word(_VALUE)
        if in_list:
            self._skip()
        return value

    def _word(self, bare: re.Pattern[str]) -> Value:
        start = self._at
        if self._text[start] in "\"'":
            return self._quoted()
        found = bare.match(self._text, start)
        self._at = found.end() if found else start + 1
        return Value(_sayable(self._text[start : self._at]), start, self._at)

    def _quoted(self) -> Value:
        start = self._at
        end = self._closing(start)
        if end is None:
            quote = self._text[start]
            sentence = f"This quote is not closed; add {quote} behind the text."
            raise QueryError(sentence, start, len(self._text) - start)
        self._at = end + 1
        inner = re.sub(r"\\([\\\"'])", r"\1", self._text[start + 1 : end])
        return Value(_sayable(inner), start, self._at)

    def _closing(self, start: int) -> int | None:
        """Where the quote that opens at `start` closes; `\\"` and `\\\\` stand for themselves."""
        at, quote = start + 1, self._text[start]
        while at < len(self._text):
            if self._text[at] == quote:
                return at
            at += 2 if self._text[at] == "\\" and self._text[at + 1 : at + 2] in ("\\", "'", '"') else 1
        return None

    def _keyword(self) -> str:
        self._skip()
        found = _KEYWORD.match(self._text, self._at)
        return found[1].lower() if found else ""

    def _take_keyword(self) -> None:
        start = self._at
        word = self._keyword()
        self._at += len(word)
        self._skip()
        if self._peek() in ("", ")"):
            sentence = f'Something is missing after "{word}"; write a term there, or quote the word to search for it.'
            raise QueryError(sentence, start, len(word))

    def _count(self) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise QueryError(f"A filter has at most {MAX_TERMS} terms and values; shorten it.", self._at)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, also: str = "") -> None:
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if not also or not self._peek() or self._peek() not in also:
                return
            self._at += 1


def _sayable(text: str) -> str:
    """Half a surrogate pair as SQL stores it: written out."""
    return text.encode("utf-8", "backslashreplace").decode()
