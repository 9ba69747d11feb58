"""Numbers in event ids: which there are, and that reading less of them than all tells the same."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.stats.event_ids import Counter, Number, ProgressCounter, number_in, progress_in
from inspector.trace.events import Direction, Framing, Message, MessageType

KEYS = st.one_of(
    st.integers(0, 12).map(str),
    st.integers(0, 12).map("s-{:02d}/x".format),
    st.integers(10**18 - 3, 10**18 + 3).map(str),
    st.text("019a-\n٣", min_size=1, max_size=24),
)


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("7", Number("", 7)),
        ("a1b07c", Number("a1b", 7, "c", 2)),
        ("no number", None),
        ("٣", None),
        ("1" + "0" * 17 + "5", Number("1", 5, "", 18)),
        ("12\n34\n", Number("12\n", 34, "\n")),
    ],
)
def test_the_last_number_of_an_id_counts(key: str, number: Number | None) -> None:
    assert number_in(key) == number


@given(st.lists(KEYS, max_size=12))
@example([str(10**18 + step) for step in range(-3, 3)])
@example(["s-098/x", "s-099/x", "s-100/x", "s-101/x"])
def test_ids_count_alike_however_little_is_read_of_them(keys: list[str]) -> None:
    quick, plain = Counter(), Counter()
    for key in keys:
        quick.add_key(key)
        plain.add(number_in(key))

    assert quick.is_sure is plain.is_sure
    if plain.is_sure:
        assert quick.starts_low is plain.starts_low
        assert quick.steps == plain.steps
        assert (quick.last or Number("", 0))[:3] == (plain.last or Number("", 0))[:3]


@given(
    st.lists(st.tuples(st.sampled_from((1, 2, "1", None)), st.sampled_from(("4", "5", "6", "7", "5.5"))), max_size=9)
)
def test_progress_counts_alike_however_little_is_read_of_it(steps: list[tuple[int | str | None, str]]) -> None:
    quick, plain = ProgressCounter(), Counter()
    for token, value in steps:
        event = progress(token, value)
        quick.add_event(event)
        number = progress_in(event)
        if number is not None:
            plain.add(number)

    assert quick.is_sure is plain.is_sure
    if plain.is_sure:
        assert (quick.last, quick.steps) == (plain.last, plain.steps)


def progress(token: int | str | None, value: str) -> Message:
    return Message(
        n=0,
        at=0.0,
        monotonic_ns=0,
        connection=1,
        stream=1,
        direction=Direction.INBOUND,
        raw=b'{"params":{"progress":%s,"total":9}}' % value.encode(),
        message_type=MessageType.NOTIFICATION,
        framing=Framing.SSE,
        method="notifications/progress",
        progress_token=token,
    )
