"""Messages read again from their bytes."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.diagnose.payload import result_of, value_of
from inspector.trace.events import Framing
from tests.support.rivers import Talk


@pytest.mark.parametrize(
    ("framing", "raw"),
    [
        (Framing.SSE, b'id: 4\nevent: message\ndata: {"result":\ndata: {"a": 1}}\n\n'),
        (Framing.BODY, b'{"result": {"a": 1}}'),
        (Framing.BATCH, b'{"result": {"a": 1}}'),
    ],
)
def test_a_message_is_read_as_it_was_framed(framing: Framing, raw: bytes) -> None:
    message = Talk().answer(1, None, framing=framing, raw=raw)
    assert value_of(message) == {"result": {"a": 1}}
    assert result_of(message) == {"a": 1}


@pytest.mark.parametrize("raw", [b"", b": ping\n\n", b"data: {\n\n", b'data: {"result": 1}\n\n', b"data: []\n\n"])
def test_what_is_no_result_gives_an_empty_one(raw: bytes) -> None:
    nothing: dict[str, Any] = {}
    assert result_of(Talk().answer(1, None, raw=raw)) == nothing


def test_a_block_of_endless_lines_is_not_read_again() -> None:
    for lines, value in ((9_000, 1), (11_000, None)):
        raw = b"data: 1\n" + b"event: x\n" * lines + b"\n"
        assert value_of(Talk().answer(1, None, raw=raw)) == value
