"""The folder of flight recordings: every run writes one, and the oldest make room for the new."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

import platformdirs

from inspector.record.schema import COMPANIONS, SUFFIX

MAX_BYTES = 4 * 1024**3
MAX_AGE_S = 14 * 24 * 3600.0


def default_folder() -> Path:
    """Where this user's flight recordings are kept."""
    return platformdirs.user_state_path("sse-mcp-inspector") / "recordings"


def new_path(folder: Path, at: float) -> Path:
    """A name for a recording begun at Unix time `at` by this process."""
    begun = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    names = (f"{begun}-{os.getpid()}{again}{SUFFIX}" for again in chain([""], (f"-{number}" for number in count(2))))
    return next(folder / name for name in names if not (folder / name).exists())


def prune(folder: Path, now: float, max_bytes: int = MAX_BYTES, max_age_s: float = MAX_AGE_S) -> list[Path]:
    """Remove the recordings that are too old, then the oldest until the rest is small enough; says which.

    What is being written or read just now stays.
    """
    found = sorted(((_touched(path), _size(path), path) for path in folder.glob(f"*{SUFFIX}")), reverse=True)
    removed, total_bytes = [], 0
    for touched, size_bytes, path in found:
        total_bytes += size_bytes
        if (total_bytes > max_bytes or now - touched > max_age_s) and not _is_in_use(path):
            total_bytes -= size_bytes
            for companion in COMPANIONS:
                with suppress(OSError):
                    path.with_name(path.name + companion).unlink()
            removed.append(path)
    return removed


def _touched(path: Path) -> float:
    """When it was last written; the journal of a recording that goes on is younger than its file."""
    times = [0.0]
    for companion in COMPANIONS:
        with suppress(OSError):
            times.append(path.with_name(path.name + companion).stat().st_mtime)
    return max(times)


def _size(path: Path) -> int:
    size_bytes = 0
    for companion in COMPANIONS:
        with suppress(OSError):
            size_bytes += path.with_name(path.name + companion).stat().st_size
    return size_bytes


def _is_in_use(path: Path) -> bool:
    """Whether another process has it open: only alone may one leave SQLite's write-ahead mode."""
    if not path.with_name(path.name + "-wal").exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=0.0)) as connection:
            mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:  # no recording any more: nobody can use it
        return False
    return str(mode) != "delete"
