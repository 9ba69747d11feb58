"""How a session says that this program stood still for a moment, and how that is read again in the river."""

from __future__ import annotations

import re

_TOLD = re.compile(r"This program stood still for (\d{1,9}\.\d) s\b")


def told(seconds: float) -> str:
    """The sentence of a violation."""
    return f"This program stood still for {seconds:.1f} s, and took in late what came meanwhile."


def seconds_told(sentence: str) -> float:
    """For how long it stood still; 0 where a sentence says nothing of it."""
    found = _TOLD.match(sentence)
    return float(found[1]) if found else 0.0
