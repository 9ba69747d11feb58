"""Collection stays in the thread of the window."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from inspector.ui.collector import MainThreadCollector


class Knot:
    """Garbage that only the collector can find; it notes in which thread that happened."""

    threads: list[int]

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        self.threads.append(threading.get_ident())


@pytest.fixture(autouse=True)
def collection_as_it_was() -> Iterator[None]:
    yield
    gc.enable()


def make_garbage() -> None:
    for _ in range(50_000):  # well beyond the threshold of any version
        Knot()


def test_a_helper_thread_collects_nothing(qtbot: QtBot) -> None:
    Knot.threads = []
    collector = MainThreadCollector()
    worker = threading.Thread(target=make_garbage)
    worker.start()
    worker.join()
    assert Knot.threads == []
    collector.check()
    assert set(Knot.threads) == {threading.get_ident()}


def test_the_timer_collects_by_itself(qtbot: QtBot) -> None:
    Knot.threads = []
    collector = MainThreadCollector()
    make_garbage()
    qtbot.waitUntil(lambda: len(Knot.threads) > 0, timeout=10_000)
    collector.deleteLater()


def test_collection_goes_back_when_the_owner_goes(qtbot: QtBot) -> None:
    owner = QObject()
    MainThreadCollector(owner)
    assert not gc.isenabled()
    with qtbot.waitSignal(owner.destroyed, timeout=10_000):
        owner.deleteLater()
    assert gc.isenabled()
