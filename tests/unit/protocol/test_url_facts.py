from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.url_facts import url_facts


def test_an_ordinary_address_has_no_warnings() -> None:
    facts = url_facts("https://auth.example.com:8443/login?next=%2Fhome#top")
    assert facts.is_openable
    assert facts.warnings == ()
    assert (facts.host, facts.punycode) == ("auth.example.com", "auth.example.com")
    start, end = facts.host_span
    assert facts.shown[start:end] == "auth.example.com"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:pw@evil.example/x", "evil.example"),
        ("https://good.example@evil.example", "evil.example"),
        ("HTTPS://Example.COM/Path", "Example.COM"),
        ("http://[::1]:80/", "[::1]"),
        ("https://bücher.example/ü", "bücher.example"),
    ],
)
def test_the_host_is_found_in_the_address(url: str, host: str) -> None:
    facts = url_facts(url)
    start, end = facts.host_span
    assert facts.shown[start:end] == host


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://example.com/", "http, not https"),
        ("https://google.com@evil.example/", "the site is evil.example"),
        ("https://аррӏе.example/", "its real name is xn--"),
        ("https://xn--80ak6aa92e.com/", "a browser may show it as аррӏе.com"),
        ("https://pаypal.com/", "“pаypal” mixes letters of several scripts"),
        ("https://xn--pypal-4ve.com/", "mixes letters of several scripts"),
        ("http://2130706433/", "a browser reads it as 127.0.0.1"),
        ("http://0x7f.1/", "a browser reads it as 127.0.0.1"),
        ("http://1.2.3.4.5/", "a browser reads it as no address at all"),
        ("https://192.168.0.1/", "a private network"),
        ("http://localhost:3000/", "this machine"),
        ("https://example.com/\u202egnp.exe", "invisible characters"),
    ],
)
def test_what_is_odd_is_said_and_may_be_opened(url: str, said: str) -> None:
    facts = url_facts(url)
    assert facts.is_openable
    assert any(said in warning for warning in facts.warnings), facts.warnings


def test_http_on_this_machine_is_no_danger() -> None:
    assert not any("http, not https" in warning for warning in url_facts("http://127.0.0.1:8000/cb").warnings)


def test_names_of_one_language_may_mix_its_scripts() -> None:
    assert not any("several scripts" in warning for warning in url_facts("https://日本語のテスト.example/").warnings)


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "example.com",
        "https://",
        "https:example.com",
        "https://good.example\\@evil.example/",
        " https://example.com/",
        "https://exa\nmple.com/",
        "https://exa%6dple.com/",
        "https://exa\u200bmple.com/",
        "https://[::1/",
        "https://example.com:99999/",
        "https://..é/",
        "https://" + "a" * 300 + ".example/",
        "https://example.com/" + "a" * 20_000,
    ],
)
def test_what_is_no_plain_web_address_is_not_opened(url: Any) -> None:
    facts = url_facts(url)
    assert not facts.is_openable
    assert len(facts.warnings) == 1


def test_invisible_characters_are_shown_as_escapes() -> None:
    assert url_facts("https://example.com/\u202ex").shown == "https://example.com/\\u202ex"


@given(st.text(max_size=40) | st.text(max_size=20).map(lambda text: f"https://{text}/"))
def test_nothing_raises_whatever_the_address(url: str) -> None:
    facts = url_facts(url)
    start, end = facts.host_span
    assert 0 <= start <= end <= len(facts.shown)
