"""The `export` command: a recording in a format that others read, without the credentials in it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import arguments
from inspector.arguments import PROGRAM, UsageError
from inspector.exports.writing import FORMATS, ROW_FORMATS, ExportError, Written, file_name, write, write_file
from inspector.record import query
from inspector.record.extent import EVERYTHING, Extent, OneStream, rows_passing
from inspector.record.query import Query, QueryError
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.record.recording import Recording
    from inspector.record.redaction import Redactor
    from inspector.trace.river import River

STANDARD_OUTPUT = Path("-")


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `export`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument("--to", metavar="FORMAT", choices=FORMATS, required=True, help=f"one of {', '.join(FORMATS)}")
    parser.add_argument(
        "--output",
        metavar="FILE",
        type=Path,
        help="where to, in place of what is there; - is standard output; a name is made up without it",
    )
    parser.add_argument("--stream", metavar="N", type=_number, help="only exchange number N (not with markdown)")
    parser.add_argument(
        "--filter",
        metavar="EXPR",
        type=_query,
        help="only the rows that the timeline's filter shows, such as 'method:tools/call dur>500ms' "
        + "(--filter=-event:ping where it begins with a minus); "
        + "; ".join(f"{form}: {meaning}" for form, meaning in ROW_FORMATS.items()),
    )
    parser.add_argument(
        "--no-redaction", action="store_true", help="leave credentials in, as far as they were recorded"
    )
    parser.add_argument(
        "--pattern", metavar="REGEX", action="append", default=[], help="mask what matches, too (repeatable)"
    )
    parser.add_argument("--mask-session-id", action="store_true", help="mask the ids of MCP sessions, too")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell what was written")


def _number(given: str) -> int:
    if not (given.isascii() and given.isdigit()) or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given[:20]!r} is no stream: give its number, 1 or higher")
    return int(given)


def _query(given: str) -> Query:
    try:
        read = query.parse(given)
    except QueryError as error:
        raise argparse.ArgumentTypeError(f"at character {error.position + 1}: {error.sentence.rstrip('.')}") from error
    if read.is_empty:
        raise argparse.ArgumentTypeError("is empty; write one as in 'method:tools/call', or leave it out")
    return read


async def run(given: argparse.Namespace) -> int:
    """Write the export; the name of a file that was made up goes to standard output."""
    from inspector.record.recording import (  # noqa: PLC0415 - only for this command
        RecordingError,
        open_recording,
        river_of,
    )
    from inspector.record.redaction import RedactionError, RedactionRules, Redactor  # noqa: PLC0415
    from inspector.record.text import counted  # noqa: PLC0415

    if given.stream is not None and given.to == "markdown":
        raise UsageError("A report is about the whole recording. Leave --stream out, or choose another format.")
    if given.format == "json" and given.output == STANDARD_OUTPUT:
        raise UsageError("Standard output holds the export itself. Name a file with --output, or leave --format out.")
    if given.filter is not None and given.to not in ROW_FORMATS:
        formats = ", ".join(ROW_FORMATS)
        raise UsageError(f"Calls are no rows of the timeline. Leave --filter out, or choose one of {formats}.")
    if given.filter is not None and given.stream is not None:
        raise UsageError(f"Either --filter or --stream. Write stream:{given.stream} into the filter instead.")
    end_at_once()
    rules = RedactionRules(
        patterns=tuple(given.pattern), session_ids=given.mask_session_id, is_on=not given.no_redaction
    )
    try:
        redactor = Redactor(rules)
        recording = open_recording(given.file)
        try:
            river = river_of(recording)
            code = _export(river, _extent(river, recording, given), redactor, given)
            if recording.unreadable:
                lost = counted(len(recording.unreadable), "event")
                sys.stderr.write(f"{PROGRAM}: {lost} of this recording cannot be read and are left out.\n")
            return code
        finally:
            recording.close()
    except RecordingError as error:
        raise UsageError(error.sentence) from error
    except (ExportError, RedactionError) as error:
        raise UsageError(str(error)) from error
    except (sqlite3.DatabaseError, ValueError) as error:
        raise UsageError(f"{str(given.file)!r} is damaged: {error}. Only a copy of the whole file helps.") from error


def end_at_once() -> None:
    """Nothing here waits for the event loop, so a signal must not wait for it either."""
    with suppress(NotImplementedError, RuntimeError):
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(ValueError):  # not the main thread
            signal.signal(number, signal.default_int_handler)


def _extent(river: River, recording: Recording, given: argparse.Namespace) -> Extent:
    if given.filter is not None:
        evidence = _evidence(river) if given.filter.asks_for_findings else {}
        return rows_passing(river, given.filter, recording.marks(), evidence)
    return EVERYTHING if given.stream is None else OneStream(given.stream)


def _evidence(river: River) -> dict[int, tuple[str, ...]]:
    """What the diagnosis rests on, as the window has it for the same recording."""
    from inspector.diagnose.engine import Engine  # noqa: PLC0415 - few filters ask for it
    from inspector.diagnose.finding import rules_by_event  # noqa: PLC0415

    engine = Engine()
    for events in river.blocks():
        engine.fold(events)
    return rules_by_event(engine.findings())


def _export(river: River, extent: Extent, redactor: Redactor, given: argparse.Namespace) -> int:
    path: Path = given.output or Path(file_name(river, given.to))
    if path == STANDARD_OUTPUT:
        written = _print(river, extent, redactor, given)
    else:
        if given.output is None and path.exists():
            raise UsageError(f"{str(path)!r} is there already. Name another file with --output.")
        if path.exists() and path.samefile(given.file):
            raise UsageError(f"{str(path)!r} is the recording itself. Name another file with --output.")
        written = write_file(river, path, given.to, redactor, extent)
    if not written.items:
        which = f"no {written.word}"
        if given.filter is not None:
            which += f" that passes the filter {given.filter.text!r}"
        elif given.stream is not None:
            which += f" in stream {given.stream}"
        sys.stderr.write(f"{PROGRAM}: There is {which} in {str(given.file)!r}; the export is empty.\n")
        return arguments.EXIT_ERROR
    if given.format == "json":
        told = {"file": str(path), "to": given.to, "holds": {"what": written.word, "count": written.items}}
        sys.stdout.buffer.write(jsontext.dumps(told) + b"\n")
    elif path != STANDARD_OUTPUT:
        sys.stdout.write(f"{path}\n")
    return arguments.EXIT_OK


def _print(river: River, extent: Extent, redactor: Redactor, given: argparse.Namespace) -> Written:
    try:
        written = write(river, sys.stdout.buffer, given.to, redactor, extent)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise  # whoever reads had enough
    except OSError as error:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is buffered cannot be written either
        raise UsageError(f"Cannot write to standard output: {error.strerror}. Name a file with --output.") from error
    return written
