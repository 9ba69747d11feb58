"""Availability as conversations: what fell, why, for how long, and what was no drop."""

from __future__ import annotations

from typing import Any

import pytest

from inspector.stats.availability import Availability, AvailabilityReport
from inspector.stats.drops import FORGOTTEN, IDLE, Blame, LossKind
from inspector.trace.events import ConnectionState, EndCause, Message, Outcome, SessionReady
from tests.support.rivers import Talk

OPEN, RECONNECTING, CLOSED = ConnectionState.OPEN, ConnectionState.RECONNECTING, ConnectionState.CLOSED


class Line(Talk):
    """A river about one connection, and what it comes to."""

    def turn(self, state: ConnectionState, after_s: float = 0.0, **fields: Any) -> None:
        self.clock.advance(after_s)
        self.state(state, **fields)

    def connect(self) -> None:
        self.turn(ConnectionState.CONNECTING)
        self.turn(OPEN, 1)
        self.tell(SessionReady, transport="x", protocol_version="x", server_name="", server_version="")

    def listen(self, cursor: str | None = None, status: int = 200) -> int:
        stream = self.next_stream()
        headers = () if cursor is None else (("Last-Event-ID", cursor),)
        self.send(stream, "GET", "resume" if cursor else "stream", headers=headers)
        self.headers(stream, status)
        return stream

    def call(self) -> tuple[int, Message]:
        stream = self.next_stream()
        asked = self.ask(stream, name="echo")
        self.send(stream)
        self.headers(stream)
        return stream, asked

    def pause(self, **fields: Any) -> None:
        """The connection stands, but one of its streams is to be opened again."""
        self.state(OPEN, **{"attempt": 1, "delay_ms": 1_000.0, **fields})

    def drop_and_return(self, up_s: float, down_s: float, cause: EndCause = EndCause.RESET) -> None:
        """A listening stream breaks, the server is gone, and comes back."""
        stream = self.listen()
        self.clock.advance(up_s)
        self.end(stream, cause)
        self.turn(RECONNECTING)
        self.turn(OPEN, down_s)

    def report(self, since_ns: int | None = None) -> AvailabilityReport:
        return self.into(Availability()).report(self.clock.monotonic_ns(), since_ns)


def test_nothing_folded_is_nothing_measured() -> None:
    report = Availability().report()
    assert (report.uptime_share, report.drops, report.worst_silence_ms, report.storm_now) == (None, 0, None, None)
    assert (report.mean_time_between_drops_ms, report.mean_downtime_ms, report.drops_by_cause) == (None, None, ())


def test_three_drops_and_their_causes() -> None:
    talk = Line()
    talk.connect()
    talk.drop_and_return(10, 1)
    talk.drop_and_return(20, 2)
    talk.drop_and_return(30, 6, EndCause.CUT_MID_BODY)
    report = talk.report()
    assert (report.drops, report.up_ms, report.down_ms) == (3, 60_000.0, 9_000.0)
    assert report.uptime_share == pytest.approx(60 / 69)
    assert report.mean_time_between_drops_ms == 20_000.0
    assert (report.mean_downtime_ms, report.longest_downtime_ms) == (3_000.0, 6_000.0)
    assert report.drops_by_cause == (("connection reset", 2), ("cut in the middle of the body", 1))
    assert [(drop.kind, drop.is_back) for drop in report.drops_listed] == [(LossKind.CONNECTION, True)] * 3


def test_what_is_down_since_before_a_window_is_down_in_it() -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.clock.advance(10)
    talk.end(stream, EndCause.RESET)
    talk.turn(RECONNECTING)
    talk.clock.advance(300)
    report = talk.report(talk.clock.monotonic_ns() - 60_000_000_000)
    assert (report.is_down, report.uptime_share, report.down_ms, report.drops) == (True, 0.0, 60_000.0, 0)


@pytest.mark.parametrize("window_s", [None, 1, 8, 30])
@pytest.mark.parametrize("drops", [3, 1_200])
def test_the_share_alone_is_that_of_the_report(drops: int, window_s: int | None) -> None:
    talk = Line()
    talk.connect()
    for drop in range(drops):
        talk.drop_and_return(3, drop % 5)
    talk.end(talk.listen(), EndCause.RESET)
    talk.turn(RECONNECTING)
    talk.clock.advance(2)
    now_ns = talk.clock.monotonic_ns()
    since_ns = None if window_s is None else now_ns - window_s * 1_000_000_000
    share = talk.into(Availability()).uptime_share(now_ns, since_ns)
    assert share == talk.report(since_ns).uptime_share != 1.0


