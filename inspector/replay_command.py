"""The `replay` command: a recording served again on 127.0.0.1, so that a client meets the recorded server once more."""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import arguments
from inspector.arguments import PROGRAM, UsageError
from inspector.wire import jsontext

if TYPE_CHECKING:
    from inspector.record.recording import Recording
    from inspector.servers.replay import ReplayServer

PORT = 8766
MAX_SPEED = 1_000_000.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed behind `replay`."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument(
        "--speed", metavar="X", type=speed, default=1.0, help="2 is twice as fast as recorded, 0 or max does not wait"
    )
    parser.add_argument(
        "--port", type=arguments.port, default=PORT, help="0 lets the system choose; it is printed either way"
    )
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    parser.add_argument("--format", choices=["text", "json"], default="text")


def speed(text: str) -> float:
    """A factor of time from 0 on; `max` means 0, which is not to wait at all."""
    if text == "max":
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= MAX_SPEED:
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no speed: give 1, 0.5, 10 ... or max")
    return value


async def run(given: argparse.Namespace) -> int:
    """Serve the recording until interrupted."""
    from inspector.record.recording import RecordingError, open_recording  # noqa: PLC0415 - only for this command

    try:
        recording = open_recording(given.file)
    except RecordingError as error:
        raise UsageError(error.sentence) from error
    try:
        replay = _server_of(recording, given)
        if not replay.script.exchanges:
            raise UsageError(f"{str(given.file)!r} holds no HTTP exchange, so there is nothing to serve.")
        await _serve(replay, given)
    finally:
        recording.close()
    return arguments.EXIT_OK


def _server_of(recording: Recording, given: argparse.Namespace) -> ReplayServer:
    """Reads the whole recording, and says so if that cannot be done."""
    from inspector.servers.replay import ReplayServer  # noqa: PLC0415

    try:
        return ReplayServer(recording, given.port, given.speed, _log)
    except (sqlite3.Error, ValueError) as error:
        raise UsageError(f"{str(given.file)!r} is damaged: {error}. Only a copy of the whole file helps.") from error


async def _serve(replay: ReplayServer, given: argparse.Namespace) -> None:
    over = asyncio.Event()
    try:
        async with replay:
            _announce(replay, given.format)
            if given.until_stdin_closes:
                _watch_stdin(asyncio.get_running_loop(), over)
            await over.wait()
    except OSError as error:
        raise arguments.port_error(given.port, error) from error


def _announce(replay: ReplayServer, form: str) -> None:
    urls = replay.urls
    if form == "json":
        told = {
            "port": replay.port,
            "url": urls[0][0],
            "urls": [{"url": url, "transport": label} for url, label in urls],
            "exchanges": len(replay.script.exchanges),
        }
        sys.stdout.buffer.write(jsontext.dumps(told) + b"\n")
    else:
        sys.stdout.write(f"port {replay.port}\n" + "".join(f"{label} {_plain(url)}\n" for url, label in urls))
    sys.stdout.flush()


def _log(line: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {_plain(line)}\n")
    sys.stderr.flush()


def _plain(line: str) -> str:
    """What a server or a client chose to be called must not steer the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def _watch_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    """Reads past the buffer of `sys.stdin`, whose lock would keep the interpreter from ending."""

    def stop(act: Callable[[], None]) -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        with suppress(RuntimeError):  # the loop has ended already
            loop.call_soon_threadsafe(act)

    threading.Thread(target=stop, args=(over.set,), daemon=True).start()
