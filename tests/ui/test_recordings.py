"""What the user does with recordings: open, import, save, keep, compare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from inspector.record.recorder import Recorder
from inspector.record.recording import open_recording
from inspector.record.store import Store
from inspector.ui.recording_window import RecordingWindow
from inspector.ui.recordings import Recordings
from tests.support.desk import open_desk, run
from tests.support.qt_loop import until
from tests.support.recordings import saved, session
from tests.support.rivers import Talk

DATA = Path(__file__).parent.parent / "data" / "imports"


class Counter:
    """`Recordings` of a session that is being recorded, and what they said."""

    def __init__(self, qtbot: QtBot, folder: Path, river: Talk | None) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.owner = QWidget()
        qtbot.addWidget(self.owner)
        self.river = river or Talk()
        self.recorder = Recorder(self.river)
        if river is not None:
            self.recorder.record_to(Store(folder / "live.mcptrace"))
        self.recordings = Recordings(self.owner, self.recorder)
        self.said: list[str] = []
        self.failed: list[str] = []
        self.opened: list[RecordingWindow] = []
        self.recordings.said.connect(self.said.append)
        self.recordings.failed.connect(self.failed.append)
        self.recordings.opened.connect(self.opened.append)

    def wait_for(self, heard: list[Any]) -> None:
        self.qtbot.waitUntil(lambda: bool(heard))

    def window(self) -> RecordingWindow:
        """The window that was opened, once all of it is there."""
        self.wait_for(self.opened)
        window = self.opened[-1]
        self.qtbot.waitUntil(lambda: window.is_loaded)
        return window

    def close(self) -> None:
        self.recordings.close()
        self.recorder.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def counter(qtbot: QtBot, application: QApplication, tmp_path: Path) -> Iterator[Counter]:
    counter = Counter(qtbot, tmp_path, session("2", {"a": "new"}, {"a": "x"}, heartbeats=20))
    yield counter
    counter.close()


@pytest.fixture
def idle(qtbot: QtBot, application: QApplication, tmp_path: Path) -> Iterator[Counter]:
    """Nothing is being recorded."""
    counter = Counter(qtbot, tmp_path, None)
    yield counter
    counter.close()


def kept(path: Path) -> int:
    recording = open_recording(path)
    try:
        return len(recording)
    finally:
        recording.close()


def test_opening(counter: Counter, tmp_path: Path) -> None:
    path = saved(session("1", {}, {}), tmp_path / "old.mcptrace")
    counter.recordings.open(path)
    window = counter.window()
    assert window.isVisible()
    assert window.paths == [path]
    assert window.view.timeline.rows_shown() == kept(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x00" * 4_096, "is no recording"), (b"", "is empty"), (b'{"log": {}}', "import it")],
)
def test_what_is_no_recording(counter: Counter, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "x.mcptrace"
    path.write_bytes(content)
    counter.recordings.open(path)
    assert len(counter.failed) == 1 and said in counter.failed[0]
    assert not counter.opened
    assert path.read_bytes() == content


def test_a_file_that_is_gone(counter: Counter, tmp_path: Path) -> None:
    counter.recordings.open(tmp_path / "gone.mcptrace")
    assert counter.failed == [f"There is no file {str(tmp_path / 'gone.mcptrace')!r}. Look at the name."]


def test_importing(counter: Counter) -> None:
    counter.recordings.import_file(DATA / "two-exchanges.har")
    window = counter.window()
    assert counter.said[0].startswith("Imported ") and "two-exchanges.har (HAR" in counter.said[0]
    assert window.view.timeline.rows_shown() > 0
    folder = window.paths[0].parent
    assert folder.is_dir()
    counter.recordings.close()
    assert not folder.exists()


def test_importing_what_nobody_can_read(counter: Counter, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<html></html>")
    counter.recordings.import_file(path)
    counter.wait_for(counter.failed)
    assert "HTML" in counter.failed[0]
    assert not counter.opened


def test_saving_all_of_it(counter: Counter, tmp_path: Path) -> None:
    target = tmp_path / "kept.mcptrace"
    counter.recordings.save(target)
    counter.wait_for(counter.said)
    assert counter.said == ["Saved as kept.mcptrace."]
    assert kept(target) == len(counter.river)
    recording = open_recording(target)
    assert recording.since(0, 1_000) == counter.river.since(0)
    recording.close()


def test_saving_where_nobody_can_write(counter: Counter, tmp_path: Path) -> None:
    counter.recordings.save(tmp_path / "no-folder" / "kept.mcptrace")
    counter.wait_for(counter.failed)
    assert "cannot be written" in counter.failed[0]


def test_keeping_the_last_minutes(counter: Counter, tmp_path: Path) -> None:
    counter.river.wait(11 * 60 * 1_000)
    counter.river.comment(1, "late")
    target = tmp_path / "last.mcptrace"
    counter.recordings.keep_last(target)
    counter.wait_for(counter.said)
    assert counter.said == ["Saved as last.mcptrace."]
    assert 1 <= kept(target) < len(counter.river) - 15
    recording = open_recording(target)
    assert b"late" in getattr(recording[len(recording) - 1], "raw", b"")
    recording.close()


def test_comparing_the_session_with_a_recording(counter: Counter, tmp_path: Path) -> None:
    path = saved(session("1", {"a": "old"}, {"a": "x"}), tmp_path / "old.mcptrace")
    counter.recordings.compare(path)
    window = counter.window()
    assert [path.name for path in window.paths] == ["old.mcptrace", "live.mcptrace"]
    assert window.views[1].timeline.rows_shown() == len(counter.river)
    counter.qtbot.waitUntil(lambda: window.is_loaded)
    shown = window.compare_view
    assert shown is not None
    assert shown.headline.text().startswith("Another server or revision, 1 definition differs  ·  from old.mcptrace")


def test_comparing_with_what_is_no_recording(counter: Counter, tmp_path: Path) -> None:
    path = tmp_path / "x.mcptrace"
    path.write_bytes(b"no")
    counter.recordings.compare(path)
    counter.wait_for(counter.failed)
    assert "is no recording" in counter.failed[0]
    assert not counter.opened


def test_with_nothing_recorded_there_is_nothing_to_keep(idle: Counter, tmp_path: Path) -> None:
    assert not idle.recordings.can_save
    for act in (idle.recordings.save, idle.recordings.keep_last, idle.recordings.compare):
        act(tmp_path / "x.mcptrace")
    assert [sentence.partition(",")[0] for sentence in idle.failed] == ["Nothing is being recorded"] * 3
    assert not (tmp_path / "x.mcptrace").exists()


def test_choosing_a_file(counter: Counter, tmp_path: Path) -> None:
    path = saved(session("1", {}, {}), tmp_path / "old.mcptrace")
    counter.recordings.ask_to_open()
    dialog = counter.owner.findChild(QFileDialog, "recordingFileDialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(path))
    dialog.done(0)
    assert counter.window().paths == [path]


def test_the_menu_of_the_window(application: QApplication) -> None:
    """From the entry to the sentence: this desk records nothing."""

    async def work() -> None:
        async with open_desk() as desk:
            desk.child(QAction, "compareWith").trigger()
            await until(lambda: desk.window.findChild(QFileDialog, "recordingFileDialog"), "the dialog")
            dialog = desk.child(QFileDialog, "recordingFileDialog")
            dialog.fileSelected.emit(str(DATA / "plain.sse"))
            dialog.done(0)
            assert "nothing to compare" in desk.window.statusBar().currentMessage()

    run(application, work())


def test_a_name_is_suggested(counter: Counter) -> None:
    counter.recordings.ask_to_save()
    dialog = counter.owner.findChild(QFileDialog, "recordingFileDialog")
    assert dialog is not None
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    (name,) = dialog.selectedFiles()
    assert Path(name).name.startswith("inspector-session-") and name.endswith(".mcptrace")
    dialog.done(0)


def test_windows_are_closed_with_the_program(counter: Counter, tmp_path: Path) -> None:
    path = saved(session("1", {}, {}), tmp_path / "old.mcptrace")
    for _ in range(2):
        counter.recordings.open(path)
    first, second = counter.opened
    first.close()
    counter.recordings.close()
    assert not second.isVisible()
