"""The soak command: what may be typed. Soaking servers is in tests/end2end/test_soak.py."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from inspector import soak_command
from inspector.arguments import UsageError
from inspector.session.options import Options
from inspector.session.soak import SoakPlan


def typed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", default="text")
    soak_command.add_options(parser)
    return parser.parse_args(argv)


def test_a_plan_without_calls_watches_the_connection() -> None:
    plan = soak_command.plan_of(typed("--for", "8h"))
    assert plan == SoakPlan(28_800) and plan.most_calls == 0


def test_a_plan_with_calls() -> None:
    given = typed("--for", "15m", "--call", "echo", "--args", '{"a": 1}', "--every", "90s", "--concurrency", "3")
    plan = soak_command.plan_of(given)
    assert plan == SoakPlan(900, "echo", {"a": 1}, 90, 3) and plan.most_calls == 33


@pytest.mark.parametrize("stray", [("--every", "5s"), ("--concurrency", "2"), ("--args", '{"a": 1}')])
def test_how_to_call_without_what_is_refused(stray: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="name it with --call TOOL"):
        soak_command.plan_of(typed("--for", "1h", *stray))


def test_too_much_at_once_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 100 at once"):
        soak_command.plan_of(typed("--for", "1h", "--call", "x", "--concurrency", "101"))


def test_how_long_must_be_said() -> None:
    with pytest.raises(SystemExit):
        typed()


async def test_a_report_that_cannot_be_written_is_said_before_the_hours(tmp_path: Path) -> None:
    given = typed("--for", "8h", "--report", str(tmp_path / "no folder" / "report.txt"))
    with pytest.raises(UsageError, match="cannot write"):
        await soak_command.run(given, lambda _: Options("http://127.0.0.1:1/"))


async def test_report_and_recording_are_two_files(tmp_path: Path) -> None:
    path = tmp_path / "soak"
    given = typed("--for", "8h", "--report", str(path), "--record", str(path))
    with pytest.raises(UsageError, match="--record and --report name the same file"):
        await soak_command.run(given, lambda _: Options("http://127.0.0.1:1/"))
    assert not path.exists()
