"""The bundled demo server as a child process: it dies with us, because it watches its standard input."""

from __future__ import annotations

import json
import sys

from PySide6.QtCore import QObject, QProcess, Signal

STOP_TIMEOUT_MS = 2000


class DemoProcess(QObject):
    """Starts `python -m inspector.servers.demo` and says its URL when it is ready, or why it is not."""

    ready = Signal(str)
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._error)
        self._said = False

    def start(self) -> None:
        self._process.start(sys.executable, ["-m", "inspector.servers.demo", "--until-stdin-closes"])

    def stop(self) -> None:
        """Close its input, which ends it; kill it if that does not."""
        if self._process.state() is QProcess.ProcessState.NotRunning:
            return
        self._said = True
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(STOP_TIMEOUT_MS):
            self._process.kill()
            self._process.waitForFinished(STOP_TIMEOUT_MS)

    def _read(self) -> None:
        if self._said or not self._process.canReadLine():
            return
        self._said = True
        line = bytes(self._process.readLine().data())
        self.ready.emit(json.loads(line)["url"])

    def _finished(self) -> None:
        if not self._said:
            self._say_failure()

    def _error(self) -> None:
        if not self._said:
            self._say_failure()

    def _say_failure(self) -> None:
        self._said = True
        words = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        last = words.splitlines()[-1] if words else self._process.errorString()
        self.failed.emit(f"The demo server did not start: {last}")
