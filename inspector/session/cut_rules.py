"""The rules by which the laboratory cuts streams by itself, and the shears that each body is passed through."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspector.session.cuts import CutPlace
from inspector.trace.events import LabActed, LabAction

if TYPE_CHECKING:
    from inspector.session.stream import Stream

MAX_RULES = 8
MAX_FOLLOWED = 256
_LISTENING = frozenset({"stream", "resume", "subscriptions/listen"})
_CALLS = frozenset({"tools/call", "prompts/get", "resources/read"})


class StreamKind(enum.StrEnum):
    """Which exchanges are meant: by method, those that listen for whatever comes, or those that carry a call."""

    ANY = "any"
    GET = "get"
    POST = "post"
    LISTEN = "listen"
    CALL = "call"

    def fits(self, stream: Stream) -> bool:
        """Whether an exchange is one of this kind; those of a sign-in are none."""
        if stream.is_aside:
            return False
        match self:
            case StreamKind.GET:
                return stream.method == "GET"
            case StreamKind.POST:
                return stream.method == "POST" and stream.purpose not in _LISTENING
            case StreamKind.LISTEN:
                return stream.purpose in _LISTENING
            case StreamKind.CALL:
                return stream.method == "POST" and stream.purpose in _CALLS
            case StreamKind.ANY:
                return stream.method != "GET" or stream.purpose in _LISTENING


class How(enum.StrEnum):
    """How a connection is cut."""

    FIN = "fin"
    RST = "rst"

    @property
    def words(self) -> str:
        return "a reset (RST)" if self is How.RST else "a plain end (FIN)"


@dataclass(slots=True, eq=False)
class CutRule:
    """Cuts the first stream of a kind that comes so far, and then is used up; `words` say when."""

    kind: StreamKind
    how: How
    words: str
    events: int = 1
    size_bytes: int | None = None
    mid_event: bool = False
    _places: dict[int, CutPlace] = field(default_factory=dict)

    def find(self, stream: Stream, chunk: bytes) -> int | None:
        """How many bytes of the chunk may pass before the cut, None if all may."""
        if not self.kind.fits(stream) or (self.size_bytes is None and not stream.is_event_stream):
            return None
        place = self._places.get(stream.number)
        if place is None:
            if len(self._places) >= MAX_FOLLOWED:
                del self._places[next(iter(self._places))]
            place = self._places[stream.number] = CutPlace(self.events, self.size_bytes, self.mid_event)
        return place.find(chunk)


class StreamShears:
    """What the body of one stream passes through; costs next to nothing while there are no rules."""

    def __init__(self, rules: list[CutRule], stream: Stream) -> None:
        self._rules = rules
        self._stream = stream
        self._due: CutRule | None = None

    def pass_on(self, chunk: bytes) -> bytes:
        """What of a chunk comes before the cut: all of it, mostly."""
        if not self._rules:
            return chunk
        found = [(place, rule) for rule in self._rules if (place := rule.find(self._stream, chunk)) is not None]
        if not found:
            return chunk
        place, self._due = min(found, key=lambda each: each[0])
        self._rules.remove(self._due)
        return chunk[:place]

    def cut(self) -> None:
        """Cut the connection if the place has come. Raises `Dropped` then."""
        rule, socket = self._due, self._stream.socket
        if rule is None or socket is None:
            return
        self._due = None
        tell_drop(self._stream, rule.how, f", {rule.words}")
        raise socket.drop(sentence_of(rule.how, f", {rule.words}"), with_reset=rule.how is How.RST)


def sentence_of(how: How, when: str = "") -> str:
    """Why a stream ended that the laboratory cut."""
    return f"The laboratory cut the connection with {how.words}{when}."


def tell_drop(stream: Stream, how: How, when: str = "") -> None:
    """Say that the connection of a stream is about to be cut, and whom else that hits (HTTP/2)."""
    others = sum(other is not stream and other.socket is stream.socket for other in stream.link.streams)
    shared = (
        f" {others} other stream{'s' if others > 1 else ''} on it end{'' if others > 1 else 's'} too." if others else ""
    )
    stream.link.river.emit(
        LabActed,
        connection=stream.link.number,
        stream=stream.number,
        action=LabAction.DROP if not when else LabAction.DROP_AFTER,
        text=f"Cuts the connection of stream {stream.number} with {how.words}{when}.{shared}",
    )
