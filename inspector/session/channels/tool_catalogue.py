"""The tools of a stateless server as far as they have been listed: which headers their arguments make (R45)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector.protocol import param_headers
from inspector.protocol.param_headers import Annotations
from inspector.session.asked import Asked
from inspector.session.calls import Answer
from inspector.session.conversation import Conversation
from inspector.wire.http import HeaderList

MAX_PAGES = 100


class ToolCatalogue:
    """`rejected` are the tools that must not be called, as they were listed, with the reason for each."""

    def __init__(self, conversation: Conversation) -> None:
        self.rejected: list[tuple[Any, str]] = []
        self._conversation = conversation
        self._annotations: dict[str, Annotations] = {}
        self._was_listed = False

    def take(self, answer: Answer) -> Answer:
        """Learn from a page of tools/list; the answer without the tools that are rejected."""
        tools = answer.result.get("tools")
        if not isinstance(tools, list):
            return answer
        kept, rejected = param_headers.split_tools(tools)
        for tool in kept:
            name = _name_of(tool)
            if name is not None:
                self._annotations[name] = param_headers.read_annotations(tool.get("inputSchema"))
        news = [(tool, reason) for tool, reason in rejected if not self.why_rejected(_name_of(tool))]
        self.rejected.extend(news)
        link = self._conversation.link
        for breach in param_headers.breaches([], news):
            link.report(breach, about_n=answer.answer_n)
        for breach in param_headers.breaches(kept, []):
            link.report_once(breach, None, answer.answer_n)
        return replace(answer, result={**answer.result, "tools": kept}) if rejected else answer

    def why_rejected(self, name: str | None) -> str:
        """The reason for which a tool must not be called, "" if there is none."""
        return next((why for tool, why in self.rejected if name is not None and _name_of(tool) == name), "")

    def headers(self, params: dict[str, Any]) -> HeaderList:
        """The `Mcp-Param-*` fields of a call."""
        annotations = self._annotations.get(str(params.get("name")))
        arguments = params.get("arguments")
        if annotations is None or not isinstance(arguments, dict):
            return ()
        return param_headers.mirror(annotations, arguments)

    async def learn(self, name: str | None) -> None:
        """List the tools once if this one is not known: its call may need headers that only its schema names."""
        if name is not None and name not in self._annotations and not self._was_listed:
            await self.learn_again()

    async def learn_again(self) -> None:
        self._was_listed = True
        self.rejected.clear()
        cursor: Any = None
        for _ in range(MAX_PAGES):
            params = None if cursor is None else {"cursor": cursor}
            answer = await self._conversation.request(Asked("tools/list", params))
            following = answer.result.get("nextCursor") if answer.ok and isinstance(answer.result, dict) else None
            if not isinstance(following, str) or following == cursor:
                return
            cursor = following


def _name_of(tool: Any) -> str | None:
    name = tool.get("name") if isinstance(tool, dict) else None
    return name if isinstance(name, str) else None
