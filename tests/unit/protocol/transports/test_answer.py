"""What a refusing answer means, said so that a person knows what to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.protocol.transports import answer
from inspector.protocol.transports.answer import Head, Meaning


def explain(status: int, *headers: tuple[str, str], now: float = 0) -> str:
    return answer.explain(Head(status, headers), "POST", now).sentence


def test_header_names_have_no_case() -> None:
    head = Head(200, (("Content-Type", "a"), ("content-type", "b")))
    assert (head.get("CONTENT-TYPE"), head.get("x")) == ("a", None)


@pytest.mark.parametrize(("status", "success"), [(199, False), (200, True), (299, True), (300, False)])
def test_success_is_2xx(status: int, success: bool) -> None:
    assert Head(status, ()).is_success is success


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 407, 408, 410, 413, 415, 421, 429, 500, 502, 503, 504])
def test_known_statuses_have_a_sentence_of_their_own(status: int) -> None:
    sentence = explain(status)
    assert f"({status})" in sentence
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_unknown_statuses_are_named() -> None:
    assert explain(418) == "The server answered with status 418."


def test_a_method_that_is_not_taken_is_named() -> None:
    assert "POST" in explain(405)


@pytest.mark.parametrize(
    ("status", "meaning"),
    [(401, Meaning.UNAUTHORISED), (403, Meaning.UNAUTHORISED), (407, Meaning.UNAUTHORISED), (429, Meaning.FAILED)],
)
def test_r60_missing_credentials_are_told_apart(status: int, meaning: Meaning) -> None:
    assert answer.explain(Head(status, ()), "GET", 0).meaning is meaning


def test_a_proxys_credentials_are_not_the_servers() -> None:
    sentence = explain(407, ("Proxy-Authenticate", "Basic"))
    assert "407" in sentence
    assert "proxy" in sentence
    assert "401" not in sentence


def test_r60_the_challenges_of_all_fields_are_named() -> None:
    sentence = explain(
        401,
        ("WWW-Authenticate", 'Bearer resource_metadata="https://a/.well-known/x", error="invalid_token"'),
        ("www-authenticate", 'DPoP algs="ES256", error_description="The token has expired"'),
    )
    assert "Bearer, DPoP" in sentence
    assert sentence.endswith("It says: The token has expired.")


def test_r60_a_401_without_a_challenge_says_so() -> None:
    assert "does not say which" in explain(401)


def test_the_servers_own_words_are_bounded() -> None:
    assert len(explain(401, ("WWW-Authenticate", f'Bearer error_description="{"x" * 10_000}"'))) < 400
    assert len(answer.wrong_content_type(Head(200, (("content-type", "x" * 10_000),)), "JSON")) < 400


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ((), "does not say how long"),
        ((("Retry-After", "7"),), "wait 7 s"),
        ((("Retry-After", "Thu, 01 Jan 1970 00:00:30 GMT"),), "wait 20 s"),
        ((("Retry-After", "soon"),), "does not say how long"),
    ],
)
def test_a_server_under_load_says_when_to_come_back(headers: tuple[tuple[str, str], ...], words: str) -> None:
    assert words in explain(429, *headers, now=10)
    assert words in explain(503, *headers, now=10)


def test_a_redirect_that_was_not_followed_is_told() -> None:
    assert "redirects (302)" in explain(302)


@pytest.mark.parametrize(
    ("content_type", "words"),
    [
        ("text/html; charset=utf-8", "a web page (HTML)"),
        ("application/xhtml+xml", "a web page (HTML)"),
        ("text/plain", "with text/plain"),
        (None, "with no Content-Type"),
    ],
)
def test_a_wrong_content_type_is_named(content_type: str | None, words: str) -> None:
    headers = (("content-type", content_type),) if content_type else ()
    assert words in answer.wrong_content_type(Head(200, headers), "application/json")


@given(
    st.integers(100, 999),
    st.lists(st.tuples(st.sampled_from(("www-authenticate", "retry-after")), st.text()), max_size=3).map(tuple),
)
def test_any_refusal_is_explained(status: int, headers: tuple[tuple[str, str], ...]) -> None:
    assert explain(status, *headers)


@pytest.mark.parametrize(
    ("status", "kind", "expects_answer", "meaning", "rules"),
    [
        (200, "application/json", True, Meaning.MESSAGE, []),
        (201, "text/event-stream", True, Meaning.EVENT_STREAM, []),
        (200, "text/plain", True, Meaning.FAILED, []),
        (202, "", True, Meaning.FAILED, ["request-accepted-without-answer"]),
        (202, "", False, Meaning.ACCEPTED, []),
        (204, "", False, Meaning.ACCEPTED, ["notification-not-202"]),
    ],
)
def test_r22_r42_a_success_means_the_same_in_both_eras(
    status: int, kind: str, expects_answer: bool, meaning: Meaning, rules: list[str]
) -> None:
    head = Head(status, (("Content-Type", kind),))
    verdict = answer.judge_success(head, expects_answer=expects_answer, section="Here")
    assert verdict.meaning is meaning
    assert [(breach.rule, breach.requirement) for breach in verdict.breaches] == [(rule, "Here") for rule in rules]


def test_a_notification_that_gets_a_body_says_of_which_type() -> None:
    head = Head(200, (("Content-Type", "application/json; charset=utf-8"),))
    (breach,) = answer.judge_success(head, expects_answer=False, section="Here").breaches
    assert breach.text == "A notification was answered with 200 and application/json instead of 202 without a body."


def test_a_broken_rule_is_a_failure_with_a_breach() -> None:
    verdict = answer.broken("some-rule", "It is so.", "Mend it.", "Here")
    assert (verdict.meaning, verdict.sentence) == (Meaning.FAILED, "It is so.")
    assert [breach.rule for breach in verdict.breaches] == ["some-rule"]
