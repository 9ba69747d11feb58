"""Which requests of a browser end a sign-in."""

from __future__ import annotations

import pytest

from inspector.session.redirect_receiver import RedirectReceiver


@pytest.mark.parametrize(
    ("uri", "taken"),
    [
        ("http://localhost:3000/callback", "http://localhost:3000/callback"),
        ("http://127.0.0.1:8/a/b", "http://127.0.0.1:8/a/b"),
        ("http://localhost", "http://localhost:80/"),
        ("https://localhost:3000/callback", None),
        ("http://example.com/callback", None),
        ("http://u@localhost/callback", None),
        ("http://localhost:99999/", None),
        ("com.example:/callback", None),
        ("", None),
    ],
)
async def test_only_plain_http_on_this_machine_can_be_listened_to(uri: str, taken: str | None) -> None:
    receiver = RedirectReceiver.at(uri)
    assert (receiver and receiver.redirect_uri) == taken


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET /callback?code=c0de&state=mine HTTP/1.1", b"200"),
        ("GET /callback?error=access_denied&error_description=%3Cb%3E&state=mine HTTP/1.1", b"200"),
        ("GET /callback?code=c0de&state=other HTTP/1.1", b"400"),
        ("GET /callback?code=c0de&state=mine&state=mine HTTP/1.1", b"400"),
        ("GET /callback?code=c0de HTTP/1.1", b"400"),
        ("GET /callback HTTP/1.1", b"400"),
        ("POST /callback?code=c0de&state=mine HTTP/1.1", b"405"),
        ("GET /favicon.ico HTTP/1.1", b"404"),
        ("GET /callback/?code=c0de&state=mine HTTP/1.1", b"404"),
    ],
)
async def test_only_the_redirect_of_this_sign_in_counts(line: str, status: bytes) -> None:
    receiver = RedirectReceiver()
    arrival = receiver.arrival("mine")
    answer = receiver.take(line)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert not any(secret in answer for secret in (b"c0de", b"mine", b"<b>", b"access_denied"))
    assert arrival.done() == (status == b"200")
    if arrival.done():
        assert await arrival == "http://127.0.0.1:0" + line.split(" ")[1]


async def test_before_anybody_asks_nothing_is_taken() -> None:
    assert b"400 Bad Request" in RedirectReceiver().take("GET /callback?code=c0de&state= HTTP/1.1")


async def test_a_second_redirect_changes_nothing() -> None:
    receiver = RedirectReceiver()
    arrival = receiver.arrival("mine")
    for code in ("first", "second"):
        assert b"You can close this tab" in receiver.take(f"GET /callback?code={code}&state=mine HTTP/1.1")
    assert "code=first" in await arrival


async def test_what_is_not_http_is_none_of_it() -> None:
    with pytest.raises(ValueError, match="unpack"):
        RedirectReceiver().take("hello")
