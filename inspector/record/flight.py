"""Recording a run from begin to end, into a file that the user named or into the folder of flight recordings."""

from __future__ import annotations

from pathlib import Path

from inspector.record import folder
from inspector.record.recorder import Recorder
from inspector.record.schema import COMPANIONS
from inspector.record.store import Store

PROGRAM = "sse-mcp-inspector"


class Flight:
    """The recording of one run; `is_kept` says that the user named the file, so that nothing removes it."""

    def __init__(self, recorder: Recorder, path: Path | None) -> None:
        """Begin to record. Raises `StoreError`."""
        at = recorder.river.clock.time()
        self.is_kept = path is not None
        self.path = path or folder.new_path(folder.default_folder(), at)
        self._recorder = recorder
        self._store = Store(self.path)
        self._store.note(program=PROGRAM, begun_at=str(at))
        recorder.record_to(self._store)

    def prune(self) -> None:
        """Make room in the folder; slow enough to be done in a thread."""
        folder.prune(folder.default_folder(), self._recorder.river.clock.time())

    def end(self) -> None:
        """Put everything on disk. A flight on which nothing happened leaves no file."""
        self._recorder.close()
        if not (self.is_kept or self._store.committed):
            for suffix in COMPANIONS:
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
