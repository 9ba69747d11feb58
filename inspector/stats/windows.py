"""Which part of a session figures are about."""

from __future__ import annotations

import enum

_MINUTE_NS = 60_000_000_000


class Window(enum.Enum):
    """A part of the session that ends now; the value is what it is called."""

    MINUTE = "last minute"
    TEN_MINUTES = "last 10 minutes"
    SESSION = "session"
    SINCE_MARK = "since the mark"


def since_ns(window: Window, now_ns: int, mark_ns: int | None = None) -> int | None:
    """When the window begins; None for all there is, which is also what a mark that was never set means."""
    match window:
        case Window.MINUTE:
            return now_ns - _MINUTE_NS
        case Window.TEN_MINUTES:
            return now_ns - 10 * _MINUTE_NS
        case Window.SINCE_MARK:
            return mark_ns
        case Window.SESSION:
            return None
