"""The tab of the charts: loaded when it is first shown, with its tools, its window, and files that are saved."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from inspector.record.recording import open_recording
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import Series
from inspector.trace.clock import StoppedClock
from inspector.trace.events import ConnectionState
from inspector.ui.charts import pane as pane_module
from inspector.ui.charts import tools
from inspector.ui.charts.board import CHARTS, ChartBoard
from inspector.ui.charts.pane import HINT, ChartsPane
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import SECOND_NS, Mode, Sight
from inspector.ui.charts.window import ChartsWindow
from inspector.ui.folds import Folds
from inspector.ui.statistics_tabs import StatisticsTabs
from inspector.ui.views.lazy_tab import LazyTab
from inspector.ui.views.recording_view import RecordingView
from tests.support.panes import part, put_up
from tests.support.recordings import saved
from tests.support.rivers import Talk

Up = Callable[..., ChartsPane]


def source(talk: Talk, *, is_live: bool = True) -> Source:
    clock = talk.clock if is_live else StoppedClock(talk.clock.time(), talk.clock.monotonic_ns())
    return Source(talk.into(Series()), ReconnectStats(), clock)


@pytest.fixture
def talk() -> Talk:
    told = Talk()
    for _ in range(5):
        told.wait(1_000)
        told.calls(1)
    return told


@pytest.fixture
def up(application: QApplication, qtbot: QtBot) -> Iterator[Up]:
    """Puts a pane on the screen, with its charts there; it is kept until the test is over."""
    assert application is not None
    panes = []

    def put(found: Source, width: int = 760, height: int = 262) -> ChartsPane:
        pane = put_up(qtbot, ChartsPane(found), width, height)
        panes.append(pane)
        qtbot.waitUntil(lambda: pane.board is not None, timeout=20_000)
        return pane

    yield put
    for pane in panes:
        pane.hide()


def board_of(pane: ChartsPane) -> ChartBoard:
    assert pane.board is not None
    return pane.board


def words(pane: ChartsPane) -> str:
    return part(pane, QLabel, "chartWords").text()


def test_the_charts_are_there_once_the_library_is(application: QApplication, qtbot: QtBot, talk: Talk) -> None:
    pane = put_up(qtbot, ChartsPane(source(talk)), 760, 262)
    assert pane.board is None
    assert not part(pane, QComboBox, "chartChooser").isEnabled()
    assert not pane.grab().isNull()
    qtbot.waitUntil(lambda: pane.board is not None, timeout=20_000)
    assert part(pane, QComboBox, "chartChooser").isEnabled()
    assert [chart.title for chart in board_of(pane).shown] == ["Latency"]
    pane.hide()


def test_a_library_that_is_missing_is_named(
    application: QApplication, qtbot: QtBot, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pane_module, "LIBRARY", "no_such_library")
    pane = put_up(qtbot, ChartsPane(source(talk)), 760, 262)
    sentence = "The charts cannot be drawn: No module named 'no_such_library'."
    qtbot.waitUntil(lambda: any(label.text().startswith(sentence) for label in pane.findChildren(QLabel)))
    pane.show_chart(tools.ALL)
    pane.save(Path("nowhere.png"))
    assert words(pane) == HINT


def test_the_chooser_knows_every_chart_by_its_title(up: Up, talk: Talk) -> None:
    assert list(tools.NAMES.values()) == [None, *(kind.name for kind in CHARTS)]
    pane = up(source(talk))
    for title, name in tools.NAMES.items():
        pane.show_chart(title)
        shown = board_of(pane).shown
        assert [chart.name for chart in shown] == ([name] if name else [kind.name for kind in CHARTS])
        assert name is None or shown[0].title == title


def test_the_tools_move_the_time(up: Up, talk: Talk) -> None:
    pane = up(source(talk))
    span, spans = board_of(pane).span, part(pane, QComboBox, "chartSpan")
    now, log = part(pane, QToolButton, "chartsNow"), part(pane, QToolButton, "chartsLog")
    assert (spans.currentText(), now.isChecked(), span.mode) == ("Last minute", True, Mode.FOLLOW)
    part(pane, QToolButton, "chartsNearer").click()
    assert (spans.currentText(), span.width_ns) == (tools.BY_HAND, 40 * SECOND_NS)
    for chosen, width_ns in tools.SPANS.items():
        spans.setCurrentText(chosen)
        spans.textActivated.emit(chosen)
        assert (span.mode, span.width_ns, spans.currentText()) == (Mode.FOLLOW, width_ns, chosen)
    spans.textActivated.emit(tools.ALL_TIME)
    assert (spans.currentText(), now.isChecked()) == (tools.ALL_TIME, False)
    part(pane, QToolButton, "chartsNearer").click()
    assert (spans.currentText(), now.isChecked()) == (tools.BY_HAND, False)
    now.click()
    assert now.isChecked()
    log.click()
    assert board_of(pane).is_log
    QTest.keyClick(board_of(pane).charts["latency"], Qt.Key.Key_L)
    assert not log.isChecked()


def test_the_calls_of_one_method_can_be_chosen(up: Up, talk: Talk, qtbot: QtBot) -> None:
    pane = up(source(talk))
    calls = part(pane, QComboBox, "chartCalls")
    qtbot.waitUntil(lambda: calls.count() == 2)
    assert [calls.itemText(place) for place in range(2)] == [tools.ALL_CALLS, "a request"]
    calls.activated.emit(1)
    assert board_of(pane).charts["latency"].key == "a request"
    calls.activated.emit(0)
    assert board_of(pane).charts["latency"].key == ""


def test_a_recording_shows_all_its_time_and_no_newest(up: Up, talk: Talk) -> None:
    pane = up(source(talk, is_live=False))
    assert part(pane, QComboBox, "chartSpan").currentText() == tools.ALL_TIME
    assert part(pane, QToolButton, "chartsNow").isHidden()
    part(pane, QComboBox, "chartSpan").textActivated.emit("Last 10 seconds")
    sight = board_of(pane).span.sight(500)
    assert (sight.width_ns, sight.end_ns) == (10 * SECOND_NS, 5 * SECOND_NS)


def test_words_follow_the_pointer_and_a_click_asks_for_the_event(up: Up, talk: Talk, qtbot: QtBot) -> None:
    pane = up(source(talk))
    board = board_of(pane)
    board.redraw()
    assert words(pane) == HINT
    board.point_at_value(board.charts["latency"], 3.0)
    assert words(pane).endswith("(3.000 s): a request: 3.20 ms, answered")
    with qtbot.waitSignal(pane.jump):
        board.go()
    board.point_at(None)
    assert words(pane) == HINT


@pytest.mark.parametrize(("kind", "suffix"), [("Picture (*.png)", "png"), ("Drawing (*.svg)", "svg")])
def test_the_file_dialog_does_not_hold_the_loop_up(
    up: Up, talk: Talk, tmp_path: Path, qtbot: QtBot, kind: str, suffix: str
) -> None:
    pane = up(source(talk))
    part(pane, QToolButton, "chartsSave").click()
    dialog = pane.findChild(QFileDialog, "chartsFileDialog")
    assert dialog is not None
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    dialog.filterSelected.emit(kind)
    assert dialog.defaultSuffix() == suffix
    assert "inspector-latency-" in dialog.selectedFiles()[0]
    path = tmp_path / f"latency.{suffix}"
    dialog.fileSelected.emit(str(path))
    dialog.reject()
    assert path.stat().st_size > 1_000
    assert words(pane) == f"Saved as latency.{suffix}."


def test_what_could_not_be_saved_is_said(up: Up, talk: Talk, tmp_path: Path) -> None:
    pane = up(source(talk))
    pane.save(tmp_path / "no" / "where.csv")
    assert words(pane).startswith("where.csv was not saved: ")
    pane.save(tmp_path / "all.csv")
    assert words(pane) == "Saved as all.csv."


def test_saving_all_draws_what_is_scrolled_out_of_sight(up: Up, talk: Talk, tmp_path: Path) -> None:
    pane = up(source(talk))
    pane.show_chart(tools.ALL)
    pane.save(tmp_path / "all.png")
    assert QImage(str(tmp_path / "all.png")).height() > 2 * 148 * len(CHARTS)
    assert all(chart.notice != chart.empty for chart in board_of(pane).shown if chart.name in ("events", "streams"))


def test_a_window_of_their_own_shows_all_charts(up: Up, talk: Talk, qtbot: QtBot) -> None:
    pane = up(source(talk))
    part(pane, QToolButton, "chartsOpen").click()
    window = pane.window().findChild(ChartsWindow, "chartsWindow")
    assert window is not None
    assert window.isWindow()
    qtbot.waitUntil(lambda: window.pane.board is not None, timeout=20_000)
    assert len(board_of(window.pane).shown) == len(CHARTS)
    assert part(window.pane, QToolButton, "chartsOpen").isHidden()
    with qtbot.waitSignal(pane.jump):
        window.pane.jump.emit(1)
    pane.open_window()
    assert len(pane.window().findChildren(ChartsWindow)) == 1
    with qtbot.waitSignal(window.destroyed):
        window.reject()
    pane.open_window()
    again = pane.window().findChild(ChartsWindow, "chartsWindow")
    assert again is not None
    again.reject()


def test_the_charts_of_a_recording_are_those_of_the_session(up: Up, talk: Talk, tmp_path: Path, qtbot: QtBot) -> None:
    from inspector.ui.charts import saving

    view = put_up(qtbot, RecordingView(open_recording(saved(talk, tmp_path / "told.mcptrace"))), 1_200, 700)
    qtbot.waitUntil(lambda: view.is_loaded, timeout=20_000)
    titles = [view.tabs.tabText(place) for place in range(view.tabs.count())]
    view.tabs.setCurrentIndex(titles.index("Charts"))
    pane = view.findChild(ChartsPane)
    assert pane is not None
    qtbot.waitUntil(lambda: pane.board is not None, timeout=20_000)
    session = up(source(talk, is_live=False))
    tables = []
    for each in (board_of(pane), board_of(session)):
        for chart in each.charts.values():
            chart.draw(Sight(0, 6 * SECOND_NS, 500))
        tables.append(saving.table(list(each.charts.values()), each.source))
    assert tables[0] == tables[1]
    assert tables[0].count("a request") == 5
    with qtbot.waitSignal(view.tabs.jump):
        board_of(pane).point_at_value(board_of(pane).charts["latency"], 2.0)
        board_of(pane).go()
    assert view.timeline.view.current_row() is not None
    view.hide()


def test_the_tab_loads_nothing_until_it_is_shown(application: QApplication, qtbot: QtBot, talk: Talk) -> None:
    talk.state(ConnectionState.OPEN)
    talk.state(ConnectionState.RECONNECTING)
    folds = Folds(talk)
    tabs = StatisticsTabs(folds, talk)
    tabs.add_statistics()
    tabs = put_up(qtbot, tabs, 760, 300)
    titles = [tabs.tabText(place) for place in range(tabs.count())]
    tab = tabs.widget(titles.index("Charts"))
    assert isinstance(tab, LazyTab)
    assert tab.pane is None
    tabs.setCurrentWidget(tab)
    pane = tab.built()
    assert isinstance(pane, ChartsPane)
    qtbot.waitUntil(lambda: pane.board is not None, timeout=20_000)
    folds.catch_up()
    board_of(pane).redraw()
    assert len(board_of(pane).charts["latency"].stops()) == 5
    assert [flag.glyph for flag in board_of(pane).charts["latency"].flags] == ["t1", "x"]
    with qtbot.waitSignal(tabs.jump) as jumped:
        board_of(pane).point_at_value(board_of(pane).charts["latency"], 3.0)
        board_of(pane).go()
    assert jumped.args[0] >= 0
    assert "pyqtgraph" in sys.modules
    tabs.hide()


def test_the_library_of_the_charts_is_loaded_in_the_thread_of_the_window(
    application: QApplication, qtbot: QtBot, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes types of Qt, which no other thread may do; the numbers below it know nothing of Qt."""
    found: dict[str, bool] = {}
    load = importlib.import_module

    def note(name: str) -> ModuleType:
        found[name] = threading.current_thread() is threading.main_thread()
        return load(name)

    monkeypatch.delitem(sys.modules, pane_module.LIBRARY, raising=False)
    monkeypatch.setattr(importlib, "import_module", note)
    pane = put_up(qtbot, ChartsPane(source(talk)), 760, 262)
    qtbot.waitUntil(lambda: pane.board is not None, timeout=20_000)
    assert (found["numpy"], found[pane_module.LIBRARY]) == (False, True)