def test_a_window_sees_what_reaches_into_it() -> None:
    talk = Line()
    talk.connect()
    talk.drop_and_return(10, 4)
    since_ns = talk.clock.monotonic_ns() - 1_000_000_000
    talk.drop_and_return(10, 1)
    report = talk.report(since_ns)
    assert (report.drops, report.down_ms, report.up_ms) == (1, 2_000.0, 10_000.0)
    assert (report.mean_downtime_ms, report.drops_by_cause) == (1_000.0, (("connection reset", 1),))
    later = talk.report(talk.clock.monotonic_ns())
    assert (later.drops, later.uptime_share, later.drops_listed) == (0, None, ())


def test_a_downtime_that_lasts_counts_until_now() -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.clock.advance(5)
    talk.end(stream, EndCause.RESET)
    talk.turn(RECONNECTING)
    talk.clock.advance(15)
    report = talk.report()
    assert (report.uptime_share, report.is_down, report.longest_downtime_ms) == (0.25, True, 15_000.0)
    assert talk.into(Availability()).report().down_ms == 0.0  # as of the last event


def test_giving_up_ends_the_downtime() -> None:
    talk = Line()
    talk.connect()
    talk.turn(RECONNECTING, 5)
    talk.turn(CLOSED, 5)
    talk.clock.advance(100)
    report = talk.report()
    assert (report.down_ms, report.drops, report.is_down) == (5_000.0, 1, False)
    assert report.drops_listed[0].is_back is False


def test_what_the_user_does_is_no_drop() -> None:
    talk = Line()
    talk.connect()
    for cause in (EndCause.CLOSED_BY_US, EndCause.CANCELLED_BY_US, EndCause.TIMED_OUT_BY_US, EndCause.COMPLETE):
        stream, asked = talk.call()
        talk.end(stream, cause)
        talk.fail(asked, Outcome.CANCELLED)
    stream = talk.listen()
    talk.end(stream, EndCause.CLOSED_BY_US)
    talk.turn(CLOSED, 10)
    report = talk.report()
    assert (report.drops, report.uptime_share, report.down_ms, report.calls_lost) == (0, 1.0, 0.0, ())


def test_streams_that_break_together_are_one_drop() -> None:
    talk = Line()
    talk.connect()
    listening = talk.listen()
    (one, asked), (two, other) = talk.call(), talk.call()
    talk.end(one, EndCause.CUT_MID_BODY)
    talk.fail(asked, Outcome.LOST)
    talk.wait(1)
    talk.end(listening, EndCause.CUT_MID_BODY)
    talk.fail(other, Outcome.LOST)
    talk.wait(5)
    talk.turn(RECONNECTING)
    talk.end(two, EndCause.CUT_MID_BODY)
    talk.turn(OPEN, 1)
    report = talk.report()
    assert report.drops_by_cause == (("cut in the middle of the body", 1),)
    assert [(lost.method, lost.request_n) for lost in report.calls_lost] == [
        ("tools/call", asked.n),
        ("tools/call", other.n),
    ]
    assert (report.calls_lost_count, report.down_ms) == (2, 1_000.0)


def test_streams_that_break_together_while_the_connection_stands_are_one_drop() -> None:
    talk = Line()
    talk.connect()
    listening = talk.listen()
    call, asked = talk.call()
    talk.end(call, EndCause.RESET)
    talk.fail(asked, Outcome.LOST)
    talk.wait(20)
    talk.end(listening, EndCause.RESET)
    talk.pause()
    talk.clock.advance(1)
    talk.listen()
    (drop,) = talk.report().drops_listed
    assert (drop.kind, drop.is_back) == (LossKind.LISTENING, True)
    talk.clock.advance(5)
    call, asked = talk.call()
    talk.end(call, EndCause.RESET)
    talk.fail(asked, Outcome.LOST)
    assert talk.report().drops == 2


