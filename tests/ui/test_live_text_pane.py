"""The pane of streamed text, as a user reads it while it comes."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPlainTextEdit, QPushButton, QTextBrowser, QToolButton
from pytestqt.qtbot import QtBot

from inspector.trace.events import FrameReceived
from inspector.ui import theme
from inspector.ui.views.growing_text import MAX_LINE, GrowingText
from inspector.ui.views.live_text_pane import ALL_STREAMS, AUTO, LiveTextPane
from inspector.ui.views.live_text_view import SHOWN_LENGTH
from inspector.wire import jsontext
from tests.support.panes import part, put_up
from tests.support.rivers import Talk


def begin(river: Talk, purpose: str = "chat") -> int:
    stream = river.next_stream()
    river.send(stream, purpose=purpose)
    return stream


def piece(river: Talk, stream: int, text: str) -> None:
    data = jsontext.dumps({"id": "c-1", "choices": [{"delta": {"content": text}}]})
    river.hear(FrameReceived, stream, raw=b"data: " + data + b"\n\n")


@pytest.fixture
def pane(qtbot: QtBot, river: Talk) -> LiveTextPane:
    return put_up(qtbot, LiveTextPane(river), 800, 300)


def shown(pane: LiveTextPane) -> str:
    return part(pane, QPlainTextEdit, "liveTextPlain").toPlainText()


def choices(pane: LiveTextPane, name: str) -> list[str]:
    box = part(pane, QComboBox, name)
    return [box.itemText(place) for place in range(box.count())]


def pick(pane: LiveTextPane, name: str, title: str) -> None:
    box = part(pane, QComboBox, name)
    place = box.findText(title)
    assert place >= 0, choices(pane, name)
    box.setCurrentIndex(place)
    box.activated.emit(place)


def caught_up(pane: LiveTextPane) -> None:
    """Show everything now, without waiting for the timers."""
    while pane._live.behind:
        pane.pull()
    pane.refresh()
    pane.view.render_now()


def test_an_empty_pane_says_what_will_be_here(pane: LiveTextPane, river: Talk) -> None:
    empty = pane.findChild(QLabel, "liveTextEmpty")
    assert isinstance(empty, QLabel)
    assert empty.isVisible()
    assert empty.text().startswith("No text yet.")
    stream = begin(river)
    river.hear(FrameReceived, stream, raw=b"data: {}\n\n")
    caught_up(pane)
    pick(pane, "liveTextStream", f"#{stream} chat")
    assert empty.text() == "No text in this stream yet."
    pane.choose_path("$.x")
    assert empty.text() == f"Nothing along $.x yet. Choose a path from the list, or “{AUTO}”."


def test_text_appears_by_itself_while_it_comes(qtbot: QtBot, pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    for text in ("Hel", "lo ", "world"):
        river.wait(100)
        piece(river, stream, text)
    qtbot.waitUntil(lambda: shown(pane) == "Hello world")
    pane.refresh()
    figures = part(pane, QLabel, "liveTextFigures").text()
    assert figures == "11 characters · first text after 100 ms · 40 characters/s"


def test_a_hidden_pane_catches_up_when_it_is_shown(qtbot: QtBot, pane: LiveTextPane, river: Talk) -> None:
    pane.hide()
    piece(river, begin(river), "late")
    QTest.qWait(120)
    assert shown(pane) == ""
    pane.show()
    qtbot.waitUntil(lambda: shown(pane) == "late")


def test_a_stream_is_chosen_by_its_purpose(pane: LiveTextPane, river: Talk) -> None:
    first, second = begin(river, "chat"), begin(river, "tools/call")
    piece(river, first, "one")
    piece(river, second, "two")
    caught_up(pane)
    assert choices(pane, "liveTextStream") == [ALL_STREAMS, "#2 tools/call", "#1 chat"]
    assert shown(pane) == "onetwo"
    pick(pane, "liveTextStream", "#2 tools/call")
    caught_up(pane)
    assert shown(pane) == "two"
    assert part(pane, QComboBox, "liveTextStream").currentText() == "#2 tools/call"


def test_a_path_is_offered_or_typed_and_a_wrong_one_is_said(qtbot: QtBot, pane: LiveTextPane, river: Talk) -> None:
    piece(river, begin(river), "text")
    caught_up(pane)
    assert choices(pane, "liveTextPath") == [AUTO, "$.choices[0].delta.content", "$.id"]
    pick(pane, "liveTextPath", "$.id")
    caught_up(pane)
    assert shown(pane) == "c-1"
    box = part(pane, QComboBox, "liveTextPath")
    field = box.lineEdit()
    assert field is not None
    field.setText("$.[[")
    field.returnPressed.emit()
    error = part(pane, QLabel, "liveTextError")
    assert error.isVisible()
    assert "is no JSONPath" in error.text()
    assert shown(pane) == "c-1"
    field.setText("$.choices[0].delta.content")
    field.returnPressed.emit()
    caught_up(pane)
    assert (error.isVisible(), shown(pane)) == (False, "text")


def test_markdown_is_rendered_and_loads_nothing(pane: LiveTextPane, river: Talk) -> None:
    text = "# Title\n\n**bold** <img src='http://h/x'> ![x](file:///etc/passwd) [l](http://h/)\n"
    piece(river, begin(river), text)
    pick(pane, "liveTextMode", "Markdown")
    caught_up(pane)
    view = part(pane, QTextBrowser, "liveTextMarkdown")
    assert view.toPlainText().startswith("Title\nbold <img src='http://h/x'>")
    resource: Any = view.loadResource(2, QUrl("file:///etc/passwd"))
    assert resource is None
    assert not view.openLinks()


def test_json_is_indented_before_it_is_complete(pane: LiveTextPane, river: Talk) -> None:
    piece(river, begin(river), '{"a": [1, 2')
    pick(pane, "liveTextMode", "JSON")
    caught_up(pane)
    assert part(pane, QPlainTextEdit, "liveTextJson").toPlainText() == '{\n  "a": [\n    1,\n    2\n  ]\n}'
    assert part(pane, QLabel, "liveTextRemark").text() == "The JSON is not complete yet."


def test_each_way_to_read_shows_the_same_text(pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    piece(river, stream, "[1")
    caught_up(pane)
    pick(pane, "liveTextMode", "JSON")
    piece(river, stream, "]")
    caught_up(pane)
    pick(pane, "liveTextMode", "Text")
    assert shown(pane) == "[1]"


def test_reading_further_up_stops_following(pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    piece(river, stream, "line\n" * 200)
    caught_up(pane)
    bar = part(pane, QPlainTextEdit, "liveTextPlain").verticalScrollBar()
    follow = part(pane, QToolButton, "liveTextFollow")
    assert (bar.value(), follow.isChecked()) == (bar.maximum(), True)
    bar.setValue(3)
    assert not follow.isChecked()
    piece(river, stream, "line\n" * 50)
    caught_up(pane)
    assert bar.value() == 3
    follow.click()
    assert bar.value() == bar.maximum()
    bar.setValue(0)
    bar.setValue(bar.maximum())
    assert follow.isChecked()


def test_copy_gives_the_text_as_it_came_and_clear_forgets_it(pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    piece(river, stream, "a\u202eb\x07")
    caught_up(pane)
    assert shown(pane) == "a\\u202eb\\x07"
    part(pane, QToolButton, "liveTextCopy").click()
    assert QGuiApplication.clipboard().text() == "a\u202eb\x07"
    part(pane, QToolButton, "liveTextClear").click()
    piece(river, stream, "new")
    caught_up(pane)
    assert shown(pane) == "new"


def test_large_letters_are_larger(pane: LiveTextPane) -> None:
    view = part(pane, QPlainTextEdit, "liveTextPlain")
    before = view.font().pointSizeF()
    part(pane, QToolButton, "liveTextLarge").click()
    assert view.font().pointSizeF() > 1.5 * before


def test_large_letters_stay_large_in_the_other_scheme(
    application: QApplication, qtbot: QtBot, pane: LiveTextPane
) -> None:
    part(pane, QToolButton, "liveTextLarge").click()
    view = part(pane, QPlainTextEdit, "liveTextPlain")
    before = view.font().pointSizeF()
    theme.apply(application, theme.LIGHT)
    qtbot.waitUntil(lambda: view.font().pointSizeF() == pytest.approx(before))


def test_of_a_long_text_the_end_is_shown_and_all_on_request(pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    for number in range(80):
        piece(river, stream, f"{number}\n" + "x" * 9_000 + "\n")
    caught_up(pane)
    remark, whole = part(pane, QLabel, "liveTextRemark"), part(pane, QPushButton, "liveTextWhole")
    assert whole.isVisible()
    assert remark.text().endswith("characters are not shown here.")
    assert len(shown(pane)) < 3 * SHOWN_LENGTH
    assert not shown(pane).startswith("0\n")
    whole.click()
    assert shown(pane).startswith("0\n")
    assert not whole.isVisible()
    piece(river, stream, "the end")
    caught_up(pane)
    assert shown(pane).startswith("0\n")
    assert shown(pane).endswith("the end")


def test_a_flood_is_read_in_portions(qtbot: QtBot, pane: LiveTextPane, river: Talk) -> None:
    stream = begin(river)
    for _ in range(20_000):
        piece(river, stream, "token ")
    pane.pull()
    assert pane._live.behind > 0
    qtbot.waitUntil(lambda: pane._live.figures.length == 120_000, timeout=20_000)
    qtbot.waitUntil(lambda: shown(pane).replace("\n", "") == "token " * 20_000)


def test_long_lines_are_folded_across_parts(qtbot: QtBot) -> None:
    view = GrowingText("text", "Text")
    qtbot.addWidget(view)
    for _ in range(5):
        view.append_text("x" * (MAX_LINE // 2 + 1))
    view.append_text("\nshort")
    lines = view.toPlainText().split("\n")
    assert [len(line) for line in lines] == [MAX_LINE, MAX_LINE, 5 * (MAX_LINE // 2 + 1) - 2 * MAX_LINE, 5]
    view.replace_text("new")
    assert view.toPlainText() == "new"
