"""The ways into the laboratory: the menu, the row of an event with an id, and the banner while something is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from inspector.trace.events import Direction, SseEvent
from inspector.ui.laboratory import Laboratory
from inspector.ui.views.laboratory_banner import LaboratoryBanner
from inspector.ui.views.row_actions import add_row_actions

if TYPE_CHECKING:
    from inspector.ui.dialogs.laboratory_dialog import LaboratoryDialog
    from inspector.ui.main_window import MainWindow


class LaboratoryEntry(QObject):
    """Builds the dialog when it is first asked for, and keeps it: what runs in it goes on while it is closed."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: LaboratoryDialog | None = None
        self.laboratory = Laboratory(window.controller, window.folds.streams, window.river.clock, self)
        banner = LaboratoryBanner(self.laboratory)
        banner.open_wanted.connect(self.open)
        window.bar.add_banner(banner)
        view = self._view = window.timeline.view
        add_row_actions(view, ("timelineResumeFrom", "Resume from this event", "", self.resume_from_row))
        self._action = view.findChild(QAction, "timelineResumeFrom")
        self._event_id = ""
        view.selectionModel().selectionChanged.connect(self._note_row)
        self.laboratory.ticked.connect(self._refresh)
        self._note_row()

    def open(self) -> None:
        """Bring the laboratory to the front."""
        dialog = self._built()
        dialog.show()
        dialog.activateWindow()

    def open_soak(self) -> None:
        """The part that holds a connection for hours."""
        self._built().show_part("Soak")
        self.open()

    def resume_from_row(self) -> None:
        """Ask for what came after the event of the current row."""
        if self._event_id:
            self.open()
            self._built().resume_from(self._event_id)

    def _built(self) -> LaboratoryDialog:
        if self._dialog is None:
            from inspector.ui.dialogs.laboratory_dialog import LaboratoryDialog  # noqa: PLC0415 - seldom wanted

            self._dialog = LaboratoryDialog(self.laboratory, self._window)
            self._dialog.jump.connect(self._window.go_to_event)
        return self._dialog

    def _note_row(self) -> None:
        row = self._view.current_row()
        event = None if row is None else self._window.river[self._window.timeline.timeline.numbers[row]]
        is_theirs = isinstance(event, SseEvent) and event.direction is not Direction.OUTBOUND
        self._event_id = (event.event_id or "") if is_theirs and isinstance(event, SseEvent) else ""
        self._refresh()

    def _refresh(self) -> None:
        if self._action is not None:
            self._action.setVisible(bool(self._event_id) and self.laboratory.session is not None)
