from __future__ import annotations

import pytest

from inspector.record import query_syntax
from inspector.record.query import QueryError, parse

WRONG = {
    "colour:red": (0, 10, 'There is no field "colour"'),
    "x statsu:error": (2, 12, 'did you mean "status"?'),
    "localhost:8080": (0, 14, "put it in quotes"),
    "method:": (0, 7, "A value is missing"),
    "kind:a": (5, 1, '"a" is no value here'),
    "status:eror": (7, 4, 'did you mean "error"?'),
    "kind:request,": (13, 1, "A value is missing here"),
    "kind:(request": (5, 1, "This list is not closed"),
    "method>tools": (0, 12, "cannot be compared"),
    "dur>fast": (4, 4, '"fast" is no number'),
    "size>5kg": (5, 3, 'unit "kg" is not known'),
    "dur:5..1": (4, 4, "ends before it begins"),
    "dur>1..5": (4, 4, "range cannot stand"),
    "dur:..": (4, 2, "has no ends"),
    "at:..": (3, 2, "has no ends"),
    "at>25:00": (3, 5, "No calendar has"),
    "at>noon": (3, 4, "is no time"),
    "at>2026-02-30": (3, 10, "No calendar has"),
    "status>failed": (7, 6, "Only codes compare"),
    "(a": (0, 1, "not closed"),
    "a)": (1, 1, "closes nothing"),
    "()": (0, 2, "are empty"),
    "a or": (2, 2, 'missing after "or"'),
    "or a": (0, 2, 'missing before "or"'),
    "a and or b": (6, 2, 'missing before "or"'),
    "a && b": (2, 2, 'write "and"'),
    "(a) ||(b)": (4, 2, 'write "or"'),
    "not": (0, 3, 'missing after "not"'),
    'a "b c': (2, 4, "quote is not closed"),
    "(" * 60 + "a": (50, 1, "nest at most 50"),
    "a " * 300: (400, 1, "at most 200 terms"),
    "a" * 5_000: (4_000, 1_000, "at most 4,000 characters"),
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:20])
def test_an_error_has_one_sentence_and_a_place(text: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    position, length, sentence = WRONG[text]
    assert (caught.value.position, caught.value.length) == (position, length)
    assert sentence in caught.value.sentence


def test_or_binds_weaker_than_side_by_side() -> None:
    found = query_syntax.tree_of("a b or not -c")
    assert isinstance(found, query_syntax.AnyOf)
    assert isinstance(found.parts[0], query_syntax.AllOf)
    assert isinstance(found.parts[1], query_syntax.Term)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("http://h:1/x?a=b", ["http://h:1/x?a=b"]),
        ("12:03", ["12:03"]),
        ('{"a":1}', ['{"a":1}']),
        ("'it' s", ["it"]),
        (r'"a \"b\" \\ \n"', ['a "b" \\ \\n']),
        ('name:"a,b",c', ["a,b", "c"]),
        ("name: x", ["x"]),
        ("n:(1 , 2)", ["1", "2"]),
        ("see-saw", ["see-saw"]),
        ("a&&b c", ["a&&b"]),
        ("'||'", ["||"]),
        ("-", ["-"]),
        ("android", ["android"]),
    ],
)
def test_words_and_quotes_hold_what_they_say(text: str, values: list[str]) -> None:
    found = query_syntax.tree_of(text)
    if isinstance(found, query_syntax.AllOf):
        found = found.parts[0]
    assert isinstance(found, query_syntax.Term)
    assert [value.text for value in found.values] == values


def test_the_longest_filters_run_in_sqlite() -> None:
    from tests.support.queries import Stored
    from tests.support.rivers import Talk

    talk = Talk()
    talk.ask(1, raw=b"a")
    stored = Stored(talk)
    assert stored.found(" or ".join(["%z"] * 199) + " or a") == [0]
    assert stored.found("-" * 3_000 + "(" * 50 + "a" + ")" * 50) == [0]
    assert stored.found("%" * 4_000) == []
