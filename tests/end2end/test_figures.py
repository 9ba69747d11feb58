"""Figures against the truth: a scripted server in a process of its own says when it did what.

The bounds are wide here, as the machine may be busy; `tests.benchmarks.bench_figures` has the strict ones.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from inspector.stats.resumption import ResumeOutcome
from tests.support.figures import many_calls, one_call
from tests.support.figures_of_streams import beating, dropping, flooding
from tests.support.scripted import Compared, Scripted, scripted_server, settled

IDLE = 25.0, 0.1
BUSY = 80.0, 0.2
CALLS = 12
LATE_SLOTS = 5
"""A busy machine may read an event half a second late, and it is counted when it is read."""


def bounds(*, is_flooded: bool) -> tuple[float, float]:
    return BUSY if is_flooded else IDLE


@pytest.fixture(scope="module")
def server() -> Iterator[Scripted]:
    with scripted_server() as running:
        yield running


@pytest.mark.parametrize("is_flooded", [False, True], ids=["idle", "flooded"])
async def test_each_part_of_a_call(server: Scripted, is_flooded: bool) -> None:
    assert await settled(lambda: one_call(server, is_flooded=is_flooded), *bounds(is_flooded=is_flooded)) == []


@pytest.mark.parametrize("is_flooded", [False, True], ids=["idle", "flooded"])
async def test_percentiles_of_calls(server: Scripted, is_flooded: bool) -> None:
    found = await settled(lambda: many_calls(server, CALLS, is_flooded=is_flooded), *bounds(is_flooded=is_flooded))
    assert found == []


@pytest.mark.parametrize("is_flooded", [False, True], ids=["idle", "flooded"])
async def test_the_beat_and_the_silences_of_a_stream(is_flooded: bool) -> None:
    assert await settled(lambda: beating(is_flooded=is_flooded), *bounds(is_flooded=is_flooded)) == []


async def test_a_flood_is_counted_to_the_last_event_in_its_tenths_of_a_second(server: Scripted) -> None:
    assert min([(await flooding(server, 4_000, 5_000))[1] for _ in range(2)]) <= LATE_SLOTS


async def test_drops_downtime_and_delays() -> None:
    outcomes: list[tuple[ResumeOutcome, str | None, int | None, int | None]] = []

    async def measure() -> list[Compared]:
        found, resumptions = await dropping()
        outcomes[:] = [(each.outcome, each.last_event_id, each.duplicated, each.lost) for each in resumptions]
        return found

    assert await settled(measure, *IDLE) == []
    resumed = ResumeOutcome.RESUMED
    assert outcomes == [(resumed, "e-2", 0, None), (resumed, "e-3", 1, 0), (resumed, "e-4", 0, 0)]


def test_a_figure_that_is_off_or_missing_is_found() -> None:
    assert Compared("right", 101.9, 100.0).excess_ms() < 0
    assert Compared("right by one per cent", 1_009.0, 1_000.0).excess_ms() < 0
    assert Compared("wrong", 102.1, 100.0).excess_ms() > 0
    assert Compared("missing", None, 100.0).excess_ms() > 0
