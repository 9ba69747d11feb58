"""A recorded session that is going to be killed. `python -m tests.end2end.crash_child URL` forks one for each line.

A line names the recording; beside it, in `.stamps`, stands how many events there were when, as the session saw it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import struct
import sys
import time
from pathlib import Path

import inspector
from inspector.record.recorder import Recorder
from inspector.record.store import Store
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace.river import River

STAMP = struct.Struct("<qd")
FLOOD = {"n": 5_000, "rate_per_s": 5_000, "size_bytes": 200}  # the server goes on sending when we are gone
TICK_S = 0.016


async def stamp(river: River, file: int) -> None:
    while True:
        os.write(file, STAMP.pack(len(river), time.monotonic()))
        await asyncio.sleep(TICK_S / 4)


async def pull(recorder: Recorder) -> None:
    while True:
        recorder.pull(8_000_000)
        await asyncio.sleep(TICK_S)


async def fly(url: str, path: Path) -> None:
    river = River()
    recorder = Recorder(river, Store(path))
    stamps = os.open(path.with_suffix(".stamps"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    async with asyncio.TaskGroup() as group:
        group.create_task(stamp(river, stamps))
        group.create_task(pull(recorder))
        async with Session(Options(url), river) as session:
            await session.call_tool("flood", FLOOD)


def main() -> None:
    url = sys.argv[1]
    assert inspector.connect is not None  # everything is imported before the first fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            asyncio.run(fly(url, Path(line.strip())))
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
