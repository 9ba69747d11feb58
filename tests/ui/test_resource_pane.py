"""Resources and templates: listed, searched, read, watched, with a scripted session and with the real demo server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any, TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QListView, QWidget

from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.clock import FakeClock
from inspector.ui.catalog import Catalog
from inspector.ui.forms.completion import Completion
from inspector.ui.listing import ListKind, Source
from inspector.ui.models.resource_list import FILE_ICON, facts, mime_icon, prompt_row, resource_row, template_row
from inspector.ui.tasks import TaskScope
from inspector.ui.views.resource_pane import ResourcePane
from inspector.ui.views.resource_view import NO_URI, ResourceView
from inspector.ui.views.text_view import TextView
from tests.support.qt_loop import run_in_qt, until
from tests.support.sources import Lasting, ScriptedSource, bad, good

# The offscreen platform says so whenever a window asks for a minimum size, and when a list opens over one.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

W = TypeVar("W", bound=QObject)
NOTE: dict[str, Any] = {
    "uri": "demo://note",
    "name": "note",
    "title": "A note",
    "mimeType": "text/plain",
    "size": 1_234,
}
DATA: dict[str, Any] = {"uri": "demo://data", "name": "data", "annotations": {"audience": ["user"], "deprecated": True}}
ROOM: dict[str, Any] = {"uriTemplate": "demo://room/{house}{?tags*}", "name": "room"}
HOSTILE: list[Any] = [
    None,
    5,
    [],
    {},
    {"uri": 5},
    {"uri": "x" * 100_000},
    {"uri": "a:b", "name": [], "size": "big", "annotations": 5},
    {"uri": "a:c", "size": -1, "annotations": {"audience": [1], "priority": {}}},
    {"uri": "<b>x</b>\n", "name": "<img src='file:///x.png'>"},
    {"uriTemplate": "{"},
    {"uriTemplate": 5},
]


class Desk:
    """Pane and view beside each other, with a session behind them."""

    def __init__(self) -> None:
        self.source: Source | None = None
        self.scope = TaskScope()
        self.clock = FakeClock()
        self.catalog = Catalog(lambda: self.source, self.scope, self.clock)
        self.pane = ResourcePane(self.catalog)
        self.view = ResourceView(self.catalog)
        self.pane.resource_chosen.connect(self.view.show_resource)
        self.pane.template_chosen.connect(self.view.show_template)
        for widget, width in ((self.pane, 300), (self.view, 900)):
            widget.resize(width, 420)
            widget.show()

    async def connect(self, source: Source) -> None:
        self.source = source
        await self.catalog.start()
        for kind in (ListKind.RESOURCES, ListKind.TEMPLATES):
            await until(partial(self.is_listed, kind), kind.value)

    def is_listed(self, kind: ListKind) -> bool:
        listing = self.catalog.listing(kind)
        return listing.listed_at is not None and not listing.is_loading

    async def script(self) -> ScriptedSource:
        source = ScriptedSource()
        source.lists("resources/list", "resources", [NOTE], [DATA])
        source.lists("resources/templates/list", "resourceTemplates", [ROOM])
        source.replies["resources/read"] = lambda params: good(
            "resources/read", {"contents": [{**params, "text": f"contents of {params['uri']}"}]}
        )
        await self.connect(source)
        return source

    async def close(self) -> None:
        self.source = None
        self.catalog.forget()
        await self.scope.close()
        for part in (self.pane, self.view, self.catalog):
            part.deleteLater()


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


def part(place: QWidget, kind: type[W], name: str) -> W:
    found = place.findChild(kind, name)
    assert found is not None, name
    return found


def text(place: QWidget, name: str) -> str:
    return part(place, QLabel, name).text()


def names(pane: ResourcePane, which: str) -> list[str]:
    model = part(pane, QListView, which).model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def shown(view: ResourceView) -> list[str]:
    return [one.shown_text() for one in view.contents.findChildren(TextView)]


def button(place: QWidget, name: str) -> QAbstractButton:
    found = part(place, QAbstractButton, name)
    assert found.accessibleName()
    return found


def test_a_row_says_what_a_resource_is() -> None:
    row = resource_row(NOTE, is_updated=True, is_subscribed=True)
    assert (row.name, row.title, row.badges) == ("note", "A note", ("changed", "subscribed"))
    assert row.tip == "A note\ndemo://note\ntext/plain · 1.2 kB"
    assert facts(DATA) == ["for user", "deprecated true"]
    assert resource_row(DATA).badges == ("deprecated",)
    assert template_row(ROOM).key == "demo://room/{house}{?tags*}"
    assert prompt_row({"name": "p", "arguments": [{}, {}]}).badges == ("2 arguments",)


@pytest.mark.parametrize("entry", HOSTILE, ids=lambda entry: str(entry)[:30])
def test_any_entry_makes_a_row(entry: Any) -> None:
    for row in (resource_row(entry), template_row(entry), prompt_row(entry)):
        assert row.name
        assert "\n" not in row.name
        assert len(row.name) <= 200
        assert row.entry is entry


@pytest.mark.parametrize(
    ("mime", "icon"),
    [
        ("text/markdown; charset=utf-8", "mdi6.language-markdown-outline"),
        ("text/x-python", "mdi6.file-document-outline"),
        ("IMAGE/PNG", "mdi6.image-outline"),
        ("application/ld+json", "mdi6.code-json"),
        ("application/octet-stream", FILE_ICON),
        (None, FILE_ICON),
        (5, FILE_ICON),
    ],
)
def test_a_type_has_a_picture(mime: Any, icon: str) -> None:
    assert mime_icon(mime) == icon


@on_desk
async def test_both_lists_are_shown_and_searched_together(desk: Desk) -> None:
    assert text(desk.pane, "resourcesEmpty") == text(desk.pane, "templatesEmpty") == "Not connected."
    await desk.script()
    assert names(desk.pane, "resourceList") == ["note", "data"]
    assert names(desk.pane, "templateList") == ["room"]
    part(desk.pane, QLineEdit, "resourceSearch").setText("ro")
    assert text(desk.pane, "resourcesEmpty") == "No resource matches the search."
    assert names(desk.pane, "templateList") == ["room"]
    assert not desk.pane.grab().isNull()


@on_desk
async def test_the_keyboard_walks_through_both_lists(desk: Desk) -> None:
    await desk.script()
    chosen: list[Any] = []
    for signal in (desk.pane.resource_chosen, desk.pane.template_chosen):
        signal.connect(chosen.append)
    search = part(desk.pane, QLineEdit, "resourceSearch")
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up):
        QTest.keyClick(search, key)
    assert chosen == [NOTE, DATA, ROOM, DATA]
    assert desk.pane.templates.current() is None


@on_desk
async def test_a_server_without_resources_says_so_in_each_list(desk: Desk) -> None:
    await desk.connect(ScriptedSource(tools={}))
    for name, noun in (("resourcesEmpty", "resources"), ("templatesEmpty", "resource templates")):
        assert text(desk.pane, name) == f"This server offers no {noun}: it does not declare the capability."


@on_desk
async def test_a_resource_is_read_and_its_freshness_counted(desk: Desk) -> None:
    source = await desk.script()
    source.fresh["resources/read"] = Lasting(28.0)
    assert desk.pane.select("demo://note")
    assert text(desk.view, "resourceFacts") == "text/plain · 1.2 kB"
    button(desk.view, "readButton").click()
    await until(lambda: shown(desk.view), "the contents")
    assert shown(desk.view) == ["contents of demo://note"]
    assert text(desk.view, "readOutcome") == "✓ read · 1.00 ms · fresh for 28 s"
    desk.clock.advance(60)
    await until(lambda: "stale since" in text(desk.view, "readOutcome"), "the end of the freshness")
    desk.pane.select("demo://data")
    assert shown(desk.view) == []
    desk.pane.select("demo://note")
    assert shown(desk.view) == ["contents of demo://note"]


@on_desk
async def test_a_reading_that_fails_is_said(desk: Desk) -> None:
    source = await desk.script()
    source.replies["resources/read"] = lambda _: bad("resources/read", -32002, "Resource not found")
    desk.pane.select("demo://note")
    desk.view.read()
    await until(lambda: "failed" in text(desk.view, "readOutcome"), "the failure")
    assert text(desk.view.contents, "resultSentence") == "✗ Error -32002: Resource not found"


@on_desk
async def test_a_reading_can_be_cancelled_and_another_resource_looked_at(desk: Desk) -> None:
    source = await desk.script()
    source.gate = asyncio.Event()
    desk.pane.select("demo://note")
    desk.view.read()
    assert not button(desk.view, "readButton").isEnabled()
    desk.pane.select("demo://data")
    assert button(desk.view, "readButton").isEnabled()
    desk.pane.select("demo://note")
    assert not button(desk.view, "readButton").isEnabled()
    await until(lambda: ("resources/read", {"uri": "demo://note"}) in source.asked, "the request")
    button(desk.view, "cancelRead").click()
    await until(lambda: button(desk.view, "readButton").isEnabled(), "the end of it")
    assert "cancelled" in text(desk.view, "readOutcome")


@on_desk
async def test_a_subscribed_resource_says_when_it_has_changed(desk: Desk) -> None:
    await desk.script()
    desk.pane.select("demo://note")
    button(desk.view, "subscribeButton").click()
    await until(lambda: button(desk.view, "subscribeButton").text() == "Unsubscribe", "the subscription")
    desk.catalog.hear("notifications/resources/updated", {"uri": "demo://note"})
    index = part(desk.pane, QListView, "resourceList").model().index(0, 0)
    assert "changed, subscribed" in index.data(Qt.ItemDataRole.AccessibleTextRole)
    assert text(desk.view, "resourceNotice").startswith("⚠ Changed on the server")
    desk.view.read()
    await until(lambda: shown(desk.view), "the contents")
    assert not part(desk.view, QLabel, "resourceNotice").isVisible()
    button(desk.view, "subscribeButton").click()
    await until(lambda: button(desk.view, "subscribeButton").text() == "Subscribe", "the end of it")


@on_desk
async def test_a_refused_subscription_is_a_sentence(desk: Desk) -> None:
    source = await desk.script()
    source.replies["resources/subscribe"] = lambda _: bad("resources/subscribe")
    desk.pane.select("demo://note")
    button(desk.view, "subscribeButton").click()
    await until(lambda: part(desk.view, QLabel, "subscriptionTrouble").isVisible(), "the refusal")
    assert text(desk.view, "subscriptionTrouble") == "The server answered with error -32603: Internal error."


@on_desk
async def test_a_template_is_filled_in_and_read(desk: Desk) -> None:
    source = await desk.script()
    desk.pane.templates.select(ROOM["uriTemplate"])
    expanded = part(desk.view, QLineEdit, "expandedUri")
    assert expanded.text() == "demo://room/"
    QTest.keyClicks(part(desk.view, QLineEdit, "field:house"), "red/blue")
    QTest.keyClicks(part(desk.view, QLineEdit, "field:tags"), "a, b")
    assert expanded.text() == "demo://room/red%2Fblue?tags=a&tags=b"
    QTest.keyClick(part(desk.view, QLineEdit, "field:tags"), Qt.Key.Key_Return)
    await until(lambda: shown(desk.view), "the contents")
    assert source.asked[-1] == ("resources/read", {"uri": expanded.text()})


@on_desk
async def test_a_template_that_is_none_cannot_be_read(desk: Desk) -> None:
    await desk.script()
    for template in ("demo://{", 5, None):
        desk.view.show_template({"uriTemplate": template, "name": f"broken {template}"})
        assert text(desk.view, "templateTrouble").startswith("⚠ This template cannot be used.")
        assert not button(desk.view, "readButton").isEnabled()


@on_desk
async def test_hostile_entries_can_be_listed_painted_and_chosen(desk: Desk) -> None:
    source = ScriptedSource()
    source.lists("resources/list", "resources", HOSTILE)
    source.lists("resources/templates/list", "resourceTemplates", HOSTILE)
    await desk.connect(source)
    for name in ("resourceList", "templateList"):
        offers = part(desk.pane, QListView, name)
        for row in range(len(HOSTILE)):
            offers.setCurrentIndex(offers.model().index(row, 0))
            assert not desk.pane.grab().isNull()
            assert not desk.view.grab().isNull()
    desk.view.show_resource({"name": "no uri"})
    assert any(label.text() == NO_URI for label in desk.view.contents.findChildren(QLabel))
    assert not button(desk.view, "readButton").isEnabled()


@on_desk
async def test_the_end_of_the_connection_empties_the_lists(desk: Desk) -> None:
    await desk.script()
    desk.pane.select("demo://note")
    desk.source = None
    desk.catalog.forget()
    assert text(desk.pane, "resourcesEmpty") == "Not connected."
    assert not button(desk.view, "subscribeButton").isEnabled()


def test_the_demo_server_is_read_through_a_real_session(qapp: QApplication, demo_url: str) -> None:
    async def work() -> None:
        desk = Desk()
        async with Session(Options(demo_url)) as session:
            session.on_notification(desk.catalog.hear)
            await desk.connect(session)
            assert names(desk.pane, "resourceList")[:2] == ["readme", "clock"]
            desk.pane.select("demo://binder")
            desk.view.read()
            await until(lambda: len(shown(desk.view)) == 2, "the pages of the binder")
            desk.pane.select("demo://clock")
            button(desk.view, "subscribeButton").click()
            await until(lambda: desk.catalog.is_updated("demo://clock"), "an update of the clock")
            await until(lambda: part(desk.view, QLabel, "resourceNotice").isVisible(), "the notice")
            desk.pane.templates.select("demo://forecast/{country}/{city}{?days}")
            desk.view.template.fields.set_values({"country": "Germany"})
            line = part(desk.view, QLineEdit, "field:city")
            completion = part(line, Completion, "")
            line.setText("bo")
            completion.ask_now()
            await until(completion.values, "suggestions")
            assert completion.values() == ["Bonn"]
            assert text(desk.view, "suggested:city") == "1 suggestion"
            line.setText("Bonn")
            line.textEdited.emit("Bonn")
            desk.view.read()
            await until(lambda: shown(desk.view), "the forecast")
            assert '"city": "Bonn"' in shown(desk.view)[0]
            await desk.close()

    run_in_qt(qapp, work())
