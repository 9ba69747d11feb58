"""The language of expectations: what it says, what it does not, and where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.expect import expectation as forms
from inspector.expect.expectation import Duration, Expectation, Milestone, least_calls
from inspector.expect.grammar import FORMS, MAX_CHARS, MAX_EXPECTATIONS, ExpectationError, parse, read
from inspector.trace.events import Severity

SECOND = Duration("1", "s")

durations = st.builds(
    Duration,
    st.integers(1, 9_999).map(str) | st.sampled_from(["0.5", "1.50", "007"]),
    st.sampled_from(["us", "ms", "s", "min"]),
)
names = st.sampled_from(
    ["search", "tools/list", "*", "of", "under", "a#b", "#a", 'say "it"', "two words", "back\\slash", "é"]
)
optional_names = names | st.just("")
filters = st.sampled_from(
    [
        "status:error",
        "a or -b",
        'text:" within 5ms of call x"',
        "kind:(request, error)",
        'x "#1"',
        "dur > 5",
        "it's",
        "a  b",
    ]
)
expectations = st.one_of(
    st.builds(forms.InTime, st.sampled_from(Milestone), durations, optional_names),
    st.builds(
        forms.Figure, st.sampled_from(["p50", "p99.9", "mean", "max"]), durations, optional_names, st.integers(1, 500)
    ),
    st.builds(forms.NoGap, durations, optional_names),
    st.builds(lambda limit, wanted: forms.NoGap(limit, filter=wanted), durations, filters),
    st.builds(forms.ProgressEvery, durations, optional_names),
    st.builds(forms.HeartbeatEvery, durations),
    st.builds(forms.EventWithin, filters, durations, names),
    st.builds(forms.AtLeast, st.integers(1, 1_000_000), filters, optional_names),
    st.builds(forms.Never, filters),
    st.builds(forms.NoErrors, optional_names),
    st.just(forms.NoDrops()),
    st.builds(forms.Uptime, st.sampled_from(["99.9", "100", "0.5"])),
    st.builds(forms.NoFinding, st.sampled_from([Severity.CHAT, Severity.NOTE, Severity.WARN])),
)


@given(st.lists(expectations, unique=True, max_size=10))
def test_what_is_written_is_read_again(said: list[Expectation]) -> None:
    assert parse("\n".join(map(str, said))) == said


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("first event under 300ms", forms.InTime(Milestone.EVENT, Duration("300", "ms"))),
        ("First Event of search BELOW 300 ms", forms.InTime(Milestone.EVENT, Duration("300", "ms"), "search")),
        ("answer under 1s of 'a b'", forms.InTime(Milestone.ANSWER, SECOND, "a b")),
        ("p95 of search under 1s", forms.Figure("p95", SECOND, "search", 20)),
        ("p50 under 1s after 7 calls", forms.Figure("p50", SECOND, "", 7)),
        ("p95.0 under 1s", forms.Figure("p95", SECOND, "", 20)),
        ("no gap over 1s of search", forms.NoGap(SECOND, "search")),
        ("no gap over 1s in stream:get # remark", forms.NoGap(SECOND, filter="stream:get")),
        ("never text:'#1' #2", forms.Never("text:'#1'")),
        ("no findings", forms.NoFinding(Severity.CHAT)),
        ("event a within b within 1s of call x", forms.EventWithin("a within b", SECOND, "x")),
        ("an event matching a b within 1s of call x", forms.EventWithin("a b", SECOND, "x")),
        ("An event a within 1s of call x", forms.EventWithin("a", SECOND, "x")),
        ("at least 1 event a", forms.AtLeast(1, "a")),
    ],
)
def test_forms(line: str, said: Expectation) -> None:
    assert parse(line) == [said]


def test_remarks_and_empty_lines_say_nothing() -> None:
    assert parse("# for the demo server\n\n  \r\nno drops  # ever\r\nno drops\n") == [forms.NoDrops()]


@pytest.mark.parametrize(
    ("line", "part", "says"),
    [
        ("frist event under 3ms", "frist", 'did you mean "first"?'),
        ("no gap ovr 5s", "ovr", '"over" stands here'),
        ("answer under 5", "5", "A unit is missing"),
        ("answer under 5 of x", "5", "A unit is missing"),
        ("answer under 5parsecs", "5parsecs", "is not known"),
        ("answer under soon", "soon", "is no time"),
        ("answer under 0s", "0s", "above 0"),
        ("p0 under 5s", "p0", "between 0 and 100"),
        ("uptime over 99", "99", "percent"),
        ("uptime over 101%", "101%", "percent"),
        ("no finding above bad", "bad", "chat, note or warn"),
        ("at least many events a", "many", "whole number"),
        ("never stauts:error", "stauts:error", 'did you mean "status"?'),
        ("event dur>x within 5ms of call y", "x", "is no number here"),
        ("no drops please", "please", "complete before this"),
        ('answer under 2s of "a', '"a', "quote is not closed"),
        ('answer under 2s of ""', '""', "1 to 200 characters"),
        ("never -(finding:any kind:http)", "-(finding:any kind:http)", "no finding above note"),
        ("an answer under 3ms", "answer", '"event" stands here'),
        ("hello", "hello", "is not understood here. An expectation begins with"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line: str, part: str, says: str) -> None:
    with pytest.raises(ExpectationError, match="line 3") as caught:
        parse(f"no drops\n\n {line}")
    error = caught.value
    text = f"no drops\n\n {line}"
    assert text[error.position : error.position + error.length] == part
    assert says in error.sentence and error.sentence[-1] in ".?"


def test_a_text_is_read_as_far_as_it_can_be() -> None:
    script = read("no drops\nno way\nno errors")
    assert script.expectations == (forms.NoDrops(), forms.NoErrors())
    assert [problem.line for problem in script.problems] == [2]


def test_there_is_an_end() -> None:
    many = "\n".join(f"answer under {number}ms" for number in range(1, MAX_EXPECTATIONS + 3))
    assert len(read(many).expectations) == MAX_EXPECTATIONS and len(read(many).problems) == 2
    assert len(read("x\n" * 5_000).problems) == MAX_EXPECTATIONS
    assert "shorten" in read("#" * (MAX_CHARS + 1)).problems[0].sentence


def test_every_form_of_the_help_is_one() -> None:
    assert len({type(parse(line)[0]) for line, _ in FORMS}) == 12
    assert all(str(parse(line)[0]) == line for line, _ in FORMS)


def test_how_many_answers_make_a_percentile() -> None:
    assert [least_calls(figure) for figure in ("p50", "p95", "p99", "p99.9", "mean")] == [2, 20, 100, 1000, 1]


WORDS = "no gap over event within of call p95 first under 5s 300ms at least 3 events never in status:error -a ( )"
words = st.sampled_from([*WORDS.split(), "#", '"', "'", "\\", "\n"])


@given(st.text() | st.lists(words, max_size=12).map(" ".join))
@example("event \x00 within 5s of call \x00")
@example("answer under 5s of \x00")
def test_any_text_is_read_or_told_what_is_wrong(text: str) -> None:
    script = read(text)
    for problem in script.problems:
        assert 0 <= problem.position <= len(text) and problem.length > 0 and problem.sentence
        assert text[: problem.position].count("\n") == problem.line - 1
    assert read("\n".join(map(str, script.expectations))).expectations == script.expectations
