"""The four lists and the requests about their entries, with a session that does what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from inspector.protocol.lifecycle import Negotiated
from inspector.trace.clock import FakeClock
from inspector.ui.catalog import Catalog
from inspector.ui.catalog_requests import CANCELLED, KEPT_OUTCOMES, NO_CONNECTION, Outcome
from inspector.ui.listing import Listing, ListKind
from inspector.ui.suggestions import Suggestions
from inspector.ui.tasks import TaskScope
from tests.support.qt_loop import run_in_qt, until
from tests.support.sources import Lasting, ScriptedSource, bad, good

HOSTILE: tuple[Any, ...] = (None, {}, {"uri": 5}, [])


class Desk:
    """A catalogue with everything that it has said."""

    def __init__(self) -> None:
        self.source: ScriptedSource | None = ScriptedSource()
        self.scope = TaskScope()
        self.clock = FakeClock()
        self.catalog = Catalog(lambda: self.source, self.scope, self.clock)
        self.tools: list[tuple[Any, str]] = []
        self.changed: list[Listing] = []
        self.updated: list[str] = []
        self.read: list[Outcome] = []
        self.prompts: list[Outcome] = []
        self.subscriptions: list[tuple[str, bool, str]] = []
        self.suggested: list[Suggestions] = []
        catalog = self.catalog
        catalog.tools_listed.connect(lambda tools, why: self.tools.append((tools, why)))
        for signal in (
            catalog.tools_changed,
            catalog.resources_changed,
            catalog.templates_changed,
            catalog.prompts_changed,
        ):
            signal.connect(self.changed.append)
        catalog.resource_updated.connect(self.updated.append)
        catalog.requests.read_finished.connect(self.read.append)
        catalog.requests.prompt_finished.connect(self.prompts.append)
        catalog.requests.subscription_changed.connect(lambda *said: self.subscriptions.append(said))

    @property
    def script(self) -> ScriptedSource:
        assert self.source is not None
        return self.source

    def asked(self) -> list[str]:
        return [method for method, _ in self.script.asked]


def on_desk(test: Callable[[Desk], Awaitable[None]]) -> Callable[[QApplication], None]:
    @wraps(test)
    def wrapped(qapp: QApplication) -> None:
        async def work() -> None:
            desk = Desk()
            try:
                await test(desk)
            finally:
                await desk.scope.close()
                desk.catalog.deleteLater()

        run_in_qt(qapp, work())

    del wrapped.__wrapped__  # pytest would ask it for its arguments
    return wrapped


@on_desk
async def test_tools_are_listed_at_once_and_the_rest_when_wanted(desk: Desk) -> None:
    desk.script.lists("tools/list", "tools", [{"name": "a"}])
    desk.script.lists("resources/list", "resources", [{"uri": "a:b"}])
    await desk.catalog.start()
    assert desk.tools == [([{"name": "a"}], "")]
    assert desk.asked() == ["tools/list"]
    desk.catalog.want(ListKind.RESOURCES, ListKind.TEMPLATES)
    desk.catalog.want(ListKind.RESOURCES)
    await until(lambda: desk.catalog.listing(ListKind.RESOURCES).items == [{"uri": "a:b"}], "the resources")
    assert sorted(desk.asked()) == ["resources/list", "resources/templates/list", "tools/list"]


@on_desk
async def test_what_was_wanted_before_is_listed_with_the_next_connection(desk: Desk) -> None:
    desk.catalog.want(ListKind.PROMPTS)
    assert desk.asked() == []
    desk.script.lists("prompts/list", "prompts", [{"name": "p"}])
    await desk.catalog.start()
    await until(lambda: desk.catalog.listing(ListKind.PROMPTS).items, "the prompts")


@on_desk
async def test_forgetting_empties_every_list(desk: Desk) -> None:
    desk.catalog.want(*ListKind)
    await desk.catalog.start()
    desk.catalog.hear("notifications/resources/updated", {"uri": "a:b"})
    desk.source = None
    desk.catalog.forget()
    assert [desk.catalog.listing(kind) for kind in ListKind] == [Listing(kind) for kind in ListKind]
    assert desk.tools[-1] == (None, "")
    assert not desk.catalog.is_updated("a:b")


@on_desk
async def test_changes_that_come_together_are_listed_once(desk: Desk) -> None:
    await desk.catalog.start()
    for _ in range(5):
        desk.catalog.hear("notifications/tools/list_changed", None)
    assert desk.catalog.listing(ListKind.TOOLS).is_changed
    await until(lambda: len(desk.asked()) == 2, "the second listing")
    await asyncio.sleep(0.3)
    assert desk.asked() == ["tools/list", "tools/list"]
    assert not desk.catalog.listing(ListKind.TOOLS).is_changed


@on_desk
async def test_a_change_of_the_resources_lists_the_templates_too(desk: Desk) -> None:
    desk.catalog.want(ListKind.RESOURCES, ListKind.TEMPLATES)
    await desk.catalog.start()
    await until(lambda: len(desk.asked()) == 3, "the lists")
    desk.catalog.hear("notifications/resources/list_changed", {})
    desk.catalog.hear("notifications/prompts/list_changed", {})  # which nobody wants to see
    await until(lambda: len(desk.asked()) == 5, "the lists again")
    assert sorted(desk.asked()[3:]) == ["resources/list", "resources/templates/list"]


@on_desk
async def test_an_updated_resource_is_marked_until_it_is_read(desk: Desk) -> None:
    await desk.catalog.start()
    desk.catalog.hear("notifications/resources/updated", {"uri": "a:b"})
    for nonsense in HOSTILE:
        desk.catalog.hear("notifications/resources/updated", nonsense)
    assert desk.updated == ["a:b"]
    assert desk.catalog.is_updated("a:b")
    desk.catalog.requests.read("a:b")
    await until(lambda: desk.read, "the reading")
    assert not desk.catalog.is_updated("a:b")
    assert desk.updated == ["a:b", "a:b"]


@on_desk
async def test_an_update_of_a_part_marks_the_subscribed_whole(desk: Desk) -> None:
    await desk.catalog.start()
    desk.catalog.requests.set_subscribed("file:///dir", True)
    await until(lambda: desk.subscriptions, "the subscription")
    desk.catalog.hear("notifications/resources/updated", {"uri": "file:///dir/a.txt"})
    assert desk.updated == ["file:///dir", "file:///dir/a.txt"]


@on_desk
async def test_reading_tells_the_outcome_and_its_freshness(desk: Desk) -> None:
    desk.script.replies["resources/read"] = lambda params: good("resources/read", {"contents": [params]})
    desk.script.fresh["resources/read"] = Lasting(28.0)
    desk.catalog.requests.read("a:b")
    await until(lambda: desk.read, "the reading")
    outcome = desk.read[0]
    assert outcome.ok
    assert outcome.result == {"contents": [{"uri": "a:b"}]}
    assert outcome.freshness == Lasting(28.0)
    assert desk.catalog.requests.last_read("a:b") is outcome


@on_desk
async def test_a_reading_that_fails_or_is_cancelled_is_a_sentence(desk: Desk) -> None:
    desk.script.replies["resources/read"] = lambda _: bad("resources/read", -32002, "Resource not found")
    desk.catalog.requests.read("a:b")
    await until(lambda: desk.read, "the reading")
    assert desk.read[0].sentence == "The server answered with error -32002: Resource not found."
    desk.script.gate = asyncio.Event()
    desk.catalog.requests.read("a:b")
    desk.catalog.requests.read("a:b")
    await until(lambda: len(desk.asked()) == 2, "the second reading")
    desk.catalog.requests.cancel_read("a:b")
    await until(lambda: len(desk.read) == 2, "the end of it")
    assert desk.read[1].sentence == CANCELLED
    desk.source = None
    desk.catalog.requests.read("a:b")
    await until(lambda: len(desk.read) == 3, "the third reading")
    assert desk.read[2].sentence == NO_CONNECTION


@on_desk
async def test_only_the_latest_outcomes_are_kept(desk: Desk) -> None:
    for n in range(KEPT_OUTCOMES + 2):
        desk.catalog.requests.read(f"a:{n}")
    await until(lambda: len(desk.read) == KEPT_OUTCOMES + 2, "all readings")
    kept = [n for n in range(KEPT_OUTCOMES + 2) if desk.catalog.requests.last_read(f"a:{n}")]
    assert kept == list(range(2, KEPT_OUTCOMES + 2))


@on_desk
async def test_subscribing_says_how_it_stands(desk: Desk) -> None:
    requests = desk.catalog.requests
    assert requests.can_subscribe
    requests.set_subscribed("a:b", True)
    await until(lambda: len(desk.subscriptions) == 1, "the subscription")
    desk.script.replies["resources/subscribe"] = lambda _: bad("resources/subscribe")
    requests.set_subscribed("c:d", True)
    await until(lambda: len(desk.subscriptions) == 2, "the refusal")
    assert requests.subscribed == {"a:b"}
    requests.set_subscribed("a:b", False)
    await until(lambda: len(desk.subscriptions) == 3, "the end")
    assert desk.subscriptions == [
        ("a:b", True, ""),
        ("c:d", False, "The server answered with error -32603: Internal error."),
        ("a:b", False, ""),
    ]
    desk.source = ScriptedSource(resources={})
    assert not requests.can_subscribe


@on_desk
async def test_the_end_of_a_connection_ends_its_subscriptions(desk: Desk) -> None:
    desk.catalog.requests.set_subscribed("a:b", True)
    await until(lambda: desk.subscriptions, "the subscription")
    desk.source = None
    desk.catalog.forget()
    assert desk.subscriptions[-1] == ("a:b", False, "")
    desk.catalog.requests.set_subscribed("a:b", True)
    await until(lambda: len(desk.subscriptions) == 3, "the refusal")
    assert desk.subscriptions[-1] == ("a:b", False, NO_CONNECTION)


@on_desk
async def test_a_prompt_is_got_once_at_a_time(desk: Desk) -> None:
    desk.script.replies["prompts/get"] = lambda params: good("prompts/get", {"messages": [params["arguments"]]})
    desk.catalog.requests.get_prompt("p", {"a": "1"})
    desk.catalog.requests.get_prompt("p", {"a": "2"})
    await until(lambda: desk.prompts, "the prompt")
    assert [outcome.result for outcome in desk.prompts] == [{"messages": [{"a": "1"}]}]
    desk.script.gate = asyncio.Event()
    desk.catalog.requests.get_prompt("p", {})
    await until(lambda: len(desk.asked()) == 2, "the second request")
    desk.catalog.requests.cancel_prompt("p")
    await until(lambda: len(desk.prompts) == 2, "the end of it")
    assert desk.prompts[1].sentence == CANCELLED


@on_desk
async def test_suggestions_are_asked_for_with_the_other_arguments(desk: Desk) -> None:
    ref = {"type": "ref/prompt", "name": "p"}
    found = {"completion": {"values": ["Bern"]}}
    desk.script.replies["completion/complete"] = lambda _: good("completion/complete", found)
    desk.catalog.requests.complete(ref, "city", "b", {"country": "CH"}, desk.suggested.append)
    await until(lambda: desk.suggested, "the suggestions")
    assert desk.suggested == [Suggestions(("Bern",))]
    argument = {"name": "city", "value": "b"}
    assert desk.script.asked == [
        ("completion/complete", {"ref": ref, "argument": argument, "context": {"country": "CH"}})
    ]


@on_desk
async def test_a_server_that_does_not_complete_is_not_asked_again(desk: Desk) -> None:
    desk.script.replies["completion/complete"] = lambda _: bad("completion/complete", -32601, "Method not found")
    for _ in range(2):
        desk.suggested.clear()
        desk.catalog.requests.complete({}, "a", "", {}, desk.suggested.append)
        await until(lambda: desk.suggested, "the reply")
    assert desk.suggested[0].sentence == "This server makes no suggestions."
    assert len(desk.script.asked) == 1


@pytest.mark.parametrize(
    ("revision", "capabilities", "can"),
    [
        ("2025-11-25", {"completions": {}}, True),
        ("2025-11-25", {}, False),
        ("2024-11-05", {}, True),
    ],
)
def test_who_makes_suggestions(qapp: QApplication, revision: str, capabilities: dict[str, Any], can: bool) -> None:
    desk = Desk()
    desk.script.negotiated = Negotiated(revision, capabilities=capabilities)
    assert desk.catalog.requests.can_complete is can
    desk.script.negotiated = None
    assert not desk.catalog.requests.can_complete
    desk.source = None
    assert not desk.catalog.requests.can_complete
