"""Points in time as files of all kinds write them, in whole microseconds since the Unix epoch."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

EARLIEST_US = 946_684_800_000_000
LATEST_US = 7_258_118_400_000_000
"""2000 and 2200: what lies outside is no time of a capture, and 64 bits hold the nanoseconds between them."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SCALES = ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1))
"""Seconds, milliseconds and microseconds since the epoch are told apart by their size."""


def moment_us(value: Any) -> int | None:
    """ISO 8601 (UTC where it names no zone), or a number since the epoch in s, ms, µs or ns; None for anything else."""
    if isinstance(value, str):
        found = _written_us(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = _counted_us(value)
    else:
        found = None
    return found if found is not None and EARLIEST_US <= found <= LATEST_US else None


def span_us(value: Any) -> int | None:
    """A duration in milliseconds; None for what is none, as the -1 of HAR for "does not apply"."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= (LATEST_US - EARLIEST_US) / 1e3
    ):
        return None
    return round(value * 1e3)


def _written_us(text: str) -> int | None:
    if len(text) > 64:
        return None
    try:
        return _counted_us(float(text))
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
        return round((at.replace(tzinfo=at.tzinfo or UTC) - _EPOCH).total_seconds() * 1e6)
    except (ValueError, OverflowError):
        return None


def _counted_us(number: float) -> int | None:
    if not 0 <= number < 1e20 or not math.isfinite(number):
        return None
    for limit, factor in _SCALES:
        if number < limit:
            return round(number * factor)
    return round(number / 1e3)
