"""What HTTP requests are for, and what they carry for that."""

from __future__ import annotations

from inspector.trace.events import RequestSent

LISTENING = frozenset({"stream", "resume", "subscriptions/listen"})
"""The purposes of exchanges that hold a connection; their end is always worth a line."""


def last_event_id(event: RequestSent) -> str | None:
    """The Last-Event-ID that a request carries, None if it carries none."""
    return next((value for name, value in event.headers if name.lower() == "last-event-id"), None)
