"""Which streams a rule of the laboratory's means, and what is left of their bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from inspector.session.causes import Dropped
from inspector.session.cut_rules import MAX_FOLLOWED, CutRule, How, StreamKind, StreamShears
from inspector.session.stream import Stream
from inspector.trace.events import LabActed
from tests.support.rivers import Talk


@dataclass
class FakeSocket:
    dropped: list[tuple[str, bool]] = field(default_factory=list)

    def drop(self, sentence: str, *, with_reset: bool) -> Dropped:
        self.dropped.append((sentence, with_reset))
        return Dropped(sentence)


@dataclass
class FakeLink:
    river: Talk = field(default_factory=Talk)
    number: int = 1
    streams: list[Any] = field(default_factory=list)


@dataclass
class FakeStream:
    method: str = "POST"
    purpose: str = "tools/call"
    number: int = 3
    is_aside: bool = False
    is_event_stream: bool = True
    socket: FakeSocket | None = field(default_factory=FakeSocket)
    link: FakeLink = field(default_factory=FakeLink)


def stream(**fields: Any) -> Stream:
    return cast("Stream", FakeStream(**fields))


def rule(kind: StreamKind = StreamKind.ANY, **fields: Any) -> CutRule:
    return CutRule(kind, How.RST, "after 1 event", **fields)


ALL = frozenset(StreamKind)
ANY, GET, POST, LISTEN, CALL = StreamKind.ANY, StreamKind.GET, StreamKind.POST, StreamKind.LISTEN, StreamKind.CALL


@pytest.mark.parametrize(
    ("method", "purpose", "kinds"),
    [
        ("GET", "stream", {ANY, GET, LISTEN}),
        ("GET", "resume", {ANY, GET, LISTEN}),
        ("GET", "manifest", {GET}),
        ("POST", "tools/call", {ANY, POST, CALL}),
        ("POST", "tools/list", {ANY, POST}),
        ("POST", "subscriptions/listen", {ANY, LISTEN}),
    ],
)
def test_kinds_of_streams(method: str, purpose: str, kinds: set[StreamKind]) -> None:
    assert {kind for kind in ALL if kind.fits(stream(method=method, purpose=purpose))} == kinds
    assert not any(kind.fits(stream(method=method, purpose=purpose, is_aside=True)) for kind in ALL)


def test_a_stream_is_cut_once_and_the_act_is_told_first() -> None:
    rules = [rule(CALL)]
    cut = stream()
    shears, other = StreamShears(rules, cut), StreamShears(rules, stream(number=4))
    assert shears.pass_on(b"data: o") == b"data: o"
    shears.cut()
    assert shears.pass_on(b"ne\n\ndata: two\n\n") == b"ne\n\n"
    assert rules == []
    with pytest.raises(Dropped, match="RST"):
        shears.cut()
    fake = cast("FakeStream", cut)
    assert fake.socket is not None and [with_reset for _, with_reset in fake.socket.dropped] == [True]
    (told,) = fake.link.river.since(0)
    assert isinstance(told, LabActed) and told.stream == 3 and told.text.endswith("after 1 event.")
    assert other.pass_on(b"data: one\n\n") == b"data: one\n\n"
    other.cut()


def test_each_stream_is_counted_by_itself() -> None:
    rules = [rule(events=2)]
    one, other = StreamShears(rules, stream()), StreamShears(rules, stream(number=4))
    event = b"data: x\n\n"
    assert (one.pass_on(event), other.pass_on(event)) == (event, event)
    assert rules
    assert (one.pass_on(event + event), rules) == (event, [])


def test_the_first_place_of_several_counts() -> None:
    rules = [rule(events=2), rule(size_bytes=3)]
    assert StreamShears(rules, stream()).pass_on(b"data: x\n\ndata: y\n\n") == b"dat"
    assert [left.events for left in rules] == [2]


def test_events_are_counted_in_event_streams_only() -> None:
    body = b'{"result":{}}\n\n'
    assert StreamShears([rule()], stream(is_event_stream=False)).pass_on(body) == body
    assert StreamShears([rule(size_bytes=4)], stream(is_event_stream=False)).pass_on(body) == body[:4]


def test_memory_is_bounded() -> None:
    followed = rule(events=1_000)
    for number in range(MAX_FOLLOWED + 10):
        followed.find(stream(number=number), b"data: x\n\n")
    assert len(followed._places) == MAX_FOLLOWED
