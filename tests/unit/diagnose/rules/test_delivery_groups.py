"""Blocks that arrived together."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.delivery_groups import MAX_STAMP_TRIES, Block, group_from, kind_of, stamp
from tests.support.deliveries import Delivery


def test_the_span_is_that_of_blocks_of_one_kind() -> None:
    talk = Delivery()
    group = group_from(talk.notify(1, talk.now(3)), None, 0)
    group.add(talk.comment(1, f"ping - {talk.now(9)}"))
    group.add(talk.notify(1, talk.now(1)))
    group.add(talk.notify(1, talk.now(0), method="notifications/progress"))
    assert group.span_s == 2.0 and group.blocks == 4


def test_a_last_block_without_a_stamp_leaves_the_span_open() -> None:
    talk = Delivery()
    group = group_from(talk.notify(1, talk.now(3)), None, 0)
    group.add(talk.notify(1, "later"))
    assert group.span_s is None


def test_stamps_are_not_looked_for_for_ever() -> None:
    talk = Delivery()
    group = group_from(talk.notify(1), None, 0)
    for _ in range(MAX_STAMP_TRIES):
        group.add(talk.notify(1))
    group.add(talk.notify(1, talk.now()))
    assert group.first_stamp is None


@pytest.mark.parametrize("stamped", [(0, 7), (1, 2, 5), (3,), (4, 5), ()])
def test_many_at_once_are_the_same_as_one_by_one(stamped: tuple[int, ...]) -> None:
    talk = Delivery()
    blocks: list[Block] = []
    for number in range(8):
        talk.wait(1)
        blocks.append(talk.notify(1, talk.now() if number in stamped else "x"))
    one_by_one, at_once = group_from(blocks[0], None, 0), group_from(blocks[0], None, 0)
    for block in blocks[1:]:
        one_by_one.add(block)
    at_once.add_all(blocks[1:3])
    at_once.add_all(blocks[3:])
    assert one_by_one == at_once


def test_the_silence_is_since_the_group_before_or_since_the_beginning() -> None:
    talk = Delivery()
    talk.wait(700)
    first = group_from(talk.notify(1), None, 1_200_000_000)
    talk.wait(300)
    second = group_from(talk.notify(1), first, 0)
    assert (first.silence_s, second.silence_s) == (0.5, 0.3)


def test_only_what_is_written_as_it_happens_has_a_stamp() -> None:
    talk = Delivery()
    assert stamp(talk.notify(1, talk.now())) is not None
    assert stamp(talk.comment(1, talk.now())) is not None
    answer = talk.answer(1, None, raw=f'data: {{"created":"{talk.now()}"}}\n\n'.encode())
    assert stamp(answer) is None and kind_of(answer) == ""
