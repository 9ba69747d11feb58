"""One list of the server's, asked for page by page and again when it has changed. Every failure is a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from inspector.protocol import jsonrpc
from inspector.protocol.era import TransportName
from inspector.trace.clock import Clock
from inspector.ui.listing import Fresh, Listing, ListKind, Source
from inspector.ui.tasks import TaskScope

if TYPE_CHECKING:
    from inspector.session.calls import Answer

SHOW_EVERY_NS = 250_000_000
"""A list of hundreds of pages is not drawn anew for each of them."""


class ListFeed:
    """Asks `session()` for the list of one kind and tells `say` what it looks like, at once and after each page.

    With `is_paginated` it waits after each page for `next_page`. An answer that comes after the session has gone is
    dropped. A refresh keeps the old entries in sight until the new ones are complete.
    """

    def __init__(
        self,
        kind: ListKind,
        session: Callable[[], Source | None],
        scope: TaskScope,
        clock: Clock,
        say: Callable[[Listing], None],
    ) -> None:
        self.listing = Listing(kind)
        self.is_paginated = False
        self._session, self._scope, self._clock, self._say = session, scope, clock, say
        self._task: asyncio.Task[None] | None = None
        self._wants_again = False
        self._wants_more = asyncio.Event()
        self._settled = asyncio.Event()
        self._shown_ns = 0

    def refresh(self) -> None:
        """Ask anew; a list that is just being fetched is fetched once more afterwards."""
        if self._session() is None:
            return
        if self._task is not None and not self._task.done():
            if self.listing.is_loading:
                self._wants_again = True
                return
            self._task.cancel()  # it only waits for the user to ask for the next page
        self._settled.clear()
        self._task = self._scope.start(self._run(), f"list {self.listing.kind.value}")

    def next_page(self) -> None:
        """Fetch one page more, where the list waits for that."""
        if self.listing.has_more:
            self._wants_more.set()

    def forget(self) -> None:
        """There is no connection any more."""
        if self._task is not None:
            self._task.cancel()
        self._wants_again = False
        self._settled.set()
        self._publish(Listing(self.listing.kind))

    def mark_changed(self) -> None:
        """The server has announced a change."""
        if self.listing.items is not None:
            self._publish(replace(self.listing, is_changed=True))

    async def settled(self) -> None:
        """Until the list is complete, failed, or waits for the user."""
        await self._settled.wait()

    async def _run(self) -> None:
        session = self._session()
        while session is not None:
            self._wants_again = False
            self._publish(replace(self.listing, is_loading=True))
            obstacle = _obstacle(session, self.listing.kind)
            if obstacle:
                self._finish([], obstacle)
            else:
                await self._fetch(session, may_restart=True)
            if self._session() is not session or not self._wants_again:
                break
        self._settled.set()

    async def _fetch(self, session: Source, *, may_restart: bool) -> None:
        """All pages; a cursor that the server no longer takes leads back to the first page, once (R5)."""
        kind = self.listing.kind
        items: list[Any] = []
        fresh = _Freshness(session, kind)
        is_first_time = not self.listing.items
        shown_before = len(self.listing.items or ())
        async with aclosing(_pages(session, kind)) as pages:
            async for answer in pages:
                if self._session() is not session:
                    return
                if may_restart and fresh.pages and _is_stale_cursor(answer):
                    break
                if not answer.ok or not isinstance(answer.result, dict):
                    self._finish(items, _failure(kind, answer, len(items)), fresh.earliest)
                    return
                page = answer.result.get(kind.key)
                items.extend(page if isinstance(page, list) else ())
                has_more = fresh.note(answer.result)
                if not has_more:
                    continue
                if self.is_paginated and len(items) >= shown_before:
                    await self._wait_for_more(items, fresh.earliest)
                elif is_first_time and self._is_due():
                    self._publish(replace(self._made(items, "", fresh.earliest), is_loading=True))
            else:
                may_restart = False
        if self._session() is not session:
            return
        if may_restart:
            await self._fetch(session, may_restart=False)
        else:
            self._finish(items, _nothing(kind, session) if not items else "", fresh.earliest)

    async def _wait_for_more(self, items: list[Any], freshness: Fresh | None) -> None:
        self._wants_more.clear()
        self._publish(replace(self._made(items, "", freshness), has_more=True))
        self._settled.set()
        await self._wants_more.wait()
        self._publish(replace(self.listing, is_loading=True, has_more=False))

    def _finish(self, items: list[Any], why: str, freshness: Fresh | None = None) -> None:
        self._publish(self._made(items, why, freshness))

    def _made(self, items: list[Any], why: str, freshness: Fresh | None) -> Listing:
        session = self._session()
        rejected = tuple(session.rejected) if session is not None and self.listing.kind is ListKind.TOOLS else ()
        return Listing(
            self.listing.kind, list(items), why, rejected=rejected, freshness=freshness, listed_at=self._clock.time()
        )

    def _publish(self, listing: Listing) -> None:
        self._shown_ns = self._clock.monotonic_ns()
        self.listing = listing
        self._say(listing)

    def _is_due(self) -> bool:
        return self.listing.items is None or self._clock.monotonic_ns() - self._shown_ns >= SHOW_EVERY_NS


class _Freshness:
    """The earliest end of freshness among the pages: each has its own (R49)."""

    def __init__(self, session: Source, kind: ListKind) -> None:
        self._session, self._kind = session, kind
        self._params: dict[str, Any] | None = None
        self.pages = 0
        self.earliest: Fresh | None = None

    def note(self, result: dict[str, Any]) -> bool:
        """Take a page in; whether another one follows (R5: an empty cursor is one)."""
        self.pages += 1
        found = self._session.freshness(self._kind.method, self._params)
        if found is not None and (self.earliest is None or found.fresh_until < self.earliest.fresh_until):
            self.earliest = found
        cursor = result.get("nextCursor")
        self._params = {"cursor": cursor}
        return isinstance(cursor, str)


async def _pages(session: Source, kind: ListKind) -> AsyncGenerator[Answer, None]:
    """The pages of a list; a tool stream has its tools in its manifest."""
    if session.negotiated is None:
        yield await session.list_tools()
        return
    pages: AsyncIterator[Answer] = session.list_pages(kind.method, kind.key)
    try:
        async for answer in pages:
            yield answer
    finally:
        if isinstance(pages, AsyncGenerator):  # its own clean-up must not be left to the garbage collector
            await pages.aclose()


def _obstacle(session: Source, kind: ListKind) -> str:
    """Why there is nothing to ask for, in a sentence."""
    if session.negotiated is None:
        if session.transport is TransportName.TOOL_STREAM:
            return "" if kind is ListKind.TOOLS else f"A tool stream has no {kind.value}: only tools."
        return f"A raw event stream has no {kind.value}. All that it sends is in the timeline."
    if kind.capability not in session.negotiated.capabilities:
        return f"This server offers no {kind.value}: it does not declare the capability."
    return ""


def _is_stale_cursor(answer: Answer) -> bool:
    return isinstance(answer.error, dict) and answer.error.get("code") == jsonrpc.INVALID_PARAMS


def _nothing(kind: ListKind, session: Source) -> str:
    if kind is ListKind.TOOLS and session.rejected:
        return "This server offers no tools that can be called: all of them are rejected."
    return f"This server offers no {kind.value}."


def _failure(kind: ListKind, answer: Answer, count: int) -> str:
    if count:
        return f"Only {count:,} of the {kind.value} could be listed. {answer.sentence}".rstrip()
    if isinstance(answer.error, dict) and answer.error.get("code") == jsonrpc.METHOD_NOT_FOUND:
        return f"This server offers no {kind.value}: it does not know {kind.method}."
    reason = answer.sentence or "The result is not an object."
    return f"The {kind.value} cannot be listed. {reason}"
