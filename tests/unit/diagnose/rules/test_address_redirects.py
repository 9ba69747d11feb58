"""Redirects that cost a round trip, lose the message, or lead elsewhere."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.address import RULES
from inspector.diagnose.rules.address_redirects import MAX_OPEN
from inspector.trace.events import Redirected, Severity
from tests.support.diagnosed import Watched


class Redirects(Watched):
    def __init__(self) -> None:
        super().__init__(RULES)

    def redirect(
        self,
        status: int,
        location: str,
        url: str = "http://h/mcp",
        method: str = "POST",
        purpose: str = "initialize",
        stream: int = 1,
    ) -> None:
        """A request is answered with a redirect."""
        self.send(stream, method, purpose, url=url)
        self.accept(stream, status)
        self.hear(Redirected, stream, status=status, location=location, followed=True, reason="")

    def arrive(self, status: int, url: str, purpose: str = "initialize", stream: int = 1) -> None:
        """It was followed, and answered at last."""
        self.send(stream, "POST", purpose, url=url)
        self.accept(stream, status)
        self.end(stream)


@pytest.mark.parametrize(
    ("status", "url", "location"), [(307, "http://h/mcp", "http://h/mcp/"), (308, "http://h/mcp/", "http://h/mcp")]
)
def test_a_slash_costs_a_round_trip(status: int, url: str, location: str) -> None:
    talk = Redirects()
    talk.redirect(status, location, url)
    talk.arrive(200, location)
    finding = talk.found("redirect-trailing-slash")
    assert finding.severity is Severity.WARN
    assert f"({status})" in finding.text and f"Connect to {location} instead." in finding.fix


def test_a_slash_that_leads_nowhere_is_an_error() -> None:
    talk = Redirects()
    talk.redirect(307, "http://h/mcp/")
    talk.arrive(404, "http://h/mcp/")
    finding = talk.found("redirect-trailing-slash")
    assert finding.severity is Severity.ERROR and "answers 404" in finding.text


def test_more_than_one_hop_is_an_error() -> None:
    talk = Redirects()
    talk.redirect(307, "http://h/mcp/")
    talk.redirect(307, "http://h/mcp", "http://h/mcp/")
    talk.arrive(200, "http://h/mcp")
    finding = talk.found("redirect-trailing-slash")
    assert finding.severity is Severity.ERROR and "2 redirects" in finding.text


@pytest.mark.parametrize(
    ("status", "purpose"), [(404, "server/discover"), (405, "initialize"), (401, "initialize"), (400, "tools/call")]
)
def test_what_servers_may_refuse_is_not_the_fault_of_the_slash(status: int, purpose: str) -> None:
    talk = Redirects()
    talk.redirect(307, "http://h/mcp/", purpose=purpose)
    talk.arrive(status, "http://h/mcp/", purpose)
    assert talk.found("redirect-trailing-slash").severity is Severity.WARN


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_post_that_becomes_a_get(status: int) -> None:
    talk = Redirects()
    talk.redirect(status, "http://h/login")
    finding = talk.found("redirect-turns-post-into-get")
    assert f"with {status} to http://h/login" in finding.text
    assert talk.fired() == ["redirect-turns-post-into-get"]


def test_the_way_to_https_keeps_the_host() -> None:
    talk = Redirects()
    talk.redirect(308, "https://h/mcp")
    assert talk.is_silent()
    talk.redirect(301, "https://h/mcp")
    assert talk.fired() == ["redirect-turns-post-into-get"]


@pytest.mark.parametrize(
    ("url", "location", "words"),
    [
        ("https://h/mcp", "http://h/mcp/", "from https to http"),
        ("http://h/mcp", "http://other/mcp", "to another origin"),
        ("http://h/mcp", "http://h:8080/mcp/", "to another origin"),
        ("http://h/mcp", "https://other/mcp", "to another origin"),
    ],
)
def test_a_redirect_that_leaves(url: str, location: str, words: str) -> None:
    talk = Redirects()
    talk.redirect(307, location, url)
    assert words in talk.found("redirect-leaks-or-drops-auth").text
    assert talk.fired() == ["redirect-leaks-or-drops-auth"]


def test_the_port_of_a_scheme_need_not_be_named() -> None:
    talk = Redirects()
    talk.redirect(308, "http://h:80/v2")
    assert talk.is_silent()


@pytest.mark.parametrize(
    ("status", "location", "method"),
    [
        (308, "http://h/v2/mcp", "POST"),
        (302, "http://h/sse/new", "GET"),
        (302, "http://h/mcp/", "GET"),
        (307, "", "POST"),
        (307, "http://[", "POST"),
    ],
)
def test_other_redirects_are_no_fault(status: int, location: str, method: str) -> None:
    talk = Redirects()
    talk.redirect(status, location, method=method)
    assert talk.is_silent()


def test_the_memory_is_bounded() -> None:
    talk = Redirects()
    for stream in range(1, MAX_OPEN + 10):
        talk.redirect(307, "http://h/mcp/", stream=stream)
    talk.arrive(404, "http://h/mcp/", stream=1)
    assert talk.found("redirect-trailing-slash").severity is Severity.WARN
