"""What `--open` does: one recording in a window of its own, or two, with the report and screenshot of a live run."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from contextlib import suppress
from typing import Any

from inspector import arguments, report
from inspector.arguments import WindowArguments
from inspector.record.recording import RecordingError, open_recording
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.recording_window import RecordingWindow
from inspector.ui.views.recording_view import RecordingView

CATCH_UP_S = 0.05
SETTLE_S = 0.4
"""Time for the last rows to be painted before the screenshot."""


class OpenFailed(Exception):
    """The file cannot be shown; the text is one sentence with the next step."""


def open_window(wanted: WindowArguments) -> RecordingWindow:
    """The window with the recordings in it, shown. Raises `OpenFailed`."""
    try:
        first, *others = [open_recording(path) for path in (wanted.open, wanted.beside) if path is not None]
    except RecordingError as error:
        raise OpenFailed(error.sentence) from error
    window = RecordingWindow(first)
    for recording in others:
        window.add(recording)
    window.show()
    return window


class Offline:
    """Runs the window until it is closed; made inside the running loop."""

    def __init__(self, window: RecordingWindow, wanted: WindowArguments) -> None:
        self._window = window
        self._wanted = wanted
        self._startup = report.Startup(process_to_window=report.process_age_ms(time.monotonic()))
        self._rss_start_bytes = report.rss_bytes()
        self._meter = FrameMeter()
        self._closed = asyncio.Event()
        self._interrupted = False

    async def run(self) -> int:
        """Wait until everything is loaded, take the screenshot, wait for the end, and report."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, self._on_signal, number)
        if self._wanted.run_for_s is not None:
            loop.call_later(self._wanted.run_for_s, self._closed.set)
        self._window.closing.connect(self._closed.set)
        self._meter.start()
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self._work())
            await self._closed.wait()
            work.cancel()
        self._meter.stop()
        document = self._report() if self._wanted.report else None
        self._window.close()
        if document is not None and self._wanted.report is not None:
            try:
                report.write(self._wanted.report, document)
            except OSError as error:
                sys.stderr.write(f"{arguments.PROGRAM}: cannot write {str(self._wanted.report)!r}: {error.strerror}.\n")
                return arguments.EXIT_USAGE
        return arguments.EXIT_INTERRUPTED if self._interrupted else arguments.EXIT_OK

    def _on_signal(self, number: int) -> None:
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._closed.set()

    async def _work(self) -> None:
        while not self._window.is_loaded:  # noqa: ASYNC110 - the panes read on timers of their own
            await asyncio.sleep(CATCH_UP_S)
        await asyncio.sleep(SETTLE_S)
        if self._wanted.screenshot is not None:
            self._window.grab().save(str(self._wanted.screenshot), "PNG")
        if self._wanted.quit_when_done:
            self._closed.set()

    def _report(self) -> dict[str, Any]:
        return report.build_offline([(view.recording.path, self._figures(view)) for view in self._window.views])

    def _figures(self, view: RecordingView) -> report.Figures:
        view.folds.catch_up()
        ready = view.ready
        return report.Figures(
            url=None,
            counts=view.folds.counts,
            reconnects=view.folds.reconnects,
            ready=ready,
            transport=ready.transport if ready else None,
            startup=self._startup,
            shown=view.timeline.rows_shown(),
            findings=view.folds.engine.findings(),
            frame_gap=self._meter.gap,
            loop_lag=self._meter.lag,
            rss_start_bytes=self._rss_start_bytes,
        )
