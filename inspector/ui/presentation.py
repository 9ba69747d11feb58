"""Presentation mode: for as long as it is open, what streams is shown to an audience, and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from inspector.record.rows import RowKind
from inspector.record.timeline import OUTBOUND, Timeline
from inspector.trace.events import SessionReady
from inspector.ui import theme
from inspector.ui.listing import ListKind
from inspector.ui.models.tool_list import tool_row
from inspector.ui.playing import Playing
from inspector.ui.presented import Presented
from inspector.ui.views.presentation_view import PresentationView

if TYPE_CHECKING:
    from inspector.trace.river import River
    from inspector.ui.main_window import MainWindow
    from inspector.ui.views.recording_view import RecordingView

LOOK_BACK_EVENTS = 20_000
"""So far back an event stream is looked for where there is no call."""


def present(window: MainWindow, *, full_screen: bool = True) -> PresentationView:
    """Begin, with the latest call of the running session; what is open already comes to the front."""
    shown = _open_one(window)
    if shown is not None:
        return shown
    folds, river, timeline = window.folds, window.river, window.timeline.timeline
    presented = Presented(river, start_of(timeline, len(river)), folds.transport)
    presented.ready = folds.ready
    view = PresentationView(presented, timeline, river.clock.monotonic_ns, partial(_title, window), window)
    view.skip = partial(skip, presented, timeline, river)
    view.can_call_again = lambda: window.controller.caller.latest is not None
    view.again_wanted.connect(partial(_call_again, window))
    window.closing.connect(view.close)
    return _show(view, window, full_screen=full_screen)


def present_recording(recording: RecordingView, *, full_screen: bool = True) -> PresentationView | None:
    """Tell a call of a recording once more in its own time: that of the current row, else the latest.

    None, and a sentence to the user, where nothing is in it.
    """
    shown = _open_one(recording)
    if shown is not None or not len(recording.river):
        if shown is None:
            recording.said.emit("Nothing is in this recording that could be presented.")
        return shown
    ready = recording.ready
    playing = Playing(recording.river, _chosen(recording))
    presented = Presented(playing, playing.start, ready.transport if ready else "")
    presented.ready = ready
    view = PresentationView(presented, playing.timeline, playing.now_ns, parent=recording)
    view.keys.again.setText("Ctrl+Return  play again")
    view.keys.again.setToolTip("Tell it once more from the beginning (Ctrl+Return)")
    view.can_call_again = lambda: True
    view.again_wanted.connect(partial(_play_again, playing, presented))
    return _show(view, recording.window(), full_screen=full_screen)


def _open_one(owner: QWidget) -> PresentationView | None:
    """The presentation that is open already, brought to the front."""
    shown = next((view for view in owner.findChildren(PresentationView) if view.isVisible()), None)
    if shown is not None:
        shown.activateWindow()
    return shown


def _show(view: PresentationView, window: QWidget, *, full_screen: bool) -> PresentationView:
    view.scheme_wanted.connect(_turn_scheme)
    view.closed.connect(partial(_restore_scheme, theme.colors()))
    view.setGeometry(window.geometry())
    view.setWindowState(Qt.WindowState.WindowFullScreen if full_screen else Qt.WindowState.WindowNoState)
    view.show()
    view.activateWindow()
    return view


def _chosen(recording: RecordingView) -> int:
    """The number of the event to begin with."""
    timeline, row = recording.timeline.timeline, recording.timeline.view.current_row()
    call_n = None if row is None else latest_call(timeline, row + 1)
    return start_of(timeline, len(recording.river)) if call_n is None else call_n


def _play_again(playing: Playing, presented: Presented) -> None:
    playing.restart()
    presented.go_back(playing.start)


def start_of(timeline: Timeline, count: int) -> int:
    """The number of the event with the latest call; without one, of an event not too long ago."""
    call_n = latest_call(timeline)
    return max(0, count - LOOK_BACK_EVENTS) if call_n is None else call_n


def skip(presented: Presented, timeline: Timeline, river: River) -> None:
    """Leave out what is not read yet of earlier calls."""
    call_n = latest_call(timeline)
    if call_n is None:
        return
    sessions = timeline.kinds.tobytes()
    row = sessions.rfind(RowKind.SESSION, 0, bisect_left(timeline.numbers, call_n))
    ready = river[timeline.numbers[row]] if row >= 0 else None
    presented.skip_to(call_n, ready if isinstance(ready, SessionReady) else None)


def latest_call(timeline: Timeline, before_row: int | None = None) -> int | None:
    """The number of the event with the latest call of a tool, of all or of those before a row."""
    kinds = timeline.kinds.tobytes()
    row = len(kinds) if before_row is None else before_row
    while (row := kinds.rfind(RowKind.REQUEST, 0, row)) >= 0:
        if timeline.directions[row] == OUTBOUND and timeline.label(row) == "tools/call":
            return timeline.numbers[row]
    return None


def _title(window: MainWindow, name: str) -> str:
    """The title of a tool, empty if it has none."""
    tools = window.controller.catalog.listing(ListKind.TOOLS).items or ()
    tool = next((tool for tool in tools if isinstance(tool, dict) and tool.get("name") == name), None)
    return tool_row(tool).title if tool else ""


def _call_again(window: MainWindow) -> None:
    caller = window.controller.caller
    if caller.latest is not None and not caller.is_calling:
        caller.call(caller.latest)


def _turn_scheme() -> None:
    _dress(theme.LIGHT if theme.colors() is theme.DARK else theme.DARK)


def _restore_scheme(scheme: theme.Colors) -> None:
    if theme.colors() is not scheme:
        _dress(scheme)


def _dress(scheme: theme.Colors) -> None:
    application = QApplication.instance()
    if isinstance(application, QApplication):
        theme.apply(application, scheme)
