"""Every form of expectation, met and not met, on rivers told by hand; and that a cut makes no difference."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.diagnose.engine import Engine
from inspector.expect.grammar import FORMS, parse
from inspector.expect.judge import Judge
from inspector.expect.verdict import MAX_MOMENTS, State, Verdict
from inspector.exports.check_formats import as_text
from inspector.exports.check_junit import as_junit
from inspector.exports.checking import Checking
from inspector.trace.events import (
    ConnectionState,
    EndCause,
    Framing,
    Message,
    MessageType,
    Outcome,
    Severity,
    Violation,
)
from tests.support.rivers import Talk
from tests.unit.stats.test_folding import emissions

NOTE = MessageType.NOTIFICATION
ENOUGH = 50


class Session(Talk):
    """A connection that stands, with calls on streams of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.state(ConnectionState.CONNECTING)
        self.state(ConnectionState.OPEN)

    def call(self, stream: int, tool: str = "search", **fields: Any) -> Message:
        self.send(stream)
        asked = self.ask(stream, name=tool, id=stream, **fields)
        self.headers(stream)
        return asked

    def progress(self, stream: int, to: Message) -> Message:
        return self.message(stream, NOTE, to, method="notifications/progress")

    def say(self, stream: int | None, method: str = "notifications/message", **fields: Any) -> Message:
        return self.message(stream, NOTE, None, method=method, **fields)

    def quiet(self, ms: float) -> None:
        """Time passes, and something that belongs to no call shows it."""
        self.wait(ms)
        self.state(ConnectionState.OPEN)

    def verdict(self, line: str, *, is_over: bool = False) -> Verdict:
        return self.into(Judge(parse(line))).verdicts(is_over=is_over)[0]


def called(*times_ms: float, tool: str = "search") -> Session:
    """Calls that are answered after these times, one after the other."""
    talk = Session()
    for stream, ms in enumerate(times_ms, start=1):
        asked = talk.call(stream, tool)
        talk.wait(ms)
        talk.answer(stream, asked)
        talk.end(stream)
    return talk


def test_nothing_came() -> None:
    for line, _ in FORMS:
        verdict = Judge(parse(line)).verdicts()[0]
        assert verdict.state is State.UNUSED and verdict.text.endswith("."), line


def test_an_answer_in_time_and_one_too_late() -> None:
    talk = called(100, 2500, 1500)
    verdict = talk.verdict("answer under 2s of search")
    assert (verdict.state, verdict.checked, verdict.failed, verdict.worst) == (State.FAIL, 3, 1, "2.500 s")
    second = [event for event in talk.since(0) if isinstance(event, Message)][2]
    assert verdict.evidence == (second.n,)
    failure = verdict.last_failure
    assert failure is not None and failure.at_ns == second.monotonic_ns + 2_000_000_000
    assert failure.at == pytest.approx(second.at + 2)
    assert talk.verdict("answer under 2500ms of search").state is State.PASS
    assert talk.verdict("answer under 1s of other").state is State.UNUSED


def test_a_call_without_an_answer_is_late_while_it_runs() -> None:
    talk = Session()
    talk.call(1)
    assert talk.verdict("answer under 2s").state is State.PENDING
    talk.wait(2_001)
    talk.state(ConnectionState.OPEN)
    assert talk.verdict("answer under 2s").state is State.FAIL


def test_of_an_answer_that_never_came_nobody_says_how_long_it_took() -> None:
    talk = called(100)
    asked = talk.call(7, "search")
    talk.wait(5_000)
    talk.fail(asked, Outcome.TIMED_OUT)
    verdict = talk.verdict("answer under 2s")
    assert verdict.worst == "over 2s" and verdict.text == "Not in time in 1 of 2 calls; the slowest took over 2s."
    talk.answer(8, talk.call(8, "search"))
    asked = talk.call(9, "search")
    talk.wait(3_000)
    talk.answer(9, asked)
    assert talk.verdict("answer under 2s").worst == "3.000 s"


