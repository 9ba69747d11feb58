"""Qt's types are made ahead of need, in portions that leave room for painting."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from inspector.ui import qt_types

SCRIPT = """
import asyncio, sys
from inspector.ui.qt_types import make_types
asyncio.run(make_types())
from PySide6 import QtWidgets
print(len([name for name in dir(QtWidgets) if name in vars(QtWidgets)]), len(dir(QtWidgets)))
"""


def test_every_type_is_there_afterwards() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60)
    made, known = map(int, ended.stdout.split())
    assert made == known > 150


async def test_it_goes_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = 0

    async def turn(delay: float) -> None:
        nonlocal turns
        turns += 1

    monkeypatch.setattr(qt_types, "SLICE_NS", 0)
    monkeypatch.setattr(asyncio, "sleep", turn)
    await qt_types.make_types()
    assert turns > 500
