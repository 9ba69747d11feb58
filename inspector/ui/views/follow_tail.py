"""Keeps a growing table at its newest row until the user looks elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QPushButton

_MARGIN_PX = 12


class FollowTail(QObject):
    """Scrolls `view` with its rows while `following`; the End key, the button and the lowest position resume it."""

    changed = Signal(bool)

    def __init__(self, view: QAbstractItemView, button_name: str) -> None:
        super().__init__(view)
        self.following = True
        self.missed = 0
        """Rows that came since the user looked elsewhere."""
        self.is_live = True
        """Whether rows that come are news."""
        self._view = view
        self._own_move = False
        self.button = QPushButton(view)
        self.button.setObjectName(button_name)
        self.button.hide()
        self.button.setProperty("primary", True)
        self.button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.follow)
        bar = view.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._range_changed)
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)
        self._show_button()

    def follow(self) -> None:
        """Go to the newest row and stay with it."""
        self.missed = 0
        self._set(following=True)
        self.settle()

    def pause(self) -> None:
        """Stay where the user looks."""
        self._set(following=False)

    def rest(self) -> None:
        """The rows are all from long ago: begin with the first, and tell of none."""
        self.is_live, self.missed = False, 0
        self.pause()

    def rows_added(self, count: int) -> None:
        """The view shows `count` rows more than before."""
        if self.following:
            self.settle()
        elif self.is_live:
            self.missed += count
            self._show_button()

    def hold(self) -> None:
        """What moves until `settle` is no act of the user."""
        self._own_move = True

    def settle(self) -> None:
        """Take the view to where it belongs after rows or sizes changed."""
        self._own_move = True
        if self.following:
            self._view.scrollToBottom()
        self._own_move = False
        self._show_button()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Resume on the End key; keep the button in place when the view changes size."""
        if event.type() == QEvent.Type.Resize:
            self._show_button()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_End:
            if self.is_live:
                self.follow()
            else:
                self._view.scrollToBottom()
            return True
        return super().eventFilter(watched, event)

    def _range_changed(self) -> None:
        if self.following and not self._own_move:
            self.settle()

    def _scrolled(self, value: int) -> None:
        if self._own_move or not self.is_live:
            return
        if value < self._view.verticalScrollBar().maximum():
            self.pause()
        elif not self.following:
            self.follow()

    def _set(self, *, following: bool) -> None:
        if following != self.following:
            self.following = following
            self.changed.emit(following)
        self._show_button()

    def _show_button(self) -> None:
        button, area = self.button, self._view.viewport().geometry()
        button.setVisible(not self.following and self.missed > 0)
        button.setText(f"↓ {self.missed:,} new {'row' if self.missed == 1 else 'rows'}: follow")
        button.setAccessibleName(button.text())
        button.adjustSize()
        button.move(area.center().x() - button.width() // 2, area.bottom() - button.height() - _MARGIN_PX)
