"""What a 3xx asks for, and where we go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.transports.answer import HttpRequest
from inspector.session.redirect import redirect_of


def request(method: str = "POST", url: str = "http://a:8000/mcp") -> HttpRequest:
    return HttpRequest(method, url, (("Authorization", "secret"),), "tools/call", b"{}")


@pytest.mark.parametrize("status", [200, 204, 300, 304, 305, 306, 404])
def test_other_statuses_are_no_redirects(status: int) -> None:
    assert redirect_of(request(), status, "/x") is None


@pytest.mark.parametrize(
    ("method", "url", "status", "location", "target"),
    [
        ("POST", "http://a:8000/mcp", 307, "/mcp/", "http://a:8000/mcp/"),
        ("POST", "http://a:8000/mcp", 308, "http://A:8000/x?y#z", "http://A:8000/x?y#z"),
        ("POST", "http://a/mcp", 308, "http://a:80/x", "http://a:80/x"),
        ("POST", "http://a/mcp", 308, "https://a/mcp", "https://a/mcp"),
        ("GET", "http://a/mcp", 302, "sse", "http://a/sse"),
        ("GET", "http://a/mcp", 301, "//a/sse", "http://a/sse"),
    ],
)
def test_what_is_followed_keeps_method_body_and_headers(
    method: str, url: str, status: int, location: str, target: str
) -> None:
    found = redirect_of(request(method, url), status, location)
    assert found is not None and found.follow == request(method, target)


@pytest.mark.parametrize(
    ("method", "url", "status", "location", "reason"),
    [
        ("POST", "http://a/mcp", 302, "/x", "turn the POST into a GET"),
        ("DELETE", "http://a/mcp", 303, "/x", "turn the DELETE into a GET"),
        ("POST", "http://a/mcp", 307, "http://b/mcp", "another origin"),
        ("POST", "http://a/mcp", 307, "http://a:81/mcp", "another origin"),
        ("GET", "https://a/mcp", 307, "http://a/mcp", "another origin"),
        ("GET", "http://a/mcp", 307, "ftp://a/mcp", "another origin"),
        ("GET", "http://a/mcp", 307, "http://a:port/", "another origin"),
        ("GET", "http://a/mcp", 307, "http://[::1", "no address"),
        ("GET", "http://a/mcp", 307, "", "no Location"),
        ("GET", "http://a/mcp", 307, None, "no Location"),
    ],
)
def test_what_is_not_followed_says_why(method: str, url: str, status: int, location: str | None, reason: str) -> None:
    found = redirect_of(request(method, url), status, location)
    assert found is not None and found.follow is None and reason in found.reason


@given(st.text(max_size=50), st.sampled_from([301, 302, 303, 307, 308]), st.sampled_from(["GET", "POST"]))
def test_no_location_raises(location: str, status: int, method: str) -> None:
    assert redirect_of(request(method), status, location) is not None
