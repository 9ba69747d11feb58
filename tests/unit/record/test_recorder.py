"""From the river into the timeline and the file; memory is given back, and a slow disk slows down the reading."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from inspector.record import recorder as module
from inspector.record.recorder import Recorder, Stored
from inspector.record.recording import RecordingError
from inspector.record.store import Store
from inspector.trace import river as river_module
from inspector.trace.river import River
from tests.support.rivers import Talk
from tests.support.stored import read_back

FOREVER_NS = 10**12


@pytest.fixture
def recorder(river: Talk, path: Path) -> Iterator[Recorder]:
    made = Recorder(river, Store(path))
    yield made
    made.close()


def flushed(recorder: Recorder) -> None:
    recorder.catch_up()
    assert recorder.store is not None and recorder.store.flush()
    recorder.pull(FOREVER_NS)


def test_everything_goes_into_the_timeline_and_the_file(river: Talk, recorder: Recorder, path: Path) -> None:
    river.calls(500)
    assert recorder.behind == 2_000
    recorder.catch_up()
    assert (recorder.behind, len(recorder.timeline)) == (0, 2_000)
    assert recorder.store is not None and recorder.store.flush()
    assert (recorder.recorded, recorder.failure, recorder.stored()) == (2_000, "", Stored(path, 2_000))
    recorder.close()
    assert read_back(path) == river.since(0)


def test_what_stands_in_the_journal_counts_as_recorded(river: Talk, recorder: Recorder, path: Path) -> None:
    empty = recorder.file_bytes
    river.calls(500)
    recorder.catch_up()
    assert recorder.store is not None and recorder.store.flush()
    assert recorder.file_bytes > empty + 50_000
    assert path.stat().st_size < 50_000


def test_rows_on_disk_are_counted_without_the_chunks(river: Talk, recorder: Recorder) -> None:
    river.chunk(1)
    river.calls(1)
    river.chunk(1)
    flushed(recorder)
    assert recorder.store is not None and (recorder.store.committed, recorder.recorded) == (6, 4)


def test_a_budget_ends_a_pull(river: Talk, recorder: Recorder) -> None:
    river.calls(1_000)
    assert recorder.pull(0) == module.BATCH
    assert recorder.behind == 4_000 - module.BATCH


def test_without_a_file_the_timeline_grows_and_memory_keeps_all(river: Talk) -> None:
    recorder = Recorder(river)
    river.calls(10)
    recorder.catch_up()
    assert len(recorder.timeline) == 40 and recorder.recorded is None and recorder.stored() is None
    assert recorder.failure == ""
    recorder.close()
    assert len(river.since(0)) == 40


def test_a_recording_from_disk_needs_no_store(river: Talk, path: Path) -> None:
    recorder = Recorder(river, source=path)
    river.calls(10)
    recorder.catch_up()
    assert recorder.stored() == Stored(path, 40)


def test_what_is_on_disk_is_forgotten_but_for_the_newest(
    river: Talk, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_EVENTS", 1_000)
    kept = Talk()
    for talk in (river, kept):
        talk.calls(1_000)
    flushed(recorder)
    river.calls(1)
    kept.calls(1)
    recorder.catch_up()
    assert 500 < len(river._tail) < 2_000
    assert river.since(0) == kept.since(0)
    assert [river[n] for n in (0, 2_500, 4_003)] == [kept[n] for n in (0, 2_500, 4_003)]


def test_big_events_are_forgotten_sooner(river: Talk, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_BYTES", 10_000)
    monkeypatch.setattr(module, "BATCH", 1)
    for number in range(20):
        river.chunk(1, b"x" * 5_000, number * 5_000)
    flushed(recorder)
    river.chunk(1, b"", 100_000)
    recorder.pull(FOREVER_NS)
    assert len(river._tail) <= 4 and len(river.since(0)) == 21


def test_what_no_other_reader_has_taken_stays(river: Talk, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_EVENTS", 10)
    slow = river.reader()
    river.calls(500)
    flushed(recorder)
    river.calls(1)
    recorder.catch_up()
    assert len(river._tail) == 2_004
    slow.close()
    river.calls(1)
    recorder.catch_up()
    assert len(river._tail) < 1_000


def test_after_a_failure_all_stays_in_memory(river: Talk, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT_EVENTS", 10)
    store = recorder.store
    assert store is not None
    river.calls(500)
    flushed(recorder)
    store._connection.execute("PRAGMA max_page_count = 1")
    for _ in range(10):
        river.calls(300)
        recorder.catch_up()
        store.flush()
    assert recorder.failure.startswith("The disk is full.")
    assert store.committed + store.lost == len(river) == 14_000
    same = Talk()
    same.calls(500)
    for _ in range(10):
        same.calls(300)
    streams = [event.stream for event in same.since(0)]
    assert [event.stream for event in river.since(0)] == streams and len(recorder.timeline) == 14_000
    recorder.close()
    assert [event.stream for event in river.since(0)] == streams


def test_a_file_that_somebody_removed_harms_nobody(river: Talk, recorder: Recorder, path: Path) -> None:
    river.calls(1)
    flushed(recorder)
    path.unlink()
    recorder.close()


def test_a_file_that_cannot_be_read_leaves_all_in_memory(
    river: Talk, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> None:
        raise RecordingError("No.")

    monkeypatch.setattr(module, "open_recording", refuse)
    monkeypatch.setattr(module, "KEPT_EVENTS", 10)
    recorder = Recorder(river, Store(path))
    river.calls(500)
    flushed(recorder)
    recorder.close()
    assert len(river._tail) == 2_000 and read_back(path) == river.since(0)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_slow_disk_slows_down_who_reads_the_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(river_module, "MAX_BEHIND_EVENTS", 100)
    river = Talk()
    puts: list[int] = []

    def put(events: list[object], *_: object) -> int:
        puts.append(len(events))
        return 0

    store = SimpleNamespace(has_room=False, failure="", committed=0, put=put)
    recorder = Recorder(river)
    recorder.store = store  # type: ignore[assignment]
    river.calls(26)
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(river.room(10))
        await settle()
        assert recorder.pull(FOREVER_NS) == 0
        await settle()
        assert not reading.done() and puts == []
        store.has_room = True
        assert recorder.pull(FOREVER_NS) == 104
        await settle()
        assert reading.done() and puts == [104]


async def test_a_river_without_readers_waits_for_nobody() -> None:
    river = River()
    await asyncio.wait_for(river.room(10**12), 5)