def test_a_listening_stream_that_breaks_alone_takes_no_uptime() -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.clock.advance(10)
    talk.end(stream, EndCause.CUT_MID_BODY, error="incomplete chunked read")
    talk.wait(5)
    talk.pause(last_event_id="7")
    talk.clock.advance(2)
    talk.listen("7")
    talk.clock.advance(5)
    report = talk.report()
    (drop,) = report.drops_listed
    assert (drop.kind, drop.words, drop.stream, drop.last_event_id) == (LossKind.LISTENING, "FIN", stream, "7")
    assert (report.uptime_share, report.down_ms, report.drops) == (1.0, 0.0, 1)
    assert report.mean_downtime_ms == pytest.approx(2_005.0)


def test_a_stream_that_is_not_offered_any_more_never_comes_back() -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.end(stream, EndCause.CUT_MID_BODY)
    talk.state(OPEN, reason="There is no notification stream.")
    talk.clock.advance(100)
    report = talk.report()
    assert (report.drops, report.mean_downtime_ms, report.drops_listed[0].is_back) == (1, None, False)


def test_the_stream_of_a_call_that_is_resumed_is_a_drop() -> None:
    talk = Line()
    talk.connect()
    stream, _ = talk.call()
    talk.end(stream, EndCause.RESET)
    talk.pause(last_event_id="a-1")
    talk.clock.advance(1)
    resumed = talk.listen("a-1")
    talk.end(resumed, EndCause.END_OF_STREAM)
    report = talk.report()
    (drop,) = report.drops_listed
    assert (drop.kind, drop.cause, drop.is_back) == (LossKind.CALL, "connection reset", True)
    assert (report.drops, report.mean_downtime_ms) == (1, 1_000.0)


def test_polling_as_the_server_asks_is_no_drop() -> None:
    talk = Line()
    talk.connect()
    for _ in range(12):
        stream = talk.listen("7")
        talk.end(stream, EndCause.END_OF_STREAM)
        talk.pause(asked_ms=500, last_event_id="7")
        talk.wait(500)
    report = talk.report()
    assert (report.drops, report.polls, report.storms, report.storm_now) == (0, 12, (), None)
    assert talk.report(talk.clock.monotonic_ns() - 1_000_000_000).polls == 2


def test_an_orderly_end_that_nobody_asked_for_is_a_drop() -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.end(stream, EndCause.END_OF_STREAM)
    talk.pause()
    assert talk.report().drops_by_cause == (("end of stream", 1),)


def test_the_deepest_cause_counts_where_a_server_leaves_in_order() -> None:
    """The stream ends as it should; that nobody listens any more shows when it is opened again."""
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.end(stream, EndCause.END_OF_STREAM)
    talk.pause()
    talk.wait(500)
    again = talk.next_stream()
    talk.send(again, "GET", "stream")
    talk.end(again, EndCause.REFUSED)
    talk.turn(RECONNECTING)
    talk.turn(OPEN, 3)
    report = talk.report()
    assert report.drops_by_cause == (("connection refused", 1),)
    assert report.down_ms == 3_000.0


def test_a_server_that_goes_while_nothing_is_open() -> None:
    talk = Line()
    talk.connect()
    talk.clock.advance(5)
    talk.turn(RECONNECTING, reason="The server is gone.")
    assert talk.report().drops_by_cause == ((IDLE, 1),)


def test_a_session_that_was_forgotten() -> None:
    talk = Line()
    talk.connect()
    stream, _ = talk.call()
    talk.end(stream, EndCause.REJECTED, status=404)
    again = talk.next_stream()
    talk.send(again, purpose="initialize")
    talk.wait(200)
    talk.tell(SessionReady, transport="x", protocol_version="x", server_name="", server_version="")
    talk.clock.advance(9)
    (drop,) = talk.report().drops_listed
    assert (drop.kind, drop.is_back, drop.outage_ns(0)) == (LossKind.SESSION, True, 200_000_000)


def test_a_session_that_we_end_because_the_server_forgot_it() -> None:
    """HTTP+SSE: the refusal of a POST makes us close the stream and reconnect."""
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.end(stream, EndCause.CLOSED_BY_US, "The server no longer knows this session (404).")
    talk.turn(RECONNECTING)
    (drop,) = talk.report().drops_listed
    assert (drop.cause, drop.words) == (FORGOTTEN, "The server no longer knows this session (404).")


