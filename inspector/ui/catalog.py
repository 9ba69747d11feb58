"""Everything the server offers: the four lists, what has changed in them, and the requests about their entries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.trace.clock import Clock, SystemClock
from inspector.ui.catalog_requests import CatalogRequests, Outcome
from inspector.ui.list_feed import ListFeed
from inspector.ui.listing import Listing, ListKind, Source
from inspector.ui.tasks import TaskScope

CHANGE_DELAY_MS = 200
"""Servers that load many modules announce a change for each of them."""
_CHANGES = {
    "notifications/tools/list_changed": (ListKind.TOOLS,),
    "notifications/resources/list_changed": (ListKind.RESOURCES, ListKind.TEMPLATES),
    "notifications/prompts/list_changed": (ListKind.PROMPTS,),
}


class Catalog(QObject):
    """`session` gives the current session, or None; the owner calls `start` and `forget` as connections come and go.

    The four `…_changed` signals carry a `Listing`; `tools_listed` the tools that can be called (None while there is no
    connection) and why there are none. Tools are listed at once, the other lists when somebody wants them.
    """

    tools_listed = Signal(object, str)
    tools_changed = Signal(object)
    resources_changed = Signal(object)
    templates_changed = Signal(object)
    prompts_changed = Signal(object)
    resource_updated = Signal(str)
    """A resource has changed on the server, or has been read since (see `is_updated`)."""

    def __init__(
        self,
        session: Callable[[], Source | None],
        scope: TaskScope,
        clock: Clock | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.clock: Clock = SystemClock() if clock is None else clock
        self.requests = CatalogRequests(session, scope, self.clock, self)
        self.requests.read_finished.connect(self._was_read)
        self._feeds = {kind: ListFeed(kind, session, scope, self.clock, self._say) for kind in ListKind}
        self._timers = {kind: self._timer(kind) for kind in ListKind}
        self._wanted = {ListKind.TOOLS}
        self._updated: set[str] = set()
        self._is_started = False

    def listing(self, kind: ListKind) -> Listing:
        """The list as it is now."""
        return self._feeds[kind].listing

    async def start(self) -> None:
        """A connection stands: list what is wanted; returns once the tools are listed (paginated: the first page)."""
        self._is_started = True
        for kind in ListKind:
            if kind in self._wanted:
                self._feeds[kind].refresh()
        await self._feeds[ListKind.TOOLS].settled()

    def want(self, *kinds: ListKind) -> None:
        """Somebody looks at these lists: fetch them, now or with the next connection."""
        for kind in kinds:
            is_new = kind not in self._wanted
            self._wanted.add(kind)
            if is_new and self._is_started:
                self._feeds[kind].refresh()

    def refresh(self, kind: ListKind) -> None:
        """Fetch a list anew, whatever its freshness."""
        self._timers[kind].stop()
        self._feeds[kind].refresh()

    def next_page(self, kind: ListKind) -> None:
        """Fetch one page more of a list that waits for it."""
        self._feeds[kind].next_page()

    def set_paginated(self, is_paginated: bool) -> None:
        """Whether lists stop after each page until the user asks for the next; from the next listing on."""
        for feed in self._feeds.values():
            feed.is_paginated = is_paginated

    def forget(self) -> None:
        """There is no connection any more."""
        self._is_started = False
        self._updated.clear()
        for kind, feed in self._feeds.items():
            self._timers[kind].stop()
            feed.forget()
        self.requests.forget()

    def hear(self, method: str, params: Any) -> None:
        """Take in a notification of the server's; those that are about no list are left alone."""
        for kind in _CHANGES.get(method, ()):
            if kind in self._wanted:
                self._feeds[kind].mark_changed()
                self._timers[kind].start()
        if method == "notifications/resources/updated" and isinstance(params, dict):
            uri = params.get("uri")
            if isinstance(uri, str):
                self._mark_updated(uri)

    def is_updated(self, uri: str) -> bool:
        """Whether a resource has changed on the server since it was read."""
        return uri in self._updated

    def _timer(self, kind: ListKind) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=CHANGE_DELAY_MS)
        timer.timeout.connect(partial(self.refresh, kind))
        return timer

    def _mark_updated(self, uri: str) -> None:
        """The URI may be that of a part of a subscribed resource (R47): then both have changed."""
        above = {whole for whole in self.requests.subscribed if uri.startswith(f"{whole.rstrip('/')}/")}
        for changed in sorted({uri} | above):
            self._updated.add(changed)
            self.resource_updated.emit(changed)

    def _was_read(self, outcome: Outcome) -> None:
        if outcome.ok and outcome.name in self._updated:
            self._updated.discard(outcome.name)
            self.resource_updated.emit(outcome.name)

    def _say(self, listing: Listing) -> None:
        signals = {
            ListKind.TOOLS: self.tools_changed,
            ListKind.RESOURCES: self.resources_changed,
            ListKind.TEMPLATES: self.templates_changed,
            ListKind.PROMPTS: self.prompts_changed,
        }
        signals[listing.kind].emit(listing)
        if listing.kind is ListKind.TOOLS and (listing.items is not None or not listing.is_loading):
            self.tools_listed.emit(listing.items, listing.why)
