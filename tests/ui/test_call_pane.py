"""A call from the form to the outcome, as a user or a script drives it."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QTabWidget,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from inspector.ui.batch_figures import figures_of
from inspector.ui.call_draft import MAX_CONCURRENCY, MAX_TIMES, CallDraft, CallFacts, TaskSupport
from inspector.ui.views.call_pane import CallPane, CallView
from inspector.ui.views.stream_text import MAX_LENGTH

# The offscreen platform says so whenever a window asks for a minimum size.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

O = TypeVar("O", bound=QObject)  # noqa: E741
ECHO: dict[str, Any] = {
    "name": "echo",
    "title": "Echo",
    "description": "Sends the text back. " * 20,
    "inputSchema": {
        "type": "object",
        "required": ["text"],
        "properties": {"text": {"type": "string", "minLength": 1}, "count": {"type": "integer"}},
    },
    "annotations": {"readOnlyHint": True},
}
PLAIN: dict[str, Any] = {"name": "plain", "inputSchema": {"type": "object"}}


def child(parent: QWidget, kind: type[O], name: str) -> O:
    """The one object of this name."""
    found = parent.findChild(kind, name)
    assert isinstance(found, kind), f"there is no {name}"
    return found


@pytest.fixture
def pane(qtbot: QtBot) -> CallPane:
    made = CallPane()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.set_tool(ECHO)
    return made


def call_button(pane: CallPane) -> QPushButton:
    return child(pane, QPushButton, "callButton")


def focused(qtbot: QtBot, pane: CallPane) -> QLineEdit:
    """The first field, with the keyboard's focus."""
    edit = child(pane, QLineEdit, "arg:/text")
    pane.activateWindow()
    edit.setFocus()
    qtbot.waitUntil(edit.hasFocus)
    return edit


def warning(pane: CallPane) -> str:
    bar = child(pane, QWidget, "callWarning")
    return child(pane, QLabel, "callWarningText").text() if bar.isVisible() else ""


def test_without_a_tool_there_is_nothing_to_call(pane: CallPane) -> None:
    pane.set_tool(None)
    assert child(pane, QLabel, "toolDescription").text() == "Choose a tool from the list."
    assert not call_button(pane).isVisible()


def test_the_header_names_the_tool_and_its_annotations(pane: CallPane) -> None:
    assert child(pane, QLabel, "toolName").text() == "echo"
    assert child(pane, QLabel, "toolBadges").text() == "read-only"
    short = child(pane, QLabel, "toolDescription").text()
    more = next(button for button in pane.findChildren(QToolButton) if button.text() == "More")
    more.click()
    assert len(child(pane, QLabel, "toolDescription").text()) > len(short)
    assert more.text() == "Less"


def test_a_call_carries_the_name_and_the_arguments(qtbot: QtBot, pane: CallPane) -> None:
    QTest.keyClicks(child(pane, QLineEdit, "arg:/text"), "hi")
    with qtbot.waitSignal(pane.call_requested) as requested:
        call_button(pane).click()
    assert requested.args == [CallDraft("echo", {"text": "hi"})]


def test_ctrl_enter_calls(qtbot: QtBot, pane: CallPane) -> None:
    edit = focused(qtbot, pane)
    QTest.keyClicks(edit, "hi")
    with qtbot.waitSignal(pane.call_requested):
        QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_the_cursor_goes_to_the_first_field(qtbot: QtBot, pane: CallPane) -> None:
    pane.activateWindow()
    call_button(pane).setFocus()
    pane.focus_arguments()
    qtbot.waitUntil(child(pane, QLineEdit, "arg:/text").hasFocus)


def test_what_does_not_fit_is_said_before_it_is_sent(qtbot: QtBot, pane: CallPane) -> None:
    with qtbot.assertNotEmitted(pane.call_requested):
        call_button(pane).click()
    assert warning(pane) == '⚠ 1 argument does not fit the schema: "text" must have 1 or more characters, not 0.'
    with qtbot.waitSignal(pane.call_requested) as requested:
        child(pane, QPushButton, "sendAnywayButton").click()
    assert requested.args == [CallDraft("echo", {"text": ""})]
    assert warning(pane) == ""


