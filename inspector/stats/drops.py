"""What was lost and had to be got back: connections, listening streams, streams of calls, sessions."""

from __future__ import annotations

import enum
import re
from collections import Counter
from dataclasses import dataclass, field

from inspector.trace.events import EndCause, StreamEnded

FORGOTTEN = "session forgotten"
IDLE = "gone while idle"
"""What `Drop.cause` is where no stream told of the drop: the sockets were closed, and nobody listens any more."""


class LossKind(enum.StrEnum):
    """What a drop took; the value is what a person reads."""

    CONNECTION = "connection"
    LISTENING = "notification stream"
    CALL = "stream of a call"
    SESSION = "session"


class Blame(enum.StrEnum):
    """Whom a drop is put down to."""

    PEER = "peer"
    US = "us"
    SLEEP = "sleep"


@dataclass(frozen=True, slots=True)
class Drop:
    """Something was lost at event `n`, and the session had to recover from that.

    `cause` is the value of an `EndCause`, `FORGOTTEN` or `IDLE`; `words` are the deepest ones that tell of it.
    `end_ns` is when it was back or given up, None while it is neither; `is_back` whether it came back at all.
    """

    n: int
    at: float
    begin_ns: int
    connection: int
    kind: LossKind
    cause: str
    words: str
    blame: Blame = Blame.PEER
    stream: int | None = None
    last_event_id: str | None = None
    end_ns: int | None = None
    is_back: bool = False

    def outage_ns(self, now_ns: int) -> int | None:
        """How long it was lost, until now if it still is; None where it never came back by itself."""
        if self.end_ns is None:
            return max(0, now_ns - self.begin_ns)
        return self.end_ns - self.begin_ns if self.is_back or self.kind is LossKind.CONNECTION else None


@dataclass(slots=True)
class OlderDrops:
    """The sums of the drops that are not kept one by one any more."""

    causes: Counter[tuple[Blame, str]] = field(default_factory=Counter)
    down_ns: Counter[Blame] = field(default_factory=Counter)
    outages: int = 0
    outages_ns: int = 0
    longest_ns: int = 0

    def add(self, drop: Drop) -> None:
        self.causes[drop.blame, drop.cause] += 1
        outage_ns = drop.outage_ns(drop.begin_ns)
        if outage_ns is None:
            return
        if drop.kind is LossKind.CONNECTION:
            self.down_ns[drop.blame] += outage_ns
        if drop.blame is Blame.PEER:
            self.outages += 1
            self.outages_ns += outage_ns
            self.longest_ns = max(self.longest_ns, outage_ns)


_H2 = re.compile(r"<?(StreamReset|ConnectionTerminated)\b[^>]*?error_code:\s*(?:ErrorCodes\.)?(\w+)")
_H2_CODES = {"0": "NO_ERROR", "1": "PROTOCOL_ERROR", "2": "INTERNAL_ERROR", "7": "REFUSED_STREAM", "8": "CANCEL"}
_H2_CODES |= {"11": "ENHANCE_YOUR_CALM"}
_RESET = ("ConnectionResetError", "BrokenPipeError", "ReadError")
_SHORT = re.compile(r"received (\d+) bytes, expected (\d+)")


def words_of(end: StreamEnded) -> str:
    """How a stream ended, as deep down as is known: which packet or frame of the wire said so."""
    error = end.error or ""
    if h2 := _H2.search(error):
        frame = "GOAWAY" if h2[1] == "ConnectionTerminated" else "RST_STREAM"
        return f"HTTP/2 {frame} ({_H2_CODES.get(h2[2], h2[2])[:40]})"
    if short := _SHORT.search(error):
        return f"FIN after {short[1][:20]} of {short[2][:20]} bytes"
    if end.cause is EndCause.RESET or any(word in error for word in _RESET):
        return "RST"
    if "incomplete chunked read" in error or end.cause is EndCause.CUT_MID_HEADERS:
        return "FIN"
    if end.cause is EndCause.END_OF_STREAM or (end.cause is EndCause.CUT_MID_EVENT and not error):
        return "end of the body"
    return ""
