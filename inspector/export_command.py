"""The `export` command: a recording in a format that others read, without the credentials in it."""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from inspector import arguments
from inspector.arguments import PROGRAM, UsageError

if TYPE_CHECKING:
    from inspector.record.redaction import Redactor
    from inspector.trace.river import River

FORMATS = ("har", "jsonl", "sse", "markdown")
SUFFIXES = {"har": "har", "jsonl": "jsonl", "sse": "sse", "markdown": "md"}
KINDS = {"har": "inspector-network", "jsonl": "inspector-events", "sse": "inspector-stream", "markdown": "report"}
MAX_SERVER_CHARS = 60
STANDARD_OUTPUT = Path("-")
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an export: how many `items` (entries, events, streams), and whether there was anything."""

    items: int
    word: str


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `export`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument("--to", metavar="FORMAT", choices=FORMATS, required=True, help=f"one of {', '.join(FORMATS)}")
    parser.add_argument(
        "--output", metavar="FILE", type=Path, help="where to; - is standard output; a name is made up without it"
    )
    parser.add_argument("--stream", metavar="N", type=_number, help="only exchange number N (not with markdown)")
    parser.add_argument(
        "--no-redaction", action="store_true", help="leave credentials in, as far as they were recorded"
    )
    parser.add_argument(
        "--pattern", metavar="REGEX", action="append", default=[], help="mask what matches, too (repeatable)"
    )
    parser.add_argument("--mask-session-id", action="store_true", help="mask the ids of MCP sessions, too")


def _number(given: str) -> int:
    if not (given.isascii() and given.isdigit()) or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given[:20]!r} is no stream: give its number, 1 or higher")
    return int(given)


async def run(given: argparse.Namespace) -> int:
    """Write the export; the name of a file that was made up goes to standard output."""
    from inspector.record.recording import (  # noqa: PLC0415 - only for this command
        RecordingError,
        open_recording,
        river_of,
    )
    from inspector.record.redaction import RedactionError, RedactionRules, Redactor  # noqa: PLC0415

    if given.stream is not None and given.to == "markdown":
        raise UsageError("A report is about the whole recording. Leave --stream out, or choose another format.")
    rules = RedactionRules(
        patterns=tuple(given.pattern), session_ids=given.mask_session_id, is_on=not given.no_redaction
    )
    try:
        redactor = Redactor(rules)
        recording = open_recording(given.file)
        try:
            return _export(river_of(recording), redactor, given)
        finally:
            recording.close()
    except RecordingError as error:
        raise UsageError(error.sentence) from error
    except RedactionError as error:
        raise UsageError(str(error)) from error
    except (sqlite3.DatabaseError, ValueError) as error:
        raise UsageError(f"{str(given.file)!r} is damaged: {error}. Only a copy of the whole file helps.") from error


def _export(river: River, redactor: Redactor, given: argparse.Namespace) -> int:
    path: Path = given.output or Path(file_name(river, given.to))
    if path == STANDARD_OUTPUT:
        written = write(river, sys.stdout.buffer, given.to, redactor, given.stream)
        sys.stdout.buffer.flush()
    else:
        if given.output is None and path.exists():
            raise UsageError(f"{str(path)!r} is there already. Name another file with --output.")
        written = write_file(river, path, given.to, redactor, given.stream)
    if not written.items:
        which = f"no {written.word}" if given.stream is None else f"no {written.word} in stream {given.stream}"
        sys.stderr.write(f"{PROGRAM}: There is {which} in {str(given.file)!r}; the export is empty.\n")
        return arguments.EXIT_ERROR
    if path != STANDARD_OUTPUT:
        sys.stdout.write(f"{path}\n")
    return arguments.EXIT_OK


def write_file(river: River, path: Path, form: str, redactor: Redactor | None, stream: int | None = None) -> Written:
    """Write to a file that appears, or is replaced, only when it is whole. Raises `UsageError`, `RedactionError`."""
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():  # a device or a pipe stays what it is
            with path.open("wb") as out:
                return write(river, out, form, redactor, stream)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as part:
            written = write(river, part, form, redactor, stream)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(f"Cannot write {str(path)!r}: {reason}. Name a file in a folder that is yours.") from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()
    return written


def write(
    river: River, out: BinaryIO, form: str, redactor: Redactor | None = None, stream: int | None = None
) -> Written:
    """Write the river in one of `FORMATS`. Raises `RedactionError` for a pattern that takes too long."""
    if form == "har":
        from inspector.record.formats.har import write_har  # noqa: PLC0415

        return Written(write_har(river, out, redactor, stream), "HTTP exchange")
    if form == "jsonl":
        from inspector.record.formats.jsonl import write_jsonl  # noqa: PLC0415

        return Written(write_jsonl(river, out, redactor, stream), "event")
    if form == "sse":
        from inspector.record.formats.sse import write_sse  # noqa: PLC0415

        return Written(write_sse(river, out, redactor, stream), "event stream")
    from inspector import figures  # noqa: PLC0415
    from inspector.record.formats.markdown import write_markdown  # noqa: PLC0415

    write_markdown(figures.fold(river, redactor).report(), out)
    return Written(len(river), "event")


def file_name(river: River, form: str) -> str:
    """`<kind>-<server>-<time of the first event>.<suffix>`, of characters that every system takes."""
    from inspector.record.formats.jsonl import iso  # noqa: PLC0415

    first = river.since(0, 1)
    when = re.sub(r"[-:]|\.\d+", "", iso(first[0].at if first else 0.0))
    return f"{KINDS[form]}-{_server(river)}-{when}.{SUFFIXES[form]}"


def _server(river: River) -> str:
    """The server's own name, else its host."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    from inspector.trace.events import RequestSent, SessionReady  # noqa: PLC0415

    name = ""
    for n in range(0, len(river), _BLOCK):
        events: Sequence[object] = river.since(n, _BLOCK)
        ready = next((event for event in events if isinstance(event, SessionReady) and event.server_name), None)
        if ready is not None:
            name = ready.server_name
            break
        if not name:
            sent = next((event for event in events if isinstance(event, RequestSent)), None)
            with suppress(ValueError):
                name = urlsplit(sent.url).netloc.rpartition("@")[2] if sent else ""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:MAX_SERVER_CHARS] or "server"
