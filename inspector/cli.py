"""The headless commands (`arguments.COMMANDS`). Data goes to standard output, everything else to standard error."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from io import TextIOWrapper
from pathlib import Path
from typing import Any, cast

from inspector import (
    arguments,
    check_command,
    exit_codes,
    export_command,
    import_command,
    probe,
    replay_command,
    serve_command,
    soak_command,
)
from inspector.arguments import PROGRAM, Parser, UsageError
from inspector.exports.feeding import Nowhere
from inspector.protocol.auth.settings import AuthSettings
from inspector.record import text
from inspector.record.formats import jsonl
from inspector.session import verdicts
from inspector.session.calls import Answer
from inspector.session.failure import ConnectError
from inspector.session.options import AuthorizationPrompt, Callbacks, Options
from inspector.session.session import Session
from inspector.session.verdicts import FileVerdicts
from inspector.trace.river import River
from inspector.wire import jsontext

Command = Callable[[argparse.Namespace], Awaitable[int]]


def main(argv: Sequence[str]) -> int:
    """Run one headless command and return its exit code."""
    _write_any_text()
    given, unknown = _parser().parse_known_args(argv)
    if unknown:
        sentence = f"unrecognized arguments: {' '.join(unknown)}. See {PROGRAM} {argv[0]} --help."
        return _say(sentence, arguments.EXIT_USAGE)
    command: Command = given.command
    try:
        return asyncio.run(_run(command, given))
    except KeyboardInterrupt:
        return arguments.EXIT_INTERRUPTED
    except UsageError as error:
        return _say(str(error), arguments.EXIT_USAGE)
    except ConnectError as error:
        return _say(error.sentence, exit_codes.of_failure(error.kind))
    except BrokenPipeError:
        _discard_output()
        return arguments.EXIT_OK
    except OSError as error:
        return _unwritable(error)
    except ExceptionGroup as group:  # a command that prints beside what it does
        first = group.exceptions[0]
        if not isinstance(first, OSError):
            raise
        return _unwritable(first)


def _unwritable(error: OSError) -> int:
    _discard_output()
    reason = error.strerror or error
    return _say(f"The output cannot be written: {reason}. Send it to where there is room.", arguments.EXIT_USAGE)


def _write_any_text() -> None:
    """What a server says must not fail on the encoding of a terminal or a pipe."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """The reader of our output has gone (`| head`): what is still buffered must not be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _run(command: Command, given: argparse.Namespace) -> int:
    task = asyncio.current_task()
    if task is not None:
        with suppress(NotImplementedError):
            for number in _stopping():
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await command(given)
    except asyncio.CancelledError:
        return arguments.EXIT_INTERRUPTED


def _stopping() -> list[signal.Signals]:
    """What asks us to end; also a terminal that is closed, unless `nohup` says otherwise, and where there is such."""
    hang_up = getattr(signal, "SIGHUP", None)
    wants_it = hang_up is not None and signal.getsignal(hang_up) is not signal.SIG_IGN
    return [signal.SIGTERM, *([hang_up] if hang_up is not None and wants_it else [])]


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(f"{PROGRAM}: {sentence}\n")
    return code


