"""The state of a connection as a person reads it. Pure functions over events and statistics."""

from __future__ import annotations

import re

from inspector.protocol.era import TransportName
from inspector.record.text import counted, duration
from inspector.trace.events import ConnectionState, StateChanged

_PAUSE = re.compile(r"; again in [\d.]+ s\.$")
"""What the reason of an attempt says of its pause; here a countdown says it."""
BY_USER = ("Closed by the user.", "Stopped by the user.")


def words(state: StateChanged | None, now_ns: int, *, is_signing_in: bool = False) -> str:
    """`reconnecting in 3.2 s`, `waiting for headers 1.4 s`, `closed: why`; while the user signs in, that is it."""
    if state is None:
        return "not connected"
    since_ms = (now_ns - state.monotonic_ns) / 1e6
    if state.state is ConnectionState.OPEN:
        return "connected"
    if state.state is ConnectionState.RECONNECTING:
        left_ms = (state.delay_ms or 0.0) - since_ms
        when = f"reconnecting in {left_ms / 1000:.1f} s" if left_ms > 0 else "reconnecting now"
        return f"{when}: {_PAUSE.sub('.', state.reason)}"
    if state.state is ConnectionState.CLOSED:
        return "not connected" if state.reason in BY_USER else state.reason
    return "waiting for your sign-in" if is_signing_in else f"{state.state.value} {since_ms / 1000:.1f} s"


def is_failure(state: StateChanged | None) -> bool:
    """Whether the connection is down and not by the user's wish."""
    return state is not None and state.state is ConnectionState.CLOSED and state.reason not in BY_USER


def facts(transport: str, revision: str, rtt_ms: float | None, up_ms: float | None, reconnects: int) -> str:
    """`Streamable HTTP · 2025-11-25 · last rtt 1.2 ms · up 03:12 · 2 reconnects`, as far as known."""
    parts = [part for part in (TransportName(transport).label if transport else "", revision) if part]
    if rtt_ms is not None:
        parts.append(f"last rtt {duration(rtt_ms)}")
    if up_ms is not None:
        parts.append(f"up {clock(up_ms)}")
    if reconnects:
        parts.append(counted(reconnects, "reconnect"))
    return " · ".join(parts)


def clock(ms: float) -> str:
    """A time span as `03:12` or `1:03:12`."""
    minutes, seconds = divmod(int(ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"
