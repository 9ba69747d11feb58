"""The buttons in the corner of the lanes: nearer, farther, everything, problems first, the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from inspector.ui.forms.parts import tool_button
from inspector.ui.views.lanes_span import Mode

if TYPE_CHECKING:
    from inspector.ui.views.lanes_view import LanesView

ZOOM_STEP = 1.3
_BESIDE_WORD_PX = 14
"""Padding, border and a little air: all of them have to fit over the names."""


class LanesButtons(QWidget):
    """Stands over the names, beside the axis; where there is no room for all, those at the right go.

    Of a recording nothing is the newest.
    """

    def __init__(self, view: LanesView) -> None:
        super().__init__(view.viewport())
        self.setObjectName("lanesButtons")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self._view = view
        self.farther = self._button("lanesFarther", "−", "Show more time (−)")
        self.nearer = self._button("lanesNearer", "+", "Show less time, nearer (+)")
        self.fit = self._button("lanesFit", "All", "Show all time (0)", checkable=True)
        self.follow = self._button("lanesFollow", "Now", "Stay with the newest (End)", checkable=True)
        self.problems = self._button("lanesProblems", "!", "Lanes with problems first (P)", checkable=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 1, 2, 2)
        row.setSpacing(1)
        for button in self._all:
            row.addWidget(button)
        row.addStretch()
        self._connect()

    @property
    def _all(self) -> tuple[QToolButton, ...]:
        return self.farther, self.nearer, self.fit, self.problems, self.follow

    def place(self, width: int, height: int) -> None:
        """Take the corner of this size."""
        self.setGeometry(0, 0, width - 1, height - 1)
        room = width - 8
        for button in self._all:
            button.setFixedWidth(button.fontMetrics().horizontalAdvance(button.text()) + _BESIDE_WORD_PX)
            room -= button.width() + 1
            button.setVisible(room >= 0 and (button is not self.follow or self._view.scene.is_live))

    def refresh(self) -> None:
        """Show how the lanes go on."""
        scene = self._view.scene
        self.fit.setChecked(scene.span.mode is Mode.FIT)
        self.follow.setChecked(scene.span.mode is Mode.FOLLOW)
        self.problems.setChecked(scene.problems_first)
        for button in self._all:
            button.setEnabled(scene.lanes.folded > 0)

    def _button(self, name: str, text: str, meaning: str, *, checkable: bool = False) -> QToolButton:
        button = tool_button(text, meaning, checkable=checkable)
        button.setObjectName(name)
        button.setStyleSheet("QToolButton { padding: 1px 5px; }")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _connect(self) -> None:
        view, span = self._view, self._view.scene.span
        self.farther.clicked.connect(lambda: self._zoom(1 / ZOOM_STEP))
        self.nearer.clicked.connect(lambda: self._zoom(ZOOM_STEP))
        self.fit.clicked.connect(lambda: view.change_span(span.fit))
        self.follow.clicked.connect(lambda: view.change_span(span.follow))
        self.problems.clicked.connect(self.toggle_problems)

    def toggle_problems(self) -> None:
        """Lanes with problems come first, or the newest."""
        self._view.scene.problems_first ^= True
        self._view.refresh()

    def _zoom(self, factor: float) -> None:
        span = self._view.scene.span
        self._view.change_span(lambda: span.zoom(factor, span.columns.count / 2))
