"""Arguments mirrored into headers, and tools that must be rejected (R45)."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import param_headers
from inspector.protocol.breach import Severity
from inspector.protocol.param_headers import Annotations, encode_value, mirror, read_annotations, split_tools


def annotated(name: Any, declared: Any = "string") -> dict[str, Any]:
    return {"type": declared, "x-mcp-header": name}


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def reason(input_schema: Any) -> str:
    found = read_annotations(input_schema)
    assert found.reason.endswith(".")
    assert len(found.reason) < 300
    assert found.headers == ()
    return found.reason


def sent(value: Any, declared: str = "string") -> str | None:
    fields = mirror(read_annotations(schema(a=annotated("A", declared))), {"a": value})
    assert all(name == "Mcp-Param-A" for name, _ in fields)
    return fields[0][1] if fields else None


def decoded(value: str) -> str:
    if value.startswith("=?base64?") and value.endswith("?="):
        return base64.b64decode(value[9:-2]).decode()
    return value


@pytest.mark.parametrize("declared", ["string", "integer", "boolean"])
def test_r45_the_three_types_may_be_annotated(declared: str) -> None:
    assert read_annotations(schema(region=annotated("Region", declared))) == Annotations(
        (("Mcp-Param-Region", ("region",), declared),)
    )


def test_r45_nested_properties_are_reached_by_their_path() -> None:
    nested = schema(a=schema(b=schema(c=annotated("Deep"))), z=annotated("Z"))
    assert [(name, path) for name, path, _ in read_annotations(nested).headers] == [
        ("Mcp-Param-Deep", ("a", "b", "c")),
        ("Mcp-Param-Z", ("z",)),
    ]


@pytest.mark.parametrize("declared", ["number", "object", "array", "null", ["string", "null"], None, 5])
def test_r45_other_types_are_rejected(declared: Any) -> None:
    assert "type" in reason(schema(a=annotated("A", declared)))


@pytest.mark.parametrize("name", ["", "X Y", "Ünï", "a:b", "a\r\nb", "a\tb", "a/b", "(a)", '"'])
def test_r45_names_that_are_no_token_are_rejected(name: str) -> None:
    assert '"a"' in reason(schema(a=annotated(name)))


@pytest.mark.parametrize("name", [None, 5, True, ["A"], {}])
def test_r45_names_that_are_no_string_are_rejected(name: Any) -> None:
    assert reason(schema(a=annotated(name)))


def test_r45_names_are_unique_whatever_their_case() -> None:
    told = reason(schema(a=annotated("Region"), b=schema(c=annotated("REGION"))))
    assert '"a"' in told
    assert '"b.c"' in told


@pytest.mark.parametrize("keyword", sorted(param_headers._ONE_SCHEMA))
def test_r45_annotations_behind_another_keyword_are_rejected(keyword: str) -> None:
    assert "properties" in reason({**schema(ok=annotated("Ok")), keyword: annotated("A")})
    assert "properties" in reason(schema(list={"type": "array", keyword: schema(a=annotated("A"))}))


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf", "prefixItems", "items"])
def test_r45_annotations_in_alternatives_are_rejected(keyword: str) -> None:
    assert reason({keyword: [{}, schema(a=annotated("A"))]})


@pytest.mark.parametrize("keyword", ["$defs", "definitions", "patternProperties", "dependentSchemas", "dependencies"])
def test_r45_annotations_in_definitions_are_rejected_and_references_are_not_followed(keyword: str) -> None:
    assert reason({**schema(a={"$ref": f"#/{keyword}/A"}), keyword: {"A": annotated("A")}})


def test_r45_an_annotation_on_the_root_is_rejected() -> None:
    assert reason({"type": "string", "x-mcp-header": "A"})


@pytest.mark.parametrize("keyword", ["default", "examples", "const", "enum", "x-own"])
def test_r45_data_in_a_schema_is_no_annotation(keyword: str) -> None:
    assert read_annotations(schema(a={"type": "object", keyword: [annotated("A")]})) == Annotations()
    assert read_annotations({keyword: annotated("bad name")}) == Annotations()


def test_r45_a_property_of_that_name_is_a_property() -> None:
    inner = {"x-mcp-header": {"type": "string"}}
    assert read_annotations({"type": "object", "properties": inner}) == Annotations()


@pytest.mark.parametrize("odd", [None, 5, "x-mcp-header", [], {"properties": ["x-mcp-header"]}, {"properties": None}])
def test_r45_what_is_no_schema_has_no_annotations(odd: Any) -> None:
    assert read_annotations(odd) == Annotations()


def test_r45_a_schema_too_large_or_too_deep_to_search_is_rejected_with_that_reason() -> None:
    wide = schema(**{f"p{n}": {} for n in range(param_headers.MAX_PLACES)}, a=annotated("A"))
    assert "100,000" in reason(wide)
    circle: dict[str, Any] = schema(a=annotated("A"))
    circle["items"] = circle
    assert "deep" in reason(circle)


def test_r45_a_number_that_cannot_be_written_is_a_reason_too() -> None:
    assert "number" in reason(schema(a={**annotated("A"), "maximum": 10**5000}))


def test_r45_deep_schemas_are_searched() -> None:
    deep: dict[str, Any] = annotated("A")
    for _ in range(80):
        deep = schema(a=deep)
    assert len(read_annotations(deep).headers[0][1]) == 80


@pytest.mark.parametrize(
    ("value", "declared", "text"),
    [
        ("us-west1", "string", "us-west1"),
        ("", "string", ""),
        ("a b\tc", "string", "a b\tc"),
        (42, "integer", "42"),
        (-(2**53) + 1, "integer", "-9007199254740991"),
        (5.0, "integer", "5"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
    ],
)
def test_r45_values_as_they_travel(value: Any, declared: str, text: str) -> None:
    assert sent(value, declared) == text


@pytest.mark.parametrize("arguments", [{}, {"a": None}, None, [], "a", {"b": 1}])
def test_r45_absent_and_null_are_left_out(arguments: Any) -> None:
    assert mirror(read_annotations(schema(a=annotated("A"))), arguments) == ()


def test_r45_only_annotated_arguments_are_mirrored_and_in_the_schemas_order() -> None:
    both = read_annotations(schema(b=annotated("B"), plain={"type": "string"}, a=schema(c=annotated("C"))))
    assert mirror(both, {"a": {"c": "3"}, "plain": "p", "b": "2"}) == (("Mcp-Param-B", "2"), ("Mcp-Param-C", "3"))
    assert mirror(both, {"a": "no object", "b": "2"}) == (("Mcp-Param-B", "2"),)


@pytest.mark.parametrize(
    ("value", "declared", "text"),
    [
        (2**53, "integer", "9007199254740992"),
        (1.5, "integer", "1.5"),
        (Decimal("1e400"), "integer", "1E+400"),
        ("x", "integer", "x"),
        (7, "string", "7"),
        (True, "string", "true"),
        ([1], "string", None),
        ({"a": 1}, "boolean", None),
    ],
)
def test_r45_a_value_of_the_wrong_type_is_mirrored_as_in_the_body_if_it_can_be(
    value: Any, declared: str, text: str | None
) -> None:
    assert sent(value, declared) == text


def test_r45_a_number_too_long_to_print_is_left_out() -> None:
    assert sent(10**5000, "integer") is None


@pytest.mark.parametrize(
    "text",
    [
        " lead",
        "trail ",
        "\tlead",
        "trail\t",
        "a\r\nb",
        "a\x00",
        "日本",
        "é",
        "\x7f",
        "=?base64?YQ==?=",
        " ",
    ],
)
def test_r45_what_a_header_would_change_travels_as_base64(text: str) -> None:
    value = encode_value(text)
    assert value.startswith("=?base64?")
    assert decoded(value) == text


def test_r45_the_example_of_the_marker() -> None:
    assert encode_value("Zürich") == "=?base64?WsO8cmljaA==?="
    assert encode_value("=?utf8?x?=") == "=?utf8?x?="
    assert encode_value("\ud800").isascii()


@given(st.text())
def test_r45_every_text_comes_back_as_it_was_and_no_other_looks_the_same(text: str) -> None:
    value = encode_value(text)
    assert all(char == "\t" or " " <= char <= "~" for char in value)
    assert value == value.strip()
    assert decoded(value) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["properties", "items", "anyOf", "$defs", "type", "x-mcp-header", "a"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON, JSON)
def test_r45_no_schema_and_no_arguments_can_raise(input_schema: Any, arguments: Any) -> None:
    found = read_annotations(input_schema)
    assert not (found.headers and found.reason)
    for name, value in mirror(found, arguments):
        assert name.startswith("Mcp-Param-")
        assert value.isascii()


def test_r45_tools_are_split_and_the_good_ones_kept_as_they_are() -> None:
    good, bad = (
        {"name": "good", "inputSchema": schema(a=annotated("A"))},
        {"name": "bad", "inputSchema": schema(a=annotated(""))},
    )
    odd: list[Any] = [None, "x", {"name": 5}]
    kept, rejected = split_tools([good, bad, *odd])
    assert kept == [good, *odd]
    assert [(tool, "empty" in told) for tool, told in rejected] == [(bad, True)]


def test_r45_each_rejected_tool_is_told_by_name() -> None:
    kept, rejected = split_tools([{"name": "bad", "inputSchema": schema(a=annotated("X Y"))}])
    (breach,) = param_headers.breaches(kept, rejected)
    assert (breach.rule, breach.severity) == ("x-mcp-header-invalid", Severity.ERROR)
    assert '"bad"' in breach.text
    assert '"X Y"' in breach.text


@pytest.mark.parametrize(("argument", "header"), [("password", "P"), ("p", "Api-Key"), ("p", "X-Token")])
def test_r45_secrets_in_headers_are_warned_of(argument: str, header: str) -> None:
    tool = {"name": "login", "inputSchema": schema(**{argument: annotated(header)}, user=annotated("User"))}
    (breach,) = param_headers.breaches([tool, None], [])
    assert (breach.rule, breach.severity) == ("x-mcp-header-invalid", Severity.WARN)
    assert '"login"' in breach.text
