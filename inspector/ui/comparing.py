"""Comparing two recordings in a thread, each read through a connection of its own."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path

from inspector.record.comparing import Comparison, compare
from inspector.record.offered import Offered, read_offered
from inspector.record.recording import RecordingError, open_recording

EXPECTED = (RecordingError, sqlite3.Error)
_BREATH_S = 0.001
"""After each block the window gets its turn."""


def compare_files(left: Path, right: Path) -> Comparison:
    """What the right recording differs in from the left one. Raises what is in `EXPECTED`."""
    return compare(_offered(left), _offered(right))


def _offered(path: Path) -> Offered:
    recording = open_recording(path)
    try:
        return read_offered(recording, partial(time.sleep, _BREATH_S))
    finally:
        recording.close()
