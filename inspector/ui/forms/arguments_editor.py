"""The arguments of a call: a form and the JSON text, two views of the same value.

The text is never rewritten while only the text is edited: what the user typed is what is kept, byte for byte. Only an
edit in the form writes the text anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QPlainTextEdit, QTabWidget, QVBoxLayout, QWidget

from inspector.protocol.schema import Problem, check_schema, defaults, validate
from inspector.ui.elided_label import ElidedLabel
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.forms.schema_form import SchemaForm
from inspector.ui.forms.text import read_json, text_of, write_json
from inspector.ui.theme import color, mono_font

FORM, JSON = 0, 1
MAX_TEXT_SHOWN_IN_FORM = 262_144
CHECK_DELAY_MS = 150
_FITS = "✓ fits the schema"
BASELINE_PX = 5
"""So far above the line below the tabs their words stand."""
MAX_LINES = 2
"""More problems than these leave the fields too little room; what a call would be refused for names more."""


class ArgumentsEditor(QWidget):
    """`changed` follows each edit, `submitted` Ctrl+Enter; `verdict` says that all fits, `notice` what does not.

    Whichever tab is open is the truth. `noun` and `schema_noun` name what is edited and what it is to fit; `check` says
    why a value does not fit a schema.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        noun: str = "arguments",
        schema_noun: str = "The tool's schema",
        check: Callable[[Any, Any], list[Problem]] = validate,
    ) -> None:
        super().__init__(parent)
        self._noun, self._schema_noun, self._validate = noun, schema_noun, check
        self._schema: Any = {}
        self._form_edited = False
        self._text_edited = False
        self.form = SchemaForm()
        self._json = QPlainTextEdit()
        self._tabs = QTabWidget()
        self.verdict = ElidedLabel()
        self.notice = plain_label()
        self._is_silent = False
        self._schema_notice = muted_label()
        self._build()
        self._check = QTimer(self, singleShot=True, interval=CHECK_DELAY_MS)
        self._check.timeout.connect(self._show_problems)
        self.form.changed.connect(self._form_changed)
        self._json.textChanged.connect(self._text_changed)
        self._tabs.currentChanged.connect(self._tab_changed)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self, self.submitted.emit)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    def set_tool(self, schema: Any) -> None:
        """Start anew with the arguments that `schema` (any JSON value) declares as defaults."""
        self._schema = schema
        self.form.set_schema(schema)
        wrong = check_schema(schema)
        self._schema_notice.setText(f"{self._schema_noun}: {wrong[0].text}" if wrong else "")
        self._schema_notice.setVisible(bool(wrong))
        start = defaults(schema)
        self.set_arguments_text(write_json(start if isinstance(start, dict) else {}, pretty=True))

    def set_arguments_text(self, text: str) -> None:
        """Put `text` in, in the form if it can show it, else as JSON."""
        self._write(text)
        self._text_edited, self._form_edited = True, False
        self._open(JSON if self.form.fallback_reason or self._fill_form() else FORM)
        self._show_problems()

    def arguments_text(self) -> str:
        """The JSON text: as it was typed, or written from the form if that was edited last."""
        if self._form_edited:
            self._write(write_json(self.form.value(), pretty=True))
            self._form_edited = False
        return text_of(self._json)

    def arguments(self) -> dict[str, Any] | None:
        """The value to send, or None while the JSON or a field of the form cannot be read (see `problems`)."""
        is_form = self._is_form()
        if is_form and self.form.problems():
            return None
        if is_form and self._form_edited:
            return self.form.value()
        # An unedited form is shown from the text, so the text says more: it keeps what a form cannot tell apart.
        value, error = read_json(text_of(self._json))
        if error or not isinstance(value, dict):
            return self.form.value() if is_form else None
        return value

    def problems(self) -> list[Problem]:
        """What cannot be read, else what does not fit the schema."""
        unreadable = self.form.problems() if self._is_form() else self._text_problems()
        if unreadable:
            return unreadable
        return self._validate(self._schema, self.arguments())

    def be_silent(self, is_silent: bool) -> None:
        """Whether what does not fit is said elsewhere, so that it need not be said here."""
        self._is_silent = is_silent
        self._say(self.notice.text())

    def focus_first(self) -> None:
        """Put the cursor where typing starts."""
        if self._is_form():
            self.form.focus_first()
        else:
            self._json.setFocus()

    def _is_form(self) -> bool:
        return self._tabs.currentIndex() == FORM

    def _text_problems(self) -> list[Problem]:
        value, error = read_json(text_of(self._json))
        if error:
            return [Problem("", error)]
        return [] if isinstance(value, dict) else [Problem("", f"The {self._noun} must be a JSON object: {{ … }}.")]

    def _build(self) -> None:
        self._json.setObjectName("argumentsJson")
        self._json.setAccessibleName("Arguments as JSON")
        self._json.setFont(mono_font())
        self._json.setTabChangesFocus(True)
        self._tabs.setObjectName("argumentsTabs")
        self._tabs.setAccessibleName("Arguments as form or JSON")
        self._tabs.addTab(self.form, "Form")
        self._tabs.addTab(self._json, "JSON")
        self.verdict.setObjectName("argumentsFit")
        self.verdict.setAccessibleName(f"Whether the {self._noun} fit")
        self.verdict.setContentsMargins(0, 0, 0, BASELINE_PX)
        self._tabs.setCornerWidget(self.verdict)  # beside the tabs it takes no room from the fields
        self.notice.setObjectName("argumentsProblems")
        self.notice.setAccessibleName("What does not fit")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (self._tabs, self.notice, self._schema_notice):
            layout.addWidget(widget)

    def _form_changed(self) -> None:
        self._form_edited = True
        self._edited()

    def _text_changed(self) -> None:
        self._text_edited = True
        self._edited()

    def _edited(self) -> None:
        self._check.start()
        self.changed.emit()

    def _tab_changed(self, index: int) -> None:
        if index == JSON:
            self.arguments_text()
        elif refusal := self._fill_form():
            self._open(JSON)
            self.verdict.setText("")
            self._say(refusal)
            return
        self._show_problems()

    def _fill_form(self) -> str:
        """Bring the text into the form, if it was edited since; otherwise one sentence why that is impossible."""
        if not self._text_edited:
            return ""
        text = text_of(self._json)
        if len(text) > MAX_TEXT_SHOWN_IN_FORM:
            return "The text is too long for the form, so it stays JSON."
        problems = self._text_problems()
        if problems:
            return f"The form cannot show this yet. {problems[0].text}"
        if not self.form.set_value(read_json(text)[0]):
            return "The form cannot show these values exactly, so they stay JSON."
        self._text_edited = False
        return ""

    def _open(self, index: int) -> None:
        self._tabs.blockSignals(True)
        self._tabs.setCurrentIndex(index)
        self._tabs.blockSignals(False)

    def _write(self, text: str) -> None:
        self._json.blockSignals(True)
        self._json.setPlainText(text)
        self._json.blockSignals(False)

    def _show_problems(self) -> None:
        self._check.stop()
        has_broken_schema = bool(self._schema_notice.text())
        problems = [problem for problem in self.problems() if not (problem.in_schema and has_broken_schema)]
        more = f"\n… and {len(problems) - MAX_LINES} more" if len(problems) > MAX_LINES else ""
        self._say("\n".join(f"⚠ {problem.text}" for problem in problems[:MAX_LINES]) + more)
        self.verdict.setText("" if problems or has_broken_schema else _FITS)

    def _say(self, text: str) -> None:
        for label, role in ((self.notice, "warn"), (self.verdict, "good")):
            palette = label.palette()
            palette.setColor(label.foregroundRole(), color(role))
            label.setPalette(palette)
        self.notice.setText(text)
        self.notice.setVisible(bool(text) and not self._is_silent)
