"""The command line: what may be typed, and what it means. Imports neither Qt nor httpx: the window stands sooner."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from inspector.protocol import typed_address
from inspector.protocol.era import REVISIONS, TransportName

PROGRAM = "sse-mcp-inspector"
COMMANDS = ("probe", "call", "watch", "check", "soak", "serve", "export", "import", "replay")

EXIT_OK, EXIT_ERROR, EXIT_USAGE, EXIT_NO_CONNECTION = 0, 1, 2, 3
EXIT_UNAUTHORISED, EXIT_TIMED_OUT, EXIT_INTERRUPTED = 4, 5, 130

MAX_SPAN_S = 366 * 86_400.0
SIDE_BY_SIDE = 2
"""So many recordings fit into one window."""


class UsageError(Exception):
    """What the user typed does not work; the text is one sentence with the next step."""


class Parser(argparse.ArgumentParser):
    """Says a mistake in one sentence instead of repeating the whole usage."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{PROGRAM}: {message}. See {self.prog} --help.\n")
        sys.exit(EXIT_USAGE)


@dataclass(frozen=True, slots=True)
class Target:
    """The server to talk to and how; what the connection options say."""

    url: str | None
    transport: TransportName
    protocol_version: str | None
    headers: tuple[tuple[str, str], ...]
    ca_file: Path | None
    insecure: bool
    timeout_s: float


@dataclass(frozen=True, slots=True)
class WindowArguments:
    """What the window is asked to do."""

    target: Target
    demo: bool = False
    call: str | None = None
    arguments: dict[str, Any] | None = None
    times: int = 1
    concurrency: int = 1
    record: Path | None = None
    open: Path | None = None
    beside: Path | None = None
    screenshot: Path | None = None
    report: Path | None = None
    quit_when_done: bool = False
    run_for_s: float | None = None

    @property
    def ends_by_itself(self) -> bool:
        return self.quit_when_done or self.run_for_s is not None

    @property
    def url(self) -> str | None:
        return self.target.url


def parse_window(argv: Sequence[str]) -> WindowArguments:
    """The window's options; leaves the process with code 2 and a sentence for what does not fit."""
    parser = Parser(
        PROGRAM,
        description="See a Model Context Protocol server talk.",
        epilog="Without a window: "
        + ", ".join(f"{PROGRAM} {name}" for name in COMMANDS)
        + ". Each has its own --help.",
    )
    parser.add_argument("url", nargs="?", metavar="URL", help="connect to this server at once")
    parser.add_argument("--demo", action="store_true", help="start the bundled server and show a running stream")
    add_connection_options(parser)
    parser.add_argument("--call", metavar="TOOL", help="call this tool once connected")
    parser.add_argument("--args", metavar="JSON", type=json_object, default={}, help="the tool's arguments")
    parser.add_argument("--times", metavar="N", type=positive, default=1, help="call it N times")
    parser.add_argument("--concurrency", metavar="C", type=positive, default=1, help="at most C calls at once")
    parser.add_argument("--record", metavar="FILE", type=new_file, help="record everything to this new file")
    parser.add_argument(
        "--open",
        metavar="FILE",
        action="append",
        type=_existing,
        default=[],
        help="open a recording instead of connecting; twice: compare two",
    )
    parser.add_argument("--screenshot", metavar="PNG", type=Path, help="save the window when the work is done")
    parser.add_argument("--report", metavar="JSON", type=Path, help="write the figures when the window closes")
    parser.add_argument("--quit-when-done", action="store_true", help="close when the work asked for is done")
    parser.add_argument("--run-for", metavar="SECONDS", type=seconds, help="close after this time")
    if argv and _is_bare_word(argv[0]):
        known = ", ".join(COMMANDS)
        parser.error(f"{argv[0]!r} is no command ({known}) and no address; write http://{argv[0]} if it is a host")
    given = parser.parse_args(argv)
    if given.url and given.demo:
        parser.error("--demo brings its own server, so give either a URL or --demo")
    if given.call and not (given.url or given.demo):
        parser.error("--call needs a server: give a URL or --demo")
    if given.open and (given.url or given.demo or given.record):
        parser.error("--open shows a recording instead of connecting, so give neither a URL nor --demo nor --record")
    if len(given.open) > SIDE_BY_SIDE:
        parser.error("--open shows one recording, or two side by side; open the others in windows of their own")
    opened, beside = (*given.open, None, None)[:SIDE_BY_SIDE]
    return WindowArguments(
        target=target_of(given),
        demo=given.demo,
        call=given.call,
        arguments=given.args,
        times=given.times,
        concurrency=given.concurrency,
        record=given.record,
        open=opened,
        beside=beside,
        screenshot=_writable(parser, given.screenshot),
        report=_writable(parser, given.report),
        quit_when_done=given.quit_when_done,
        run_for_s=given.run_for,
    )