def test_back_and_an_edit_and_escape_close_the_warning(pane: CallPane) -> None:
    call_button(pane).click()
    child(pane, QPushButton, "backButton").click()
    assert warning(pane) == ""
    call_button(pane).click()
    QTest.keyClicks(child(pane, QLineEdit, "arg:/text"), "x")
    assert warning(pane) == ""


def test_several_problems_are_counted(pane: CallPane) -> None:
    child(pane, QTabWidget, "argumentsTabs").setCurrentIndex(1)
    child(pane, QPlainTextEdit, "argumentsJson").setPlainText('{"count": "x"}')
    call_button(pane).click()
    assert warning(pane).startswith("⚠ 2 arguments do not fit the schema: ")


def test_what_is_no_json_cannot_be_sent(qtbot: QtBot, pane: CallPane) -> None:
    child(pane, QTabWidget, "argumentsTabs").setCurrentIndex(1)
    child(pane, QPlainTextEdit, "argumentsJson").setPlainText('{"text": "a"')
    with qtbot.assertNotEmitted(pane.call_requested):
        call_button(pane).click()
    assert warning(pane).startswith("⚠ This cannot be sent. Line 1, column ")
    assert not child(pane, QPushButton, "sendAnywayButton").isVisible()


def test_a_running_call_shows_time_and_progress_and_can_be_cancelled(qtbot: QtBot, pane: CallPane) -> None:
    edit = focused(qtbot, pane)
    pane.call_started()
    bar = child(pane, QProgressBar, "callProgress")
    assert (bar.isVisible(), bar.maximum()) == (True, 0)
    assert not call_button(pane).isEnabled()
    assert child(pane, QLabel, "callElapsed").text().endswith(" s")
    pane.show_progress(3, 10, "100% of step 3")
    assert (bar.value() / bar.maximum(), bar.text()) == (0.3, "3 of 10 · 100% of step 3")
    with qtbot.waitSignal(pane.cancel_requested):
        child(pane, QPushButton, "cancelButton").click()
    with qtbot.waitSignal(pane.cancel_requested):
        QTest.keyClick(edit, Qt.Key.Key_Escape)
    pane.call_finished(CallView(ok=False, sentence="Cancelled by us.", events=2, cancelled=True))
    assert not bar.isVisible()
    assert call_button(pane).isEnabled()
    assert not child(pane, QPushButton, "cancelButton").isEnabled()
    assert re.fullmatch(r"■ echo cancelled · .*[mµ]?s · 2 events", child(pane, QLabel, "callOutcome").text())
    assert "Cancelled by us." in "\n".join(label.text() for label in pane.result.findChildren(QLabel))


@pytest.mark.parametrize(("progress", "total"), [(5.0, None), (5.0, 0.0), (float("nan"), 3.0), (1.0, float("inf"))])
def test_progress_without_a_sound_total_is_busy(pane: CallPane, progress: float, total: float | None) -> None:
    pane.call_started()
    pane.show_progress(progress, total, "")
    assert child(pane, QProgressBar, "callProgress").maximum() == 0


def test_progress_beyond_its_total_is_full(pane: CallPane) -> None:
    pane.call_started()
    pane.show_progress(50, 10, "")
    bar = child(pane, QProgressBar, "callProgress")
    assert bar.value() == bar.maximum()


def test_text_appears_while_the_call_runs(qtbot: QtBot, pane: CallPane) -> None:
    stream = child(pane, QPlainTextEdit, "streamText")
    assert not stream.isVisible()
    pane.call_started()
    pane.append_stream(["step 1\n"])
    qtbot.waitUntil(lambda: stream.toPlainText() == "step 1\n")
    assert stream.isVisible()
    pane.append_stream(["x" * 10_000])
    pane.stream.flush()
    assert "(5,904 more characters)" in stream.toPlainText()


