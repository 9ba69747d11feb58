"""Which rows pass the filter, found on disk by a thread and the rest one by one: the same rows either way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter_ns

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.record.recorder import Recorder
from inspector.record.store import Store
from inspector.record.stored_search import StoredQuery
from inspector.ui.models import admission as module
from inspector.ui.models.admission import Admission
from tests.support.rivers import Talk

FOREVER_NS = 10**12


def deadline() -> int:
    return perf_counter_ns() + FOREVER_NS


@pytest.fixture
def recorder(river: Talk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """400 rows on disk."""
    monkeypatch.setattr(module, "LEAST_STORED_ROWS", 100)
    made = Recorder(river, Store(tmp_path / "one.mcptrace"))
    river.calls(100)
    made.catch_up()
    assert made.store is not None and made.store.flush()
    yield made
    made.close()


@pytest.fixture
def admission(application: QApplication, recorder: Recorder) -> Admission:
    return Admission(recorder)


def stored(condition: str, *values: object) -> Callable[[], StoredQuery]:
    return lambda: StoredQuery(condition, values, lambda _: None)


def is_third(row: int) -> bool:
    return row % 3 == 0


def never(row: int) -> bool:
    raise AssertionError(f"row {row} is on disk")


def test_without_a_filter_all_rows_are_shown(admission: Admission) -> None:
    admission.start(None)
    assert admission.is_due and not admission.is_behind and admission.progress == 1.0
    admission.swap()
    assert admission.rows is None and not admission.is_building


def test_rows_are_tested_in_slices(admission: Admission) -> None:
    admission.start(is_third)
    admission.work(perf_counter_ns())
    assert (admission.tested, admission.is_behind, admission.is_building) == (1, True, True)
    admission.work(perf_counter_ns())
    assert (admission.tested, admission.progress) == (17, 17 / 400)
    admission.work(deadline())
    assert (admission.is_due, admission.is_behind) == (True, False)
    admission.swap()
    assert list(admission.rows or ()) == list(range(0, 400, 3)) and not admission.is_building


def test_the_old_rows_stay_in_sight_for_a_while(admission: Admission, monkeypatch: pytest.MonkeyPatch) -> None:
    now_ns = 0
    monkeypatch.setattr(module, "perf_counter_ns", lambda: now_ns)
    admission.start(is_third)
    admission.work(-1)
    due = [admission.is_due]
    now_ns = module.PATIENCE_NS + 1
    due.append(admission.is_due)
    admission.swap()
    assert due == [False, True]
    assert (list(admission.rows or ()), admission.is_building) == ([0], True)
    admission.work(FOREVER_NS)
    assert (list(admission.rows or ()), admission.is_building) == (list(range(0, 400, 3)), False)


def test_rows_on_disk_are_found_there(qtbot: QtBot, river: Talk, recorder: Recorder, admission: Admission) -> None:
    admission.start(never, stored("row % 3 = 0"))
    admission.work(deadline())
    assert admission.tested == 0, "rows are in order: the disk goes first"
    qtbot.waitUntil(lambda: admission.is_due)
    admission.swap()
    assert list(admission.rows or ()) == list(range(0, 400, 3))


def test_rows_that_came_since_are_tested_behind_them(
    qtbot: QtBot, river: Talk, recorder: Recorder, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_NS", FOREVER_NS)
    admission.start(lambda row: row >= 400 and is_third(row), stored("row % 3 = 0"))
    river.calls(5)
    recorder.catch_up()
    qtbot.waitUntil(lambda: admission.tested == 400)
    assert admission.is_behind and not admission.is_due
    admission.work(deadline())
    admission.swap()
    assert list(admission.rows or ()) == list(range(0, 420, 3))


def test_few_rows_are_not_worth_a_thread(
    recorder: Recorder, admission: Admission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_STORED_ROWS", 401)
    admission.start(is_third, stored("0"))
    admission.work(deadline())
    admission.swap()
    assert list(admission.rows or ()) == list(range(0, 400, 3))


def test_where_sql_gives_up_the_rows_are_tested_here(qtbot: QtBot, admission: Admission) -> None:
    admission.start(is_third, stored("nonsense"))

    def work() -> bool:
        admission.work(deadline())
        return admission.is_due

    qtbot.waitUntil(work)
    admission.swap()
    assert list(admission.rows or ()) == list(range(0, 400, 3))


def test_a_newer_filter_takes_nothing_of_the_one_before(qtbot: QtBot, admission: Admission) -> None:
    for _ in range(5):
        admission.start(never, stored("1"))
    admission.start(never, stored("row % 100 = 0"))
    qtbot.waitUntil(lambda: admission.is_due)
    admission.swap()
    assert list(admission.rows or ()) == [0, 100, 200, 300]
    admission.start(None)
    admission.swap()
    qtbot.wait(1)
    assert admission.rows is None


def test_a_window_that_is_closed_while_searching_harms_nobody(
    recorder: Recorder, application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd: list[object] = []
    monkeypatch.setattr(threading, "excepthook", odd.append)
    admission = Admission(recorder)
    admission.start(never, stored("1"))
    search = admission._search
    assert search is not None
    admission.deleteLater()
    application.sendPostedEvents(admission, 0)
    del admission
    search._thread.join(30)
    assert odd == [] and not search._thread.is_alive()