def _parser() -> Parser:
    parser = Parser(PROGRAM, description="Headless commands; without one of them the window opens.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    probe = _add(commands, "probe", _probe, "find out what speaks at an address and what it offers")
    _add_server(probe, "text", "json")
    call = _add(
        commands, "call", _call, "call one tool; progress goes to standard error, the result to standard output"
    )
    _add_server(call, "text", "json")
    call.add_argument("tool", metavar="TOOL")
    call.add_argument("--args", metavar="JSON", type=arguments.json_object, default={}, help="the tool's arguments")
    watch = _add(commands, "watch", _watch, "print every trace event as it happens")
    _add_server(watch, "text", "jsonl")
    watch.add_argument("--for", metavar="SECONDS", dest="for_s", type=arguments.seconds, help="stop after this time")
    check = _add(
        commands,
        "check",
        _check,
        "say what is wrong with a server or in a recording, and what to change",
    )
    _add_server(check, *check_command.FORMATS, where="URL|FILE")
    check_command.add_options(check)
    soak = _add(commands, "soak", _soak, "hold a connection for hours, call now and then, and report how it went")
    _add_server(soak, *soak_command.FORMATS)
    soak_command.add_options(soak)
    serve = _add(commands, "serve", serve_command.run, "run a bundled server on 127.0.0.1")
    serve_command.add_options(serve)
    export = _add(commands, "export", export_command.run, "write a recording as HAR, JSON lines, raw SSE or a report")
    export_command.add_options(export)
    importing = _add(commands, "import", import_command.run, "turn a HAR, a raw SSE capture or a log into a recording")
    import_command.add_options(importing)
    replay = _add(commands, "replay", replay_command.run, "serve a recording again on 127.0.0.1")
    replay_command.add_options(replay)
    return parser


def _add(commands: Any, name: str, command: Command, description: str) -> Parser:
    parser: Parser = commands.add_parser(name, help=description, description=description)
    parser.set_defaults(command=command)
    return parser


def _add_server(parser: Parser, *formats: str, where: str = "URL") -> None:
    parser.add_argument("url", metavar=where)
    parser.add_argument(
        "--sign-in", action="store_true", help="sign in with OAuth if the server wants it; prints the address to open"
    )
    parser.add_argument("--format", choices=formats, default=formats[0])
    arguments.add_connection_options(parser)


async def _ask_to_open(prompt: AuthorizationPrompt) -> str:
    """The user opens the page; our own listener waits for the way back."""
    sys.stderr.write(f"{PROGRAM}: this server wants a sign-in. Open this address in a browser:\n{prompt.url}\n")
    sys.stderr.flush()
    return ""


def options_of(given: argparse.Namespace, *, remembers: bool = True) -> Options:
    """A session's options from the command line's; `remembers` what was found out about an URL between two runs."""
    target = arguments.target_of(given)
    if target.url is None:
        raise UsageError("There is no URL to connect to.")
    return Options(
        target.url,
        transport=target.transport,
        protocol_version=target.protocol_version,
        headers=target.headers,
        ca_file=target.ca_file,
        insecure=target.insecure,
        request_timeout_s=target.timeout_s,
        max_total_s=max(600.0, target.timeout_s),
        verdicts=FileVerdicts(verdicts.default_path()) if remembers else None,
        auth=AuthSettings() if given.sign_in else None,
        callbacks=Callbacks(authorize=_ask_to_open if given.sign_in else None),
    )


async def _check(given: argparse.Namespace) -> int:
    return await check_command.run(given, options_of)


async def _soak(given: argparse.Namespace) -> int:
    return await soak_command.run(given, options_of)


async def _probe(given: argparse.Namespace) -> int:
    river = River()
    session = Session(options_of(given, remembers=False), river)
    facts: dict[str, Any] = {}
    code, error = arguments.EXIT_OK, None
    try:
        async with session:
            facts = await probe.offers(session)
    except ConnectError as failure:
        code, error = exit_codes.of_failure(failure.kind), failure.sentence
    report = probe.build(given.url, river, facts, error)
    if given.format == "json":
        _print_json(report)
    else:
        sys.stdout.write(probe.as_text(report))
        if error:
            _say(error, code)
    return code


async def _call(given: argparse.Namespace) -> int:
    session = Session(options_of(given))
    async with session:
        answer = await session.call_tool(
            given.tool,
            given.args,
            on_progress=lambda p: _say_progress(p.progress, p.total, p.message),
        )
    if given.format == "json":
        _print_json(_answer_report(given.tool, answer))
    elif answer.result is not None:
        sys.stdout.write(_result_text(answer.result))
    if answer.sentence:
        _say(answer.sentence, 0)
    return exit_codes.of_answer(answer)


def _say_progress(progress: float, total: float | None, message: str) -> None:
    of_total = f" of {total:g}" if total is not None else ""
    sys.stderr.write(f"{progress:g}{of_total}  {text.plain(message)}".rstrip() + "\n")


def _answer_report(tool: str, answer: Answer) -> dict[str, Any]:
    return {
        "tool": tool,
        "ok": answer.ok,
        "rtt_ms": answer.rtt_ms,
        "events": answer.events,
        "result": answer.result,
        "error": answer.error if answer.error is not None else (answer.sentence or None),
    }


def _result_text(result: Any) -> str:
    """The text contents one after the other; anything else as JSON."""
    content = result.get("content") if isinstance(result, dict) else None
    if not isinstance(content, list):
        return jsontext.pretty(result) + "\n"
    parts = [
        item["text"] if isinstance(item, dict) and isinstance(item.get("text"), str) else jsontext.pretty(item)
        for item in content
    ]
    return "\n".join(parts) + "\n"


async def _watch(given: argparse.Namespace) -> int:
    """Print until the time is up, the session is over, or nobody reads any more; the end is printed too."""
    river = River()
    session = Session(options_of(given), river)
    async with asyncio.TaskGroup() as group:
        printer = group.create_task(_print_events(river, given.format))
        try:
            return await _watch_until(session, given.for_s, printer)
        except ConnectError as error:
            return _say(error.sentence, exit_codes.of_failure(error.kind))
        except asyncio.CancelledError:
            cast("asyncio.Task[int]", asyncio.current_task()).uncancel()  # so that the printer may finish
            return arguments.EXIT_INTERRUPTED
        finally:
            river.close()


async def _watch_until(session: Session, for_s: float | None, printer: asyncio.Task[None]) -> int:
    is_connected = False
    try:
        async with asyncio.timeout(for_s), session, asyncio.TaskGroup() as group:
            is_connected = True
            over = group.create_task(session.closed())
            await asyncio.wait({over, printer}, return_when=asyncio.FIRST_COMPLETED)
            over.cancel()
    except TimeoutError:
        if not is_connected:
            sentence = f"No connection stood within {for_s:g} s. Give more time with --for, or look at what came."
            return _say(sentence, arguments.EXIT_TIMED_OUT)
    return arguments.EXIT_OK


async def _print_events(river: River, form: str) -> None:
    """Print until the river ends, or nobody reads any more."""
    with suppress(BrokenPipeError):
        await _print_all(river, form)
        return
    _discard_output()


async def _print_all(river: River, form: str) -> None:
    """Print what comes, and keep nothing of it: people watch for days."""
    river.keep_in(Nowhere())
    async for event in river.follow():
        if form == "jsonl":
            sys.stdout.buffer.write(jsonl.line(event))
        elif event.kind != "chunk":
            sys.stdout.write(_event_line(event) + "\n")
        if event.n + 1 == len(river):
            sys.stdout.flush()
            river.forget(len(river))


def _event_line(event: Any) -> str:
    arrow = {"out": "→", "in": "←"}.get(event.direction or "", " ")
    stream = f"#{event.stream}" if event.stream else ""
    return f"{text.calendar(event.at)} {stream:>4} {arrow} {event.kind:15} {text.summary(event)}"


def _print_json(document: Any) -> None:
    sys.stdout.buffer.write(jsontext.dumps(document) + b"\n")
    sys.stdout.buffer.flush()
