"""The official SDK's server, loaded once: `forked_sdk_server.py sse|streamable-http PORT`.

For each line that comes in a process of it begins, and its number goes out: so a restart takes no time for loading.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    main = runpy.run_path(str(Path(__file__).with_name("sdk_server.py")))["main"]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        process = os.fork()
        if process == 0:
            main()
            os._exit(0)
        print(process, flush=True)
