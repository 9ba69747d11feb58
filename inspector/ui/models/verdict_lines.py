"""Verdicts as rows of a table. No widget."""

from __future__ import annotations

from inspector.expect.verdict import State, Verdict
from inspector.record.text import calendar, plain
from inspector.ui.models.table_model import Column

SIGNS = {State.PASS: "✔", State.FAIL: "✖", State.PENDING: "○", State.UNUSED: "–"}
WORDS = {State.PASS: "met", State.FAIL: "not met", State.PENDING: "waiting", State.UNUSED: "not seen"}
ROLES = {State.PASS: "good", State.FAIL: "bad", State.PENDING: "note", State.UNUSED: "muted"}
_ORDER = (State.FAIL, State.PENDING, State.PASS, State.UNUSED)
STATE, LANE, EXPECTATION = 0, 1, 2
"""The places of columns that are known by others."""


def _state(verdict: Verdict) -> int:
    return _ORDER.index(verdict.state)


def _state_words(place: int) -> str:
    state = _ORDER[place]
    return f"{SIGNS[state]} {WORDS[state]}"


def _failed_at(verdict: Verdict) -> float | None:
    failure = verdict.last_failure
    return None if failure is None else failure.at


COLUMNS: tuple[Column[Verdict], ...] = (
    Column("State", _state, _state_words, "✖ not seen", role=lambda verdict: ROLES[verdict.state]),
    Column(
        "Over time",
        lambda verdict: len(verdict.moments),
        lambda _: "",
        "M" * 8,
        hint="From the first event to now: a line while it is met, a bar for each time it is not",
    ),
    Column("Expectation", lambda verdict: str(verdict.expectation), plain, "first event under 300ms of search"),
    Column("Failed", lambda verdict: verdict.failed, "{:,}".format, "0,000", True, "How often it was not met"),
    Column("Worst", lambda verdict: verdict.worst or None, plain, "00 min 00 s", hint="The worst that was measured"),
    Column("Last failure", _failed_at, lambda at: calendar(at)[11:23], "00:00:00.000"),
    Column("Checked", lambda verdict: verdict.checked, "{:,}".format, "000,000", True, "How often it was looked at"),
)


def identity(verdict: Verdict) -> str:
    """What makes a row the same as before."""
    return str(verdict.expectation)


def evidence_n(verdict: Verdict) -> int | None:
    """The event to go to: the latest that the verdict rests on."""
    return verdict.evidence[-1] if verdict.evidence else None
