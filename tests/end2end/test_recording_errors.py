"""What can go wrong with a recording: one sentence, nothing overwritten, and the session goes on."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from inspector.record import store as store_module
from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording
from inspector.record.store import Store
from inspector.session.options import Options
from inspector.session.session import Session
from inspector.trace import river as river_module
from inspector.trace.events import Message
from inspector.trace.river import River
from tests.end2end.river_check import until
from tests.end2end.test_program import run
from tests.support.rivers import Talk
from tests.support.stored import everything, put, record

EXIT_USAGE = 2


def newer(path: Path) -> None:
    record(path, Talk().since(0))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")


def cut_off(path: Path) -> None:
    talk = Talk()
    talk.calls(500)
    record(path, talk.since(0))
    path.write_bytes(path.read_bytes()[:-9_000])


def another_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE a (b)")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (newer, "was recorded by a newer version"),
    "cut off": (cut_off, "is damaged"),
    "random": (lambda path: path.write_bytes(bytes(range(256)) * 99), "is no recording"),
    "empty": (Path.touch, "is empty"),
    "another": (another_database, "is no recording of this program"),
    "folder": (Path.mkdir, ""),
    "missing": (lambda _: None, ""),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path: Path, what: str) -> None:
    path = tmp_path / f"{what}.mcptrace"
    make, sentence = REFUSED[what]
    make(path)
    before = path.read_bytes() if path.is_file() else None
    ended = run("--open", str(path), "--quit-when-done", QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == EXIT_USAGE and sentence in ended.stderr
    assert str(path) in ended.stderr.splitlines()[-1] and ended.stdout == ""
    assert (path.read_bytes() if path.is_file() else None) == before


def test_a_recording_is_never_begun_on_a_file_that_is_there(demo_url: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes(b"mine")
    ended = run(demo_url, "--call", "echo", "--record", str(path), "--quit-when-done", QT_QPA_PLATFORM="offscreen")
    assert ended.returncode == EXIT_USAGE and path.read_bytes() == b"mine"
    assert [line for line in ended.stderr.splitlines() if str(path) in line and "exist" in line]


def test_a_folder_that_cannot_be_written_to_is_said_and_the_session_goes_on(demo_url: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    options = ("--call", "echo", "--args", '{"text": "hi"}', "--quit-when-done")
    ended = run(demo_url, *options, QT_QPA_PLATFORM="offscreen", XDG_STATE_HOME=str(state))
    assert ended.returncode == 0 and "No recording can be written to" in ended.stderr


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.end2end.test_recording_errors import fly_on_a_full_disk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
fly_on_a_full_disk(Path(sys.argv[1]))
"""


def fly_on_a_full_disk(path: Path) -> None:
    """In a process whose files may not grow any more: what is lost is counted, and what was kept is told."""
    river = Talk()
    recorder = Recorder(river, Store(path))
    store = recorder.store
    assert store is not None
    for number in range(1, 60):
        river.calls(100)
        recorder.catch_up()
        store.flush()
        assert len(recorder.timeline) == len(river) == number * 400
    assert recorder.failure.startswith(("The disk takes no more of the recording.", "The disk is full.")), store.failure
    assert store.committed > 0 and store.committed + store.lost == len(river)
    recorder.close()
    assert [event.n for event in river.since(0)] == list(range(len(river)))
    print(store.committed)


def test_a_full_disk_ends_the_recording_and_not_the_session(tmp_path: Path) -> None:
    path = tmp_path / "full.mcptrace"
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    with closing(open_recording(path)) as recording:
        assert [event.n for event in everything(recording)] == list(range(int(ended.stdout)))


PRUNE = """
import sys
from pathlib import Path
from inspector.record.folder import prune
print(prune(Path(sys.argv[1]), 1e12))
"""


def test_a_recording_in_use_elsewhere_is_not_pruned(tmp_path: Path) -> None:
    talk, path = Talk(), tmp_path / "live.mcptrace"
    talk.calls(1)
    store = Store(path)
    put(store, talk.since(0))
    assert store.flush()
    command = [sys.executable, "-c", PRUNE, str(tmp_path)]
    during = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    store.mark(1, "still here")
    store.close()
    after = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert during.stdout == "[]\n" and store.failure == ""
    assert "live.mcptrace" in after.stdout and list(tmp_path.iterdir()) == []


async def test_a_session_that_waits_for_a_slow_disk_can_be_closed(
    demo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(river_module, "MAX_BEHIND_EVENTS", 200)
    river = River()
    reader = river.reader()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group, Session(Options(demo_url), river) as session:
        group.create_task(session.call_tool("flood", {"n": 20_000, "rate_per_s": 100_000, "size_bytes": 200}))
        await until(lambda: river._room is not None)
        waiting = len(river)
        await asyncio.sleep(0.2)
        assert len(river) < waiting + 200, "the socket is not read meanwhile"
    assert reader.take(10**6) == river.since(0)


async def test_a_slow_disk_slows_the_flood_down_and_nothing_is_lost(
    demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(river_module, "MAX_BEHIND_EVENTS", 500)
    monkeypatch.setattr(store_module, "MAX_BACKLOG_EVENTS", 500)
    river, path = River(), tmp_path / "slow.mcptrace"
    store = Store(path)
    recorder, write, most = Recorder(river, store), store._write, 0

    def late(portions: list[Any]) -> None:
        time.sleep(0.02)
        write(portions)

    monkeypatch.setattr(store, "_write", late)
    async with asyncio.timeout(60), Session(Options(demo_url), river) as session:
        flood = session.call_tool("flood", {"n": 5_000, "rate_per_s": 100_000, "size_bytes": 200})
        async with asyncio.TaskGroup() as group:
            call = group.create_task(flood)
            while not call.done():
                recorder.pull(4_000_000)
                most = max(most, recorder.behind)
                await asyncio.sleep(0.005)
        assert call.result().ok
    recorder.close()
    assert most < 5_000 and recorder.failure == ""
    with closing(open_recording(path)) as recording:
        events = everything(recording)
    assert [event.n for event in events] == list(range(len(river)))
    assert sum(isinstance(event, Message) and event.method == "notifications/message" for event in events) >= 5_000
