"""Whatever resources/read and prompts/get bring becomes parts; what does not fit its type is said."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.servers.demo import library
from inspector.ui.views.content import Block, BlockKind
from inspector.ui.views.contents import prompt_parts, read_parts

URI = "demo://a"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def part(content: Any) -> Block:
    found = list(read_parts({"contents": [content]}, URI))
    assert len(found) == 1
    return found[0]


def text(words: str, mime: str | None = None) -> Block:
    return part({"uri": URI, "text": words} | ({} if mime is None else {"mimeType": mime}))


def blob(data: bytes | str, mime: str | None = None) -> Block:
    encoded = data if isinstance(data, str) else base64.b64encode(data).decode()
    return part({"uri": URI, "blob": encoded} | ({} if mime is None else {"mimeType": mime}))


@pytest.mark.parametrize(
    ("found", "kind", "heading", "note"),
    [
        (text("hi", "text/plain"), BlockKind.TEXT, "text/plain", ""),
        (text("hi"), BlockKind.TEXT, "text", ""),
        (text("hi", "text/markdown; charset=utf-8"), BlockKind.MARKDOWN, "text/markdown", ""),
        (text('{"a":1}', "application/json"), BlockKind.TEXT, "application/json", ""),
        (text("<svg/>", "image/svg+xml"), BlockKind.IMAGE, "image/svg+xml", ""),
        (text("x", "image/png"), BlockKind.TEXT, "image/png", "bytes belong into blob"),
        (text("{", "application/json"), BlockKind.TEXT, "application/json", "the text is no JSON. Line 1"),
        (text("{", "application/ld+json"), BlockKind.TEXT, "application/ld+json", "the text is no JSON"),
        (blob(b"\x89PNG1234", "image/png"), BlockKind.IMAGE, "image/png", ""),
        (blob(b"\x89PNG1234", "image/jpg"), BlockKind.IMAGE, "image/jpg", "the bytes are PNG"),
        (blob(b"\xff\xd8\xff12", "image/jpg"), BlockKind.IMAGE, "image/jpg", ""),
        (blob(b"\x89PNG1234"), BlockKind.IMAGE, "blob", "No type is given; the bytes are PNG."),
        (blob(b"\x00\x01"), BlockKind.BINARY, "blob", ""),
        (blob(b"hello", "text/plain"), BlockKind.TEXT, "text/plain", "sent as blob"),
        (blob(b"\xff", "text/plain"), BlockKind.BINARY, "text/plain", "no UTF-8 (at byte 0)"),
        (blob("a", "audio/wav"), BlockKind.BINARY, "audio/wav", "not valid base64"),
        (part({"uri": URI, "text": 5}), BlockKind.JSON, "text", "text is not a string."),
        (part({"uri": URI, "blob": None}), BlockKind.JSON, "blob", "blob is not a string."),
        (part({"uri": URI}), BlockKind.JSON, "content", "neither text nor blob"),
        (part(5), BlockKind.JSON, "content", "not an object"),
        (part({"text": "x"}), BlockKind.TEXT, "text", "names no uri"),
        (
            part({"uri": URI, "text": "x", "annotations": {"priority": 1}}),
            BlockKind.TEXT,
            "text",
            'annotations: {"priority": 1}',
        ),
    ],
)
def test_each_content_is_shown_as_what_it_is(found: Block, kind: BlockKind, heading: str, note: str) -> None:
    assert found.kind is kind
    assert found.heading == heading
    assert note in found.note
    assert bool(note) == bool(found.note)


def test_several_contents_are_numbered_and_named() -> None:
    found = list(read_parts({"contents": library.read_resource(library.BINDER_URI)}, library.BINDER_URI))
    assert [one.heading for one in found] == [
        "1 of 3 · demo://binder/1 · text/markdown",
        "2 of 3 · demo://binder/2 · text/markdown",
        "3 of 3 · demo://binder/picture · image/png",
    ]


def test_both_kinds_at_once_are_both_shown() -> None:
    found = list(read_parts({"contents": [{"uri": URI, "text": "x", "blob": "AAAA"}]}, URI))
    assert [one.kind for one in found] == [BlockKind.TEXT, BlockKind.BINARY]
    assert all("only one is allowed" in one.note for one in found)


def test_nothing_of_a_result_is_dropped() -> None:
    found = list(read_parts({"contents": [], "_meta": {"a": 1}, "more": 2, "ttlMs": 5}))
    assert [(one.heading, one.value) for one in found] == [("_meta", {"a": 1}), ("other fields", {"more": 2})]


@pytest.mark.parametrize("result", [None, 5, [], {}, {"contents": {}}, {"messages": 1}])
def test_a_result_of_another_shape_is_shown_as_json(result: Any) -> None:
    (contents,) = read_parts(result)
    assert (contents.kind, contents.value) == (BlockKind.JSON, result)
    (messages,) = prompt_parts(result)
    assert isinstance(messages, Block)
    assert messages.note == "The result has no list of messages."


def test_messages_stand_below_their_role() -> None:
    result = library.get_prompt("postcard", {"country": "Japan"})
    found = [one if isinstance(one, tuple) else one.kind for one in prompt_parts(result)]
    assert found == [
        ("muted", "A postcard from Japan"),
        ("outbound", "1 of 5 · user"),
        BlockKind.TEXT,
        ("outbound", "2 of 5 · user"),
        BlockKind.IMAGE,
        ("outbound", "3 of 5 · user"),
        BlockKind.MARKDOWN,
        ("inbound", "4 of 5 · assistant"),
        BlockKind.MARKDOWN,
        ("inbound", "5 of 5 · assistant"),
        BlockKind.LINK,
    ]


def test_a_strange_message_is_shown_all_the_same() -> None:
    messages = [5, {"role": "system", "content": {"type": "text", "text": "x"}, "extra": 1}, {"content": ["a"]}]
    found = list(prompt_parts({"messages": messages}))
    assert found[1] == ("warn", "2 of 3 · system (neither user nor assistant)")
    kinds = [one.kind for one in found if isinstance(one, Block)]
    assert kinds == [BlockKind.JSON, BlockKind.TEXT, BlockKind.JSON, BlockKind.JSON]


@given(JSON_VALUES)
def test_nothing_raises(value: Any) -> None:
    for result in (value, {"contents": value}, {"contents": [value]}, {"contents": [{"uri": value, "blob": value}]}):
        assert list(read_parts(result)) is not None
    for result in ({"messages": value}, {"messages": [value]}, {"messages": [{"role": value, "content": value}]}):
        assert list(prompt_parts(result)) is not None
