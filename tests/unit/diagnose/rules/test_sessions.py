"""The table of sessions: what a finding says beyond what was seen."""

from __future__ import annotations

import pytest

from inspector.diagnose.rules.sessions import RULES
from inspector.trace.events import BodyReceived, HeadersReceived, Violation
from tests.support.diagnosed import Watched

SESSION = (("Mcp-Session-Id", "4cf77863a8d240ae9073cb0621800ec6"),)
NOT_FOUND = b'{"error":{"code":-32600,"message":"Session not found"}}'


def refused(server: str, body: bytes = NOT_FOUND) -> Watched:
    """A session that was refused with its first request."""
    talk = Watched(RULES)
    talk.send(1, headers=SESSION)
    fields = {"reason": "", "http_version": "HTTP/1.1", "ttfb_ms": 1.0, "headers": (("Server", server),)}
    talk.hear(HeadersReceived, 1, status=404, **fields)
    talk.hear(BodyReceived, 1, content_type="", raw=body)
    talk.end(1)
    return talk


@pytest.mark.parametrize(
    ("server", "words"),
    [("uvicorn", "With uvicorn: run it with `--workers 1`"), ("nginx/1.27", "With nginx: use `sticky learn`")],
)
def test_the_fix_names_the_setting_of_the_product(server: str, words: str) -> None:
    finding = refused(server).found("session-not-sticky")
    assert finding.fix.startswith(words) and finding.cause and finding.link.startswith("https://")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Session not found"}}', "stateless_http=True"),
        (b'{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}', "sessionIdGenerator"),
    ],
)
def test_the_words_of_the_refusal_give_the_sdk_away(body: bytes, words: str) -> None:
    assert words in refused("", body).found("session-not-sticky").fix


def test_an_illegal_id_is_a_violation_of_the_protocol_under_the_same_title() -> None:
    talk = Watched(RULES)
    rule = next(rule for rule in RULES if rule.id == "session-id-weak")
    talk.tell(Violation, rule=rule.id, severity=rule.severity, text="It has a space.", fix="Use a UUID.")
    finding = talk.found("session-id-weak")
    assert (finding.title, finding.text) == (rule.title, "It has a space.")
    assert finding.fix == f"Use a UUID. {rule.fix}"
