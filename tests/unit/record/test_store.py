"""Writing the flight recorder's file: nothing is lost silently, and nothing stops the session."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from inspector.record import schema
from inspector.record import store as module
from inspector.record.store import Store, StoreError
from inspector.record.timeline import Timeline
from inspector.trace.log_entries import parts
from tests.support.rivers import Talk
from tests.support.stored import ask, put, read_back


class Usage(NamedTuple):
    free: int


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    made = Store(path)
    yield made
    made.close()


@pytest.fixture
def calls(river: Talk) -> Talk:
    river.calls(100)
    return river


def test_what_was_put_is_on_disk_after_a_flush(store: Store, calls: Talk, path: Path) -> None:
    put(store, calls.since(0), 30)
    assert store.flush()
    assert (store.committed, store.lost, store.failure, store.has_room) == (400, 0, "", True)
    assert ask(path, "SELECT count(*), min(n), max(n) FROM event") == [(400, 0, 399)]
    assert ask(path, "PRAGMA synchronous") == [(2,)]


def test_a_flood_comes_back_as_it_was_with_its_chunks(store: Store, river: Talk, path: Path) -> None:
    """Entries that are handed over together, those cut in two, and what stands between them."""
    offset = 0
    for number in range(6):
        raws = [b"id: %d-%d\ndata: %s\n\n" % (number, place, b"x" * place) for place in range(30)]
        river.log_entries(1, raws, [f"{number}-{place}" for place in range(30)], offset)
        offset += sum(map(len, raws))
        river.comment(2)
        river.wait(1)
    events = river.since(0)
    put(store, events)
    store.close()
    assert read_back(path) == events
    kept = "SELECT sum(length(raw)) FROM event WHERE kind = 'chunk'"
    assert ask(path, kept) == [(0,)], "the bytes of entries stand once"
    assert [len(part) for are_alike, part in parts(read_back(path)) if are_alike] == [30] * 6


def test_a_closed_recording_is_one_plain_private_file(store: Store, calls: Talk, path: Path) -> None:
    put(store, calls.since(0))
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_back(path) == calls.since(0)
    assert not store.flush() or store.committed == 400
    store.close()


def test_what_is_noted_and_marked_is_kept(store: Store, path: Path) -> None:
    store.note(url="http://h/\ud800", begun_at="1")
    store.note(url="http://h/mcp")
    store.mark(3, "odd \udfff")
    store.mark(4, "")
    store.mark(3, "even")
    store.mark(4, None)
    store.mark(7, "half \ud800")
    assert store.flush()
    assert ask(path, "SELECT * FROM fact ORDER BY name") == [("begun_at", "1"), ("url", "http://h/mcp")]
    assert ask(path, "SELECT * FROM mark ORDER BY n") == [(3, "even"), (7, "half \\ud800")]


def test_nothing_that_exists_is_written_over(path: Path) -> None:
    path.write_bytes(b"mine")
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert caught.value.sentence == f"{str(path)!r} exists already and is left as it is. Choose another name."
    assert path.read_bytes() == b"mine"


def test_a_folder_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        Store(tmp_path / "file" / "one.mcptrace")
    assert "Choose another place." in caught.value.sentence


def test_what_could_not_be_begun_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "CREATE", "CREATE NONSENSE;")
    with pytest.raises(StoreError):
        Store(path)
    assert list(path.parent.iterdir()) == []


def test_before_the_tables_stand_a_file_is_no_recording(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "COMPANIONS", ())
    monkeypatch.setattr(schema, "CREATE", "CREATE NONSENSE;")
    with pytest.raises(StoreError):
        Store(path)
    assert ask(path, "PRAGMA application_id") == [(0,)]


def fill(store: Store, pages: int) -> None:
    """As if the disk had room for so many pages only."""
    store._connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_said_and_the_rest_counted(store: Store, calls: Talk, path: Path) -> None:
    fill(store, 8)
    events, timeline = calls.since(0), Timeline()
    for start in range(0, 400, 40):
        timeline.fold(events[start : start + 40])
        store.put(events[start : start + 40], timeline, start)
        store.flush()
    assert store.failure.startswith("The disk is full. What comes from now on is not recorded, only kept in memory.")
    assert 0 < store.committed < 400 and store.committed + store.lost == 400
    assert store.has_room and not store.flush()
    store.mark(1, "too late")
    store.close()
    assert read_back(path) == events[: store.committed]


def test_what_waits_when_it_fails_is_counted_too(store: Store, calls: Talk) -> None:
    fill(store, 1)
    put(store, calls.since(0), 10)
    assert not store.flush()
    assert (store.committed, store.lost) == (0, 400)


def test_the_user_keeps_some_of_the_disk(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []

    def usage(folder: Path) -> Usage:
        asked.append(folder)
        return Usage(module.RESERVE_BYTES - 1)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    store = Store(path)
    put(store, calls.since(0))
    assert not store.flush()
    assert store.failure.startswith("Less than 256 MB are left on the disk, so recording stopped. What comes from now")
    assert store.lost == 400 and asked == [path.parent]
    store.close()


def test_the_disk_is_looked_at_once_a_second(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    now_s = 100.0

    def usage(folder: Path) -> Usage:
        asked.append(folder)
        return Usage(2**40)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    monkeypatch.setattr(module, "monotonic", lambda: now_s)
    store, timeline, events = Store(path), Timeline(), calls.since(0)
    for start, seconds in ((0, 0.0), (4, 0.5), (8, 0.4), (12, 0.2), (16, 0.1)):
        now_s += seconds
        timeline.fold(events[start : start + 4])
        store.put(events[start : start + 4], timeline, start)
        assert store.flush()
    assert len(asked) == 2
    store.close()


def test_a_saved_file_may_take_what_is_left(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1))
    store = Store(path, reserve_bytes=0)
    put(store, calls.since(0))
    assert store.flush()
    store.close()


def test_another_programs_lock_is_waited_for(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT_S", 0.001)
    store, tries = Store(path), threading.Semaphore(0)
    write = store._write

    def seen(portions: list[module._Portion]) -> None:
        tries.release()
        write(portions)

    monkeypatch.setattr(store, "_write", seen)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        put(store, calls.since(0), 100)
        for _ in range(4):
            assert tries.acquire(timeout=30)
        assert store.committed == 0 and store.failure == ""
        other.execute("ROLLBACK")
    assert store.flush() and (store.committed, store.lost) == (400, 0)
    store.close()
    assert read_back(path) == calls.since(0)


def test_nobody_waits_for_ever_for_a_lock(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BUSY_TIMEOUT_S", "BUSY_PATIENCE_S", "LAST_PATIENCE_S"):
        monkeypatch.setattr(module, name, 0.001)
    store = Store(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        put(store, calls.since(0))
        store.close()
    assert store.failure.startswith("Another program holds the recording.") and store.lost == 400


def test_a_bug_of_ours_is_said_and_does_not_end_the_thread(store: Store, calls: Talk) -> None:
    store.mark(2**70, "beyond what SQLite can hold")
    put(store, calls.since(0))
    assert not store.flush()
    assert store.failure.startswith("Recording failed: ") and store.lost == 400


def slow_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Nothing is written before the event is set."""
    write, gate = store._write, threading.Event()

    def late(portions: list[module._Portion]) -> None:
        gate.wait()
        write(portions)

    monkeypatch.setattr(store, "_write", late)
    return gate


def test_there_is_no_room_while_the_disk_is_behind(path: Path, calls: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKLOG_EVENTS", 300)
    store = Store(path)
    gate = slow_disk(store, monkeypatch)
    timeline = calls.into(Timeline())
    rooms = []
    for start in (0, 200):
        store.put(calls.since(start, 200), timeline, start)
        rooms.append(store.has_room)
    gate.set()
    assert store.flush() and store.committed == 400
    assert [*rooms, store.has_room] == [True, False, True]
    store.close()


def test_many_bytes_are_a_backlog_too(path: Path, river: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BACKLOG_BYTES", 1_000)
    store = Store(path)
    gate = slow_disk(store, monkeypatch)
    assert store.put([river.chunk(1, b"x" * 1_000)], Timeline(), 0) == 1_000
    had_room = store.has_room
    gate.set()
    assert store.flush() and store.has_room and not had_room
    store.close()
