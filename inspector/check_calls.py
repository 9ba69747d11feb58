"""The calls that `check` makes on request, so that expectations about calls have something to be judged by."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from inspector import arguments
from inspector.arguments import UsageError
from inspector.record.text import counted, plain
from inspector.session.session import Session

MAX_CALLS = 10_000
MAX_CONCURRENCY = 200


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be typed to have a tool called; without it a check calls nothing."""
    parser.add_argument(
        "--call", metavar="TOOL", default="", help="call this tool before watching; else none is called"
    )
    parser.add_argument("--args", metavar="JSON", type=arguments.json_object, default={}, help="the tool's arguments")
    parser.add_argument("--times", metavar="N", type=arguments.positive, help="call it N times (1)")
    parser.add_argument("--concurrency", metavar="C", type=arguments.positive, help="at most C calls at once (1)")


@dataclass(frozen=True, slots=True)
class CheckCalls:
    """A tool is called `times` times, at most `concurrency` at once."""

    tool: str
    arguments: dict[str, Any]
    times: int
    concurrency: int

    async def make(self, session: Session) -> str:
        """Make the calls, and say how they went."""
        left = iter(range(self.times))
        failed = 0

        async def work(left: Iterator[int]) -> None:
            nonlocal failed
            for _ in left:
                answer = await session.call_tool(self.tool, self.arguments, on_progress=lambda _: None)
                failed += not answer.ok

        async with asyncio.TaskGroup() as group:
            for _ in range(min(self.concurrency, self.times)):
                group.create_task(work(left))
        how = f"{failed:,} of them failed" if failed else "none failed"
        return f"{counted(self.times, 'call')} of {plain(self.tool)} made, {how}."


def wanted(given: argparse.Namespace) -> CheckCalls | None:
    """The calls asked for; None for none. Raises `UsageError` for what does not fit together."""
    if not given.call:
        if given.args or given.times or given.concurrency:
            raise UsageError("--args, --times and --concurrency say how a tool is called: name it with --call TOOL.")
        return None
    times, concurrency = given.times or 1, given.concurrency or 1
    if times > MAX_CALLS or concurrency > MAX_CONCURRENCY:
        raise UsageError(f"A check makes at most {MAX_CALLS:,} calls, {MAX_CONCURRENCY} at once. Ask for fewer.")
    return CheckCalls(given.call, given.args, times, concurrency)
