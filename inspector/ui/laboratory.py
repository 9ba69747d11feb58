"""What the laboratory of the window knows: the session of the moment, what runs, and how to stop all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.ui.listing import ListKind

if TYPE_CHECKING:
    from inspector.session.laboratory import Laboratory as Bench
    from inspector.session.options import Options
    from inspector.session.session import Session
    from inspector.stats.streams import StreamStats
    from inspector.trace.clock import Clock
    from inspector.ui.call_draft import CallDraft
    from inspector.ui.controller import Controller

LOOK_MS = 250
NOT_CONNECTED = "Connect to a server first."


@dataclass(slots=True)
class _Work:
    task: asyncio.Task[None]
    says: Callable[[], str]
    stop: Callable[[], None]


class Laboratory(QObject):
    """Runs the tests of the laboratory, and hands out what acts on the session's own side of the wire.

    `ticked` comes four times a second so that whoever shows something can look.
    """

    ticked = Signal()

    def __init__(
        self, controller: Controller, streams: StreamStats, clock: Clock, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._streams, self._clock = streams, clock
        self._works: dict[str, _Work] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.ticked)
        self._timer.start()

    @property
    def session(self) -> Session | None:
        """The session of the window, None while there is none."""
        return self._controller.session

    @property
    def bench(self) -> Bench | None:
        """What acts on that session's side of the wire."""
        return None if self.session is None else self.session.laboratory

    @property
    def latest(self) -> CallDraft | None:
        """What the user called last."""
        return self._controller.caller.latest

    def ages_ms(self) -> dict[int, float]:
        """How old each exchange is, by its number."""
        return {row.stream: row.age_ms for row in self._streams.rows(self._clock.monotonic_ns()) if row.ended is None}

    def tools(self) -> list[str]:
        """The names of the tools that can be called."""
        items = self._controller.catalog.listing(ListKind.TOOLS).items or ()
        return [tool["name"] for tool in items if isinstance(tool, dict) and isinstance(tool.get("name"), str)]

    def options(self) -> Options | None:
        """What a session of a test's own is made with: the same server in the same way, but nobody answers for us.

        Whoever signs in may still be asked: a session that is not let in shows nothing.
        """
        session = self.session
        if session is None:
            return None
        callbacks = session.options.callbacks
        silent = replace(callbacks, sampling=None, elicitation=None, roots=None)
        return replace(session.options, transport=session.transport, callbacks=silent)

    def run(
        self, name: str, work: Coroutine[Any, Any, None], says: Callable[[], str], stop: Callable[[], None]
    ) -> None:
        """Run a test under this name; `says` tells in a sentence what is active, `stop` asks it to end in order."""
        task = self._controller.scope.start(work, f"laboratory: {name}")
        self._works[name] = _Work(task, says, stop)
        task.add_done_callback(lambda _: self._works.pop(name, None))

    def is_running(self, name: str) -> bool:
        """Whether a test has not come to its end; the news of that may still be on the way."""
        return name in self._works and not self._works[name].task.done()

    def stop(self, name: str) -> None:
        """End one test, in order."""
        work = self._works.get(name)
        if work is not None:
            work.stop()

    def cancel(self, name: str) -> None:
        """End one test at once."""
        work = self._works.get(name)
        if work is not None:
            work.task.cancel()

    @property
    def active(self) -> tuple[str, ...]:
        """A sentence for each thing that the laboratory does at the moment."""
        bench = self.bench
        acts = bench.active if bench is not None else ()
        return (*acts, *(work.says() for work in self._works.values() if not work.task.done()))

    def stop_all(self) -> None:
        """End every test and undo everything that is done to the wire."""
        for work in tuple(self._works.values()):
            work.stop()
        if self.bench is not None:
            self.bench.clear()
