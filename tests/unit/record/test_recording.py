"""Reading a recording: what it is not is said in a sentence, what is damaged in its place; no byte is changed."""

from __future__ import annotations

import errno
import os
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inspector.record import recording as module
from inspector.record import schema
from inspector.record.recording import RecordingError, open_recording, river_of
from inspector.record.store import Store
from inspector.trace.events import FrameReceived, Severity, Violation
from tests.support.rivers import Talk
from tests.support.stored import ask, everything, put, read_back, record


@pytest.fixture
def written(river: Talk, path: Path) -> Path:
    """A recording of 4,000 events."""
    river.calls(1_000)
    record(path, river.since(0))
    return path


def refusal(path: Path) -> str:
    """Why it cannot be opened; the file is as it was before."""
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(RecordingError) as caught:
        open_recording(path)
    assert (path.read_bytes() if path.is_file() else b"") == before
    sentence = caught.value.sentence
    assert sentence.startswith((repr(str(path)), f"There is no file {str(path)!r}"))
    return sentence.replace(repr(str(path)), "It")


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


def test_events_are_read_one_by_one_and_in_blocks(river: Talk, written: Path) -> None:
    with closing(open_recording(written)) as recording:
        assert len(recording) == 4_000
        assert [recording[n] for n in (0, 3_999, 255, 256, 0)] == [river[n] for n in (0, 3_999, 255, 256, 0)]
        assert recording.since(3_990, 500) == river.since(3_990)
        assert recording.since(4_000, 5) == recording.since(9_999, 5) == []
        for n in (-1, 4_000):
            with pytest.raises(IndexError):
                recording[n]


def test_a_recording_is_a_river_that_has_ended(river: Talk, written: Path) -> None:
    with closing(open_recording(written)) as recording:
        read = river_of(recording)
        assert len(read) == 4_000 and read.since(0) == river.since(0) and read[-1] == river[-1]
        assert (read.clock.time(), read.clock.monotonic_ns()) == (river[-1].at, river[-1].monotonic_ns)


def test_an_empty_recording_is_read_too(path: Path) -> None:
    record(path, [])
    with closing(open_recording(path)) as recording:
        assert len(river_of(recording)) == len(recording) == 0 == recording.first_within(60.0)
        assert recording.since(0, 5) == []


