"""What is waited for: started, renewed, stopped, and due."""

from __future__ import annotations

from inspector.expect.deadlines import MAX_WAITING, NEVER_NS, Deadlines


def test_the_oldest_is_due_first() -> None:
    waiting = Deadlines[str](10)
    assert waiting.next_ns == NEVER_NS
    waiting.start("a", 0)
    waiting.start("b", 5)
    waiting.start("a", 7)
    assert waiting.next_ns == 15
    assert list(waiting.expire(15)) == []  # at that very time it is in time
    assert list(waiting.expire(16)) == [("b", 15)]
    assert waiting.stop("b") == (5, True) and waiting.stop("a") == (7, False) and waiting.stop("c") == (None, False)


def test_more_than_enough_are_not_waited_for() -> None:
    waiting = Deadlines[int](10)
    for number in range(MAX_WAITING + 5):
        waiting.start(number, number)
    assert len(waiting) == MAX_WAITING and waiting.next_ns == 15
    list(waiting.expire(NEVER_NS))
    assert waiting.stop(4) == (None, False) and waiting.stop(5) == (5, True)
