"""From a row to another: its request, its answer, its finding, the next error or mark, a number or a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from inspector.record import row_links
from inspector.record.places import HINT, PlaceError, row_at
from inspector.record.query_conditions import ToolFailed
from inspector.record.timeline import Timeline
from inspector.ui.views.line_popup import LinePopup
from inspector.ui.views.row_actions import add_row_actions

if TYPE_CHECKING:
    from inspector.ui.views.timeline_view import TimelineView

_MARGIN_PX = 40
_NONE_SHOWN = "There is no {} among the rows shown."


class TimelineJumps(QObject):
    """The entries of the row menu that go elsewhere; where there is nothing to go to, the view says so."""

    def __init__(self, view: TimelineView) -> None:
        super().__init__(view)
        self._view = view
        self._model = view.timeline_model
        add_row_actions(
            view,
            ("timelineJump", "Jump to request or answer", "Ctrl+J", self.to_partner),
            ("timelineToRequest", "Jump to request", "Alt+Up", self.to_request),
            ("timelineToAnswer", "Jump to answer", "Alt+Down", self.to_answer),
            ("timelineToFinding", "Jump to finding", "Ctrl+Shift+J", self.to_finding),
            ("timelineNextError", "Next error", "F8", self.to_error),
            ("timelinePreviousError", "Previous error", "Shift+F8", lambda: self.to_error(forward=False)),
            ("timelineNextMark", "Next mark", "F2", self.to_mark),
            ("timelinePreviousMark", "Previous mark", "Shift+F2", lambda: self.to_mark(forward=False)),
            ("timelineGoTo", "Go to number or time…", "Ctrl+G", self.ask_for_place),
        )

    def to_partner(self) -> None:
        """From a request to its answer, from anything else to what it is about."""
        self._follow(Timeline.partner, "This row belongs to no other.")

    def to_request(self) -> None:
        """To the request that the row belongs to."""
        self._follow(row_links.request_of, "This row belongs to no request.")

    def to_answer(self) -> None:
        """To what answered the request that the row is or belongs to."""
        self._follow(row_links.answer_of, "There is no answer to go to.")

    def to_finding(self) -> None:
        """To the violation seen in the row, and from the last of them back; else to the finding that rests on it."""
        row = self._view.current_row()
        if row is not None and row_links.finding_of(self._model.timeline, row) is None:
            numbers = self._model.timeline.numbers
            held = self._model.evidence.shown_at(numbers[row], numbers[row - 1] if row else -1)
            if held is not None:
                self._view.findingWanted.emit(held.rule)
                return
        self._follow(row_links.finding_of, "Nothing was found wrong in this row.")

    def to_error(self, *, forward: bool = True) -> None:
        """To the next error among the rows shown, or the one before."""
        row = self._view.current_row()
        start = None if row is None else self._model.position_of(row)
        model, failed = self._model, ToolFailed().test(self._model.query_context())
        found = row_links.failure_place(
            model.severities(), start, lambda place: failed(model.row_at(place)), forward=forward
        )
        if found is None:
            self._view.noted.emit(_NONE_SHOWN.format("error"))
        else:
            self._view.select_row(self._model.row_at(found))

    def to_mark(self, *, forward: bool = True) -> None:
        """To the next marked row among those shown, or the one before."""
        timeline, marks, row = self._model.timeline, self._model.marks, self._view.current_row()
        n = None if row is None else timeline.numbers[row]
        numbers: list[int] = []
        for _ in range(len(marks)):
            n = marks.step(n, forward=forward)
            if n is not None:
                numbers.append(n)
        rows = (timeline.row_of(number) for number in numbers)
        if not any(row is not None and self._view.select_row(row) for row in rows):
            self._view.noted.emit(_NONE_SHOWN.format("mark"))

    def ask_for_place(self) -> None:
        """Let the user type where to go."""
        popup = LinePopup(self._view, "timelinePlace", "Go to", self._go_to, hint=HINT)
        popup.open_at(QPoint((self._view.width() - popup.sizeHint().width()) // 2, _MARGIN_PX))

    def _go_to(self, place: str) -> str:
        try:
            row = row_at(self._model.timeline, place)
        except PlaceError as error:
            return str(error)
        self._view.jumpWanted.emit(self._model.timeline.numbers[row])
        return ""

    def _follow(self, link: Callable[[Timeline, int], int | None], nowhere: str) -> None:
        row = self._view.current_row()
        if row is None:
            self._view.noted.emit("Select a row first.")
            return
        found = link(self._model.timeline, row)
        if found is None:
            self._view.noted.emit(nowhere)
        else:
            self._view.jumpWanted.emit(self._model.timeline.numbers[found])
