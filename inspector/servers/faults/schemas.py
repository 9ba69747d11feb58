"""Faults of tools and their schemas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.protocol.era import TransportName
from inspector.servers.demo.messages import Json
from inspector.servers.demo.revisions import fit
from inspector.servers.faults.fault import Fault, Visit
from inspector.servers.faults.honest import Call, Honest
from inspector.servers.faults.honest.speaker import text_result
from inspector.servers.faults.schemas_skills import SKILLS

MODERN = Visit(transport=TransportName.STATELESS)
STRUCTURED = Visit(calls=(("structured", {}),))


def tool(name: str, schema: Any, description: str = "One more tool.") -> Json:
    """The definition of a tool."""
    return {"name": name, "description": description, "inputSchema": schema}


class MoreTools(Honest):
    """Has these tools besides."""

    more: Sequence[Json] = (tool("bare", {"type": "object"}),)

    def tools(self) -> Sequence[Json]:
        return (*super().tools(), *self.more)


class BareSchema(MoreTools):
    """Has a tool whose inputSchema is empty."""

    more = (tool("bare", {}),)


class NestedRequired(MoreTools):
    """Says in a property that it is required."""

    more = (tool("find", {"type": "object", "properties": {"text": {"type": "string", "required": True}}}),)


class RequiredList(MoreTools):
    """Says beside the properties which of them are required."""

    more = (tool("find", {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}),)


def _described(count: int) -> tuple[Json, ...]:
    return tuple(tool(f"tool-{n}", {"type": "object"}, "Does this and that. " * 50) for n in range(count))


class ManyTools(MoreTools):
    """Has 300 tools of 1 KB each."""

    more = _described(300)


class SomeTools(MoreTools):
    """Has 20 tools of 1 KB each."""

    more = _described(20)


class Pages(Honest):
    """Gives its tools one by one."""

    def cursor_after(self, page: int) -> str | None:
        """What leads to the page behind this one."""
        return str(page + 1) if page + 1 < len(self.tools()) else None

    def list_tools(self, params: Json, version: str) -> Json:
        page = int(params.get("cursor", "0"))
        listed: Json = {"tools": [fit(self.tools()[page], version)]}
        following = self.cursor_after(page)
        return listed if following is None else {**listed, "nextCursor": following}


class EndlessPages(Pages):
    """Gives the same cursor on every page behind the first."""

    def cursor_after(self, page: int) -> str | None:
        return "1"


class BadNames(MoreTools):
    """Has two tools that are both named `my tool`."""

    more = (tool("my tool", {"type": "object"}), tool("my tool", {"type": "object"}))


class GoodNames(MoreTools):
    """Has tools with names of their own."""

    more = (tool("my_tool", {"type": "object"}), tool("my-tool.v2", {"type": "object"}))


def _with_header(name: str) -> Json:
    region = {"type": "string", "x-mcp-header": name}
    return tool("store", {"type": "object", "properties": {"region": region}})


class BadHeader(MoreTools):
    """Names a header that nobody can send."""

    more = (_with_header("X Y"),)


class GoodHeader(MoreTools):
    """Names a header."""

    more = (_with_header("Region"),)


class TextOnly(Honest):
    """Declares an outputSchema and gives text."""

    def structured_result(self, call: Call) -> Json:
        return text_result("21.5 degrees in Vienna")


class TextForNumber(Honest):
    """Gives text where its outputSchema has a number."""

    def structured_result(self, call: Call) -> Json:
        return {**text_result("warm"), "structuredContent": {"city": "Vienna", "degrees": "21.5"}}


FAULTS: tuple[Fault, ...] = (
    Fault("schema-not-object", "Has a tool whose inputSchema is {}.", BareSchema, MoreTools),
    Fault("schema-invalid", "Has required: true in a property.", NestedRequired, RequiredList),
    Fault("tools-list-heavy", "Has 300 tools of 1 KB each.", ManyTools, SomeTools),
    Fault("pagination-loop", "Gives the same cursor again and again.", EndlessPages, Pages),
    Fault("tool-name-bad", "Has two tools named `my tool`.", BadNames, GoodNames),
    Fault("x-mcp-header-invalid", "Names the header X Y for an argument.", BadHeader, GoodHeader, MODERN),
    Fault("structured-content-missing", "Gives text where it promised more.", TextOnly, Honest, STRUCTURED),
    Fault("output-schema-violated", "Gives a number as text.", TextForNumber, Honest, STRUCTURED),
    *SKILLS,
)
