"""Paths to bytes in JSON text."""

from __future__ import annotations

import pytest

from inspector.record.json_place import path_of


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"params":{"a":1,"token":"HERE"}}', "$.params.token"),
        (b'data: {"a":[{"b":2},{"c d":"HERE"}]}\n\n', '$.a[1]["c d"]'),
        (b'[1,[2,3],"HERE"]', "$[2]"),
        (b'{"a":{"b":"}]\\""},"c":"HERE"}', "$.c"),
        (b'{"text":"{\\"token\\":\\"HERE\\"}"}', "$.text"),
        (b"HERE {}", None),
        (b"plain HERE", None),
    ],
)
def test_the_path_of_a_byte(data: bytes, path: str | None) -> None:
    assert path_of(data, data.index(b"HERE")) == path


def test_what_nobody_could_read_has_no_path() -> None:
    assert path_of(b"[" * 1000 + b"HERE", 1000) is None
    assert path_of(b"[" + b" " * 2_000_000 + b"1", 2_000_000) is None
