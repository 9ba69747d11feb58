"""The timeline under its lanes: what is chosen in one is shown in the other, and one stream alone on demand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtWidgets import QSplitter, QWidget

from inspector.ui.models.evidence import Evidence
from inspector.ui.views.follow_stream import FollowStreamDialog
from inspector.ui.views.lanes_view import LanesView
from inspector.ui.views.row_actions import add_row_actions
from inspector.ui.views.timeline_pane import TimelinePane

_LANES_PX, _ROWS_PX = 96, 340


class TimelineArea(QSplitter):
    """Holds the pane that is given, and brings the lanes; `now_ns` is the clock of a live river, else None."""

    def __init__(
        self, pane: TimelinePane, now_ns: Callable[[], int] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self.setObjectName("timelineArea")
        self.pane = pane
        self._conversation: FollowStreamDialog | None = None
        self.lanes = LanesView(pane.timeline, now_ns)
        self.addWidget(self.lanes)
        self.addWidget(pane)
        self.setSizes([_LANES_PX, _ROWS_PX])
        self.setStretchFactor(1, 1)
        self.lanes.row_wanted.connect(self._go_to)
        self.lanes.range_selected.connect(self._select)
        self.lanes.range_cleared.connect(pane.view.clearSelection)
        self.lanes.stream_wanted.connect(pane.show_stream)
        pane.selected.connect(lambda n: self.lanes.show_row(pane.timeline.row_of(n)))
        add_row_actions(pane.view, ("timelineFollowStream", "Follow this stream…", "Ctrl+Shift+T", self.follow_stream))

    def show_evidence(self, evidence: Evidence) -> None:
        """Mark the events that findings rest on, in the rows and in the lanes; a filter for them looks anew."""
        model = self.pane.model
        query, before, model.evidence = model.query, model.evidence, evidence
        if query is not None and query.asks_for_findings and evidence.rules != before.rules:
            model.set_query(query)
        self.pane.view.viewport().update()
        self.lanes.scene.evidence.show(evidence)
        self.lanes.refresh()

    def follow_stream(self) -> None:
        """Show the conversation of the current row's stream alone."""
        row = self.pane.view.current_row()
        stream = 0 if row is None else self.pane.timeline.streams[row]
        if not stream:
            self.pane.noted.emit("This row belongs to no stream. Choose one that has a lane.")
        elif self._conversation is None:
            self._conversation = FollowStreamDialog(self.pane.model.river, self.pane.timeline, stream, self)
            self._conversation.show()
        else:
            self._conversation.show_stream(stream)
            self._conversation.show()
            self._conversation.raise_()

    def _go_to(self, row: int) -> None:
        self.pane.select_event(self.pane.timeline.numbers[row])

    def _select(self, first: int, last: int) -> None:
        """The rows of a range of time, as far as the filter shows them; one of them comes into sight."""
        view, model = self.pane.view, self.pane.model
        start, end = model.position_from(first), model.position_from(last + 1)
        if start >= end:
            view.clearSelection()
            return
        view.tail.pause()
        top, bottom = model.index(start, 0), model.index(end - 1, model.columnCount() - 1)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        view.selectionModel().select(QItemSelection(top, bottom), flags)
        view.scrollTo(model.index(start, 1), view.ScrollHint.PositionAtTop)
