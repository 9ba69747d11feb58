"""Lists of tools: their names, their schemas and their size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.diagnose.rules import schemas_tools
from inspector.diagnose.rules.schemas import RULES
from inspector.diagnose.schema_walk import Walked
from inspector.diagnose.schema_walk import walk as real_walk
from inspector.protocol.schema import Problem, check_schema
from inspector.trace.events import Framing, Message, Severity
from tests.support.diagnosed import Watched

OBJECT = {"type": "object"}


def tool(name: str = "echo", schema: Any = OBJECT, **more: Any) -> dict[str, Any]:
    return {"name": name, "inputSchema": schema, **more}


class Lists(Watched):
    def __init__(self, transport: str = "streamable-http") -> None:
        super().__init__(RULES, transport)

    def list(self, *tools: Any, cursor: str = "", following: str | None = None, **fields: Any) -> Message:
        """One page of tools/list."""
        params = json.dumps({"params": {"cursor": cursor}} if cursor else {}).encode()
        asked = self.post(self.next_stream(), method="tools/list", raw=params)
        result: dict[str, Any] = {"tools": list(tools)} | ({} if following is None else {"nextCursor": following})
        raw = json.dumps({"id": 1, "result": result}).encode()
        fields = {"framing": Framing.BODY, "raw": raw, **fields}
        return self.answer(asked.stream, asked, method="tools/list", **fields)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (None, "is null and no schema"),
        ([], "is an array and no schema"),
        (True, "is a boolean and no schema"),
        ({}, "is empty"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema"}, "is empty"),
        ({"anyOf": [OBJECT, OBJECT]}, 'has no type "object" at its top, but anyOf'),
        ({"properties": {}}, 'has no type "object" at its top'),
        ({"type": "string"}, 'has the type "string" at its top'),
        ({"type": ["object", "null"]}, "at its top"),
    ],
)
def test_an_input_schema_must_describe_an_object(schema: Any, said: str) -> None:
    lists = Lists()
    listed = lists.list(tool(), tool("bad", schema))
    finding = lists.found("schema-not-object")
    assert said in finding.text and '"bad"' in finding.text
    assert finding.severity is Severity.ERROR and finding.evidence == (listed.n,)
    assert lists.fired() == ["schema-not-object"]


def test_a_tool_without_a_schema_is_told_once_for_all_of_them() -> None:
    lists = Lists()
    lists.list({"name": "a"}, {"name": "b"}, {"name": "c"}, "no tool")
    finding = lists.found("schema-not-object")
    assert finding.count == 1 and 'The tool "a" has no inputSchema. There are 3 more' in finding.text


@pytest.mark.parametrize(
    "schema",
    [
        OBJECT,
        {"type": "object", "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}, "oneOf": [{"required": ["a"]}]},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "definitions": {"a": {}}},
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            **OBJECT,
            "properties": {"a": {"minimum": 1, "exclusiveMinimum": True}},
        },
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"multipleOf": 2}}},
    ],
)
def test_sound_schemas_are_silent(schema: Any) -> None:
    lists = Lists()
    lists.list(tool(schema=schema, outputSchema=schema))
    assert lists.is_silent()


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"a": {"type": "any"}}, "/properties/a/type"),
        ({"a": {"type": "string", "required": True}}, "/properties/a/required"),
        ({"a": {"type": "string"}, "required": ["a"]}, "/properties/required"),
        ({"a": {"items": [{"type": "string"}]}}, "/properties/a/items"),
        ({"a": {"$ref": "#/components/schemas/A"}}, '"#/components/schemas/A", which it does not contain'),
        ({"a": {"$ref": "https://example.com/a.json"}}, "nothing is fetched"),
    ],
)
def test_a_schema_that_is_none_is_told_with_its_place(properties: Any, said: str) -> None:
    lists = Lists()
    lists.list(tool("bad", {"type": "object", "properties": properties}))
    finding = lists.found("schema-invalid")
    assert said in finding.text and 'inputSchema of "bad"' in finding.text
    assert finding.severity is Severity.ERROR and lists.fired() == ["schema-invalid"]


def test_a_dialect_that_nobody_knows_is_worth_a_note() -> None:
    lists = Lists()
    lists.list(tool(schema={"$schema": "https://example.com/dialect", **OBJECT}))
    assert lists.found("schema-invalid").severity is Severity.NOTE


def test_an_output_schema_may_be_any_where_the_revision_allows_it() -> None:
    for transport, fired in (("streamable-http", ["schema-not-object"]), ("stateless", [])):
        lists = Lists(transport)
        lists.list(tool(outputSchema={"type": "array"}))
        assert lists.fired() == fired


def test_the_metaschema_is_asked_for_so_many_parts_only(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def check(schema: Any) -> list[Problem]:
        asked.append(schema)
        return check_schema(schema)

    monkeypatch.setattr(schemas_tools, "check_schema", check)
    lists = Lists()
    odd = {"type": "object", "properties": {f"p{n}": {"multipleOf": 2} for n in range(250)}}
    lists.list(*(tool(f"t{n}", odd) for n in range(4)), tool("usual"))
    lists.findings()
    assert len(asked) == 2


def test_a_schema_too_large_for_the_metaschema_is_no_broken_one() -> None:
    lists = Lists()
    parts = {f"p{n}": {"type": "integer", "title": "t", "multipleOf": 2} for n in range(1_500)}
    lists.list(tool(schema={"type": "object", "properties": parts}, description="d"))
    assert "schema-invalid" not in lists.fired()


@pytest.mark.parametrize(
    ("names", "said", "severity"),
    [
        (["a", "b", "a"], 'Two tools are named "a"', Severity.WARN),
        (["my tool"], '"my tool" has characters other', Severity.WARN),
        (["größe"], "has characters other", Severity.WARN),
        (["x" * 129], "has 129 characters", Severity.WARN),
        (["x" * 65], "no more than 64", Severity.NOTE),
        ([""], 'A tool has "" as its name', Severity.WARN),
    ],
)
def test_names_that_others_do_not_take(names: list[str], said: str, severity: Severity) -> None:
    lists = Lists()
    lists.list(*map(tool, names))
    finding = lists.found("tool-name-bad")
    assert said in finding.text and finding.severity is severity


def test_usual_names_are_silent_also_in_a_list_read_twice() -> None:
    lists = Lists()
    for _ in range(2):
        lists.list(tool("get_a-b.c"), following="2")
        lists.list(tool("x" * 64), cursor="2")
    assert lists.is_silent()


def test_a_name_on_two_pages_stands_twice() -> None:
    lists = Lists()
    lists.list(tool("a"), following="2")
    lists.list(tool("a"), cursor="2")
    assert lists.fired() == ["tool-name-bad"]


def test_a_large_list_is_heavy() -> None:
    lists = Lists()
    lists.list(*(tool(f"t{n}", description="d" * 1_000) for n in range(300)))
    finding = lists.found("tools-list-heavy")
    assert "gives 300 tools with" in finding.text and "without a nextCursor" in finding.text
    assert "tokens" in finding.text and finding.severity is Severity.WARN


def test_many_small_pages_are_heavy_together_and_told_at_their_end() -> None:
    lists = Lists()
    for page in range(3):
        lists.list(*(tool(f"t{page}-{n}") for n in range(50)), cursor=str(page or ""), following=str(page + 1))
    assert lists.is_silent()
    lists.list(tool("last"), cursor="3")
    assert "151 tools" in lists.found("tools-list-heavy").text and "in 4 pages" in lists.found("tools-list-heavy").text


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


def test_one_tool_can_be_too_much() -> None:
    lists = Lists()
    lists.list(tool(description="d" * 33_000))
    assert "alone has 33," in lists.found("tools-list-heavy").text
    lists = Lists()
    lists.list(tool(schema=nested(12)))
    assert "nested 13 levels deep" in lists.found("tools-list-heavy").text


def test_a_list_of_usual_size_is_silent() -> None:
    lists = Lists()
    lists.list(*(tool(f"t{n}", nested(11), description="d" * 500) for n in range(20)))
    assert lists.is_silent()


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b'{"result":[]}', b'{"result":{"tools":{}}}', b'{"result":{"tools":[1e999,null,[]]}}']
)
def test_whatever_a_list_holds_nothing_raises(raw: bytes) -> None:
    lists = Lists()
    lists.list(raw=raw)
    assert set(lists.fired()) <= {"schema-not-object"}


def test_only_so_many_tools_of_a_list_are_looked_at_but_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    walked = []

    def walk(schema: Any, limit: int) -> Walked:
        walked.append(schema)
        return real_walk(schema, limit)

    monkeypatch.setattr(schemas_tools, "walk", walk)
    lists = Lists()
    lists.list(*(tool(f"t{n}") for n in range(1_200)), tool("bad name"))
    assert "1201 tools" in lists.found("tools-list-heavy").text
    assert len(walked) == 1_000
    assert "tool-name-bad" not in lists.fired()


def test_only_so_many_parts_of_a_list_are_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []

    def walk(schema: Any, limit: int) -> Walked:
        parts.append(real_walk(schema, limit))
        return parts[-1]

    monkeypatch.setattr(schemas_tools, "walk", walk)
    lists = Lists()
    wide = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(4_000)}}
    lists.list(*(tool(f"t{n}", wide) for n in range(9)))
    lists.findings()
    assert sum(each.parts for each in parts) <= 10_001
