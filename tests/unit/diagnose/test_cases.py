"""Reports become cases, and cases findings: counted, ordered, and folded under what explains them."""

from __future__ import annotations

from inspector.diagnose.cases import MAX_CASES, Case, Cases
from inspector.diagnose.finding import MAX_EVIDENCE
from inspector.diagnose.rule import Group, Rule
from inspector.diagnose.stack import Product, Stack
from inspector.trace.events import HeadersReceived, Severity

NOTE, WARN, ERROR = Severity.NOTE, Severity.WARN, Severity.ERROR


def rule(name: str, *explains: str, severity: Severity = WARN) -> Rule:
    return Rule(
        id=name,
        group=Group.DELIVERY,
        title=name.title(),
        severity=severity,
        symptom="",
        cause="It is so.",
        fix="Change it.",
        fixes={Product.NGINX: "set it."},
        explains=explains,
    )


def cases(*rules: Rule, stack: Stack | None = None) -> Cases:
    return Cases({each.id: each for each in rules}, stack or Stack())


def reported(
    into: Cases, name: str, severity: Severity = WARN, at_s: float = 1.0, connection: int = 1, fix: str = ""
) -> Case:
    case = into.case(name, severity, at_s)
    case.add(f"{name} was seen.", (int(at_s),), "proven", severity, fix)
    case.connections.add(connection)
    return case


def tree(into: Cases) -> list[tuple[str, list[str]]]:
    return [(finding.rule, [each.rule for each in finding.dependants]) for finding in into.findings()]


def test_a_consequence_stands_under_its_cause() -> None:
    into = cases(rule("cause", "effect"), rule("effect"))
    reported(into, "effect", ERROR)
    reported(into, "cause")
    assert tree(into) == [("cause", ["effect"])]


def test_what_follows_from_a_consequence_stands_there_too() -> None:
    into = cases(rule("a", "b"), rule("b", "c"), rule("c"))
    for name in "cba":
        reported(into, name)
    assert tree(into) == [("a", ["b", "c"])]


def test_of_two_that_explain_each_other_the_first_stands_above() -> None:
    into = cases(rule("a", "b"), rule("b", "a"))
    reported(into, "a")
    reported(into, "b")
    assert tree(into) == [("a", ["b"])]


def test_a_circle_of_three_loses_nothing() -> None:
    into = cases(rule("a", "b"), rule("b", "c"), rule("c", "a"))
    for name in "abc":
        reported(into, name)
    shown = {name for top, below in tree(into) for name in (top, *below)}
    assert shown == {"a", "b", "c"}


def test_another_connection_explains_nothing() -> None:
    into = cases(rule("cause", "effect"), rule("effect"))
    reported(into, "cause", connection=1)
    reported(into, "effect", connection=2)
    assert tree(into) == [("cause", []), ("effect", [])]


def test_a_cause_weighs_what_its_gravest_consequence_weighs() -> None:
    into = cases(rule("light", "grave"), rule("grave"), rule("middle"))
    reported(into, "middle", WARN)
    reported(into, "light", NOTE, at_s=2.0)
    reported(into, "grave", ERROR, at_s=3.0)
    assert tree(into) == [("light", ["grave"]), ("middle", [])]


def test_the_fix_of_a_recognised_product_comes_before_the_general_one() -> None:
    stack = Stack()
    headers = (("Server", "nginx/1.22"),)
    stack.on_headers(HeadersReceived(status=200, reason="OK", http_version="HTTP/1.1", headers=headers, ttfb_ms=1.0))
    into = cases(rule("a"), stack=stack)
    reported(into, "a", fix="Look there.")
    assert into.findings()[0].fix == "Look there. With nginx: set it. Change it."


def test_what_is_over_says_since_when_until_it_comes_back() -> None:
    into = cases(rule("a"))
    reported(into, "a")
    into.over("a", 9.0)
    into.over("a", 10.0)
    assert into.findings()[0].over_at_s == 9.0
    reported(into, "a")
    assert into.findings()[0].over_at_s is None


def test_evidence_is_bounded_and_not_repeated() -> None:
    case = cases(rule("a")).case("a", WARN, 0.0)
    for n in [*range(100), 0]:
        case.add("", (n,), "hint", NOTE, "")
    assert case.evidence == list(range(MAX_EVIDENCE)) and case.count == 101


def test_a_recording_with_endless_rules_is_not_kept_whole() -> None:
    into = cases(rule("known"))
    for number in range(MAX_CASES + 5):
        reported(into, f"unknown-{number}")
    reported(into, "known")
    assert len(into) == MAX_CASES + 1
