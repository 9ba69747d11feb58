from __future__ import annotations

from inspector.record.columns import Links
from inspector.record.labels import Labels


def labels(told: list[tuple[str, str]], limit_bytes: int = 10_000) -> Labels:
    links = Links()
    links.extend(len(told))
    made = Labels(links, told.__getitem__, limit_bytes)
    for label, name in told:
        made.extend([label], [name])
    return made


def test_the_same_text_is_kept_once_and_cut() -> None:
    made = labels([("ping", ""), ("ping", "x" * 5_000), ("ping", "x" * 6_000)])
    assert [made.label(row) for row in range(3)] == ["ping"] * 3
    assert [made.name(row) for row in range(3)] == ["", "x" * 200, "x" * 200]
    assert (made.labels[0], made.names[1]) == (made.labels[2], made.names[2])
    assert made.labels[0] in made.heartbeats


def test_what_is_too_much_is_read_anew() -> None:
    told = [(f"{number:03}" + "x" * 300, "same") for number in range(50)]
    made = labels(told, limit_bytes=2_000)
    assert [made.label(row) for row in range(50)] == [label[:200] for label, _ in told]
    assert {made.name(row) for row in range(50)} == {"same"}
    assert len(set(made.labels)) < 10


def test_a_row_without_a_label_has_that_of_the_row_it_is_about() -> None:
    told = [("tools/call", "echo"), ("", ""), ("", "own"), ("own", "")]
    for limit_bytes in (10_000, 0):
        made = labels(told, limit_bytes)
        for row in (1, 2, 3):
            made._links.join(row, 0)
            made.inherit(row, 0)
        called = [(made.label(row), made.name(row)) for row in range(4)]
        assert called == [("tools/call", "echo"), ("tools/call", "echo"), ("tools/call", "own"), ("own", "")]


def test_a_tester_asks_once_about_each_text_that_is_kept() -> None:
    asked: list[str] = []

    def holds(text: str) -> bool:
        asked.append(text)
        return text == "b"

    made = labels([("a", "b"), ("a", ""), ("b", "a"), ("b", "")])
    tests = made.tester(holds)
    assert [tests(row) for row in range(4)] == [True, False, True, True]
    assert sorted(asked) == ["", "a", "b"]
    unkept = labels([("a", "b"), ("a", "c")], limit_bytes=0).tester(holds)
    assert [unkept(row) for row in range(2)] == [True, False]
