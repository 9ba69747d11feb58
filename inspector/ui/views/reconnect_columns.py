"""The columns of the tables of the reconnects pane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from inspector.exports.availability_text import called
from inspector.record.text import plain
from inspector.stats.availability import LostCall
from inspector.stats.drops import Blame, Drop
from inspector.stats.reconnects import NO_LOSS, Attempt, Step
from inspector.stats.resumption import ResumeOutcome, Resumption
from inspector.trace.events import ConnectionState
from inspector.ui.models.reconnect_words import BLAMES, STATES, clock
from inspector.ui.models.table_model import Column

R = TypeVar("R")

_OUTCOMES = {
    ResumeOutcome.RESUMED: "good",
    ResumeOutcome.NEW: "muted",
    ResumeOutcome.IGNORED: "bad",
    ResumeOutcome.REFUSED: "warn",
}


def _time() -> Column[Any]:
    return Column("Time", lambda row: (row.at, row.n), lambda value: clock(value[0]), "00:00:00.000000", True)


def _ms(title: str, value: Callable[[R], float | None], hint: str = "") -> Column[R]:
    return Column(title, value, "{:,.0f}".format, "00,000", True, hint)


def _count(title: str, value: Callable[[Resumption], int | None], hint: str, bad: bool = True) -> Column[Resumption]:
    def role(row: Resumption) -> str | None:
        return "bad" if bad and value(row) else None

    return Column(title, value, "{:,}".format, "00,000", True, hint, role)


def _seconds(ms: float) -> str:
    return f"{ms / 1e3:,.1f}"


def _hundredths(ms: float) -> str:
    return f"{ms / 1e3:,.2f}"


def _id_of(row: Step | Attempt | Drop | Resumption) -> str | None:
    return row.last_event_id


def _what(step: Step) -> str:
    if step.cause is not None:
        return f"ended: {step.cause}"
    if step.state is ConnectionState.RECONNECTING and step.attempt:
        return f"attempt {step.attempt:,}"
    return step.state or ""


def _what_role(step: Step) -> str:
    if step.cause is not None:
        return "muted" if step.cause in NO_LOSS else "bad"
    return "text" if step.state is None else STATES[step.state][1]


HISTORY: tuple[Column[Step], ...] = (
    _time(),
    Column("What", _what, plain, "ended: cut in the middle of the body", role=_what_role),
    Column("Lasted s", lambda step: step.age_ms, _seconds, "00,000.0", True, "How long the stream had been open"),
    _ms("Delay ms", lambda step: step.delay_ms, "The pause before this attempt"),
    _ms("Asked ms", lambda step: step.asked_ms, "The pause the server's retry: asks for"),
    Column("Last-Event-ID", _id_of, plain, "0000000000", hint="The id the next GET sends"),
    Column("Reason", lambda step: step.reason or None, plain, "The server closed the connection."),
)


@dataclass(slots=True)
class Now:
    """The time until which a drop lasts that is not over."""

    ns: int = 0


def drops(now: Now) -> tuple[Column[Drop], ...]:
    """The columns of the drops, as of a time that goes on."""

    def gone_ms(drop: Drop) -> float | None:
        outage_ns = drop.outage_ns(now.ns)
        return None if outage_ns is None else outage_ns / 1e6

    return (
        _time(),
        Column("Lost", lambda drop: str(drop.kind), plain, "notification stream", hint="What the drop took"),
        Column("Cause", lambda drop: drop.cause, plain, "cut in the middle of the body", role=_blame_role),
        Column("How", lambda drop: drop.words or None, plain, "HTTP/2 RST_STREAM", hint="What the wire said"),
        Column("Gone s", gone_ms, _hundredths, "00,000.0", True, "Until it was back; nothing where it never came back"),
        Column("Back", _back, plain, "given up", role=_back_role),
        Column("Last-Event-ID", _id_of, plain, "0000000000", hint="The id from which it is resumed"),
        Column("Put down to", lambda drop: BLAMES[drop.blame], plain, "server or network"),
    )


def _blame_role(drop: Drop) -> str:
    return "bad" if drop.blame is Blame.PEER else "muted"


def _back(drop: Drop) -> str:
    if drop.end_ns is None:
        return "not yet"
    return "yes" if drop.is_back else "no"


def _back_role(drop: Drop) -> str:
    if drop.end_ns is None:
        return "warn"
    return "good" if drop.is_back else "bad"


RESUMES: tuple[Column[Resumption], ...] = (
    _time(),
    Column("Last-Event-ID", _id_of, plain, "0000000000000000", hint="The id after which the stream was to go on"),
    Column("Outcome", lambda row: str(row.outcome), plain, "ignored the id", role=lambda row: _OUTCOMES[row.outcome]),
    _count("Replayed", lambda row: row.replayed, "Events that came at once behind the headers", bad=False),
    _count("Lost", lambda row: row.lost, "Events that never came; a dash where nothing tells"),
    _count("Twice", lambda row: row.duplicated, "Events that had come before"),
    _count("Out of order", lambda row: row.reordered, "Events behind later ones; a dash where nothing tells"),
    Column("In words", lambda row: row.words, plain, "The stream goes on."),
)


def _succeeded_role(attempt: Attempt) -> str | None:
    if attempt.succeeded is None:
        return "muted"
    return "good" if attempt.succeeded else "bad"


ATTEMPTS: tuple[Column[Attempt], ...] = (
    _time(),
    Column("Attempt", lambda row: row.attempt, "{:,}".format, "000", True, "Counted since it last stood"),
    Column("Of", lambda row: "a stream" if row.is_up else "the connection", plain, "the connection"),
    _ms("Asked ms", lambda row: row.asked_ms, "The pause the server's retry: asks for"),
    _ms("Chosen ms", lambda row: row.delay_ms, "The pause we chose: what was asked, or a random one that grows"),
    _ms("Used ms", lambda row: row.used_ms, "The pause until the request really left"),
    Column("Last-Event-ID", _id_of, plain, "0000000000", hint="The id that the attempt sends"),
    Column("Outcome", lambda row: row.outcome, plain, "connection refused", role=_succeeded_role),
)

LOST_CALLS: tuple[Column[LostCall], ...] = (
    _time(),
    Column("Request", lambda row: row.request_n, "#{:,}".format, "#00,000", True, "The number of its event"),
    Column("Call", lambda row: called(row.method, row.name), plain, "tools/call some_tool"),
)
