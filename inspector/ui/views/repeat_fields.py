"""How often a call is made, and how many of them are on their way at once."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from inspector.record.text import counted
from inspector.ui.call_draft import MAX_CONCURRENCY, MAX_TIMES
from inspector.ui.forms.parts import muted_label


class RepeatFields(QWidget):
    """Two numbers, bounded so that no server is overrun by a slip of the finger; `changed` follows each edit."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._times = CountField("callTimes", "How many times to call", MAX_TIMES)
        self._concurrency = CountField("callConcurrency", "How many calls at once", MAX_CONCURRENCY)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(muted_label("Call", wrap=False))
        row.addWidget(self._times)
        row.addWidget(muted_label("times,", wrap=False))
        row.addWidget(self._concurrency)
        row.addWidget(muted_label("at once", wrap=False))
        row.addStretch()
        for field in (self._times, self._concurrency):
            field.textChanged.connect(self._edited)
        self._edited()

    @property
    def times(self) -> int:
        return self._times.value()

    @property
    def concurrency(self) -> int:
        """Never more than there are calls."""
        return min(self._concurrency.value(), self.times)

    def reset(self) -> None:
        """Back to one call."""
        for field in (self._times, self._concurrency):
            field.clear()

    def words(self) -> str:
        """What differs from calling once; empty if nothing does."""
        if self.times == 1:
            return ""
        return (
            f"{counted(self.times, 'call')}, {f'{self.concurrency:,} at once' if self.concurrency > 1 else 'in turn'}"
        )

    def _edited(self) -> None:
        self._concurrency.setEnabled(self.times > 1)
        self.changed.emit()


class CountField(QLineEdit):
    """A whole number from 1 to `most`, 1 while nothing stands there; Up and Down count."""

    def __init__(self, name: str, accessible: str, most: int) -> None:
        super().__init__(placeholderText="1", maxLength=6)
        self._most = most
        self.setObjectName(name)
        self.setAccessibleName(accessible)
        self.setToolTip(f"{accessible}: at most {most:,}")
        self.setValidator(QIntValidator(1, most, self))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(62)

    def value(self) -> int:
        text = self.text()
        return min(max(1, int(text)), self._most) if text.isdecimal() else 1

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.setText(str(min(max(1, self.value() + step), self._most)))
