"""Blocks and comments of an event stream become events, with what many clients stumble over."""

from __future__ import annotations

import pytest

from inspector.session.frames import Frames, is_ordinary
from inspector.session.link import Link
from inspector.session.options import Options
from inspector.session.reader import Arrival
from inspector.trace.clock import FakeClock
from inspector.trace.events import CommentReceived, Violation
from inspector.trace.river import River
from inspector.wire.sse import Frame, SseParser


def told(stream: bytes) -> list[Violation]:
    """The violations that a stream makes."""
    river = River(FakeClock())
    frames = Frames(Link(river, 1, Options("http://a")))
    for item in SseParser().feed(stream):
        if isinstance(item, Frame):
            frames.frame(item, Arrival(1, 1, 2), "")
        else:
            frames.comment(item, Arrival(1, 1, 2))
    return [event for event in river.since(0) if isinstance(event, Violation)]


def test_a_mark_before_a_comment_is_told_too() -> None:
    (mark,) = told(b"\xef\xbb\xbf: ping\n\n")
    assert (mark.rule, mark.about_n) == ("sse-bom", 0)
    later = told(b": ping\n\n\xef\xbb\xbf: ping\n\n")
    assert [violation.rule for violation in later] == ["sse-unknown-field"], "it is one only where the stream begins"


def test_a_mark_is_told_once() -> None:
    assert [mark.rule for mark in told(b"\xef\xbb\xbf: ping\ndata: x\n\n")] == ["sse-bom"]


def test_the_same_is_told_again_only_if_it_is_graver() -> None:
    pretty, torn = b'data: {\ndata: "jsonrpc": "2.0"}\n\n', b'data: {"jsonrpc": "2\ndata: .0"}\n\n'
    assert [violation.severity.value for violation in told(pretty + pretty + torn + torn)] == ["note", "error"]


@pytest.mark.parametrize(
    ("block", "is_plain"),
    [
        (b"data: x\n\n", True),
        (b"id: 1\r\ndata: x\r\n\r\n", True),
        (b"data: x\r\r", False),
        (b"data: x\ndata: y\n\n", False),
        (b"odd: 1\ndata: x\n\n", False),
        (b"event: a\ndata: x\n\n", False),
        (b"retry: 1\ndata: x\n\n", False),
        (b"\xef\xbb\xbfdata: x\n\n", False),
        (b"data: \xff\n\n", False),
    ],
)
def test_what_is_ordinary_goes_the_short_way(block: bytes, is_plain: bool) -> None:
    (frame,) = SseParser().feed(block)
    assert isinstance(frame, Frame) and is_ordinary(frame) is is_plain


def test_a_comment_is_an_event() -> None:
    river = River(FakeClock())
    frames = Frames(Link(river, 1, Options("http://a")))
    (comment,) = SseParser().feed(b": ping\n")
    assert not isinstance(comment, Frame)
    frames.comment(comment, Arrival(3, 1, 2))
    (event,) = river.since(0)
    assert isinstance(event, CommentReceived) and (event.text, event.stream) == (" ping", 3)
