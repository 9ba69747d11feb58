"""The watch over lists of tools, and over their results: each list is read once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from inspector.diagnose.payload import result_of
from inspector.diagnose.rule import Era, Watch
from inspector.diagnose.rules.schemas_results import OutputSchemas, Said
from inspector.diagnose.schema_walk import dangling, walk
from inspector.diagnose.topics import Topic
from inspector.protocol.jsonrpc import json_type, shown
from inspector.protocol.schema import check_schema
from inspector.trace.events import Message, MessageType, Severity
from inspector.wire import jsontext

MAX_NAMES = 100_000
BYTES_PER_TOKEN = 4
STRUCTURED_SINCE = "2025-06-18"
_PORTABLE = re.compile(r"[A-Za-z0-9_.-]+")
_PARTS_A_SCHEMA = 15
_BYTES_A_PART = 100
"""A comparison takes as long as so many parts to begin with, and one more for so many bytes: patterns are compiled."""
_UNCHECKED = "so it was not checked"
_UNKNOWN_DIALECT = "dialect in $schema is unknown"


class Tools(Watch):
    """Every tool as it is listed, all of them together, and what they give."""

    rules = (
        "schema-not-object",
        "schema-invalid",
        "tools-list-heavy",
        "tool-name-bad",
        "structured-content-missing",
        "output-schema-violated",
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._outputs = OutputSchemas(self.thresholds)
        self._connection = 0
        self._begin()

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.ANSWER: self._on_answer}

    def _begin(self) -> None:
        """The first page of a list."""
        self._names: set[str] = set()
        self._pages = self._bytes = self._count = 0
        self._parts_left = self.thresholds.metaschema_parts
        self._walk_left = self.thresholds.list_parts

    def _on_answer(self, message: Message) -> None:
        if message.method == "tools/call":
            self._on_result(message)
        elif message.method == "tools/list" and message.message_type is MessageType.RESPONSE:
            self._on_list(message)

    def _on_result(self, message: Message) -> None:
        ready = self.context.ready
        if ready is not None and ready.protocol_version < STRUCTURED_SINCE:
            return
        said, list_n = self._outputs.judge(message)
        if said is not None:
            self.found(said.text, (list_n, message.n), rule=said.rule, severity=said.severity)

    def _on_list(self, message: Message) -> None:
        result = result_of(message)
        tools = result.get("tools")
        if not isinstance(tools, list):
            return  # the session says so
        if message.connection != self._connection:
            self._connection = message.connection
            self._outputs.forget()
        asked = self.context.pending.get(-1 if message.request_n is None else message.request_n)
        if asked is None or b'"cursor"' not in asked.raw:
            self._begin()
        self._pages += 1
        self._bytes += len(message.raw)
        fresh = tools[: max(0, self.thresholds.list_tools - self._count)]
        self._count += len(tools)
        self._tell([said for tool in fresh for said in self._look_at(tool, message.n)], message.n)
        if not isinstance(result.get("nextCursor"), str):
            self._tell(list(self._weigh()), message.n)

    def _tell(self, said: list[Said], list_n: int) -> None:
        """What the tools of one page have in common is said once."""
        first: dict[tuple[str, Severity | None], Said] = {}
        count: dict[tuple[str, Severity | None], int] = {}
        for each in said:
            key = each.rule, each.severity
            first.setdefault(key, each)
            count[key] = count.get(key, 0) + 1
        for key, each in first.items():
            more = f" There are {count[key] - 1} more of the kind in this list." if count[key] > 1 else ""
            self.found(each.text + more, (list_n,), rule=each.rule, severity=each.severity)

    def _look_at(self, tool: Any, list_n: int) -> Iterator[Said]:
        if not isinstance(tool, dict):
            yield Said("schema-not-object", f"An entry of the list is {json_type(tool)} and no tool.")
            return
        size = _size(tool)
        self._outputs.learn(tool, size, list_n)
        yield from self._judge_name(tool.get("name"))
        name = shown(tool.get("name"))
        for key in ("inputSchema", "outputSchema"):
            yield from self._judge_schema(key, name, tool, size)
        if size > self.thresholds.tool_bytes:
            yield Said("tools-list-heavy", f"The definition of {name} alone has {size:,} bytes.")

    def _judge_name(self, name: Any) -> Iterator[Said]:
        if not isinstance(name, str) or not name:
            yield Said("tool-name-bad", f"A tool has {shown(name)} as its name.")
            return
        limits = self.thresholds
        if name in self._names:
            yield Said("tool-name-bad", f"Two tools are named {shown(name)}; clients keep one of them.")
        elif not _PORTABLE.fullmatch(name):
            yield Said("tool-name-bad", f"The name {shown(name)} has characters other than A-Z a-z 0-9 _ . and -.")
        elif len(name) > limits.tool_name:
            yield Said("tool-name-bad", f"The name {shown(name)} has {len(name)} characters.")
        elif len(name) > limits.tool_name_portable:
            text = f"The name {shown(name)} has {len(name)} characters; several LLM interfaces take no more than 64."
            yield Said("tool-name-bad", text, Severity.NOTE)
        if len(self._names) < MAX_NAMES:
            self._names.add(name)

    def _judge_schema(self, key: str, name: str, tool: dict[str, Any], size: int) -> Iterator[Said]:
        schema, is_input = tool.get(key), key == "inputSchema"
        if key not in tool:
            if is_input:
                yield Said("schema-not-object", f"The tool {name} has no inputSchema.")
            return
        # 2026-07-28 allows any schema for results.
        wrong = _why_no_object(schema) if is_input or self.context.era is not Era.STATELESS else ""
        if wrong:
            yield Said("schema-not-object", f"The {key} of {name} {wrong}.")
        if isinstance(schema, dict):
            yield from self._validate(f"The {key} of {name}", schema, size)

    def _validate(self, what: str, schema: dict[str, Any], size: int) -> Iterator[Said]:
        if self._walk_left <= 0:
            return
        walked = walk(schema, self._walk_left)
        self._walk_left -= walked.parts
        if self._walk_left < 0:
            return
        if walked.depth > self.thresholds.schema_depth:
            yield Said("tools-list-heavy", f"{what} is nested {walked.depth} levels deep.")
        reference = dangling(schema, walked)
        if reference is not None:
            text = f"{what} refers to {shown(reference)}, which it does not contain; nothing is fetched."
            yield Said("schema-invalid", text)
        cost = walked.parts + _PARTS_A_SCHEMA + size // _BYTES_A_PART
        if walked.is_usual or cost > self._parts_left:
            return
        self._parts_left -= cost
        for problem in check_schema(schema):
            if _UNCHECKED in problem.text:
                continue
            is_dialect = _UNKNOWN_DIALECT in problem.text
            where = f" at {problem.pointer}" if problem.pointer else ""
            text = f"{what} is no valid JSON Schema{where}: {problem.text}"
            yield Said("schema-invalid", text, Severity.NOTE if is_dialect else None)
            if not is_dialect:
                return

    def _weigh(self) -> Iterator[Said]:
        """The whole list."""
        limits = self.thresholds
        if self._bytes <= limits.tools_bytes and self._count <= limits.tools_count:
            return
        pages = f"in {self._pages} pages" if self._pages > 1 else "in one page, without a nextCursor"
        tokens = self._bytes // BYTES_PER_TOKEN
        text = f"tools/list gives {self._count} tools with {self._bytes:,} bytes (about {tokens:,} tokens) {pages}."
        yield Said("tools-list-heavy", text)


def _why_no_object(schema: Any) -> str:
    """What keeps a schema from describing an object at its top; empty if nothing does."""
    if not isinstance(schema, dict):
        return f"is {json_type(schema)} and no schema"
    declared = schema.get("type")
    if declared == "object":
        return ""
    if not schema.keys() - {"$schema"}:
        return "is empty"
    if declared is not None:
        return f"has the type {shown(declared)} at its top"
    begins = next((word for word in ("anyOf", "oneOf", "allOf", "$ref") if word in schema), "")
    return f'has no type "object" at its top{f", but {begins}" if begins else ""}'


def _size(tool: dict[str, Any]) -> int:
    try:
        return len(jsontext.dumps(tool))
    except (ValueError, RecursionError):  # a number of more digits than Python prints
        return 0
