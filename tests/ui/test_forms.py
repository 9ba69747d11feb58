"""Every kind of value has a field that holds it exactly, and says whether it is sent."""

from __future__ import annotations

from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.forms.schema_form import SchemaForm

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

W = TypeVar("W", bound=QWidget)
BIG = 123456789012345678901234567890


def child(parent: QWidget, kind: type[W], name: str) -> W:
    """The one widget of this name."""
    found = parent.findChild(kind, name)
    assert isinstance(found, kind), f"there is no {name}"
    return found


def form_of(qtbot: QtBot, properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> SchemaForm:
    form = SchemaForm()
    qtbot.addWidget(form)
    form.set_schema({"type": "object", "properties": properties, "required": list(required), **more})
    form.show()
    return form


def type_into(qtbot: QtBot, form: QWidget, name: str, text: str) -> None:
    edit = child(form, QLineEdit, name)
    edit.selectAll()
    QTest.keyClicks(edit, text)


def choose(box: QComboBox, text: str) -> None:
    """What the user does: pick an entry of the list."""
    box.setCurrentIndex(box.findText(text))
    box.activated.emit(box.currentIndex())


def labels(form: QWidget) -> str:
    return "\n".join(label.text() for label in form.findChildren(QLabel))


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string"}, ""),
        ({"type": "string"}, "two\nlines"),
        ({"type": "string"}, "no-break\u00a0space\ttab"),
        ({"type": "string", "maxLength": 5000}, "long"),
        ({"type": "integer"}, BIG),
        ({"type": "integer"}, -1),
        ({"type": "number"}, 1.5),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, False),
        ({"enum": ["a", 2, 2.5, None, True, {"k": [1]}]}, {"k": [1]}),
        ({"enum": ["a", 2, None]}, None),
        ({"oneOf": [{"const": "r", "title": "Red"}, {"const": "g", "title": "Green"}]}, "g"),
        ({"enum": ["r", "g"], "enumNames": ["Red", "Green"]}, "r"),
        ({"type": ["integer", "null"]}, None),
        ({"type": ["integer", "null"]}, 7),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
        ({"type": "array", "items": {"type": "string"}}, ["a", "", "b"]),
        ({"type": "array", "items": {"type": ["integer", "null"]}}, [1, None, BIG]),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, [[1, 2.5], []]),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"a": "x", "unknown": [1]}),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, {"any": [BIG, None]}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"free": 1}),
        ({"$ref": "#/$defs/point"}, {"x": 3}),
        ({}, [1, {"a": None}]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_every_kind_of_value_goes_in_and_out_exactly(qtbot: QtBot, schema: dict[str, Any], value: Any) -> None:
    point = {"type": "object", "properties": {"x": {"type": "integer"}}}
    form = form_of(qtbot, {"v": schema}, (), **{"$defs": {"point": point}})
    assert form.value() == {}
    assert form.set_value({"v": value})
    assert form.value() == {"v": value}
    assert form.problems() == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, 5),
        ({"type": "string"}, None),
        ({"type": "string"}, "carriage\r\nreturn"),
        ({"type": "integer"}, "5"),
        ({"type": "boolean"}, 1),
        ({"enum": ["a"]}, "b"),
        ({"enum": [1]}, True),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1]),
        ({"type": "array", "items": {"type": "string"}}, ["x"] * 500),
        ({"type": "object", "properties": {"a": {"type": "string"}}}, [1]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_value_that_a_form_cannot_show_exactly_is_refused(qtbot: QtBot, schema: dict[str, Any], value: Any) -> None:
    form = form_of(qtbot, {"v": schema})
    assert not form.set_value({"v": value})


def test_defaults_are_filled_in_and_what_is_required_is_said(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"text": {"type": "string"}, "count": {"type": "integer", "default": 3}}, ("text",))
    assert form.value() == {"text": "", "count": 3}
    assert "text · required" in labels(form)
    assert child(form, QLineEdit, "arg:/text").accessibleName() == "text, required"
    assert form.findChild(QCheckBox, "send:/text") is None
    assert child(form, QCheckBox, "send:/count").isChecked()


