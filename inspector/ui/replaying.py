"""A recording served again by a child process, for as long as the window wants; it dies with us."""

from __future__ import annotations

import json
import sys
from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, Signal

STOP_TIMEOUT_MS = 2000
KEPT_LINES = 1000
PREFIX = "sse-mcp-inspector: "


class Replaying(QObject):
    """Runs `python -m inspector replay FILE`, one recording at a time.

    `ready` says the address to connect to, once it is there; `failed` says in a sentence why it is not, or why it
    ended; `said` is each line about an exchange that was served or could not be; `stopped` follows on `stop`.
    """

    ready = Signal(str)
    failed = Signal(str)
    said = Signal(str)
    stopped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._hear)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._error)
        self._url = ""
        self._is_stopping = False
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)

    @property
    def is_running(self) -> bool:
        """Whether there is a process, be it ready or not."""
        return self._process.state() is not QProcess.ProcessState.NotRunning

    @property
    def url(self) -> str:
        """The address to connect to; empty while there is none."""
        return self._url

    @property
    def lines(self) -> list[str]:
        """The newest lines that were `said` since the start."""
        return list(self._lines)

    def start(self, path: Path, speed: float = 1.0) -> None:
        """Serve the recording, in place of one that is being served. `speed` 0 does not wait at all."""
        self.stop()
        self._is_stopping = False
        self._lines.clear()
        options = ["--port", "0", "--speed", f"{speed:g}", "--format", "json", "--until-stdin-closes"]
        self._process.start(sys.executable, ["-m", "inspector", "replay", *options, "--", str(path)])

    def stop(self) -> None:
        """Close its input, which ends it; kill it if that does not."""
        if not self.is_running:
            return
        self._is_stopping = True
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(STOP_TIMEOUT_MS):
            self._process.kill()
            self._process.waitForFinished(STOP_TIMEOUT_MS)

    def _read(self) -> None:
        if self._url or not self._process.canReadLine():
            return
        self._url = json.loads(bytes(self._process.readLine().data()))["url"]
        self.ready.emit(self._url)

    def _hear(self) -> None:
        self._process.setReadChannel(QProcess.ProcessChannel.StandardError)
        while self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode(errors="replace").strip().removeprefix(PREFIX)
            self._lines.append(line)
            self.said.emit(line)
        self._process.setReadChannel(QProcess.ProcessChannel.StandardOutput)

    def _finished(self) -> None:
        self._hear()
        was_ready, self._url = bool(self._url), ""
        if self._is_stopping:
            self.stopped.emit()
        elif was_ready:
            self.failed.emit("The replay ended by itself. Start it again.")
        else:
            self._say_failure()

    def _error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._say_failure()

    def _say_failure(self) -> None:
        reason = self._lines[-1] if self._lines else self._process.errorString()
        self.failed.emit(f"The replay did not start: {reason}")
