"""The `serve` command: one of the bundled servers on 127.0.0.1 until interrupted."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from inspector import arguments
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.servers.demo import DemoServer
    from inspector.servers.faults import FaultServer

PORT = 8765
HEARTBEAT_S = 5.0
MIN_HEARTBEAT_S = 0.01
SCALES = (0.001, 100.0)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `serve`."""
    parser.add_argument("server", choices=["demo", "faults"], help="a healthy server, or all the ways to break")
    parser.add_argument(
        "--port", type=arguments.port, default=PORT, help="0 lets the system choose; it is printed either way"
    )
    parser.add_argument(
        "--heartbeat", metavar="SECONDS", type=arguments.seconds, help="demo: time between heartbeats, 5 by default"
    )
    parser.add_argument(
        "--scale", metavar="X", type=scale, help="faults: 0.1 makes every wait a tenth as long, 1 is the default"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")


def scale(text: str) -> float:
    """A factor of time."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    low, high = SCALES
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no scale: give a number from {low:g} to {high:g}")
    return value


async def run(given: argparse.Namespace) -> int:
    """Serve until interrupted."""
    stray, what = ("--scale", given.scale) if given.server == "demo" else ("--heartbeat", given.heartbeat)
    if what is not None:
        raise arguments.UsageError(f"{stray} has no meaning for serve {given.server}.")
    try:
        await (_serve_demo(given) if given.server == "demo" else _serve_faults(given))
    except OSError as error:
        raise arguments.port_error(given.port, error) from error
    return arguments.EXIT_OK


async def _serve_demo(given: argparse.Namespace) -> None:
    from inspector.servers.demo import serve_demo  # noqa: PLC0415 - only the server that is wanted

    def ready(server: DemoServer) -> None:
        document = {"port": server.port, "url": server.url, "sse_url": server.sse_url}
        lines = f"port {server.port}\nStreamable HTTP {server.url}\nHTTP+SSE {server.sse_url}\n"
        _say(document, lines, given.format)

    await serve_demo(given.port, max(given.heartbeat or HEARTBEAT_S, MIN_HEARTBEAT_S), ready)


async def _serve_faults(given: argparse.Namespace) -> None:
    from inspector.servers.faults import serve_faults  # noqa: PLC0415

    def ready(server: FaultServer) -> None:
        faults = server.listing()
        lines = (
            f"port {server.port}\nFault gallery {server.url}\n{len(faults)} rules, each at <rule>/hit and <rule>/ok\n"
        )
        _say({"port": server.port, "url": server.url, "faults": faults}, lines, given.format)

    await serve_faults(given.port, given.scale or 1.0, ready)


def _say(document: dict[str, Any], lines: str, form: str) -> None:
    sys.stdout.write(jsontext.dumps(document).decode() + "\n" if form == "json" else lines)
    sys.stdout.flush()