def test_typing_sends_an_optional_field_and_unticking_takes_it_back(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"note": {"type": "string"}})
    send, edit = child(form, QCheckBox, "send:/note"), child(form, QLineEdit, "arg:/note")
    assert edit.placeholderText() == "not sent"
    with qtbot.waitSignal(form.changed):
        QTest.keyClicks(edit, "hi")
    assert send.isChecked()
    assert form.value() == {"note": "hi"}
    send.click()
    assert (form.value(), edit.text(), edit.placeholderText()) == ({}, "", "not sent")
    send.click()
    assert form.value() == {"note": "hi"}


def test_an_empty_text_differs_from_a_text_that_is_not_sent(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"note": {"type": "string"}})
    child(form, QCheckBox, "send:/note").click()
    assert form.value() == {"note": ""}
    assert child(form, QLineEdit, "arg:/note").placeholderText() == "sent as empty text"


def test_an_optional_boolean_has_three_states(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"deep": {"type": "boolean"}})
    box = child(form, QComboBox, "arg:/deep")
    assert (form.value(), box.currentIndex(), box.placeholderText()) == ({}, -1, "not sent")
    choose(box, "false")
    assert form.value() == {"deep": False}
    choose(box, "true")
    assert form.value() == {"deep": True}
    child(form, QCheckBox, "send:/deep").click()
    assert form.value() == {}


def test_an_emptied_number_is_not_sent(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"n": {"type": "integer", "minimum": 5, "maximum": 9}})
    assert "integer, 5 to 9 · optional" in labels(form)
    type_into(qtbot, form, "arg:/n", "7")
    assert form.value() == {"n": 7}
    QTest.keyClick(child(form, QLineEdit, "arg:/n"), Qt.Key.Key_Backspace)
    assert form.value() == {}
    child(form, QCheckBox, "send:/n").click()
    assert form.value() == {"n": 5}


@pytest.mark.parametrize("text", ["12x", "0x10", '"5"', "true", "NaN", "1,5"])
def test_letters_for_a_number_are_a_problem_and_not_a_value(qtbot: QtBot, text: str) -> None:
    form = form_of(qtbot, {"n": {"type": "integer"}}, ("n",))
    type_into(qtbot, form, "arg:/n", text)
    assert form.value() == {}
    assert [problem.pointer for problem in form.problems()] == ["/n"]
    assert "is not an integer" in form.problems()[0].text


def test_null_is_a_value_of_its_own(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"n": {"type": ["string", "null"]}}, ("n",))
    null = child(form, QCheckBox, "null:/n")
    null.click()
    assert form.value() == {"n": None}
    assert not child(form, QLineEdit, "arg:/n").isEnabled()
    null.click()
    assert form.value() == {"n": ""}


def test_a_line_can_become_several_lines(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"t": {"type": "string"}}, ("t",))
    type_into(qtbot, form, "arg:/t", "one")
    next(button for button in form.findChildren(QAbstractButton) if button.text() == "¶").click()
    lines = child(form, QPlainTextEdit, "arg:/t")
    assert lines.toPlainText() == "one"
    lines.appendPlainText("two")
    assert form.value() == {"t": "one\ntwo"}


def test_items_are_added_moved_and_removed(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"tags": {"type": "array", "items": {"type": "string"}}}, ("tags",))
    for text in ("a", "b", "c"):
        child(form, QAbstractButton, "add:/tags").click()
        type_into(qtbot, form, f"arg:/tags/{len(form.value()['tags']) - 1}", text)
    child(form, QAbstractButton, "up:/tags/2").click()
    assert form.value() == {"tags": ["a", "c", "b"]}
    child(form, QAbstractButton, "down:/tags/0").click()
    assert form.value() == {"tags": ["c", "a", "b"]}
    child(form, QAbstractButton, "remove:/tags/1").click()
    assert form.value() == {"tags": ["c", "b"]}
    assert child(form, QLineEdit, "arg:/tags/1").text() == "b"


