"""No finding repeats a credential or the id of a session, whoever wrote its text."""

from __future__ import annotations

import pytest

from inspector.diagnose.discretion import MAX_CHARACTERS, MAX_SESSIONS, Discretion, clipped
from inspector.diagnose.engine import Engine
from inspector.trace.events import FrameReceived, SessionReady, Severity, Violation
from tests.support.rivers import Talk

SESSION = "0d1c2b3a-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("It said: Invalid token ghp_a1b2c3d4e5f6g7h8i9j0k1l2", "a1b2c3d4e5f6g7h8i9j0"),
        ("It said: Authorization: Bearer a1B2c3D4e5F6g7 is unknown", "a1B2c3D4e5F6g7"),
        ("sent to https://h/cb?access_token=opaque&x=1", "opaque"),
        ('It said: {"access_token":"opaque","n":1}', "opaque"),
        ('It said: "{\\"client_secret\\": \\"opaque\\"}"', "opaque"),
        ("JWTs: eyJhbGciOiJ9.eyJzdWIiOiIxIn0.a1b2c3d4e5 and eyJhbGciOiJ9.eyJzdWIiOiIxIn0.a1b2c3d4e5", "hbGciOiJ9"),
    ],
)
def test_credentials_are_masked(text: str, secret: str) -> None:
    said = Discretion().over(text)
    assert secret not in said and "••••" in said and said[:4] == text[:4]


@pytest.mark.parametrize(
    "text",
    [
        'It said: {"code":"SESSION_LIMIT_REACHED"}',
        "the challenge is Bearer resource_metadata=x, after 1.0 s",
        "eyJ at its end: eyJ",
        "lone \ud800 sk- surrogates stay",
    ],
)
def test_all_else_stays(text: str) -> None:
    assert Discretion().over(text) == text


def _told(talk: Talk) -> str:
    talk.tell(Violation, rule="made-up", severity=Severity.WARN, text=f"Unknown: {SESSION}.", fix=f"Forget {SESSION}.")
    (finding,) = [each for each in talk.into(Engine()).findings() if each.rule == "made-up"]
    return f"{finding.text} {finding.fix}"


def test_ids_of_sessions_are_masked_wherever_they_were_learned() -> None:
    ready, header, endpoint = Talk(), Talk(), Talk()
    fields = {"transport": "streamable-http", "protocol_version": "", "server_name": "", "server_version": ""}
    ready.tell(SessionReady, session_id=SESSION, **fields)
    header.send(1, headers=(("MCP-Session-Id", SESSION),))
    raw = f"event: endpoint\ndata: /messages?session_id={SESSION}\n\n".encode()
    endpoint.hear(FrameReceived, 1, raw=raw, offset=0, first_byte_ns=0, event="endpoint")
    for talk in (ready, header, endpoint):
        assert _told(talk).startswith("Unknown: ••••. Forget ••••.")
    assert SESSION in _told(Talk())


def test_a_flood_of_ids_is_not_kept() -> None:
    discretion = Discretion()
    talk = Talk()
    for number in range(MAX_SESSIONS + 1):
        discretion.on_head(talk.send(1, headers=(("Mcp-Session-Id", f"session-{number:04}"),)))
    assert discretion.over("session-0000 session-0001") == "session-0000 ••••"


def test_what_a_finding_says_has_an_end() -> None:
    talk = Talk()
    talk.tell(Violation, rule="made-up", severity=Severity.WARN, text="x" * 1_000_000, fix="y" * 1_000_000)
    (finding,) = talk.into(Engine()).findings()
    assert len(finding.text) == len(finding.fix) == MAX_CHARACTERS
    assert clipped("short") == "short"
