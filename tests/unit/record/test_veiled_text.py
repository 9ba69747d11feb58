"""Secrets in a text that grows: none is seen, however the text is cut, and the rest is seen as it came."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.record.veiled_text import DOT, MAX_WORD, VeiledText
from inspector.trace.events import SessionReady

SECRETS = (
    "ada@example.org",
    "sk-abcdefghijklmnop1234",
    "Zm9vYmFyQmF6MTIzNDU2Nzg5",
    "550e8400-e29b-41d4-a716-446655440000",
    "d41d8cd98f00b204e9800998ecf8427e",
)
TEXT = "Write to {} or, if that fails, ring the bell.\nA basic example of bearer shares, 2026-07-28.\n"


def shown(text: str, cuts: list[int]) -> str:
    """The text as it is shown if it comes in these pieces."""
    veil, parts, start = VeiledText(), [], 0
    for end in [*sorted(cuts), len(text)]:
        parts.append(veil.feed(text[start:end]))
        start = max(start, end)
    return "".join([*parts, veil.flush()])


@pytest.mark.parametrize("secret", SECRETS)
@given(cuts=st.lists(st.integers(0, 110), max_size=30))
def test_no_secret_is_seen_however_the_text_is_cut(secret: str, cuts: list[int]) -> None:
    text = TEXT.format(secret)
    seen = shown(text, [min(cut, len(text)) for cut in cuts])
    assert secret not in seen
    assert len(seen) == len(text)
    before, after = TEXT.split("{}")
    assert seen.startswith(before)
    assert seen.endswith(after)


@pytest.mark.parametrize(
    "text",
    [
        "The model claude-sonnet-4-5-20250929 answered at 12:30:01.123456.\n",
        "A basic example with a bearer of news and test_http2_connection_reuse_2.\n",
        "Grüße aus Köln, 日本語, 🎉\n",
        "https://example.org/docs/2025-11-25/basic/transports?page=2\n",
    ],
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert shown(text, list(range(len(text)))) == text


def test_a_secret_behind_its_name_is_hidden_although_they_come_apart() -> None:
    veil = VeiledText()
    first = veil.feed('{"password": "correct ')
    second = veil.feed("horse battery ") + veil.feed('staple", "user": "ada"}') + veil.flush()
    hidden = DOT * len("correct horse battery staple")
    assert first + second == f'{{"password": "{hidden}", "user": "ada"}}'


def test_the_id_of_the_session_is_hidden_wherever_it_is_repeated() -> None:
    veil = VeiledText()
    ready = SessionReady(
        transport="streamable-http",
        protocol_version="2025-11-25",
        server_name="s",
        server_version="1",
        session_id="my-own-session-number-7",
    )
    veil.learn(ready)
    seen = veil.feed("You are my-own-session-number-7 here. ")
    assert "session-number" not in seen
    assert "my-own-session" not in veil.words("of my-own-session-number-7")


def test_the_last_word_waits_for_its_end() -> None:
    veil = VeiledText()
    assert veil.feed("Hello wor") == "Hello "
    assert veil.feed("ld") == ""
    assert veil.feed("\n") == "world\n"
    veil.feed("gone")
    veil.restart()
    assert veil.flush() == ""


def test_a_word_without_end_is_not_waited_for() -> None:
    veil = VeiledText()
    assert len(veil.feed("é" * (MAX_WORD + 1))) == MAX_WORD + 1


def test_long_and_hostile_texts_take_little_time() -> None:
    veil, began = VeiledText(), perf_counter()
    for text in ("a@" * 30_000, "a1B-" * 20_000, "\ud800" * 10_000, "x" * 100_000):
        veil.feed(text)
        veil.flush()
    assert perf_counter() - began < 10


def test_asterisks_of_the_text_itself_stay() -> None:
    assert shown("**bold** and *more* of ada@example.org\n", []) == f"**bold** and *more* of {DOT * 15}\n"
