from __future__ import annotations

import pytest

from inspector.protocol import typed_address


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("http://localhost:8000/mcp", "http://localhost:8000/mcp"),
        ("  HTTPS://example.org ", "HTTPS://example.org"),
        ("localhost:8000/mcp", "http://localhost:8000/mcp"),
        ("host:8000", "http://host:8000"),
        ("http:8000", "http://http:8000"),
        ("example.org", "http://example.org"),
        ("[::1]:8000/mcp", "http://[::1]:8000/mcp"),
        ("user:secret@example.org/mcp", "http://user:secret@example.org/mcp"),
        ("http://example.org/a?b=c://d", "http://example.org/a?b=c://d"),
    ],
)
def test_an_address_is_made_whole(typed: str, url: str) -> None:
    assert typed_address.read(typed) == (url, "")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("npx -y @scope/server", "is a command. Start it yourself so that it serves HTTP"),
        ("uvx mcp-server-time", "is a command."),
        ("python server.py --port 3", "is a command."),
        ("http://exa mple/mcp", "has a space in it."),
        ("http://localhost/a b", "has a space in it."),
        ("http:/localhost/mcp", "Write the scheme whole, with two slashes."),
        ("http:localhost/mcp", "Write the scheme whole, with two slashes."),
        ("htp:/localhost", "Write the scheme whole, with two slashes."),
        ("ftp://example.org", "is no http:// or https:// address."),
        ("http://", "names no host."),
        ("http:///mcp", "names no host."),
        ("http://[::1", "names no host."),
        ("http://localhost:99999/mcp", "ports go from 1 to 65535."),
        ("http://localhost:0/mcp", "ports go from 1 to 65535."),
        ("localhost:x/mcp", "ports go from 1 to 65535."),
    ],
)
def test_what_can_be_no_address_is_said_with_the_next_step(typed: str, problem: str) -> None:
    assert problem in typed_address.read(typed)[1]


def test_a_long_text_is_shown_short() -> None:
    assert len(typed_address.read("a" * 5_000 + " b")[1]) < 250
