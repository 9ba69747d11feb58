"""The tools of a stateless server as far as they have been listed: which headers their arguments make (R45)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from inspector.protocol import param_headers
from inspector.protocol.param_headers import Annotations
from inspector.session.asked import Asked
from inspector.session.calls import Answer
from inspector.session.conversation import Conversation
from inspector.wire import jsontext
from inspector.wire.http import HeaderList

MAX_PAGES = 100


class ToolCatalogue:
    """What the newest list says of each tool counts."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._annotations: dict[str, Annotations] = {}
        self._rejected: dict[str | bytes, tuple[Any, str]] = {}
        self._seen: set[str | bytes] = set()
        self._was_listed = False
        self._listing = asyncio.Lock()

    @property
    def rejected(self) -> list[tuple[Any, str]]:
        """The tools that must not be called, as they were listed, with the reason for each."""
        return list(self._rejected.values())

    def take(self, answer: Answer, *, is_first: bool) -> Answer:
        """Learn from a page of tools/list; the answer without the tools that are rejected."""
        tools = answer.result.get("tools")
        if not isinstance(tools, list):
            return answer
        kept, rejected = param_headers.split_tools(tools)
        if is_first:
            self._seen.clear()
        for tool in kept:
            name = _name_of(tool)
            if name is not None:
                self._annotations[name] = param_headers.read_annotations(tool.get("inputSchema"))
        news = self._note(kept, rejected)
        if not isinstance(answer.result.get("nextCursor"), str):
            self._rejected = {key: value for key, value in self._rejected.items() if key in self._seen}
        link = self._conversation.link
        for breach in param_headers.breaches([], news):
            link.report(breach, about_n=answer.answer_n)
        for breach in param_headers.breaches(kept, []):
            link.report_once(breach, None, answer.answer_n)
        return replace(answer, result={**answer.result, "tools": kept}) if rejected else answer

    def _note(self, kept: list[Any], rejected: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
        """Take over what a page says of its tools; the rejections that were not known yet."""
        before = dict(self._rejected)
        for tool in kept:
            self._rejected.pop(_key_of(tool), None)
        for tool, reason in rejected:  # behind those kept: of two tools with one name neither can be told apart
            self._rejected[_key_of(tool)] = (tool, reason)
        self._seen.update(_key_of(tool) for tool, _ in rejected)
        return [(tool, why) for tool, why in rejected if before.get(_key_of(tool), (None, ""))[1] != why]

    def why_rejected(self, name: str | None) -> str:
        """The reason for which a tool must not be called, "" if there is none."""
        return self._rejected[name][1] if name is not None and name in self._rejected else ""

    def headers(self, params: dict[str, Any]) -> HeaderList:
        """The `Mcp-Param-*` fields of a call."""
        annotations = self._annotations.get(str(params.get("name")))
        arguments = params.get("arguments")
        if annotations is None or not isinstance(arguments, dict):
            return ()
        return param_headers.mirror(annotations, arguments)

    async def learn(self, name: str | None) -> None:
        """List the tools once if this one is not known: its call may need headers that only its schema names."""
        if name is None or name in self._annotations or self._was_listed:
            return
        async with self._listing:  # who calls at the same time waits for the same list
            if name not in self._annotations and not self._was_listed:
                await self.learn_again()

    async def learn_again(self) -> None:
        cursor: Any = None
        for _ in range(MAX_PAGES):
            params = None if cursor is None else {"cursor": cursor}
            answer = await self._conversation.request(Asked("tools/list", params))
            self._was_listed = self._was_listed or answer.answer_n is not None
            following = answer.result.get("nextCursor") if answer.ok and isinstance(answer.result, dict) else None
            if not isinstance(following, str) or following == cursor:
                return
            cursor = following


def _name_of(tool: Any) -> str | None:
    name = tool.get("name") if isinstance(tool, dict) else None
    return name if isinstance(name, str) else None


def _key_of(tool: Any) -> str | bytes:
    """A tool's name, or all of it where it has none."""
    name = _name_of(tool)
    return jsontext.dumps(tool) if name is None else name
