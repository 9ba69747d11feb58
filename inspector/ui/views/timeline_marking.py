"""The user's own signs on rows: marks, comments, and the row that the time counts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from inspector.ui.models.timeline_cells import TimeMode
from inspector.ui.views.line_popup import LinePopup
from inspector.ui.views.row_actions import add_row_actions

if TYPE_CHECKING:
    from inspector.ui.views.timeline_view import TimelineView


class TimelineMarking(QObject):
    """The entries of the row menu that leave a sign on a row."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._model = view.timeline_model
        add_row_actions(
            view,
            ("timelineToggleMark", "Mark or unmark", "Ctrl+M", self.toggle),
            ("timelineComment", "Comment…", "Ctrl+;", self.ask_for_comment),
            ("timelineReference", "Count time from here", "Ctrl+T", self.set_reference),
        )
        view.columns.time_mode_wanted.connect(self.set_time_mode)

    def toggle(self) -> None:
        """Mark the current row with a star, or take it away with its comment."""
        n = self._number()
        if n is not None:
            self._model.marks.toggle(n)

    def ask_for_comment(self) -> None:
        """Let the user write a line on the current row; it is marked, too."""
        n = self._number()
        if n is None:
            return

        def keep(text: str) -> str:
            self._model.marks.set(n, text)
            return ""

        view = self._view
        popup = LinePopup(
            view, "timelineNote", f"Comment on #{n:,}", keep, self._model.marks.comment(n), "Return keeps it"
        )
        below = view.viewport().mapTo(view, view.visualRect(view.currentIndex()).bottomLeft())
        popup.open_at(QPoint(view.viewport().width() // 6, below.y() + 1))

    def set_reference(self) -> None:
        """Count the time from the current row; on that row once more: as before."""
        row = self._view.current_row()
        if row is None:
            self._view.noted.emit("Select a row first.")
        elif self._model.cells.reference == row:
            self.set_time_mode(self._view.columns.time_mode)
        else:
            self._model.set_time_mode(TimeMode.REFERENCE, row)

    def set_time_mode(self, mode: TimeMode) -> None:
        """Count the time as chosen in the head of the table."""
        self._view.columns.time_mode = mode
        self._model.set_time_mode(mode)

    def _number(self) -> int | None:
        row = self._view.current_row()
        if row is None:
            self._view.noted.emit("Select a row first.")
            return None
        return self._model.timeline.numbers[row]
