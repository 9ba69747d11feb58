"""What the server logs to its clients: a fold over `notifications/message` (R30), bounded in count and bytes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any

from inspector.protocol import era
from inspector.protocol.jsonrpc import json_type, shown
from inspector.record.message_text import payload
from inspector.trace.events import Direction, Message, MessageType, SessionReady
from inspector.trace.fold import Fold
from inspector.wire import jsontext

LEVELS = ("debug", "info", "notice", "warning", "error", "critical", "alert", "emergency")
"""RFC 5424's severities as MCP names them, the least grave first."""
_METHOD = "notifications/message"
MAX_LINES = 10_000
MAX_BYTES = 32_000_000
MAX_TEXT_CHARS = 10_000
MAX_NAME_CHARS = 200


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line: `number` counts them from 0, `n` is its event; `at` is Unix time in seconds.

    `level` is any text; what is none of `LEVELS` stands as the server wrote it. `note` says what is odd about it.
    """

    number: int
    n: int
    at: float
    connection: int
    stream: int | None
    level: str
    logger: str
    text: str
    note: str = ""

    @property
    def severity(self) -> int:
        """The place among `LEVELS`, -1 for an unknown level."""
        return LEVELS.index(self.level) if self.level in LEVELS else -1


class LogLines(Fold):
    """Keeps the newest lines; they are read when somebody looks, so that a flood costs nothing here.

    `heard` counts all lines ever; `is_stateless` says that the present session is of a revision that deprecates them.
    """

    def __init__(self, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES) -> None:
        super().__init__({SessionReady: self._on_ready}, {Message: self._on_messages})
        self.heard = 0
        self.is_stateless = False
        self._max_lines = max_lines
        self._max_bytes = max_bytes
        self._kept: deque[Message] = deque()
        self._kept_bytes = 0

    @property
    def first(self) -> int:
        """The number of the oldest line that is still kept; `heard` if there is none."""
        return self.heard - len(self._kept)

    def lines(self, since: int = 0) -> list[LogLine]:
        """The kept lines from number `since` on, oldest first."""
        start = max(since, self.first)
        kept = islice(self._kept, start - self.first, None)
        return [read_line(event, number) for number, event in enumerate(kept, start)]

    def _on_messages(self, messages: list[Message]) -> None:
        notification, inbound = MessageType.NOTIFICATION, Direction.INBOUND
        said = [
            message
            for message in messages
            if message.method == _METHOD and message.message_type is notification and message.direction is inbound
        ]
        self.heard += len(said)
        self._kept.extend(said)
        self._kept_bytes += sum([len(message.raw) for message in said])
        surplus = len(self._kept) - self._max_lines
        if surplus > 0:
            self._kept_bytes -= sum([len(self._kept.popleft().raw) for _ in range(surplus)])
        while self._kept_bytes > self._max_bytes and len(self._kept) > 1:
            self._kept_bytes -= len(self._kept.popleft().raw)

    def _on_ready(self, event: SessionReady) -> None:
        self.is_stateless = era.is_stateless(event.protocol_version)


def read_line(event: Message, number: int) -> LogLine:
    """A line out of its event, whatever shape its params have."""
    value = jsontext.parse(payload(event)).value
    params = value.get("params") if isinstance(value, dict) else None
    fields = params if isinstance(params, dict) else {}
    notes = [] if isinstance(params, dict) else [f"params must be an object, not {json_type(params)}."]
    level, logger = fields.get("level"), fields.get("logger")
    if notes:
        text = _text(params)
    else:
        text = _text(fields["data"]) if "data" in fields else ""
        notes += [] if level in LEVELS else [f"{shown(level)} is no level of MCP."]
        notes += [] if logger is None or isinstance(logger, str) else ["logger must be a text."]
        notes += [] if "data" in fields else ["There is no data."]
    return LogLine(
        number,
        event.n,
        event.at,
        event.connection,
        event.stream,
        _name(level),
        _name(logger),
        text[:MAX_TEXT_CHARS],
        " ".join(notes),
    )


def _text(data: Any) -> str:
    return data.rstrip("\r\n") if isinstance(data, str) else jsontext.dumps(data).decode()


def _name(value: Any) -> str:
    if value is None:
        return ""
    return value[:MAX_NAME_CHARS] if isinstance(value, str) else shown(value)
