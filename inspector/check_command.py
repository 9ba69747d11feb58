"""The `check` command: what is wrong with a server or in a recording, why, and what to change."""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NoReturn

from inspector import arguments, check_calls, exit_codes, probe
from inspector.arguments import PROGRAM, UsageError
from inspector.check_calls import CheckCalls
from inspector.expect import grammar
from inspector.expect.expectation import Expectation
from inspector.expect.grammar import ExpectationError
from inspector.exports import check_formats, check_junit
from inspector.exports.checking import Checked, Checking
from inspector.exports.feeding import Feed, flow
from inspector.record.importing import ImportFailed, read_events
from inspector.record.recording import RecordingError, open_recording, river_of
from inspector.record.text import counted
from inspector.session.failure import ConnectError
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.events import AnyEvent, Severity
from inspector.trace.river import River
from inspector.wire import jsontext
from inspector.wire.http import mask_url

HOLD_S = 3.0
BLOCK_EVENTS = 512
_SQLITE = b"SQLite format 3\0"
FORMATS = ("text", "json", "markdown", "junit")
_FAIL_ON = {severity.value: severity for severity in (Severity.ERROR, Severity.WARN, Severity.NOTE)}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `check` besides the options of a connection."""
    parser.add_argument(
        "--for",
        metavar="SECONDS",
        dest="for_s",
        type=arguments.seconds,
        default=HOLD_S,
        help=f"watch the server for so long once everything is listed ({HOLD_S:g})",
    )
    check_calls.add_options(parser)
    parser.add_argument(
        "--expect",
        metavar="LINE",
        action="append",
        default=[],
        help="expect this, such as 'no gap over 5s' (repeatable)",
    )
    parser.add_argument(
        "--expectations", metavar="FILE", type=Path, help="expect what this file says: one a line, # for remarks"
    )
    parser.add_argument(
        "--fail-unexercised", action="store_true", help="an expectation that nothing came to judge by fails, too"
    )
    parser.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=list(_FAIL_ON),
        default=Severity.ERROR.value,
        help=f"from which findings on the exit code is 1: {', '.join(_FAIL_ON)} (error)",
    )


async def run(given: argparse.Namespace, options_of: Callable[[argparse.Namespace], Options]) -> int:
    """Print the findings; the exit code tells whether there are any to fail on."""
    fail_on = _FAIL_ON[given.fail_on]
    code = arguments.EXIT_OK
    calls = check_calls.wanted(given)
    checking = Checking(expectations=_expected(given), fails_unexercised=given.fail_unexercised)
    if _is_file(given.url):
        if calls is not None:
            raise UsageError(f"--call needs a server, and {given.url!r} is a file. Leave one of them out.")
        checked = await _check_file(Path(given.url), checking)
    else:
        checked, code = await _check_server(given.url, options_of(given), given.for_s, checking, calls)
    _print(_written(checked, given.format, fail_on), is_for_people=given.format == "text")
    if checked.error:
        sys.stderr.write(f"{PROGRAM}: {checked.error}\n")
    if code != arguments.EXIT_OK:
        return code
    return arguments.EXIT_OK if checked.is_ok(fail_on) else arguments.EXIT_ERROR


def _expected(given: argparse.Namespace) -> list[Expectation]:
    """What is expected, in the order typed, each once. Raises `UsageError` with what is wrong and where."""
    found: list[Expectation] = []
    try:
        if given.expectations is not None:
            found += _written_in(given.expectations)
    except ExpectationError as error:
        where = f"{str(given.expectations)!r}, line {error.line}"
        raise UsageError(f"{where}: {error.sentence}") from error
    except OSError as error:
        raise UsageError(f"{str(given.expectations)!r} cannot be read: {error.strerror}. Look at its name.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(given.expectations)!r} is no text in UTF-8. Save it as UTF-8.") from error
    for line in given.expect:
        try:
            found += grammar.parse(line) or _nothing(f"--expect {line!r}")
        except ExpectationError as error:
            raise UsageError(f"--expect {line!r}, character {error.position + 1}: {error.sentence}") from error
    return list(dict.fromkeys(found))


def _written_in(path: Path) -> list[Expectation]:
    """What a file expects; no more of it is read than a text may have."""
    with path.open(encoding="utf-8-sig") as file:
        text = file.read(grammar.MAX_CHARS + 1)
    return grammar.parse(text) or _nothing(f"{str(path)!r}")


def _nothing(where: str) -> NoReturn:
    """A check that expects nothing would pass for ever, and nobody would see why."""
    raise UsageError(f"{where} holds no expectation. Write one such as 'no gap over 5s'.")


def _print(document: str, *, is_for_people: bool) -> None:
    """Programs read UTF-8, whatever the terminal is set to."""
    if is_for_people:
        sys.stdout.write(document)
    else:
        sys.stdout.buffer.write(document.encode("utf-8", "replace"))
    sys.stdout.flush()


def _is_file(subject: str) -> bool:
    """Whether a recording or a capture is meant and not an address; a missing recording is known by its suffix."""
    if "://" in subject:
        return False
    return Path(subject).exists() or subject.endswith(".mcptrace")


async def _check_file(path: Path, checking: Checking) -> Checked:
    return await (_check_capture(path, checking) if _is_capture(path) else _check_recording(path, checking))


def _is_capture(path: Path) -> bool:
    """Whether it is a file of another program; what cannot be read is told by whoever opens recordings."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
    except OSError:
        return False
    return bool(start) and start != _SQLITE


