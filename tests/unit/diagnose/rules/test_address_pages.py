"""Web pages in place of answers."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.address_pages import Page, is_page


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("text/html", b"", True),
        ("application/json", b"\n <!DOCTYPE html><p>", True),
        ("", b"<html>", True),
        ("application/json", b"{}", False),
        ("application/xml", b"<?xml version='1.0'?><error/>", False),
    ],
)
def test_a_page_is_known_by_its_type_or_its_beginning(content_type: str, body: bytes, expected: bool) -> None:
    assert is_page(content_type, body) is expected


@pytest.mark.parametrize(
    ("page", "described", "fix"),
    [
        (Page(403, b"<title>Just a moment...</title>"), "firewall or bot check (403, 'Just a moment...')", "no client"),
        (Page(403, b"<p>Access denied</p>"), "firewall or bot check (403)", "no client"),
        (Page(503, b"", is_challenge=True), "firewall or bot check (503)", "no client"),
        (Page(200, b"<title>\n Sign in </title>"), "a login page (200, 'Sign in')", "single sign-on"),
        (Page(401, b'<input type="password">'), "a login page (401)", "single sign-on"),
        (Page(200, b"<title>My shop</title><a>Log in</a> captcha"), "a web page (200, 'My shop')", "any path"),
        (Page(404, b"<html>Cannot POST /</html>"), "a web page (404)", "Check the path."),
    ],
)
def test_pages_of_all_kinds(page: Page, described: str, fix: str) -> None:
    assert page.described.endswith(described) and fix in page.fix
