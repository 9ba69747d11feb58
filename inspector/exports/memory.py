"""How much memory this process holds, where the system tells."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def rss_bytes() -> int | None:
    """The memory this process holds now, where the system tells."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def rss_peak_bytes() -> int | None:
    """The most memory this process ever held, where the system tells."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
