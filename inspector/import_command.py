"""The `import` command: a capture of another program as a recording, which all else here reads."""

from __future__ import annotations

import argparse
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import arguments
from inspector.arguments import PROGRAM, UsageError
from inspector.export_command import end_at_once
from inspector.record.text import counted
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.record.formats.imported import Imported


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `import`."""
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="a HAR, a raw event stream, a log of the web Inspector, our JSON lines"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=arguments.new_file,
        help="the recording to write, which must not be there yet; a name is made up without it",
    )
    parser.add_argument("--format", choices=["text", "json"], default="text", help="how to tell what was imported")


async def run(given: argparse.Namespace) -> int:
    """Write the recording; its name goes to standard output, what the capture does not tell to standard error."""
    from inspector.record.importing import ImportFailed, read_events  # noqa: PLC0415 - only for this command
    from inspector.record.store import StoreError  # noqa: PLC0415

    path = given.output or _made_up(given.file)
    end_at_once()
    try:
        imported = read_events(given.file)
        count = _save(imported, given.file, path)
    except (ImportFailed, StoreError) as error:
        raise UsageError(error.sentence) from error
    if not count:
        _say(f"Nothing happens in {str(given.file)!r}, so no recording was written.", *imported.notes)
        return arguments.EXIT_ERROR
    if given.format == "json":
        told = {"file": str(path), "from": imported.format, "events": count, "notes": imported.notes}
        sys.stdout.buffer.write(jsontext.dumps(told) + b"\n")
        return arguments.EXIT_OK
    _say(f"Imported {counted(count, 'event')} ({imported.format}).", *imported.notes)
    sys.stdout.write(f"{path}\n")
    return arguments.EXIT_OK


def _made_up(source: Path) -> Path:
    """A name for the recording, in the folder where one is."""
    from inspector.record.schema import SUFFIX  # noqa: PLC0415 - only for this command

    path = Path(f"{source.name}{SUFFIX}")
    if path.exists():
        raise UsageError(f"{str(path)!r} is there already. Name another file with --output.")
    return path


def _say(*sentences: str) -> None:
    for sentence in sentences:
        sys.stderr.write(f"{PROGRAM}: {sentence}\n")


def _save(imported: Imported, source: Path, target: Path) -> int:
    """Write the events, if there are any; how many there are."""
    from inspector.record.saving import save_events  # noqa: PLC0415

    first = next(imported.events, None)
    if first is None:
        return 0
    facts = {"imported_from": source.name, "format": imported.format}
    return save_events(chain((first,), imported.events), target, facts)