async def _check_recording(path: Path, checking: Checking) -> Checked:
    try:
        recording = open_recording(path)
    except RecordingError as error:
        raise UsageError(error.sentence) from error
    try:
        checked = await _fold(checking, river_of(recording).blocks(), str(path))
        if recording.unreadable:
            lost = counted(len(recording.unreadable), "event")
            sys.stderr.write(f"{PROGRAM}: {lost} of this recording cannot be read; the findings are about the rest.\n")
        return checked
    except (sqlite3.DatabaseError, ValueError) as error:
        raise UsageError(f"{str(path)!r} is damaged: {error}. Only a copy of the whole file helps.") from error
    finally:
        recording.close()


async def _check_capture(path: Path, checking: Checking) -> Checked:
    try:
        imported = read_events(path)
        checked = await _fold(checking, _blocks(imported.events), str(path))
    except ImportFailed as error:
        raise UsageError(error.sentence) from error
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}. Look at its rights.") from error
    for note in imported.notes:
        sys.stderr.write(f"{PROGRAM}: {note}\n")
    return checked


def _blocks(events: Iterator[AnyEvent]) -> Iterator[list[AnyEvent]]:
    while block := list(islice(events, BLOCK_EVENTS)):
        yield block


async def _check_server(
    url: str, options: Options, for_s: float, checking: Checking, calls: CheckCalls | None
) -> tuple[Checked, int]:
    """Connect and look; what comes is judged at once and not kept, so that a flood does not fill the memory."""
    river = River()
    feed = Feed(river, checking.fold)
    async with asyncio.TaskGroup() as group:
        judging = group.create_task(flow(lambda: feed.behind, feed.take, lambda: None))
        try:
            code, error = await _visit(Session(options, river), for_s, calls)
        finally:
            judging.cancel()
    feed.catch_up()
    return checking.outcome(mask_url(url), error), code


async def _visit(session: Session, for_s: float, calls: CheckCalls | None) -> tuple[int, str]:
    """List everything, call only what was asked for, and see what comes within the time: the exit code, and why."""
    try:
        async with session:
            await probe.offers(session)
            if calls is not None:
                sys.stderr.write(f"{PROGRAM}: {await calls.make(session)}\n")
            with suppress(TimeoutError):
                await asyncio.wait_for(session.closed(), for_s)
    except ConnectError as failure:
        return exit_codes.of_failure(failure.kind), failure.sentence
    return arguments.EXIT_OK, ""


async def _fold(checking: Checking, blocks: Iterable[list[AnyEvent]], subject: str) -> Checked:
    for events in blocks:
        checking.fold(events)
        await asyncio.sleep(0)  # so that it can be interrupted
    return checking.outcome(subject)


def _written(checked: Checked, form: str, fail_on: Severity) -> str:
    if form == "json":
        return jsontext.dumps(check_formats.as_json(checked, fail_on)).decode() + "\n"
    if form == "markdown":
        return check_formats.as_markdown(checked)
    if form == "junit":
        return check_junit.as_junit(checked, fail_on)
    return check_formats.as_text(checked)
