"""Suggestions come late, out of order or not at all; the line shows those for what stands in it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from inspector.ui.forms.completion import Completion, Reply
from inspector.ui.suggestions import Suggestions

# The offscreen platform says so whenever a window asks for a minimum size, and when a list opens over one.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


class Typed:
    """A line with suggestions, and the questions that it asked."""

    def __init__(self, qtbot: QtBot) -> None:
        self.asked: list[tuple[str, Reply]] = []
        self.said: list[str] = []
        self.edited: list[str] = []
        self.page = QWidget()
        qtbot.addWidget(self.page)
        self.line = QLineEdit()
        self.line.setObjectName("city")
        QVBoxLayout(self.page).addWidget(self.line)
        self.completion = Completion(self.line, lambda text, reply: self.asked.append((text, reply)))
        self.completion.said.connect(self.said.append)
        self.page.show()
        self.page.activateWindow()
        self.line.setFocus()
        qtbot.waitUntil(self.line.hasFocus)
        self.line.textEdited.connect(self.edited.append)

    @property
    def popup(self) -> QAbstractItemView:
        completer = self.completion.findChild(QCompleter)
        assert completer is not None
        popup = completer.popup()
        assert popup is not None
        return popup


@pytest.fixture
def typed(qtbot: QtBot) -> Typed:
    return Typed(qtbot)


def test_one_question_for_what_is_typed_in_one_go(qtbot: QtBot, typed: Typed) -> None:
    QTest.keyClicks(typed.line, "ber")
    assert typed.asked == []
    qtbot.waitUntil(lambda: len(typed.asked) == 1)
    assert typed.asked[0][0] == "ber"


def test_the_answer_opens_a_list_and_a_choice_is_an_edit(qtbot: QtBot, typed: Typed) -> None:
    QTest.keyClicks(typed.line, "b")
    qtbot.waitUntil(lambda: len(typed.asked) == 1)
    typed.asked[0][1](Suggestions(("Berlin", "Bern"), total=7, has_more=True))
    qtbot.waitUntil(typed.popup.isVisible)
    assert typed.popup.accessibleName()
    assert typed.completion.values() == ["Berlin", "Bern"]
    assert typed.said == ["2 of 7 suggestions"]
    QTest.keyClick(typed.popup, Qt.Key.Key_Down)
    QTest.keyClick(typed.popup, Qt.Key.Key_Down)
    QTest.keyClick(typed.popup, Qt.Key.Key_Return)
    assert typed.line.text() == "Bern"
    assert typed.edited[-1] == "Bern"
    qtbot.wait(250)
    assert len(typed.asked) == 1


def test_an_answer_to_an_older_text_is_dropped(qtbot: QtBot, typed: Typed) -> None:
    QTest.keyClicks(typed.line, "b")
    qtbot.waitUntil(lambda: len(typed.asked) == 1)
    QTest.keyClicks(typed.line, "o")
    typed.asked[0][1](Suggestions(("Berlin",)))
    assert typed.completion.values() == []
    qtbot.waitUntil(lambda: len(typed.asked) == 2)
    typed.asked[1][1](Suggestions(("Bonn",)))
    typed.asked[0][1](Suggestions(("Berlin",)))
    assert typed.completion.values() == ["Bonn"]


def test_typing_goes_on_below_the_open_list(qtbot: QtBot, typed: Typed) -> None:
    QTest.keyClicks(typed.line, "b")
    qtbot.waitUntil(lambda: len(typed.asked) == 1)
    typed.asked[0][1](Suggestions(("Berlin", "Bern")))
    qtbot.waitUntil(typed.popup.isVisible)
    QTest.keyClick(typed.popup, Qt.Key.Key_E)
    assert typed.line.text() == "be"
    qtbot.waitUntil(lambda: len(typed.asked) == 2)
    assert typed.asked[1][0] == "be"


@pytest.mark.parametrize("key", [Qt.Key.Key_Down, Qt.Key.Key_Space])
def test_keys_ask_without_typing(typed: Typed, key: Qt.Key) -> None:
    with_control = key == Qt.Key.Key_Space
    QTest.keyClick(
        typed.line, key, Qt.KeyboardModifier.ControlModifier if with_control else Qt.KeyboardModifier.NoModifier
    )
    assert [text for text, _ in typed.asked] == [""]
    assert typed.line.text() == ""


def test_nothing_opens_where_there_is_nothing_new(typed: Typed) -> None:
    typed.line.setText("Bern")
    for found, words in (
        (Suggestions(), "No suggestions"),
        (Suggestions(("Bern",)), "1 suggestion"),
        (Suggestions(sentence="No suggestions. It broke."), "No suggestions. It broke."),
    ):
        typed.completion.ask_now()
        typed.asked[-1][1](found)
        assert not typed.popup.isVisible()
        assert typed.said[-1] == words


def test_no_list_opens_over_another_field(qtbot: QtBot, typed: Typed) -> None:
    typed.completion.ask_now()
    typed.line.clearFocus()
    typed.asked[0][1](Suggestions(("Berlin",)))
    assert not typed.popup.isVisible()
    assert typed.popup.currentIndex() == QModelIndex()


def test_after_closing_no_answer_counts(typed: Typed) -> None:
    typed.completion.ask_now()
    typed.completion.close()
    typed.asked[0][1](Suggestions(("Berlin",)))
    assert typed.completion.values() == []
    assert typed.said == []
