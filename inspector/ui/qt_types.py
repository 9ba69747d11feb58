"""Makes Qt's types for Python ahead of need, a few at a time and in the window's thread.

PySide makes a type when it is first asked for, and looks types up without the lock of the interpreter (PYSIDE-803). So
what asks for many of them, as wrappers of Qt do when they are imported, must not run in another thread: it crashed the
program once in a hundred starts. With all types made before it takes a few milliseconds here.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from time import perf_counter_ns

MODULES = ("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets")
SLICE_NS = 4_000_000


async def make_types() -> None:
    """Ask for every name of the modules that the window uses."""
    until_ns = perf_counter_ns() + SLICE_NS
    for module in map(import_module, MODULES):
        for name in dir(module):
            getattr(module, name, None)
            if perf_counter_ns() > until_ns:
                await asyncio.sleep(0)
                until_ns = perf_counter_ns() + SLICE_NS
