"""A list comes page by page, survives what goes wrong, and never mixes two sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from inspector.protocol.era import TransportName
from inspector.session.calls import Answer
from inspector.trace.clock import FakeClock
from inspector.trace.events import Outcome
from inspector.ui.list_feed import ListFeed
from inspector.ui.listing import Listing, ListKind
from inspector.ui.tasks import TaskScope
from tests.support.sources import Lasting, ScriptedSource, bad, good


class Desk:
    """A feed with what it has said."""

    def __init__(self, kind: ListKind = ListKind.TOOLS) -> None:
        self.source: ScriptedSource | None = ScriptedSource()
        self.scope = TaskScope()
        self.clock = FakeClock()
        self.said: list[Listing] = []
        self.feed = ListFeed(kind, lambda: self.source, self.scope, self.clock, self.said.append)

    async def list(self) -> Listing:
        self.feed.refresh()
        await self.feed.settled()
        return self.feed.listing


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    yield made
    await made.scope.close()


def script(desk: Desk) -> ScriptedSource:
    assert desk.source is not None
    return desk.source


def counts(desk: Desk) -> list[int | None]:
    return [None if listing.items is None else len(listing.items) for listing in desk.said]


async def test_the_first_page_is_shown_at_once_and_the_rest_is_added(desk: Desk) -> None:
    script(desk).lists("tools/list", "tools", [1, 2], [3], [4])
    listing = await desk.list()
    assert listing.items == [1, 2, 3, 4]
    assert not listing.is_loading
    assert counts(desk) == [None, 2, 4]  # the third page came too soon after the second to be drawn by itself
    assert desk.said[1].is_loading
    assert listing.listed_at == desk.clock.time()


async def test_a_page_that_comes_late_is_shown_by_itself(desk: Desk) -> None:
    script(desk).lists("tools/list", "tools", [1], [2], [3])
    desk.feed._say = lambda listing: (desk.said.append(listing), desk.clock.advance(1))  # type: ignore[assignment, func-returns-value]
    await desk.list()
    assert counts(desk) == [None, 1, 2, 3]


async def test_paginated_waits_for_the_user(desk: Desk) -> None:
    desk.feed.is_paginated = True
    script(desk).lists("tools/list", "tools", [1], [2], [3])
    assert await desk.list() == desk.feed.listing
    assert (desk.feed.listing.items, desk.feed.listing.has_more) == ([1], True)
    assert len(script(desk).asked) == 1
    for wanted, has_more in (([1, 2], True), ([1, 2, 3], False)):
        desk.feed._settled.clear()
        desk.feed.next_page()
        await desk.feed.settled()
        assert (desk.feed.listing.items, desk.feed.listing.has_more) == (wanted, has_more)
    desk.feed.next_page()
    assert len(script(desk).asked) == 3


async def test_a_refresh_gets_as_many_pages_as_were_shown(desk: Desk) -> None:
    desk.feed.is_paginated = True
    script(desk).lists("tools/list", "tools", [1], [2], [3])
    await desk.list()
    desk.feed._settled.clear()
    desk.feed.next_page()
    await desk.feed.settled()
    again = await desk.list()
    assert (again.items, again.has_more) == ([1, 2], True)


async def test_a_refresh_keeps_the_old_entries_until_the_new_are_complete(desk: Desk) -> None:
    script(desk).lists("tools/list", "tools", [1], [2])
    await desk.list()
    script(desk).lists("tools/list", "tools", [7], [8])
    desk.said.clear()
    await desk.list()
    assert [listing.items for listing in desk.said] == [[1, 2], [7, 8]]
    assert [listing.is_loading for listing in desk.said] == [True, False]


async def test_a_change_during_the_listing_lists_again(desk: Desk) -> None:
    source = script(desk)
    source.gate = asyncio.Event()
    source.lists("tools/list", "tools", [1])
    desk.feed.refresh()
    await asyncio.sleep(0)
    desk.feed.refresh()
    source.gate.set()
    await desk.feed.settled()
    assert len(source.asked) == 2


async def test_the_answer_to_a_session_that_is_gone_is_dropped(desk: Desk) -> None:
    source = script(desk)
    source.gate = asyncio.Event()
    source.lists("tools/list", "tools", [1])
    desk.feed.refresh()
    await asyncio.sleep(0)
    desk.source = None
    desk.feed.forget()
    source.gate.set()
    for _ in range(20):
        await asyncio.sleep(0)
    assert desk.feed.listing == Listing(ListKind.TOOLS)
    desk.feed.refresh()
    assert desk.said[-1] == Listing(ListKind.TOOLS)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ListKind.TOOLS, "This server offers no tools: it does not declare the capability."),
        (ListKind.TEMPLATES, "This server offers no resource templates: it does not declare the capability."),
    ],
)
async def test_a_missing_capability_is_a_sentence(kind: ListKind, words: str) -> None:
    desk = Desk(kind)
    desk.source = ScriptedSource(logging={})
    listing = await desk.list()
    assert (listing.items, listing.why) == ([], words)
    assert desk.source.asked == []


async def test_a_raw_stream_has_no_lists(desk: Desk) -> None:
    script(desk).negotiated = None
    assert (await desk.list()).why == "A raw event stream has no tools. All that it sends is in the timeline."


async def test_a_tool_stream_has_tools_and_nothing_else(desk: Desk) -> None:
    source = script(desk)
    source.negotiated, source.transport = None, TransportName.TOOL_STREAM
    source.replies["tools/list"] = lambda _: good("tools/list", {"tools": [{"name": "a"}]})
    assert (await desk.list()).items == [{"name": "a"}]
    prompts = Desk(ListKind.PROMPTS)
    prompts.source = source
    assert (await prompts.list()).why == "A tool stream has no prompts: only tools."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (bad("tools/list"), "The tools cannot be listed. The server answered with error -32603: Internal error."),
        (bad("tools/list", -32601), "This server offers no tools: it does not know tools/list."),
        (good("tools/list", [1]), "The tools cannot be listed. The result is not an object."),
        (
            Answer(False, "tools/list", outcome=Outcome.TIMED_OUT, sentence="No answer came."),
            "The tools cannot be listed. No answer came.",
        ),
        (good("tools/list", {"tools": {}}), "This server offers no tools."),
        (good("tools/list", {}), "This server offers no tools."),
    ],
)
async def test_every_failure_is_a_sentence(desk: Desk, answer: Answer, words: str) -> None:
    script(desk).pages["tools/list"] = [answer]
    listing = await desk.list()
    assert (listing.items, listing.why) == ([], words)


async def test_what_came_before_a_failure_is_kept(desk: Desk) -> None:
    first = good("tools/list", {"tools": [1, 2], "nextCursor": "x"})
    script(desk).pages["tools/list"] = [first, bad("tools/list")]
    listing = await desk.list()
    assert listing.items == [1, 2]
    assert listing.why == (
        "Only 2 of the tools could be listed. The server answered with error -32603: Internal error."
    )


async def test_a_cursor_that_is_no_longer_taken_leads_back_to_the_first_page_once(desk: Desk) -> None:
    first = good("tools/list", {"tools": [1], "nextCursor": "x"})
    script(desk).pages["tools/list"] = [first, bad("tools/list", -32602, "Unknown cursor")]
    listing = await desk.list()
    assert len(script(desk).asked) == 4
    assert listing.items == [1]
    assert listing.why == "Only 1 of the tools could be listed. The server answered with error -32602: Unknown cursor."


async def test_the_freshness_is_that_of_the_page_that_ends_first(desk: Desk) -> None:
    source = script(desk)
    source.lists("tools/list", "tools", [1], [2])
    source.fresh = {"tools/list": Lasting(30.0), "tools/list 1": Lasting(20.0)}
    assert (await desk.list()).freshness == Lasting(20.0)


async def test_rejected_tools_come_with_their_reason(desk: Desk) -> None:
    tool: dict[str, Any] = {"name": "bad"}
    script(desk).lists("tools/list", "tools", [{"name": "good"}])
    script(desk).rejected = [(tool, "Its header name is empty.")]
    listing = await desk.list()
    assert listing.rejected == ((tool, "Its header name is empty."),)
    assert listing.why == ""
    script(desk).lists("tools/list", "tools", [])
    assert (await desk.list()).why == "This server offers no tools that can be called: all of them are rejected."


async def test_an_announced_change_is_marked_until_it_is_listed(desk: Desk) -> None:
    desk.feed.mark_changed()
    assert desk.said == []
    await desk.list()
    desk.feed.mark_changed()
    assert desk.feed.listing.is_changed
    await desk.list()
    assert not desk.feed.listing.is_changed
