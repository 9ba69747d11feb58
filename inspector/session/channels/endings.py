"""What the end of an exchange means for the request it carried and for the server behind it."""

from __future__ import annotations

from inspector.protocol.transports.answer import Meaning
from inspector.session.failure import ConnectError
from inspector.session.stream import Ended
from inspector.trace.events import EndCause, Outcome

NETWORK_CAUSES = frozenset(
    {
        EndCause.CUT_MID_EVENT,
        EndCause.CUT_MID_BODY,
        EndCause.CUT_MID_HEADERS,
        EndCause.RESET,
        EndCause.REFUSED,
        EndCause.UNRESOLVED,
        EndCause.UNREACHABLE,
        EndCause.CONNECT_TIMEOUT,
        EndCause.TLS,
        EndCause.DROPPED_BY_US,
    }
)
"""Ends that say that the server, or the way to it, may be gone; after a cut of the laboratory's all goes on so, too."""
PASSING_STATUSES = frozenset({408, 425, 429})
"""The client errors that time may heal."""


def meant(ended: Ended, meaning: Meaning) -> bool:
    return ended.verdict is not None and ended.verdict.meaning is meaning


def is_refused(ended: Ended) -> bool:
    """Whether the server answered, but not with what was asked for."""
    return ended.verdict is not None and ended.verdict.meaning not in (Meaning.EVENT_STREAM, Meaning.MESSAGE)


def is_resumable(ended: Ended) -> bool:
    """Whether the rest of a stream can be fetched: it named an id, and not we broke it off."""
    ours = ended.event.cause in (EndCause.CLOSED_BY_US, EndCause.CANCELLED_BY_US)
    return ended.was_stream and bool(ended.last_event_id) and not ours


def is_unavailable(status: int | None) -> bool:
    """Whether a status tells of trouble that may pass by itself."""
    return status is not None and (status >= 500 or status in PASSING_STATUSES)


def may_pass(error: ConnectError) -> bool:
    """Whether it makes sense to try again what failed so."""
    ended = error.ended
    return ended is not None and (ended.verdict is None or is_unavailable(ended.event.status))


def outcome_of(ended: Ended | None) -> Outcome:
    """How a request without an answer ended: turned away, or lost on the way."""
    refused = ended is not None and is_refused(ended) and not meant(ended, Meaning.SESSION_GONE)
    return Outcome.REFUSED if refused else Outcome.LOST


def why(ended: Ended) -> str:
    """The reason for there being no answer, in a sentence."""
    if ended.event.cause is EndCause.COMPLETE:
        return "the body that came back is no answer to it. Look at what the server sent on that stream."
    return ended.sentence
