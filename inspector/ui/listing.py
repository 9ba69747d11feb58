"""What a list of the server's looks like at one moment, and the words for it; no Qt, so that any view can use it."""

from __future__ import annotations

import enum
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from inspector.protocol.era import TransportName
from inspector.trace.clock import Clock

if TYPE_CHECKING:
    from inspector.protocol.lifecycle import Negotiated
    from inspector.session.calls import Answer


class ListKind(enum.StrEnum):
    """The lists that a server may offer; the value is the noun for what is in it."""

    TOOLS = "tools"
    RESOURCES = "resources"
    TEMPLATES = "resource templates"
    PROMPTS = "prompts"

    @property
    def method(self) -> str:
        """The request that lists it."""
        return {self.TEMPLATES: "resources/templates/list"}.get(self, f"{self.value}/list")

    @property
    def key(self) -> str:
        """Where the items stand in a result."""
        return {self.TEMPLATES: "resourceTemplates"}.get(self, self.value)

    @property
    def capability(self) -> str:
        """What a server that offers it declares."""
        return {self.TEMPLATES: "resources"}.get(self, self.value)


class Fresh(Protocol):
    """How long an answer of the server's may be taken as current (R49): until a reading of the monotonic clock."""

    @property
    def fresh_until(self) -> float: ...

    @property
    def ttl_ms(self) -> float: ...


class Source(Protocol):
    """What the lists need of a session; every request returns an `Answer` and never raises."""

    @property
    def negotiated(self) -> Negotiated | None: ...

    @property
    def transport(self) -> TransportName: ...

    @property
    def rejected(self) -> Sequence[tuple[Any, str]]: ...

    def freshness(self, method: str, params: dict[str, Any] | None = None) -> Fresh | None: ...

    def list_pages(self, method: str, key: str) -> AsyncIterator[Answer]: ...

    async def list_tools(self) -> Answer: ...

    async def read_resource(self, uri: str) -> Answer: ...

    async def subscribe(self, uri: str) -> Answer: ...

    async def unsubscribe(self, uri: str) -> Answer: ...

    async def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> Answer: ...

    async def complete(
        self, ref: dict[str, Any], name: str, value: str, context: dict[str, str] | None = None
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Listing:
    """One list as far as it is known.

    `items` are the raw entries, None while there is no connection or nobody has asked; `why` is a sentence about an
    empty or broken list. `rejected` are tools that must not be called, each with the reason (R45). `listed_at` is Unix
    seconds. `is_changed` says that the server has announced a change that is not listed yet.
    """

    kind: ListKind
    items: list[Any] | None = None
    why: str = ""
    is_loading: bool = False
    has_more: bool = False
    is_changed: bool = False
    rejected: tuple[tuple[Any, str], ...] = ()
    freshness: Fresh | None = None
    listed_at: float | None = None

    def age_words(self, clock: Clock) -> str:
        """How current the list is, in a few words; empty where nothing was listed."""
        if self.is_loading:
            return "loading …"
        if self.listed_at is None:
            return ""
        if self.is_changed:
            return "changed on the server"
        return freshness_words(self.freshness, self.listed_at, clock, "listed")


def freshness_words(freshness: Fresh | None, at: float, clock: Clock, verb: str) -> str:
    """`fresh for 4 min`, `stale since 10:32:05`, or where the server gave no time to live, `listed 10:32:05`."""
    if freshness is None or freshness.ttl_ms <= 0:
        return f"{verb} {time_of_day(at)}"
    left_s = freshness.fresh_until - clock.monotonic_ns() / 1e9
    if left_s > 0:
        return f"fresh for {span(left_s)}"
    return f"stale since {time_of_day(clock.time() + left_s)}"


def span(seconds: float) -> str:
    """`28 s`, `4 min`, `3 h`, `12 days`, always rounded up."""
    for limit, unit_s, unit in ((90, 1, "s"), (5_400, 60, "min"), (172_800, 3_600, "h")):
        if seconds <= limit:
            return f"{math.ceil(seconds / unit_s)} {unit}"
    return f"{math.ceil(min(seconds, 1e12) / 86_400):,} days"


def time_of_day(at: float) -> str:
    """Unix seconds as `10:32:05` where the user is."""
    try:
        return datetime.fromtimestamp(at).strftime("%H:%M:%S")  # noqa: DTZ006 - the user's own clock is meant
    except (OverflowError, OSError, ValueError):
        return "?"
