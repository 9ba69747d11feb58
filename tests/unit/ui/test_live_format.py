"""Text that is still coming is readable at every point of its way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.ui.live_format import MAX_JSON, MAX_MARKDOWN, MAX_MARKDOWN_LINES, json_so_far, markdown_tail

WHOLE = '{"a": 1, "b\\"x": [true, null, -1.5e3, {"c": "d\\u00e9\\n"}], "e": false, "f": {}, "g": 12.5}'


@pytest.mark.parametrize("length", range(1, len(WHOLE)))
def test_json_is_indented_however_far_it_has_come(length: int) -> None:
    text, is_json, remark = json_so_far(WHOLE[:length])
    assert (is_json, remark) == (True, "The JSON is not complete yet.")
    json.loads(text)


def test_whole_json_is_told_from_a_beginning_and_from_none() -> None:
    assert json_so_far("[1]") == ("[\n  1\n]", True, "")
    assert json_so_far("hello") == ("hello", False, "The text is no JSON; it is shown as it is.")
    assert json_so_far('{"a": }') == ('{"a": }', False, "The text is no JSON; it is shown as it is.")
    assert not json_so_far("[" + "1," * MAX_JSON)[1]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ['["\\\\', '["\\', '["a\\u00', '["\\\\\\'])
def test_a_cut_escape_is_left_out_and_a_whole_one_kept(text: str) -> None:
    assert json_so_far(text)[1], text


@given(st.lists(_VALUES, min_size=1) | st.dictionaries(st.text(max_size=4), _VALUES, min_size=1), st.data())
def test_every_beginning_of_json_is_json(value: object, data: st.DataObject) -> None:
    text = json.dumps(value)
    assert json_so_far(text[: data.draw(st.integers(1, len(text)))])[1]


@given(st.text(alphabet='{}[]",:\\truefalsn123 .-e\n', max_size=60))
def test_no_text_raises(text: str) -> None:
    assert isinstance(json_so_far(text)[0], str)
    assert markdown_tail(text) == (text, 0)


def test_of_a_long_markdown_the_end_is_shown_from_a_paragraph_on() -> None:
    text = "word " * 20_000 + "\n\n" + "# The end\n\n" + "word " * 4_000
    tail, left_out = markdown_tail(text)
    assert tail.startswith("# The end")
    assert tail == text[left_out:]


def test_without_paragraphs_the_end_is_cut_where_it_must() -> None:
    assert markdown_tail("x" * 50_000) == ("x" * MAX_MARKDOWN, 50_000 - MAX_MARKDOWN)


def test_a_long_list_is_cut_by_its_lines() -> None:
    tail, left_out = markdown_tail("- item\n" * 2_000)
    assert tail.count("\n") == MAX_MARKDOWN_LINES
    assert left_out == 7 * (2_000 - MAX_MARKDOWN_LINES)


def test_a_fence_that_is_cut_off_is_opened_again() -> None:
    text = "```python\n" + "x = 1\n" * 10_000
    tail, _ = markdown_tail(text)
    assert tail.startswith("```\nx = 1\n")
    assert not markdown_tail("```\na\n```\n" + "word\n" * 10_000)[0].startswith("```")
