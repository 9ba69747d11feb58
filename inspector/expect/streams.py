"""The streams that expectations are about: when one opens, what comes on it, when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.expect.watch import Watch
from inspector.trace.events import HeadersReceived, StreamEnded


class StreamBook:
    """Tells watches of streams."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def on_headers(self, headers: HeadersReceived) -> None:
        """An exchange is answered."""
        for watch in self._watches:
            watch.opened(headers)

    def stir(self, events: Sequence[Any]) -> None:
        """Events of one stream came."""
        stream = events[0].stream
        if stream is not None:
            for watch in self._watches:
                watch.stirred(stream, events)

    def on_ended(self, ended: StreamEnded) -> None:
        """Nothing more comes."""
        for watch in self._watches:
            watch.ended(ended)
