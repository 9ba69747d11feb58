"""Requests, their deadlines and their ends, on a clock that stands still."""

from __future__ import annotations

import pytest

from inspector.protocol import jsonrpc
from inspector.protocol.jsonrpc import JsonRpc
from inspector.protocol.peer import Peer, Progress
from inspector.session.calls import Call, Calls
from inspector.session.link import Link
from inspector.session.options import Options
from inspector.trace.clock import FakeClock
from inspector.trace.events import ExchangeFailed, Outcome
from inspector.trace.river import River

SECOND = 1_000_000_000


class Desk:
    """The calls of one connection, and the clock to move."""

    def __init__(self, **options: bool | float) -> None:
        self.clock = FakeClock()
        self.river = River(self.clock)
        self.calls = Calls(Link(self.river, 1, Options("http://a", **options)), Peer())  # type: ignore[arg-type]

    def start(self, *, timeout_s: float | None = None, sent: bool = True) -> Call:
        call = self.calls.start("tools/call", {"name": "x"}, timeout_s, None, with_progress=True)
        if sent:
            self.calls.sent(call, 0, self.clock.monotonic_ns() or 1)
        return call

    def overdue_after(self, seconds: float) -> list[Call]:
        self.clock.advance(seconds)
        return self.calls.overdue(self.clock.monotonic_ns())


def answer(call: Call, **value: object) -> JsonRpc:
    return jsonrpc.read({"jsonrpc": "2.0", "id": call.pending.id, **value})


async def test_the_clock_runs_from_when_it_left() -> None:
    desk = Desk()
    waiting, call = desk.start(timeout_s=1, sent=False), desk.start(timeout_s=1)
    assert desk.overdue_after(0.9) == []
    assert desk.overdue_after(0.2) == [call]
    assert not waiting.is_settled


async def test_progress_moves_the_deadline_but_not_past_the_maximum() -> None:
    desk = Desk(max_total_s=2.0)
    call = desk.start(timeout_s=1)
    for _ in range(2):
        assert desk.overdue_after(0.9) == []
        assert call.pending.on_progress is not None
        call.pending.on_progress(Progress(1, None, ""))
    assert desk.overdue_after(0.3) == [call], "2.1 s are more than the maximum"


async def test_progress_moves_nothing_where_the_user_wants_it_so() -> None:
    desk = Desk(reset_on_progress=False)
    call = desk.start(timeout_s=1)
    assert desk.overdue_after(0.9) == []
    assert call.pending.on_progress is not None
    call.pending.on_progress(Progress(1, None, ""))
    assert desk.overdue_after(0.2) == [call]


@pytest.mark.parametrize(
    ("value", "ok", "sentence"),
    [
        ({"result": {"content": []}}, True, ""),
        ({"result": {"content": [], "isError": True}}, False, "The tool reports an error (isError)."),
        ({"error": {"code": -32602, "message": "No."}}, False, "The server answered with error -32602: No."),
        ({"error": "broken"}, False, "The server answered with an error: broken."),
    ],
)
async def test_answers_in_words(value: dict[str, object], ok: bool, sentence: str) -> None:
    desk = Desk()
    call = desk.start()
    desk.calls.settle(call.pending, answer(call, **value), 5, call.pending.sent_ns + SECOND)
    found = call.future.result()
    assert (found.ok, found.sentence, found.answer_n, found.rtt_ms) == (ok, sentence, 5, 1000.0)
    assert desk.overdue_after(1000) == []


async def test_each_call_that_is_lost_is_told_once() -> None:
    desk = Desk()
    calls = [desk.start(), desk.start(sent=False), desk.start()]
    calls[2].future.cancel()
    desk.calls.lose_all("It is gone.")
    desk.calls.lose_all("Again.")
    failed = [event for event in desk.river.since(0) if isinstance(event, ExchangeFailed)]
    assert [event.id for event in failed] == [call.pending.id for call in calls]
    assert {event.outcome for event in failed} == {Outcome.LOST}
    assert calls[0].future.result().sentence == "tools/call x is lost: It is gone."
