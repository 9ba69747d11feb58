"""Recordings in a window: one alone, or two side by side."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton, QTextBrowser, QToolButton
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from inspector.record.recording import open_recording, river_of
from inspector.record.saving import save_events
from inspector.stats.windows import Window
from inspector.trace.events import Message, Severity, Violation
from inspector.ui.folds import Folds
from inspector.ui.models import latency_words
from inspector.ui.models.latency_words import Mark
from inspector.ui.recording_window import RecordingWindow
from inspector.ui.views.recording_view import RecordingView
from inspector.ui.views.stat_table import StatTable
from tests.support.panes import column, part
from tests.support.recordings import saved, session, two
from tests.support.rivers import Talk

HEARTBEATS = 300


class Opened:
    """A window, and what is waited for in it."""

    def __init__(self, qtbot: QtBot, path: Path) -> None:
        self.qtbot = qtbot
        self.window = RecordingWindow(open_recording(path))
        self.window.show()
        qtbot.waitUntil(lambda: self.window.is_loaded)

    def compare_with(self, path: Path) -> None:
        self.window.compare_with(path)
        self.qtbot.waitUntil(lambda: self.window.is_loaded)

    @property
    def view(self) -> RecordingView:
        return self.window.view

    def head(self, place: int = 0) -> str:
        view = self.window.views[place]
        view.refresh()
        facts = view.findChild(QLabel, "recordingFacts")
        assert facts is not None
        return facts.text()

    def choose(self, text: str) -> None:
        """Choose the entry of that name among the differences."""
        shown = self.window.compare_view
        assert shown is not None
        found = shown.tree.findItems(text, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)
        shown.tree.setCurrentItem(found[0])


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return two(tmp_path, HEARTBEATS)


@pytest.fixture
def opened(qtbot: QtBot, application: QApplication, files: tuple[Path, Path]) -> Iterator[Opened]:
    opened = Opened(qtbot, files[0])
    yield opened
    if isValid(opened.window):
        opened.window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def both(opened: Opened, files: tuple[Path, Path]) -> Opened:
    opened.compare_with(files[1])
    return opened


def top_row(view: RecordingView) -> int:
    return view.timeline.model.row_at(view.timeline.view.rowAt(0))


def selected_names(opened: Opened) -> list[str | None]:
    """What the chosen message of each side is about."""
    rows = [view.timeline.view.current_row() for view in opened.window.views]
    return [
        None if row is None else view.timeline.timeline.name(row)
        for view, row in zip(opened.window.views, rows, strict=True)
    ]


def test_all_of_it_is_there_from_the_top(opened: Opened) -> None:
    pane = opened.view.timeline
    assert pane.rows_shown() == len(opened.view.river) > HEARTBEATS
    assert pane.view.rowAt(0) == 0
    assert not pane.view.tail.following
    assert not pane.view.tail.button.isVisible()
    assert not part(pane, QToolButton, "timelineFollow").isVisible()


def test_the_end_key_goes_to_the_end_and_does_not_stay_there(opened: Opened) -> None:
    pane = opened.view.timeline
    pane.view.setFocus()
    QTest.keyClick(pane.view, Qt.Key.Key_End)
    bar = pane.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    assert not pane.view.tail.following


def test_the_head_names_the_server_of_a_session_that_was_closed(opened: Opened) -> None:
    assert opened.view.folds.ready is None
    total = len(opened.view.river)
    assert opened.head().startswith(f"yesterday.mcptrace  ·  demo 1  ·  streamable-http 2025-11-25  ·  {total} events")
    assert opened.head().endswith("read-only")


def test_the_figures_are_those_of_a_live_session(opened: Opened) -> None:
    live = Folds(river_of(opened.view.recording))
    live.catch_up()
    folds = opened.view.folds
    assert folds.latency.rows() == live.latency.rows()
    assert folds.streams.rows(0) == live.streams.rows(0)
    assert folds.engine.findings() == live.engine.findings()
    assert folds.counts.received == live.counts.received > 0
    assert folds.behind == 0


def test_a_recording_is_read_only_once(qtbot: QtBot, application: QApplication, files: tuple[Path, Path]) -> None:
    recording = open_recording(files[0])
    read, taken = recording.since, []

    def since(n: int, limit: int) -> list[object]:
        taken.append(n)
        return cast("list[object]", read(n, limit))

    recording.since = since  # type: ignore[method-assign, assignment]
    window = RecordingWindow(recording)
    qtbot.waitUntil(lambda: window.is_loaded)
    assert len(taken) == len(set(taken))
    window.close()


def test_an_empty_recording(qtbot: QtBot, application: QApplication, tmp_path: Path) -> None:
    opened = Opened(qtbot, saved(Talk(), tmp_path / "empty.mcptrace"))
    empty = part(opened.view, QLabel, "timelineEmpty")
    assert empty.isVisible() and empty.text().startswith("Nothing is in this recording")
    assert not part(opened.view, QPushButton, "startDemo").isVisible()
    assert opened.head() == "empty.mcptrace  ·  0 events  ·  read-only"
    opened.window.close()


def test_one_alone_has_nothing_to_compare(opened: Opened) -> None:
    assert opened.window.compare_view is None
    assert opened.view.detail.isVisible() and opened.view.tabs.isVisible()


def test_two_side_by_side(both: Opened) -> None:
    assert both.window.windowTitle() == "yesterday.mcptrace | today.mcptrace — SSE MCP Inspector"
    left, right = (view.width() for view in both.window.views)
    assert abs(left - right) < 10
    assert both.head(1).startswith("today.mcptrace  ·  demo 2")
    for view in both.window.views:
        bar = view.timeline.view.horizontalScrollBar()
        assert not bar.isVisible()
        assert view.timeline.view.viewport().height() > 200


def test_at_half_a_window_the_detail_is_a_tab(both: Opened) -> None:
    view = both.view
    assert view.tabs.indexOf(view.detail) == 0
    part(both.window, QToolButton, "compareToggle").click()
    assert view.detail.isVisible()
    both.window.resize(2_200, 800)
    QApplication.processEvents()
    assert view.tabs.indexOf(view.detail) == -1
    assert view.detail.isVisible() and view.detail.x() > 0


def test_the_differences_make_room_for_the_rows(both: Opened) -> None:
    assert not both.view.tabs.isVisible()
    part(both.window, QToolButton, "compareToggle").click()
    assert both.view.tabs.isVisible()
    part(both.window, QToolButton, "compareToggle").click()
    both.window.resize(1_280, 1_100)
    QApplication.processEvents()
    assert both.view.tabs.isVisible()


def test_a_call_is_selected_in_both(both: Opened) -> None:
    both.choose('≠ a {"n":1}')
    assert selected_names(both) == ["a", "a"]
    both.choose('= same {"n":1}')
    assert selected_names(both) == ["same", "same"]
    rows = [view.timeline.view.current_row() for view in both.window.views]
    assert rows[0] != rows[1]
    for view in both.window.views:
        row = view.timeline.view.current_row()
        assert row is not None
        event = view.river[view.timeline.timeline.numbers[row]]
        assert isinstance(event, Message) and b'"z"' in event.raw


def test_a_call_of_one_side_leaves_the_other_alone(both: Opened) -> None:
    both.choose('≠ a {"n":1}')
    both.choose('− gone {"n":1}')
    assert selected_names(both) == ["gone", "a"]


def test_scrolling_together(both: Opened) -> None:
    left, right = (view.timeline for view in both.window.views)
    left.view.verticalScrollBar().setValue(60)
    assert right.view.verticalScrollBar().value() == 0
    part(both.window, QToolButton, "compareLink").click()

    def since_start_ms(view: RecordingView) -> float:
        stamps = view.timeline.timeline.monotonic_ns
        return (stamps[top_row(view)] - stamps[0]) / 1e6

    times = [since_start_ms(view) for view in both.window.views]
    assert times[0] == times[1] > 1_000
    right.view.verticalScrollBar().setValue(120)
    times = [since_start_ms(view) for view in both.window.views]
    assert times[0] == times[1] > 5_000
    part(both.window, QToolButton, "compareLink").click()
    right.view.verticalScrollBar().setValue(0)
    assert since_start_ms(both.view) == times[0]


def test_keys_are_for_the_side_with_the_focus(both: Opened) -> None:
    both.window.activateWindow()
    for view in reversed(both.window.views):
        view.timeline.view.setFocus()
        both.qtbot.waitUntil(view.timeline.view.hasFocus)
        QTest.keyClick(view.timeline.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        field = view.timeline.find_bar.findChild(QLineEdit)
        assert field is not None and field.isVisible()


def test_a_third_takes_the_place_of_the_second(both: Opened, tmp_path: Path) -> None:
    third = saved(session("3", {}, {}), tmp_path / "third.mcptrace")
    both.compare_with(third)
    assert [path.name for path in both.window.paths] == ["yesterday.mcptrace", "third.mcptrace"]
    shown = both.window.compare_view
    assert shown is not None and shown.headline.text().endswith("to third.mcptrace")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert len(both.window.findChildren(RecordingView)) == 2


def test_a_recording_with_itself(opened: Opened, files: tuple[Path, Path]) -> None:
    opened.compare_with(files[0])
    shown = opened.window.compare_view
    assert shown is not None and shown.headline.text().startswith("Nothing differs but the times")


def test_what_is_no_recording_is_said(opened: Opened, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mcptrace"
    broken.write_bytes(b"nothing of the kind" * 100)
    opened.compare_with(broken)
    assert "is no recording" in opened.window.statusBar().currentMessage()
    assert len(opened.window.views) == 1


def test_a_recording_that_cannot_be_compared_is_still_shown(
    opened: Opened, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(*_: Path) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("inspector.ui.comparing.compare_files", damaged)
    opened.compare_with(files[1])
    shown = opened.window.compare_view
    assert shown is not None and "malformed" in shown.headline.text()
    assert len(opened.window.views) == 2


def test_choosing_a_file(opened: Opened, files: tuple[Path, Path]) -> None:
    opened.view.compare_wanted.emit()
    dialog = opened.window.findChild(QFileDialog, "compareFileDialog")
    assert dialog is not None
    dialog.fileSelected.emit(str(files[1]))
    dialog.done(0)
    opened.qtbot.waitUntil(lambda: opened.window.is_loaded)
    assert len(opened.window.views) == 2


def test_closing_is_said_once(opened: Opened, qtbot: QtBot) -> None:
    times: list[int] = []
    opened.window.closing.connect(lambda: times.append(1))
    opened.window.close()
    opened.window.close()
    assert times == [1]


def test_findings_stand_on_the_tab_in_the_rows_and_in_the_lanes(
    qtbot: QtBot, application: QApplication, tmp_path: Path
) -> None:
    talk = Talk()
    talk.send(1)
    talk.tell(Violation, rule="odd", severity=Severity.WARN, text="Odd.", about_n=0)
    talk.tell(Violation, rule="worse", severity=Severity.ERROR, text="Worse.", about_n=0)
    save_events(talk.since(0), tmp_path / "a.mcptrace")
    opened = Opened(qtbot, tmp_path / "a.mcptrace")
    view = opened.view
    view.refresh()
    place = view.tabs.indexOf(view.tabs.findings)
    assert view.tabs.tabText(place) == "Findings ✖ 1"
    assert view.tabs.tabToolTip(place) == "1 error, 1 warning"
    assert view.timeline.model.evidence.events[0].rule == "worse"
    assert view.timeline.model.evidence.highlighted == {0}  # the findings are in front
    view.tabs.setCurrentIndex(place + 1)
    assert not view.timeline.model.evidence.highlighted
    view.timeline.finding_wanted.emit("odd")
    assert view.tabs.currentIndex() == place
    assert "Odd." in part(view, QTextBrowser, "findingDetail").toPlainText()
    view.folds.diagnosis.dismiss("worse", "")
    assert view.tabs.tabText(place) == "Findings ▲ 1"
    opened.window.close()


def test_the_latency_of_a_recording_is_that_of_the_session_and_from_a_row_on(opened: Opened) -> None:
    view = opened.view
    view.tabs.show_latency("echo")
    table = part(view, StatTable, "latencyTable")
    assert column(table, "Method or tool") == [row.key for row in view.folds.latency.rows()] != []
    summary = part(view, QLabel, "latencySummary")
    latency = view.folds.latency
    assert summary.text() == latency_words.summary(
        latency.rows(), latency.samples().distribution(), Window.SESSION, None
    )
    view.go_to_event(5)
    part(view, QToolButton, "latencyMark").click()
    assert summary.text().startswith("Since the mark at #5, ")
    event = view.river[5]
    rows, times = latency.rows(event.monotonic_ns), latency.samples().distribution(event.monotonic_ns)
    mark = Mark(5, event.at, event.monotonic_ns)
    assert summary.text() == latency_words.summary(rows, times, Window.SINCE_MARK, mark)
