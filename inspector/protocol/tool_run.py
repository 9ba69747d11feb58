"""One run of a tool over a tool stream: the order its steps must keep, and what they come to (R81). Sans-IO."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from inspector.protocol.breach import Breach, Severity
from inspector.protocol.jsonrpc import shown
from inspector.protocol.transports.tool_stream import SECTION, Step

MAX_TEXT_CHARACTERS = 4 * 1024 * 1024
"""How much text of a run is gathered for its result; the timeline has every byte."""


@dataclass(slots=True)
class Run:
    """`feed` it the steps as they come; `ended` is the step that ended the run, None while it goes on.

    A run is `started`, makes `progress` many times, and ends with `complete` or `error`. A `result`, or a bare
    `[DONE]`, ends it too.
    """

    tool: str
    ended: Step | None = None
    steps: int = 0
    _started: bool = False
    _warned: bool = False
    _completed: bool = False
    _data: Any = None
    _pieces: list[str] = field(default_factory=list)
    _length: int = 0

    def feed(self, step: Step) -> tuple[bool, tuple[Breach, ...]]:
        """Whether this step ends the run, and the rules it breaks, those it brought along included."""
        if self.ended is not None:
            return False, (*step.problems, *self._after_end(step))
        self.steps += not step.is_mark
        breaches = [*step.problems, *self._out_of_order(step)]
        if step.tool is not None and step.tool != self.tool:
            breaches.append(_wrong_tool(self.tool, step.tool))
        self._gather(step)
        if step.step in ("complete", "error", "result"):
            self.ended, self._completed = step, step.step != "result"
        return self.ended is not None, tuple(breaches)

    def _out_of_order(self, step: Step) -> list[Breach]:
        if step.step == "started":
            was_started, self._started = self._started, True
            text = "The run was started a second time."
            return [_breach("tool-stream-started-twice", text, "Send started once, first of all.")] * was_started
        if self._started or self._warned or step.is_mark or step.step not in ("progress", "complete"):
            return []
        self._warned = True
        text = f"The first step is {step.step}: the run was never started."
        return [_breach("tool-stream-not-started", text, 'Send {"type": "started"} before anything else.')]

    def _after_end(self, step: Step) -> list[Breach]:
        if step.is_mark:
            return []
        if step.step in ("complete", "error", "result"):
            closes_result = step.step == "complete" and not self._completed
            self._completed = True
            text = f"The run ended a second time, with {step.step}."
            return [] if closes_result else [_breach("tool-stream-ended-twice", text, "End each run once.")]
        text = f"A step ({step.step}) came after the end of the run."
        return [_breach("tool-stream-after-end", text, "Send complete last.", Severity.ERROR)]

    def cut(self) -> Breach:
        """The stream is over and the run is not."""
        came = f"after {self.steps} step{'' if self.steps == 1 else 's'}" if self.steps else "before any step"
        text = f"The stream of {shown(self.tool)} ended {came}, without complete or error."
        fix = "End every run with complete or error, also when the tool raises."
        return _breach("tool-stream-no-end", text, fix, Severity.ERROR)

    def result(self) -> Any:
        """What the run came to, in the shape of a CallToolResult so that every view of results shows it.

        `content` holds the text that was streamed, or that came with the end; `structuredContent` the data of the
        end, or the last that came before it. Data that has that shape already is the result as it is.
        """
        end = self.ended
        data = end.data if end is not None and end.data is not None else self._data
        if isinstance(data, dict) and isinstance(data.get("content"), list):
            return data
        text = data if isinstance(data, str) and end is not None and end.data is not None else "".join(self._pieces)
        content = [{"type": "text", "text": text}] if text else []
        return {"content": content} if data is None or isinstance(data, str) else _result(content, data)

    def error(self) -> dict[str, Any]:
        """What an `error` said: always a `message`, and its data as it came."""
        end = self.ended
        message = end.text if end is not None and end.text else "The tool failed and does not say why."
        if end is None or end.data is None or end.data == message:
            return {"message": message}
        code = end.data.get("code") if isinstance(end.data, dict) else None
        return {"message": message, "data": end.data} | ({} if code is None else {"code": code})

    def _gather(self, step: Step) -> None:
        """Keep the text: deltas are put together as they are, messages one below the other."""
        if step.data is not None:
            self._data = step.data
        if step.step not in ("data", "progress") or not step.text or self._length > MAX_TEXT_CHARACTERS:
            return
        self._pieces.append(step.text + "\n" * step.is_message)
        self._length += len(self._pieces[-1])


def _result(content: list[dict[str, str]], data: Any) -> dict[str, Any]:
    return {"content": content, "structuredContent": data}


def _wrong_tool(called: str, named: str) -> Breach:
    text = f"{shown(called)} was called, and a step says that it is of {shown(named)}."
    return _breach("tool-stream-wrong-tool", text, "Name the tool that was called.")


def _breach(rule: str, text: str, fix: str, severity: Severity = Severity.WARN) -> Breach:
    return Breach(rule, severity, text, fix, SECTION)
