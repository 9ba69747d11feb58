"""Prompts: listed, filled in with suggestions, got; with a scripted session and with the real demo server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QListView

from inspector.session.options import Options
from inspector.session.session import Session
from inspector.ui.catalog import Catalog
from inspector.ui.listing import ListKind, Source
from inspector.ui.tasks import TaskScope
from inspector.ui.views.prompt_pane import PromptPane
from inspector.ui.views.prompt_view import PromptView
from inspector.ui.views.text_view import TextView
from tests.support.qt_loop import run_in_qt, until
from tests.support.sources import ScriptedSource, bad, good

# The offscreen platform says so whenever a window asks for a minimum size, and when a list opens over one.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

GREET: dict[str, Any] = {
    "name": "greet",
    "title": "Greet somebody",
    "description": "Asks for a greeting.",
    "arguments": [{"name": "who", "description": "Whom to greet.", "required": True}, {"name": "style"}],
}
BARE: dict[str, Any] = {"name": "bare"}
HOSTILE: list[Any] = [
    None,
    5,
    {},
    {"name": 5},
    {"name": "a", "arguments": {}},
    {"name": "b", "arguments": [5, None, {}, {"name": 5}, {"name": "x"}, {"name": "x"}, {"name": "", "title": []}]},
    {"name": "c", "arguments": [{"name": f"n{n}"} for n in range(500)]},
    {"name": "d\n<b>", "arguments": [{"name": "<b>\n" * 999, "description": 5, "required": "yes"}]},
]


class Desk:
    """Pane and view with a session behind them."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self.scope = TaskScope()
        self.catalog = Catalog(lambda: self.source, self.scope)
        self.pane = PromptPane(self.catalog)
        self.view = PromptView(self.catalog)
        self.pane.chosen.connect(self.view.show_prompt)
        for widget, width in ((self.pane, 300), (self.view, 900)):
            widget.resize(width, 420)
            widget.show()

    async def connect(self, source: Source) -> None:
        self.source = source
        await self.catalog.start()
        await until(lambda: self.catalog.listing(ListKind.PROMPTS).listed_at is not None, "the prompts")

    async def script(self, *prompts: Any) -> ScriptedSource:
        source = ScriptedSource()
        source.lists("prompts/list", "prompts", list(prompts or (GREET, BARE)))
        source.replies["prompts/get"] = lambda params: good(
            "prompts/get",
            {
                "messages": [
                    {"role": "user", "content": {"type": "text", "text": f"{sorted(params['arguments'].items())}"}}
                ]
            },
        )
        await self.connect(source)
        return source

    async def close(self) -> None:
        self.source = None
        self.catalog.forget()
        await self.scope.close()
        for part in (self.pane, self.view, self.catalog):
            part.deleteLater()

    def field(self, name: str) -> QLineEdit:
        found = self.view.findChild(QLineEdit, f"field:{name}")
        assert found is not None
        return found

    def text(self, name: str) -> str:
        found = self.view.findChild(QLabel, name)
        assert found is not None
        return found.text()

    def button(self, name: str) -> QAbstractButton:
        found = self.view.findChild(QAbstractButton, name)
        assert found is not None
        assert found.accessibleName()
        return found

    def shown(self) -> list[str]:
        return [one.shown_text() for one in self.view.messages.findChildren(TextView)]


def on_desk(test: Callable[[Desk], Awaitable[None]]) -> Callable[[QApplication], None]:
    @wraps(test)
    def wrapped(qapp: QApplication) -> None:
        async def work() -> None:
            desk = Desk()
            try:
                await test(desk)
            finally:
                await desk.close()

        run_in_qt(qapp, work())

    del wrapped.__wrapped__  # pytest would ask it for its arguments
    return wrapped


@on_desk
async def test_a_prompt_shows_its_arguments(desk: Desk) -> None:
    await desk.script()
    assert desk.pane.select("greet")
    assert desk.text("promptDescription") == "Asks for a greeting."
    assert desk.field("who").accessibleName() == "who, required"
    assert desk.field("who").accessibleDescription() == "Whom to greet."
    assert desk.field("style").accessibleName() == "style"
    desk.pane.select("bare")
    assert any(label.text() == "No arguments." for label in desk.view.findChildren(QLabel))


@on_desk
async def test_only_what_was_filled_in_is_sent(desk: Desk) -> None:
    source = await desk.script()
    desk.pane.select("greet")
    QTest.keyClicks(desk.field("who"), "Ada")
    QTest.keyClick(desk.field("who"), Qt.Key.Key_Return)
    await until(desk.shown, "the messages")
    assert source.asked[-1] == ("prompts/get", {"name": "greet", "arguments": {"who": "Ada"}})
    assert desk.shown() == ["[('who', 'Ada')]"]
    assert desk.text("promptOutcome").startswith("✓ got · 1.00 ms")
    assert desk.text("resultLine") == "1 of 1 · user"