def test_a_failure_is_told_in_bounded_words() -> None:
    talk = Session()
    talk.fail(talk.call(1, "x" * 100_000), Outcome.LOST)
    failure = talk.verdict("no errors").last_failure
    assert failure is not None and len(failure.text) < 500


def test_time_passes_between_events_only_where_it_is_said() -> None:
    talk = Session()
    asked = talk.call(1)
    judge = talk.into(Judge(parse("answer under 2s")))
    judge.advance(asked.monotonic_ns + 1_999_000_000)
    assert judge.verdicts()[0].state is State.PENDING
    judge.advance(asked.monotonic_ns + 2_000_000_001)
    assert judge.verdicts()[0].state is State.FAIL


@pytest.mark.parametrize(
    ("outcome", "state"),
    [(Outcome.LOST, State.FAIL), (Outcome.TIMED_OUT, State.FAIL), (Outcome.CANCELLED, State.UNUSED)],
)
def test_what_the_user_cancels_is_no_failure(outcome: Outcome, state: State) -> None:
    talk = Session()
    talk.fail(talk.call(1), outcome)
    for line in ("answer under 2s", "first event under 2s", "no errors"):
        assert talk.verdict(line).state is state, line


def test_the_first_event_of_a_call() -> None:
    talk = Session()
    first, second = talk.call(1), talk.call(2)
    talk.wait(200)
    talk.say(1)
    talk.wait(300)
    talk.answer(2, second)
    talk.answer(1, first)
    verdict = talk.verdict("first event under 300ms")
    assert (verdict.checked, verdict.failed, verdict.worst) == (2, 1, "500 ms")
    assert talk.verdict("first event under 500ms").state is State.PASS


def test_an_answer_without_events_is_the_first_thing_that_came() -> None:
    talk = Session()
    asked = talk.call(1)
    talk.wait(400)
    talk.answer(1, asked, framing=Framing.BODY)
    assert talk.verdict("first event under 300ms").state is State.FAIL
    assert talk.verdict("first event under 400ms").state is State.PASS


def test_first_progress_is_only_due_while_the_call_runs() -> None:
    talk = called(100)
    assert talk.verdict("first progress under 1s").state is State.UNUSED
    asked = talk.call(7)
    talk.wait(1_200)
    talk.progress(7, asked)
    verdict = talk.verdict("first progress under 1s")
    assert (verdict.state, verdict.checked, verdict.worst) == (State.FAIL, 1, "1.200 s")
    assert talk.verdict("first progress under 2s").state is State.PASS


def test_percentiles_wait_for_enough_answers() -> None:
    talk = called(*[10.0] * 18, 900)
    verdict = talk.verdict("p95 of search under 500ms")
    assert verdict.state is State.PENDING and "19 answers" in verdict.text and "20" in verdict.text
    assert talk.verdict("p95 of search under 500ms", is_over=True).state is State.UNUSED
    assert talk.verdict("p95 of search under 500ms after 19 calls").state is State.PASS
    assert talk.verdict("max of search under 500ms").state is State.FAIL
    assert talk.verdict("mean of search under 57ms").state is State.PASS
    assert talk.verdict("mean of search under 56ms").state is State.FAIL
    assert talk.verdict("p50 of search under 11ms").state is State.PASS


def test_a_percentile_can_recover() -> None:
    talk = called(10, 900, 10, 10, 10)
    verdict = talk.verdict("p50 of search under 100ms")
    assert verdict.state is State.PASS and verdict.failed == 1
    assert [moment.is_met for moment in verdict.moments] == [False, True]
    assert verdict.worst == "455 ms"


