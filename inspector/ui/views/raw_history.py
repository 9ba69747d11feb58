"""What was sent before: look, send again, or take it back into the editor."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QStackedLayout, QVBoxLayout, QWidget

from inspector.ui.forms.parts import muted_label
from inspector.ui.raw_drafts import KEPT_SENDS, History, RawDraft

_EMPTY = f"Nothing sent yet. The last {KEPT_SENDS} requests are kept here while the window is open."


class RawHistory(QWidget):
    """`edit_wanted` and `send_wanted` carry the chosen draft; a double click edits it."""

    edit_wanted = Signal(object)
    send_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = History()
        self._list = QListWidget()
        self._edit = QPushButton("Edit")
        self._send = QPushButton("Send again")
        self._lay_out()
        self._edit.clicked.connect(lambda: self.edit_wanted.emit(self._chosen()))
        self._send.clicked.connect(lambda: self.send_wanted.emit(self._chosen()))
        self._list.itemActivated.connect(lambda: self.edit_wanted.emit(self._chosen()))
        self._refresh()

    def __len__(self) -> int:
        return len(self._history)

    def add(self, draft: RawDraft) -> None:
        """A draft is being sent."""
        self._history.add(draft)
        self._refresh()

    def settle(self, outcome: str) -> None:
        """What came of it."""
        self._history.settle(outcome)
        self._refresh()

    def set_running(self, is_running: bool) -> None:
        """While one is under way, nothing is sent again."""
        self._send.setEnabled(not is_running)

    def _chosen(self) -> RawDraft:
        return self._history[max(self._list.currentRow(), 0)].draft

    def _lay_out(self) -> None:
        self._list.setObjectName("rawHistoryList")
        self._list.setAccessibleName("Requests sent before, newest first")
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for button, name in ((self._edit, "editRawSend"), (self._send, "repeatRawSend")):
            button.setObjectName(name)
            button.setAccessibleName(f"{button.text()}: the chosen request")
        empty = muted_label(_EMPTY)
        empty.setObjectName("rawHistoryEmpty")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setMargin(16)
        page = QWidget()
        self._stack = QStackedLayout(self)
        self._stack.addWidget(empty)
        self._stack.addWidget(page)
        buttons = QHBoxLayout()
        buttons.addWidget(self._edit)
        buttons.addWidget(self._send)
        buttons.addStretch()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self._list, 1)
        column.addLayout(buttons)

    def _refresh(self) -> None:
        self._stack.setCurrentIndex(1 if len(self._history) else 0)
        self._list.clear()
        for place in range(len(self._history)):
            send = self._history[place]
            self._list.addItem(f"{send.draft.title}  →  {send.outcome or 'under way'}")
        self._list.setCurrentRow(0)
