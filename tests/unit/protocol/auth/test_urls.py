"""Which addresses may be used, and the well-known ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.auth import urls
from inspector.protocol.auth.resource import candidates as resource_addresses
from inspector.protocol.auth.server_metadata import candidates as server_addresses

BAD = [
    "",
    "as.example",
    "ftp://as.example",
    "https://",
    "https://[::1",
    "https://a:b/",
    "https://a b/",
    "https://ä.example/",
]


@pytest.mark.parametrize("url", BAD)
def test_what_is_no_address_is_told_apart(url: str) -> None:
    assert urls.split(url) is None
    assert urls.origin(url) == ""
    assert not urls.is_secure(url)
    assert not urls.covers(url, url)


@pytest.mark.parametrize(
    ("url", "is_secure"),
    [
        ("https://as.example/token?x=1", True),
        ("http://localhost:1/token", True),
        ("http://127.0.0.1/token", True),
        ("http://[::1]:8/token", True),
        ("http://localhost.evil.example/token", False),
        ("http://as.example/token", False),
        ("https://user:pass@as.example/", False),
        ("https://as.example/#part", False),
    ],
)
def test_r70_only_https_or_this_machine(url: str, is_secure: bool) -> None:
    assert urls.is_secure(url) == is_secure


@pytest.mark.parametrize(
    ("resource", "url", "is_covered"),
    [
        ("https://h/mcp", "https://h/mcp", True),
        ("https://h", "https://h/mcp", True),
        ("https://H:443/", "https://h/mcp", True),
        ("https://h/mcp/", "https://h/mcp", True),
        ("https://h/m", "https://h/mcp", False),
        ("https://h/mcp/deeper", "https://h/mcp", False),
        ("http://h/mcp", "https://h/mcp", False),
        ("https://h:8443/mcp", "https://h/mcp", False),
        ("https://h.evil.example/mcp", "https://h/mcp", False),
        ("https://h@evil.example/mcp", "https://h/mcp", False),
        ("https://h/mcp?tenant=2", "https://h/mcp?tenant=1", False),
        ("https://h/mcp", "https://h/mcp?tenant=1", True),
        ("https://h/mcp#x", "https://h/mcp", False),
    ],
)
def test_r61_a_resource_is_the_server_or_a_parent_of_it(resource: str, url: str, is_covered: bool) -> None:
    assert urls.covers(resource, url) == is_covered


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://MCP.Example:443/Mcp#part", "https://mcp.example/Mcp"),
        ("https://mcp.example/", "https://mcp.example"),
        ("http://localhost:80/?a=1", "http://localhost/?a=1"),
        ("http://[::1]:8000/sse", "http://[::1]:8000/sse"),
        ("nonsense", "nonsense"),
    ],
)
def test_the_canonical_address(url: str, expected: str) -> None:
    assert urls.canonical(url) == expected


def test_r61_r62_the_well_known_addresses() -> None:
    assert resource_addresses("https://h:8/a/b?x=1") == (
        "https://h:8/.well-known/oauth-protected-resource/a/b",
        "https://h:8/.well-known/oauth-protected-resource",
    )
    assert resource_addresses("https://h/") == ("https://h/.well-known/oauth-protected-resource",)
    assert server_addresses("https://h/t/") == (
        "https://h/.well-known/oauth-authorization-server/t",
        "https://h/.well-known/openid-configuration/t",
        "https://h/t/.well-known/openid-configuration",
    )
    assert server_addresses("https://h/") == (
        "https://h/.well-known/oauth-authorization-server",
        "https://h/.well-known/openid-configuration",
    )


@given(st.text() | st.text(alphabet="htps:/[]@.1a%#?", max_size=30))
def test_no_text_breaks_them(text: str) -> None:
    assert isinstance(urls.canonical(text), str)
    assert not urls.is_secure(text) or urls.origin(text)
    assert urls.well_known(text, "x").endswith("x") or urls.split(text)
