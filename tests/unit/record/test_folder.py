"""The folder of recordings stays within its bounds, and what is in use stays in it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.record import folder
from inspector.record.store import Store
from tests.support.rivers import Talk
from tests.support.stored import put, read_back, record

NOW = 1_700_000_000.0
DAY = 86_400.0


def old(where: Path, name: str, age_s: float, size_bytes: int = 1_000) -> Path:
    path = where / f"{name}.mcptrace"
    path.write_bytes(bytes(size_bytes))
    os.utime(path, (NOW - age_s, NOW - age_s))
    return path


def test_recordings_live_in_the_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert folder.default_folder() == tmp_path / "sse-mcp-inspector" / "recordings"


def test_names_sort_by_time_and_are_never_taken(tmp_path: Path) -> None:
    first = folder.new_path(tmp_path, NOW)
    assert first.name == f"2023-11-14T22-13-20Z-{os.getpid()}.mcptrace"
    first.touch()
    second = folder.new_path(tmp_path, NOW)
    second.touch()
    assert second.stem == f"{first.stem}-2" and folder.new_path(tmp_path, NOW).stem == f"{first.stem}-3"


def test_the_old_ones_go(tmp_path: Path) -> None:
    young, gone = old(tmp_path, "young", 13 * DAY), old(tmp_path, "gone", 15 * DAY)
    other = tmp_path / "notes.txt"
    other.touch()
    os.utime(other, (0, 0))
    assert folder.prune(tmp_path, NOW) == [gone]
    assert set(tmp_path.iterdir()) == {young, other}


def test_the_oldest_go_until_the_rest_is_small_enough(tmp_path: Path) -> None:
    paths = [old(tmp_path, f"{days}", days * DAY, 1_000) for days in range(5)]
    assert folder.prune(tmp_path, NOW, max_bytes=3_500) == paths[3:]
    assert sorted(tmp_path.iterdir()) == paths[:3]
    assert folder.prune(tmp_path, NOW, max_bytes=3_500) == []
    assert folder.prune(tmp_path / "none", NOW) == []


def test_the_files_beside_count_and_go_with_it(tmp_path: Path) -> None:
    path = old(tmp_path, "crashed", 20 * DAY, 0)
    for suffix in ("-wal", "-shm"):
        beside = old(tmp_path, "crashed", 20 * DAY, 500).with_name(path.name + suffix)
        path.rename(beside)
        os.utime(beside, (NOW - 20 * DAY, NOW - 20 * DAY))
    old(tmp_path, "crashed", 20 * DAY, 0)
    newer = old(tmp_path, "newer", DAY, 100)
    assert folder.prune(tmp_path, NOW, max_bytes=1_050, max_age_s=30 * DAY) == [path]
    assert list(tmp_path.iterdir()) == [newer]


def test_a_journal_that_is_young_keeps_its_recording(tmp_path: Path) -> None:
    path = old(tmp_path, "long", 20 * DAY)
    journal = path.with_name(path.name + "-wal")
    journal.touch()
    os.utime(journal, (NOW, NOW))
    assert folder.prune(tmp_path, NOW) == []


def test_what_is_being_recorded_stays_and_goes_on(river: Talk, path: Path) -> None:
    river.calls(10)
    store = Store(path)
    put(store, river.since(0))
    assert store.flush()
    assert folder.prune(path.parent, NOW * 2) == [] and path.exists()
    store.mark(1, "still here")
    store.close()
    assert store.failure == "" and read_back(path) == river.since(0)
    assert folder.prune(path.parent, NOW * 2) == [path]


def test_what_a_crash_left_is_in_nobodys_use(river: Talk, path: Path, tmp_path: Path) -> None:
    river.calls(10)
    store = Store(tmp_path / "live.mcptrace")
    put(store, river.since(0))
    assert store.flush()
    for suffix in ("", "-wal"):  # as they stand on disk at this moment
        path.with_name(path.name + suffix).write_bytes((tmp_path / f"live.mcptrace{suffix}").read_bytes())
    assert read_back(path) == river.since(0)
    assert folder.prune(tmp_path, NOW * 2) == [path]
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == ["live.mcptrace"]


def test_what_somebody_reads_while_it_was_left_open_stays(river: Talk, path: Path) -> None:
    record(path, river.since(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        assert folder.prune(path.parent, NOW * 2) == []
