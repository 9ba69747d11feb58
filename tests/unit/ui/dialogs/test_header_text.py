from __future__ import annotations

import pytest

from inspector.ui.dialogs.header_text import (
    MAX_PASTED_CHARS,
    is_curl,
    is_secret,
    problem,
    read_headers,
    repeated_name,
)
from inspector.ui.settings import Header


def test_lines_are_read_and_what_is_no_header_is_left_out() -> None:
    text = "GET /mcp HTTP/1.1\r\n:authority: host\nX-One:  a: b \n\n  Authorization: Bearer t\nX-Empty:\njust words\n"
    assert read_headers(text) == (Header("X-One", "a: b"), Header("Authorization", "Bearer t"))


def test_what_the_inspector_sends_itself_comes_switched_off() -> None:
    assert read_headers("Accept: */*\nX-A: 1") == (Header("Accept", "*/*", on=False), Header("X-A", "1"))


@pytest.mark.parametrize(
    "text",
    [
        """curl -X POST 'http://h/mcp' -H 'X-A: it is 1' -H "X-B: 2" --data '{"a": "X-C: 3"}'""",
        """$ curl http://h/mcp \\\n  --header 'X-A: it is 1' \\\n  --header $'X-B: 2'""",
        """curl http://h/mcp ^\r\n  -H "X-A: it is 1" ^\r\n  -H "X-B: 2\"""",
        """-H 'X-A: it is 1' -HX-B:2""",
    ],
)
def test_a_curl_command_gives_its_headers(text: str) -> None:
    assert is_curl(text)
    assert read_headers(text) == (Header("X-A", "it is 1"), Header("X-B", "2"))


def test_cookies_and_user_agent_of_curl_are_headers_too() -> None:
    assert read_headers("curl -b 'sid=1' -A me http://h") == (Header("Cookie", "sid=1"), Header("User-Agent", "me"))


@pytest.mark.parametrize("text", ["", "curl -H 'X-A: 1", "curl", "-H", "no header", "X-A: 1\n" * MAX_PASTED_CHARS])
def test_text_without_usable_headers_gives_none(text: str) -> None:
    assert read_headers(text) == ()


@pytest.mark.parametrize("name", ["Authorization", "cookie", "X-API-Key", "X-Auth-Token", "client_secret"])
def test_names_of_secrets_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["", "Accept", "X-Trace-Id", "User-Agent"])
def test_other_names_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (Header("", "v"), "no name"),
        (Header("X A", "v"), '"X A" is no header name'),
        (Header("X:", "v"), '"X:" is no header name'),
        (Header("Ü", "v"), '"Ü" is no header name'),
        (Header("X-A", "caf\u00e9 secret"), 'a character that HTTP cannot carry: "é"'),
        (Header("X-A", "a\nb"), "a character that HTTP cannot carry: '\\n'"),
    ],
)
def test_what_cannot_be_sent_is_said_without_the_value(header: Header, part: str) -> None:
    sentence = problem(header)
    assert sentence is not None
    assert part in sentence
    assert sentence.endswith(".")
    assert "secret" not in sentence


def test_what_can_be_sent_has_no_problem() -> None:
    assert problem(Header("X-A!#", "any \t ~ ASCII")) is None
    assert problem(Header("X-A", "")) is None


def test_a_name_may_be_on_only_once() -> None:
    one, other = Header("X-A", "1"), Header("x-a", "2")
    assert repeated_name([one, other]) == "x-a"
    assert repeated_name([one, Header("x-a", "2", on=False)]) is None
