"""Questions of servers: one at a time, none left hanging, and no flood."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.protocol.roots import Root
from inspector.session.options import AuthorizationPrompt, Callbacks, Refused
from inspector.ui import questions as module
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.questions import CLOSED, DECLINED_ALL, MAX_WAITING, TOO_MANY, Questions
from inspector.ui.settings import ConnectionSettings
from inspector.ui.user_data import UserData
from tests.support.panes import part
from tests.support.questions import window

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

T = TypeVar("T")
SAMPLE: dict[str, Any] = {"messages": [{"role": "user", "content": {"type": "text", "text": "Hi"}}], "maxTokens": 9}
FORM: dict[str, Any] = {
    "message": "Name?",
    "requestedSchema": {"type": "object", "properties": {"n": {"type": "string"}}},
}
LINK = {"mode": "url", "url": "https://example.com/", "message": "Open", "elicitationId": "e1"}
PROMPT = AuthorizationPrompt(
    "https://auth.example.com/authorize?client_id=me&state=s",
    "http://127.0.0.1:1/callback",
    "s",
    "https://auth.example.com",
)


class Desk:
    """A window with its questions, and a user."""

    def __init__(self, qtbot: QtBot, path: Path) -> None:
        self.window = window(qtbot)
        self.questions = Questions(self.window, UserData(path / "user.ini"))
        self.questions.server = "demo"
        self.lengths: list[int] = []
        self.said: list[tuple[str, str]] = []
        self.questions.queue_changed.connect(self.lengths.append)
        self.questions.question_asked.connect(lambda kind, text: self.said.append((kind, text)))
        self.tasks: list[asyncio.Task[Any]] = []

    def ask(self, work: Awaitable[T]) -> asyncio.Task[T]:
        async def run() -> T:
            return await work

        task = asyncio.get_running_loop().create_task(run())
        self.tasks.append(task)
        return task

    def dialogs(self) -> list[QuestionDialog]:
        return [dialog for dialog in self.window.findChildren(QuestionDialog) if dialog.isVisible()]

    def dialog(self) -> QuestionDialog:
        (dialog,) = self.dialogs()
        return dialog

    def click(self, name: str) -> None:
        self.dialog()._arm()
        part(self.dialog(), QAbstractButton, name).click()


@pytest.fixture
async def desk(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(qtbot, tmp_path)
    yield made
    made.questions.close()
    await asyncio.gather(*made.tasks, return_exceptions=True)


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def asks(callbacks: Callbacks) -> tuple[Any, Any, Any, Any]:
    assert callbacks.sampling and callbacks.elicitation and callbacks.roots and callbacks.authorize
    return callbacks.sampling, callbacks.elicitation, callbacks.roots, callbacks.authorize


async def test_a_question_is_shown_and_its_answer_goes_back(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    asked = desk.ask(elicit(FORM))
    await settle()
    assert desk.said == [("elicitation", "The server asks: Name?")]
    assert not asked.done()
    assert desk.dialog().isModal() is False
    desk.click("elicitationAccept")
    assert await asked == {"action": "accept", "content": {}}
    assert desk.dialogs() == []
    assert desk.lengths[-1] == 0


async def test_a_refused_sampling_raises(desk: Desk) -> None:
    sample, *_ = asks(desk.questions.callbacks())
    asked = desk.ask(sample(SAMPLE))
    await settle()
    desk.click("samplingRefuse")
    with pytest.raises(Refused, match="refused the sampling"):
        await asked


async def test_questions_come_one_at_a_time_in_order(desk: Desk) -> None:
    sample, elicit, *_ = asks(desk.questions.callbacks())
    first, second, third = desk.ask(elicit(FORM)), desk.ask(sample(SAMPLE)), desk.ask(elicit({**FORM, "message": "3"}))
    await settle()
    assert desk.lengths[-1] == 3
    assert part(desk.dialog(), QLabel, "questionsWaiting").text() == "2 more questions wait"
    desk.click("elicitationDecline")
    assert await first == {"action": "decline"}
    assert desk.dialog().objectName() == "samplingDialog"
    assert part(desk.dialog(), QLabel, "questionsWaiting").text() == "1 more question waits"
    desk.click("samplingRefuse")
    with pytest.raises(Refused):
        await second
    QTest.keyClick(desk.dialog(), Qt.Key.Key_Escape)
    assert await third == {"action": "cancel"}


async def test_a_cancelled_question_leaves_the_screen_and_the_queue(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    first, second = desk.ask(elicit(FORM)), desk.ask(elicit({**FORM, "message": "second"}))
    await settle()
    first.cancel()
    await settle()
    assert desk.lengths[-1] == 1
    assert first.cancelled()
    desk.dialog()
    second.cancel()
    await settle()
    assert desk.dialogs() == []


async def test_a_waiting_question_can_be_cancelled_too(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    first, second = desk.ask(elicit(FORM)), desk.ask(elicit(FORM))
    await settle()
    second.cancel()
    await settle()
    assert part(desk.dialog(), QLabel, "questionsWaiting").text() == ""
    desk.click("elicitationDecline")
    assert await first == {"action": "decline"}


async def test_a_hostile_server_opens_one_dialog_and_the_rest_is_refused(desk: Desk) -> None:
    sample, elicit, *_ = asks(desk.questions.callbacks())
    asked = [desk.ask(elicit(FORM)) for _ in range(1_000)]
    more = desk.ask(sample(SAMPLE))
    await settle()
    assert len(desk.dialogs()) == 1
    assert max(desk.lengths) <= MAX_WAITING + 1
    assert sum(task.done() for task in asked) == 1_000 - MAX_WAITING
    assert len(desk.said) == MAX_WAITING
    with pytest.raises(Refused, match=TOO_MANY.replace(",", ".")):
        await more
    desk.click("declineAll")
    await settle()
    assert all(task.done() for task in asked)
    assert asked[0].result() == {"action": "decline"}
    assert asked[MAX_WAITING].result() == {"action": "cancel"}
    assert desk.dialogs() == []
    with pytest.raises(Refused, match=DECLINED_ALL):
        await sample(SAMPLE)
    assert await elicit(FORM) == {"action": "decline"}


async def test_a_new_connection_may_ask_again(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    first, second = desk.ask(elicit(FORM)), desk.ask(elicit(FORM))
    await settle()
    desk.click("declineAll")
    assert (await first, await second) == ({"action": "decline"}, {"action": "decline"})
    _, again, *_ = asks(desk.questions.callbacks())
    asked = desk.ask(again(FORM))
    await settle()
    desk.click("elicitationDecline")
    await asked


async def test_a_closing_window_cancels_everything(desk: Desk) -> None:
    sample, elicit, _, authorize = asks(desk.questions.callbacks())
    tasks = [desk.ask(elicit(FORM)), desk.ask(sample(SAMPLE)), desk.ask(authorize(PROMPT))]
    await settle()
    desk.questions.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert results[0] == {"action": "cancel"}
    assert [str(result) for result in results[1:]] == [CLOSED, CLOSED]
    assert desk.dialogs() == []
    assert await elicit(FORM) == {"action": "cancel"}


async def test_roots_are_given_as_the_user_wrote_them(desk: Desk) -> None:
    _, _, list_roots, _ = asks(desk.questions.callbacks())
    assert await list_roots({}) == {"roots": []}
    desk.questions.data.set_roots((Root("file:///srv", "srv"),))
    assert await list_roots({}) == {"roots": [{"uri": "file:///srv", "name": "srv"}]}
    assert desk.said[-1] == ("roots", "The server asked for the roots and was given 1 root.")


async def test_what_is_switched_off_is_not_declared(desk: Desk) -> None:
    off = ConnectionSettings(roots=False, sampling=False, elicitation_form=False, elicitation_url=False)
    callbacks = desk.questions.callbacks(off)
    assert (callbacks.roots, callbacks.sampling, callbacks.elicitation) == (None, None, None)
    assert callbacks.authorize is not None
    form_only = desk.questions.callbacks(ConnectionSettings(elicitation_url=False))
    assert form_only.elicitation is not None
    assert form_only.features().capabilities("2025-11-25")["elicitation"] == {"form": {}}
    with pytest.raises(Refused, match="in the mode url"):
        await form_only.elicitation(LINK)


async def test_an_opened_address_is_followed_beside_the_next_question(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: True)
    _, elicit, *_ = asks(desk.questions.callbacks())
    first, second = desk.ask(elicit(LINK)), desk.ask(elicit(FORM))
    await settle()
    opened = desk.dialog()
    desk.click("elicitationOpen")
    assert await first == {"action": "accept"}
    assert len(desk.dialogs()) == 2
    desk.questions.note("notifications/elicitation/complete", {"elicitationId": "other"})
    desk.questions.note("notifications/message", {})
    assert not part(opened, QLabel, "elicitationState").text().startswith("✓")
    desk.questions.note("notifications/elicitation/complete", {"elicitationId": "e1"})
    assert part(opened, QLabel, "elicitationState").text().startswith("✓")
    opened.close()
    desk.click("elicitationDecline")
    assert await second == {"action": "decline"}


async def test_only_a_few_opened_addresses_stay(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    for number in range(module.MAX_FOLLOWED + 2):
        asked = desk.ask(elicit({**LINK, "elicitationId": str(number)}))
        await settle()
        dialog = desk.dialogs()[-1]
        dialog._arm()
        part(dialog, QAbstractButton, "elicitationAgree").click()
        await asked
    assert len(desk.dialogs()) == module.MAX_FOLLOWED


async def test_a_sign_in_goes_through_the_same_queue_but_is_never_declined_with_the_rest(desk: Desk) -> None:
    _, elicit, _, authorize = asks(desk.questions.callbacks())
    first, second = desk.ask(elicit(FORM)), desk.ask(elicit(FORM))
    await settle()
    desk.click("declineAll")
    await asyncio.gather(first, second)
    asked = desk.ask(authorize(PROMPT))
    await settle()
    assert desk.dialog().objectName() == "authorizationDialog"
    asked.cancel()
    await settle()
    assert desk.dialogs() == []


async def test_a_question_that_cannot_be_shown_is_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import inspector.ui.dialogs.elicitation_dialog as dialogs

    def broken(*_: Any) -> QDialog:
        raise ValueError("odd")

    monkeypatch.setattr(dialogs, "elicitation_dialog", broken)
    sample, elicit, *_ = asks(desk.questions.callbacks())
    first = desk.ask(elicit(FORM))
    second = desk.ask(sample(SAMPLE))
    await settle()
    assert await first == {"action": "cancel"}
    assert "cannot be shown" in caplog.text
    desk.click("samplingRefuse")
    with pytest.raises(Refused):
        await second


async def test_what_is_deprecated_is_marked_in_the_stateless_era(desk: Desk) -> None:
    desk.questions.is_stateless = True
    sample, *_ = asks(desk.questions.callbacks())
    desk.ask(sample(SAMPLE))
    await settle()
    assert part(desk.dialog(), QLabel, "deprecatedBadge").isVisible()


async def test_the_dialogs_belong_to_the_window(desk: Desk) -> None:
    _, elicit, *_ = asks(desk.questions.callbacks())
    desk.ask(elicit(FORM))
    await settle()
    parent = desk.dialog().parent()
    assert isinstance(parent, QWidget)
    assert parent is desk.window
    assert part(desk.dialog(), QLabel, "questionServer").text() == "· demo"
