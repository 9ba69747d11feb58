"""Violations become findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given

from inspector.diagnose.cases import DOUBT, TIMED
from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import MAX_EVIDENCE, Finding
from inspector.diagnose.rule import Group, Rule, Watch
from inspector.diagnose.rules import ALL
from inspector.diagnose.titles import title_of
from inspector.diagnose.topics import Topic
from inspector.protocol.stall import told
from inspector.trace.clock import FakeClock
from inspector.trace.events import (
    AttemptMade,
    ConnectionState,
    EndCause,
    SessionReady,
    Severity,
    StreamEnded,
    Violation,
)
from inspector.trace.river import River
from tests.support.deliveries import Delivery
from tests.support.diagnosed import Watched
from tests.support.floods import CHUNKS, CUTS, flood, folded
from tests.support.rivers import Talk


def violate(
    river: River, rule: str, severity: Severity, text: str, *, about_n: int | None = None, fix: str = ""
) -> None:
    river.emit(Violation, rule=rule, severity=severity, text=text, about_n=about_n, fix=fix, requirement="R1")


def diagnosed(river: River) -> list[Finding]:
    engine = Engine()
    engine.fold(river.since(0))
    return engine.findings()


def test_one_rule_is_one_finding_with_its_first_and_last_text() -> None:
    river = River(FakeClock())
    for stream in (1, 2, 3):
        violate(river, "sse-odd", Severity.WARN, f"Stream {stream} starts with a BOM.", about_n=stream, fix="Drop it.")
    (finding,) = diagnosed(river)
    assert (finding.rule, finding.title, finding.grade, finding.count) == ("sse-odd", "SSE odd", "proven", 3)
    assert finding.text == "Stream 1 starts with a BOM.\n\nMost recently: Stream 3 starts with a BOM."
    assert (finding.fix, finding.requirement, finding.evidence) == ("Drop it.", "R1", (1, 2, 3))


def test_the_gravest_come_first_then_the_earliest() -> None:
    river = River(FakeClock())
    violate(river, "b", Severity.NOTE, "Early.")
    violate(river, "c", Severity.ERROR, "Late.")
    violate(river, "a", Severity.ERROR, "Later.")
    violate(river, "d", Severity.CHAT, "Last.")
    assert [finding.rule for finding in diagnosed(river)] == ["c", "a", "b", "d"]


def test_a_rule_is_as_grave_as_its_gravest_case() -> None:
    river = River(FakeClock())
    for severity in (Severity.WARN, Severity.ERROR, Severity.NOTE):
        violate(river, "sse-bom", severity, "Text.")
    (finding,) = diagnosed(river)
    assert (finding.severity, finding.text) == (Severity.ERROR, "Text.")


def test_evidence_is_bounded_and_the_count_is_not() -> None:
    river = River(FakeClock())
    for _ in range(100):
        violate(river, "sse-bom", Severity.WARN, "Text.")
    (finding,) = diagnosed(river)
    assert finding.evidence == tuple(range(MAX_EVIDENCE))
    assert finding.count == 100


def test_what_is_no_violation_is_no_finding() -> None:
    river = River(FakeClock())
    river.emit(SessionReady, transport="http+sse", protocol_version="2024-11-05", server_name="s", server_version="1")
    assert diagnosed(river) == []


class Openness(Watch):
    """Says at each end how many streams are still open."""

    rules = ("openness",)

    def reactions(self) -> Mapping[Topic, Callable[[Any], None]]:
        return {Topic.END: self._on_end}

    def _on_end(self, event: StreamEnded) -> None:
        self.found(f"{len(list(self.context.exchanges.open()))} open.", (event.n,))


OPENNESS = Rule(
    id="openness",
    group=Group.DELIVERY,
    title="Openness",
    severity=Severity.NOTE,
    symptom="",
    cause="",
    fix="",
    watch=Openness,
)


def test_no_watch_knows_what_comes_later_in_the_same_run() -> None:
    talk = Talk()
    for stream in (1, 2, 3):
        talk.send(stream)
    for stream in (1, 2, 3):
        talk.end(stream)
    (finding,) = talk.into(Engine(rules={OPENNESS.id: OPENNESS})).findings()
    assert finding.text == "2 open.\n\nMost recently: 0 open."


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        ("response-id-unknown", "Response id unknown"),
        ("jsonrpc-invalid-json", "JSON-RPC invalid JSON"),
        ("tcp_reset", "TCP reset"),
        ("", ""),
    ],
)
def test_a_rule_has_a_readable_title(rule: str, title: str) -> None:
    assert title_of(rule) == title


def cuts_of_a_run_around_a_sleep(talk: Talk) -> None:
    """The wall clock jumps between two ends that come at once."""
    for stream in (1, 2, 3):
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
    talk.wait(1_000)
    for stream in (1, 2, 3):
        talk.clock._start += 3_600 if stream == 2 else 0
        talk.end(stream, EndCause.RESET, error="<StreamReset stream_id:1, error_code:2>")


def answers_to_one_request(talk: Talk) -> None:
    """Two of them in one chunk, on streams that are not its own."""
    talk.send(1)
    asked = talk.ask(1, id=1)
    for stream in (2, 3):
        talk.send(stream, "GET", "stream")
        talk.headers(stream)
    for stream in (2, 3):
        talk.answer(stream, asked, id=1)


@pytest.mark.parametrize("tell", [cuts_of_a_run_around_a_sleep, answers_to_one_request])
def test_alike_events_of_one_moment_are_judged_as_if_they_came_one_by_one(tell: Callable[[Talk], None]) -> None:
    talk = Talk()
    talk.state(ConnectionState.OPEN)
    talk.tell(AttemptMade, transport="streamable-http", verdict="", succeeded=True)
    tell(talk)
    one_by_one = Engine()
    for event in talk.since(0):
        one_by_one.fold([event])
    assert talk.into(Engine()).findings() == one_by_one.findings() != []


def held_back(talk: Delivery, stream: int) -> None:
    """By the stamps of the server its events were written over 1.5 seconds; they come at once."""
    talk.send(stream)
    asked = talk.ask(stream, name="work", id=stream)
    talk.wait(1)
    talk.head(stream)
    talk.wait(2_500)
    for ago_s in (2.0, 1.5, 1.0, 0.5):
        talk.notify(stream, talk.now(ago_s))
    talk.answer(stream, asked, id=stream, rtt_ms=2_501)
    talk.end(stream)


def slow(talk: Delivery, severity: Severity) -> None:
    talk.wait(50)
    talk.tell(Violation, rule="slow-consumer-us", severity=severity, text="This program stood still for 2.5 s.")


def batched(talk: Delivery) -> Finding | None:
    found = {each.rule: each for each in talk.into(Engine()).findings()}
    one_by_one = Engine()
    for event in talk.since(0):
        one_by_one.fold([event])
    assert found == {each.rule: each for each in one_by_one.findings()}
    return found.get("stream-batched-at-end")


def test_what_came_late_because_we_stood_still_is_no_proof() -> None:
    talk = Delivery()
    held_back(talk, 1)
    sound = batched(talk)
    assert sound is not None and (sound.grade, sound.severity) == ("proven", Severity.ERROR)
    slow(talk, Severity.NOTE)
    doubtful = batched(talk)
    assert doubtful is not None and (doubtful.grade, doubtful.severity) == ("hint", Severity.NOTE)
    assert doubtful.text.endswith(DOUBT)
    talk.wait(10_000)
    held_back(talk, 2)
    again = batched(talk)
    assert again is not None and (again.grade, again.count) == ("proven", 2) and DOUBT not in again.text


@pytest.mark.parametrize(("stood_s", "grade"), [(24.0, "hint"), (6.0, "likely")])
def test_what_a_silence_proved_while_we_stood_still_is_in_doubt_live_and_in_the_recording(
    stood_s: float, grade: str
) -> None:
    talk, live = Delivery(), Engine()
    talk.ask_for_stream(1)
    talk.head(1)
    talk.chunk(1, b'data: {"jsonrpc":"2.0","method":"notifications/message"}\n')
    live.fold(talk.since(0))
    seen = len(talk)
    talk.wait(25_000)
    live.advance(talk.clock.monotonic_ns())
    talk.comment(1)
    talk.tell(Violation, rule="slow-consumer-us", severity=Severity.NOTE, text=told(stood_s))
    live.fold(talk.since(seen))
    found = {each.rule: each for each in live.findings()}
    assert found == {each.rule: each for each in talk.into(Engine()).findings()}
    assert found["sse-missing-blank-line"].grade == grade


def test_what_was_proven_long_before_stays_proven() -> None:
    talk = Delivery()
    held_back(talk, 1)
    talk.wait(10_000)
    slow(talk, Severity.WARN)
    found = batched(talk)
    assert found is not None and found.grade == "proven"


@pytest.mark.parametrize(("rest_ms", "is_found"), [(1_000, False), (40_000, True)])
def test_while_we_are_slow_nothing_is_found_by_times(rest_ms: float, is_found: bool) -> None:
    talk = Delivery()
    slow(talk, Severity.WARN)
    talk.wait(rest_ms)
    held_back(talk, 1)
    assert (batched(talk) is not None) is is_found


def test_what_breaks_while_we_are_slow_is_broken_all_the_same() -> None:
    talk = Delivery()
    slow(talk, Severity.WARN)
    talk.ask_for_stream(1)
    talk.head(1)
    talk.wait(1_000)
    talk.end(1, EndCause.RESET)
    slow(talk, Severity.NOTE)
    found = {each.rule: each for each in talk.into(Engine()).findings()}
    assert found["tcp-reset"].grade == "proven"


def test_the_rules_that_go_by_times_are_there() -> None:
    assert set(ALL) >= TIMED


@given(CHUNKS, CUTS)
def test_a_flood_is_judged_the_same_in_any_pieces(chunks: Any, cuts: list[int]) -> None:
    talk = Watched(tuple(ALL.values()))
    for stream in (1, 2):
        talk.listen(stream)
    events = flood(talk, chunks)
    found = [folded(Engine(), events, sizes).findings() for sizes in ([1], cuts, [10_000])]
    assert found[0] == found[1] == found[2]
