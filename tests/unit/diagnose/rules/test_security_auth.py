"""What the sign-in reports becomes a finding with the words of the table."""

from __future__ import annotations

from inspector.diagnose.rules.security_auth import RULES
from inspector.trace.events import Severity, Violation
from tests.support.diagnosed import Watched


def test_a_report_of_the_sign_in_gets_cause_and_fix() -> None:
    talk = Watched(RULES)
    talk.tell(Violation, rule="auth-401-no-challenge", severity=Severity.ERROR, text="A bare 401.")
    found = talk.found("auth-401-no-challenge")
    assert found.title == "401 without a usable challenge" and found.severity is Severity.ERROR
    assert "WWW-Authenticate" in found.fix and "API key" in found.cause


def test_how_grave_it_is_says_the_sign_in() -> None:
    talk = Watched(RULES)
    text = "The server has no metadata at all: keys are its business."
    talk.tell(Violation, rule="auth-401-no-challenge", severity=Severity.NOTE, text=text)
    assert talk.found("auth-401-no-challenge").severity is Severity.NOTE
