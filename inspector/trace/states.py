"""The states of a connection, apart from the events: the window shows one before it loads the rest."""

from __future__ import annotations

import enum


class ConnectionState(enum.StrEnum):
    """Where a connection stands; the value is the word a person reads."""

    IDLE = "idle"
    CONNECTING = "connecting"
    WAITING_FOR_HEADERS = "waiting for headers"
    OPEN = "open"
    RECONNECTING = "reconnecting"
    CLOSED = "closed"
