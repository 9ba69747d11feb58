from __future__ import annotations

from inspector.record.marks import MAX_COMMENT_CHARS, Marks


class Kept(Marks):
    """Marks whose changes are written down."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[int, str | None]] = []
        self.calls = 0
        self.on_change = lambda n, comment: self.told.append((n, comment))
        self.watchers.append(self._count)

    def _count(self) -> None:
        self.calls += 1


def test_a_mark_is_set_commented_and_taken_away() -> None:
    marks = Kept()
    assert marks.toggle(7)
    marks.set(7, "  why\n so   late? ")
    assert (7 in marks, marks.comment(7)) == (True, "why so late?")
    assert not marks.toggle(7)
    assert (7 in marks, marks.comment(7), len(marks)) == (False, "", 0)
    assert marks.told == [(7, ""), (7, "why so late?"), (7, None)]
    assert marks.calls == 3


def test_what_changes_nothing_is_not_told() -> None:
    marks = Kept()
    marks.set(3, "x")
    marks.set(3, "x")
    marks.remove(4)
    assert marks.told == [(3, "x")]
    assert marks.calls == 1


def test_marks_stand_in_order_whatever_the_order_of_marking() -> None:
    marks = Marks()
    for n in (9, 2, 5):
        marks.set(n, str(n))
    assert list(marks) == [2, 5, 9]
    assert marks.items() == [(2, "2"), (5, "5"), (9, "9")]


def test_steps_go_around_the_end_both_ways() -> None:
    marks = Marks({2: "", 5: "", 9: ""})
    assert [marks.step(n, forward=True) for n in (None, 1, 2, 6, 9)] == [2, 2, 5, 9, 2]
    assert [marks.step(n, forward=False) for n in (None, 1, 2, 6, 9)] == [9, 9, 9, 5, 5]
    assert Marks().step(3, forward=True) is None


def test_loaded_marks_replace_the_others_and_are_not_kept_again() -> None:
    marks = Kept()
    marks.set(1)
    marks.load([(8, "b"), (4, "")])
    assert marks.items() == [(4, ""), (8, "b")]
    assert marks.told == [(1, "")]
    assert marks.calls == 2


def test_a_comment_is_bounded() -> None:
    marks = Marks()
    marks.set(1, "a" * 5_000)
    assert len(marks.comment(1)) == MAX_COMMENT_CHARS
