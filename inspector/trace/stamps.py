"""The server's clock, as far as it gives it away: stamps of heartbeats, `Date` headers, times in log entries.

All are Unix seconds by the clock of the server (or of whoever wrote the header), which may differ from ours.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from inspector.trace.events import CommentReceived, FrameReceived, HeadersReceived, Message, ToolStep

_ISO = re.compile(
    rb"(\d(?<!\d\d)\d{3}-[01]\d-[0-3]\d)[T ]([0-2]\d:[0-5]\d:[0-6]\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?(?!\d)"
)
"""The look-behind stands after the first digit, so that the search can leap to that: four times as fast."""
_EPOCH = re.compile(rb"(?<![\d.])(1[5-9]\d{8})(?:\.?(\d{3,6}))?(?!\d)")
"""Unix seconds of the years 2017 to 2033, or milliseconds."""
_LOOKED_AT_BYTES = 4_096
_MAX_STAMPS = 8
_META_BYTES = 512
_WRITTEN_WHEN_SENT = frozenset({"notifications/message", "notifications/progress"})


def stamp_of(comment: CommentReceived) -> float | None:
    """When a heartbeat was written, if it says so, as the `ping - <UTC time>` of sse-starlette does."""
    text = comment.raw[:_LOOKED_AT_BYTES]
    return next((stamp for found in _ISO.finditer(text) if (stamp := _seconds(found)) is not None), _epoch(text))


def date_of(headers: HeadersReceived) -> float | None:
    """The `Date` of a response, in whole seconds; None if there is none, or if it is a cache's (`Age`)."""
    date = None
    for name, value in headers.headers:
        if name.lower() == "age" and value.strip() != "0":
            return None
        if name.lower() == "date":
            date = value
    if date is None:
        return None
    try:
        return parsedate_to_datetime(date).replace(tzinfo=UTC).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def stamps_in(message: Message | ToolStep) -> tuple[float, ...]:
    """The ISO times that a message names, in their order, at most eight of its first 4 KiB.

    Which of them are the time of writing, only its method can tell: those of log entries and progress mostly are.
    """
    found: list[float] = []
    for match in _ISO.finditer(message.raw[:_LOOKED_AT_BYTES]):
        stamp = _seconds(match)
        if stamp is not None:
            found.append(stamp)
        if len(found) == _MAX_STAMPS:
            break
    return tuple(found)


def stamp_in_meta(message: Message | ToolStep) -> float | None:
    """The first time that stands in the `_meta` of a message, which is where a server says when it wrote it."""
    raw = message.raw[:_LOOKED_AT_BYTES]
    at = raw.find(b'"_meta"')
    if at < 0:
        return None
    meta = raw[at : at + _META_BYTES]
    return next((stamp for found in _ISO.finditer(meta) if (stamp := _seconds(found)) is not None), _epoch(meta))


def written_at(block: Message | ToolStep | FrameReceived | CommentReceived) -> float | None:
    """When the server wrote it: heartbeats, log entries and progress say so anywhere, other messages in `_meta`."""
    if isinstance(block, CommentReceived):
        return stamp_of(block)
    if isinstance(block, FrameReceived):
        return None
    stamp = stamp_in_meta(block)
    if stamp is not None:
        return stamp
    is_fresh = block.step == "progress" if isinstance(block, ToolStep) else block.method in _WRITTEN_WHEN_SENT
    return next(iter(stamps_in(block)), None) if is_fresh else None


def _seconds(match: re.Match[bytes]) -> float | None:
    """A time without a zone counts as UTC, as servers mean it."""
    day, time, fraction, zone = (part.decode() if part else "" for part in match.groups())
    text = f"{day}T{time}.{(fraction or '0')[:6]:0<6}"
    try:
        moment = datetime.fromisoformat(text + (zone or "Z"))
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def _epoch(text: bytes) -> float | None:
    match = _EPOCH.search(text)
    if match is None:
        return None
    seconds, fraction = match.groups()
    return float(f"{seconds.decode()}.{(fraction or b'0').decode()}")
