"""What the user judged to be no problem, by server."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from inspector.ui.dismissals import MAX_SERVERS, Dismissals, server_of


class Kept:
    """In place of the file of the user."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, str]] = {}

    def dismissed(self) -> dict[str, dict[str, str]]:
        return {server: dict(rules) for server, rules in self.held.items()}

    def set_dismissed(self, dismissed: Mapping[str, Mapping[str, str]]) -> None:
        self.held = {server: dict(rules) for server, rules in dismissed.items()}


def test_a_reason_holds_for_one_server_and_outlives_the_window() -> None:
    kept = Kept()
    Dismissals(kept).dismiss("http://a/mcp", "sse-bom", " known \n bug ")
    again = Dismissals(kept)
    assert again.reasons("http://a/mcp") == {"sse-bom": "known bug"}
    assert again.reasons("http://b/mcp") == {}
    again.restore("http://a/mcp", "sse-bom")
    again.restore("http://a/mcp", "never-dismissed")
    assert kept.held == {}


def test_two_windows_do_not_undo_each_other() -> None:
    kept = Kept()
    first, second = Dismissals(kept), Dismissals(kept)
    first.dismiss("a", "x", "")
    second.dismiss("b", "y", "")
    assert kept.held == {"a": {"x": ""}, "b": {"y": ""}}


def test_the_servers_used_last_are_kept() -> None:
    kept = Kept()
    dismissals = Dismissals(kept)
    for number in range(MAX_SERVERS):
        dismissals.dismiss(str(number), "x", "")
    dismissals.dismiss("0", "y", "")
    dismissals.dismiss("new", "x", "")
    assert len(kept.held) == MAX_SERVERS and "1" not in kept.held and "0" in kept.held


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("https://user:secret@H.example:8443/mcp?token=x#y", "https://h.example:8443/mcp"),
        ("http://127.0.0.1/sse", "http://127.0.0.1/sse"),
        ("http://[bad", ""),
        ("http://h:99999999/", ""),
        ("", ""),
    ],
)
def test_a_server_is_named_without_secrets(url: str, server: str) -> None:
    assert server_of(url) == server