def test_gaps_in_a_call() -> None:
    talk = Session()
    asked = talk.call(1)
    talk.wait(9_000)
    talk.say(1)
    talk.wait(4_000)
    talk.say(1)
    assert (talk.verdict("no gap over 5s").worst, talk.verdict("no gap over 5s").checked) == ("4.000 s", 1)
    talk.wait(6_000)
    talk.answer(1, asked)
    talk.wait(60_000)
    talk.end(1)
    verdict = talk.verdict("no gap over 5s")
    assert (verdict.state, verdict.failed, verdict.worst) == (State.FAIL, 1, "6.000 s")
    assert talk.verdict("no gap over 6s").state is State.PASS


def test_gaps_between_the_events_of_a_filter() -> None:
    talk = Session()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    talk.wait(60_000)
    talk.say(1)
    talk.wait(3_000)
    talk.say(1, "notifications/other")
    talk.wait(3_000)
    talk.end(1)
    assert talk.verdict("no gap over 5s in stream:get").worst == "1 min 00 s"  # the headers are inbound, too
    assert talk.verdict("no gap over 5s in stream:get kind:message").worst == "3.000 s"
    assert talk.verdict("no gap over 5s in method:notifications/message").state is State.FAIL
    assert talk.verdict("no gap over 5s in stream:post").state is State.UNUSED


def test_a_single_event_makes_no_gap() -> None:
    assert called(100).verdict("no gap over 5s").state is State.UNUSED
    assert called(100).verdict("no gap over 5s in kind:response").state is State.UNUSED


def test_a_stream_that_ends_soon_says_nothing_of_heartbeats() -> None:
    talk = Session()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    talk.wait(3_000)
    talk.end(1)
    assert talk.verdict("heartbeat at least every 30s").state is State.UNUSED


def test_what_never_ends_is_forgotten_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("deadlines.MAX_WAITING", "watch_events.MAX_WAITING", "watch.MAX_WAITING", "calls.MAX_CALLS"):
        monkeypatch.setattr(f"inspector.expect.{limit}", ENOUGH)
    monkeypatch.setattr("inspector.record.query_events.MAX_REMEMBERED", ENOUGH)
    talk = Session()
    judge = Judge(parse(ALL))
    for stream in range(1, 2 * ENOUGH):
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
        talk.ask(stream, name="search", id=stream)
        talk.say(stream)
    talk.into(judge)
    sizes = [len(table) for table in _tables(judge)]
    assert max(sizes) == ENOUGH


