"""A body made readable by what it is, not only by what it claims to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.payload.body_text import MAX_FORMATTED_BYTES, body_text

JSON, STREAM = "application/json", "text/event-stream; charset=utf-8"


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (JSON, b'{"a":[1]}', ('{\n  "a": [\n    1\n  ]\n}', True, "")),
        ("text/plain", b'{"a":1}', ('{\n  "a": 1\n}', True, "")),
        ("", b"", ("", False, "The body is empty.")),
        ("text/html", b"<p>\xff", ("<p>\\xff", False, "")),
        (JSON, b"{", ("{", False, "Not JSON: Expecting property name enclosed in double quotes at line 1, column 2.")),
        (
            STREAM,
            b": hi\n\nevent: tick\nid: 1\nretry: 5\ndata: [1]\n\ndata: plain\n\ndata: cut",
            (
                ": hi\n\nevent: tick\nid: 1\nretry: 5\n[\n  1\n]\n\nevent: message\nplain\n\n"
                "event: message\n(cut off here)\ncut\n",
                True,
                "",
            ),
        ),
    ],
)
def test_a_body_is_made_readable(content_type: str, body: bytes, expected: tuple[str, bool, str]) -> None:
    assert body_text(content_type, body) == expected


def test_a_long_body_is_shown_as_it_came() -> None:
    body = b"[" + b"1," * MAX_FORMATTED_BYTES + b"1]"
    text, is_json, remark = body_text(JSON, body)
    assert (len(text), is_json, remark) == (len(body), False, "2.1 MB are shown as they came.")


@given(st.sampled_from([JSON, STREAM, "text/plain"]), st.binary())
def test_no_body_raises(content_type: str, body: bytes) -> None:
    assert isinstance(body_text(content_type, body)[0], str)
