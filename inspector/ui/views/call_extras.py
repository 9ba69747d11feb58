"""What goes with a call beside its arguments: `_meta`, progress, its time limit, running as a task, how often."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from inspector.record.text import counted
from inspector.ui.call_draft import CallDraft, CallFacts, TaskSupport
from inspector.ui.dialogs.connection_pages import SecondsField
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.json_edit import JsonEdit
from inspector.ui.forms.parts import muted_label, plain_label, tool_button, tool_tip
from inspector.ui.forms.text import read_json
from inspector.ui.theme import color
from inspector.ui.views.repeat_fields import RepeatFields

LINES = 4
_TITLE = "Options, _meta, repeat"
_EXAMPLE = '_meta:\n{"example.com/run": 7}'
_HINT = 'An object that goes into params._meta, such as {"example.com/run": 7}. Empty sends nothing of your own.'


class CallExtras(QWidget):
    """Closed to one line that says what differs from the usual; `changed` follows each edit."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts = CallFacts()
        self._is_silent = False
        self._open = tool_button(
            _TITLE, "Show _meta, progress, time limit and task of the call, and how often to make it", checkable=True
        )
        self._summary = ElidedLabel()
        self._body = QWidget(self)
        self._meta = JsonEdit("callMeta", "Metadata of the call (_meta) as JSON")
        self._notice = plain_label()
        self._progress = QCheckBox("Ask for progress")
        self._timeout = SecondsField(may_be_empty=True)
        self._task = QCheckBox("Run as task")
        self.repeat = RepeatFields()
        self._task_reason = ElidedLabel()
        self._lay_out()
        self._open.toggled.connect(self._toggle)
        self._meta.textChanged.connect(self._edited)
        for box in (self._progress, self._task):
            box.toggled.connect(self._edited)
        self._timeout.textChanged.connect(self._edited)
        self.repeat.changed.connect(self._edited)
        self.set_facts(self._facts)
        self._toggle(False)

    def set_facts(self, facts: CallFacts) -> None:
        """Offer what the tool and the connection allow; the user's own choices stay where they still can."""
        self._facts = facts
        self._task.setEnabled(facts.task is TaskSupport.OPTIONAL)
        if facts.task is TaskSupport.REQUIRED:
            self._task.setChecked(True)
        elif facts.task is TaskSupport.NONE:
            self._task.setChecked(False)
        self._task_reason.setText(facts.task_reason)
        self._task.setToolTip(facts.task_reason)
        self._timeout.setPlaceholderText(f"{facts.timeout_s:g}")
        self._edited()

    def be_silent(self, is_silent: bool) -> None:
        """Whether what is wrong is said elsewhere, so that it need not be said here."""
        self._is_silent = is_silent
        self._show_notice()

    def problem(self) -> str:
        """What cannot be sent, in one sentence; empty if all can."""
        return self._read()[1] or self._time_problem()

    def draft(self, tool: str, arguments: dict[str, Any]) -> CallDraft | None:
        """The call with these extras, None while one of them cannot be read."""
        if self.problem():
            return None
        meta, timeout_s = self._read()[0], self._timeout.seconds()
        return CallDraft(
            tool,
            arguments,
            meta,
            timeout_s,
            self._task.isChecked(),
            self._progress.isChecked(),
            self.repeat.times,
            self.repeat.concurrency,
        )

    def reveal(self) -> None:
        """Open, with the cursor where something is to be mended."""
        self._open.setChecked(True)
        (self._timeout if self._time_problem() and not self._read()[1] else self._meta).setFocus()

    def _read(self) -> tuple[dict[str, Any] | None, str]:
        text = self._meta.text()
        if not text.strip():
            return None, ""
        value, error = read_json(text)
        if error:
            return None, f"_meta cannot be read. {error}"
        return (value, "") if isinstance(value, dict) else (None, "_meta must be a JSON object: { … }.")

    def _time_problem(self) -> str:
        is_sound = self._timeout.is_usable()
        return "" if is_sound else f"The time limit {self._timeout.text()[:20]!r} is no number of seconds above 0."

    def _lay_out(self) -> None:
        self._open.setObjectName("callExtrasOpen")
        self._open.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._summary.setObjectName("callExtrasSummary")
        self._summary.setAccessibleName("What goes with the call")
        self._summary.setProperty("muted", True)
        self._meta.setPlaceholderText(_EXAMPLE)
        self._meta.setToolTip(tool_tip(_HINT))
        self._meta.setFixedHeight(self._meta.fontMetrics().lineSpacing() * LINES + 18)
        self._notice.setObjectName("callMetaNotice")
        self._notice.setAccessibleName("What is to be said about _meta")
        self._progress.setObjectName("callWithProgress")
        self._progress.setAccessibleName("Ask the server for progress")
        self._progress.setToolTip("Sends a progressToken with the call")
        self._progress.setChecked(True)
        self._task_reason.setProperty("muted", True)
        self._task.setObjectName("callAsTask")
        self._task.setAccessibleName("Run the call as a task")
        self._timeout.setObjectName("callTimeout")
        self._timeout.setAccessibleName("Time limit of the call in seconds")
        self._timeout.setToolTip("Without a number, that of the connection holds")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._open)
        head.addWidget(self._summary, 1)
        head.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self._body)
        layout.addWidget(self._notice)
        self._lay_out_body()

    def _lay_out_body(self) -> None:
        """The metadata beside the rest, so that an open section is no higher than a few lines."""
        limit = QHBoxLayout()
        limit.addWidget(muted_label("Time limit", wrap=False))
        limit.addWidget(self._timeout)
        limit.addWidget(muted_label("seconds", wrap=False))
        limit.addStretch()
        rest = QVBoxLayout()
        rest.setSpacing(6)
        rest.addWidget(self.repeat)
        rest.addLayout(limit)
        rest.addWidget(self._progress)
        rest.addWidget(self._task)
        rest.addWidget(self._task_reason)
        rest.addStretch()
        body = QHBoxLayout(self._body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(10)
        body.addWidget(self._meta, 3)
        body.addLayout(rest, 2)

    def _toggle(self, is_open: bool) -> None:
        self._open.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self._body.setVisible(is_open)
        self._summary.setVisible(not is_open)
        self._show_notice()

    def _edited(self) -> None:
        meta, problem = self._read()[0], self.problem()
        self._say(f"⚠ {problem}" if problem else "")
        task = self._task.isChecked()
        parts: tuple[str, ...] = (
            "cannot be read" if problem else counted(len(meta), "field") if meta else "",
            "" if self._progress.isChecked() else "without progress",
            f"{seconds:g} s at most" if (seconds := self._timeout.seconds()) else "",
            "as a task" if task else "",
            self.repeat.words(),
        )
        self._summary.setText(" · ".join(filter(None, parts)))
        self.changed.emit()

    def _say(self, words: str) -> None:
        palette = self._notice.palette()
        palette.setColor(self._notice.foregroundRole(), color("warn"))
        self._notice.setPalette(palette)
        self._notice.setText(words)
        self._show_notice()

    def _show_notice(self) -> None:
        self._notice.setVisible(bool(self._notice.text()) and self._open.isChecked() and not self._is_silent)
