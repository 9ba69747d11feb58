"""The official Python SDK's servers on faster clocks: `hurried_server.py SCALE sdk|modern [options] PORT`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import mcp.server._streamable_http_modern as modern
from sse_starlette import EventSourceResponse

PING_S = 15.0

if __name__ == "__main__":
    _, scale, which, *rest = sys.argv
    EventSourceResponse.DEFAULT_PING_INTERVAL = PING_S * float(scale)  # type: ignore[assignment] # 0.75 will do as well
    modern._SSE_PING_INTERVAL = PING_S * float(scale)
    sys.argv = [which, *rest]
    runpy.run_path(str(Path(__file__).with_name(f"{which}_server.py")), run_name="__main__")
