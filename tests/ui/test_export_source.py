"""What is exported: the file and what it lacks, as one river that a thread can read and others can stop."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from inspector.record.recorder import Recorder
from inspector.record.recording import RecordingError, open_recording
from inspector.record.store import Store
from inspector.ui.export_source import Reading, Source, Stopped, of_live, of_recording
from tests.support.rivers import Talk


def a_recorder(path: Path, calls: int = 200) -> Recorder:
    talk = Talk()
    talk.calls(calls)
    recorder = Recorder(talk, Store(path))
    recorder.catch_up()
    assert recorder.store is not None
    recorder.store.flush()
    return recorder


def numbers(source: Source) -> list[int]:
    with Reading(source).river() as river:
        return [event.n for block in river.blocks(100) for event in block]


def test_file_and_memory_are_one(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    talk = recorder.river
    assert isinstance(talk, Talk)
    talk.calls(100)
    source = Source(tmp_path / "a.rec", len(talk), talk.since(800), recorder.store)
    talk.calls(1)  # what comes later is not part of it
    assert numbers(source) == list(range(1200))
    with Reading(source).river() as river:
        assert [river[n] for n in (0, 799, 800, 1199)] == [talk[n] for n in (0, 799, 800, 1199)]
    recorder.close()
    assert numbers(source) == list(range(1200))


def test_what_the_disk_has_not_got_yet_comes_from_memory(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    talk = recorder.river
    assert isinstance(talk, Talk)
    lock = sqlite3.connect(tmp_path / "a.rec", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        talk.calls(1)
        source = of_live(recorder)
        assert [event.n for event in source.tail] == [800, 801, 802, 803]
        assert numbers(source) == list(range(804))
    finally:
        lock.rollback()
        lock.close()
        recorder.close()


def test_a_session_that_is_not_recorded() -> None:
    talk = Talk()
    talk.calls(3)
    assert numbers(of_live(Recorder(talk))) == list(range(12))
    assert numbers(of_live(Recorder(Talk()))) == []


def test_reading_is_stopped_from_outside(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    reading = Reading(of_live(recorder))
    with pytest.raises(Stopped), reading.river() as river:
        for block in river.blocks(100):
            assert block[0].n <= 300
            assert reading.share == block[0].n / len(river)
            if block[0].n == 300:
                reading.stop()
    recorder.close()


def test_two_passes_are_one_way_to_go(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    reading, shares = Reading(of_live(recorder), passes=2), list[float]()
    with reading.river() as river:
        for _ in range(2):
            for block in river.blocks(100):
                shares.append(reading.share * 2 * len(river))
                assert block[0].n == shares[-1] % len(river)
    assert shares == sorted(shares) and shares[-1] > len(river)
    recorder.close()


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    recorder.close()
    recording = open_recording(tmp_path / "a.rec")
    source = of_recording(recording)
    recording.close()
    (tmp_path / "a.rec").unlink()
    with pytest.raises(RecordingError, match="There is no file"):
        numbers(source)


def test_the_file_itself_is_served(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec")
    talk = recorder.river
    assert isinstance(talk, Talk)
    talk.calls(1)
    assert of_live(recorder).served(tmp_path / "elsewhere") == tmp_path / "a.rec"
    written = open_recording(tmp_path / "a.rec")
    assert len(written) == len(talk)
    written.close()
    recorder.close()


def test_a_copy_is_served_where_there_is_no_whole_file(tmp_path: Path) -> None:
    talk = Talk()
    talk.calls(2)
    made = of_live(Recorder(talk)).served(tmp_path)
    assert made.parent == tmp_path
    copy = open_recording(made)
    assert [copy[n].n for n in range(len(copy))] == list(range(8))
    copy.close()


def test_a_recording_whose_disk_is_full_is_served_from_memory(tmp_path: Path) -> None:
    recorder = a_recorder(tmp_path / "a.rec", 2)
    talk, store = recorder.river, recorder.store
    assert isinstance(talk, Talk) and store is not None
    store.failure = "The disk is full."
    talk.calls(2)
    made = of_live(recorder).served(tmp_path)
    assert made != tmp_path / "a.rec"
    copy = open_recording(made)
    assert len(copy) == 16
    copy.close()
    recorder.close()
