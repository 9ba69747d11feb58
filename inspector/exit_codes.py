"""Exit codes for what became of a connection or a call, the same for the commands and the window."""

from __future__ import annotations

from inspector import arguments
from inspector.session.calls import Answer
from inspector.session.failure import FailureKind
from inspector.trace.events import Outcome

_OF_FAILURE = {
    FailureKind.SERVER_ERROR: arguments.EXIT_ERROR,
    FailureKind.NO_CONNECTION: arguments.EXIT_NO_CONNECTION,
    FailureKind.UNAUTHORISED: arguments.EXIT_UNAUTHORISED,
    FailureKind.TIMED_OUT: arguments.EXIT_TIMED_OUT,
}
_OF_OUTCOME = {
    Outcome.TIMED_OUT: arguments.EXIT_TIMED_OUT,
    Outcome.LOST: arguments.EXIT_NO_CONNECTION,
}


def of_failure(kind: FailureKind) -> int:
    """For a connection that could not be made."""
    return _OF_FAILURE[kind]


def of_answer(answer: Answer) -> int:
    """For a call: 0 if it is ok, 1 for an error of the server's, else by why no answer came."""
    if answer.ok:
        return arguments.EXIT_OK
    return _OF_OUTCOME.get(answer.outcome, arguments.EXIT_ERROR) if answer.outcome else arguments.EXIT_ERROR
