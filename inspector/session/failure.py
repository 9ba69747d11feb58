"""Why a connection could not be made."""

from __future__ import annotations

import enum

from inspector.protocol.transports.answer import Meaning
from inspector.session.stream import Ended
from inspector.trace.events import EndCause, Outcome


class FailureKind(enum.StrEnum):
    """What a script needs to tell apart; the command line has an exit code for each."""

    SERVER_ERROR = "server error"
    NO_CONNECTION = "no connection"
    UNAUTHORISED = "not authorised"
    TIMED_OUT = "timed out"


class ConnectError(Exception):
    """The connection could not be made; the text is one sentence that names the cause and the next step."""

    def __init__(self, kind: FailureKind, sentence: str, ended: Ended | None = None) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.ended = ended

    @property
    def status(self) -> int | None:
        """The HTTP status that was the reason, if one was."""
        return self.ended.event.status if self.ended else None


def connect_error(ended: Ended | None, sentence: str, outcome: Outcome | None = None) -> ConnectError:
    """The error for an exchange that ended without what we needed."""
    if ended is not None and ended.verdict is not None and ended.verdict.meaning is Meaning.UNAUTHORISED:
        return ConnectError(FailureKind.UNAUTHORISED, sentence, ended)
    if outcome is Outcome.TIMED_OUT or (ended is not None and ended.event.cause is EndCause.TIMED_OUT_BY_US):
        return ConnectError(FailureKind.TIMED_OUT, sentence, ended)
    if ended is not None and ended.event.status is not None and ended.event.status >= 400:
        return ConnectError(FailureKind.SERVER_ERROR, sentence, ended)
    return ConnectError(FailureKind.NO_CONNECTION, sentence, ended)
