from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.wire import http
from inspector.wire.http import Challenge

unhurried = settings(deadline=None)
field_like = st.text(st.sampled_from('Basic realm=,"\\ \t/;:@?&#token%=é1'))


def test_get_takes_the_first_field_in_any_case() -> None:
    headers = (("Content-Type", "a"), ("content-type", "b"))
    assert http.get(headers, "CONTENT-type") == "a"
    assert http.get(headers, "accept") is None


@pytest.mark.parametrize(
    ("value", "media_type", "charset"),
    [
        (None, "", None),
        ("", "", None),
        ("text/event-stream", "text/event-stream", None),
        ("text/event-stream;", "text/event-stream", None),
        (" Text/Event-Stream ; Charset=UTF-8", "text/event-stream", "utf-8"),
        ('text/html; x=y; charset="iso-8859-1"; z', "text/html", "iso-8859-1"),
        ("text/html; charset=", "text/html", None),
        ("application/x-text/event-stream", "application/x-text/event-stream", None),
    ],
)
def test_content_type(value: str | None, media_type: str, charset: str | None) -> None:
    assert http.media_type(value) == media_type
    assert http.charset(value) == charset
    assert http.is_event_stream(value) is (media_type == "text/event-stream")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("application/json; charset=utf-8", True),
        ("Application/Problem+JSON", True),
        ("application/jsonl", False),
        ("text/json+x", False),
        ("+json", False),
        (None, False),
    ],
)
def test_is_json(value: str | None, expected: bool) -> None:
    assert http.is_json(value) is expected


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("Authorization", "Bearer abcdefghijklmnop", "Bearer •••• (16 characters, ends in mnop)"),
        ("authorization", "Bearer short", "Bearer •••• (5 characters)"),
        ("Authorization", "rawtokenrawtoken", "•••• (16 characters, ends in oken)"),
        ("Authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic •••• (20 characters)"),
        ("Proxy-Authorization", "Bearer 123456789012", "Bearer •••• (12 characters, ends in 9012)"),
        ("X-API-Key", "k", "•••• (1 characters)"),
        ("X-Api_Key", "k", "•••• (1 characters)"),
        ("My-Secret-Thing", "s", "•••• (1 characters)"),
        ("X-Auth-Token", "", "•••• (0 characters)"),
        ("Db-Password", "pw", "•••• (2 characters)"),
        ("Cookie", "a=123; b=4567", "a=•••• (3 characters); b=•••• (4 characters)"),
        ("Cookie", "opaque", "•••• (6 characters)"),
        ("Set-Cookie", "sid=abc=; Path=/; Max-Age=5", "sid=•••• (4 characters); Path=/; Max-Age=5"),
        ("DPoP", "eyJ.e30.sig", "•••• (11 characters)"),
        ("DPoP-Nonce", "n-1", "n-1"),
        ("Location", "http://h/callback?code=abc&iss=i", "http://h/callback?code=••••&iss=i"),
        ("Accept", "text/event-stream", "text/event-stream"),
        ("Mcp-Session-Id", "1234567890abcdef", "1234567890abcdef"),
    ],
)
def test_secret_headers_are_masked(name: str, value: str, masked: str) -> None:
    assert http.mask_headers([(name, value), ("Host", "h")]) == ((name, masked), ("Host", "h"))


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://u:p@h:80/x?a=1&token=abc&session_id=7#f", "https://u:••••@h:80/x?a=1&token=••••&session_id=7#f"),
        ("https://u:p:q@r@h/", "https://u:••••@h/"),
        ("https://u@h:80/a@b", "https://u@h:80/a@b"),
        ("/messages?sessionId=1&ACCESS_TOKEN=2", "/messages?sessionId=1&ACCESS_TOKEN=••••"),
        ("http://h/#access_token=x&state=1", "http://h/#access_token=••••&state=••••"),
        ("http://h?access%5Ftoken=1;sig=4", "http://h?access%5Ftoken=••••;sig=••••"),
        ("http://h?code=1&key=2&auth=3&password=4&client_secret=5", None),
        ("http://h?api_key=1&apikey=2&api-key=3&secret=4&X-Amz-Signature=5", None),
        ("http://h?key&keys=1&monkey=2&token=", "http://h?key&keys=1&monkey=2&token="),
        ("", ""),
    ],
)
def test_secrets_in_urls_are_masked(url: str, masked: str | None) -> None:
    if masked is None:
        assert not set("12345") & set(http.mask_url(url))
    else:
        assert http.mask_url(url) == masked


@unhurried
@given(secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8, max_size=80))
def test_no_more_than_the_end_of_a_secret_shows(secret: str) -> None:
    hidden = secret[:-4]
    ((_, header),) = http.mask_headers([("Authorization", f"Bearer {secret}")])
    masked = header.removeprefix("Bearer ").replace(f"({len(secret)} characters", "")
    assert hidden not in masked
    assert hidden not in http.mask_url(f"http://x:{secret}@-/?token={secret}&code={secret}")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("9" * 500, 1e9),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 100.0),
        ("Wed, 21 Oct 2015 07:20:00 GMT", 0.0),
        ("Wednesday, 21-Oct-15 07:28:00 GMT", 100.0),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("soon", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert http.retry_after_s(value, now=1445412380.0) == seconds


@pytest.mark.parametrize("name", ["access_token", "client_secret", "Code", "code_verifier", "assertion", "password"])
def test_names_of_credentials(name: str) -> None:
    assert http.is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["token_type", "expires_in", "client_secret_expires_at", "token_endpoint_auth_method", "scope", "client_id"]
)
def test_names_beside_credentials_are_none(name: str) -> None:
    assert not http.is_secret_name(name)


@pytest.mark.parametrize(
    ("value", "challenges"),
    [
        (None, []),
        ("Bearer", [Challenge("Bearer")]),
        ("Bearer, DPoP", [Challenge("Bearer"), Challenge("DPoP")]),
        (
            'Bearer Realm="x, y" , error=invalid_token,resource_metadata="https://h/?a=b"',
            [Challenge("Bearer", {"realm": "x, y", "error": "invalid_token", "resource_metadata": "https://h/?a=b"})],
        ),
        ('Bearer realm="x" error="y"', [Challenge("Bearer", {"realm": "x", "error": "y"})]),
        ("Bearer resource_metadata=https://h/?a=b", [Challenge("Bearer", {"resource_metadata": "https://h/?a=b"})]),
        (
            'Negotiate abc==, Basic realm="a\\"b", Digest qop="auth", nonce=n',
            [
                Challenge("Negotiate", {"": "abc=="}),
                Challenge("Basic", {"realm": 'a"b'}),
                Challenge("Digest", {"qop": "auth", "nonce": "n"}),
            ],
        ),
        ('Bearer realm="open', [Challenge("Bearer", {"realm": "open"})]),
        ("=, =", []),
    ],
)
def test_challenges(value: str | None, challenges: list[Challenge]) -> None:
    assert http.parse_challenges(value) == challenges


def test_challenges_are_bounded() -> None:
    assert len(http.parse_challenges("Basic, " * 1000)) == 32


@unhurried
@given(text=st.one_of(st.text(), field_like))
def test_arbitrary_text_never_raises(text: str) -> None:
    http.parse_challenges(text)
    http.charset(text)
    http.mask_headers([(text, text), ("Cookie", text), ("Set-Cookie", text), ("Authorization", text)])
    seconds = http.retry_after_s(text, now=0.0)
    assert seconds is None or seconds >= 0
    if "=" not in text and "@" not in text:
        assert http.mask_url(text) == text
    assert http.media_type(text) == http.media_type(text + ";")
