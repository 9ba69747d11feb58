"""Whatever the server calls a schema, there is a form or JSON with the reason."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.forms.schema_form import SchemaForm

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

W = TypeVar("W", bound=QWidget)
BIG = 123456789012345678901234567890


def form_of(qtbot: QtBot, properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> SchemaForm:
    form = SchemaForm()
    qtbot.addWidget(form)
    form.set_schema({"type": "object", "properties": properties, "required": list(required), **more})
    form.show()
    return form


def child(parent: QWidget, kind: type[W], name: str) -> W:
    """The one widget of this name."""
    found = parent.findChild(kind, name)
    assert isinstance(found, kind), f"there is no {name}"
    return found


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (None, "The schema is null, not an object."),
        ([], "The schema is [], not an object."),
        ({"properties": []}, "without a list of fields"),
        ({"type": "string"}, "does not describe an object"),
        ({"properties": {f"p{n}": {} for n in range(10_000)}}, "more than 200 fields"),
        ({"$ref": "https://example.com/schema"}, "leads nowhere"),
        ({"$ref": "#"}, "contains itself"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "keys are free"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_schema_without_a_form_gives_json_and_the_reason(qtbot: QtBot, schema: Any, reason: str) -> None:
    form = SchemaForm()
    qtbot.addWidget(form)
    form.set_schema(schema)
    assert reason in form.fallback_reason
    assert form.set_value({"a": [BIG]})
    assert form.value() == {"a": [BIG]}


def test_a_schema_a_thousand_levels_deep_is_a_form_down_to_some_level(qtbot: QtBot) -> None:
    form = SchemaForm()
    qtbot.addWidget(form)
    form.set_schema(deep(1_000))
    assert form.fallback_reason == ""
    assert form.value() == {}


def test_names_with_slashes_and_markup_are_only_text(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"a/b": {"type": "string", "description": "<img src='file:///x.png'> & <b>"}}, ("a/b",))
    assert child(form, QLineEdit, "arg:/a~1b").accessibleName() == "a/b, required"
    shown = next(label for label in form.findChildren(QLabel) if "<img" in label.text())
    assert shown.textFormat() is Qt.TextFormat.PlainText


KEYWORDS = st.sampled_from(
    ["type", "properties", "items", "enum", "required", "$ref", "anyOf", "default", "title", "format"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["string", "object", "array", "null", "integer", "#"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANY_JSON, ANY_JSON)
def test_no_schema_and_no_value_raises(qtbot: QtBot, schema: Any, value: Any) -> None:
    form = SchemaForm()
    qtbot.addWidget(form)
    form.set_schema(schema)
    form.value()
    if form.set_value(value) and isinstance(value, dict):
        assert form.value() == value
