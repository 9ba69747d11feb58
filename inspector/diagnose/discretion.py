"""What no finding may repeat, wherever its text comes from: credentials, and the ids of sessions, which are as good."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator

from inspector.trace.events import FrameReceived, HeadersReceived, RequestSent, SessionReady
from inspector.wire import http
from inspector.wire.secret_shapes import SHAPES, Shape

MAX_CHARACTERS = 4_000
"""Of what a finding says: it may quote a peer that knows no end."""
MAX_SESSIONS = 64
MIN_ID_CHARACTERS = 6
"""A shorter id is in half of all words."""
MAX_ID_CHARACTERS = 1_024
_HIDDEN = "••••"
_WEAK_NAMES = frozenset({"code", "state", "key", "auth"})
"""In JSON they stand for harmless things, such as the code of an error."""
_SESSION_HEADER = "mcp-session-id"
_ENDPOINT_SESSION = re.compile(rb"session[\w-]{0,32}=([\w.%~-]{6,1024})", re.IGNORECASE)
_ENDPOINT_BYTES = 4_096
_ASSIGNED = re.compile(r"""([\w.~%-]{1,64})=([^&;#\s"'<>`]{1,4000})""")
_MEMBER = re.compile(r"""(\\{0,3}"([\w.-]{1,64})\\{0,3}"\s{0,9}:\s{0,9}\\{0,3}")([^"\\]{1,4000})""")


def clipped(text: str) -> str:
    """As much of a text as is kept."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"


class Discretion:
    """Knows the ids of the latest sessions, and masks them with all that looks like a credential."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, None] = OrderedDict()

    def on_head(self, event: RequestSent | HeadersReceived) -> None:
        for name, value in event.headers:
            if name.lower() == _SESSION_HEADER:
                self._learn(value)

    def on_ready(self, event: SessionReady) -> None:
        self._learn(event.session_id or "")

    def on_frame(self, event: FrameReceived) -> None:
        """The session of HTTP+SSE stands in the endpoint event."""
        found = _ENDPOINT_SESSION.search(event.raw[:_ENDPOINT_BYTES]) if event.event == "endpoint" else None
        if found is not None:
            self._learn(found[1].decode())

    def over(self, text: str) -> str:
        """The text as it may be shown to anybody."""
        for session_id in self._sessions:
            text = text.replace(session_id, _HIDDEN)
        text = _ASSIGNED.sub(_without_value, text) if "=" in text else text
        text = _MEMBER.sub(_without_member, text) if '"' in text else text
        data = text.encode("utf-8", "surrogatepass")
        shapes = [shape for shape in SHAPES if shape.needle in data]
        for shape in shapes:
            data = b"".join(_pieces(shape, data))
        return data.decode("utf-8", "surrogatepass") if shapes else text

    def _learn(self, session_id: str) -> None:
        if not MIN_ID_CHARACTERS <= len(session_id) <= MAX_ID_CHARACTERS or _HIDDEN in session_id:
            return
        self._sessions[session_id] = None
        self._sessions.move_to_end(session_id)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}={_HIDDEN}" if http.is_secret_name(found[1]) else found[0]


def _without_member(found: re.Match[str]) -> str:
    is_secret = http.is_secret_name(found[2]) and found[2].lower() not in _WEAK_NAMES
    return f"{found[1]}{_HIDDEN}" if is_secret else found[0]


def _pieces(shape: Shape, data: bytes) -> Iterator[bytes]:
    """The data with every secret of this shape masked behind its first letters, which tell what it is."""
    at = 0
    while (prefix := shape.prefix.search(data, at)) is not None:
        rest = shape.rest.match(data, prefix.end())
        end = rest.end() if rest else prefix.end()
        yield data[at : prefix.end()]
        if rest and shape.is_secret(rest[0]):
            yield _HIDDEN.encode()
        else:
            yield data[prefix.end() : end]
        at = end
        if end == prefix.start():  # a prefix that is only looked at, with nothing behind it
            yield data[at : at + 1]
            at += 1
    yield data[at:]
