"""The table of addresses: who finds each rule, and what is folded under what."""

from __future__ import annotations

import pytest

from inspector.diagnose.rule import SeenBy
from inspector.diagnose.rules.address import RULES
from inspector.protocol.transports.http_sse import HttpSse
from inspector.trace.events import BodyReceived, ConnectionState, Redirected, Violation
from tests.support.diagnosed import Watched


def test_rules_without_a_watch_are_seen_by_the_protocol() -> None:
    by_protocol = {rule.id for rule in RULES if rule.seen_by is SeenBy.PROTOCOL}
    assert by_protocol == {rule.id for rule in RULES if rule.watch is None}
    assert all(rule.startswith("endpoint-") for rule in by_protocol)


@pytest.mark.parametrize(
    ("url", "data", "rule"),
    [
        ("http://h/sse", "http://pod-7:8000/messages", "endpoint-origin-mismatch"),
        ("https://h/sse", "http://h/messages", "endpoint-scheme-downgrade"),
        ("http://h/sse", '"/messages"', "endpoint-url-mangled"),
    ],
)
def test_what_the_protocol_says_of_an_endpoint_is_a_rule_of_the_table(url: str, data: str, rule: str) -> None:
    breach = HttpSse(url).on_endpoint(data, url)
    assert breach is not None
    talk = Watched(RULES, "http+sse")
    talk.tell(Violation, rule=breach.rule, severity=breach.severity, text=breach.text, fix=breach.fix)
    finding = talk.found(rule)
    known = next(known for known in RULES if known.id == rule)
    assert (finding.title, finding.severity, finding.cause) == (known.title, known.severity, known.cause)


def test_a_page_behind_a_redirect_is_folded_under_it() -> None:
    talk = Watched(RULES, "")
    talk.send(1, "POST", "initialize", url="http://h/mcp")
    talk.accept(1, 301)
    talk.hear(Redirected, 1, status=301, location="http://h/login", followed=False, reason="")
    talk.end(1)
    talk.send(2, "GET", "stream", url="http://h/mcp")
    talk.accept(2, 200, "text/html")
    talk.hear(BodyReceived, 2, content_type="text/html", raw=b"<html><title>Sign in</title></html>")
    talk.end(2)
    talk.state(ConnectionState.CLOSED)
    (finding,) = talk.findings()
    assert finding.rule == "redirect-turns-post-into-get"
    assert [under.rule for under in finding.dependants] == ["not-an-mcp-endpoint"]
