"""Secrets by their looks: where they begin, and what only looks like one. More of them is in test_secrets.py."""

from __future__ import annotations

import re

import pytest

from inspector.wire.secret_shapes import SHAPES, begins


@pytest.mark.parametrize(
    ("before", "is_one"),
    [(b"", True), (b" ", True), (b"\n", True), (b"\\n", True), (b"\\u000a", True), (b"n", False), (b"a\\q", False)],
)
def test_a_shape_begins_at_a_word_or_behind_an_escape(before: bytes, is_one: bool) -> None:
    found = re.search(begins(b"a-z", b"sk-"), before + b"sk-abc")
    assert (found is not None) == is_one
    if found is not None:
        assert found[0] == b"sk-"


def test_every_shape_has_its_needle_in_what_it_finds() -> None:
    samples = [b"Bearer", b"BEARER", b"DPoP", b"Basic", b"eyJ", b"-----BEGIN PRIVATE KEY-----"]
    for shape in SHAPES:
        sample = next((each for each in samples if shape.needle in each), shape.needle)
        assert shape.prefix.search(sample + b" ") is not None, shape
