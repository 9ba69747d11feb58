"""The requests of MCP by name, on top of any way to send one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inspector.protocol import era
from inspector.protocol.peer import Progress
from inspector.session.asked import Asked, with_meta
from inspector.session.calls import Answer
from inspector.session.conversation import Conversation
from inspector.session.link import Link
from inspector.session.lists import Lists

TASK_TTL_MS = 3_600_000
"""How long a server shall keep a task that we ask for."""


class Requests(Lists):
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
        meta: dict[str, Any] | None = None,
        as_task: bool = False,
        with_progress: bool = True,
    ) -> Answer:
        """Call a tool, asking for progress; the answer's `result` is the CallToolResult as it came.

        `as_task` asks for a task of 2025-11-25 (R32); a task that the server makes of the call by itself, as in
        2026-07-28 (R52), is followed to its end in any case.
        """
        params: dict[str, Any] = {"name": name, "arguments": arguments or {}}
        if as_task:
            params["task"] = {"ttl": TASK_TTL_MS}
        return await self.request(
            "tools/call", params, timeout_s=timeout_s, on_progress=on_progress, with_progress=with_progress, meta=meta
        )

    async def read_resource(self, uri: str, *, meta: dict[str, Any] | None = None) -> Answer:
        return await self.request("resources/read", {"uri": uri}, meta=meta)

    async def subscribe(self, uri: str) -> Answer:
        """Be told when a resource changes: by resources/subscribe, or on the listening stream of 2026-07-28 (R47)."""
        return await self._subscribe(uri, wanted=True)

    async def unsubscribe(self, uri: str) -> Answer:
        return await self._subscribe(uri, wanted=False)

    async def _subscribe(self, uri: str, *, wanted: bool) -> Answer:
        channel = self._conversation.channel
        if channel is None:
            return await self.request("resources/subscribe", {"uri": uri})
        return await channel.subscribe(uri, wanted=wanted)

    async def get_prompt(
        self, name: str, arguments: dict[str, str] | None = None, *, meta: dict[str, Any] | None = None
    ) -> Answer:
        return await self.request("prompts/get", {"name": name, "arguments": arguments or {}}, meta=meta)

    async def complete(
        self, ref: dict[str, Any], name: str, value: str, context: dict[str, str] | None = None
    ) -> Answer:
        """`completion/complete` for the argument `name` with what is typed so far (R9).

        `context` are the other arguments as they stand, from 2025-06-18 on.
        """
        params: dict[str, Any] = {"ref": ref, "argument": {"name": name, "value": value}}
        negotiated = self._conversation.negotiated
        if context and (negotiated is None or era.has_completion_context(negotiated.protocol_version)):
            params["context"] = {"arguments": context}
        return await self.request("completion/complete", params)

    async def set_log_level(self, level: str) -> Answer:
        """What the server shall log: by logging/setLevel, or with each request from now on in 2026-07-28 (R41)."""
        channel = self._conversation.channel
        if channel is None:
            return await self.request("logging/setLevel", {"level": level})
        return await channel.set_log_level(level)

    async def notify_roots_changed(self) -> None:
        """Tell the server that the roots are others now, where its revision has a notification for that."""
        if self._conversation.channel is not None:
            await self._conversation.channel.tell_roots_changed()

    async def ping(self) -> Answer:
        return await self.request("ping")