def _is_bare_word(text: str) -> bool:
    """A mistyped command, most likely: a host without a dot, a port or a path is not taken for an address."""
    return text.replace("-", "").isalnum() and not text.startswith("-") and text != "localhost"


def add_connection_options(parser: argparse.ArgumentParser) -> None:
    """The options that every command with a server has."""
    names = [name.value for name in TransportName]
    parser.add_argument("--transport", metavar="T", choices=names, default="auto", help=f"one of {', '.join(names)}")
    parser.add_argument(
        "--protocol-version", metavar="V", choices=REVISIONS, help=f"pin a revision: {', '.join(REVISIONS)}"
    )
    parser.add_argument(
        "--header", metavar="'K: V'", action="append", type=_header, default=[], help="send this header (repeatable)"
    )
    parser.add_argument("--ca", metavar="FILE", type=_existing, help="trust the certificates in this file")
    parser.add_argument("--insecure", action="store_true", help="do not check certificates at all")
    parser.add_argument("--timeout", metavar="SECONDS", type=seconds, default=60.0, help="time limit of a request")


def target_of(given: argparse.Namespace) -> Target:
    """The connection options as parsed."""
    return Target(
        url=_checked_url(given.url) if given.url else None,
        transport=TransportName(given.transport),
        protocol_version=given.protocol_version,
        headers=tuple(given.header),
        ca_file=given.ca,
        insecure=given.insecure,
        timeout_s=given.timeout,
    )


def _checked_url(url: str) -> str:
    """An address with a scheme; `host:port/path` is taken as http."""
    address, problem = typed_address.read(url)
    if problem:
        sys.stderr.write(f"{PROGRAM}: {problem}\n")
        sys.exit(EXIT_USAGE)
    return address


def json_object(text: str) -> dict[str, Any]:
    """`--args`: a JSON object, or an error that names the place."""
    from inspector.wire import jsontext  # noqa: PLC0415 - only where arguments are given

    parsed = jsontext.parse(text)
    example = """write it like '{"text": "hello"}'"""
    if parsed.error is not None:
        where = f"line {parsed.error.line}, column {parsed.error.column}"
        raise argparse.ArgumentTypeError(f"is no JSON at {where}: {parsed.error.text}; {example}")
    if not isinstance(parsed.value, dict):
        raise argparse.ArgumentTypeError(f"must be a JSON object; {example}")
    return parsed.value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or any(char in name for char in " \t\r\n") or "\n" in value or "\r" in value:
        raise argparse.ArgumentTypeError("must read 'Name: value'")
    return name.strip(), value.strip()


def _existing(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no file")
    return path


def new_file(text: str) -> Path:
    """A file that is not there yet, in a folder that is."""
    path = Path(text)
    if path.exists():
        raise argparse.ArgumentTypeError(f"{text!r} exists already and is left as it is; choose another name")
    if not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {str(path.parent)!r}; make it first")
    return path


def _writable(parser: Parser, path: Path | None) -> Path | None:
    if path is not None:
        try:
            check_writable(path)
        except UsageError as error:
            parser.error(f"{error}".removesuffix("."))
    return path


def check_writable(path: Path) -> None:
    """A file that can be written in the end is better known now than after the work. Raises `UsageError`."""
    is_new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()  # whatever goes wrong before the work is done, no empty file is left
    except OSError as error:
        sentence = f"cannot write {str(path)!r}: {error.strerror}. Name a file in a folder that exists and is yours."
        raise UsageError(sentence) from error


def positive(text: str) -> int:
    """A whole number above 0."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def port(text: str) -> int:
    """A TCP port; 0 lets the system choose."""
    if not (text.isascii() and text.isdigit() and int(text[:6]) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no port: give a number from 0 to 65535")
    return int(text)


def port_error(port: int, error: OSError) -> UsageError:
    """Why a server of ours cannot listen; asyncio words the same at length."""
    reason = os.strerror(error.errno) if error.errno else str(error)
    return UsageError(f"Port {port} cannot be used: {reason}. Choose another, or --port 0.")


def seconds(text: str) -> float:
    """A time span above 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def time_span(text: str) -> float:
    """A time as people write it, in seconds: 90, 90s, 15m, 8h, 2d, 1h30m."""
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", text[:40])
    is_whole = "".join(number + unit for number, unit in parts) == text
    is_plain = len(parts) == 1 or all(unit for _, unit in parts)
    total_s = sum(float(number) * _UNITS_S[unit or "s"] for number, unit in parts)
    if not (is_whole and is_plain and 0 < total_s <= MAX_SPAN_S):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is no time: write 90s, 15m, 8h or 1h30m, at most 366d")
    return total_s
