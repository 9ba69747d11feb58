"""The latency of parts of a session, the calls behind it, and what they are compared with."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel, QLineEdit, QMenu, QToolButton, QToolTip
from pytestqt.qtbot import QtBot

from inspector.stats.clock_offset import ClockOffsets
from inspector.stats.latency import MAX_KEYS, OTHER_KEY, LatencyRow, LatencyStats
from inspector.stats.windows import Window
from inspector.trace.clock import StoppedClock
from inspector.trace.events import Connected, HeadersReceived, Message, Outcome
from inspector.trace.river import River
from inspector.ui import latency_rows, theme
from inspector.ui.kept_baselines import KeptBaselines
from inspector.ui.models.table_model import NOTHING
from inspector.ui.views import latency_pane
from inspector.ui.views.latency_calls import BAR_COLUMN, KEY_COLUMN
from inspector.ui.views.latency_columns import BASELINE_COLUMNS
from inspector.ui.views.latency_pane import MAX_LISTED, LatencyPane
from inspector.ui.views.stat_table import StatTable
from tests.support.panes import column, part, put_up_table
from tests.support.rivers import Talk

# The offscreen platform says so of tool tips.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SERVER = "http://h/mcp"


class Session(Talk):
    """Calls over numbered sockets, and the folds over them."""

    def __init__(self) -> None:
        super().__init__()
        self.latency, self.offsets = LatencyStats(), ClockOffsets()
        self._sockets: set[int] = set()
        self._folded = 0

    def call(self, name: str, ms: float, socket: int = 1, stamp: str = "") -> Message:
        """A call that took so long: half of it until the headers came."""
        stream = self.next_stream()
        self.send(stream)
        asked = self.ask(stream, name=name)
        if socket not in self._sockets:
            self._sockets.add(socket)
            self.tell(Connected, stream=stream, peer="h:80", connect_ms=0.2, socket=socket)
        self.wait(ms / 2)
        fields = {"reason": "OK", "http_version": "HTTP/1.1", "ttfb_ms": ms / 2, "socket": socket}
        self.hear(HeadersReceived, stream, status=200, headers=(), **fields)
        self.wait(ms / 2)
        raw = b'data: {"result":{"_meta":{"sentAt":"%s"}}}\n\n' % stamp.encode() if stamp else b"data: {}\n\n"
        self.answer(stream, asked, raw=raw)
        self.end(stream)
        return asked

    def fold(self) -> None:
        fresh = self.since(self._folded)
        self._folded = len(self)
        self.latency.fold(fresh)
        self.offsets.fold(fresh)


@pytest.fixture
def kept(tmp_path: Path) -> KeptBaselines:
    return KeptBaselines(tmp_path / "baselines")


def put_up(qtbot: QtBot, talk: Session, kept: KeptBaselines | None = None) -> LatencyPane:
    talk.fold()
    return put_up_table(qtbot, LatencyPane(talk.latency, talk.offsets, talk, lambda: SERVER, kept=kept))


def methods(pane: LatencyPane) -> StatTable[LatencyRow]:
    return part(pane, StatTable, "latencyTable")


def calls(pane: LatencyPane) -> StatTable[LatencyRow]:
    return part(pane, StatTable, "latencyCallTable")


def said(pane: LatencyPane) -> str:
    return part(pane, QLabel, "latencySummary").text()


def choose(pane: LatencyPane, window: Window) -> None:
    box = part(pane, QComboBox, "latencyWindow")
    box.setCurrentText(window.value.capitalize())
    box.activated.emit(box.currentIndex())


def press(qtbot: QtBot, pane: LatencyPane, key: Qt.Key) -> None:
    """A key of the pane, with the focus in its table."""
    pane.activateWindow()
    methods(pane).setFocus()
    qtbot.waitUntil(methods(pane).hasFocus)
    QTest.keyClick(methods(pane), key)


def menu(pane: LatencyPane) -> dict[str, bool]:
    """The entries behind the button, and whether they can be chosen."""
    found = part_menu(pane)
    found.aboutToShow.emit()
    return {action.text(): action.isEnabled() for action in found.actions() if not action.isSeparator()}


def part_menu(pane: LatencyPane) -> QMenu:
    found = pane.findChild(QMenu, "latencyBaselineMenu")
    assert isinstance(found, QMenu)
    return found


def click_entry(pane: LatencyPane, beginning: str) -> None:
    found = part_menu(pane)
    found.aboutToShow.emit()
    actions = [*found.actions(), *(action for sub in found.findChildren(QMenu) for action in sub.actions())]
    next(action for action in actions if action.text().startswith(beginning)).trigger()


def test_each_window_has_the_figures_of_the_fold(qtbot: QtBot) -> None:
    talk = Session()
    for wait_s, took_ms in ((0, 900.0), (700, 50.0), (300, 40.0), (500, 30.0), (65, 10.0), (5, 20.0)):
        talk.clock.advance(wait_s)
        talk.call("echo", took_ms)
    pane = put_up(qtbot, talk)
    counts = {}
    for window, span_s in ((Window.MINUTE, 60), (Window.TEN_MINUTES, 600), (Window.SESSION, None)):
        choose(pane, window)
        since = None if span_s is None else talk.clock.monotonic_ns() - span_s * 10**9
        (row,) = talk.latency.rows(since)
        table = methods(pane)
        for title, value in (("p50 ms", row.p50_ms), ("p95 ms", row.p95_ms), ("Max ms", row.max_ms)):
            assert value is not None
            assert column(table, title) == [f"{value:,.2f}"]
        counts[window] = column(table, "Calls")
    assert counts == {Window.MINUTE: ["2"], Window.TEN_MINUTES: ["4"], Window.SESSION: ["6"]}
    choose(pane, Window.MINUTE)
    assert said(pane) == "Last minute: 2 calls · p50 15.0 ms · p95 19.5 ms · max 20.0 ms"


def test_what_left_the_window_leaves_the_table(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 5)
    pane = put_up(qtbot, talk)
    choose(pane, Window.MINUTE)
    assert column(methods(pane), "Calls") == ["1"]
    talk.clock.advance(61)
    choose(pane, Window.MINUTE)
    assert column(methods(pane), "Calls") == []
    assert methods(pane).accessibleDescription().startswith("No requests in this part of the session.")
    assert not part(pane, QToolButton, "latencyCsv").isEnabled()


def test_a_mark_begins_anew(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 500)
    pane = put_up(qtbot, talk)
    box = part(pane, QComboBox, "latencyWindow")
    since_mark = box.findText("Since the mark")
    assert not box.model().flags(box.model().index(since_mark, 0)) & Qt.ItemFlag.ItemIsEnabled
    n = len(talk)
    talk.wait(1)
    part(pane, QToolButton, "latencyMark").click()
    assert box.currentIndex() == since_mark
    assert box.model().flags(box.model().index(since_mark, 0)) & Qt.ItemFlag.ItemIsEnabled
    talk.wait(1)
    talk.call("echo", 10)
    talk.fold()
    choose(pane, Window.SINCE_MARK)
    assert said(pane).startswith(f"Since the mark at #{n}, ")
    assert said(pane).endswith(": 1 call · p50 10.0 ms · p95 10.0 ms · max 10.0 ms")
    talk.wait(1)
    press(qtbot, pane, Qt.Key.Key_M)
    assert column(methods(pane), "Calls") == []
    choose(pane, Window.SESSION)
    assert column(methods(pane), "Calls") == ["2"]


def test_a_recording_is_marked_at_the_selected_row(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 500)
    talk.wait(1)
    second = talk.call("echo", 10)
    talk.fold()
    river = River(StoppedClock(talk.clock.time(), talk.clock.monotonic_ns()), talk)
    chosen: list[int | None] = [None]
    pane = put_up_table(qtbot, LatencyPane(talk.latency, talk.offsets, river, lambda: SERVER, lambda: chosen[0]))
    part(pane, QToolButton, "latencyMark").click()
    assert (
        part(pane, QLabel, "latencyNote").text() == "Select the row of the timeline to begin with, then mark it here."
    )
    assert column(methods(pane), "Calls") == ["2"]
    chosen[0] = second.n
    part(pane, QToolButton, "latencyMark").click()
    assert said(pane).startswith(f"Since the mark at #{second.n}, ")
    assert column(methods(pane), "Calls") == ["1"]


def test_a_row_has_its_calls_newest_first_and_they_lead_to_the_timeline(qtbot: QtBot) -> None:
    talk = Session()
    asked = [talk.call("echo", ms) for ms in (10, 20, 30)]
    talk.call("other", 5)
    pane = put_up(qtbot, talk)
    assert not calls(pane).isVisible()
    pane.show_tool("echo")
    table = calls(pane)
    assert table.isVisible()
    assert column(table, "#") == [f"{request.n:,}" for request in reversed(asked)]
    assert column(table, "Total ms") == ["30.00", "20.00", "10.00"]
    assert column(table, "Headers ms") == ["15.00", "10.00", "5.00"]
    assert column(table, "TCP ms") == [NOTHING, NOTHING, "0.20"]
    assert column(table, "Socket") == ["1 reused", "1 reused", "1 new"]
    assert column(table, "HTTP") == ["HTTP/1.1"] * 3
    assert table.isColumnHidden(KEY_COLUMN)
    assert part(pane, QLabel, "latencyCallsTitle").text() == "3 calls of tools/call echo, newest first"
    with qtbot.waitSignal(pane.jump) as jumped:
        table.doubleClicked.emit(table.model().index(1, 0))
    assert jumped.args == [asked[1].n]
    press(qtbot, pane, Qt.Key.Key_Escape)
    assert not calls(pane).isVisible()


def test_the_calls_are_those_of_the_window(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 10)
    talk.clock.advance(100)
    talk.call("echo", 20)
    lost = talk.ask(None, name="echo")
    talk.fail(lost, Outcome.TIMED_OUT, 1.0)
    pane = put_up(qtbot, talk)
    choose(pane, Window.MINUTE)
    pane.show_tool("echo")
    assert column(calls(pane), "Outcome") == ["timed out", "answered"]
    assert column(calls(pane), "Total ms") == ["1.00", "20.00"]


def test_bars_show_each_phase_to_scale_and_say_it(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("echo", 100)
    talk.call("echo", 200)
    pane = put_up(qtbot, talk)
    pane.resize(1_900, 300)
    pane.show_tool("echo")
    table = calls(pane)
    qtbot.waitUntil(lambda: table.viewport().width() > 600)
    picture = table.viewport().grab().toImage()

    def share(row: int, role: str) -> float:
        """How much of the room the piece of that colour takes."""
        cell = table.visualRect(table.model().index(row, BAR_COLUMN))
        line = [picture.pixelColor(x, cell.center().y()) for x in range(cell.left(), cell.right())]
        return sum(color == QColor(theme.color(role)) for color in line) / cell.width()

    assert [share(0, role) for role in ("warn", "accent")] == pytest.approx([0.5, 0.5], abs=0.06)
    assert [share(1, role) for role in ("warn", "accent")] == pytest.approx([0.25, 0.25], abs=0.06)
    index = table.model().index(0, BAR_COLUMN)
    spot = table.visualRect(index).center()
    event = QHelpEvent(QEvent.Type.ToolTip, spot, table.viewport().mapToGlobal(spot))
    QApplication.sendEvent(table.viewport(), event)
    assert QToolTip.text() == "to the headers 100 ms, to the first event 100 ms"
    legend = pane.findChild(QLabel, "latencyLegend")
    assert legend is not None
    assert legend.accessibleName().startswith("Pieces of the bars: TCP, to the headers, to the first event")


def test_the_calls_of_one_socket_are_found(qtbot: QtBot) -> None:
    talk = Session()
    for name, socket in (("echo", 1), ("add", 2), ("add", 1), ("echo", 2), ("echo", 1)):
        talk.call(name, 5, socket)
    pane = put_up(qtbot, talk)
    pane.show_tool("add")
    button = part(pane, QToolButton, "latencySameSocket")
    assert not button.isEnabled()
    calls(pane).selectRow(0)
    assert button.isEnabled()
    press(qtbot, pane, Qt.Key.Key_S)
    assert button.isChecked()
    assert column(calls(pane), "Method or tool") == ["tools/call echo", "tools/call add", "tools/call echo"]
    assert column(calls(pane), "Socket") == ["1 reused", "1 reused", "1 new"]
    assert not calls(pane).isColumnHidden(KEY_COLUMN)
    assert calls(pane).currentIndex().row() == 1
    title = part(pane, QLabel, "latencyCallsTitle").text()
    assert title == "3 calls on socket 1 of connection 1, newest first"
    button.click()
    assert column(calls(pane), "Socket") == ["1 reused", "2 new"]


def test_a_long_list_says_that_it_is_not_all(qtbot: QtBot) -> None:
    talk = Session()
    for _ in range(MAX_LISTED + 7):
        talk.call("echo", 1)
    pane = put_up(qtbot, talk)
    pane.show_tool("echo")
    assert calls(pane).model().rowCount() == MAX_LISTED
    assert part(pane, QLabel, "latencyCallsTitle").text() == "The newest 500 of 507 calls of tools/call echo"


def test_methods_beyond_the_bound_share_a_row_and_its_calls(qtbot: QtBot) -> None:
    talk = Session()
    for number in range(MAX_KEYS + 3):
        talk.ask(None, f"method/{number}", id=number)
    pane = put_up(qtbot, talk)
    qtbot.waitUntil(lambda: column(methods(pane), "Method or tool")[-1:] == [OTHER_KEY])
    pane.show_key(OTHER_KEY)
    qtbot.waitUntil(lambda: calls(pane).isVisible())
    assert column(calls(pane), "Method or tool") == [f"method/{MAX_KEYS + number}" for number in (2, 1, 0)]
    assert column(calls(pane), "Outcome") == ["in flight"] * 3


def test_a_hostile_name_stays_on_its_line(qtbot: QtBot) -> None:
    talk = Session()
    talk.call("<b>\u202e\n" + "x" * 5_000, 5)
    pane = put_up(qtbot, talk)
    (name,) = column(methods(pane), "Method or tool")
    assert name.startswith("tools/call <b>\\u202e\\n") and len(name) <= 240
    before = pane.minimumSizeHint().width()
    pane.show_key(talk.latency.keys[0])
    assert calls(pane).isVisible()
    assert pane.minimumSizeHint().width() <= max(before, 700)


def test_figures_are_kept_and_compared_with(qtbot: QtBot, kept: KeptBaselines) -> None:
    talk = Session()
    for number in range(80):
        talk.call("echo", 10 + number / 100)
    pane = put_up(qtbot, talk, kept)
    assert list(menu(pane)) == ["Keep as baseline… (B)", "Nothing is kept of this server yet"]
    assert all(map(methods(pane).isColumnHidden, BASELINE_COLUMNS))
    press(qtbot, pane, Qt.Key.Key_B)
    line = part(pane, QLineEdit, "baselineNameLine")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert part(pane, QLabel, "baselineNameError").text() == "Type a name for these figures."
    QTest.keyClicks(line, "before & after")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert part(pane, QLabel, "latencyNote").text() == "Kept as “before & after”. Compare with it under Baseline."

    part(pane, QToolButton, "latencyMark").click()
    for number in range(80):
        talk.wait(1)
        talk.call("echo", 30 + number / 100)
        talk.call("new", 1)
    talk.fold()
    click_entry(pane, "Compare with “before && after” of 2023-11-1")
    assert not any(map(methods(pane).isColumnHidden, BASELINE_COLUMNS))
    p50, p95 = (column(methods(pane), f"{name} against baseline") for name in ("p50", "p95"))
    assert p50[0].startswith("slower by 20.0 ms (95 %: ") and p95[0].startswith("slower by 20.0 ms (95 %: ")
    assert (p50[1], p95[1]) == (NOTHING, NOTHING)
    cell = methods(pane).model().index(0, BASELINE_COLUMNS[0])
    assert cell.data(Qt.ItemDataRole.ForegroundRole) == theme.color("bad")
    assert "compared with “before & after” of 2023-11-1" in said(pane)

    click_entry(pane, "before && after")
    assert kept.of(SERVER) == []
    assert all(map(methods(pane).isColumnHidden, BASELINE_COLUMNS))
    assert "compared" not in said(pane)


def test_a_difference_that_is_not_sure_is_not_coloured(qtbot: QtBot, kept: KeptBaselines) -> None:
    talk = Session()
    for ms in (10, 20, 30):
        talk.call("echo", ms)
    pane = put_up(qtbot, talk, kept)
    assert pane.baselines.keep("few") == ""
    pane.baselines.compare_with("few")
    (words,) = column(methods(pane), "p50 against baseline")
    assert words == "too few calls to tell: p50 needs 6 on each side, there are 3 and 3"
    assert methods(pane).model().index(0, BASELINE_COLUMNS[0]).data(Qt.ItemDataRole.ForegroundRole) == theme.color(
        "muted"
    )
    click_entry(pane, "Compare no more")
    assert all(map(methods(pane).isColumnHidden, BASELINE_COLUMNS))


def test_the_servers_clock_is_told_and_corrected_for_beside_the_raw_time(qtbot: QtBot) -> None:
    talk = Session()
    for _ in range(3):
        talk.call("echo", 20, stamp="2023-11-14T22:13:22.500Z" if not len(talk) else "")
    pane = put_up(qtbot, talk)
    offset = talk.offsets.offset()
    assert offset is not None and offset.ahead_ms > 2_000
    note = part(pane, QLabel, "latencyNote")
    assert note.text() == f"{offset.words} One-way times of calls are given raw, and corrected by this."
    pane.show_tool("echo")
    raw, corrected = (column(calls(pane), f"One-way {which} ms")[-1] for which in ("raw", "corrected"))
    assert raw == "-2,480.00"
    assert float(corrected.replace(",", "")) == pytest.approx(-2_480 + offset.ahead_ms, abs=0.01)
    assert column(calls(pane), "One-way raw ms")[0] == NOTHING


class SlowStats(LatencyStats):
    """Figures that take a while, as those of very many methods do."""

    asked = 0

    def row(self, key: str, since_ns: int | None = None) -> LatencyRow | None:
        self.asked += 1
        time.sleep(0.05)
        return super().row(key, since_ns)


def test_a_slow_refresh_is_followed_by_a_rest_but_the_user_is_answered_at_once(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency_rows, "_REST", 30)  # 1.5 s: putting it up and asking again takes long on a busy machine
    talk = Session()
    talk.call("echo", 1)
    slow = talk.latency = SlowStats()
    pane = put_up(qtbot, talk)
    asked = slow.asked
    for _ in range(5):
        pane.refresh()
    assert slow.asked == asked
    choose(pane, Window.MINUTE)
    assert slow.asked == asked + 1
    pane.refresh()
    qtbot.waitUntil(lambda: slow.asked == asked + 2)


def test_very_many_methods_come_in_slices_and_the_latest_wish_wins(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latency_rows, "AT_ONCE", 5)
    talk = Session()
    talk.latency = SlowStats()
    for number in range(6):
        talk.call(f"tool{number}", 5 + number)
        talk.clock.advance(20)
    pane = put_up(qtbot, talk)
    assert column(methods(pane), "Calls") == []
    choose(pane, Window.MINUTE)
    pane.show_tool("tool4")
    qtbot.waitUntil(lambda: calls(pane).isVisible())
    assert column(methods(pane), "Method or tool") == ["tools/call tool4", "tools/call tool5"]
    assert column(calls(pane), "Total ms") == ["9.00"]
    assert said(pane).startswith("Last minute: 2 calls")


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_calls_and_figures_are_saved_for_a_spreadsheet(qtbot: QtBot, application: QApplication, tmp_path: Path) -> None:
    talk = Session()
    asked = [talk.call("echo", ms) for ms in (10, 20)]
    talk.call("=HYPERLINK()", 5)
    secret = "sk-proj-" + "a1B2" * 12
    talk.call(secret, 5)
    pane = put_up(qtbot, talk)
    part(pane, QToolButton, "latencyCsv").click()
    chooser = pane.findChild(QFileDialog, "latencyFileDialog")
    assert chooser is not None and chooser.isVisible()
    assert chooser.selectedFiles()[0].endswith(".csv")
    chooser.reject()
    with qtbot.waitSignal(pane.file.said) as told:
        pane.file.save(tmp_path / "x.csv", talk.clock.monotonic_ns(), None)
    assert told.args == ["Saved 4 calls as x.csv, and the figures as x-figures.csv."]
    assert part(pane, QLabel, "latencyNote").text() == told.args[0]
    calls_saved = table(tmp_path / "x.csv")
    assert [row["request"] for row in calls_saved[:2]] == [f"{request.n}" for request in asked]
    assert [row["total_ms"] for row in calls_saved] == ["10", "20", "5", "5"]
    assert [row["method_or_tool"] for row in calls_saved[:3]] == ["tools/call echo"] * 2 + ["tools/call =HYPERLINK()"]
    saved = (tmp_path / "x.csv").read_text() + (tmp_path / "x-figures.csv").read_text()
    assert secret not in saved
    figures = table(tmp_path / "x-figures.csv")
    total = [row for row in figures if (row["method_or_tool"], row["phase"]) == ("tools/call echo", "total")]
    assert {row["p50_ms"] for row in total} == {"15"}


def test_a_place_that_cannot_be_written_is_said(qtbot: QtBot, application: QApplication, tmp_path: Path) -> None:
    talk = Session()
    talk.call("echo", 10)
    pane = put_up(qtbot, talk)
    with qtbot.waitSignal(pane.file.said) as told:
        pane.file.save(tmp_path / "missing" / "x.csv", talk.clock.monotonic_ns(), None)
    assert told.args[0].startswith("x.csv cannot be written: ")


@pytest.mark.parametrize("scheme", [theme.DARK, theme.LIGHT])
def test_the_legend_follows_the_theme(qtbot: QtBot, application: QApplication, scheme: theme.Colors) -> None:
    talk = Session()
    talk.call("echo", 1)
    pane = put_up(qtbot, talk)
    pane.show_tool("echo")
    theme.apply(application, scheme)
    legend = pane.findChild(QLabel, "latencyLegend")
    assert legend is not None
    qtbot.waitUntil(lambda: scheme.warn in legend.text())
    assert calls(pane).mapTo(pane, QPoint()).x() > methods(pane).mapTo(pane, QPoint()).x()


def test_calls_that_are_not_kept_any_more_are_counted(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latency_pane, "MAX_LISTED", 3)
    talk = Session()
    monkeypatch.setattr(talk.latency.calls, "_limit", 4)
    for _ in range(9):
        talk.call("echo", 1)
    pane = put_up(qtbot, talk)
    pane.show_tool("echo")
    assert calls(pane).model().rowCount() == 3
    assert part(pane, QLabel, "latencyCallsTitle").text() == "The newest 3 of 9 calls of tools/call echo"
