"""Where the address of a server is typed, or chosen from those of before."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QWidget

from inspector.ui.resources import resource
from inspector.ui.theme import DARK, colors

_MOST_SHOWN = 12
_POPUP_MARGINS_PX, _WIDEST_POPUP_PX = 40, 720


class AddressField(QLineEdit):
    """What is typed is completed from earlier addresses; the arrow in it, or Down, shows all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setPlaceholderText("http://localhost:8000/mcp")
        self.setClearButtonEnabled(True)
        self._earlier = QAction("Earlier addresses (Down)", self)
        self._earlier.setObjectName("earlierUrls")
        self._earlier.triggered.connect(self._show_earlier)
        self._earlier.setVisible(False)
        self.addAction(self._earlier, QLineEdit.ActionPosition.TrailingPosition)
        self._paint_arrow()

    def offer(self, urls: list[str]) -> None:
        """The addresses of before, the latest first: those that contain what is typed are offered."""
        completer = QCompleter(urls, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(_MOST_SHOWN)
        popup = QListView()
        popup.setObjectName("earlierUrlsList")
        popup.setAccessibleName("Earlier addresses")
        completer.setPopup(popup)
        widest_px = max((self.fontMetrics().horizontalAdvance(url) for url in urls), default=0)
        popup.setMinimumWidth(min(widest_px + _POPUP_MARGINS_PX, _WIDEST_POPUP_PX))  # the field cuts where they differ
        self.setCompleter(completer)
        self._update()

    def lock(self, is_locked: bool) -> None:
        """Whether the address is in use, so that it cannot be another now."""
        self.setReadOnly(is_locked)
        self._update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down, while there is no list to go through, asks for one."""
        if event.key() == Qt.Key.Key_Down:
            self._show_earlier()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """The arrow comes in the colour of the scheme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_earlier"):
            self._paint_arrow()

    def _show_earlier(self) -> None:
        completer = self.completer()
        if completer is not None and self._earlier.isVisible():
            self.setFocus()
            completer.setCompletionPrefix("")
            completer.complete()

    def _update(self) -> None:
        completer = self.completer()
        has_some = completer is not None and completer.model().rowCount() > 0
        self._earlier.setVisible(has_some and not self.isReadOnly())

    def _paint_arrow(self) -> None:
        shade = "dark" if colors() is DARK else "light"
        self._earlier.setIcon(QIcon(str(resource(f"arrow-{shade}.svg"))))
