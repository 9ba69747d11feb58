"""What each revision requires of a client, as the official suite has it: every check of every scenario."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.suite import list_requirements, list_scenarios, run_client

BACK_COMPATIBLE = 2
SKILLS = 4


@pytest.mark.parametrize(("revision", "scored", "not_scored"), [("2025-11-25", 18, 7), ("2026-07-28", 32, 7)])
def test_the_requirements_of_a_revision(
    program: Path, tmp_path: Path, revision: str, scored: int, not_scored: int
) -> None:
    counted, uncounted = list_requirements(program, revision)
    assert (len(counted), len(uncounted)) == (scored, not_scored)

    run = run_client(program, tmp_path, "--requirements", revision)

    assert run.problems == {}
    assert run.scenarios.keys() == counted | uncounted
    assert run.exit_code == 0, run.output


def test_servers_of_2025_03_26(program: Path, tmp_path: Path) -> None:
    old = {name for name, revisions in list_scenarios(program).items() if revisions == {"2025-03-26"}}
    assert len(old) == BACK_COMPATIBLE

    run = run_client(program, tmp_path, "--suite", "backcompat")

    assert run.problems == {}
    assert run.scenarios.keys() == old
    assert run.exit_code == 0, run.output
