from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.elicitation import check, defaults, read_schema


def form(required: list[str] | None = None, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or []}


ALL_KINDS = form(
    name={"type": "string", "title": "Name", "minLength": 2, "maxLength": 9, "default": "John"},
    mail={"type": "string", "format": "email"},
    age={"type": "integer", "minimum": 0, "maximum": 130, "default": 30},
    score={"type": "number", "default": 95.5},
    verified={"type": "boolean", "default": True},
    status={"type": "string", "enum": ["on", "off"], "default": "on"},
    legacy={"type": "string", "enum": ["a", "b"], "enumNames": ["Alpha", "Beta"]},
    titled={"type": "string", "oneOf": [{"const": "a", "title": "Alpha"}], "default": "a"},
    many={"type": "array", "items": {"type": "string", "enum": ["x", "y"]}, "maxItems": 2, "default": ["x"]},
    titles={"type": "array", "items": {"anyOf": [{"const": "x", "title": "Ex"}]}, "minItems": 1},
)


def test_r50_every_kind_of_field_is_no_problem_and_gives_its_default() -> None:
    assert read_schema(ALL_KINDS).problems == ()
    assert defaults(ALL_KINDS) == {
        "name": "John",
        "age": 30,
        "score": 95.5,
        "verified": True,
        "status": "on",
        "titled": "a",
        "many": ["x"],
    }
    assert check(ALL_KINDS, defaults(ALL_KINDS)) == []


def test_lists_of_choices_take_each_choice_once() -> None:
    read = read_schema(ALL_KINDS)
    assert read.schema["properties"]["many"]["uniqueItems"] is True
    assert read.schema["properties"]["titles"]["uniqueItems"] is True
    assert "uniqueItems" not in ALL_KINDS["properties"]["many"]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "must be an object, not null"),
        ({"type": "array"}, 'requestedSchema.type must be "object", not "array"'),
        ({"type": "object"}, "requestedSchema.properties must be an object, not null"),
    ],
)
def test_what_lists_no_fields_is_no_form(schema: Any, said: str) -> None:
    read = read_schema(schema)
    assert not read.is_form
    assert said in read.problems[0]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (7, "must be an object, not a number"),
        ({"type": "object", "properties": {}}, "forms are flat"),
        ({"type": ["string", "null"]}, "forms are flat"),
        ({"$ref": "#/x"}, "uses $ref"),
        ({"type": "string", "format": "ipv4"}, 'the format "ipv4", which forms do not know'),
        ({"type": "integer", "default": "3"}, "has the default"),
        ({"type": "string", "enum": []}, "offers no choices"),
        ({"type": "string", "enum": [1]}, "choices that are no texts"),
        ({"type": "string", "oneOf": ["a"]}, "choices that are no texts"),
        ({"type": "string", "enum": ["a"], "enumNames": []}, "enumNames that do not match"),
        ({"type": "array", "items": {"type": "string"}}, "a list without choices"),
        ({"type": "array", "items": {"enum": ["a"]}, "default": ["b"]}, "has the default"),
        ({"type": "string", "minLength": "3"}, "The schema is broken at /properties/x/minLength"),
    ],
)
def test_a_field_outside_of_r50_is_said(field: Any, said: str) -> None:
    read = read_schema(form(x=field))
    assert read.is_form
    assert any(said in problem for problem in read.problems), read.problems


def test_a_secret_is_not_to_be_asked_for_in_a_form() -> None:
    (said,) = read_schema(form(API_Key={"type": "string"}, tokens_used={"type": "integer"})).problems
    assert said == 'The field "API_Key" looks like a secret, which a server must not ask for in a form.'


def test_a_required_field_that_is_not_there_is_said() -> None:
    assert read_schema(form(["ghost"])).problems == ('"ghost" is required, but there is no such field.',)


def test_a_form_that_nobody_fills_in_is_none() -> None:
    fields = {f"f{number}": {"type": "string", "default": "x"} for number in range(100_000)}
    read = read_schema({"type": "object", "properties": fields})
    assert (read.is_form, read.problems) == (
        False,
        ("requestedSchema has 100,000 fields; more than 500 make no form.",),
    )


def test_a_default_that_its_field_refuses_is_not_used() -> None:
    assert defaults(form(a={"type": "integer", "default": "3"}, b={"type": "integer", "default": 3})) == {"b": 3}


@pytest.mark.parametrize(
    ("known", "good", "bad"),
    [
        ("email", "a.b@example.com", "a@b@c"),
        ("email", "root@localhost", "example.com"),
        ("uri", "https://example.com/?q=1", "no uri"),
        ("uri", "urn:isbn:1", "http://[::1"),
        ("date", "2024-02-29", "2023-02-29"),
        ("date", "2026-01-31", "20260131"),
        ("date-time", "2026-01-31T12:00:00.25Z", "2026-01-31"),
        ("date-time", "2016-12-31T23:59:60+01:00", "2026-01-31T25:00:00Z"),
    ],
)
def test_formats_are_checked(known: str, good: str, bad: str) -> None:
    schema = form(x={"type": "string", "format": known})
    assert check(schema, {"x": good}) == []
    assert check(schema, {"x": bad})[0].startswith('"x" is no ')


def test_contradictions_come_as_sentences() -> None:
    schema = form(["name"], name={"type": "string"}, many={"type": "array", "items": {"enum": ["x"]}, "maxItems": 1})
    assert check(schema, {}) == ['"name" is required and missing.']
    assert check(schema, []) == ["The content must be an object, not an array."]
    assert "1 or fewer items" in check(schema, {"name": "n", "many": ["x", "x"]})[0]
    assert "a form carries only texts" in check(schema, {"name": "n", "more": {"a": 1}})[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "properties", "enum", "items", "default", "oneOf", "required", "format", "x"]),
            inner | st.sampled_from(["object", "string", "array", "email", "date"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, JSON)
def test_nothing_raises_whatever_the_server_asks(schema: Any, content: Any) -> None:
    for asked in (schema, {"type": "object", "properties": {"x": schema}}):
        read_schema(asked)
        check(asked, defaults(asked))
        check(asked, content)
