"""Pieces of a line of JSON and their colours."""

from __future__ import annotations

from inspector.ui.payload.json_colors import ROLES, spans


def pieces(line: str) -> list[tuple[str, str]]:
    return [(line[start : start + length], role) for start, length, role in spans(line)]


def test_keys_strings_numbers_and_words_differ() -> None:
    assert pieces('{"a\\"b" : "c", "n": -1.5e3, "t": true, "x": null}') == [
        ('"a\\"b"', "outbound"),
        ('"c"', "inbound"),
        ('"n"', "outbound"),
        ("-1.5e3", "warn"),
        ('"t"', "outbound"),
        ("true", "http"),
        ('"x"', "outbound"),
        ("null", "http"),
    ]


def test_a_string_that_is_cut_off_is_one_all_the_same() -> None:
    assert pieces('"a": "cut') == [('"a"', "outbound"), ('"cut', "inbound")]


def test_every_role_is_named() -> None:
    assert {role for _, role in pieces('{"k": "s", "n": 1, "w": false}')} == set(ROLES)
