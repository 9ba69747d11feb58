"""PySide6 6.12.0 loses a reference to None per void call on Python 3.11, and the process aborts after some hundred."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, Signal

EMITS = 3000
MAX_DRIFT = EMITS // 10
FAULTY = Version("6.12.0")


class Bell(QObject):
    rung = Signal(int)

    def listen(self, number: int) -> None:
        """A slot without a result: its None is the one that got lost."""


def required(python: str) -> Requirement:
    """What the project asks of PySide6 on that version of Python: exactly one line of its dependencies."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [Requirement(line) for line in project["dependencies"]]
    (found,) = [
        requirement
        for requirement in requirements
        if requirement.name.startswith("PySide6")
        and (requirement.marker is None or requirement.marker.evaluate({"python_version": python}))
    ]
    return found


def test_signals_keep_the_count_of_none(qapp: object) -> None:
    bell = Bell()
    bell.rung.connect(bell.listen)
    before = sys.getrefcount(None)
    for number in range(EMITS):
        bell.rung.emit(number)
    assert abs(sys.getrefcount(None) - before) < MAX_DRIFT


@pytest.mark.parametrize(("python", "allowed"), [("3.11", False), ("3.12", True), ("3.13", True), ("3.14", True)])
def test_the_faulty_release_is_kept_away_from_python_3_11(python: str, allowed: bool) -> None:
    requirement = required(python)
    assert requirement.name == "PySide6-Essentials"
    assert (FAULTY in requirement.specifier) is allowed


def test_the_installed_release_is_one_that_this_python_may_have() -> None:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert Version(pyside_version) in required(python).specifier