def test_an_empty_item_is_said_and_not_dropped(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"n": {"type": "array", "items": {"type": "integer"}}}, ("n",))
    child(form, QAbstractButton, "add:/n").click()
    assert [problem.text for problem in form.problems()] == ["Item 1 of n is empty."]


def test_nested_objects_have_fields_of_their_own(qtbot: QtBot) -> None:
    inner = {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}, "y": {"type": "string"}}}
    form = form_of(qtbot, {"o": inner})
    assert form.value() == {}
    assert not child(form, QLineEdit, "arg:/o/x").isVisible()
    child(form, QCheckBox, "send:/o").click()
    type_into(qtbot, form, "arg:/o/x", "4")
    assert form.value() == {"o": {"x": 4}}


def test_unknown_keys_are_kept_in_their_place_and_shown(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"a": {"type": "string"}, "b": {"type": "string"}})
    assert form.set_value({"z": 1, "b": "x", "a": "y"})
    type_into(qtbot, form, "arg:/a", "new")
    assert list(form.value().items()) == [("z", 1), ("b", "x"), ("a", "new")]
    assert "does not name it: z" in labels(form)


def test_a_schema_that_contains_itself_becomes_json_where_it_recurs(qtbot: QtBot) -> None:
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "kids": {"type": "array", "items": {"$ref": "#"}}},
    }
    form = form_of(qtbot, node["properties"])  # type: ignore[arg-type]
    assert form.set_value({"name": "a", "kids": [{"name": "b", "kids": [{"name": "c"}]}]})
    assert child(form, QPlainTextEdit, "arg:/kids/0").toPlainText().startswith("{")


def test_bad_json_in_a_json_field_is_a_problem(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"any": {}}, ("any",))
    child(form, QPlainTextEdit, "arg:/any").setPlainText('{"a": }')
    assert form.value() == {}
    assert "Line 1, column 7" in form.problems()[0].text


CHOICES = {"type": "array", "uniqueItems": True, "items": {"anyOf": [{"const": "r", "title": "Red"}, {"const": "g"}]}}


def test_several_choices_are_ticked(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"colors": {**CHOICES, "default": ["g"]}})
    red, green = (child(form, QCheckBox, f"choice:/colors/{number}") for number in range(2))
    assert (red.text(), green.text(), red.accessibleName()) == ("Red", "g", "colors: Red")
    assert form.value() == {"colors": ["g"]}
    red.click()
    assert form.value() == {"colors": ["g", "r"]}
    green.click()
    red.click()
    assert form.value() == {"colors": []}


def test_ticking_a_choice_sends_an_optional_list(qtbot: QtBot) -> None:
    form = form_of(qtbot, {"colors": CHOICES})
    assert form.value() == {}
    child(form, QCheckBox, "choice:/colors/1").click()
    assert form.value() == {"colors": ["g"]}


def test_ticks_count_as_fields(qtbot: QtBot) -> None:
    many = {"type": "array", "uniqueItems": True, "items": {"enum": [f"c{number}" for number in range(60)]}}
    form = form_of(qtbot, {f"f{number}": many for number in range(40)})
    assert form.fallback_reason == "The schema has more than 200 fields."


@pytest.mark.parametrize(("value", "is_exact"), [(["g", "r"], True), (["r", "r"], False), (["b"], False), ("r", False)])
def test_ticks_show_what_they_can_show_exactly(qtbot: QtBot, value: Any, is_exact: bool) -> None:
    form = form_of(qtbot, {"colors": CHOICES})
    assert form.set_value({"colors": value}) is is_exact
