"""The life of the window after its first paint: the work asked for, the end, and the report."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from contextlib import suppress

from inspector import arguments, report
from inspector.arguments import WindowArguments
from inspector.record.flight import Flight
from inspector.record.recorder import Recorder
from inspector.record.store import StoreError
from inspector.trace.river import River
from inspector.ui.controller import Controller
from inspector.ui.demo_process import DemoProcess
from inspector.ui.folds import Folds
from inspector.ui.frame_meter import FrameMeter
from inspector.ui.main_window import MainWindow
from inspector.ui.memory import Memory
from inspector.ui.raw_sender import RawSender
from inspector.ui.settings import ConnectionSettings, Header
from inspector.ui.tasks import TaskScope

CATCH_UP_S = 0.02
SETTLE_S = 0.3
"""Time for the last events to be painted before the screenshot."""


class Workbench:
    """Knows every part; made inside the running loop."""

    def __init__(self, window: MainWindow, wanted: WindowArguments, painted_at_s: float) -> None:
        self._window = window
        self._wanted = wanted
        self._rss_start_bytes = report.rss_bytes()
        self._startup = report.Startup(process_to_window=report.process_age_ms(painted_at_s))
        self._river = River()
        self._recorder = Recorder(self._river)
        self._scope = TaskScope()
        self._controller = Controller(self._river, self._scope)
        self._controller.remembers = not (wanted.ends_by_itself or wanted.demo)
        self._folds = Folds(self._river)
        self._meter = FrameMeter()
        self._demo = DemoProcess()
        self._closed = asyncio.Event()
        self._url: str | None = None
        self._interrupted = False
        self._flight: Flight | None = None
        self._recording_error = ""
        self._has_screenshot = False

    async def run(self) -> int:
        """Furnish the window, start the work, wait for the end, clean up, and report."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError):
                loop.add_signal_handler(number, self._on_signal, number)
        if self._wanted.run_for_s is not None:
            loop.call_later(self._wanted.run_for_s, self._closed.set)
        raw_sender = RawSender(self._controller, self._river, self._scope)
        self._window.furnish(self._recorder, self._controller, self._folds, self._meter, raw_sender)
        gc.freeze()  # modules and panes stay: no collection has to look at them again
        self._window.closing.connect(self._closed.set)
        memory = self._recall()
        self._apply_target()
        loop.call_soon(self._start_work)
        await self._closed.wait()
        self._take_screenshot()  # what ended the run may have come before the work was done
        self._meter.stop()
        if memory is not None:
            memory.save_layout(self._window)
        document = report.build(self._figures()) if self._wanted.report else None
        await self._scope.close()
        self._demo.stop()
        self._window.close()
        if self._flight is not None:
            self._flight.end()
        return self._write(document) or self._exit_code()

    def _on_signal(self, number: int) -> None:
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._closed.set()

    def _exit_code(self) -> int:
        """What a script needs to know; a person who closes the window has seen it all."""
        if self._interrupted:
            return arguments.EXIT_INTERRUPTED
        bad_answer = self._controller.caller.bad_answer
        if self._recording_error and self._wanted.record is not None:
            return arguments.EXIT_USAGE
        if not self._wanted.ends_by_itself or (self._controller.error is None and bad_answer is None):
            return arguments.EXIT_OK
        from inspector import exit_codes  # noqa: PLC0415 - the session is loaded after the first paint

        if self._controller.connect_error is not None:
            return exit_codes.of_failure(self._controller.connect_error.kind)
        if bad_answer is not None:
            return exit_codes.of_answer(bad_answer)
        return arguments.EXIT_NO_CONNECTION

    def _recall(self) -> Memory | None:
        """The user's layout, addresses and filters; a run that ends by itself neither uses nor changes them."""
        if self._wanted.ends_by_itself:
            return None
        memory = Memory()
        self._window.has_layout = memory.restore_layout(self._window)
        self._window.bar.offer_urls(memory.urls())
        self._window.timeline.recall(memory)
        if not self._wanted.demo:  # its port is another one the next time
            self._window.url_used.connect(memory.add_url)
            self._window.url_used.connect(lambda _: self._window.bar.offer_urls(memory.urls()))
        return memory

    def _apply_target(self) -> None:
        target = self._wanted.target
        headers = tuple(Header(name, value) for name, value in target.headers)
        self._window.show_settings(
            ConnectionSettings(
                headers=headers,
                protocol_version=target.protocol_version,
                ca_file=target.ca_file,
                insecure=target.insecure,
                request_timeout_s=target.timeout_s,
            )
        )
        self._window.bar.set_transport(target.transport)

    def _begin_recording(self) -> None:
        """Nothing depends on it: without a recording the session goes on, and the window says so."""
        try:
            self._flight = Flight(self._recorder, self._wanted.record)
        except StoreError as error:
            self._recording_error = error.sentence
            sys.stderr.write(f"{arguments.PROGRAM}: {error.sentence}\n")
            self._window.not_recording = error.sentence
            self._window.statusBar().showMessage(error.sentence)
            return
        self._scope.start(asyncio.to_thread(self._flight.prune), "prune")

    def _start_work(self) -> None:
        self._meter.start()
        self._begin_recording()
        self._scope.start(self._controller.preload(), "preload")
        if self._wanted.demo:
            self._demo.ready.connect(self._work_at)
            self._demo.failed.connect(self._fail)
            self._demo.start()
        elif self._wanted.url:
            self._work_at(self._wanted.url)
        else:
            self._scope.start(self._finish_work(), "finish")

    def _work_at(self, url: str) -> None:
        self._url = url
        self._window.bar.set_url(url)
        self._controller.connected.connect(self._on_connected)
        self._controller.failed.connect(self._fail)
        self._window.connect_now()

    def _fail(self, sentence: str) -> None:
        self._controller.error = sentence
        sys.stderr.write(f"{arguments.PROGRAM}: {sentence}\n")
        self._scope.start(self._finish_work(), "finish")

    def _on_connected(self) -> None:
        self._controller.connected.disconnect(self._on_connected)
        tool = self._wanted.call or ("stream_text" if self._wanted.demo else None)
        if tool is not None:
            self._controller.caller.call_many(
                tool, self._wanted.arguments or {}, self._wanted.times, self._wanted.concurrency
            )
        self._scope.start(self._finish_work(), "finish")

    async def _finish_work(self) -> None:
        """Wait for the calls to end and the window to catch up; then the screenshot, and the end if it is wanted."""
        await self._controller.caller.calls_done()
        while self._is_behind():  # noqa: ASYNC110 - the panes publish their rows on timers of their own
            await asyncio.sleep(CATCH_UP_S)
        await asyncio.sleep(SETTLE_S)
        self._take_screenshot()
        if self._wanted.quit_when_done:
            self._closed.set()

    def _take_screenshot(self) -> None:
        """Save the window as it looks now, once."""
        path = self._wanted.screenshot
        if path is not None and not self._has_screenshot:
            self._has_screenshot = self._window.grab().save(str(path), "PNG")

    def _is_behind(self) -> bool:
        return self._folds.behind > 0 or self._window.timeline.rows_shown() < self._folds.counts.received

    def _figures(self) -> report.Figures:
        self._folds.catch_up()
        self._recorder.catch_up()
        if self._recorder.store is not None:
            self._recorder.store.flush()
        session = self._controller.session
        self._startup.connect = self._controller.connect_ms
        self._startup.connect_to_tools = self._controller.tools_ms
        return report.Figures(
            url=self._url,
            counts=self._folds.counts,
            reconnects=self._folds.reconnects,
            ready=self._folds.ready,
            transport=session.transport.value if session else None,
            error=self._controller.error,
            startup=self._startup,
            shown=self._window.timeline.rows_shown(),
            recorded=self._recorder.recorded,
            calls=self._controller.caller.calls,
            findings=self._folds.engine.findings(),
            frame_gap=self._meter.gap,
            loop_lag=self._meter.lag,
            rss_start_bytes=self._rss_start_bytes,
        )

    def _write(self, document: dict[str, object] | None) -> int:
        path = self._wanted.report
        if path is None or document is None:
            return arguments.EXIT_OK
        try:
            report.write(path, document)
        except OSError as error:
            sys.stderr.write(f"{arguments.PROGRAM}: cannot write {str(path)!r}: {error.strerror}.\n")
            return arguments.EXIT_USAGE
        return arguments.EXIT_OK
