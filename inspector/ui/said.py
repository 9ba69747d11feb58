"""What a server says while a call runs, gathered for a moment: a flood is told a few times a second, not by line."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

GATHER_S = 0.03
FLOOD_S = 0.4
"""How long is gathered while more comes than anybody reads."""
FLOOD_LENGTH = 16_384
MAX_SHOWN = 65_536
MAX_PIECE = 4_096
MAX_WAITING = 4_096
"""Of more than that in a moment only the end would be shown anyway."""

TextOf = Callable[[Any], str]


class Said:
    """Calls `tell` with the texts of what was `add`ed; of a flood only the end is turned into text."""

    def __init__(self, tell: Callable[[list[str]], None]) -> None:
        self._tell = tell
        self._waiting: deque[tuple[TextOf, Sequence[Any]]] = deque()
        self._waits = 0
        self._timer: asyncio.TimerHandle | None = None
        self._delay_s = GATHER_S

    def add(self, text_of: TextOf, data: Any) -> None:
        """Tell of `data` in a moment, as `text_of` writes it."""
        self.add_all(text_of, (data,))

    def add_all(self, text_of: TextOf, data: Sequence[Any]) -> None:
        """The same for all that came together."""
        self._waiting.append((text_of, data))
        self._waits += len(data)
        while self._waits - len(self._waiting[0][1]) >= MAX_WAITING:
            self._waits -= len(self._waiting.popleft()[1])
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._delay_s, self.flush)

    def flush(self) -> None:
        """Tell now what waits; nothing if nothing does."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        texts: list[str] = []
        room = MAX_SHOWN
        for text_of, data in reversed(self._waiting):
            for each in reversed(data):
                if room <= 0:
                    break
                texts.append(text_of(each))
                room -= min(len(texts[-1]), MAX_PIECE)
        self._waiting.clear()
        self._waits = 0
        self._delay_s = FLOOD_S if MAX_SHOWN - room > FLOOD_LENGTH else GATHER_S
        if texts:
            self._tell(texts[::-1])
