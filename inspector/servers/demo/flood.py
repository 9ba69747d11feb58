"""The messages of the `flood` tool: built many at a time, each with its number and the time it was made."""

from __future__ import annotations

import time
from collections.abc import Callable

from inspector.servers.demo.messages import encode, notification_message

BATCH_BYTES = 32 * 1024
TICK_S = 0.004

_SEQ = b"%8d"
_SENT_NS = b"%19d"


def message_template(size_bytes: int) -> bytes:
    """A log message of `size_bytes`, with places for `seq` and `sent_ns` to be filled in by `%`.

    Both places have a fixed width (JSON allows spaces there), so every message has the same size: the one asked for,
    or the smallest possible.
    """
    smallest = _template(0)
    return _template(max(0, size_bytes - len(smallest % (0, 0))))


def _template(pad_bytes: int) -> bytes:
    data = {"seq": "SEQ", "sent_ns": "SENT_NS", "pad": "x" * pad_bytes}
    message = encode(notification_message("notifications/message", {"level": "info", "logger": "flood", "data": data}))
    return message.replace(b'"SEQ"', _SEQ, 1).replace(b'"SENT_NS"', _SENT_NS, 1)


def build(template: bytes, first: int, count: int, time_ns: Callable[[], int] = time.time_ns) -> list[bytes]:
    """`count` messages numbered from `first`; `sent_ns` is Unix time in nanoseconds."""
    return [template % (seq, time_ns()) for seq in range(first, first + count)]


def due(sent: int, n: int, elapsed_s: float, rate_per_s: float) -> int:
    """How many messages to send now so that after `elapsed_s` the rate is kept; rate 0 means all of them."""
    return n - sent if rate_per_s <= 0 else max(0, min(n, int(elapsed_s * rate_per_s) + 1) - sent)


def pause_s(sent: int, elapsed_s: float, rate_per_s: float) -> float:
    """How long to wait for the next message, at least one tick so that fast rates go out in small batches."""
    return max(TICK_S, sent / rate_per_s - elapsed_s)
