"""Secrets in what stands inside of something else: the text of XML elements, and JSON in a form or an address.

XML is read as it stands, as JSON escapes it (`\\u003c`), as HTML does (`&lt;`) and as a form does (`%3C`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from inspector.record.secret_values import Fixed, Run, Span, Value

MAX_NAME_BYTES = 128
MAX_ATTRIBUTES_BYTES = 128
IsSecret = Callable[[bytes], bool]


class Spelling(NamedTuple):
    """How `<`, `>` and the text between two tags are written; `needle` is in all that is written so."""

    needle: bytes
    begins: bytes
    opens: re.Pattern[bytes]
    text: re.Pattern[bytes]
    closes: re.Pattern[bytes]


def _spelling(needle: bytes, begins: bytes, ends: bytes, plain: bytes) -> Spelling:
    name = rb"(?:[\w\-]{1,64}+:)?([\w.\-]{1,%d}+)" % MAX_NAME_BYTES
    attributes = rb"(?:[ \t\r\n+][^<>]{0,%d}?)?" % MAX_ATTRIBUTES_BYTES
    blanks = rb"(?:[ \t\r\n+]|\\++[nrt])*+"
    return Spelling(
        needle,
        begins,
        re.compile(rb"(?<!\\)" + begins + name + attributes + ends + blanks + rb"(?:(%s!\[CDATA\[))?" % begins),
        re.compile(rb"(?:%s)*+" % plain),
        re.compile(begins + rb"\\*+(?:/|%2[fF])" + name),
    )


# A quote that ends a string of JSON ends the text, too: what looks like a tag was a word in angle brackets.
_NO_END = rb"\"(?![ \t\r\n]*+[,:}\]])"
SPELLINGS = (
    _spelling(b"<", rb"<", rb">", rb"[^<\"]|%s" % _NO_END),
    _spelling(b"u003", rb"\\++u003[cC]", rb"\\++u003[eE]", rb"[^<\"\\]|\\++(?!u003[cC]|\")|\\*+%s" % _NO_END),
    _spelling(b"&lt;", rb"&lt;", rb"&gt;", rb"[^&<\"]|&(?!lt;)|%s" % _NO_END),
    _spelling(b"%3", rb"%3[cC]", rb"%3[eE]", rb"[^%&\s\"'<>\\]|%(?!3[cC])"),
)
_CDATA_TEXT = re.compile(rb"(?:[^\]\"]|\](?!\]>)|%s)*+" % _NO_END)
_CODED_MEMBER = re.compile(
    rb"%%22([\w.\-]{1,%d}+)%%22(?:%%20|\+)*+%%3[aA](?:%%20|\+)*+(?:(%%22)|(%%5[bB]|%%7[bB])|(?=([0-9])))"
    % MAX_NAME_BYTES
)
_CODED_TEXT = re.compile(rb"(?:[^%&;#\s\"'<>\\]|%5[cC](?:%[0-9a-fA-F]{2})?|%(?!22|5[cC]))*+")
_CODED_NUMBER = re.compile(rb"[-+0-9.eE]*+")
_CODED_OBJECT = (b"%7b", b"%7B")
_CODED_TOKEN = re.compile(rb"(%22)|(%5[bB]|%7[bB])|(%5[dD]|%7[dD])|([&;#\s\"'<>\\])")


def elements(data: bytes, is_secret: IsSecret, *, is_cut: bool) -> Iterator[tuple[Value, int]]:
    """The texts of XML elements with the name of a secret; where `data` may go on, also one that has not ended."""
    for spelling in SPELLINGS:
        end = 0
        for tag in spelling.opens.finditer(data) if spelling.needle in data else ():
            if tag.start() >= end and is_secret(tag[1]):
                pattern = _CDATA_TEXT if tag[2] else spelling.text
                text = pattern.match(data, tag.end())
                end = text.end() if text else tag.end()
                place = f"element {tag[1].decode(errors='replace')}"
                if end == len(data) and is_cut:
                    yield Run(place, pattern), tag.end()
                elif _is_closed(data, tag, end, spelling, is_cut=is_cut):
                    yield Fixed(place, tag.end(), tag.end() + len(data[tag.end() : end].rstrip())), tag.end()


def _is_closed(data: bytes, tag: re.Match[bytes], at: int, spelling: Spelling, *, is_cut: bool) -> bool:
    """Whether the element ends here, as far as can be seen; a word in angle brackets does not."""
    closing = spelling.closes.match(data, at)
    if closing is None:
        return at < len(data) and (tag[2] is not None or (is_cut and len(data) - at <= MAX_NAME_BYTES))
    may_go_on = is_cut and closing.end() == len(data)
    return may_go_on or bool(closing[1].lower() == tag[1].lower())


def coded_members(data: bytes, match: Callable[[bytes], tuple[str, bool] | None]) -> Iterator[tuple[Value, int]]:
    """The members of JSON objects that stand in a form or an address; `match` tells names as `Names.match` does."""
    for member in _CODED_MEMBER.finditer(data):
        found = match(member[1])
        if found is None:
            continue
        place = f"form {found[0]}"
        if member[2]:
            yield Run(place, _CODED_TEXT), member.end()
        elif member[3] and not (found[1] and member[3] in _CODED_OBJECT):
            yield CodedTree(place, is_flat=found[1]), member.end() - len(member[3])
        elif not found[1] and not member[3] and not found[0].lower().endswith("s"):
            yield Run(place, _CODED_NUMBER, is_number=True), member.end()


@dataclass(slots=True)
class CodedTree:
    """An object or an array in a form, under a secret name: every text in it is masked, keys too.

    If it `is_flat`, only the texts that are its own items are.
    """

    place: str
    is_flat: bool = False
    _depth: int = 0
    _is_masked: bool = True
    _text: Run | None = None

    def feed(self, data: bytes, at: int, spans: list[Span]) -> int | None:
        while True:
            if self._text is not None:
                end = self._text.feed(data, at, spans if self._is_masked else [])
                if end is None:
                    return None
                at, self._text = end + len("%22") * data.startswith(b"%22", end), None
            token = _CODED_TOKEN.search(data, at)
            if token is None:
                return None
            at = token.end()
            if token[1]:
                self._text, self._is_masked = Run(self.place, _CODED_TEXT), not self.is_flat or self._depth == 1
            else:
                self._depth += bool(token[2]) - bool(token[3])
            if token[4] or self._depth <= 0:
                return at
