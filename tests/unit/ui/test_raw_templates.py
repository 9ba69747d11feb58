"""The templates: right ones that a right server takes, wrong ones that are wrong in just one thing."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.protocol import era
from inspector.protocol.era import TransportName
from inspector.ui.raw_drafts import RawDraft, remarks
from inspector.ui.raw_templates import RIGHT, TEMPLATES, WRONG, Preset, RawTarget, Template, dressed, preset_of
from inspector.ui.settings import Header
from inspector.wire import jsontext

TARGET = RawTarget("http://h/mcp", (Header("Authorization", "Bearer x"),), "s-1", "2025-06-18")


def template(title: str) -> Template:
    return next(made for made in TEMPLATES if made.title.startswith(title))


def applied(title: str, preset: Preset = Preset.STREAMABLE, target: RawTarget = TARGET) -> RawDraft:
    return template(title).apply(RawDraft(url=target.url), preset, target)


def sent(draft: RawDraft) -> dict[str, str]:
    return dict(draft.sent_headers)


def value(draft: RawDraft) -> Any:
    parsed = jsontext.parse(draft.body)
    assert parsed.error is None
    return parsed.value


@pytest.mark.parametrize("made", RIGHT, ids=lambda made: made.title)
@pytest.mark.parametrize("preset", Preset)
def test_nothing_is_to_be_said_about_what_is_right(made: Template, preset: Preset) -> None:
    assert remarks(made.apply(RawDraft(), preset, TARGET)) == []


@pytest.mark.parametrize("made", TEMPLATES, ids=lambda made: made.title)
@pytest.mark.parametrize("preset", Preset)
def test_every_template_says_what_a_right_server_answers(made: Template, preset: Preset) -> None:
    assert made.answer(preset).endswith(".")
    assert made.is_wrong == (made in WRONG)


def test_titles_are_unique() -> None:
    assert len({made.title for made in TEMPLATES}) == len(TEMPLATES)


def test_a_session_and_its_version_go_along() -> None:
    assert sent(applied("tools/list")) == {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": "2025-06-18",
        "Mcp-Session-Id": "s-1",
        "Authorization": "Bearer x",
    }


def test_without_a_session_its_header_stands_ready() -> None:
    draft = applied("tools/list", target=RawTarget())
    assert "Mcp-Session-Id" not in sent(draft)
    assert Header("Mcp-Session-Id", "", on=False) in draft.headers


def test_initialize_has_neither_session_nor_version() -> None:
    assert sent(applied("initialize")).keys() == {"Content-Type", "Accept", "Authorization"}


def test_a_stateless_request_says_it_all_itself() -> None:
    draft = applied("tools/call", Preset.STATELESS)
    assert sent(draft) == {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "MCP-Protocol-Version": era.STATELESS,
        "Mcp-Method": "tools/call",
        "Mcp-Name": "echo",
        "Authorization": "Bearer x",
    }
    assert value(draft)["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] == era.STATELESS


def test_only_the_body_is_wrong_where_it_cannot_be_read() -> None:
    assert sent(applied("Truncated JSON", Preset.STATELESS))["Mcp-Method"] == "tools/list"


def test_another_template_leaves_no_trace_of_the_one_before() -> None:
    draft = RawDraft(headers=(Header("X-Mine", "1"), Header("Last-Event-ID", "7")))
    wrong = template("Unknown protocol version").apply(draft, Preset.STREAMABLE, TARGET)
    assert sent(wrong)["MCP-Protocol-Version"] == "1999-01-01"
    right = template("tools/list").apply(wrong, Preset.STREAMABLE, TARGET)
    assert sent(right)["MCP-Protocol-Version"] == "2025-06-18"
    assert (sent(right)["X-Mine"], "Last-Event-ID" in sent(right)) == ("1", False)


def test_the_users_own_authorization_is_not_put_back_once_it_was_changed() -> None:
    draft = RawDraft(headers=(Header("authorization", "Bearer mine"),))
    assert sent(dressed(draft, Preset.PLAIN, TARGET)) == {"Accept": "*/*", "authorization": "Bearer mine"}


@pytest.mark.parametrize(
    ("title", "is_as_meant"),
    [
        ("Without jsonrpc", lambda draft: "jsonrpc" not in value(draft)),
        ("Id is a string", lambda draft: value(draft)["id"] == "1"),
        ("Id is null", lambda draft: value(draft)["id"] is None),
        ("Id used twice", lambda draft: [message["id"] for message in value(draft)] == [1, 1]),
        ("Unknown method", lambda draft: value(draft)["method"] == "no/such/method"),
        ("Truncated JSON", lambda draft: "No valid JSON" in remarks(draft)[0]),
        ("Unknown protocol version", lambda draft: sent(draft)["MCP-Protocol-Version"] == "1999-01-01"),
        ("Without Accept", lambda draft: "Accept" not in sent(draft)),
        ("Wrong session id", lambda draft: sent(draft)["Mcp-Session-Id"] == "no-such-session"),
        ("Without session id", lambda draft: "Mcp-Session-Id" not in sent(draft)),
        ("Mcp-Method differs", lambda draft: sent(draft)["Mcp-Method"] == "prompts/list"),
        ("Listen", lambda draft: (draft.method, draft.body) == ("GET", "")),
        ("Batch", lambda draft: len(value(draft)) == 2),
    ],
)
def test_a_template_is_what_its_title_says(title: str, is_as_meant: Any) -> None:
    assert is_as_meant(applied(title))


def test_over_two_channels_the_answer_comes_on_the_stream() -> None:
    assert template("ping").answer(Preset.HTTP_SSE) == "202, and on the event stream: 200 with the result {}."


@pytest.mark.parametrize("transport", TransportName)
def test_each_transport_has_its_headers(transport: TransportName) -> None:
    assert preset_of(transport) in Preset
    assert preset_of(TransportName.STATELESS) is Preset.STATELESS
