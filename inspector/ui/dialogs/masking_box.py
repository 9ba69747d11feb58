"""What is masked before anything leaves: the usual names, ids of sessions, the user's own patterns; or nothing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QListWidget, QVBoxLayout, QWidget

from inspector.record.redaction import RedactionError, RedactionRules, Redactor
from inspector.ui.dialogs.dialog_parts import ColoredLabel, problem_label, push_button
from inspector.ui.forms.parts import muted_label, plain_label
from inspector.ui.user_data import MAX_PATTERNS

UNMASKED = (
    "Nothing will be masked: the file holds every password, token and id that was recorded. "
    "Give it only to those who may have them."
)
_WORDS = (
    "Always masked: credentials in headers, in URLs, forms, JSON and XML, in text that looks like a token, and cookies."
)
_TO_BE_TYPED_MS = 300


class MaskingBox(QWidget):
    """`changed` carries the rules once they can be used; switching all off lasts as long as the dialog."""

    changed = Signal(object)

    def __init__(self, rules: RedactionRules, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kept = rules
        self._is_on = QCheckBox("Mask secrets")
        self._sessions = QCheckBox("Ids of MCP sessions, too")
        self._red = ColoredLabel("bad", UNMASKED)
        self._patterns = QListWidget()
        self._pattern = QLineEdit(placeholderText=r"Regular expression, such as ACME-\d{6}")
        self._add = push_button("Add", "maskAdd", "Mask what matches this pattern, too (Return)")
        self._remove = push_button("Remove", "maskRemove", "Remove the chosen pattern")
        self._problem = problem_label("maskProblem")
        self._later = QTimer(self, singleShot=True, interval=_TO_BE_TYPED_MS)
        self._lay_out()
        self._is_on.setChecked(True)
        self._sessions.setChecked(rules.session_ids)
        self._patterns.addItems(rules.patterns)
        self._connect()
        self._refresh()

    def rules(self) -> RedactionRules:
        """What is to be masked now."""
        patterns = tuple(self._patterns.item(row).text() for row in range(self._patterns.count()))
        return replace(
            self._kept, patterns=patterns, session_ids=self._sessions.isChecked(), is_on=self._is_on.isChecked()
        )

    def add(self) -> bool:
        """Add the pattern that was typed; False if it cannot be used, which is said."""
        pattern = self._pattern.text() if self._is_on.isChecked() else ""
        if not pattern:
            return True
        if pattern in self.rules().patterns:
            self._pattern.clear()
            return True
        sentence = _problem(pattern)
        if self._patterns.count() >= MAX_PATTERNS:
            sentence = f"There are {MAX_PATTERNS} patterns already. Remove one first."
        self._problem.say(f"✕ {sentence}" if sentence else "")
        if sentence:
            self._pattern.setFocus()
            return False
        self._patterns.addItem(pattern)
        self._pattern.clear()
        self._tell()
        return True

    def remove(self) -> None:
        """Remove the pattern that is chosen."""
        if self._patterns.currentRow() >= 0:
            self._patterns.takeItem(self._patterns.currentRow())
            self._tell()

    def say(self, sentence: str) -> None:
        """What is wrong with a pattern, as it turned out while it was used."""
        self._problem.say(f"✕ {sentence}" if sentence else "")

    def _lay_out(self) -> None:
        named: tuple[tuple[QWidget, str, str], ...] = (
            (self._is_on, "maskSecrets", "Mask secrets before anything leaves"),
            (self._sessions, "maskSessions", "Mask the ids of MCP sessions, too"),
            (self._red, "maskWarning", "What it means to mask nothing"),
            (self._patterns, "maskPatterns", "Your own patterns"),
            (self._pattern, "maskPattern", "A pattern to add"),
        )
        for widget, name, meaning in named:
            widget.setObjectName(name)
            widget.setAccessibleName(meaning)
        self._words = muted_label(_WORDS)
        self._own = plain_label("Your own patterns, masked too")
        self._own.setBuddy(self._patterns)
        self._patterns.setFixedHeight(3 * (self.fontMetrics().height() + 8))
        self._patterns.setToolTip("What matches is masked, in text of any kind; of a pattern with groups, the first.")
        typed = QHBoxLayout()
        typed.setSpacing(6)
        for widget, stretch in ((self._pattern, 1), (self._add, 0), (self._remove, 0)):
            typed.addWidget(widget, stretch)
        switches = QHBoxLayout()
        switches.addWidget(self._is_on)
        switches.addSpacing(18)
        switches.addWidget(self._sessions)
        switches.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(switches)
        column.addWidget(self._red)
        column.addWidget(self._words)
        column.addWidget(self._own)
        column.addWidget(self._patterns)
        column.addLayout(typed)
        column.addWidget(self._problem)

    def _connect(self) -> None:
        for box in (self._is_on, self._sessions):
            box.toggled.connect(self._tell)
        self._add.clicked.connect(self.add)
        self._remove.clicked.connect(self.remove)
        self._pattern.returnPressed.connect(self.add)
        self._pattern.textChanged.connect(self._later.start)
        self._later.timeout.connect(lambda: self.say(_problem(self._pattern.text())))
        self._patterns.currentRowChanged.connect(self._refresh)

    def _tell(self) -> None:
        self._refresh()
        self.changed.emit(self.rules())

    def _refresh(self) -> None:
        is_on = self._is_on.isChecked()
        self._red.setVisible(not is_on)
        self._words.setVisible(is_on)
        for widget in (self._sessions, self._patterns, self._pattern, self._add):
            widget.setEnabled(is_on)
        self._remove.setEnabled(is_on and self._patterns.currentRow() >= 0)


def _problem(pattern: str) -> str:
    """Why a pattern cannot be used; empty: it can."""
    try:
        Redactor(RedactionRules(patterns=(pattern,) if pattern else ()))
    except RedactionError as error:
        return str(error)
    return ""
