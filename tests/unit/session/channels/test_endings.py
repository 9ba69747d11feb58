"""What an end means for the request and for the server."""

from __future__ import annotations

import pytest

from inspector.protocol.transports.answer import Meaning, Verdict
from inspector.session.channels import endings
from inspector.session.failure import ConnectError, FailureKind
from inspector.session.stream import Ended
from inspector.trace.events import EndCause, Outcome, Phase, StreamEnded


def ended(
    cause: EndCause, meaning: Meaning | None = None, *, status: int | None = None, last_event_id: str = ""
) -> Ended:
    event = StreamEnded(
        n=0, at=0.0, monotonic_ns=0, cause=cause, phase=Phase.BODY, sentence="So it ended.", status=status
    )
    return Ended(event, None if meaning is None else Verdict(meaning), last_event_id)


@pytest.mark.parametrize(
    ("cause", "meaning", "outcome"),
    [
        (EndCause.REFUSED, None, Outcome.LOST),
        (EndCause.END_OF_STREAM, Meaning.EVENT_STREAM, Outcome.LOST),
        (EndCause.CUT_MID_BODY, Meaning.MESSAGE, Outcome.LOST),
        (EndCause.COMPLETE, Meaning.MESSAGE, Outcome.LOST),
        (EndCause.REJECTED, Meaning.SESSION_GONE, Outcome.LOST),
        (EndCause.REJECTED, Meaning.FAILED, Outcome.REFUSED),
        (EndCause.REJECTED, Meaning.UNAUTHORISED, Outcome.REFUSED),
    ],
)
def test_lost_or_refused(cause: EndCause, meaning: Meaning | None, outcome: Outcome) -> None:
    assert endings.outcome_of(ended(cause, meaning)) is outcome


def test_a_cut_by_the_laboratory_counts_as_one_of_the_networks() -> None:
    cut = ended(EndCause.DROPPED_BY_US, Meaning.EVENT_STREAM, last_event_id="7")
    assert cut.event.cause in endings.NETWORK_CAUSES and endings.is_resumable(cut)
    assert not endings.is_resumable(ended(EndCause.CLOSED_BY_US, Meaning.EVENT_STREAM, last_event_id="7"))


def test_without_an_exchange_it_is_lost() -> None:
    assert endings.outcome_of(None) is Outcome.LOST


@pytest.mark.parametrize(
    ("cause", "event_id", "is_resumable"),
    [
        (EndCause.END_OF_STREAM, "1", True),
        (EndCause.RESET, "1", True),
        (EndCause.TIMED_OUT_BY_US, "1", True),
        (EndCause.END_OF_STREAM, "", False),
        (EndCause.CLOSED_BY_US, "1", False),
        (EndCause.CANCELLED_BY_US, "1", False),
    ],
)
def test_resumable(cause: EndCause, event_id: str, is_resumable: bool) -> None:
    assert endings.is_resumable(ended(cause, Meaning.EVENT_STREAM, last_event_id=event_id)) is is_resumable


def test_the_reason_is_never_that_all_is_well() -> None:
    assert endings.why(ended(EndCause.RESET)) == "So it ended."
    assert "no answer to it" in endings.why(ended(EndCause.COMPLETE, Meaning.MESSAGE))


@pytest.mark.parametrize(
    ("meaning", "status", "passes"),
    [(None, None, True), (Meaning.FAILED, 503, True), (Meaning.FAILED, 429, True), (Meaning.FAILED, 404, False),
     (Meaning.UNAUTHORISED, 401, False)],
)  # fmt: skip
def test_what_may_pass_by_itself(meaning: Meaning | None, status: int | None, passes: bool) -> None:
    error = ConnectError(FailureKind.NO_CONNECTION, "x", ended(EndCause.REJECTED, meaning, status=status))
    assert endings.may_pass(error) is passes


def test_an_error_without_an_exchange_stays() -> None:
    assert not endings.may_pass(ConnectError(FailureKind.SERVER_ERROR, "x"))
