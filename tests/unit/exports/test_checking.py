"""What a check gathers: the facts of the session, the findings, and the rules that could have fired."""

from __future__ import annotations

from inspector.diagnose.rule import Era, Group, Rule, SeenBy
from inspector.exports.checking import Checking, at_least
from inspector.trace.events import AttemptMade, SessionReady, Severity, Violation
from tests.support.rivers import Talk


def rule(name: str, *eras: Era, seen_by: SeenBy = SeenBy.PROTOCOL, explains: tuple[str, ...] = ()) -> Rule:
    return Rule(
        id=name,
        group=Group.TRAFFIC,
        title=name.title(),
        severity=Severity.WARN,
        symptom="",
        cause="",
        fix="",
        eras=frozenset(eras or Era),
        seen_by=seen_by,
        explains=explains,
    )


RULES = {
    each.id: each
    for each in (
        rule("everywhere", explains=("consequence",)),
        rule("consequence"),
        rule("old", Era.HTTP_SSE),
        rule("handshake", Era.HTTP_SSE, Era.STREAMABLE),
        rule("probed", seen_by=SeenBy.PROBE),
    )
}


def session() -> Talk:
    talk = Talk()
    talk.tell(AttemptMade, transport="stateless", verdict="No.", succeeded=False)
    talk.tell(AttemptMade, transport="streamable-http", verdict="Yes.", succeeded=True)
    talk.wait(1_500)
    facts = {"protocol_version": "2025-11-25", "server_name": "shop", "server_version": "2"}
    talk.tell(SessionReady, transport="streamable-http", **facts)
    return talk


def violate(talk: Talk, name: str, severity: Severity = Severity.WARN) -> None:
    talk.tell(Violation, rule=name, severity=severity, text=f"Saw {name}.")


def test_a_session_is_told_with_the_rules_of_its_era() -> None:
    checked = session().into(Checking(RULES)).outcome("http://h/mcp")
    assert (checked.server, checked.transport, checked.protocol_version) == ("shop 2", "streamable-http", "2025-11-25")
    assert (checked.events, checked.seconds, checked.error) == (3, 1.5, "")
    assert [each.id for each in checked.rules] == ["everywhere", "consequence", "handshake"]
    assert checked.findings == () and not checked.failures(Severity.NOTE)


def test_a_rule_that_fired_was_judged_whoever_saw_it() -> None:
    talk = session()
    violate(talk, "probed")
    violate(talk, "unknown-of-a-later-version")
    checked = talk.into(Checking(RULES)).outcome("x")
    assert [each.id for each in checked.rules] == ["everywhere", "consequence", "handshake", "probed"]
    assert [finding.rule for finding in checked.findings] == ["probed", "unknown-of-a-later-version"]


def test_dependants_are_counted_and_fail_too() -> None:
    talk = session()
    violate(talk, "everywhere")
    violate(talk, "consequence", Severity.ERROR)
    violate(talk, "handshake", Severity.NOTE)
    checked = talk.into(Checking(RULES)).outcome("x")
    assert [finding.rule for finding in checked.findings] == ["everywhere", "handshake"]
    assert checked.counts() == {Severity.ERROR: 1, Severity.WARN: 1, Severity.NOTE: 1, Severity.CHAT: 0}
    assert [finding.rule for finding in checked.failures(Severity.ERROR)] == ["consequence"]
    assert [finding.rule for finding in checked.failures(Severity.WARN)] == ["everywhere", "consequence"]


def test_without_a_connection_nothing_else_was_judged() -> None:
    talk = Talk()
    violate(talk, "old")
    checked = talk.into(Checking(RULES)).outcome("x", "Nothing listens there.")
    assert [each.id for each in checked.rules] == ["old"]
    assert checked.error == "Nothing listens there."


def test_an_empty_recording_judges_nothing() -> None:
    assert Checking(RULES).outcome("x").rules == ()


def test_at_least_is_the_severity_and_what_is_graver() -> None:
    assert at_least(Severity.ERROR) == {Severity.ERROR}
    assert at_least(Severity.WARN) == {Severity.ERROR, Severity.WARN}
