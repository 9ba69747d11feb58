"""The verdicts of a check as people, programs and build servers read them."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import pytest

from inspector.expect.grammar import parse
from inspector.expect.verdict import State, Verdict
from inspector.exports import check_verdicts
from inspector.exports.check_formats import as_json, as_markdown, as_text
from inspector.exports.check_junit import as_junit
from inspector.exports.checking import Checked, Checking
from inspector.trace.events import Severity
from tests.support.rivers import Talk

LINES = "answer under 2s of search\nno errors\nnever status:error\nfirst progress under 1s of other"


def checked(*times_ms: float, fails_unexercised: bool = False, lines: str = LINES) -> Checked:
    """A check of a session with calls of `search` that took these times."""
    talk = Talk()
    for stream, ms in enumerate(times_ms, start=1):
        talk.send(stream)
        asked = talk.ask(stream, name="search", id=stream)
        talk.wait(ms)
        talk.answer(stream, asked)
        talk.end(stream)
    checking = Checking(rules={}, expectations=parse(lines), fails_unexercised=fails_unexercised)
    checking.fold(talk.since(0))
    return checking.outcome("http://h/mcp")


def test_a_check_judges_to_the_end() -> None:
    found = checked(100, 3_000)
    assert [verdict.state for verdict in found.verdicts] == [State.FAIL, State.PASS, State.PASS, State.UNUSED]
    assert not found.is_ok(Severity.ERROR) and checked(100).is_ok(Severity.ERROR)
    (few,) = checked(100, lines="at least 9 events kind:request").verdicts
    assert few.state is State.FAIL


def test_what_is_not_exercised_fails_only_where_that_is_wanted() -> None:
    strict = checked(100, fails_unexercised=True)
    assert [str(verdict.expectation) for verdict in strict.broken] == ["first progress under 1s of other"]
    assert not strict.is_ok(Severity.ERROR)


def test_people_read_it() -> None:
    text = as_text(checked(100, 3_000))
    assert "2 of 4 expectations met, 1 not met, 1 not exercised." in text
    assert "✖ answer under 2s of search\n  not met · Not in time in 1 of 2 calls" in text
    assert "2.000 s" not in text and "2s after the call its answer had not come. (#" in text
    assert "○ first progress under 1s of other\n  not exercised · " in text
    assert "EXPECTATIONS" not in as_text(checked(100, lines=""))


def test_a_bug_report_holds_it_without_markup_of_others() -> None:
    page = as_markdown(checked(100, 3_000, lines="answer under 2s of <b>search</b>\nanswer under 1s"))
    assert "## Expectations" in page and "- ✖ answer under 1s — not met" in page
    assert "<b>" not in page


def test_programs_read_it() -> None:
    document = as_json(checked(100, 3_000), Severity.ERROR)
    assert document["ok"] is False
    late, fine, _, idle = document["expectations"]
    assert (late["state"], late["checked"], late["failed"], late["worst"]) == ("fail", 2, 1, "3.000 s")
    assert late["failures"][0]["evidence"] == late["evidence"] and late["expectation"] == "answer under 2s of search"
    assert (fine["state"], fine["failures"], idle["state"]) == ("pass", [], "unused")


def test_only_the_latest_failures_are_written_out() -> None:
    late = checked(*[3_000.0] * 15, lines="answer under 2s")
    (lines,) = [as_text(late).split("EXPECTATIONS")[1]]
    assert lines.count("had not come") == check_verdicts.MAX_FAILURES and "5 more before" in lines


@pytest.mark.parametrize(("strict", "failures", "skipped"), [(False, "1", "1"), (True, "2", "0")])
def test_build_servers_read_it(strict: bool, failures: str, skipped: str) -> None:
    written = as_junit(checked(100, 3_000, fails_unexercised=strict), Severity.ERROR)
    (suite,) = ElementTree.fromstring(written)  # noqa: S314 - our own text
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", failures, skipped)
    cases = {case.get("name"): case for case in suite if case.get("classname") == "Expectations"}
    assert list(cases) == LINES.split("\n")
    (failure,) = cases["answer under 2s of search"]
    assert failure.tag == "failure" and "Not in time in 1 of 2 calls" in failure.get("message", "")
    assert "(#" in (failure.text or "")
    (idle,) = cases["first progress under 1s of other"]
    assert idle.tag == ("failure" if strict else "skipped") and "No call of other" in idle.get("message", "")
    (fine,) = cases["no errors"]
    assert fine.tag == "system-out"


def test_text_of_the_user_is_escaped_in_xml() -> None:
    verdict = dataclasses.replace(checked(1).verdicts[0], text="a\x00<b>\ufffe", state=State.FAIL)
    written = as_junit(dataclasses.replace(checked(1), verdicts=(verdict,)), Severity.ERROR)
    (suite,) = ElementTree.fromstring(written)  # noqa: S314
    assert "a\\x00<b>\\ufffe" in (suite[1][0].text or "")


def test_nothing_expected_nothing_said() -> None:
    none: tuple[Verdict, ...] = ()
    assert check_verdicts.summary(none) == "" and list(check_verdicts.markdown(none)) == []
