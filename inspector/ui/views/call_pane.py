"""One tool: its arguments, the call, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPushButton, QSplitter, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem
from inspector.ui.batch_figures import BatchFigures
from inspector.ui.call_draft import CallFacts
from inspector.ui.forms.arguments_editor import ArgumentsEditor
from inspector.ui.tab_order import arrange
from inspector.ui.views.call_extras import CallExtras
from inspector.ui.views.call_outcome import CallOutcome
from inspector.ui.views.call_parts import CallProgress, ToolHeader, WarningBar
from inspector.ui.views.result_view import ResultView
from inspector.ui.views.stream_text import StreamText
from inspector.ui.views.turning_splitter import TurningSplitter

MAX_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class CallView:
    """How a call ended: the raw `result` of tools/call, or an `error` (JSON-RPC error object, or a sentence).

    `sentence` says it in words, `rtt_ms` is None where no answer came, `events` counts what arrived for this call.
    `cancelled` says that it was the user who ended it. `notes` are sentences about how the result came to be: the task
    it was, how often the server asked for more. `batch` is set where it was made many times: the rest is of the last.
    """

    ok: bool
    result: Any = None
    error: Any = None
    sentence: str = ""
    rtt_ms: float | None = None
    events: int = 0
    cancelled: bool = False
    notes: tuple[str, ...] = ()
    batch: BatchFigures | None = None


class CallPane(QWidget):
    """`call_requested` carries a `CallDraft`; the owner calls and reports back.

    `latency_wanted` carries the name of a tool whose figures the user wants to see.
    """

    call_requested = Signal(object)
    cancel_requested = Signal()
    latency_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tool: Any = None
        self._texts: dict[str, str] = {}
        self._is_running = False
        self._obstacle = ""
        self._called = ""
        self._header = ToolHeader()
        self.arguments = ArgumentsEditor()
        self.extras = CallExtras()
        self._facts: Callable[[Any], CallFacts] = lambda _tool: CallFacts()
        self._warning = WarningBar()
        self._call = QPushButton("Call")
        self._cancel = QPushButton("Cancel")
        self._progress = CallProgress(self._call, self._cancel)
        self._outcome = CallOutcome()
        self.stream = StreamText()
        self.result = ResultView()
        self._build()
        self._connect()
        self.set_tool(None)

    def set_tool(self, tool: Any) -> None:
        """Show an entry of tools/list; the arguments typed for the tool before are kept for it."""
        if tool is not None and tool == self._tool:
            return
        self._remember()
        before, self._tool = self.tool_name(), tool
        if self.tool_name() != before:
            self.extras.repeat.reset()  # so that no tool is called a thousand times because another was
        self._warning.hide()
        self._header.set_tool(tool)
        if tool is not None:
            self.arguments.set_tool(tool.get("inputSchema") if isinstance(tool, dict) else None)
            # New fields would come last.
            arrange(self.arguments, self.extras, self._call, self._cancel, self.stream, self.result)
        if (kept := self._texts.get(self.tool_name())) is not None:
            self.arguments.set_arguments_text(kept)
        self.extras.set_facts(self._facts(tool))
        for part in (self.arguments, self.extras, self._progress, self._below):
            part.setVisible(tool is not None)
        if not self._is_running:
            self._clear_outcome("No result yet.")
        self._update_buttons()

    def set_facts(self, facts: Callable[[Any], CallFacts]) -> None:
        """What the connection allows for calls of an entry of tools/list."""
        self._facts = facts
        self.extras.set_facts(facts(self._tool))

    def set_obstacle(self, sentence: str) -> None:
        """Why nothing can be called now; empty: the tools can."""
        self._obstacle = sentence
        self._header.set_obstacle(sentence)
        self._progress.set_obstacle(sentence)
        self._update_buttons()

    def focus_arguments(self) -> None:
        """Put the cursor into the first field."""
        self.arguments.focus_first()

    def request_call(self) -> None:
        """Call if the arguments fit; otherwise say in the pane what does not."""
        if self._is_running or self._obstacle or not self.tool_name():
            return
        problems = [problem for problem in self.arguments.problems() if not problem.in_schema]
        if reason := self.extras.problem():
            self._warning.show_problems([Problem("", reason)], can_send=False)
            self.extras.reveal()
        elif self.arguments.arguments() is None:
            self._warning.show_problems(problems, can_send=False)
        elif problems:
            self._warning.show_problems(problems, can_send=True)
        else:
            self._send()

    def call_started(self) -> None:
        """The call is on its way."""
        self._is_running = True
        self._called = self.tool_name()
        self._warning.hide()
        self._clear_outcome("Waiting for the result …")
        self._progress.start()
        self._update_buttons()

    def show_progress(self, progress: float, total: float | None, message: str) -> None:
        """A progress notification: how far of how much, None where the server did not say."""
        self._progress.show_progress(progress, total, message)

    def append_stream(self, texts: list[str]) -> None:
        """Texts that came while the call runs: a log message, a progress message, a partial result."""
        self.stream.show()
        for text in texts:
            self.stream.append_text(text)

    def call_finished(self, outcome: CallView) -> None:
        """Show how the call ended."""
        self._is_running = False
        took_ms = self._progress.finish()
        self.stream.flush()
        self._show_outcome(outcome, took_ms if outcome.rtt_ms is None else outcome.rtt_ms)
        if outcome.error is not None:
            self.result.show_error(outcome.error, outcome.notes)
        elif outcome.result is not None:
            self.result.show_result(outcome.result, outcome.notes)
        else:
            self.result.clear(outcome.sentence or "There is no result.")
        self._update_buttons()

    def sizeHint(self) -> QSize:
        return QSize(760, 420)

    def _build(self) -> None:
        self._call.setObjectName("callButton")
        self._call.setAccessibleName("Call the tool")
        self._call.setProperty("primary", True)
        self._cancel.setObjectName("cancelButton")
        self._cancel.setAccessibleName("Cancel the call")
        self._cancel.setToolTip("Cancel the call (Esc)")
        column = _column(self._header, self.arguments, self.extras, self._warning, self._progress, grows=self.arguments)
        splitter = TurningSplitter()
        splitter.addWidget(column)
        below = QSplitter(Qt.Orientation.Vertical)
        below.setChildrenCollapsible(False)
        below.addWidget(self.stream)
        below.addWidget(self.result)
        below.setStretchFactor(1, 1)
        self.result.put_in_header(self._outcome)
        self._below = below
        splitter.addWidget(below)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(splitter)
        self.stream.hide()

    def _connect(self) -> None:
        self.arguments.submitted.connect(self.request_call)
        for editor in (self.arguments, self.extras):
            editor.changed.connect(self._warning.hide)
        for silent in (self.arguments.be_silent, self.extras.be_silent, self._progress.setHidden):
            self._warning.toggled.connect(silent)  # it says more, and has the buttons that are of use
        self.extras.changed.connect(self._update_buttons)
        self._outcome.latency_wanted.connect(lambda: self.latency_wanted.emit(self._called or self.tool_name()))
        self._call.clicked.connect(self.request_call)
        self._cancel.clicked.connect(self.cancel_requested)
        self._warning.send_anyway.connect(self._send)
        self._warning.back.connect(self.arguments.focus_first)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._escape)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def _escape(self) -> None:
        if self._is_running:
            self.cancel_requested.emit()
        else:
            self._warning.hide()

    def _send(self) -> None:
        self._warning.hide()
        arguments = self.arguments.arguments()
        draft = None if arguments is None else self.extras.draft(self.tool_name(), arguments)
        if draft is not None and not (self._is_running or self._obstacle):
            self._is_running = True
            self._update_buttons()
            self.call_requested.emit(draft)

    def tool_name(self) -> str:
        """The name to call, empty where the entry has none."""
        name = self._tool.get("name") if isinstance(self._tool, dict) else None
        return name if isinstance(name, str) else ""

    def _remember(self) -> None:
        if self.tool_name():
            self._texts.pop(self.tool_name(), None)
            self._texts[self.tool_name()] = self.arguments.arguments_text()
        while len(self._texts) > MAX_REMEMBERED:
            del self._texts[next(iter(self._texts))]

    def _update_buttons(self) -> None:
        self._call.setEnabled(bool(self.tool_name()) and not (self._is_running or self._obstacle))
        self._call.setToolTip(self._obstacle or "Call the tool (Ctrl+Enter)")
        times = self.extras.repeat.times
        self._call.setText("Call" if times == 1 else f"Call {times:,} times")
        self._cancel.setEnabled(self._is_running)

    def _clear_outcome(self, sentence: str) -> None:
        self._outcome.hide()
        self.stream.reset()
        self.stream.hide()
        self.result.clear(sentence)

    def _show_outcome(self, outcome: CallView, took_ms: float) -> None:
        tool = self._called or self.tool_name()
        if outcome.batch is not None:
            self._outcome.show_batch(tool, outcome.batch, outcome.sentence)
            return
        end = "cancelled" if outcome.cancelled else "answered" if outcome.ok else "failed"
        self._outcome.show_call(tool, end, took_ms, outcome.events, outcome.sentence)


def _column(*widgets: QWidget, grows: QWidget) -> QWidget:
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        layout.addWidget(widget, 1 if widget is grows else 0)
    layout.addStretch()
    return column
