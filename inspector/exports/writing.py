"""A river as a file in one of the formats that others read; the file is whole or it is not there."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from inspector.record.extent import EVERYTHING, Everything, Extent, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.record.redaction import Redactor
    from inspector.trace.events import AnyEvent
    from inspector.trace.river import River

FORMATS = ("har", "jsonl", "sse", "markdown", "csv", "figures-csv")
SUFFIXES = {"har": "har", "jsonl": "jsonl", "sse": "sse", "markdown": "md", "csv": "csv", "figures-csv": "csv"}
KINDS = {
    "har": "inspector-network",
    "jsonl": "inspector-events",
    "sse": "inspector-stream",
    "markdown": "report",
    "csv": "inspector-calls",
    "figures-csv": "inspector-latency",
}
ROW_FORMATS = {
    "har": "the HTTP exchanges that one of these rows belongs to, whole",
    "jsonl": "the events of these rows alone",
    "sse": "the bytes of these rows alone, as far as they came in event streams",
    "markdown": "these rows, and the figures and findings of the whole session",
}
"""What some rows of the timeline mean in the formats that can be limited to them."""
MAX_SERVER_CHARS = 60


class ExportError(Exception):
    """A file cannot be written; the text is one sentence with the next step."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an export: how many `items` (entries, events, streams), and whether there was anything."""

    items: int
    word: str


def write_file(river: River, path: Path, form: str, redactor: Redactor | None, extent: Extent = EVERYTHING) -> Written:
    """Write to a file that appears, or is replaced, only when it is whole. Raises `ExportError`, `RedactionError`."""
    temporary: Path | None = None
    try:
        if path.exists() and not path.is_file():  # a device or a pipe stays what it is
            with path.open("wb") as out:
                return write(river, out, form, redactor, extent)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as part:
            written = write(river, part, form, redactor, extent)
        temporary.replace(path)
    except OSError as error:
        reason = error.strerror or error
        raise ExportError(f"Cannot write {str(path)!r}: {reason}. Name a file in a folder that is yours.") from error
    finally:
        if temporary is not None:
            with suppress(FileNotFoundError):
                temporary.unlink()
    return written


def write(
    river: River, out: BinaryIO, form: str, redactor: Redactor | None = None, extent: Extent = EVERYTHING
) -> Written:
    """Write the river in one of `FORMATS`. Raises `RedactionError` for a pattern that takes too long."""
    if form == "har":
        from inspector.record.formats.har import write_har  # noqa: PLC0415

        return Written(write_har(river, out, redactor, extent), "HTTP exchange")
    if form == "jsonl":
        from inspector.record.formats.jsonl import write_jsonl  # noqa: PLC0415

        return Written(write_jsonl(river, out, redactor, extent), "event")
    if form == "sse":
        from inspector.record.formats.sse import write_sse  # noqa: PLC0415

        return Written(write_sse(river, out, redactor, extent), "event stream")
    if form == "csv":
        from inspector.exports.latency_csv import write_calls  # noqa: PLC0415

        return Written(write_calls(river, out, redactor, extent), "call")
    if form == "figures-csv":
        from inspector.exports.latency_csv import write_figures  # noqa: PLC0415

        return Written(write_figures(river, out, redactor, extent), "figure row")
    from inspector.exports import figures  # noqa: PLC0415
    from inspector.record.formats.markdown import write_markdown  # noqa: PLC0415

    rows = extent if isinstance(extent, Rows) else None
    write_markdown(figures.fold(river, redactor, rows).report(), out)
    return Written(len(river), "event") if rows is None else Written(len(rows), "row")


def leaving(form: str, extent: Extent) -> Callable[[AnyEvent], bool]:
    """Whether something of an event may stand in an export, so that what is masked in it is of interest."""
    if form in ("jsonl", "sse") or isinstance(extent, Everything):
        return extent.holds
    if form == "markdown":
        return EVERYTHING.holds
    return lambda event: event.stream is None or extent.holds_exchange(event.stream)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file is named after: the server, and the time of the first event; both as a file name takes them."""

    server: str = "server"
    when: str = "19700101T000000Z"


def file_name(river: River, form: str) -> str:
    """`<kind>-<server>-<time of the first event>.<suffix>`, of characters that every system takes."""
    return name_after(origin_of(river), form)


def name_after(origin: Origin, form: str) -> str:
    """The name of a file in one of `FORMATS`."""
    return f"{KINDS[form]}-{origin.server}-{origin.when}.{SUFFIXES[form]}"


def origin_of(river: River) -> Origin:
    """Read as much of the river as it takes to know."""
    from inspector.record.formats.jsonl import iso  # noqa: PLC0415

    first = river.since(0, 1)
    return Origin(_server(river), re.sub(r"[-:]|\.\d+", "", iso(first[0].at if first else 0.0)))


def _server(river: River) -> str:
    """The server's own name, else its host."""
    from urllib.parse import urlsplit  # noqa: PLC0415

    from inspector.trace.events import RequestSent, SessionReady  # noqa: PLC0415

    name = ""
    for events in river.blocks():
        ready = next((event for event in events if isinstance(event, SessionReady) and event.server_name), None)
        if ready is not None:
            name = ready.server_name
            break
        if not name:
            sent = next((event for event in events if isinstance(event, RequestSent)), None)
            with suppress(ValueError):
                name = urlsplit(sent.url).netloc.rpartition("@")[2] if sent else ""
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-.")[:MAX_SERVER_CHARS] or "server"