@on_desk
async def test_a_missing_argument_is_said_first_and_sent_empty_on_demand(desk: Desk) -> None:
    source = await desk.script()
    desk.pane.select("greet")
    desk.button("getPrompt").click()
    assert desk.text("missingArguments").startswith("⚠ who is required but empty.")
    assert source.asked == [("prompts/list", {})] or source.asked[-1][0] != "prompts/get"
    desk.button("getPrompt").click()
    await until(desk.shown, "the messages")
    assert source.asked[-1] == ("prompts/get", {"name": "greet", "arguments": {"who": ""}})


@on_desk
async def test_typing_takes_the_warning_away(desk: Desk) -> None:
    await desk.script()
    desk.pane.select("greet")
    desk.button("getPrompt").click()
    QTest.keyClicks(desk.field("style"), "x")
    assert not desk.view.findChild(QLabel, "missingArguments").isVisible()  # type: ignore[union-attr]


@on_desk
async def test_what_was_typed_is_kept_for_its_prompt(desk: Desk) -> None:
    await desk.script()
    desk.pane.select("greet")
    QTest.keyClicks(desk.field("who"), "Ada")
    desk.pane.select("bare")
    desk.pane.select("greet")
    assert desk.field("who").text() == "Ada"


@on_desk
async def test_suggestions_are_asked_for_with_the_other_arguments(desk: Desk) -> None:
    source = await desk.script()
    source.replies["completion/complete"] = lambda _: good("completion/complete", {"completion": {"values": ["haiku"]}})
    desk.pane.select("greet")
    QTest.keyClicks(desk.field("who"), "Ada")
    QTest.keyClicks(desk.field("style"), "h")
    await until(lambda: desk.text("suggested:style") == "1 suggestion", "the suggestion")
    ref = {"type": "ref/prompt", "name": "greet"}
    asked = {"ref": ref, "argument": {"name": "style", "value": "h"}, "context": {"who": "Ada"}}
    assert source.asked[-1] == ("completion/complete", asked)


@on_desk
async def test_without_the_capability_nothing_is_asked(desk: Desk) -> None:
    source = ScriptedSource(prompts={})
    source.lists("prompts/list", "prompts", [GREET])
    await desk.connect(source)
    desk.pane.select("greet")
    QTest.keyClicks(desk.field("style"), "h")
    await asyncio.sleep(0.3)
    assert {method for method, _ in source.asked} == {"prompts/list"}


@on_desk
async def test_a_failure_and_a_cancellation_are_said(desk: Desk) -> None:
    source = await desk.script()
    source.replies["prompts/get"] = lambda _: bad("prompts/get", -32602, "Missing arguments")
    desk.pane.select("bare")
    desk.view.get()
    await until(lambda: "failed" in desk.text("promptOutcome"), "the failure")
    assert desk.text("resultSentence") == "✗ Error -32602: Missing arguments"
    source.gate = asyncio.Event()
    desk.view.get()
    assert not desk.button("getPrompt").isEnabled()
    await until(lambda: "waiting" in desk.text("promptOutcome"), "the clock")
    desk.button("cancelPrompt").click()
    await until(lambda: "cancelled" in desk.text("promptOutcome"), "the end of it")


@on_desk
async def test_hostile_prompts_can_be_listed_and_chosen(desk: Desk) -> None:
    await desk.script(*HOSTILE)
    offers = desk.pane.findChild(QListView, "promptList")
    assert offers is not None
    for row in range(len(HOSTILE)):
        offers.setCurrentIndex(offers.model().index(row, 0))
        desk.view.get()
        assert not desk.pane.grab().isNull()
        assert not desk.view.grab().isNull()


def test_the_demo_server_makes_a_postcard_through_a_real_session(qapp: QApplication, demo_url: str) -> None:
    async def work() -> None:
        desk = Desk()
        async with Session(Options(demo_url)) as session:
            await desk.connect(session)
            desk.pane.select("postcard")
            QTest.keyClicks(desk.field("country"), "jap")
            await until(lambda: desk.text("suggested:country") == "1 suggestion", "the suggestion")
            desk.field("country").setText("Japan")
            QTest.keyClicks(desk.field("city"), "k")
            await until(lambda: desk.text("suggested:city") == "1 suggestion", "the suggestion")
            desk.field("city").setText("Kyoto")
            desk.view.get()
            await until(desk.shown, "the messages")
            assert "Kyoto, Japan" in desk.shown()[0]
            roles = [label.text() for label in desk.view.messages.findChildren(QLabel, "resultLine")]
            assert roles[1:] == [f"{n} of 5 · {role}" for n, role in enumerate(["user"] * 3 + ["assistant"] * 2, 1)]
            await desk.close()

    run_in_qt(qapp, work())
