"""A server asks for a model's answer (R51): what it sends, and what the user lets it have."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSplitter, QVBoxLayout, QWidget

from inspector.protocol.jsonrpc import shown
from inspector.protocol.sampling import DEPRECATED_CONTEXTS, check_answer, check_request, offered_tools, tool_choice
from inspector.record.text import plain
from inspector.ui.badge import deprecated_badge
from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, heading, problem_label, push_button
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.dialogs.sampling_answer import SamplingAnswer
from inspector.ui.forms.parts import muted_label
from inspector.ui.forms.text import write_json
from inspector.ui.user_data import UserData
from inspector.ui.views.messages_view import MessagesView
from inspector.ui.views.text_view import JSON, TextView

REFUSED = "The user refused the sampling request."
MAX_NAMES = 20
_SHOWN_APART = {
    "messages",
    "systemPrompt",
    "maxTokens",
    "temperature",
    "stopSequences",
    "modelPreferences",
    "tools",
    "toolChoice",
    "includeContext",
}


class SamplingDialog(QuestionDialog):
    """The request on the left, the answer on the right; nothing leaves before Send.

    What breaks a rule is said first, and can be sent all the same: that is how servers are tried out.
    """

    def __init__(
        self,
        params: dict[str, Any],
        data: UserData,
        server: str = "",
        parent: QWidget | None = None,
        *,
        is_deprecated: bool = False,
    ) -> None:
        deprecated = "Sampling is" if is_deprecated else ""
        super().__init__("The server asks for a model’s answer", server, parent, deprecated=deprecated)
        self.setObjectName("samplingDialog")
        self._params = params
        self.answer = SamplingAnswer(params, data)
        self._problem = problem_label("samplingProblem")
        self._send = push_button("Send", "samplingSend", "Send this answer (Ctrl+Enter)", primary=True)
        self._anyway = push_button("Send anyway", "samplingSendAnyway", "Send it although it breaks a rule")
        self._refuse = push_button("Refuse", "samplingRefuse", "Refuse the request; the server gets error -1 (Esc)")
        self._lay_out()
        self._connect()
        self.guard(self._send)
        self.resize(980, 640)
        self.answer.focus_first()

    def decline(self) -> None:
        self.refuse(REFUSED)

    def dismiss(self) -> None:
        self.refuse(REFUSED)

    def send(self) -> None:
        """Send if the rules are kept; otherwise say which is not."""
        if not self._send.isEnabled():
            return
        result, error = self.answer.result()
        wrong = [error] if result is None else check_answer(self._params, result)
        if result is not None and not wrong:
            self.settle(result)
            return
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        self._problem.say(f"✕ {wrong[0]}{more}")
        self._anyway.setVisible(result is not None)

    def _send_anyway(self) -> None:
        result, _ = self.answer.result()
        if result is not None:
            self.settle(result)

    def _lay_out(self) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(8, 0, 0, 0)
        column.addWidget(heading("Your answer"))
        column.addWidget(self.answer, 1)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.setChildrenCollapsible(False)
        halves.addWidget(_request(self._params))
        halves.addWidget(right)
        halves.setSizes([540, 420])
        self._anyway.hide()
        self.column.addWidget(halves, 1)
        self.column.addWidget(self._problem)
        self.column.addLayout(button_row(self._refuse, self._anyway, self._send))

    def _connect(self) -> None:
        self._send.clicked.connect(self.send)
        self._anyway.clicked.connect(self._send_anyway)
        self._refuse.clicked.connect(self.decline)
        self.answer.changed.connect(self._forget_problem)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            QShortcut(QKeySequence(keys), self).activated.connect(self.send)

    def _forget_problem(self) -> None:
        self._problem.say("")
        self._anyway.hide()


def _request(params: dict[str, Any]) -> QScrollArea:
    """Everything the server sent, the odd parts too."""
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 8, 0)
    column.setSpacing(10)
    wrong = check_request(params)
    warning = ColoredLabel("warn")
    warning.setObjectName("samplingBreaches")
    warning.setAccessibleName("What the request breaks")
    column.addWidget(warning)
    warning.say("\n".join(f"⚠ {sentence}" for sentence in wrong[:5]))
    column.addLayout(_facts(params))
    prompt = params.get("systemPrompt")
    if prompt is not None:
        column.addWidget(TextView("system prompt", prompt if isinstance(prompt, str) else write_json(prompt)))
    column.addWidget(MessagesView(params.get("messages")))
    if params.get("tools") is not None:
        column.addWidget(TextView("tools", write_json(params["tools"], pretty=True), JSON))
    others = {key: value for key, value in params.items() if key not in _SHOWN_APART}
    if others:
        column.addWidget(TextView("other fields", write_json(others, pretty=True), JSON))
    column.addStretch(1)
    area = QScrollArea(widgetResizable=True)
    area.setObjectName("samplingRequest")
    area.setAccessibleName("What the server sends")
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area


def _facts(params: dict[str, Any]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(1, 1)
    for row, (title, words) in enumerate(fact_lines(params)):
        value = QLabel(words)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setWordWrap(True)
        value.setObjectName(f"fact:{title}")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(muted_label(title, wrap=False), row, 0, Qt.AlignmentFlag.AlignTop)
        is_deprecated = title == "Include context" and params.get("includeContext") in DEPRECATED_CONTEXTS
        cell = QHBoxLayout()
        cell.setSpacing(8)
        cell.addWidget(value, 0 if is_deprecated else 1)
        if is_deprecated:
            cell.addWidget(deprecated_badge("includeContext thisServer and allServers are"))
            cell.addStretch(1)
        grid.addLayout(cell, row, 1)
    return grid


def fact_lines(params: dict[str, Any]) -> list[tuple[str, str]]:
    """The request's settings in words; what it does not set is left out."""
    tools = list(offered_tools(params))
    names = ", ".join(plain(name, 40) for name in tools[:MAX_NAMES]) + (" …" if len(tools) > MAX_NAMES else "")
    stops = params.get("stopSequences")
    lines = [
        ("Max tokens", _plain(params.get("maxTokens"))),
        ("Temperature", _plain(params.get("temperature"))),
        ("Stop sequences", ", ".join(map(shown, stops[:10])) if isinstance(stops, list) else _plain(stops)),
        ("Model", _preferences(params.get("modelPreferences"))),
        ("Tools", names),
        ("Tool choice", tool_choice(params) if params.get("toolChoice") is not None else ""),
        ("Include context", _plain(params.get("includeContext"))),
    ]
    return [(title, words) for title, words in lines if words]


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return plain(value) if isinstance(value, str) else shown(value)


def _preferences(value: Any) -> str:
    """The names hinted at, the best first, and the priorities from 0 to 1."""
    if not isinstance(value, dict):
        return _plain(value)
    hints = value.get("hints")
    listed = hints if isinstance(hints, list) else []
    names = [plain(str(hint.get("name")), 60) for hint in listed[:10] if isinstance(hint, dict)]
    titles = (("costPriority", "cost"), ("speedPriority", "speed"), ("intelligencePriority", "intelligence"))
    weights = [f"{title} {_plain(value[key])}" for key, title in titles if value.get(key) is not None]
    return " · ".join(filter(None, (", ".join(names), *weights)))