@pytest.mark.parametrize("line", ["heartbeat at least every 30s", "no gap over 30s in stream:get"])
def test_an_old_stream_that_is_busy_is_not_the_one_forgotten(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("deadlines", "watch"):
        monkeypatch.setattr(f"inspector.expect.{module}.MAX_WAITING", ENOUGH)
    talk = Session()
    for stream in range(1, ENOUGH + 2):
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
        talk.say(1)
    talk.quiet(31_000)
    verdict = talk.verdict(line)
    assert (verdict.state, verdict.failed) == (State.FAIL, ENOUGH)


def _tables(judge: Judge) -> list[dict[Any, Any]]:
    """Whatever the watches, the books and the slide remember by key."""
    parts = [judge._book, judge._filters._slide, *(watch for _, watch in judge._watches)]
    parts += [part._waiting for part in parts if hasattr(part, "_waiting")]
    return [value for part in parts for value in vars(part).values() if isinstance(value, dict)]


def test_progress_again_and_again() -> None:
    talk = Session()
    asked = talk.call(1)
    for ms in (4_000, 4_000, 5_500):
        talk.wait(ms)
        talk.progress(1, asked)
    talk.wait(1_000)
    talk.answer(1, asked)
    verdict = talk.verdict("progress at least every 5s of search")
    assert (verdict.state, verdict.checked, verdict.failed, verdict.worst) == (State.FAIL, 4, 1, "5.500 s")
    assert talk.verdict("progress at least every 6s").state is State.PASS


def test_a_heartbeat_is_anything_on_an_open_stream() -> None:
    talk = Session()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    talk.wait(20_000)
    talk.comment(1)
    talk.wait(25_000)
    talk.say(1)
    assert talk.verdict("heartbeat at least every 30s").worst == "25.000 s"
    talk.wait(31_000)
    talk.end(1)
    assert talk.verdict("heartbeat at least every 30s").state is State.FAIL
    talk.wait(90_000)
    talk.state(ConnectionState.OPEN)
    assert talk.verdict("heartbeat at least every 30s").failed == 1


def test_an_event_after_each_call() -> None:
    line = "event method:notifications/message within 500ms of call search"
    talk = Session()
    first = talk.call(1)
    talk.call(2)
    talk.wait(100)
    talk.say(1)
    assert talk.verdict(line).checked == 1  # what belongs to the one call says nothing of the other
    talk.answer(1, first)
    talk.wait(350)
    talk.say(9)  # a stream of no call
    assert (talk.verdict(line).state, talk.verdict(line).worst) == (State.PASS, "450 ms")
    talk.call(3)
    talk.wait(600)
    talk.say(9)
    verdict = talk.verdict(line)
    assert (verdict.state, verdict.checked, verdict.failed) == (State.FAIL, 3, 1)


def test_a_request_of_ours_is_no_event_after_a_call() -> None:
    talk = Session()
    talk.call(1)
    talk.wait(100)
    talk.call(2, "other")
    talk.quiet(500)
    assert talk.verdict("event method:tools/call within 500ms of call search").state is State.FAIL


def test_what_is_about_another_call_is_no_event_after_this_one() -> None:
    """Over HTTP+SSE all of it comes on the stream of none."""
    talk = Session()
    talk.call(1)
    other = talk.call(2, "other")
    talk.progress(9, other)
    talk.quiet(501)
    assert talk.verdict("event method:notifications/progress within 500ms of call search").state is State.FAIL
    assert talk.verdict("event method:notifications/progress within 500ms of call other").state is State.PASS


def test_a_run_of_alike_events_is_cut_where_something_falls_due() -> None:
    talk = Session()
    talk.call(1)
    talk.wait(400)
    talk.say(9, raw=b"not yet")
    talk.wait(200)
    talk.say(9, raw=b"ready")
    assert talk.verdict("event text:ready within 500ms of call search").state is State.FAIL


def test_a_silence_within_a_run_of_alike_events_counts() -> None:
    talk = Session()
    talk.call(1)
    talk.say(1)
    talk.wait(6_000)
    talk.say(1)
    assert talk.verdict("no gap over 5s").state is State.FAIL


def test_requests_that_are_alike_are_calls_of_their_own() -> None:
    talk = Session()
    asked = [talk.ask(None, name="search", id=number) for number in range(3)]
    for each in asked:
        talk.answer(9, each)
    assert talk.verdict("answer under 2s").checked == 3


def test_what_follows_the_answer_is_not_of_the_call() -> None:
    talk = Session()
    asked = talk.call(1)
    talk.say(1)
    talk.answer(1, asked)
    talk.wait(3_000)
    talk.answer(1, asked)
    assert talk.verdict("no gap over 5s").worst == "0 µs"


def test_alike_messages_with_other_names_are_told_apart() -> None:
    talk = Session()
    for name in ("a", "a", "b", "a"):
        talk.say(9, name=name)
    assert talk.verdict("never name:b").failed == 1
    assert talk.verdict("at least 3 events name:a").state is State.PASS


def test_at_least_so_many() -> None:
    talk = Session()
    asked = talk.call(1)
    for _ in range(2):
        talk.progress(1, asked)
    line = "at least 3 events method:notifications/progress"
    assert talk.verdict(line).state is State.PENDING
    assert talk.verdict(line, is_over=True).state is State.FAIL
    assert talk.verdict(f"{line} during call search").state is State.PENDING
    talk.answer(1, asked)
    assert talk.verdict(f"{line} during call search").state is State.FAIL
    assert talk.verdict("at least 2 events method:notifications/progress during call search").state is State.PASS
    talk.progress(1, asked)
    assert talk.verdict(line).state is State.PASS


def test_never() -> None:
    talk = called(1, 1)
    assert talk.verdict("never status:error").state is State.PASS
    wrong = talk.message(9, MessageType.ERROR, method="tools/call", error_code=-32000)
    verdict = talk.verdict("never status:error")
    assert (verdict.state, verdict.evidence) == (State.FAIL, (wrong.n,))


def test_never_an_error_counts_results_with_is_error() -> None:
    talk = called(1, 1)
    failed = talk.answer(9, talk.call(9), is_tool_error=True)
    verdict = talk.verdict("never status:error")
    assert (verdict.state, verdict.evidence) == (State.FAIL, (failed.n,))


def test_errors() -> None:
    talk = called(1, 1)
    assert talk.verdict("no errors").state is State.PASS
    asked = talk.call(8, "other")
    talk.message(8, MessageType.ERROR, asked, error_code=-32603)
    assert talk.verdict("no errors of search").state is State.PASS
    verdict = talk.verdict("no errors")
    assert verdict.state is State.FAIL and "-32603" in verdict.text and verdict.failed == 1


def test_drops_and_uptime() -> None:
    talk = Session()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    assert talk.verdict("uptime over 99.9%").state is State.PENDING
    talk.wait(9_000)
    talk.comment(1)
    assert talk.verdict("no drops").state is State.PASS
    assert talk.verdict("uptime over 99.9%").state is State.PASS
    talk.end(1, EndCause.RESET)
    talk.state(ConnectionState.RECONNECTING, attempt=1)
    talk.wait(1_000)
    talk.state(ConnectionState.OPEN)
    verdict = talk.verdict("no drops")
    assert (verdict.state, verdict.failed) == (State.FAIL, 1) and verdict.evidence
    assert talk.verdict("uptime over 89.9%").state is State.PASS
    low = talk.verdict("uptime over 95%")
    assert (low.state, low.worst) == (State.FAIL, "90.000%")


def test_findings() -> None:
    talk = Session()
    talk.tell(Violation, rule="sse-bom", severity=Severity.WARN, text="It starts with a BOM.", about_n=0)
    engine = talk.into(Engine())
    judge = talk.into(Judge(parse("no finding above note\nno finding above warn"), engine.findings))
    note, warn = judge.verdicts()
    assert (note.state, note.failed, note.evidence) == (State.FAIL, 1, (0,)) and "sse-bom" in note.text
    assert warn.state is State.PASS


def test_it_can_begin_anew() -> None:
    talk = Session()
    talk.send(1, "GET", "stream")
    talk.headers(1)
    late, running = talk.call(2), talk.call(3)
    talk.wait(3_000)
    talk.answer(2, late)
    talk.tell(Violation, rule="sse-bom", severity=Severity.WARN, text="It starts with a BOM.", about_n=0)
    talk.wait(100)
    lines = "answer under 2s\nmax under 2s\nnever kind:violation\nno finding above note\nno drops\nuptime over 99%"
    judge = Judge(parse(lines), talk.into(Engine()).findings)
    before = len(talk)
    talk.into(judge)
    states = [verdict.state for verdict in judge.verdicts()]
    assert states[:4] == [State.FAIL] * 4
    judge.begin_anew()
    assert {verdict.state for verdict in judge.verdicts()} <= {State.UNUSED, State.PENDING, State.PASS}
    talk.wait(1_000)
    talk.answer(2, late)
    talk.answer(3, running)
    judge.fold(talk.since(before))
    assert [verdict.state for verdict in judge.verdicts()][2:] == [State.PASS] * 4
    talk.state(ConnectionState.RECONNECTING, attempt=1)
    judge.fold(talk.since(len(talk) - 1))
    assert judge.verdicts()[4].state is State.FAIL  # it knows that the connection stood before


@pytest.mark.parametrize("at", [math.inf, -math.inf, math.nan, 1e300])
def test_a_damaged_recording_is_judged_without_a_word(at: float) -> None:
    talk = called(100, 9_000)
    talk.message(1, MessageType.ERROR, method="tools/call")
    talk.tell(Violation, rule="sse-bom", severity=Severity.ERROR, text="A BOM.", about_n=-5)
    events = [msgspec.structs.replace(event, at=at if event.n % 2 else event.at) for event in talk.since(0)]
    engine, checking = Engine(), Checking(expectations=parse(ALL))
    engine.fold(events)
    judge = Judge(parse(ALL), engine.findings)
    judge.fold(events)
    assert {verdict.state for verdict in judge.verdicts()} >= {State.PASS, State.FAIL}
    checking.fold(events)
    checked = checking.outcome("x")
    assert "EXPECTATIONS" in as_text(checked) and "<testcase" in as_junit(checked, Severity.ERROR)


def test_tool_streams_are_calls_too() -> None:
    talk = Session()
    call = talk.call_stream(1, "search")
    talk.wait(100)
    talk.step(1, "started", call)
    talk.wait(700)
    talk.step(1, "progress", call)
    talk.step(1, "complete", call, rtt_ms=800.0)
    assert talk.verdict("first event under 100ms of search").state is State.PASS
    assert talk.verdict("first progress under 700ms").state is State.FAIL
    assert talk.verdict("answer under 800ms").state is State.PASS
    assert talk.verdict("no errors").state is State.PASS


def test_failures_are_all_counted_and_the_newest_kept() -> None:
    talk = called(*[20.0] * (MAX_MOMENTS + 10))
    verdict = talk.verdict("answer under 10ms")
    assert verdict.failed == MAX_MOMENTS + 10 and len(verdict.moments) == MAX_MOMENTS


ALL = "\n".join(
    (
        *(line for line, _ in FORMS),
        "first event under 2s of *",
        "answer under 3s of ping",
        "p50 of ping under 1s",
        "no gap over 2s of *",
        "no gap over 1s in stream:get",
        "progress at least every 1s of *",
        "heartbeat at least every 2s",
        "event kind:notification within 1s of call *",
        "at least 2 events size<10 during call ping",
        "never method:ping dir:in",
        "no errors of *",
    )
)


@given(
    st.lists(st.tuples(emissions, st.just(0.0) | st.floats(0, 3)), max_size=40),
    st.lists(st.integers(0, 40), max_size=5).map(sorted),
)
def test_one_piece_or_many(told: list[tuple[tuple[Any, dict[str, Any]], float]], cuts: list[int]) -> None:
    talk = Talk()
    for (event, fields), pause_s in told:
        talk.clock.advance(pause_s)
        talk.tell(event, **fields)
    whole, pieces, single = talk.into(Judge(parse(ALL))), Judge(parse(ALL)), Judge(parse(ALL))
    start = 0
    for cut in [*cuts, len(talk)]:
        pieces.fold(talk.since(start, max(0, cut - start)))
        start = max(start, cut)
    for n in range(len(talk)):
        single.fold(talk.since(n, 1))
    assert pieces.verdicts() == whole.verdicts() == single.verdicts()
    assert pieces.verdicts(is_over=True) == single.verdicts(is_over=True)


@given(
    st.lists(st.tuples(st.sampled_from([1, 2, None]), st.none() | st.just(3), st.sampled_from([0, 0, 0, 300, 2500])))
)
def test_a_flood_is_judged_as_if_its_events_came_one_by_one(told: list[tuple[int | None, int | None, int]]) -> None:
    talk = Session()
    talk.call(1)
    talk.call(2)
    for stream, request_n, ms in told:
        talk.wait(ms)
        for method in ("notifications/message", "notifications/progress", "notifications/message"):
            talk.message(stream, NOTE, request_n=request_n, method=method)
    single = Judge(parse(ALL))
    for n in range(len(talk)):
        single.fold(talk.since(n, 1))
    assert talk.into(Judge(parse(ALL))).verdicts() == single.verdicts()
