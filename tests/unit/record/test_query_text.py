from __future__ import annotations

import pytest

from inspector.record import query_text
from inspector.trace.events import BodyReceived, FrameReceived
from tests.support.queries import Stored
from tests.support.rivers import Talk


@pytest.fixture(scope="module")
def stored() -> Stored:
    """What is hard to search: NULs, broken UTF-8, escapes, letters that only Unicode folds, half surrogate pairs."""
    talk = Talk()
    talk.hear(BodyReceived, 1, content_type="x", raw=b"a\0 Needle")
    talk.hear(BodyReceived, 1, content_type="x", raw=b"\xff needle \xc3")
    talk.hear(BodyReceived, 1, content_type="x", raw=b'{"a":"\\u00DCber \\"all\\""}')
    talk.hear(BodyReceived, 1, content_type="x", raw="ÜBER zweiß".encode())
    talk.hear(FrameReceived, 1, event="\u212aelvin", raw=b"")  # the sign, which folds to the letter
    talk.hear(FrameReceived, 1, event="a\0behind", raw=b"")
    talk.send(1, purpose="half \ud800", body=b"needle is no part of what is said")
    talk.hear(BodyReceived, 1, content_type="x", raw=b"100%_\\")
    return Stored(talk)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("needle", [0, 1]),
        ('"\0 NEEDLE"', [0]),
        ("über", [3]),
        ("\\u00dcber", [2]),
        ("ß", []),
        ("zweiss", []),
        ("zweiß", []),
        ("\ufffd", [1]),
        ("'\"all\\\\\"'", [2]),
        ("'\"all'", [2]),
        ("'ber \"all'", [2]),
        ("kelvin", [4]),
        ("behind", [5]),
        ("name:*behind event:x", []),
        ("half", [6]),
        ("\\ud800", [6]),
        ("\ud800", [6]),
        ("0%", [7]),
        ("%_", [7]),
        ("0_", []),
        ("event:a*", [5]),
        ("event:*behind", []),
    ],
)
def test_a_text_is_found_as_well_in_sql(stored: Stored, text: str, rows: list[int]) -> None:
    assert stored.found(text) == rows


def test_texts_are_found_as_the_timeline_finds_them(stored: Stored) -> None:
    for text in ("needle", "über", "zweiß", "kelvin", "behind", "half", "%_", "nothing"):
        matches = stored.timeline.matcher(text, stored.river.__getitem__)
        assert stored.found(text) == list(filter(matches, range(len(stored.timeline)))), text


def test_what_is_known_of_words_stays_small() -> None:
    asked: list[str] = []

    def long(word: str) -> bool:
        asked.append(word)
        return len(word) > 3

    known = query_text.Known(long)
    for number in range(10_000):
        assert known[str(number)] == known[str(number)] == (number > 999)
    assert len(asked) == 10_000
    assert len(known) <= 4_096
