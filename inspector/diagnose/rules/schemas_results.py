"""Results of tools beside what their outputSchema promises."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspector.diagnose.payload import result_of
from inspector.diagnose.thresholds import Thresholds
from inspector.protocol.jsonrpc import shown
from inspector.protocol.schema import validate
from inspector.trace.events import Message, MessageType, Severity
from inspector.wire import jsontext

MAX_SCHEMAS = 1_000
MAX_SCHEMA_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Said:
    """What a rule has to say, as `Watch.found` takes it."""

    rule: str
    text: str
    severity: Severity | None = None


@dataclass(slots=True)
class _Promise:
    schema: dict[str, Any]
    list_n: int
    results: int = 0


class OutputSchemas:
    """The output schemas of the tools that were listed last, and the results that are compared with them."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._promises: OrderedDict[str, _Promise] = OrderedDict()

    def forget(self) -> None:
        """Another session has other tools."""
        self._promises.clear()

    def learn(self, tool: dict[str, Any], size: int, list_n: int) -> None:
        """Take what one entry of a list says."""
        name, schema = tool.get("name"), tool.get("outputSchema")
        if not isinstance(name, str):
            return
        if not isinstance(schema, dict) or size > MAX_SCHEMA_BYTES:
            self._promises.pop(name, None)
            return
        known = self._promises.get(name)
        self._promises[name] = _Promise(schema, list_n, known.results if known else 0)
        if len(self._promises) > MAX_SCHEMAS:
            self._promises.popitem(last=False)

    def judge(self, message: Message) -> tuple[Said | None, int]:
        """What is wrong with a result of tools/call, and the number of the list that promised otherwise."""
        promise = self._promises.get(message.name or "")
        if promise is None or message.message_type is not MessageType.RESPONSE or message.is_tool_error:
            return None, 0
        promise.results += 1
        seldom = promise.results > self._thresholds.results_checked
        if seldom and promise.results % self._thresholds.results_checked_every:
            return None, 0
        result = result_of(message)
        if not result or result.get("resultType", "complete") != "complete" or "task" in result:
            return None, 0  # nothing that could be read, or not the result itself yet
        steps = self._thresholds.result_steps
        return next(_contradictions(message.name or "", promise.schema, result, steps), None), promise.list_n


def _contradictions(name: str, schema: dict[str, Any], result: dict[str, Any], steps: int) -> Iterator[Said]:
    value = result.get("structuredContent")
    if value is None:
        text = f"The tool {shown(name)} declares an outputSchema, and its result has no structuredContent."
        yield Said("structured-content-missing", text)
        return
    for problem in validate(schema, value, limit=1, steps=steps):
        if not problem.in_schema:
            where = problem.pointer or "its top"
            text = f"structuredContent of {shown(name)} does not fit the outputSchema at {where}: {problem.text}"
            yield Said("output-schema-violated", text)
    if _differs(result.get("content"), value):
        text = f"The text of {shown(name)} is JSON of another value than its structuredContent."
        yield Said("output-schema-violated", text, Severity.NOTE)


def _differs(content: Any, value: Any) -> bool:
    """Whether the one text that is there holds an object, and another one; prose may say what it likes."""
    if not isinstance(content, list) or len(content) != 1 or not isinstance(content[0], dict):
        return False
    text = content[0].get("text")
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return False
    told = jsontext.parse(text).value
    if not isinstance(told, dict) or not isinstance(value, dict):
        return False
    return told != value and told not in value.values()  # libraries wrap what is no object: {"result": ...}
