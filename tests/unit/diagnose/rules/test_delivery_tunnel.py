"""Quick tunnels are known by their names."""

from __future__ import annotations

import pytest

from inspector.diagnose.exchange import Exchange
from inspector.diagnose.rules.delivery_tunnel import is_tunnel
from tests.support.rivers import Talk


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://some-words.TryCloudflare.com/sse", True),
        ("https://trycloudflare.com/", False),
        ("https://a.trycloudflare.com.example/", False),
        ("https://tunnel.example/a.trycloudflare.com", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_the_host_says_so(url: str, expected: bool) -> None:
    assert is_tunnel(Exchange(1, 1, Talk().send(1, url=url))) is expected
    assert is_tunnel(Exchange(1, 1)) is False
