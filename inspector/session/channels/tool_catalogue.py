"""The tools of a stateless server as far as they have been listed: which headers their arguments make (R45)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from inspector.protocol import param_headers
from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
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
            name = tool.get("name") if isinstance(tool, dict) else None
            if isinstance(name, str):
                self._annotations[name] = param_headers.read_annotations(tool.get("inputSchema"))
        for tool, reason in rejected:
            self._reject(tool, reason, answer)
        return replace(answer, result={**answer.result, "tools": kept}) if rejected else answer

    def _reject(self, tool: Any, reason: str, answer: Answer) -> None:
        name = tool.get("name") if isinstance(tool, dict) else None
        known = [known for known, _ in self.rejected if isinstance(known, dict) and known.get("name") == name]
        if known:
            return
        self.rejected.append((tool, reason))
        text = f"The tool {shown(name)} cannot be called: {reason}"
        fix = "Mend the x-mcp-header annotations in its inputSchema; clients drop such a tool."
        breach = Breach("tool-param-header-invalid", Severity.ERROR, text, fix, "R45")
        self._conversation.link.report(breach, about_n=answer.answer_n)

    def why_rejected(self, name: str | None) -> str:
        """The reason for which a tool must not be called, "" if there is none."""
        return next(
            (why for tool, why in self.rejected if isinstance(tool, dict) and tool.get("name") == name and name), ""
        )

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
