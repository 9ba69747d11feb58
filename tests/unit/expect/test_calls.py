"""Which events belong to which call."""

from __future__ import annotations

from inspector.expect.calls import MAX_CALLS, Call, CallBook, Names, Settled
from inspector.expect.watch import Watch
from inspector.trace.events import MessageType
from tests.support.rivers import Talk


class Heard(Watch):
    def __init__(self) -> None:
        super().__init__()
        self.open: set[int] = set()
        self.ends: list[Settled] = []

    def started(self, call: Call) -> None:
        self.open.add(call.n)

    def settled(self, call: Call, end: Settled) -> None:
        self.open.remove(call.n)
        self.ends.append(end)


def test_a_name_means_a_tool_or_a_method() -> None:
    tool, method = Call(0, 0.0, 0, "tools/call", "Search"), Call(0, 0.0, 0, "tools/list", "")
    assert [Names(of).fit(tool) for of in ("", "search", "tools/call", "s*h", "*", "sea")] == [True] * 5 + [False]
    assert [Names(of).fit(method) for of in ("", "tools/list", "*")] == [False, True, True]


def test_a_request_that_is_sent_again_is_the_same_call() -> None:
    heard, talk = Heard(), Talk()
    book = CallBook([(Names("*"), heard)])
    first = talk.ask(1, "initialize", id=1)
    book.on_messages([first])
    book.on_messages([talk.ask(2, "initialize", id=1)])
    assert heard.open == {first.n}
    assert book.owner_n(talk.message(2, MessageType.NOTIFICATION)) == first.n
    book.on_messages([talk.answer(2, first)])
    assert heard.open == set() and len(heard.ends) == 1


def test_calls_without_an_end_are_forgotten_in_the_end() -> None:
    heard, talk = Heard(), Talk()
    book = CallBook([(Names(""), heard)])
    for number in range(MAX_CALLS + 3):
        book.on_messages([talk.ask(None, id=number)])
    assert len(heard.open) == MAX_CALLS and [end.is_cancelled for end in heard.ends] == [True] * 3
