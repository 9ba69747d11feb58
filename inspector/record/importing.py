"""Files of other programs, and our own, as trace events: what a file is, is found out by what it holds.

    imported = read_events(path)
    for event in imported.events: ...

The events are those that a live session would have made of the same traffic, numbered from 0 without gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inspector.record.formats import har_reader, inspector_log_reader, jsonl_reader, sse_reader
from inspector.record.formats.imported import MAX_WHOLE_BYTES, Imported, ImportFailed
from inspector.record.formats.moments import EARLIEST_US, moment_us
from inspector.record.formats.retelling import Exchange, Retelling, Said
from inspector.record.text import counted, decoded, size
from inspector.wire import jsontext
from inspector.wire.block import BOM
from inspector.wire.jsontext import JsonError

__all__ = ["ImportFailed", "Imported", "read_events"]

START_BYTES = 64 * 1024
MAX_VALUES = 5_000_000
"""How many objects and arrays a JSON file may hold: in memory each takes many times its two bytes."""
KINDS = "HAR, raw event streams (also of curl -i), JSON-RPC logs of the MCP Inspector and of MCPJam, and our JSON lines"
_ZLIB = (b"x\x01", b"x\x9c", b"x\xda")
_MAGIC = (
    (b"\x1f\x8b", "It is compressed with gzip. Unpack it first."),
    (b"PK\x03\x04", "It is a ZIP archive. Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "It is compressed with Zstandard. Unpack it first."),
    *((head, "It is compressed with zlib, as the .zhar of mitmproxy is. Save it as .har.") for head in _ZLIB),
    (b"SQLite format 3\0", "It is a SQLite file. If it is a recording of ours, open it instead of importing it."),
    (b"\xff\xfe", "It is text in UTF-16, as PowerShell writes it. Save it as UTF-8 first."),
    (b"\xfe\xff", "It is text in UTF-16. Save it as UTF-8 first."),
    (b"\x0a\x0d\x0d\x0a", "It is a capture of packets (pcapng). Export the streams in it as HAR or as raw bytes."),
    (b"\xd4\xc3\xb2\xa1", "It is a capture of packets (pcap). Export the streams in it as HAR or as raw bytes."),
    (b"<", "It is HTML or XML: perhaps the error page of a server or a proxy. Save the stream itself."),
)


def read_events(path: Path) -> Imported:
    """What the file holds. Raises `ImportFailed`; so may reading the events, if the disk fails in the midst of it."""
    try:
        return _read(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImportFailed(f"{path.name} cannot be read: {reason}. Check the path and its rights.") from error


def _read(path: Path) -> Imported:
    if path.exists() and not path.is_file():
        raise ImportFailed(f"{path.name} is no file. Choose a file: {KINDS}.")
    with path.open("rb") as file:
        start = file.read(START_BYTES)
    text = start.removeprefix(BOM).lstrip()
    if not text:
        raise ImportFailed(f"{path.name} is empty, or begins with nothing but blanks. Capture it again.")
    for magic, sentence in _MAGIC:
        if start.startswith(magic) or text.startswith(magic):
            raise ImportFailed(f"{path.name} cannot be imported. {sentence}")
    if jsonl_reader.looks_like_ours(text):
        notes: list[str] = []
        return Imported("JSON lines of trace events", jsonl_reader.read_jsonl(path, notes), notes)
    if text[:1] in (b"{", b"["):
        return _read_json(path)
    if sse_reader.looks_like_head(start) or sse_reader.looks_like_events(start):
        notes = []
        exchange = sse_reader.read_capture(_whole(path), path.name, _time_of(path), notes)
        return _told("raw event stream", [exchange], notes)
    begins = decoded(text.splitlines()[0], 40)
    raise ImportFailed(f"{path.name} begins with `{begins}`, which is nothing we know. Importable: {KINDS}.")


def _read_json(path: Path) -> Imported:
    data = _whole(path)
    if data.count(b"{") + data.count(b"[") > MAX_VALUES:
        raise ImportFailed(f"{path.name} holds over {MAX_VALUES:,} objects and arrays. Export a part of it.")
    parsed, notes = jsontext.parse(data), list[str]()
    value: Any = parsed.value
    if parsed.error is not None:
        return _read_json_lines(path, data, parsed.error)
    if har_reader.is_har(value):
        exchanges = har_reader.read_har(value, _time_of(path), notes)
        if not exchanges:
            raise ImportFailed(f"{path.name} is a HAR file without any exchange. Export it again with requests in it.")
        return _told(f"HAR {_creator_of(value)}".rstrip(), exchanges, notes)
    entries = inspector_log_reader.entries_of(value)
    if entries is None:
        what = f"with {_keys_of(value)}" if isinstance(value, dict) else "without a JSON-RPC message in it"
        raise ImportFailed(f"{path.name} is JSON {what}, which is nothing we know. Importable: {KINDS}.")
    return _told("JSON-RPC log", inspector_log_reader.read_log(entries, _time_of(path), notes), notes)


def _read_json_lines(path: Path, data: bytes, error: JsonError) -> Imported:
    """One JSON value a line; `error` is what is wrong if the file is to be a single one."""
    lines = (line for line in data.removeprefix(BOM).splitlines() if line.strip())
    first = jsontext.parse(next(lines))
    values = [first.value] if first.error is None and inspector_log_reader.entries_of([first.value]) else []
    bad = 0
    for parsed in map(jsontext.parse, lines if values else ()):
        if parsed.error is None:
            values.append(parsed.value)
        else:
            bad += 1
    entries = inspector_log_reader.entries_of(values)
    if entries is None:
        where = f"line {error.line:,}, column {error.column:,}"
        raise ImportFailed(
            f"{path.name} looks like JSON, but breaks off or is broken at {where}: {error.text}. Export it again."
        )
    notes = []
    if bad:
        notes.append(f"Left out, as no JSON: {counted(bad, 'line')} of the file.")
    return _told("JSON-RPC log", inspector_log_reader.read_log(entries, _time_of(path), notes), notes)


def _told(name: str, items: Sequence[Exchange | Said], notes: list[str]) -> Imported:
    return Imported(name, Retelling(items, notes).events(), notes)


def _whole(path: Path) -> bytes:
    length = path.stat().st_size
    if length > MAX_WHOLE_BYTES:
        limit = f"Such files are read as a whole, up to {size(MAX_WHOLE_BYTES)}"
        raise ImportFailed(f"{path.name} has {size(length)}. {limit}: export a part of it, the one server say.")
    return path.read_bytes()


def _time_of(path: Path) -> int:
    return moment_us(path.stat().st_mtime) or EARLIEST_US


def _creator_of(har: dict[str, Any]) -> str:
    name = har_reader.text_of(har_reader.dict_of(har["log"], "creator"), "name")
    return f"of {decoded(name.encode('utf-8', 'replace'), 40)}" if name else ""


def _keys_of(value: dict[str, Any]) -> str:
    keys = ", ".join(list(value)[:5])
    return f"the keys {decoded(keys.encode('utf-8', 'replace'), 80)}" if keys else "nothing in it"
