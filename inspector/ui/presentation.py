"""Presentation mode: for as long as it is open, what streams is shown to an audience, and nothing else."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from inspector.record.rows import RowKind
from inspector.record.timeline import OUTBOUND, Timeline
from inspector.trace.events import SessionReady
from inspector.ui import theme
from inspector.ui.listing import ListKind
from inspector.ui.models.tool_list import tool_row
from inspector.ui.presented import Presented
from inspector.ui.views.presentation_view import PresentationView

if TYPE_CHECKING:
    from inspector.trace.river import River
    from inspector.ui.main_window import MainWindow

LOOK_BACK_EVENTS = 20_000
"""So far back an event stream is looked for where there is no call."""


def present(window: MainWindow, *, full_screen: bool = True) -> PresentationView:
    """Begin, with the latest call of the running session; what is open already comes to the front."""
    shown = next((view for view in window.findChildren(PresentationView) if view.isVisible()), None)
    if shown is not None:
        shown.activateWindow()
        return shown
    folds, river, timeline = window.folds, window.river, window.timeline.timeline
    presented = Presented(river, start_of(timeline, len(river)), folds.transport)
    presented.ready = folds.ready
    view = PresentationView(presented, timeline, river.clock.monotonic_ns, partial(_title, window), window)
    view.skip = partial(skip, presented, timeline, river)
    view.can_call_again = lambda: window.controller.caller.latest is not None
    view.scheme_wanted.connect(_turn_scheme)
    view.again_wanted.connect(partial(_call_again, window))
    view.closed.connect(partial(_restore_scheme, theme.colors()))
    window.closing.connect(view.close)
    view.setGeometry(window.geometry())
    view.setWindowState(Qt.WindowState.WindowFullScreen if full_screen else Qt.WindowState.WindowNoState)
    view.show()
    view.activateWindow()
    return view


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


def latest_call(timeline: Timeline) -> int | None:
    """The number of the event with the latest call of a tool."""
    kinds, row = timeline.kinds.tobytes(), len(timeline.kinds)
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
