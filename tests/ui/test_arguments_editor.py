"""The form and the JSON text are two views of one value, and neither loses what the other holds."""

from __future__ import annotations

from typing import TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QTabWidget, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.forms.arguments_editor import ArgumentsEditor

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

W = TypeVar("W", bound=QWidget)
BIG = 123456789012345678901234567890


def child(parent: QWidget, kind: type[W], name: str) -> W:
    """The one widget of this name."""
    found = parent.findChild(kind, name)
    assert isinstance(found, kind), f"there is no {name}"
    return found


def type_into(qtbot: QtBot, form: QWidget, name: str, text: str) -> None:
    edit = child(form, QLineEdit, name)
    edit.selectAll()
    QTest.keyClicks(edit, text)


def labels(form: QWidget) -> str:
    return "\n".join(label.text() for label in form.findChildren(QLabel))


ECHO = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "count": {"type": "integer", "default": 1}},
}


@pytest.fixture
def editor(qtbot: QtBot) -> ArgumentsEditor:
    made = ArgumentsEditor()
    qtbot.addWidget(made)
    made.set_tool(ECHO)
    made.show()
    return made


def tabs(editor: ArgumentsEditor) -> QTabWidget:
    return child(editor, QTabWidget, "argumentsTabs")


def write(editor: ArgumentsEditor, text: str) -> None:
    """Type JSON into the JSON tab."""
    tabs(editor).setCurrentIndex(1)
    child(editor, QPlainTextEdit, "argumentsJson").setPlainText(text)


def notice(editor: ArgumentsEditor) -> str:
    return child(editor, QLabel, "argumentsProblems").text()


ODD = '{ "count" : 1.0,\n\n\t"unknown":[12345678901234567890123],"text":"a\\u0041" }'


def test_the_text_the_user_typed_survives_the_form_byte_for_byte(editor: ArgumentsEditor) -> None:
    write(editor, ODD)
    tabs(editor).setCurrentIndex(0)
    assert tabs(editor).currentIndex() == 0
    assert editor.arguments() == {"count": 1.0, "unknown": [12345678901234567890123], "text": "aA"}
    tabs(editor).setCurrentIndex(1)
    assert editor.arguments_text() == ODD


def test_an_edit_in_the_form_keeps_order_and_unknown_keys(qtbot: QtBot, editor: ArgumentsEditor) -> None:
    write(editor, ODD)
    tabs(editor).setCurrentIndex(0)
    type_into(qtbot, editor, "arg:/text", "new")
    assert list((editor.arguments() or {}).items()) == [
        ("count", 1.0),
        ("unknown", [12345678901234567890123]),
        ("text", "new"),
    ]
    tabs(editor).setCurrentIndex(1)
    assert "12345678901234567890123" in editor.arguments_text()
    assert '"new"' in editor.arguments_text()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"text": "a"\n "count": 1}', "Line 2, column 2"),
        ("[1]", "must be a JSON object"),
        ('{"text": 5}', "cannot show these values exactly"),
        ('{"text": NaN}', "NaN"),
    ],
)
def test_what_the_form_cannot_show_stays_json_with_a_sentence(editor: ArgumentsEditor, text: str, reason: str) -> None:
    write(editor, text)
    tabs(editor).setCurrentIndex(0)
    assert tabs(editor).currentIndex() == 1
    assert reason in notice(editor)
    assert editor.arguments_text() == text


def test_problems_are_shown_while_typing(qtbot: QtBot, editor: ArgumentsEditor) -> None:
    assert child(editor, QLabel, "argumentsFit").text() == "✓ fits the schema"
    assert not child(editor, QLabel, "argumentsProblems").isVisible()
    with qtbot.waitSignal(editor.changed):
        write(editor, "{}")
    qtbot.waitUntil(lambda: notice(editor) == '⚠ "text" is required and missing.')
    assert [problem.pointer for problem in editor.problems()] == ["/text"]
    assert child(editor, QLabel, "argumentsFit").text() == ""


def test_many_problems_leave_room_for_the_fields(editor: ArgumentsEditor) -> None:
    editor.set_tool({"properties": {name: {} for name in "abcd"}, "required": list("abcd")})
    assert notice(editor) == '⚠ "a" is required and missing.\n⚠ "b" is required and missing.\n… and 2 more'


def test_unreadable_json_gives_no_arguments(editor: ArgumentsEditor) -> None:
    write(editor, '{"text": ')
    assert editor.arguments() is None
    assert editor.problems()[0].text.startswith("Line 1, column ")


def test_letters_for_a_number_give_no_arguments(qtbot: QtBot, editor: ArgumentsEditor) -> None:
    type_into(qtbot, editor, "arg:/count", "x")
    assert editor.arguments() is None
    assert [problem.pointer for problem in editor.problems()] == ["/count"]


def test_ctrl_enter_submits_from_any_field(qtbot: QtBot, editor: ArgumentsEditor) -> None:
    qtbot.waitExposed(editor)
    with qtbot.waitSignal(editor.submitted):
        QTest.keyClick(child(editor, QLineEdit, "arg:/text"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_a_default_of_the_wrong_type_is_sent_as_declared_and_shown_as_json(editor: ArgumentsEditor) -> None:
    editor.set_tool({"properties": {"a": {"type": "string", "default": 5}}})
    assert tabs(editor).currentIndex() == 1
    assert editor.arguments() == {"a": 5}


def test_a_broken_schema_is_said_once_and_blocks_nothing(editor: ArgumentsEditor) -> None:
    editor.set_tool({"type": "object", "properties": {"a": {"$ref": "https://example.com/s"}}, "required": 5})
    assert "The tool's schema:" in labels(editor)
    assert notice(editor) == ""
    assert editor.arguments() == {}