def test_the_last_of_a_flood_of_text_is_kept(pane: CallPane) -> None:
    pane.call_started()
    for n in range(60_000):
        pane.append_stream([f"line {n}\n"])
    pane.stream.flush()
    text = child(pane, QPlainTextEdit, "streamText").toPlainText()
    assert len(text) <= MAX_LENGTH
    assert text.endswith("line 59999\n")
    assert text.startswith("line ")


def test_tokens_without_line_breaks_are_one_text_and_folded(pane: CallPane) -> None:
    pane.call_started()
    for _ in range(3_000):
        pane.append_stream(["token "])
    pane.stream.flush()
    lines = child(pane, QPlainTextEdit, "streamText").toPlainText().split("\n")
    assert "".join(lines) == "token " * 3_000
    assert max(len(line) for line in lines) < 5_000


def test_the_outcome_is_a_sentence_with_its_figures(pane: CallPane) -> None:
    pane.call_started()
    result = {"content": [{"type": "text", "text": "done"}]}
    pane.call_finished(CallView(ok=True, result=result, sentence="Answered.", rtt_ms=1234.56, events=1))
    assert child(pane, QLabel, "callOutcome").text() == "✓ echo answered · 1.235 s · 1 event"
    assert child(pane, QLabel, "resultSentence").text() == "✓ Result"


def test_an_outcome_names_the_tool_that_was_called(pane: CallPane) -> None:
    pane.call_started()
    pane.set_tool(PLAIN)
    pane.call_finished(CallView(ok=True, result={}, rtt_ms=3.0))
    assert child(pane, QLabel, "callOutcome").text() == "✓ echo answered · 3.00 ms"


def test_what_keeps_a_tool_from_being_called_is_said_beside_the_button(qtbot: QtBot, pane: CallPane) -> None:
    edit = focused(qtbot, pane)
    pane.set_obstacle("Connect to a server to call its tools.")
    obstacle = child(pane, QLabel, "callObstacle")
    assert (obstacle.isVisible(), call_button(pane).isEnabled()) == (True, False)
    assert call_button(pane).toolTip() == obstacle.text() == "Connect to a server to call its tools."
    with qtbot.assertNotEmitted(pane.call_requested):
        QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    pane.set_obstacle("")
    assert (obstacle.isVisible(), call_button(pane).isEnabled()) == (False, True)


def test_without_a_tool_the_pane_says_what_to_do_first(pane: CallPane) -> None:
    pane.set_tool(None)
    words = child(pane, QLabel, "toolDescription")
    assert words.text() == "Choose a tool from the list."
    pane.set_obstacle("This server offers no tools.")
    assert words.text() == "This server offers no tools."
    pane.set_obstacle("")
    assert words.text() == "Choose a tool from the list."


def test_a_long_name_does_not_widen_the_pane(pane: CallPane) -> None:
    narrow = pane.minimumSizeHint().width()
    pane.set_tool({"name": "n" * 150, "title": "t" * 150, "annotations": {"readOnlyHint": True}, "inputSchema": {}})
    assert pane.minimumSizeHint().width() <= narrow + 120
    assert child(pane, QLabel, "toolName").text() == "n" * 150


def test_an_error_is_shown_as_one(pane: CallPane) -> None:
    pane.call_started()
    pane.call_finished(CallView(ok=False, error={"code": -32602, "message": "Bad"}, sentence="Answered with an error."))
    assert child(pane, QLabel, "resultSentence").text() == "✗ Error -32602: Bad"


def test_each_tool_keeps_what_was_typed_for_it(pane: CallPane) -> None:
    odd = '{ "text":"a",   "zip": 12345678901234567890 }'
    child(pane, QTabWidget, "argumentsTabs").setCurrentIndex(1)
    child(pane, QPlainTextEdit, "argumentsJson").setPlainText(odd)
    pane.set_tool(PLAIN)
    assert pane.arguments.arguments() == {}
    pane.set_tool(ECHO)
    assert pane.arguments.arguments_text() == odd


