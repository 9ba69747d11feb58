from __future__ import annotations

import pytest

from inspector.wire.block import Block, Frame, is_utf8


def block_of(*lines: bytes) -> Block:
    block = Block(10)
    for line in lines:
        block.raw += line
        block.read_field(line)
        block.line_start = len(block.raw)
    return block


def test_a_frame_is_a_server_sent_event_of_httpx_sse() -> None:
    event = Frame(b"", 0, event="e", data="{}", id=None, last_event_id="3", retry_ms=9).sse
    assert (event.event, event.data, event.id, event.retry, event.json()) == ("e", "{}", "3", 9, {})


def test_data_lines_are_joined_and_other_fields_overwritten() -> None:
    frame = block_of(b"data: a", b"event: x", b"data", b"id: 1", b"event:y", b"data:  b", b"id: 2").frame("2")
    assert (frame.data, frame.data_lines, frame.event, frame.id) == ("a\n\n b", 3, "y", "2")
    assert (frame.offset, frame.dispatched) == (10, True)


@pytest.mark.parametrize("line", [b"id: \0", b"retry: +5", b"retry: 1.5", "retry: ٣".encode(), b"retry"])
def test_values_that_the_standard_ignores_are_ignored(line: bytes) -> None:
    frame = block_of(line).frame("")
    assert (frame.id, frame.retry_ms, frame.unknown_lines, frame.dispatched) == (None, None, (), False)


def cut_block(line: bytes) -> Frame:
    block = Block(0)
    block.raw += line
    block.read_cut_line()
    return block.frame("", complete=False)


@pytest.mark.parametrize(
    ("line", "data", "unknown"),
    [
        (b"data: ab", "ab", ()),
        (b"dat", "", ()),
        (b"id: 4", "", ()),
        (b"event: mess", "", ()),
        (b": comm", "", ()),
        (b'{"json', "", (b'{"json',)),
    ],
)
def test_of_a_cut_line_only_data_and_unknown_text_are_taken(line: bytes, data: str, unknown: tuple[bytes, ...]) -> None:
    frame = cut_block(line)
    assert (frame.data, frame.unknown_lines, frame.id, frame.event) == (data, unknown, None, "message")
    assert not frame.dispatched


def test_a_block_without_fields_forgets_the_comments_it_told_of() -> None:
    block = Block(5)
    block.raw += b": a\ndat"
    block.line_start = 4
    block.forget_told()
    assert (bytes(block.raw), block.offset, block.line_start) == (b"dat", 9, 0)


@pytest.mark.parametrize(
    ("text", "whole", "expected"),
    [(b"a", True, True), (b"\xe4\xb8", True, False), (b"\xe4\xb8", False, True), (b"\xe4\xb8a", False, False)],
)
def test_is_utf8(text: bytes, whole: bool, expected: bool) -> None:
    assert is_utf8(text, whole=whole) is expected
