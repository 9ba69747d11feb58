"""The requests of MCP by name, on top of any way to send one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.protocol import jsonrpc
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.peer import Progress
from inspector.session.asked import Asked, with_meta
from inspector.session.calls import Answer
from inspector.session.conversation import Conversation
from inspector.session.link import Link

MAX_PAGES = 1000


class Requests:
    """What a client asks a server for; every request returns an `Answer`."""

    def __init__(self, link: Link, conversation: Conversation) -> None:
        self.link = link
        self._conversation = conversation

    async def request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        with_progress: bool = False,
        meta: dict[str, Any] | None = None,
    ) -> Answer:
        """Send any request. `timeout_s` overrides the option; cancelling the caller cancels the request.

        `meta` are keys of yours for `params._meta`.
        """
        asked = Asked(method, with_meta(params, meta), timeout_s, on_progress, with_progress)
        return await self._conversation.request(asked)

    async def notify(self, method: str, params: dict[str, Any] | None = None) -> None:
        await self._conversation.notify(method, params)

    async def list_all(self, method: str, key: str) -> Answer:
        """All pages of a list (R5): `result[key]` holds the items of every page.

        A cursor that comes back, or more than 1000 pages, ends the loop with a finding; what came until then is kept.
        A cursor that the server no longer takes (-32602) leads back to the first page, once.
        """
        items: list[Any] = []
        cursors: set[str] = set()
        params: dict[str, Any] | None = None
        may_restart = True
        while True:
            answer = await self.request(method, params)
            if may_restart and cursors and _is_stale_cursor(answer):
                items, cursors, params, may_restart = [], set(), None, False
                continue
            if not answer.ok or not isinstance(answer.result, dict):
                return answer
            page = answer.result.get(key)
            items.extend(page if isinstance(page, list) else [])
            cursor = answer.result.get("nextCursor")
            if not isinstance(cursor, str):
                return _with_items(answer, key, items)
            if cursor in cursors or len(cursors) >= MAX_PAGES:
                self._report_loop(method, cursor, answer)
                return _with_items(answer, key, items)
            cursors.add(cursor)
            params = {"cursor": cursor}

    def _report_loop(self, method: str, cursor: str, answer: Answer) -> None:
        text = f"{method} gave the cursor {cursor[:60]!r} a second time, or too many pages; we stopped asking."
        breach = Breach("pagination-loop", Severity.ERROR, text, "Omit nextCursor on the last page.", "R5")
        self.link.report(breach, about_n=answer.answer_n)

    async def list_tools(self) -> Answer:
        return await self.list_all("tools/list", "tools")

    async def list_resources(self) -> Answer:
        return await self.list_all("resources/list", "resources")

    async def list_resource_templates(self) -> Answer:
        return await self.list_all("resources/templates/list", "resourceTemplates")

    async def list_prompts(self) -> Answer:
        return await self.list_all("prompts/list", "prompts")

    async def call_tool(
        self,
        name: str,
        arguments: dict[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> Answer:
        """Call a tool, asking for progress; the answer's `result` is the CallToolResult as it came."""
        params = {"name": name, "arguments": arguments or {}}
        return await self.request(
            "tools/call", params, timeout_s=timeout_s, on_progress=on_progress, with_progress=True
        )

    async def read_resource(self, uri: str) -> Answer:
        return await self.request("resources/read", {"uri": uri})

    async def subscribe(self, uri: str) -> Answer:
        return await self.request("resources/subscribe", {"uri": uri})

    async def unsubscribe(self, uri: str) -> Answer:
        return await self.request("resources/unsubscribe", {"uri": uri})

    async def get_prompt(self, name: str, arguments: dict[str, str] | None = None) -> Answer:
        return await self.request("prompts/get", {"name": name, "arguments": arguments or {}})

    async def complete(self, ref: dict[str, Any], name: str, value: str) -> Answer:
        """`completion/complete` for the argument `name` with what is typed so far (R9)."""
        return await self.request("completion/complete", {"ref": ref, "argument": {"name": name, "value": value}})

    async def set_log_level(self, level: str) -> Answer:
        return await self.request("logging/setLevel", {"level": level})

    async def ping(self) -> Answer:
        return await self.request("ping")


def _is_stale_cursor(answer: Answer) -> bool:
    return isinstance(answer.error, dict) and answer.error.get("code") == jsonrpc.INVALID_PARAMS


def _with_items(answer: Answer, key: str, items: list[Any]) -> Answer:
    """The last page's answer with the items of all pages."""
    result = {**answer.result, key: items}
    result.pop("nextCursor", None)
    return Answer(
        True, answer.method, result, rtt_ms=answer.rtt_ms, request_n=answer.request_n, answer_n=answer.answer_n
    )
