"""What a state machine says when the peer breaks a rule: data, never an exception."""

from __future__ import annotations

import enum

import msgspec


class Severity(enum.StrEnum):
    """Four levels, in ascending order."""

    CHAT = "chat"
    NOTE = "note"
    WARN = "warn"
    ERROR = "error"


class Breach(msgspec.Struct, frozen=True):
    """One broken rule; `rule` names the diagnosis, `requirement` the clause, `fix` what to change and where."""

    rule: str
    severity: Severity
    text: str
    fix: str = ""
    requirement: str = ""
