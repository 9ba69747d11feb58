"""The bundled demo server as a child process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LIMIT_S = 30.0


@contextmanager
def demo_server() -> Iterator[str]:
    """Yields the URL of its Streamable HTTP endpoint; the server ends with its standard input."""
    command = [sys.executable, "-m", "inspector.servers.demo", "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
            process.stdin.close()
            process.wait(timeout=LIMIT_S)
        finally:
            process.kill()