def test_the_laboratory_is_counted_apart() -> None:
    talk = Line()
    talk.connect()
    talk.drop_and_return(9, 1)
    talk.drop_and_return(10, 5, EndCause.DROPPED_BY_US)
    report = talk.report()
    assert (report.drops, report.drops_by_us, report.drops_by_cause) == (1, 1, (("connection reset", 1),))
    assert (report.down_ms, report.down_by_us_ms, report.longest_downtime_ms) == (1_000.0, 5_000.0, 1_000.0)
    assert report.uptime_share == pytest.approx(19 / 20)


def test_a_stream_that_the_laboratory_drops_is_counted_apart() -> None:
    talk = Line()
    talk.connect()
    talk.end(talk.listen(), EndCause.DROPPED_BY_US)
    talk.pause()
    report = talk.report()
    assert (report.drops, report.drops_by_us, report.drops_listed[0].kind) == (0, 1, LossKind.LISTENING)


class Sleeper(Line):
    def sleep(self, hours: float) -> None:
        """The machine sleeps: its wall clock goes on, its monotonic clock does not."""
        self.clock._start += hours * 3600


def test_what_breaks_in_a_sleep_is_no_drop() -> None:
    talk = Sleeper()
    talk.connect()
    stream = talk.listen()
    talk.clock.advance(5)
    talk.sleep(8)
    talk.end(stream, EndCause.RESET, age_ms=5_000.0)
    talk.turn(RECONNECTING)
    talk.turn(OPEN, 2)
    report = talk.report()
    assert (report.drops, report.drops_by_sleep, report.down_ms, report.down_by_sleep_ms) == (0, 1, 0.0, 2_000.0)
    assert (report.uptime_share, report.drops_listed[0].blame) == (1.0, Blame.SLEEP)


def test_a_server_that_is_gone_after_a_sleep_is_no_drop() -> None:
    talk = Sleeper()
    talk.connect()
    talk.end(talk.call()[0])
    talk.sleep(8)
    talk.turn(RECONNECTING, 1)
    assert [drop.blame for drop in talk.report().drops_listed] == [Blame.SLEEP]


def test_a_stream_that_outlives_a_sleep_and_breaks_later_is_a_drop() -> None:
    talk = Sleeper()
    talk.connect()
    stream = talk.listen()
    talk.sleep(1)
    talk.chunk(stream)
    talk.clock.advance(60)
    talk.chunk(stream)
    talk.clock.advance(1)
    talk.end(stream, EndCause.RESET, idle_ms=1_000.0, bytes_received=20, age_ms=61_000.0)
    talk.turn(RECONNECTING)
    report = talk.report()
    assert (report.drops, report.drops_by_sleep) == (1, 0)
    assert report.worst_silence_ms == 60_000.0


def test_the_questions_of_the_search_itself_are_no_lost_calls() -> None:
    talk = Line()
    talk.connect()
    asked = talk.ask(None, "ping")
    talk.fail(asked, Outcome.LOST)
    talk.turn(RECONNECTING)
    for method in ("ping", "initialize"):
        talk.fail(talk.ask(None, method), Outcome.LOST)
    talk.fail(talk.ask(None, "tools/call"), Outcome.LOST)
    talk.fail(talk.ask(None, "tools/call"), Outcome.REFUSED)
    report = talk.report()
    assert [lost.method for lost in report.calls_lost] == ["ping", "tools/call"]
    assert report.calls_lost_count == 2


def test_the_end_of_a_stream_after_its_answer_is_no_drop() -> None:
    talk = Line()
    talk.connect()
    stream, asked = talk.call()
    talk.answer(stream, asked)
    talk.end(stream, EndCause.RESET)
    talk.clock.advance(10)
    assert talk.report().drops == 0


def test_a_thousand_drops_and_more_keep_their_sums() -> None:
    talk = Line()
    talk.connect()
    for _ in range(1_100):
        talk.drop_and_return(0.5, 0.25)
    report = talk.report()
    assert (report.drops, report.drops_by_cause) == (1_100, (("connection reset", 1_100),))
    assert (report.down_ms, report.mean_downtime_ms, len(report.drops_listed)) == (275_000.0, 250.0, 1_000)


@pytest.mark.parametrize("idle_ms", [float("nan"), float("inf"), -1e300])
def test_a_damaged_recording_may_say_any_time(idle_ms: float) -> None:
    talk = Line()
    talk.connect()
    stream = talk.listen()
    talk.clock.advance(1)
    talk.end(stream, EndCause.RESET, idle_ms=idle_ms, bytes_received=1)
    talk.turn(RECONNECTING)
    assert talk.report().drops == 1
