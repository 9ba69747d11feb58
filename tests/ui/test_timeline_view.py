from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    CommentReceived,
    Direction,
    Framing,
    Message,
    MessageType,
    RequestSent,
)
from inspector.trace.river import River
from inspector.ui import theme
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.timeline_pane import TimelinePane

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def river() -> River:
    return River(FakeClock())


@pytest.fixture
def pane(river: River, qtbot: QtBot) -> TimelinePane:
    made = TimelinePane(river)
    qtbot.addWidget(made)
    made.resize(1000, 500)
    made.show()
    return made


def message(river: River, kind: MessageType, raw: bytes = b"{}", **fields: Any) -> Message:
    out = kind is MessageType.REQUEST
    return river.emit(
        Message,
        stream=fields.pop("stream", None),
        direction=Direction.OUTBOUND if out else Direction.INBOUND,
        message_type=kind,
        framing=Framing.BODY,
        raw=raw,
        **fields,
    )


def calls(river: River, count: int) -> None:
    """For each call one HTTP request, one request, one comment and one answer."""
    for number in range(count):
        stream = river.next_stream()
        river.emit(RequestSent, stream=stream, method="POST", url="http://h/mcp", purpose="tools/call")
        asked = message(
            river,
            MessageType.REQUEST,
            stream=stream,
            method="tools/call",
            id=number,
            name="echo",
            raw=b'{"n":%d}' % number,
        )
        river.emit(CommentReceived, stream=stream, text="ping", offset=0, raw=b": ping\n")
        message(river, MessageType.RESPONSE, stream=stream, id=number, request_n=asked.n, rtt_ms=3.2)


def settle(pane: TimelinePane, qtbot: QtBot) -> None:
    """Wait until everything is folded, filtered, searched and published."""

    def done() -> bool:
        model = pane.model
        caught_up = model._cursor == len(model.river) and not model.filtering and not pane.finder.running
        return caught_up and model._shown == model._available()

    qtbot.waitUntil(done, timeout=20_000)


def is_following(pane: TimelinePane) -> bool:
    return pane.view.tail.following


def widget(pane: TimelinePane, kind: type[Any], name: str) -> Any:
    found = pane.findChild(kind, name)
    assert found is not None, name
    assert found.accessibleName()
    return found


def test_the_tail_is_followed_until_the_user_scrolls_up(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    bar, button = pane.view.verticalScrollBar(), widget(pane, QPushButton, "timelineNewRows")
    calls(river, 50)
    settle(pane, qtbot)
    assert bar.value() == bar.maximum() > 0
    stayed = bar.maximum() - 20
    bar.setValue(stayed)
    assert not is_following(pane)
    assert not widget(pane, QToolButton, "timelineFollow").isChecked()
    assert not button.isVisible()
    calls(river, 50)
    settle(pane, qtbot)
    qtbot.waitUntil(lambda: bar.maximum() > 300)  # Qt fits the scroll bar a moment later
    assert bar.value() == stayed
    assert button.isVisible()
    assert "200 new rows" in button.text()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert is_following(pane)
    assert bar.value() == bar.maximum()
    assert not button.isVisible()
    assert widget(pane, QToolButton, "timelineFollow").isChecked()


def test_selecting_an_older_row_pauses_and_end_resumes(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 50)
    settle(pane, qtbot)
    assert pane.select_event(3)
    assert not is_following(pane)
    calls(river, 1)
    settle(pane, qtbot)
    assert pane.view.tail.missed == 4
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    assert is_following(pane)
    assert pane.view.tail.missed == 0


def test_focus_alone_neither_selects_nor_pauses(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 50)
    settle(pane, qtbot)
    pane.view.setFocus()
    QApplication.processEvents()
    assert pane.view.tail.following
    assert pane.view.current_row() is None


def test_resizing_keeps_the_tail(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 100)
    settle(pane, qtbot)
    for height in (900, 300, 600):
        pane.resize(1000, height)
        QApplication.processEvents()
        bar = pane.view.verticalScrollBar()
        assert pane.view.tail.following
        assert bar.value() == bar.maximum()


def test_less_wanted_columns_give_way_until_the_user_chooses(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 3)
    settle(pane, qtbot)
    pane.resize(1600, 500)
    QApplication.processEvents()
    assert not any(pane.view.isColumnHidden(column) for column in Column)
    pane.resize(700, 500)
    QApplication.processEvents()
    assert pane.view.isColumnHidden(Column.ID)
    assert not pane.view.isColumnHidden(Column.TIME)
    pane.view._choose_column(Column.ID, shown=True)
    pane.resize(650, 500)
    QApplication.processEvents()
    assert not pane.view.isColumnHidden(Column.ID)


def test_a_new_theme_reaches_the_rows(river: River, pane: TimelinePane, qapp: QApplication, qtbot: QtBot) -> None:
    calls(river, 3)
    theme.apply(qapp, theme.DARK)
    settle(pane, qtbot)
    dark = pane.view.rows_delegate._text.name()
    theme.apply(qapp, theme.LIGHT)
    QApplication.processEvents()
    assert (dark, pane.view.rows_delegate._text.name()) == (theme.DARK.text, theme.LIGHT.text)


def test_a_row_is_scrolled_to_while_the_first_column_is_hidden(river: River, pane: TimelinePane, qtbot: QtBot) -> None:
    calls(river, 100)
    settle(pane, qtbot)
    pane.view.setColumnHidden(Column.NUMBER, True)
    assert pane.select_event(3)
    assert pane.view.verticalScrollBar().value() <= 3
    assert pane.view.current_row() == 3
