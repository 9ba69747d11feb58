"""One line to type in, shown above a table: Return takes it, Escape closes it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

_LINE_PX = 300
_MARGIN_PX = 8
_STAYING = {Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason, Qt.FocusReason.MenuBarFocusReason}

Take = Callable[[str], str]
"""Does what was typed; a sentence says why it cannot be done."""


class LinePopup(QFrame):
    """A child of `parent`, no window: it neither stops others nor outlives them."""

    def __init__(
        self,
        parent: QWidget,
        name: str,
        title: str,
        take: Take,
        text: str = "",
        hint: str = "",
        back: QWidget | None = None,
    ) -> None:
        """`back` has the focus afterwards, else `parent`."""
        super().__init__(parent)
        self._under = parent
        self._back = back or parent
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setProperty("popup", True)
        self.setAutoFillBackground(True)
        self._take = take
        self._said = QLabel(wordWrap=True)
        self._said.setObjectName(f"{name}Error")
        self._said.setAccessibleName("Why it cannot be done")
        self._said.setProperty("bad", True)
        self._said.hide()
        self.line = QLineEdit(text, placeholderText=hint)
        self.line.setObjectName(f"{name}Line")
        self.line.setAccessibleName(title)
        self.line.setMinimumWidth(_LINE_PX)
        self.line.selectAll()
        self.line.returnPressed.connect(self._enter)
        self.line.textEdited.connect(self._forget)
        self.line.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(_MARGIN_PX, _MARGIN_PX, _MARGIN_PX, _MARGIN_PX)
        row = QHBoxLayout()
        row.addWidget(QLabel(title))
        row.addWidget(self.line)
        column.addLayout(row)
        column.addWidget(self._said)

    def open_at(self, corner: QPoint) -> None:
        """Show it with its top left there, as far as its parent reaches."""
        self.adjustSize()
        room = self._under.rect().adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)
        x = max(room.left(), min(corner.x(), room.right() - self.width()))
        y = max(room.top(), min(corner.y(), room.bottom() - self.height()))
        self.move(x, y)
        self.show()
        self.raise_()
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_now(self) -> None:
        """Give the focus back and go."""
        self.line.removeEventFilter(self)
        self.hide()
        self._back.setFocus()
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape closes, and so does going elsewhere in the window."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Escape:
            self.close_now()
            return True
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut and event.reason() not in _STAYING:
            self.line.removeEventFilter(self)
            self.hide()
            self.deleteLater()
        return super().eventFilter(watched, event)

    def _enter(self) -> None:
        refusal = self._take(self.line.text())
        if not refusal:
            self.close_now()
            return
        self._said.setText(refusal)
        self._said.show()
        self.adjustSize()

    def _forget(self) -> None:
        self._said.hide()
        self.adjustSize()
