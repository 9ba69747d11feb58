"""`sse-mcp-inspector` and `python -m inspector`: a headless command if one is named, else the window."""

from __future__ import annotations

import sys

from inspector import arguments


def main() -> int:
    """Run with the process's arguments; returns the exit code."""
    argv = sys.argv[1:]
    if argv and argv[0] in arguments.COMMANDS:
        return _run_command(argv)
    wanted = arguments.parse_window(argv)
    from inspector.ui import obstacle  # noqa: PLC0415 - the commands need no Qt

    sentence = obstacle.find(may_be_offscreen=wanted.ends_by_itself)
    if sentence is not None:
        sys.stderr.write(f"{arguments.PROGRAM}: {sentence}\n")
        return arguments.EXIT_USAGE
    from inspector.app import run  # noqa: PLC0415 - after the check

    return run(wanted)


def _run_command(argv: list[str]) -> int:
    try:
        from inspector import cli  # noqa: PLC0415 - the window needs none of it

        return cli.main(argv)
    except KeyboardInterrupt:  # while it is still loading
        return arguments.EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
