"""The `soak` command: hold a connection for hours, call now and then, and say in the end how it went."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from inspector import arguments, exit_codes
from inspector.arguments import PROGRAM, UsageError
from inspector.exports import soak_report
from inspector.exports.soaking import Soaking, SoakReport
from inspector.record.store import StoreError
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.soak import EVERY_S, MAX_CONCURRENCY, SoakPlan
from inspector.wire import jsontext

FORMATS = ("text", "json", "markdown")
LEAST_LINE_S, MOST_LINE_S = 2.0, 60.0
LINES = 100
"""So many lines of state are said in all, unless that were more often than every two seconds."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `soak` besides the options of a connection."""
    span = arguments.time_span
    parser.add_argument("--for", metavar="TIME", dest="for_s", type=span, required=True, help="how long: 90s, 15m, 8h")
    parser.add_argument("--call", metavar="TOOL", default="", help="call this tool now and then")
    parser.add_argument("--args", metavar="JSON", type=arguments.json_object, default={}, help="the tool's arguments")
    parser.add_argument("--every", metavar="TIME", dest="every_s", type=span, help=f"how often ({EVERY_S:g}s)")
    parser.add_argument("--concurrency", metavar="C", type=arguments.positive, help="calls at once each time (1)")
    parser.add_argument("--report", metavar="FILE", type=Path, help="write the report here instead of standard output")
    parser.add_argument("--record", metavar="FILE", type=arguments.new_file, help="record everything to this new file")


async def run(given: argparse.Namespace, options_of: Callable[[argparse.Namespace], Options]) -> int:
    """Soak, and report however it ends."""
    plan = plan_of(given)
    if given.report is not None:
        if given.record is not None and given.record.absolute() == given.report.absolute():
            raise UsageError("--record and --report name the same file. Give each a name of its own.")
        arguments.check_writable(given.report)
    try:
        soaking = Soaking(options_of(given), plan, given.record)
    except StoreError as error:
        raise UsageError(error.sentence) from error
    code = await _soak(soaking)
    report = soaking.report()
    _write(_told(report, given.format), given.report)
    if given.report is not None or report.error:
        _say(soak_report.verdict(report))
    return code or (arguments.EXIT_OK if soak_report.is_good(report) else arguments.EXIT_ERROR)


def plan_of(given: argparse.Namespace) -> SoakPlan:
    """What the options ask for. Raises `UsageError` for what does not fit together."""
    if not given.call and (given.every_s or given.concurrency or given.args):
        raise UsageError("--args, --every and --concurrency say how a tool is called: name it with --call TOOL.")
    concurrency = given.concurrency or 1
    if concurrency > MAX_CONCURRENCY:
        raise UsageError(f"--concurrency {concurrency} is too much for a soak; at most {MAX_CONCURRENCY} at once.")
    return SoakPlan(given.for_s, given.call, given.args, given.every_s or EVERY_S, concurrency)


async def _soak(soaking: Soaking) -> int:
    """The exit code of an end that was not the planned one, else 0."""
    teller = _Teller(soaking)
    try:
        await soaking.run(teller.tick)
    except ConnectError as error:
        return exit_codes.of_failure(error.kind)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()  # so that the report may be written
        return arguments.EXIT_INTERRUPTED
    return arguments.EXIT_OK if soaking.soak.sessions else arguments.EXIT_TIMED_OUT


class _Teller:
    """Says now and then how it goes, on standard error."""

    def __init__(self, soaking: Soaking) -> None:
        self._soaking = soaking
        self._every_s = min(max(soaking.soak.plan.for_s / LINES, LEAST_LINE_S), MOST_LINE_S)
        self._due_s = 0.0

    def tick(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if not self._due_s:
            self._due_s = now_s + self._every_s
        elif now_s >= self._due_s:
            self._due_s = now_s + self._every_s
            _say(soak_report.state_line(self._soaking.report()))


def _told(report: SoakReport, form: str) -> str:
    if form == "json":
        return jsontext.dumps(soak_report.as_json(report)).decode() + "\n"
    return soak_report.as_markdown(report) if form == "markdown" else soak_report.as_text(report)


def _write(document: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.buffer.write(document.encode("utf-8", "replace"))
        sys.stdout.flush()
        return
    try:
        path.write_bytes(document.encode("utf-8", "replace"))
    except OSError as error:
        _write(document, None)  # so that hours of work are not lost
        raise UsageError(
            f"Cannot write {str(path)!r}: {error.strerror}. The report stands on standard output instead."
        ) from error


def _say(sentence: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {sentence}\n")
    sys.stderr.flush()
