"""What is expected of the server in the window: the text, its verdicts, and the judge that comes to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns

from PySide6.QtCore import QObject, QTimer, Signal

from inspector.diagnose.engine import Engine
from inspector.diagnose.finding import Finding
from inspector.expect.grammar import Script, read
from inspector.expect.judge import Judge
from inspector.expect.verdict import State, Verdict
from inspector.trace.fold import Run
from inspector.trace.river import River
from inspector.ui.server_texts import ServerTexts

REFRESH_MS = 250
SLICE_MS = 5
SLICE_NS = 3_000_000
SLICE_EVENTS = 500


class Expecting(QObject):
    """Judges from the first event of the server on; if the text came later it reads the river again, in slices.

    `take` is called with everything that the other folds take; while nothing is expected it does nothing.
    """

    changed = Signal()
    """The verdicts are others, or there are others."""
    text_changed = Signal()
    """Another server has another text."""

    def __init__(
        self, river: River, engine: Engine, parent: QObject | None = None, is_over: Callable[[], bool] | None = None
    ) -> None:
        """A recording says with `is_over` when all of it was taken: then nothing is waited for any more."""
        super().__init__(parent)
        self._river, self._engine, self._is_over = river, engine, is_over
        self.texts = ServerTexts()
        self.tool_names: Callable[[], Sequence[str]] = tuple
        """What `known_tools` asks."""
        self.server = ""
        self.text = ""
        self.script = Script()
        self.verdicts: tuple[Verdict, ...] = ()
        self._judge = Judge(())
        self._start_n = self._next_n = self._taken_n = 0
        self._anew_n = -1
        self._found: tuple[int, Sequence[Finding]] = (-1, ())
        self._refreshing = QTimer(self, interval=REFRESH_MS)
        self._refreshing.timeout.connect(self.refresh)
        self._reading = QTimer(self, interval=SLICE_MS)
        self._reading.timeout.connect(self._read_on)

    @property
    def is_live(self) -> bool:
        """Whether something may still come."""
        return self._is_over is None

    @property
    def is_behind(self) -> bool:
        """Whether events that are there already are still to be judged."""
        return bool(self.script.expectations) and self._next_n < self._taken_n

    @property
    def span_ns(self) -> tuple[int, int] | None:
        """From the first event that was judged to the latest, None before."""
        began_ns = self._judge.began_ns
        return None if began_ns is None else (began_ns, max(began_ns, self._judge.now_ns))

    def known_tools(self) -> Sequence[str]:
        """The names of the tools that may be meant."""
        return self.tool_names()

    def set_text(self, text: str) -> None:
        """Expect this from now on, of all that came; it is remembered for the server."""
        if text == self.text:
            return
        self.text = text
        if self.server:
            self.texts.keep(self.server, text)
        self._use(read(text))

    def set_texts(self, texts: ServerTexts) -> None:
        """Those that were remembered, once they can be read."""
        self.texts = texts

    def set_server(self, server: str, first_n: int) -> None:
        """The session is with this server since event `first_n`: its text is expected, and nothing of another."""
        if server == self.server:
            return
        is_first, self.server = not self.server, server
        kept = self.texts.text(server)
        if is_first and self.text and not kept:
            self.texts.keep(server, self.text)  # written before there was a server
            return
        self._start_n, self._anew_n = 0 if is_first else first_n, -1
        self.text = kept
        self._use(read(kept), anew=not is_first)
        self.text_changed.emit()

    def judge_from_now(self) -> None:
        """Forget the verdicts; only what comes from now on counts."""
        self._anew_n = self._taken_n
        if self.is_behind:
            return  # it will be, when that event is reached
        self._judge.begin_anew()
        self.refresh()

    def take(self, pieces: Sequence[Run]) -> None:
        """Judge the next events, if all before them are."""
        if not pieces:
            return
        first_n, self._taken_n = pieces[0][1][0].n, pieces[-1][1][-1].n + 1
        if not self.script.expectations:
            return
        if self._next_n == first_n:
            self._judge.take(pieces)
            self._next_n = self._taken_n
        elif not self._reading.isActive():
            self._reading.start()

    def advance(self, now_ns: int) -> None:
        """Nothing happened until now; only for a live river."""
        if not self.is_behind:
            self._judge.advance(now_ns)

    def refresh(self) -> None:
        """Bring the verdicts up to date."""
        verdicts = self._verdicts_now()
        if verdicts != self.verdicts:
            self.verdicts = verdicts
            self.changed.emit()

    def count(self, state: State) -> int:
        """How many expectations are in a state."""
        return sum(verdict.state is state for verdict in self.verdicts)

    def _use(self, script: Script, *, anew: bool = False) -> None:
        is_same = script.expectations == self.script.expectations
        self.script = script
        if is_same and not anew:
            self.changed.emit()
            return
        self._judge = Judge(script.expectations, self._findings)
        self._next_n = self._start_n
        if script.expectations:
            self._refreshing.start()
            self._reading.start()
        else:
            self._refreshing.stop()
        self.verdicts = self._verdicts_now()
        self.changed.emit()

    def _verdicts_now(self) -> tuple[Verdict, ...]:
        is_over = self._is_over is not None and self._is_over() and not self.is_behind
        return self._judge.verdicts(is_over=is_over)

    def _read_on(self) -> None:
        """Judge again what was there before, some milliseconds at a time."""
        deadline_ns = perf_counter_ns() + SLICE_NS
        while self.is_behind and perf_counter_ns() < deadline_ns:
            end_n = self._anew_n if self._next_n < self._anew_n else self._taken_n
            events = self._river.since(self._next_n, min(SLICE_EVENTS, end_n - self._next_n))
            if not events:
                break
            self._judge.fold(events)
            self._next_n = events[-1].n + 1
            if self._next_n == self._anew_n:
                self._judge.begin_anew()
        if not self.is_behind:
            self._reading.stop()
            self.refresh()

    def _findings(self) -> Sequence[Finding]:
        """Those of the diagnosis; asked for only if there may be others."""
        version = self._engine.version
        if self._found[0] != version:
            self._found = version, self._engine.findings()
        return self._found[1]
