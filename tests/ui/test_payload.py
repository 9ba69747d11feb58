from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    CommentReceived,
    FrameReceived,
)
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.payload.facts import Section, sse_sections
from inspector.ui.payload.facts_view import FactsView, escaped
from inspector.ui.payload.hex_view import NARROW, WIDE, HexView
from inspector.ui.payload.payload_text import SHOWN_CHARS, PayloadText

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def facts(sections: list[Section]) -> dict[str, str]:
    return {name: value for section in sections for name, value in section.facts}


def test_sse_oddities_are_named() -> None:
    river = River(FakeClock())
    odd = river.emit(FrameReceived, raw=b"\xef\xbb\xbf: c\r\nid\r\nfoo: bar\rdata: \xff\n\n")
    read = facts(sse_sections(odd))
    assert read["byte order mark"] == "yes, ignored"
    assert read["UTF-8"].startswith("invalid")
    assert read["id"] == "empty: forgets the last id"
    assert read["ignored line"] == "foo: bar"
    assert set(read["line ends"].split(", ")) == {"LF", "CRLF", "CR"}
    comment = river.emit(CommentReceived, text="ping", offset=7, raw=b": ping\r\n")
    assert facts(sse_sections(comment))["line ends"] == "CRLF"
    assert sse_sections(river.emit(FrameReceived, raw=b"\n"))[0].sentence == "The block holds no field."


def test_hex_view_lines_selection_and_copies(qtbot: QtBot) -> None:
    view = HexView()
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    view.show_bytes(bytes(range(256)), frozenset({5}))
    assert (view.line_bytes, view.line_count()) == (WIDE, 16)
    assert view.line(4) == "0040  40 41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f  @ABCDEFGHIJKLMNO"
    view.select(0x41, 0x44)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "41 42 43"
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "ABC"
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert view.selected() == bytes(range(256))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert view.selected() == b"\x00"
    view.resize(420, 400)
    assert (view.line_bytes, view.line_count()) == (NARROW, 32)
    assert not view.grab().isNull()


def test_hex_view_takes_any_length_and_none(qtbot: QtBot) -> None:
    view = HexView()
    qtbot.addWidget(view)
    view.show()
    for raw in (b"", b"\0", b"\xff" * 10 * 1024 * 1024):
        view.show_bytes(raw)
        view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton)
        assert not view.grab().isNull()
        assert len(view.selected()) == min(1, len(raw))


def test_long_lines_are_broken_and_json_is_coloured_in_sight(qtbot: QtBot) -> None:
    text = PayloadText()
    qtbot.addWidget(text)
    text.resize(600, 400)
    text.show()
    text.show_text('{\n  "key": [true, -1.5e3, "text"],\n' + "x" * 5_000 + "\n" * 5_000 + "}", is_json=True)
    edit = text.findChild(QPlainTextEdit, "payloadText")
    assert edit is not None
    qtbot.waitUntil(lambda: len(edit.document().findBlockByNumber(1).layout().formats()) == 4)
    assert edit.document().lastBlock().layout().formats() == []
    assert max(map(len, edit.toPlainText().split("\n"))) <= 2_001


def test_facts_are_coloured_anew_with_the_theme(qtbot: QtBot, qapp: Any) -> None:
    view = FactsView("facts", "Facts")
    qtbot.addWidget(view)
    theme.apply(qapp, theme.DARK)
    view.show_sections([Section("Title", (("name", "value"),), "Sentence.")])
    assert theme.DARK.muted in view.toHtml()
    theme.apply(qapp, theme.LIGHT)
    qapp.processEvents()
    assert theme.LIGHT.muted in view.toHtml()
    assert theme.DARK.muted not in view.toHtml()


def test_markup_of_the_peer_is_text_and_bounded() -> None:
    assert escaped("<b>&\n\u202e") == "&lt;b&gt;&amp;⏎ \\u202e"
    assert escaped("x" * 5_000).endswith(" … (5,000 characters)")


def test_long_text_shows_its_beginning_and_all_on_demand(qtbot: QtBot) -> None:
    text = PayloadText()
    qtbot.addWidget(text)
    text.show()
    whole = '{"result":"' + "A" * 10 * 1024 * 1024 + '"}'
    text.show_text(whole, is_json=True)
    assert len(text.edit.toPlainText()) < SHOWN_CHARS * 1.1
    button = text.findChild(QPushButton, "payloadShowAll")
    assert button is not None
    assert button.text() == "Show all (10.5 MB)"
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert text.edit.toPlainText().replace("↩\n", "") == whole
    assert not button.isVisible()