def test_the_same_tool_again_leaves_the_form_alone(pane: CallPane) -> None:
    edit = child(pane, QLineEdit, "arg:/text")
    QTest.keyClicks(edit, "hi")
    pane.set_tool(dict(ECHO))
    assert child(pane, QLineEdit, "arg:/text") is edit
    assert edit.text() == "hi"


@pytest.mark.parametrize("tool", [5, [], {}, {"name": 5}, {"name": ""}, {"name": None, "inputSchema": []}], ids=str)
def test_an_entry_that_cannot_be_called_is_shown_and_not_called(qtbot: QtBot, pane: CallPane, tool: Any) -> None:
    pane.set_tool(tool)
    assert not call_button(pane).isEnabled()
    with qtbot.assertNotEmitted(pane.call_requested):
        pane.request_call()


def test_a_broken_schema_does_not_stand_in_the_way(qtbot: QtBot, pane: CallPane) -> None:
    pane.set_tool({"name": "odd", "inputSchema": {"type": "object", "$ref": "https://example.com/s"}})
    with qtbot.waitSignal(pane.call_requested) as requested:
        call_button(pane).click()
    assert requested.args == [CallDraft("odd", {})]


def test_a_wide_pane_has_the_result_beside_the_form(pane: CallPane) -> None:
    pane.resize(1_200, 400)
    assert pane.result.mapTo(pane, pane.result.rect().topLeft()).x() > 300
    pane.resize(500, 900)
    assert pane.result.mapTo(pane, pane.result.rect().topLeft()).x() < 100


def extras_open(pane: CallPane) -> None:
    child(pane, QToolButton, "callExtrasOpen").click()


def meta(pane: CallPane) -> QPlainTextEdit:
    return child(pane, QPlainTextEdit, "callMeta")


def drawn_up(qtbot: QtBot, pane: CallPane) -> CallDraft:
    """What the button asks for."""
    with qtbot.waitSignal(pane.call_requested) as requested:
        call_button(pane).click()
    draft = requested.args[0]
    assert isinstance(draft, CallDraft)
    return draft


def test_the_metadata_is_folded_away_until_it_is_wanted(pane: CallPane) -> None:
    assert not meta(pane).isVisible()
    extras_open(pane)
    assert meta(pane).isVisible()
    extras_open(pane)
    assert not meta(pane).isVisible()


def test_metadata_time_limit_progress_and_task_go_with_the_call(qtbot: QtBot, pane: CallPane) -> None:
    pane.set_tool(PLAIN)
    pane.set_facts(lambda tool: CallFacts(TaskSupport.OPTIONAL, "It may.", 30.0))
    extras_open(pane)
    meta(pane).setPlainText('{"a.example/b": 12345678901234567890}')
    child(pane, QLineEdit, "callTimeout").setText("2.5")
    child(pane, QCheckBox, "callWithProgress").click()
    child(pane, QCheckBox, "callAsTask").click()
    assert drawn_up(qtbot, pane) == CallDraft("plain", {}, {"a.example/b": 12345678901234567890}, 2.5, True, False)
    extras_open(pane)
    summary = child(pane, QLabel, "callExtrasSummary")
    assert summary.isVisible()
    assert summary.text() == "1 field · without progress · 2.5 s at most · as a task"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ('{"a": 1', "_meta cannot be read. Line 1, column "),
        ("[1]", "_meta must be a JSON object: { … }."),
    ],
)
def test_metadata_that_is_no_object_is_said_and_kept_as_typed(
    qtbot: QtBot, pane: CallPane, typed: str, sentence: str
) -> None:
    pane.set_tool(PLAIN)
    meta(pane).setPlainText(typed)
    with qtbot.assertNotEmitted(pane.call_requested):
        call_button(pane).click()
    assert warning(pane).startswith(f"⚠ This cannot be sent. {sentence}")
    assert (meta(pane).isVisible(), meta(pane).toPlainText()) == (True, typed)
    assert child(pane, QLabel, "callMetaNotice").text().startswith(f"⚠ {sentence}")
    meta(pane).setPlainText(" ")
    assert warning(pane) == ""
    assert drawn_up(qtbot, pane) == CallDraft("plain", {})


