"""A session that answers what a test tells it to, for the lists and requests of the window."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.protocol.era import LATEST, TransportName
from inspector.protocol.lifecycle import Negotiated
from inspector.session.calls import Answer

EVERYTHING: dict[str, Any] = {
    "tools": {},
    "resources": {"subscribe": True},
    "prompts": {},
    "completions": {},
}


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long something is fresh."""

    fresh_until: float
    ttl_ms: float = 1_000.0


def good(method: str, result: Any) -> Answer:
    return Answer(True, method, result, rtt_ms=1.0)


def bad(method: str, code: int = -32603, message: str = "Internal error") -> Answer:
    sentence = f"The server answered with error {code}: {message}."
    return Answer(False, method, error={"code": code, "message": message}, sentence=sentence)


class ScriptedSource:
    """`pages[method]` are the answers to a list, page by page; `replies[method]` answers any other request.

    `asked` holds what was sent. Where `gate` is set, each answer waits for it.
    """

    def __init__(self, **capabilities: Any) -> None:
        declared = capabilities or EVERYTHING
        self.negotiated: Negotiated | None = Negotiated(LATEST, capabilities=dict(declared))
        self.transport = TransportName.STREAMABLE_HTTP
        self.rejected: Sequence[tuple[Any, str]] = ()
        self.pages: dict[str, list[Answer]] = {}
        self.replies: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.fresh: dict[str, Lasting] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.gate: asyncio.Event | None = None

    def lists(self, method: str, key: str, *pages: list[Any]) -> None:
        """Answer `method` with these pages."""
        cursors = [{"nextCursor": str(n + 1)} for n in range(len(pages) - 1)]
        self.pages[method] = [
            good(method, {key: page} | more) for page, more in zip(pages, [*cursors, {}], strict=True)
        ]

    def freshness(self, method: str, params: dict[str, Any] | None = None) -> Lasting | None:
        cursor = (params or {}).get("cursor")
        return self.fresh.get(f"{method} {cursor}" if cursor else method)

    async def list_pages(self, method: str, key: str) -> AsyncIterator[Answer]:
        for answer in self.pages.get(method, [good(method, {key: []})]):
            self.asked.append((method, {}))
            await self._pass()
            yield answer

    async def list_tools(self) -> Answer:
        return await self._answer("tools/list", {})

    async def read_resource(self, uri: str) -> Answer:
        return await self._answer("resources/read", {"uri": uri})

    async def subscribe(self, uri: str) -> Answer:
        return await self._answer("resources/subscribe", {"uri": uri})

    async def unsubscribe(self, uri: str) -> Answer:
        return await self._answer("resources/unsubscribe", {"uri": uri})

    async def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> Answer:
        return await self._answer("prompts/get", {"name": name, "arguments": arguments or {}})

    async def complete(
        self, ref: dict[str, Any], name: str, value: str, context: dict[str, str] | None = None
    ) -> Answer:
        params = {"ref": ref, "argument": {"name": name, "value": value}, "context": context}
        return await self._answer("completion/complete", params)

    async def _answer(self, method: str, params: dict[str, Any]) -> Answer:
        self.asked.append((method, params))
        await self._pass()
        reply = self.replies.get(method)
        return reply(params) if reply is not None else good(method, {})

    async def _pass(self) -> None:
        if self.gate is not None:
            await self.gate.wait()
        else:
            await asyncio.sleep(0)
