"""A server asks the user for information in a form (R50)."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QPlainTextEdit, QWidget

from inspector.protocol import elicitation, schema
from inspector.protocol.schema import Problem
from inspector.record.text import visible
from inspector.ui.dialogs.dialog_parts import ColoredLabel, button_row, problem_label, push_button
from inspector.ui.dialogs.question_dialog import QuestionDialog
from inspector.ui.forms.arguments_editor import ArgumentsEditor
from inspector.ui.forms.text import write_json

MAX_MESSAGE_CHARS = 20_000
MAX_PROBLEMS = 4
_NO_FORM = "There is no form to show, so the content is written as JSON."


def elicitation_dialog(params: dict[str, Any], server: str = "", parent: QWidget | None = None) -> QuestionDialog:
    """The dialog for the mode that the server asks for; without one it is a form."""
    if params.get("mode") == "url":
        from inspector.ui.dialogs.elicitation_link import ElicitationLinkDialog  # noqa: PLC0415 - the rarer one

        return ElicitationLinkDialog(params, server, parent)
    return ElicitationFormDialog(params, server, parent)


class ElicitationFormDialog(QuestionDialog):
    """The message, and a form made from the server's schema; the answer is accept, decline or cancel."""

    def __init__(self, params: dict[str, Any], server: str = "", parent: QWidget | None = None) -> None:
        super().__init__("The server asks you for information", server, parent)
        self.setObjectName("elicitationDialog")
        self._asked = elicitation.read_schema(params.get("requestedSchema"))
        self.content = ArgumentsEditor(noun="values", schema_noun="The server's schema", check=_check)
        self._breaches = ColoredLabel("warn")
        self._problem = problem_label("elicitationProblem")
        self._accept = push_button("Accept", "elicitationAccept", "Send these values (Ctrl+Enter)", primary=True)
        self._anyway = push_button("Accept anyway", "elicitationAcceptAnyway", "Send them although they do not fit")
        self._decline = push_button("Decline", "elicitationDecline", "Tell the server no")
        self._cancel = push_button("Cancel", "elicitationCancel", "Neither yes nor no (Esc)")
        self._fill(params)
        self._connect()
        self.guard(self._accept)
        self.resize(600, 520)
        self.content.focus_first()

    def accept(self) -> None:
        """Send if everything fits; otherwise say what does not."""
        if not self._accept.isEnabled():
            return
        values = self.content.arguments()
        wrong = [problem.text for problem in self.content.problems()]
        if values is not None and not wrong:
            self.settle({"action": "accept", "content": values})
            return
        self._problem.say(f"✕ Not sent. {wrong[0] if wrong else 'The values cannot be read.'}")
        self._anyway.setVisible(values is not None)

    def decline(self) -> None:
        self.settle({"action": "decline"})

    def dismiss(self) -> None:
        self.settle({"action": "cancel"})

    def _accept_anyway(self) -> None:
        values = self.content.arguments()
        if values is not None:
            self.settle({"action": "accept", "content": values})

    def _fill(self, params: dict[str, Any]) -> None:
        self._breaches.setObjectName("elicitationBreaches")
        self._breaches.setAccessibleName("What the server's schema breaks")
        self._breaches.say(_breach_words(self._asked))
        self._show_schema()
        self._anyway.hide()
        self.column.addWidget(message_view(params.get("message")))
        self.column.addWidget(self._breaches)
        self.column.addWidget(self.content, 1)
        self.column.addWidget(self._problem)
        self.column.addLayout(button_row(self._cancel, self._decline, self._anyway, self._accept))

    def _show_schema(self) -> None:
        """The form with its defaults, or a JSON editor where the schema gives none."""
        self.content.set_tool(self._asked.schema if self._asked.is_form else True)
        if not self._asked.is_form:
            self.content.set_arguments_text("{}")
            self.content.notice.hide()  # there is nothing that the values could fit
            return
        fields = self._asked.schema["properties"]
        usable = elicitation.defaults(self._asked.schema)
        start = {
            name: value
            for name, value in schema.defaults(self._asked.schema).items()
            if name in usable or "default" not in fields[name]
        }
        self.content.set_arguments_text(write_json(start, pretty=True))

    def _connect(self) -> None:
        self._accept.clicked.connect(self.accept)
        self._anyway.clicked.connect(self._accept_anyway)
        self._decline.clicked.connect(self.decline)
        self._cancel.clicked.connect(self.dismiss)
        self.content.submitted.connect(self.accept)
        self.content.changed.connect(self._forget_problem)

    def _forget_problem(self) -> None:
        self._problem.say("")
        self._anyway.hide()


def message_view(message: Any) -> QPlainTextEdit:
    """What the server says, as it is: no markup, no links."""
    text = message if isinstance(message, str) else write_json(message)
    view = QPlainTextEdit(visible(text[:MAX_MESSAGE_CHARS]) or "(no message)", readOnly=True)
    view.setObjectName("questionMessage")
    view.setAccessibleName("What the server says")
    view.setTabChangesFocus(True)
    lines = sum(1 + len(line) // 75 for line in text[:2_000].split("\n"))
    view.setFixedHeight(view.fontMetrics().lineSpacing() * min(lines, 7) + 18)
    return view


def _check(asked: Any, values: Any) -> list[Problem]:
    if asked is True:
        return []
    return [Problem("", sentence) for sentence in elicitation.check(asked, values)]


def _breach_words(asked: elicitation.RequestedSchema) -> str:
    problems = [f"⚠ {problem}" for problem in asked.problems[:MAX_PROBLEMS]]
    if len(asked.problems) > MAX_PROBLEMS:
        problems.append(f"… and {len(asked.problems) - MAX_PROBLEMS} more")
    return "\n".join(problems if asked.is_form else [*problems, _NO_FORM])
