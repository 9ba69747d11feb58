"""Results of tools beside their output schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inspector.diagnose.rules.schemas import RULES
from inspector.trace.events import Framing, Message, SessionReady, Severity
from tests.support.diagnosed import Watched

WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "number"}},
    "required": ["city"],
}
VIENNA = {"city": "Vienna", "degrees": 21.5}


class Results(Watched):
    """A session whose tool `weather` has an output schema; `plain` has none."""

    def __init__(self, revision: str = "2025-11-25") -> None:
        super().__init__(RULES)
        fields = {"server_name": "s", "server_version": "1", "protocol_version": revision}
        self.tell(SessionReady, transport="streamable-http", **fields)
        tools = [
            {"name": "weather", "inputSchema": {"type": "object"}, "outputSchema": WEATHER},
            {"name": "plain", "inputSchema": {"type": "object"}},
        ]
        self.listed = self.reply("tools/list", {"tools": tools})

    def reply(self, method: str, result: Any, name: str | None = None, **fields: Any) -> Message:
        asked = self.post(self.next_stream(), method=method, name=name)
        raw = json.dumps({"id": 1, "result": result}).encode()
        fields = {"framing": Framing.BODY, "raw": raw, "name": name, **fields}
        return self.answer(asked.stream, asked, method=method, **fields)

    def gives(self, result: Any, name: str = "weather", **fields: Any) -> Message:
        return self.reply("tools/call", result, name, **fields)


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}], **more}


def test_a_result_without_structured_content_breaks_the_promise() -> None:
    session = Results()
    answer = session.gives(text("warm"))
    finding = session.found("structured-content-missing")
    assert finding.severity is Severity.ERROR and finding.evidence == (session.listed.n, answer.n)
    assert session.fired() == ["structured-content-missing"]


@pytest.mark.parametrize(
    ("result", "name", "fields"),
    [
        (text("warm", structuredContent=VIENNA), "weather", {}),
        (text(json.dumps(VIENNA), structuredContent=VIENNA), "weather", {}),
        (text("no such city", isError=True), "weather", {"is_tool_error": True}),
        (text("warm"), "plain", {}),
        (text("warm"), "unlisted", {}),
        ({"resultType": "input_required", "requestState": "a"}, "weather", {}),
        ({"task": {"taskId": "1"}}, "weather", {}),
    ],
)
def test_what_was_not_promised_or_is_no_result_yet(result: Any, name: str, fields: dict[str, Any]) -> None:
    session = Results()
    session.gives(result, name, **fields)
    assert session.is_silent()


def test_earlier_revisions_have_no_structured_content() -> None:
    session = Results("2025-03-26")
    session.gives(text("warm"))
    assert session.is_silent()


def test_a_value_that_does_not_fit_is_told_with_its_place() -> None:
    session = Results()
    answer = session.gives(text("warm", structuredContent={"city": "Vienna", "degrees": "21.5"}))
    finding = session.found("output-schema-violated")
    assert "at /degrees" in finding.text and finding.severity is Severity.ERROR
    assert finding.evidence == (session.listed.n, answer.n)


def test_a_required_value_that_is_missing_is_named() -> None:
    session = Results()
    session.gives(text("warm", structuredContent={}))
    assert "/city" in session.found("output-schema-violated").text


def test_a_text_that_says_something_else_is_worth_a_note() -> None:
    session = Results()
    session.gives(text(json.dumps({"city": "Graz"}), structuredContent=VIENNA))
    assert session.found("output-schema-violated").severity is Severity.NOTE


def test_wrapped_values_are_no_other_values() -> None:
    session = Results()
    session.gives(text(json.dumps({"a": 1}), structuredContent={"city": "x", "result": {"a": 1}}))
    assert session.is_silent()


def test_a_tool_listed_again_without_schema_promises_nothing() -> None:
    session = Results()
    session.reply("tools/list", {"tools": [{"name": "weather", "inputSchema": {"type": "object"}}]})
    session.gives(text("warm"))
    assert session.is_silent()


def test_another_session_has_promised_nothing() -> None:
    session = Results()
    asked = session.post(9, connection=2, method="tools/list")
    session.answer(9, asked, connection=2, method="tools/list", framing=Framing.BODY, raw=b'{"result":{"tools":[]}}')
    session.gives(text("warm"))
    assert session.is_silent()


def test_of_many_results_only_some_are_read() -> None:
    session = Results()
    for _ in range(148):
        session.gives(text("warm"))
    assert session.found("structured-content-missing").count == 100 + 3


def test_a_broken_schema_is_not_blamed_on_the_results() -> None:
    session = Results()
    broken = {"type": "object", "properties": {"a": {"$ref": "#/$defs/Gone"}}}
    session.reply(
        "tools/list", {"tools": [{"name": "weather", "inputSchema": {"type": "object"}, "outputSchema": broken}]}
    )
    session.gives(text("warm", structuredContent={"a": 1}))
    assert session.fired() == ["schema-invalid"]
