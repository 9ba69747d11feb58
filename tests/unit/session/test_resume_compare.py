"""What a resumed stream brought against the whole one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.session.resume_compare import Difference, Got, compare, got


def step(number: float, **more: Any) -> dict[str, Any]:
    params = {"progressToken": 7, "progress": number, **more}
    return {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}


def stream(*numbers: int, first_id: int | None = 1) -> list[Got]:
    return [
        got(step(number), None if first_id is None else f"s/{first_id + place}") for place, number in enumerate(numbers)
    ]


WHOLE = stream(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize(
    ("resumed", "before", "difference"),
    [
        (WHOLE, 2, Difference()),
        (WHOLE[:2] + WHOLE[3:], 2, Difference(lost=1)),
        (WHOLE[:2], 2, Difference(lost=4)),
        (WHOLE[:3] + WHOLE[2:], 3, Difference(duplicated=1)),
        (WHOLE[:2] + WHOLE, 2, Difference(duplicated=2)),
        (WHOLE[:2] + [each for each in WHOLE[2:] for _ in range(2)], 2, Difference(duplicated=4)),
        (WHOLE[:2] + stream(3, 3, 4, 5, 6, first_id=50), 2, Difference(duplicated=1)),
        ([*WHOLE[:2], WHOLE[3], WHOLE[2], *WHOLE[4:]], 2, Difference(reordered=1)),
        (WHOLE[:2] + WHOLE[:1:-1], 2, Difference(reordered=3)),
        ([*WHOLE, got(step(99), "x")], 2, Difference(extra=1)),
        (WHOLE[:2] + stream(4, 4, first_id=None), 2, Difference(lost=3, duplicated=1)),
    ],
    ids=str,
)
def test_each_difference_is_counted(resumed: list[Got], before: int, difference: Difference) -> None:
    assert compare(WHOLE, resumed, before) == difference


def test_what_varies_by_right_is_left_out() -> None:
    one = {"jsonrpc": "2.0", "id": 1, "result": {"a": 1, "_meta": {"t": 1}, "b": 2}}
    other = {"id": 2, "jsonrpc": "2.0", "result": {"b": 2, "a": 1, "_meta": {"t": 9}}}
    assert got(one) == got(other)
    assert got(step(1)) == got(step(1, progressToken="other")) != got(step(2))


def test_a_known_id_with_another_content_is_another_event() -> None:
    """A server that counts anew from 1 on the stream that resumes."""
    resumed = WHOLE[:2] + stream(3, 4, 5, 6, first_id=1)
    assert compare(WHOLE, resumed, 2) == Difference()


def test_contents_that_vary_are_compared_by_kind() -> None:
    def run(salt: int, *numbers: int) -> list[Got]:
        return [got(step(number, message=f"at {salt + number} s"), f"s/{number}") for number in numbers]

    whole = run(100, 1, 2, 3, 4)
    assert compare(whole, run(200, 1, 2, 3, 4), 2) == Difference(is_by_content=False)
    assert compare(whole, run(200, 1, 2, 4), 2) == Difference(lost=1, is_by_content=False)
    assert compare(whole, run(200, 1, 2, 2, 3, 4), 2) == Difference(duplicated=1, is_by_content=False)


def test_ids_tell_what_kinds_cannot() -> None:
    """One came twice and another not at all: their kinds alone would be right in number."""

    def run(salt: str, *places: int) -> list[Got]:
        return [got({"method": "notifications/message", "params": {"data": f"{salt} {n}"}}, f"{n}") for n in places]

    whole = run("a", 1, 2, 3, 4)
    assert compare(whole, run("b", 1, 2, 3, 3), 2) == Difference(lost=1, duplicated=1, is_by_content=False)


def test_contents_that_vary_are_noticed_without_anything_before_the_cut() -> None:
    whole = [got(step(number, message=f"now {number}"), f"a/{number}") for number in range(4)]
    resumed = [got(step(number, message=f"later {number}"), f"b/{number}") for number in range(4)]
    assert compare(whole, resumed, 0) == Difference(is_by_content=False)
    strange = [*whole[:3], got({"method": "notifications/other"}, "a/9")]
    assert compare(whole, strange, 0) == Difference(lost=1, extra=1), "this is another event by its kind, too"


def test_nothing_came_at_all() -> None:
    assert compare(WHOLE, [], 0) == Difference(lost=6)
    assert compare([], [], 0).is_none


def test_repeated_contents_are_told_apart_by_their_number() -> None:
    same = [got({"method": "notifications/message", "params": {"data": "x"}}, f"s/{place}") for place in range(4)]
    assert compare(same, same, 2).is_none
    assert compare(same, same[:3], 2) == Difference(lost=1)


@given(st.integers(1, 30), st.data())
def test_losses_and_repeats_are_counted_exactly(count: int, data: st.DataObject) -> None:
    whole = stream(*range(count))
    before = data.draw(st.integers(0, count))
    kept = [each for each in whole[before:] if data.draw(st.booleans())]
    repeats = [data.draw(st.integers(1, 3)) for _ in kept]
    rest = [each for each, times in zip(kept, repeats, strict=True) for _ in range(times)]
    difference = compare(whole, whole[:before] + rest, before)
    assert difference.lost == count - before - len(kept)
    assert difference.duplicated == sum(repeats) - len(kept)
    assert difference.reordered == difference.extra == 0


@given(st.permutations(range(8)))
def test_only_what_stands_in_order_is_in_order(order: list[int]) -> None:
    whole = stream(*range(8))
    difference = compare(whole, [whole[place] for place in order], 0)
    assert (difference.reordered == 0) == (order == sorted(order))
    assert difference.lost == difference.duplicated == difference.extra == 0
