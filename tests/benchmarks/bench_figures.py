"""Every figure against the log of a scripted server, within two milliseconds or one per cent of the truth.

Idle, and beside 5,000 events/s on another stream. Each run is made several times and the median of what a figure is
off counts: a machine that does something else meanwhile takes a time slice away now and then, which is no fault of
the figure. One that is busy all the time reads late, which shows beside the flood: measure where nothing else runs.
Exit code 1 if a median is farther off than it may be. `python -m tests.benchmarks.bench_figures [RUNS]`.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
from collections.abc import Awaitable, Callable
from functools import partial

from tests.support.figures import many_calls, one_call
from tests.support.figures_of_streams import beating, dropping, flooding
from tests.support.scripted import BOUND_MS, BOUND_SHARE, Compared, Scripted, scripted_server

RUNS = 7
CALLS = 30
MAX_SLOT_SHARE = 0.1
"""A burst may be counted in the next tenth of a second: so much of a slot may be elsewhere."""
Measure = Callable[[], Awaitable[list[Compared]]]


async def typical(measure: Measure, runs: int) -> list[Compared]:
    """Of each figure the run that is off as much as the median run."""
    found = [await measure() for _ in range(runs)]
    return [sorted(each, key=lambda one: one.off_ms)[runs // 2] for each in zip(*found, strict=True)]


def measures(server: Scripted) -> dict[str, Measure]:
    """What is measured, by its title."""

    async def drops() -> list[Compared]:
        return (await dropping())[0]

    made: dict[str, Measure] = {"drops, idle": drops}
    for is_flooded, where in ((False, "idle"), (True, "beside 5,000 events/s")):
        made |= {
            f"one call, {where}": partial(one_call, server, is_flooded=is_flooded),
            f"{CALLS} calls, {where}": partial(many_calls, server, CALLS, is_flooded=is_flooded),
            f"heartbeats, {where}": partial(beating, is_flooded=is_flooded),
        }
    return made


async def compare(server: Scripted, runs: int) -> int:
    """Print every figure; how many are farther off than they may be."""
    wrong = 0
    for title, measure in measures(server).items():
        print(title)
        for each in await typical(measure, runs):
            is_right = each.excess_ms() <= 0
            wrong += not is_right
            print(f"  {'right' if is_right else 'WRONG'}  {each}")
    share = statistics.median([(await flooding(server, 10_000, 5_000))[0] for _ in range(runs)])
    print(f"flood of 5,000 events/s: the worst tenth of a second is {share:.1%} off (at most {MAX_SLOT_SHARE:.0%})")
    return wrong + (share > MAX_SLOT_SHARE)


def main() -> int:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with scripted_server() as server:
        wrong = asyncio.run(compare(server, runs))
    print(f"{wrong} wrong: the bound is {BOUND_MS:g} ms or {BOUND_SHARE:.0%}, for the median of {runs} runs")
    print(
        f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; ours alone is about one and a half"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
