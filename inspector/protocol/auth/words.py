"""Words of a server in a sentence of ours: cleaned, cut, and never with a secret in them."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.transports.answer import MAX_DETAIL_CHARACTERS

MIN_SECRET_CHARACTERS = 4
"""Shorter strings stand in any text by chance."""


def quote(text: object, secrets: Iterable[str] = ()) -> str:
    """What the server wrote, fit for one line; empty if it is no text or echoes one of our secrets."""
    if not isinstance(text, str):
        return ""
    if any(len(secret) >= MIN_SECRET_CHARACTERS and secret in text for secret in secrets):
        return ""
    line = "".join(character if character.isprintable() else " " for character in text[: 4 * MAX_DETAIL_CHARACTERS])
    return " ".join(line.split())[:MAX_DETAIL_CHARACTERS].rstrip(". ")


def it_says(text: object, secrets: Iterable[str] = ()) -> str:
    """` It says: ...` to be put behind a sentence, empty if there is nothing to show."""
    quoted = quote(text, secrets)
    return f" It says: {quoted}." if quoted else ""


def error(rule: str, text: str, fix: str, requirement: str) -> Breach:
    return Breach(rule, Severity.ERROR, text, fix, requirement)


def warning(rule: str, text: str, fix: str, requirement: str) -> Breach:
    return Breach(rule, Severity.WARN, text, fix, requirement)


def note(rule: str, text: str, fix: str, requirement: str) -> Breach:
    return Breach(rule, Severity.NOTE, text, fix, requirement)
