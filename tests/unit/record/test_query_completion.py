from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.record.query import Completion, Context, complete, fields, parse
from inspector.record.timeline import Timeline
from tests.support.queries import Stored, rivers
from tests.support.rivers import Talk


@pytest.fixture(scope="module")
def context() -> Context:
    talk = Talk()
    for method in ("tools/list", "tools/call", "tools/call"):
        talk.ask(1, method, id="a b", name="say (hello)", raw=b"{}")
    talk.headers(1, 418)
    return Stored(talk).context


def accepted(text: str, found: Completion) -> str:
    return text[: found.start] + found.text + text[found.end :]


def offered(text: str, context: Context) -> list[str]:
    return [accepted(text, found) for found in complete(text, len(text), context)]


def test_a_field_is_completed_with_its_operator(context: Context) -> None:
    assert offered("me", context) == ["method:"]
    assert offered("is:sent and -(siz", context) == ["is:sent and -(size>"]
    assert len(offered("", context)) == len(fields())


def test_seen_values_come_with_the_most_frequent_first(context: Context) -> None:
    assert offered("method:", context)[:2] == ["method:tools/call", "method:tools/list"]
    assert offered("method:list", context)[0] == "method:tools/list"
    assert "status:418" in offered("dir:in status:4".removeprefix("dir:in "), context)


def test_rules_with_findings_are_offered() -> None:
    context = Context(Timeline(), Talk().__getitem__, evidence={3: ("sse-bom",), 4: ("tcp-reset", "sse-bom")})
    offers = ["finding:any", "finding:none", "finding:sse-bom", "finding:tcp-reset"]
    assert offered("finding:", context)[:4] == offers


def test_values_with_spaces_are_quoted(context: Context) -> None:
    assert 'id:"a b"' in offered("id:", context)
    assert 'name:"say (hello)"' in offered("name:sa", context)


def test_the_values_of_a_list_are_completed_one_by_one(context: Context) -> None:
    assert offered("kind:request,err", context) == ["kind:request,error"]
    assert offered("kind:(request, err", context) == ["kind:(request, error"]


def test_what_stands_behind_the_cursor_is_replaced_or_kept(context: Context) -> None:
    found = complete("dir:inn size>1kb", 6, context)
    assert accepted("dir:inn size>1kb", found[0]) == "dir:in size>1kb"


def test_nothing_is_offered_inside_a_search_or_for_an_unknown_field(context: Context) -> None:
    assert offered('"me', context) == []
    assert offered("nonsense:", context) == []


def test_each_field_leads_to_a_query(context: Context) -> None:
    for field in complete("", 0, context):
        values = offered(field.text, context)
        assert values, field.text
        for text in values:
            parse(text)


def test_a_timeline_without_rows_offers_the_fixed_words() -> None:
    empty = Context(Timeline(), Talk().__getitem__)
    assert "kind:request" in offered("kind:", empty)


@settings(max_examples=150, deadline=None)
@given(rivers(), st.sampled_from(("method:", "name:", "event:", "id:", "rule:", "status:", "is:", "stream:", "-dur:")))
def test_whatever_a_server_names_can_be_accepted(river: Talk, typed: str) -> None:
    for text in offered(f"x {typed}", Stored(river).context):
        parse(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="metho:du<>=,()\"'\\ -!1and", max_size=20), st.integers(-1, 25))
def test_completion_takes_any_text_and_cursor(text: str, cursor: int) -> None:
    talk = Talk()
    talk.ask(1)
    for found in complete(text, cursor, Stored(talk).context):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.note
