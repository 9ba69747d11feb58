"""Values by ids, of which only the newest are kept."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inspector.diagnose.newest import Newest

KEYS = st.lists(st.integers(0, 30).map(str), max_size=60)


@given(KEYS, st.lists(st.integers(1, 12), min_size=1, max_size=60))
def test_one_by_one_and_many_at_once_are_the_same(keys: list[str], cuts: list[int]) -> None:
    single: Newest[int] = Newest(7)
    many: Newest[int] = Newest(7)
    at = 0
    while at < len(keys):
        stop = at + cuts[at % len(cuts)]
        for key in keys[at:stop]:
            single.add(key, at)
        many.add_all(keys[at:stop], at)
        at = stop
    assert [many.get(str(key)) for key in range(31)] == [single.get(str(key)) for key in range(31)]
    assert len(many) == len(single)


@given(KEYS)
def test_the_newest_are_known_with_their_last_values_and_memory_is_bounded(keys: list[str]) -> None:
    newest: Newest[int] = Newest(7)
    for place, key in enumerate(keys):
        newest.add(key, place)
    last = {key: place for place, key in enumerate(keys)}
    for key in sorted(last, key=lambda key: last[key])[-7:]:
        assert newest.get(key) == last[key] and key in newest
    assert len(newest) <= 14


@given(KEYS, KEYS)
def test_new_keys_are_neither_known_nor_there_twice(known: list[str], keys: list[str]) -> None:
    newest: Newest[None] = Newest(100)
    for key in known:
        newest.add(key, None)
    assert newest.are_new(keys) == (len(set(keys)) == len(keys) and not set(keys) & set(known))


def test_nothing_is_left_of_what_is_cleared() -> None:
    newest: Newest[int] = Newest(2)
    newest.add_all(["a", "b", "c"], 1)
    assert newest.get("a") == newest.get("c") == 1
    newest.clear()
    assert "a" not in newest and "c" not in newest and len(newest) == 0
