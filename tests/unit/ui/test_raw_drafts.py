"""Raw requests as data: what is sent is what was written, and nothing said about it stops it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.trace.events import Direction, RequestSent
from inspector.ui.raw_drafts import (
    KEPT_SENDS,
    History,
    RawDraft,
    from_request,
    last_request,
    messages,
    remarks,
    with_header,
)
from inspector.ui.settings import Header
from tests.support.rivers import Talk


def posted(body: str, *headers: Header) -> RawDraft:
    return RawDraft("POST", "http://h/mcp", headers, body)


def test_only_headers_that_are_on_are_sent_even_twice() -> None:
    draft = posted("", Header("A", "1"), Header("B", "2", on=False), Header("a", "3"), Header("", "4"))
    assert draft.sent_headers == (("A", "1"), ("a", "3"))


def test_the_body_goes_out_as_it_was_typed() -> None:
    assert posted('{ "a":1,\u00a0"é" ').body_bytes == '{ "a":1,\u00a0"é" '.encode()


@given(st.text(alphabet=st.characters(categories=None)))
def test_any_text_is_bytes_and_gets_its_remarks(body: str) -> None:
    draft = posted(body)
    assert isinstance(draft.body_bytes, bytes)
    assert all(sentence.endswith(".") for sentence in remarks(draft))
    assert draft.title.startswith("POST")


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (posted('{"jsonrpc": "2.0"}'), []),
        (posted('{\n"a": 1,\n:}'), ["No valid JSON at line 3, column 1: "]),
        (posted(""), ["The body is empty."]),
        (RawDraft("get", "http://h"), []),
        (posted('{"a": 1, "a": 2}'), ['"a"']),
        (posted("{}", Header("a b", "1")), ['"a b" is no header name']),
        (posted("{}", Header("a b", "1", on=False)), []),
        (
            posted('{"method": "tools/list"}', Header("MCP-Method", "ping")),
            ["Mcp-Method says ping, the body tools/list."],
        ),
        (posted('{"method": "ping"}', Header("Mcp-Method", "ping")), []),
    ],
)
def test_what_a_server_may_stumble_over_is_said(draft: RawDraft, said: list[str]) -> None:
    found = remarks(draft)
    assert len(found) == len(said), found
    assert all(begin in sentence for begin, sentence in zip(said, found, strict=True)), found


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ('{"method": "tools/call"}', "POST tools/call"),
        ('[{"method": "a"}, {"method": "b"}, {"method": "c"}]', "POST a and 2 more"),
        ('{"tool": "search"}', "POST search"),
        ("hello", "POST"),
    ],
)
def test_a_draft_is_named_by_what_it_asks_for(body: str, title: str) -> None:
    assert posted(body).title == title


def test_messages_are_found_in_a_batch_and_alone() -> None:
    assert list(messages('[{"method": "a"}, 5, {"params": {}}]', "method")) == ["a"]
    assert list(messages('{"params": {"x": 1}}', "params")) == [{"x": 1}]
    assert list(messages("{", "method")) == []


def test_a_header_is_changed_added_or_switched_off() -> None:
    headers = (Header("Accept", "a", on=False), Header("X", "1"))
    assert with_header(headers, "accept", "b") == (Header("Accept", "b"), Header("X", "1"))
    assert with_header(headers, "x", None) == (Header("Accept", "a", on=False), Header("X", "1", on=False))
    assert with_header(headers, "Y", "2") == (*headers, Header("Y", "2"))
    assert with_header(headers, "Y", None) == headers


def sent(talk: Talk, **fields: object) -> RequestSent:
    wanted = {"method": "POST", "url": "http://h/mcp", "purpose": "ping", "stream": 1, **fields}
    return talk.tell(RequestSent, direction=Direction.OUTBOUND, **wanted)


def test_a_recorded_request_is_copied_but_for_its_secrets() -> None:
    talk = Talk()
    event = sent(
        talk,
        body=b'{"a": 1}',
        headers=(("Host", "h"), ("X", "1"), ("Content-Length", "8"), ("Authorization", "Bearer •••• (9 characters)")),
    )
    draft, words = from_request(event)
    assert draft == RawDraft(
        "POST",
        "http://h/mcp",
        (Header("X", "1"), Header("Authorization", "Bearer •••• (9 characters)", on=False)),
        '{"a": 1}',
    )
    assert words == "Masked in the record, so to be typed anew: Authorization."
    assert from_request(sent(talk, url="http://h/?token=••••"))[1].endswith("anew: a part of the URL.")
    assert from_request(sent(talk))[1] == ""


def test_the_newest_request_is_the_last_one() -> None:
    talk = Talk()
    assert last_request(talk) is None
    sent(talk)
    newest = sent(talk)
    talk.comment(1)
    assert last_request(talk) is newest


def test_the_history_is_bounded_and_newest_first() -> None:
    history = History()
    history.settle("nothing was sent")
    for number in range(KEPT_SENDS + 5):
        history.add(posted(str(number)))
    history.settle("200 OK")
    assert len(history) == KEPT_SENDS
    assert (history[0].draft.body, history[0].outcome) == (str(KEPT_SENDS + 4), "200 OK")
    assert history[1].outcome == ""