def test_a_time_limit_is_a_number_of_seconds(qtbot: QtBot, pane: CallPane) -> None:
    pane.set_tool(PLAIN)
    child(pane, QLineEdit, "callTimeout").setText("soon")
    with qtbot.assertNotEmitted(pane.call_requested):
        call_button(pane).click()
    assert "The time limit 'soon' is no number of seconds above 0." in warning(pane)


def test_what_the_tool_and_the_connection_allow_decides_about_tasks(qtbot: QtBot, pane: CallPane) -> None:
    task = child(pane, QCheckBox, "callAsTask")
    assert (task.isEnabled(), task.isChecked()) == (False, False)
    supports = {"echo": TaskSupport.OPTIONAL, "plain": TaskSupport.REQUIRED}
    pane.set_facts(lambda tool: CallFacts(supports[tool["name"]], f"About {tool['name']}."))
    assert (task.isEnabled(), task.isChecked(), task.toolTip()) == (True, False, "About echo.")
    pane.set_tool(PLAIN)
    assert (task.isEnabled(), task.isChecked()) == (False, True)
    assert drawn_up(qtbot, pane).as_task
    pane.call_finished(CallView(ok=True, result={}))
    pane.set_facts(lambda tool: CallFacts(TaskSupport.NONE, "No.", 5.0))
    assert (task.isEnabled(), task.isChecked()) == (False, False)
    assert child(pane, QLineEdit, "callTimeout").placeholderText() == "5"


def test_how_a_result_came_to_be_stands_above_it(pane: CallPane) -> None:
    pane.call_started()
    pane.call_finished(CallView(ok=True, result={}, rtt_ms=3.0, notes=("The server asked twice for more.",)))
    assert child(pane, QLabel, "resultLine:0").text() == "The server asked twice for more."


def test_a_warning_is_said_once_and_squeezes_nothing(qtbot: QtBot, pane: CallPane) -> None:
    pane.resize(760, 350)
    pane.set_tool(PLAIN)
    extras_open(pane)
    meta(pane).setPlainText("{bad")
    notice = child(pane, QLabel, "callMetaNotice")
    assert notice.isVisible()
    call_button(pane).click()
    assert warning(pane).startswith("⚠ This cannot be sent. _meta cannot be read.")
    assert not notice.isVisible()
    words, bar = child(pane, QLabel, "callWarningText"), child(pane, QWidget, "callWarning")
    qtbot.waitUntil(lambda: bar.height() >= bar.minimumHeight())
    assert bar.minimumHeight() > words.heightForWidth(words.width())
    child(pane, QPushButton, "backButton").click()
    assert notice.isVisible()


def repeat(pane: CallPane, times: int, concurrency: int) -> None:
    child(pane, QLineEdit, "callTimes").setText(str(times))
    child(pane, QLineEdit, "callConcurrency").setText(str(concurrency))


def test_in_a_low_pane_a_field_is_never_cut(pane: CallPane) -> None:
    pane.resize(740, 274)  # what a window of 1280 x 800 has for it
    required = [f"argument_{number}" for number in range(6)]
    properties = {name: {"type": "integer"} for name in required}
    pane.set_tool({**ECHO, "inputSchema": {"type": "object", "properties": properties, "required": required}})
    least_px = pane.minimumSizeHint().height()
    call_button(pane).click()
    assert warning(pane)
    assert pane.minimumSizeHint().height() <= least_px, "the dock would grow, and all above it move"
    edit = child(pane, QLineEdit, "arg:/argument_0")
    QApplication.sendPostedEvents()
    assert edit.visibleRegion().boundingRect().height() == edit.height()


