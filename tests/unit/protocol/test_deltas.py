from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol import deltas

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["delta", "data", "choices", "text", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"choices": [{"delta": {"content": "Hel"}}]}, "Hel"),
        ({"choices": [{"delta": {"role": "assistant"}}]}, ""),
        ({"choices": []}, ""),
        ({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "lo"}}, "lo"),
        ({"type": "response.output_text.delta", "delta": "lo"}, "lo"),
        ({"type": "progress", "data": "Step 1"}, "Step 1"),
        ({"type": "progress", "data": {"text": "Step 1"}}, "Step 1"),
        ({"message": {"content": "Hi"}, "done": False}, "Hi"),
        ({"method": "notifications/message", "params": {"level": "info", "data": "word "}}, "word "),
        ("plain", "plain"),
        (42, ""),
        (None, ""),
    ],
)
def test_where_the_text_is(value: Any, text: str) -> None:
    assert deltas.text_of(value) == text


@given(JSON)
def test_any_json_is_looked_through(value: Any) -> None:
    path = deltas.find(value)
    assert path is None or isinstance(deltas.at(value, path), str)
