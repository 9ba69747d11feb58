"""Makes the active checks that the user chose, one after the other, on the session of the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.ui.tasks import TaskScope

if TYPE_CHECKING:
    from inspector.protocol.probe_steps import Step, Target
    from inspector.protocol.probes import Probe
    from inspector.session.session import Session
    from inspector.ui.call_draft import CallDraft

_DISCONNECTED = "Not made: the connection had ended."


class Probing(QObject):
    """Runs probes; `began` and `ended` name each, `sent` counts its requests, `finished` follows the last, or a stop.

    `ended` carries the sentence about what was seen.
    """

    began = Signal(str)
    sent = Signal(str, int)
    ended = Signal(str, str)
    finished = Signal()

    def __init__(
        self,
        session_of: Callable[[], Session | None],
        call_of: Callable[[], CallDraft | None],
        scope: TaskScope,
        parent: QObject | None = None,
    ) -> None:
        """`call_of` gives the user's latest call, which two of the checks make again."""
        super().__init__(parent)
        self._session_of, self._call_of = session_of, call_of
        self._scope = scope
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def target(self, hold_s: float, direct_url: str = "") -> Target | None:
        """What would be probed; None while there is no connection. `direct_url` goes past the proxy."""
        from inspector.session.probing import target_of  # noqa: PLC0415 - httpx is loaded after the window stands

        session, call = self._session_of(), self._call_of()
        if session is None:
            return None
        tool, arguments = (call.tool, call.arguments) if call else ("", {})
        return target_of(session, hold_s, tool, arguments, direct_url)

    def start(self, probes: Sequence[Probe], hold_s: float, direct_url: str = "") -> None:
        """Make these probes, in this order."""
        if not self.is_running:
            self._task = self._scope.start(self._run(list(probes), hold_s, direct_url), "probes")
            self._task.add_done_callback(lambda _: self.finished.emit())

    def stop(self) -> None:
        """End the probe under way and make no more."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, probes: list[Probe], hold_s: float, direct_url: str) -> None:
        from inspector.session.probing import run_probe  # noqa: PLC0415

        for probe in probes:
            session, target = self._session_of(), self.target(hold_s, direct_url)
            self.began.emit(probe.id)
            if session is None or target is None:
                self.ended.emit(probe.id, _DISCONNECTED)
                continue
            count = 0

            def note(probe: Probe, step: Step) -> None:
                nonlocal count
                count += 1
                self.sent.emit(probe.id, count)

            self.ended.emit(probe.id, await run_probe(session.link, probe, target, note))
