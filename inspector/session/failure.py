"""Why a connection could not be made."""

from __future__ import annotations

import enum

from inspector.protocol.transports.answer import Meaning
from inspector.session.calls import Answer
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

    def __init__(
        self, kind: FailureKind, sentence: str, ended: Ended | None = None, answer: Answer | None = None
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.ended = ended
        self.answer = answer
        self.supported_versions: tuple[str, ...] = ()

    @property
    def status(self) -> int | None:
        """The HTTP status that was the reason, if one was."""
        return self.ended.event.status if self.ended else None


def connect_error(ended: Ended | None, sentence: str, answer: Answer | None = None) -> ConnectError:
    """The error for an exchange that ended without what we needed, or for an answer that says no."""
    return ConnectError(_kind(ended, answer), sentence, ended, answer)


def _kind(ended: Ended | None, answer: Answer | None) -> FailureKind:
    if ended is not None and ended.verdict is not None and ended.verdict.meaning is Meaning.UNAUTHORISED:
        return FailureKind.UNAUTHORISED
    if answer is not None and answer.outcome is Outcome.TIMED_OUT:
        return FailureKind.TIMED_OUT
    if ended is not None and ended.event.cause is EndCause.TIMED_OUT_BY_US:
        return FailureKind.TIMED_OUT
    says_no = answer is not None and answer.error is not None
    if says_no or (ended is not None and (ended.event.status or 0) >= 400):
        return FailureKind.SERVER_ERROR
    return FailureKind.NO_CONNECTION


def why_none(answer: Answer, ended: Ended | None) -> str:
    """Why there is no session, without the words on the request where the exchange itself says it all."""
    if ended is not None and ended.verdict is not None and ended.verdict.meaning is Meaning.UNAUTHORISED:
        return ended.sentence
    broke = answer.outcome in (Outcome.LOST, Outcome.REFUSED) and ended is not None
    if broke and ended is not None and ended.event.cause is not EndCause.COMPLETE:
        return ended.sentence
    return answer.sentence
