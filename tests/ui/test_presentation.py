"""The presentation as a speaker uses it: what is seen, what is hidden, and every key."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QProgressBar, QTextBrowser, QToolButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from inspector.record.recording import open_recording
from inspector.record.timeline import Timeline
from inspector.record.veiled_text import DOT
from inspector.trace.events import Framing, Message, MessageType, SessionReady
from inspector.ui import presentation, theme
from inspector.ui.presentation import LOOK_BACK_EVENTS, start_of
from inspector.ui.presented import Presented
from inspector.ui.views.presentation_view import EMPTY, FAR_BEHIND, PresentationView
from inspector.ui.views.recording_view import RecordingView
from inspector.wire import jsontext
from tests.support.desk import Desk, on_desk
from tests.support.panes import part, put_up
from tests.support.qt_loop import until
from tests.support.recordings import saved
from tests.support.rivers import Talk

TITLES = {"chat": "Chat with a model"}
SECRET = "sk-abcdefghijklmnop1234"


class Show:
    """A presentation of a river that the test tells."""

    def __init__(self, river: Talk) -> None:
        self.river = river
        self.timeline = Timeline(lambda n: river[n])
        self.view = PresentationView(
            Presented(river), self.timeline, river.clock.monotonic_ns, lambda name: TITLES.get(name, "")
        )

    def call(self, tool: str = "chat") -> tuple[int, Message]:
        stream = self.river.next_stream()
        self.river.send(stream)
        return stream, self.river.ask(stream, name=tool)

    def say(self, stream: int, text: str) -> None:
        value = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": text}}
        raw = b"data: " + jsontext.dumps(value) + b"\n\n"
        self.river.message(stream, MessageType.NOTIFICATION, method="notifications/message", raw=raw)

    def end(self, stream: int, asked: Message, text: str = "") -> None:
        raw = jsontext.dumps({"result": {"content": [{"type": "text", "text": text}]}})
        self.river.answer(stream, asked, raw=raw, framing=Framing.BODY)

    def catch_up(self) -> None:
        self.timeline.fold(self.river.since(len(self.timeline)))
        while self.view._presented.behind:
            self.view.tick()
        self.view.tick()
        self.view.refresh()
        self.view.text.render_now()

    @property
    def text(self) -> str:
        self.catch_up()
        return part(self.view, QPlainTextEdit, "liveTextPlain").toPlainText()

    def label(self, name: str) -> str:
        return part(self.view, QLabel, name).text()

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.view, key, modifiers)


@pytest.fixture
def show(qtbot: QtBot, application: QApplication, river: Talk) -> Iterator[Show]:
    shown = Show(river)
    shown.view.resize(1280, 800)
    shown.view.show()
    shown.view.activateWindow()
    qtbot.waitUntil(shown.view.isActiveWindow)
    yield shown
    if isValid(shown.view):  # closing it deletes it
        shown.view.close()


def test_before_the_first_call_it_is_calm_and_says_what_to_do(show: Show) -> None:
    show.catch_up()
    assert part(show.view, QLabel, "presentationWords").isVisible()
    assert show.label("presentationWords") == EMPTY
    figures = ("presentationRate", "presentationFirst", "presentationElapsed", "presentationEvents")
    assert {show.label(name) for name in figures} == {"–"}


def test_the_text_streams_with_its_figures(show: Show) -> None:
    stream, asked = show.call()
    show.river.wait(250)
    for piece in ("Hel", "lo ", "all ", "of you"):
        show.say(stream, piece)
        show.river.wait(20)
    assert show.text == "Hello all of "
    assert show.label("presentationTitle") == "Chat with a model"
    assert show.label("presentationState") == "● streaming"
    assert show.label("presentationRate") == "50.0"
    assert show.label("presentationRateCaption") == "tokens/s, one per piece"
    assert show.label("presentationFirst") == "250 ms"
    assert show.label("presentationElapsed") == "0.3 s"
    show.end(stream, asked)
    assert show.text == "Hello all of you"
    assert (show.label("presentationState"), show.label("presentationEvents")) == ("✓ done", "5")
    assert part(show.view, QProgressBar, "presentationProgress").value() == 1_000


def test_an_estimate_is_marked_as_one(show: Show) -> None:
    stream, _ = show.call()
    for _ in range(3):
        show.say(stream, "word " * 80)
        show.river.wait(1_000)
    show.catch_up()
    assert show.label("presentationRate") == "≈ 100"
    assert show.label("presentationRateCaption") == "tokens/s, about 4 characters each"


def test_secrets_are_hidden_until_the_speaker_shows_them(show: Show) -> None:
    stream, asked = show.call(f"chat {SECRET}")
    for piece in ("Use sk-abcdef", "ghijklmnop1234 and ada@exam", "ple.org, please"):
        show.say(stream, piece)
    show.end(stream, asked)
    assert show.text == f"Use sk-{DOT * 20} and {DOT * 15}, please"
    assert SECRET not in show.label("presentationTitle")
    assert show.view.lanes.scene.words(f"read {SECRET}") == f"read sk-{DOT * 20}"
    hide = part(show.view, QToolButton, "presentationHide")
    assert (hide.isChecked(), hide.text()) == (True, "H  secrets hidden")
    show.press(Qt.Key.Key_H)
    assert show.text == f"Use {SECRET} and ada@example.org, please"
    assert (hide.isChecked(), hide.text()) == (False, "H  secrets shown")
    assert SECRET in show.label("presentationTitle")
    assert show.view.lanes.scene.words(SECRET) == SECRET
    show.press(Qt.Key.Key_H)
    assert SECRET not in show.text


def test_the_id_of_the_session_is_a_secret(show: Show) -> None:
    fields = {"protocol_version": "2025-11-25", "server_name": "Server", "server_version": "1"}
    show.river.tell(SessionReady, transport="streamable-http", session_id="own-session-number-7", **fields)
    stream, _ = show.call()
    show.say(stream, "You are own-session-number-7 here. ")
    assert "own-session" not in show.text
    assert show.label("presentationSubtitle").startswith("chat  ·  Server")


def test_the_tips_of_the_lanes_hide_secrets_too(show: Show) -> None:
    show.call(SECRET)
    show.catch_up()
    show.view.lanes.pull()
    lanes = show.view.lanes
    at = QPoint(8, lanes.scene.streams_top + 4)
    lanes.grab()
    assert SECRET in lanes.tip(at)
    assert SECRET not in lanes.scene.words(lanes.tip(at))


def test_another_call_begins_another_text(show: Show) -> None:
    first, _ = show.call()
    show.say(first, "the old text ")
    assert show.text == "the old text "
    second, _ = show.call()
    show.say(second, "the new ")
    assert show.text == "the new "


def test_what_a_call_without_text_says_stands_in_the_middle(show: Show) -> None:
    stream, asked = show.call()
    value = {"method": "notifications/progress", "params": {"progress": 3, "total": 4, "message": "one to go"}}
    raw = b"data: " + jsontext.dumps(value) + b"\n\n"
    show.river.message(stream, MessageType.NOTIFICATION, asked, method="notifications/progress", raw=raw)
    show.catch_up()
    assert show.label("presentationWords") == "3 of 4 · one to go"
    assert show.label("presentationState") == "● at work"
    assert part(show.view, QProgressBar, "presentationProgress").value() == 750
    error = jsontext.dumps({"error": {"code": -1, "message": "out of ink"}})
    show.river.message(stream, MessageType.ERROR, asked, raw=error, framing=Framing.BODY)
    show.catch_up()
    assert (show.label("presentationWords"), show.label("presentationState")) == ("out of ink", "✕ failed")


def test_letters_grow_with_the_keys_and_with_the_window(show: Show) -> None:
    edit = part(show.view, QPlainTextEdit, "liveTextPlain")
    before = edit.font().pointSizeF()
    assert before > 1.5 * QApplication.font().pointSizeF()
    show.press(Qt.Key.Key_Plus)
    larger = edit.font().pointSizeF()
    show.press(Qt.Key.Key_Minus)
    assert larger > before == pytest.approx(edit.font().pointSizeF())
    show.view.resize(1920, 1080)
    QTest.qWait(20)
    assert edit.font().pointSizeF() > 1.2 * before
    for _ in range(40):
        show.press(Qt.Key.Key_Plus)
    assert edit.font().pointSizeF() < 10 * before


def test_letters_keep_their_size_in_the_other_scheme(show: Show, application: QApplication, qtbot: QtBot) -> None:
    stream, _ = show.call()
    show.say(stream, "text ")
    show.catch_up()
    names = ("presentationTitle", "presentationState", "presentationRate", "presentationRateCaption")

    def sizes() -> list[float]:
        labels = [part(show.view, QLabel, name).font().pointSizeF() for name in names]
        edits = (show.view.text.plain, show.view.text.rich)
        return [*labels, *(edit.font().pointSizeF() for edit in edits), show.view.lanes.font().pointSizeF()]

    before = sizes()
    for scheme in (theme.LIGHT, theme.DARK):
        theme.apply(application, scheme)
        qtbot.waitUntil(lambda: sizes() == pytest.approx(before))


def test_markdown_is_a_key_away(show: Show) -> None:
    stream, asked = show.call()
    show.say(stream, "# Title\n\n**bold**")
    show.end(stream, asked)
    show.catch_up()
    show.press(Qt.Key.Key_M)
    assert part(show.view, QTextBrowser, "liveTextMarkdown").toPlainText() == "Title\nbold"
    show.press(Qt.Key.Key_M)
    assert show.text == "# Title\n\n**bold**"


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_F11])
def test_esc_and_f11_leave(show: Show, qtbot: QtBot, key: Qt.Key) -> None:
    with qtbot.waitSignal(show.view.closed):
        show.press(key)
    assert not show.view.isVisible()


def test_the_view_asks_for_what_is_not_its_own(show: Show, qtbot: QtBot) -> None:
    with qtbot.waitSignal(show.view.scheme_wanted):
        show.press(Qt.Key.Key_D)
    show.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)  # nothing was called yet
    show.view.can_call_again = lambda: True
    show.catch_up()
    with qtbot.waitSignal(show.view.again_wanted):
        show.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    show.press(Qt.Key.Key_F)
    assert show.view.isFullScreen()
    show.press(Qt.Key.Key_F)
    assert not show.view.isFullScreen()


def test_every_widget_that_takes_keys_has_a_name(show: Show) -> None:
    show.catch_up()
    for widget in show.view.findChildren(QWidget):
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.isVisible() and widget.objectName():
            assert widget.accessibleName(), widget.objectName()


def test_thousands_of_pieces_a_second_are_taken_in_small_portions(show: Show, qtbot: QtBot) -> None:
    stream, _ = show.call()
    for _ in range(10_000):
        show.say(stream, "word ")
    took_s = []
    while show.view._presented.behind:
        began = perf_counter()
        show.view.tick()
        took_s.append(perf_counter() - began)
    assert len(took_s) > 2 and median(took_s) < 0.5, "one of them may be held up by others on this machine"
    assert len(show.text.replace("\n", "")) == 50_000


def test_a_later_call_is_not_kept_waiting_by_an_earlier_one(show: Show) -> None:
    stream, asked = show.call("flood")
    show.view.tick()
    for _ in range(3 * FAR_BEHIND):
        show.say(stream, "word ")
    show.end(stream, asked)
    fields = {"protocol_version": "2025-11-25", "server_name": "Server", "server_version": "1"}
    show.river.tell(SessionReady, transport="streamable-http", session_id="own-session-number-7", **fields)
    show.call("chat")
    show.timeline.fold(show.river.since(0))
    show.view.skip = partial(presentation.skip, show.view._presented, show.timeline, show.river)
    show.view.tick()
    show.view.refresh()
    assert (show.view.is_behind, show.label("presentationTitle")) == (False, "Chat with a model")
    assert "own-session" not in show.view._seen("You are own-session-number-7 here.")


def test_what_is_read_late_is_not_called_running(show: Show) -> None:
    stream, asked = show.call("flood")
    for _ in range(5 * FAR_BEHIND):
        show.say(stream, "word ")
    show.end(stream, asked)
    show.river.wait(60_000)
    show.view._presented.pull(0)
    show.view.refresh()
    assert show.label("presentationState") == "◌ catching up"
    assert show.label("presentationElapsed") != "60.0 s"
    show.catch_up()
    assert show.label("presentationState") == "✓ done"


def test_it_begins_with_the_latest_call(river: Talk) -> None:
    timeline = Timeline(lambda n: river[n])
    assert start_of(timeline, LOOK_BACK_EVENTS + 5) == 5
    river.calls(3)
    river.ask(river.next_stream(), "tools/list")
    timeline.fold(river.since(0))
    asked = [event.n for event in river.since(0) if isinstance(event, Message) and event.method == "tools/call"]
    assert start_of(timeline, len(river)) == asked[-1]


@on_desk
async def test_f11_presents_the_running_session(desk: Desk) -> None:
    await desk.connect()
    desk.controller.caller.call_many("stream_text", {"text": "one two three", "delay_ms": 10}, 1, 1)
    await desk.controller.caller.calls_done()
    desk.child(QAction, "present").trigger()
    await until(lambda: desk.window.findChild(PresentationView), "the presentation")
    view = desk.child(PresentationView, "presentation")
    await until(lambda: "done" in part(view, QLabel, "presentationState").text(), "the end")
    assert part(view, QLabel, "presentationTitle").text() == "Stream a text"
    text = part(view, QPlainTextEdit, "liveTextPlain")
    await until(lambda: text.toPlainText() == "one two three ", "the text")
    assert part(view, QToolButton, "presentationAgain").isEnabled()
    assert presentation.present(desk.window) is view
    before = theme.colors()
    view.scheme_wanted.emit()
    assert theme.colors() is not before
    view.close()
    assert theme.colors() is before


@on_desk
async def test_the_same_call_is_made_again_from_the_presentation(desk: Desk) -> None:
    await desk.connect()
    desk.controller.caller.call_many("echo", {"text": "again"}, 1, 1)
    await desk.controller.caller.calls_done()
    view = presentation.present(desk.window, full_screen=False)
    runs = view._presented.runs
    view.again_wanted.emit()
    await desk.controller.caller.calls_done()
    await until(lambda: view._presented.runs > runs, "the call")
    assert len(desk.controller.caller.calls) == 2
    view.close()


@pytest.fixture
def view(application: QApplication, qtbot: QtBot, tmp_path: Path) -> Iterator[RecordingView]:
    """A recording of two calls, each with two pieces of text, 50 ms apart."""
    assert application is not None
    told = Show.__new__(Show)
    told.river = Talk()
    for words in (("one", "two"), ("three", "four")):
        stream, asked = told.call()
        told.river.headers(stream)
        for word in words:
            told.river.wait(50)
            told.say(stream, f"{word} ")
        told.end(stream, asked)
    shown = put_up(qtbot, RecordingView(open_recording(saved(told.river, tmp_path / "told.mcptrace"))), 1_200, 700)
    qtbot.waitUntil(lambda: shown.is_loaded, timeout=20_000)
    yield shown
    shown.hide()


def text_of(presented: PresentationView) -> str:
    presented.text.render_now()
    return part(presented, QPlainTextEdit, "liveTextPlain").toPlainText()


def test_a_call_of_a_recording_is_told_once_more_in_its_own_time(view: RecordingView, qtbot: QtBot) -> None:
    view.timeline.select_event(4)  # within the first call
    action = view.findChild(QAction, "present")
    assert action is not None and action.shortcut().toString() == "F11"
    action.trigger()
    (shown,) = view.findChildren(PresentationView)
    qtbot.waitUntil(lambda: text_of(shown) == "three four ", timeout=20_000)
    assert shown._presented.runs == 2
    qtbot.waitUntil(lambda: "done" in part(shown, QLabel, "presentationState").text(), timeout=20_000)
    assert presentation.present_recording(view) is shown
    QTest.keyClick(shown, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: shown._presented.runs == 4 and text_of(shown) == "three four ", timeout=20_000)
    shown.close()


def test_without_a_chosen_row_the_latest_call_of_a_recording_is_told(view: RecordingView, qtbot: QtBot) -> None:
    view.timeline.view.setCurrentIndex(QModelIndex())
    shown = presentation.present_recording(view, full_screen=False)
    assert shown is not None
    qtbot.waitUntil(lambda: text_of(shown) == "three four ", timeout=20_000)
    assert shown._presented.runs == 1
    shown.close()


def test_an_empty_recording_says_that_it_has_nothing(application: QApplication, tmp_path: Path, qtbot: QtBot) -> None:
    assert application is not None
    view = put_up(qtbot, RecordingView(open_recording(saved(Talk(), tmp_path / "empty.mcptrace"))), 900, 500)
    with qtbot.waitSignal(view.said) as said:
        assert presentation.present_recording(view) is None
    assert said.args == ["Nothing is in this recording that could be presented."]
