"""One call as an audience follows it: the text it brings, how far it is, and how it ends. No Qt."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from typing import Any

from inspector.record.message_text import payload
from inspector.record.streamed_text import StreamedText
from inspector.stats.token_rate import TokenRate
from inspector.trace.events import FrameReceived, Message, MessageType, RequestId, ToolStep
from inspector.wire import jsontext


class Phase(enum.Enum):
    """How far a call is."""

    WAITING = "waiting"
    STREAMING = "streaming"
    DONE = "done"
    FAILED = "failed"


@dataclass(slots=True)
class Run:
    """A call of ours, or a feed: a stream of events that nobody called for.

    `is_elsewhere` says that its text may come on other streams of the connection too. `done` and `total` are what the
    server said of its progress, `said` its words for it; `why` says in a sentence why there is no answer.
    """

    n: int
    name: str
    sent_ns: int
    connection: int
    id: RequestId = None
    streams: set[int] = field(default_factory=set)
    is_feed: bool = False
    is_elsewhere: bool = False
    events: int = 0
    done: float | None = None
    total: float | None = None
    said: str = ""
    phase: Phase = Phase.WAITING
    ended_ns: int | None = None
    why: str = ""
    text: StreamedText = field(default_factory=StreamedText)
    rate: TokenRate = field(init=False)

    def __post_init__(self) -> None:
        self.rate = TokenRate(self.sent_ns)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come."""
        return self.ended_ns is not None

    def elapsed_ms(self, now_ns: int) -> float:
        """From the request to the answer, or to now."""
        until_ns = now_ns if self.ended_ns is None else self.ended_ns
        return max(0, until_ns - self.sent_ns) / 1e6

    def end(self, at_ns: int, phase: Phase, why: str = "") -> None:
        """Nothing more is to come."""
        self.ended_ns, self.phase, self.why = at_ns, phase, why

    def resume(self, stream: int) -> None:
        """It goes on, on another stream."""
        self.streams.add(stream)
        self.ended_ns, self.why = None, ""
        self.phase = Phase.STREAMING if self.text.length else Phase.WAITING

    def hear(self, message: Message) -> None:
        """What the server says while the call goes on, and its answer."""
        self.events += 1
        if message.message_type is MessageType.NOTIFICATION:
            if message.method == "notifications/progress":
                self._note_progress(_member(_parsed(message), "params"))
            self._read(message)
        elif message.message_type is MessageType.RESPONSE:
            self._add_result(_member(_parsed(message), "result"), message.monotonic_ns)
            self.end(message.monotonic_ns, Phase.FAILED if message.is_tool_error else Phase.DONE)
        elif message.message_type is MessageType.ERROR:
            error = _member(_parsed(message), "error")
            self.end(message.monotonic_ns, Phase.FAILED, str(error.get("message", "")))

    def hear_step(self, step: ToolStep) -> None:
        """One step of a tool stream's run."""
        self.events += 1
        value = _parsed(step)
        if step.step == "progress":
            self._note_progress(value)
        self._read(step)
        if step.rtt_ms is None:
            return
        if step.step == "error":
            self.end(step.monotonic_ns, Phase.FAILED, str(value.get("message", "")))
            return
        self._add_result(_member(value, "data"), step.monotonic_ns)
        self.end(step.monotonic_ns, Phase.DONE)

    def hear_frame(self, frame: FrameReceived) -> None:
        """One event of a feed."""
        self.events += 1
        self._read(frame)

    def _read(self, event: Message | ToolStep | FrameReceived) -> None:
        before = self.text.length
        self.text.fold((event,))
        self._add(event.monotonic_ns, self.text.length - before)

    def _add(self, at_ns: int, characters: int) -> None:
        if characters:
            self.rate.add(at_ns, characters)
            self.phase = Phase.STREAMING

    def _add_result(self, result: dict[str, Any], at_ns: int) -> None:
        """The text of the result, unless it was streamed before."""
        if self.text.length:
            return
        blocks = result.get("content")
        texts = [block.get("text") for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
        text = "\n\n".join(text for text in texts if isinstance(text, str))
        self.text.add(text)
        self._add(at_ns, len(text))

    def _note_progress(self, said: dict[str, Any]) -> None:
        self.done, self.total = _number(said.get("progress")), _number(said.get("total"))
        message = said.get("message")
        self.said = message if isinstance(message, str) else ""


def _parsed(event: Message | ToolStep) -> dict[str, Any]:
    value = jsontext.parse(payload(event)).value
    return value if isinstance(value, dict) else {}


def _member(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
