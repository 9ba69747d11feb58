"""A tab whose content is built when it is first shown, so that hidden panes do not delay the window."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget


class Pane(QWidget):
    """A statistics pane: it is refreshed from outside, and asks for an event by its number."""

    jump = Signal(int)

    def refresh(self) -> None:
        """Show the figures of now."""


class LazyTab(QWidget):
    """Holds the place of a pane until `build` is called for it."""

    def __init__(self, build: Callable[[], QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build = build
        self.pane: QWidget | None = None

    def built(self) -> QWidget:
        """The pane, also before it was ever shown."""
        if self.pane is None:
            self.pane = self._build()
            box = QVBoxLayout(self)
            box.setContentsMargins(0, 0, 0, 0)
            box.addWidget(self.pane)
        return self.pane

    def showEvent(self, event: QShowEvent) -> None:
        self.built()
        super().showEvent(event)

    def refresh(self) -> None:
        if isinstance(self.pane, Pane):
            self.pane.refresh()
