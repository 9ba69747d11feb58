"""What the sign-in reports of the authorization server becomes a finding with the words of the table."""

from __future__ import annotations

from inspector.diagnose.rules.security_oauth import RULES
from inspector.trace.events import Severity, Violation
from tests.support.diagnosed import Watched


def test_a_report_about_the_authorization_server_gets_cause_and_fix() -> None:
    talk = Watched(RULES)
    talk.tell(Violation, rule="auth-pkce-not-advertised", severity=Severity.ERROR, text="No S256.", fix="Add it.")
    found = talk.found("auth-pkce-not-advertised")
    assert found.text == "No S256." and found.fix.startswith("Add it. ") and "S256" in found.fix
    assert found.requirement == "MCP authorization: authorization code protection"