def test_the_cache_is_bounded(river: Talk, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CACHED_BYTES", 10_000)
    monkeypatch.setattr(module, "MAX_BLOCK_BYTES", 4_000)
    for number in range(60):
        river.chunk(1, b"%04d" % number * 250, number * 1_000)
    record(path, river.since(0))
    with closing(open_recording(path)) as recording:
        for n in (59, *range(60), 0, 30):
            assert recording[n] == river[n]
            assert recording._cached_bytes <= 10_000 and len(recording._cache) <= 10
        assert len(recording.since(0, 60)) == 5  # not many big ones at once


def test_a_recording_that_is_still_written_grows(river: Talk, path: Path) -> None:
    store = Store(path)
    with closing(open_recording(path)) as recording:
        river.calls(10)
        put(store, river.since(0))
        assert store.flush() and len(recording) == 0
        recording.grow_to(store.committed)
        assert everything(recording) == river.since(0)
        recording.refresh()
        assert len(recording) == 40
        store.close()
        assert recording[39] == river[39]


def test_notes_marks_and_the_last_minutes_are_read(river: Talk, path: Path) -> None:
    for _ in range(10):
        river.calls(1)
        river.wait(60_000)
    store = Store(path)
    put(store, river.since(0))
    store.note(url="http://h/")
    store.mark(7, "odd")
    store.close()
    with closing(open_recording(path)) as recording:
        assert recording.facts() == {"url": "http://h/"} and recording.marks() == {7: "odd"}
        assert [recording.first_within(seconds) for seconds in (0.0, 60.0, 599.0, 9e9)] == [36, 32, 0, 0]
        assert recording.numbers("SELECT n FROM event WHERE n % :by = 0", {"by": 20}) == [0, 20]


def test_it_can_be_read_again_after_it_was_closed(river: Talk, written: Path) -> None:
    recording = open_recording(written)
    recording.close()
    with pytest.raises(sqlite3.ProgrammingError):
        recording.since(0, 1)
    recording.reopen()
    assert recording.since(9, 1) == [river[9]]
    recording.close()


def test_names_that_are_no_unicode_can_be_opened(written: Path) -> None:
    odd = written.with_name(os.fsdecode(b"a\xff?#%41.mcptrace"))
    written.rename(odd)
    assert len(read_back(odd)) == 4_000


def test_a_newer_recording_is_refused(written: Path) -> None:
    change(written, f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")
    expected = "It was recorded by a newer version of this program (schema 2, this one reads 1). Update the program."
    assert refusal(written) == expected


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    other, noise, text, empty, prefix = (tmp_path / name for name in ("other", "noise", "text", "empty", "prefix"))
    change(other, "CREATE TABLE a (b)")
    noise.write_bytes(random.Random(4).randbytes(50_000))
    text.write_text('{"log": {}}')
    empty.touch()
    prefix.write_bytes(b"SQLite format 3\0" + bytes(2_000))
    importing = "To read a HAR, .sse or log file, import it."
    assert refusal(other) == f"It is no recording of this program. {importing}"
    assert refusal(noise) == refusal(text) == f"It is no recording. {importing}"
    assert refusal(empty) == "It is empty. Look at the name."
    assert refusal(tmp_path) == "It is a folder. Name a file in it."
    assert refusal(tmp_path / "none") == "There is no file It. Look at the name."
    assert refusal(prefix)


def test_what_was_killed_at_its_beginning_is_refused(path: Path) -> None:
    change(path, "PRAGMA journal_mode = WAL")
    assert refusal(path) == "It holds nothing: it was cut off, or left before anything was recorded."


def test_a_file_without_rights_is_refused(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(RecordingError) as caught:
        open_recording(written)
    assert caught.value.sentence == f"{str(written)!r} cannot be read: Permission denied. Look at its rights."


def test_a_file_that_is_cut_off_is_refused_wherever(written: Path) -> None:
    whole = written.read_bytes()
    chance = random.Random(8)
    for length in (1, 15, 16, 99, 100, 8_192, len(whole) - 1, *(chance.randrange(1, len(whole)) for _ in range(40))):
        written.write_bytes(whole[:length])
        assert refusal(written).endswith(
            ("import it.", "anything was recorded.", "Only a copy of the whole file can be opened.")
        )


def test_a_file_without_its_events_is_refused(written: Path) -> None:
    change(written, "UPDATE event SET n = 1000000000000 WHERE n = 3999")
    assert "events are missing" in refusal(written)
    change(written, "DROP TABLE event")
    assert "no such table" in refusal(written)


def test_damage_is_shown_in_its_place(river: Talk, written: Path) -> None:
    for statement in (
        "DELETE FROM event WHERE n = 700",
        "UPDATE event SET facts = '{' WHERE n = 701",
        "UPDATE event SET at = 'soon' WHERE n = 0",
        "UPDATE event SET direction = 'up' WHERE n = 3999",
    ):
        change(written, statement)
    read = read_back(written)
    assert [event.n for event in read] == list(range(4_000))
    odd = [event for event in read if event != river[event.n]]
    assert [event.n for event in odd] == [0, 700, 701, 3_999]
    assert {type(event) for event in odd} == {Violation}
    assert odd[1] == Violation(
        n=700,
        at=river[699].at,
        monotonic_ns=river[699].monotonic_ns,
        rule="recording-damaged",
        severity=Severity.ERROR,
        text="Event 700 of this recording cannot be read: it is missing.",
        fix="Open another copy of the file, if there is one.",
    )
    with closing(open_recording(written)) as recording:
        assert recording[700] == odd[1] and recording[701] == odd[2] and recording[702] == river[702]
        assert recording.unreadable == {700, 701}


def test_a_file_that_lacks_a_column_is_refused(written: Path) -> None:
    change(written, "ALTER TABLE event RENAME COLUMN event_id TO other")
    assert "no such column" in refusal(written)


def test_flipped_bytes_neither_raise_nor_hang(river: Talk, written: Path) -> None:
    whole, chance = written.read_bytes(), random.Random(15)
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(20):
            damaged[chance.randrange(100, len(whole))] = chance.randrange(256)
        written.write_bytes(damaged)
        try:
            read = read_back(written)
        except RecordingError:
            continue
        assert [event.n for event in read] == list(range(len(read)))
        assert written.read_bytes() == damaged


def test_opening_changes_nothing(written: Path) -> None:
    before = written.read_bytes()
    read_back(written)
    assert written.read_bytes() == before and [file.name for file in written.parent.iterdir()] == [written.name]


def test_a_row_tells_where_its_message_stands(river: Talk, path: Path) -> None:
    raw = b"x" * 100_000  # larger than what is read along with the ranges
    river.chunk(1, raw[:60_000], 0)
    river.chunk(1, raw[60_000:], 60_000)
    river.hear(FrameReceived, 1, offset=0, raw=raw)
    record(path, river.since(0))
    assert ask(path, "SELECT n, length(raw), about_n FROM event") == [(0, 0, 2), (1, 0, 2), (2, 100_000, None)]
    assert read_back(path) == river.since(0)
