"""`python -m inspector.servers.demo`: run the demo server until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import cast

from inspector.servers.demo.server import HEARTBEAT_S, DemoServer, serve_demo


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0 when told to stop, 2 if the port cannot be had."""
    arguments = _parser().parse_args(argv)
    try:
        asyncio.run(_run(arguments.port, arguments.heartbeat, arguments.until_stdin_closes))
    except OSError as error:
        print(f"cannot listen on port {arguments.port}: {error.strerror}; choose another --port", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inspector.servers.demo", description=__doc__)
    parser.add_argument("--port", type=_port, default=0, help="0, the default, lets the system choose")
    parser.add_argument("--heartbeat", type=_seconds, default=HEARTBEAT_S, help="seconds between two heartbeats")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    return parser


def _port(text: str) -> int:
    if not 0 <= (port := int(text)) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _seconds(text: str) -> float:
    if not 0.01 <= (seconds := float(text)) <= 86_400:
        raise argparse.ArgumentTypeError("choose from 0.01 to 86400 seconds")
    return seconds


async def _run(port: int, heartbeat_s: float, until_stdin_closes: bool) -> None:
    loop, main_task = asyncio.get_running_loop(), cast("asyncio.Task[None]", asyncio.current_task())

    def stop() -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(main_task.cancel)

    signal.signal(signal.SIGTERM, lambda *_: stop())
    if until_stdin_closes:
        threading.Thread(target=_wait_for_stdin, args=(stop,), daemon=True).start()
    with contextlib.suppress(asyncio.CancelledError):
        await serve_demo(port, heartbeat_s, _announce)


def _wait_for_stdin(stop: Callable[[], None]) -> None:
    """Reads past the buffer of `sys.stdin`, whose lock would keep the interpreter from ending."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    stop()


def _announce(server: DemoServer) -> None:
    urls = {"url": server.url, "sse_url": server.sse_url, "tool_stream_url": server.tool_stream_url}
    print(json.dumps({"port": server.port, **urls}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
