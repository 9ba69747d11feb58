"""The field for JSON: coloured where that is quick, and never changing what it holds."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.ui import theme
from inspector.ui.forms.json_edit import MAX_COLORED, JsonEdit


@pytest.fixture
def edit(qtbot: QtBot) -> JsonEdit:
    made = JsonEdit("field", "Field")
    qtbot.addWidget(made)
    made.show()
    return made


def colors_of_first_line(edit: JsonEdit) -> set[str]:
    return {span.format.foreground().color().name() for span in edit.document().firstBlock().layout().formats()}


def test_what_is_put_in_is_what_is_read(edit: JsonEdit) -> None:
    text = '{"a":\u00a01,\n  not json\u2028 at all'
    edit.replace(text)
    assert edit.text() == text.replace("\u2029", "\n")
    edit.replace("other")
    edit.undo()
    assert edit.text() == text


def test_colours_follow_the_theme(qapp: QApplication, edit: JsonEdit) -> None:
    theme.apply(qapp, theme.DARK)
    edit.replace('{"a": 1}')
    assert colors_of_first_line(edit) == {theme.DARK.outbound, theme.DARK.warn}
    theme.apply(qapp, theme.LIGHT)
    assert colors_of_first_line(edit) == {theme.LIGHT.outbound, theme.LIGHT.warn}


def test_a_huge_text_is_left_uncoloured(edit: JsonEdit) -> None:
    edit.replace('{"a": 1}\n' * (MAX_COLORED // 8))
    assert colors_of_first_line(edit) == set()
