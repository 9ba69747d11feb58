"""The sampling dialog as a user or a script drives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPlainTextEdit, QScrollArea, QTabWidget, QToolButton
from pytestqt.qtbot import QtBot

from inspector.ui.dialogs.question_dialog import ARM_MS
from inspector.ui.dialogs.sampling_dialog import REFUSED, SamplingDialog, fact_lines
from inspector.ui.forms.text import read_json
from inspector.ui.user_data import UserData
from inspector.ui.views.messages_view import MAX_BLOCKS
from inspector.ui.views.text_view import TextView
from tests.support.panes import part
from tests.support.questions import Asked, window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

TEXT = {"type": "text", "text": "Hi"}
WEATHER = {
    "name": "weather",
    "inputSchema": {"type": "object", "properties": {"city": {"type": "string", "default": "Oslo"}}},
}
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": TEXT}], "maxTokens": 100}
TOOLS = {**ASKED, "tools": [WEATHER], "toolChoice": {"mode": "required"}}


class Driver(Asked):
    """An open sampling request."""

    def __init__(self, qtbot: QtBot, path: Path, params: dict[str, Any] | None = None, **more: Any) -> None:
        self.window = window(qtbot)
        self.data = UserData(path / "user.ini")
        super().__init__(qtbot, SamplingDialog(params or ASKED, self.data, "demo", self.window, **more))

    def edit(self, name: str) -> QPlainTextEdit:
        return part(self.dialog, QPlainTextEdit, name)

    def box(self, name: str) -> QComboBox:
        return part(self.dialog, QComboBox, name)

    def tabs(self) -> QTabWidget:
        return part(self.dialog, QTabWidget, "answerTabs")

    def content(self) -> Any:
        return read_json(self.edit("answerJson").toPlainText())[0]

    def request_text(self) -> str:
        page = part(self.dialog, QScrollArea, "samplingRequest")
        labels = [label.text() for label in page.findChildren(QLabel)]
        return "\n".join([*labels, *(view.shown_text() for view in page.findChildren(TextView))])


def test_an_answer_by_hand_is_sent(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    qtbot.waitUntil(driver.edit("answerText").hasFocus)
    QTest.keyClicks(driver.edit("answerText"), "Hello")
    driver.arm()
    QTest.keyClick(driver.edit("answerText"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert driver.answers == [
        {
            "role": "assistant",
            "content": {"type": "text", "text": "Hello"},
            "model": "written-by-hand",
            "stopReason": "endTurn",
        }
    ]
    assert not driver.dialog.isVisible()
    assert driver.refusals == []


def test_nothing_is_sent_in_the_first_moment(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    assert not driver.button("samplingSend").isEnabled()
    qtbot.waitUntil(driver.edit("answerText").hasFocus)
    QTest.keyClick(driver.edit("answerText"), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert driver.answers == []
    qtbot.waitUntil(driver.button("samplingSend").isEnabled, timeout=ARM_MS + 20_000)


@pytest.mark.parametrize("how", ["samplingRefuse", "escape", "close"])
def test_the_user_refuses(qtbot: QtBot, tmp_path: Path, how: str) -> None:
    driver = Driver(qtbot, tmp_path)
    if how == "escape":
        QTest.keyClick(driver.dialog, Qt.Key.Key_Escape)
    elif how == "close":
        driver.dialog.close()
    else:
        driver.click(how)
    assert (driver.answers, driver.refusals) == ([], [REFUSED])
    assert not driver.dialog.isVisible()


def test_a_use_of_a_tool_is_built_from_its_schema(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path, TOOLS)
    driver.arm()
    driver.edit("answerText").setPlainText("Let me look.")
    menu = part(driver.dialog, QToolButton, "useTool").menu()
    assert menu is not None
    (action,) = menu.actions()
    action.trigger()
    action.trigger()
    first, second, third = driver.content()
    assert first == {"type": "text", "text": "Let me look."}
    assert second == {"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Oslo"}}
    assert third["id"] == "call_2"
    driver.click("samplingSend")
    assert driver.answers[0]["stopReason"] == "toolUse"


def test_without_tools_there_is_none_to_use(qtbot: QtBot, tmp_path: Path) -> None:
    assert not part(Driver(qtbot, tmp_path).dialog, QToolButton, "useTool").isVisible()


def test_a_broken_rule_is_said_and_can_be_sent_anyway(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path, TOOLS)
    driver.arm()
    assert not driver.button("samplingSendAnyway").isVisible()
    driver.click("samplingSend")
    assert driver.says("samplingProblem") == "✕ toolChoice is required, so the answer must use at least one tool."
    assert driver.answers == []
    driver.edit("answerText").setPlainText("x")
    assert driver.says("samplingProblem") == ""
    driver.click("samplingSend")
    driver.click("samplingSendAnyway")
    assert driver.answers[0]["content"] == {"type": "text", "text": "x"}


def test_what_is_no_json_cannot_be_sent(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    driver.arm()
    driver.tabs().setCurrentIndex(1)
    driver.edit("answerJson").setPlainText('{"type":')
    driver.click("samplingSend")
    assert driver.says("samplingProblem").startswith("✕ The content is no JSON. Line 1, column")
    assert not driver.button("samplingSendAnyway").isVisible()


def test_text_and_json_are_one_answer(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    driver.edit("answerText").setPlainText("one")
    driver.tabs().setCurrentIndex(1)
    assert driver.content() == {"type": "text", "text": "one"}
    driver.edit("answerJson").setPlainText('[{"type":"text","text":"two"}]')
    driver.tabs().setCurrentIndex(0)
    assert driver.edit("answerText").toPlainText() == "two"
    driver.tabs().setCurrentIndex(1)
    driver.edit("answerJson").setPlainText('[{"type":"image"}]')
    driver.tabs().setCurrentIndex(0)
    assert driver.tabs().currentIndex() == 1
    assert "stays JSON" in driver.says("answerNotice")


def test_answers_are_kept_used_again_and_forgotten(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    driver.click("keepAnswer")
    assert driver.says("answerNotice") == "Give the answer a name first."
    driver.edit("answerText").setPlainText("polite words")
    part(driver.dialog, QLineEdit, "answerModel").setText("gpt-x")
    driver.box("keptAnswers").setCurrentText("polite")
    driver.click("keepAnswer")
    assert driver.data.answers()["polite"]["model"] == "gpt-x"
    driver.click("samplingRefuse")

    again = Driver(qtbot, tmp_path)
    kept = again.box("keptAnswers")
    assert [kept.itemText(row) for row in range(kept.count())] == ["polite"]
    kept.setCurrentIndex(0)
    kept.activated.emit(0)
    assert again.edit("answerText").toPlainText() == "polite words"
    assert part(again.dialog, QLineEdit, "answerModel").text() == "gpt-x"
    again.click("forgetAnswer")
    assert again.data.answers() == {}


def test_everything_that_the_server_sent_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    params = {
        **TOOLS,
        "systemPrompt": "Be <b>brief</b>.",
        "temperature": 0.5,
        "stopSequences": ["\n"],
        "modelPreferences": {"hints": [{"name": "claude"}], "costPriority": 0, "speedPriority": 1},
        "includeContext": "allServers",
        "metadata": {"trace": 7},
        "messages": [
            {"role": "user", "content": [TEXT, {"type": "audio", "data": "AAAA", "mimeType": "audio/mpeg"}]},
            {"role": "assistant", "content": {"type": "tool_use", "id": "u1", "name": "weather", "input": {"a": 1}}},
            {"role": "user", "content": {"type": "tool_result", "toolUseId": "u1", "content": [TEXT], "isError": True}},
        ],
    }
    driver = Driver(qtbot, tmp_path, params)
    text = driver.request_text()
    for said in (
        "Be <b>brief</b>.",
        "claude · cost 0 · speed 1",
        '"\\n"',
        "allServers",
        '"trace": 7',
        "▸ user",
        "◂ assistant",
        "audio · audio/mpeg · 3 B",
        "tool use · weather · id u1",
        '"a": 1',
        "tool result · for u1 · error",
    ):
        assert said in text, said
    assert driver.says("samplingBreaches") == ""
    assert len(driver.dialog.findChildren(QLabel, "deprecatedBadge")) == 1


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"messages": "x", "tools": [7], "modelPreferences": 3, "stopSequences": "x", "systemPrompt": 1},
        {"messages": [7, {}, {"role": ["x"], "content": [None, {"type": "tool_use"}, {"type": []}]}], "maxTokens": "x"},
        {"messages": [{"role": "user", "content": TEXT}] * (MAX_BLOCKS + 5), "maxTokens": 1},
        {"modelPreferences": {"hints": [1, {}]}, "toolChoice": "x", "messages": [{"content": [TEXT] * 40}]},
    ],
)
def test_any_shape_of_request_is_shown_and_can_be_refused(qtbot: QtBot, tmp_path: Path, params: Any) -> None:
    driver = Driver(qtbot, tmp_path, params or {"x": 1})
    assert fact_lines(params) is not None
    driver.click("samplingRefuse")
    assert driver.refusals == [REFUSED]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([{"role": "user", "content": TEXT}] * (MAX_BLOCKS + 1), "1 earlier message: see the timeline."),
        ([{"role": "user", "content": [TEXT] * 30}] * 50, "48 earlier messages: see the timeline."),
        ([{"role": "user", "content": [TEXT] * (MAX_BLOCKS + 9)}], "There are more blocks: see the timeline."),
        ([{"role": "user", "content": {"type": "tool_result", "content": [TEXT] * 99}}] * 2, "1 earlier message"),
    ],
)
def test_a_long_conversation_is_shown_from_its_end(qtbot: QtBot, tmp_path: Path, messages: Any, said: str) -> None:
    driver = Driver(qtbot, tmp_path, {"messages": messages, "maxTokens": 1})
    assert said in driver.request_text()
    assert len(driver.dialog.findChildren(TextView)) <= MAX_BLOCKS


def test_what_the_request_breaks_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path, {"messages": []}, is_deprecated=True)
    assert driver.says("samplingBreaches") == "⚠ maxTokens must be an integer, not null."
    assert len(driver.dialog.findChildren(QLabel, "deprecatedBadge")) == 1


def test_who_asks_and_how_many_wait_is_shown(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    assert driver.says("questionServer") == "· demo"
    assert not driver.button("declineAll").isVisible()
    driver.dialog.set_waiting(1, 2)
    assert driver.says("questionsWaiting") == "1 more question waits"
    driver.click("declineAll")
    assert (driver.all_declined, driver.refusals) == (1, [REFUSED])


def test_a_withdrawn_question_closes_without_a_word(qtbot: QtBot, tmp_path: Path) -> None:
    driver = Driver(qtbot, tmp_path)
    driver.dialog.withdraw()
    assert not driver.dialog.isVisible()
    assert (driver.answers, driver.refusals) == ([], [])