def test_in_a_narrow_pane_the_verdict_leaves_the_tabs_their_room(pane: CallPane) -> None:
    pane.resize(490, 274)
    pane.set_tool(PLAIN)
    QApplication.processEvents()
    bar = child(pane, QTabWidget, "argumentsTabs").tabBar()
    assert child(pane, QLabel, "argumentsFit").text()
    assert bar.width() >= sum(bar.tabRect(place).width() for place in range(2))


def test_a_call_is_repeated_as_often_as_the_button_says(qtbot: QtBot, pane: CallPane) -> None:
    pane.set_tool(PLAIN)
    assert not child(pane, QLineEdit, "callConcurrency").isEnabled()
    repeat(pane, 1_500, 8)
    assert call_button(pane).text() == "Call 1,500 times"
    assert child(pane, QLabel, "callExtrasSummary").text() == "1,500 calls, 8 at once"
    assert drawn_up(qtbot, pane) == CallDraft("plain", {}, times=1_500, concurrency=8)
    pane.call_finished(CallView(ok=True, result={}))
    repeat(pane, 1, 8)
    assert call_button(pane).text() == "Call"
    assert drawn_up(qtbot, pane) == CallDraft("plain", {})


def test_no_slip_of_the_finger_overruns_a_server(pane: CallPane) -> None:
    fields = pane.extras.repeat
    repeat(pane, 10**9, 10**9)
    assert (fields.times, fields.concurrency) == (MAX_TIMES, MAX_CONCURRENCY) == (10_000, 100)
    repeat(pane, 5, 9)
    assert fields.words() == "5 calls, 5 at once"


def test_another_tool_is_not_repeated_because_one_was(pane: CallPane) -> None:
    repeat(pane, 1_000, 10)
    pane.set_tool({**ECHO, "description": "Told anew."})
    assert call_button(pane).text() == "Call 1,000 times"
    pane.set_tool(PLAIN)
    assert call_button(pane).text() == "Call"
    assert child(pane, QLabel, "callExtrasSummary").text() == ""


@pytest.mark.parametrize("typed", ["", "0", "-3", "x", "²"])
def test_what_is_no_number_of_calls_is_one_call(pane: CallPane, typed: str) -> None:
    extras_open(pane)
    field = child(pane, QLineEdit, "callTimes")
    field.setText(typed)
    assert pane.extras.repeat.times == 1
    assert call_button(pane).text() == "Call"


def test_up_and_down_count_the_calls(pane: CallPane) -> None:
    field = child(pane, QLineEdit, "callTimes")
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert pane.extras.repeat.times == 3
    for _ in range(9):
        QTest.keyClick(field, Qt.Key.Key_Down)
    assert pane.extras.repeat.times == 1


def test_progress_does_not_say_its_figures_twice(pane: CallPane) -> None:
    pane.call_started()
    pane.show_progress(37, 100, "37 of 100 calls")
    assert child(pane, QProgressBar, "callProgress").format() == "37 of 100 calls"


def test_many_calls_end_in_their_figures_with_a_way_to_the_latency(qtbot: QtBot, pane: CallPane) -> None:
    pane.call_started()
    figures = figures_of(3, 3, 0, [1.0, 2.0, 3.0])
    pane.call_finished(CallView(ok=True, result={}, rtt_ms=3.0, batch=figures))
    assert child(pane, QLabel, "callOutcome").text() == "✓ 3 × echo answered"
    assert child(pane, QLabel, "callFigures").text() == "p50 2.00 ms · p95 2.90 ms · max 3.00 ms"
    button = child(pane, QToolButton, "callLatency")
    assert button.isVisible()
    with qtbot.waitSignal(pane.latency_wanted) as wanted:
        button.click()
    assert wanted.args == ["echo"]
    pane.call_started()
    pane.call_finished(CallView(ok=True, result={}, rtt_ms=3.0))
    assert not button.isVisible()
