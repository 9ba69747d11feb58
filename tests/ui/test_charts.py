"""The charts as a user sees them: what is drawn is what the folds say, and what is pointed at leads to its event."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.stats.availability import Availability
from inspector.stats.reconnects import ReconnectStats
from inspector.stats.series import Series
from inspector.trace.clock import StoppedClock
from inspector.trace.events import ConnectionState, EndCause, Message, Outcome
from inspector.ui import theme
from inspector.ui.charts import saving
from inspector.ui.charts.board import CHARTS, ChartBoard
from inspector.ui.charts.chart import NOTHING_HERE, Chart
from inspector.ui.charts.colors import chart_color
from inspector.ui.charts.distribution_chart import DistributionChart
from inspector.ui.charts.gap_chart import GapChart
from inspector.ui.charts.latency_chart import LatencyChart
from inspector.ui.charts.reconnect_chart import ReconnectChart
from inspector.ui.charts.slot_chart import BytesChart, EventsChart, StreamsChart
from inspector.ui.charts.source import Source
from inspector.ui.charts.span import SECOND_NS, Mode
from tests.support.panes import put_up
from tests.support.rivers import Talk

C = TypeVar("C", bound=Chart)
_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


class Story(Talk):
    """A minute of a session that is told once: calls, heartbeats, a drop and two attempts to come back."""

    def __init__(self) -> None:
        super().__init__()
        self.series, self.reconnects, self.availability = Series(), ReconnectStats(), Availability()
        self.asked: list[Message] = []
        self._folded = 0

    def tell_all(self) -> None:
        self.state(ConnectionState.OPEN, reason="The server is ready.")
        self.send(1, "GET", "stream")
        self.headers(1)
        for second in range(1, 41):
            self.wait(1_000)
            self.chunk(1, b"x" * 100 * second)
            if second % 10 == 0:
                self.comment(1)
            self.call(10.0 + second, failed=second == 7)
        self.drop_and_return()
        self.wait(5_000)
        self.fold()

    def call(self, rtt_ms: float, *, failed: bool = False) -> None:
        stream = 100 + len(self.asked)
        self.send(stream)
        asked = self.ask(stream, name="echo")
        self.asked.append(asked)
        self.answer(stream, asked, rtt_ms=rtt_ms, method="tools/call", name="echo", is_tool_error=failed)
        self.end(stream)

    def drop_and_return(self) -> None:
        self.end(1, EndCause.RESET, "The connection was reset.")
        for attempt, delay_ms in ((1, 500.0), (2, 1_000.0)):
            self.state(ConnectionState.RECONNECTING, attempt=attempt, delay_ms=delay_ms, asked_ms=800)
            self.wait(delay_ms + 30)
            self.send(attempt + 1, "GET", "stream")
            if attempt == 1:
                self.end(2, EndCause.REFUSED, "Refused.")
        self.headers(3)
        self.state(ConnectionState.OPEN, reason="It is back.")

    def fold(self) -> None:
        fresh = self.since(self._folded)
        self._folded = len(self)
        self.series.fold(fresh)
        self.reconnects.fold(fresh)
        self.availability.fold(fresh)

    def source(self, *, is_live: bool = True) -> Source:
        clock = self.clock if is_live else StoppedClock(self.clock.time(), self.clock.monotonic_ns())
        return Source(self.series, self.reconnects, clock, self.availability.drops)


def chart_of(board: ChartBoard, kind: type[C]) -> C:
    found = board.charts[kind.name]
    assert isinstance(found, kind)
    return found


Up = Callable[..., ChartBoard]


@pytest.fixture
def up(application: QApplication, qtbot: QtBot) -> Iterator[Up]:
    """Puts boards on the screen; each is kept until the test is over, as a window keeps its own."""
    assert application is not None
    boards = []

    def put(story: Story, *, is_live: bool = True, width: int = 1_200, height: int = 700) -> ChartBoard:
        board = put_up(qtbot, ChartBoard(story.source(is_live=is_live)), width, height)
        boards.append(board)
        qtbot.waitExposed(board)
        board.span.show_all()
        board.redraw()
        return board

    yield put
    for board in boards:
        board.hide()


@pytest.fixture
def story() -> Story:
    told = Story()
    told.tell_all()
    return told


@pytest.fixture
def board(up: Up, story: Story) -> ChartBoard:
    return up(story)


def place_of(chart: Chart, x: float, y: float) -> QPoint:
    return QPointF(chart.axes.x_px(x), chart.axes.y_px(y)).toPoint()


def hover(chart: Chart, at: QPoint) -> None:
    """The pointer comes by without a button; QTest leaves out a move to where the last test left it."""
    viewport = chart.viewport()
    place = QPointF(viewport.mapToGlobal(at))
    none = Qt.MouseButton.NoButton
    QApplication.sendEvent(viewport, QMouseEvent(QEvent.Type.MouseMove, QPointF(at), place, none, none, _NONE))


def data_of(item: Any) -> tuple[list[float], list[float]]:
    x, y = item.getData()
    return [] if x is None else x.tolist(), [] if y is None else y.tolist()


def words_of(board: ChartBoard) -> str:
    return board.hit.words if board.hit is not None else ""


def test_points_and_percentiles_are_those_of_the_calls(board: ChartBoard, story: Story) -> None:
    chart = chart_of(board, LatencyChart)
    x, y = data_of(chart.answered)
    assert y == [10.0 + second for second in range(1, 41) if second != 7]
    assert x == pytest.approx([float(second) for second in range(1, 41) if second != 7])
    assert data_of(chart.failed) == ([7.0], [17.0])
    drawn = {(value.series, value.seconds): value.value for value in chart.values() if value.series.startswith("p")}
    width_ns = round((chart.slot_starts[1] - chart.slot_starts[0]) * SECOND_NS)
    for start in chart.slot_starts.tolist():
        first_ns = round(start * SECOND_NS)
        inside = [ms for at, ms in zip(x, y, strict=True) if first_ns <= at * SECOND_NS < first_ns + width_ns]
        for p in (50, 95):
            expected = float(np.percentile(inside, p)) if inside else None
            assert drawn.get((f"p{p}", start)) == (pytest.approx(expected) if inside else None)
    assert chart.summary.startswith("40 calls · p50 ")
    assert chart.summary.endswith("1 failed")
    assert len(chart.band.rects) == len(drawn) // 2


def test_the_logarithmic_scale_shows_the_same_calls(board: ChartBoard) -> None:
    chart = chart_of(board, LatencyChart)
    _, linear = data_of(chart.answered)
    QTest.keyClick(chart, Qt.Key.Key_L)
    _, logs = data_of(chart.answered)
    assert logs == pytest.approx(np.log10(linear).tolist())
    assert next(text for _, text in chart.axes.scale.ticks) == "10 ms"
    QTest.keyClick(chart, Qt.Key.Key_L)
    assert data_of(chart.answered)[1] == linear


def test_the_calls_of_one_tool_are_told_apart(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    asked = story.ask(900, "tools/call", name="search")
    story.answer(900, asked, rtt_ms=500.0, method="tools/call", name="search")
    story.fold()
    with qtbot.waitSignal(board.keys_changed):
        board.tick()
    for key, expected in (("tools/call search", [500.0]), ("tools/call echo", [11.0]), ("nothing", [])):
        board.show_calls_of(key)
        board.redraw()
        assert data_of(chart_of(board, LatencyChart).answered)[1][:1] == expected
    assert chart_of(board, LatencyChart).summary == "0 calls of nothing"
    assert chart_of(board, DistributionChart).counts.sum() == 0
    board.show_calls_of("tools/call search")
    board.redraw()
    assert chart_of(board, DistributionChart).counts.sum() == 1
    board.show_calls_of("")
    board.redraw()
    assert chart_of(board, DistributionChart).counts.sum() == 40


def test_the_distribution_counts_every_answered_call_once(board: ChartBoard) -> None:
    chart = chart_of(board, DistributionChart)
    assert chart.counts.sum() == 39
    answered = [10.0 + second for second in range(1, 41) if second != 7]
    assert chart.percentiles_ms.tolist() == pytest.approx(np.percentile(answered, (50, 95, 99)).tolist())
    for left, right, count in zip(chart.edges[:-1], chart.edges[1:], chart.counts, strict=True):
        is_last = right == chart.edges[-1]
        inside = [ms for ms in answered if left <= np.log10(ms) < right or (is_last and np.log10(ms) == right)]
        assert len(inside) == count
    assert sum(rect.height() * (rect.width() > 0) for rect in chart.bars.rects) == 39


def test_rates_are_those_of_the_slots(board: ChartBoard, story: Story) -> None:
    for kind, slots in ((EventsChart, story.series.events), (BytesChart, story.series.bytes_received)):
        chart = chart_of(board, kind)
        values = [(value.seconds, value.value) for value in chart.values()]
        width_s = values[1][0] - values[0][0] if values[0][0] is not None and values[1][0] is not None else 0
        run = slots.read(0, story.clock.monotonic_ns(), round(width_s * SECOND_NS))
        assert [value for _, value in values] == [amount / width_s for amount in run.values[: len(values)]]
        assert sum(run.values[: len(values)]) == sum(run.values)
        _, y = data_of(chart.curve)
        assert y[::2] == [value for _, value in values]


def test_the_slot_that_is_not_over_is_not_drawn_while_it_is_live(up: Up, story: Story) -> None:
    story.wait(10_000)
    story.call(1.0)
    story.fold()
    live, past = up(story), up(story, is_live=False)
    drawn = [chart_of(each, EventsChart).heights for each in (live, past)]
    assert drawn[1][-1] > 0
    assert len(drawn[0]) == len(drawn[1]) - 1


def test_open_streams_are_drawn_as_they_were(board: ChartBoard) -> None:
    chart = chart_of(board, StreamsChart)
    assert chart.heights.max() == 2
    assert chart.heights[-1] == 1
    assert "2 streams at once" in chart.summary


def test_heartbeats_their_beat_and_the_silence_that_lasts(board: ChartBoard) -> None:
    chart = chart_of(board, GapChart)
    assert data_of(chart.heartbeats) == ([10.0, 20.0, 30.0, 40.0], [10_000.0] * 4)
    assert chart.summary.startswith("heartbeat every 10.000 s ± 0 µs · longest silence ")
    assert [round(ms) for _, ms in chart.lasting] == [5_000]
    at = place_of(chart, 45.0 + 1.56, 5_000.0)
    hover(chart, at)
    assert words_of(board) == "Stream 3 has been silent for 5.000 s."


def test_attempts_show_the_pause_made_asked_for_and_chosen(board: ChartBoard) -> None:
    chart = chart_of(board, ReconnectChart)
    assert data_of(chart.failed)[1] == [530.0]
    assert data_of(chart.back)[1] == [1_030.0]
    assert data_of(chart.asked)[1] == [800.0, 800.0]
    assert data_of(chart.backoff)[1] == [500.0, 1_000.0]
    assert chart.summary == "2 attempts · 1 back · 1 failed"
    (x,), (y,) = data_of(chart.back)
    hover(chart, place_of(chart, x, y))
    assert words_of(board).endswith("attempt 2: pause of 1.030 s, 1.000 s chosen, 800 ms asked for: back")


def test_a_new_search_begins_a_new_backoff_curve(up: Up, story: Story) -> None:
    story.wait(1_000)
    story.end(3, EndCause.RESET, "Again.")
    story.state(ConnectionState.RECONNECTING, attempt=1, delay_ms=250.0)
    story.wait(10_000)
    story.fold()
    chart = chart_of(up(story), ReconnectChart)
    _, y = data_of(chart.backoff)
    assert str(y) == "[500.0, 1000.0, nan, 250.0]"
    assert data_of(chart.open)[1] == [250.0]


def test_a_click_on_a_call_goes_to_its_request(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    chart = chart_of(board, LatencyChart)
    at = place_of(chart, 20.0, 30.0)
    hover(chart, at)
    assert "tools/call echo: 30.0 ms, answered" in words_of(board)
    with qtbot.waitSignal(board.jump) as jumped:
        QTest.mouseClick(chart.viewport(), _LEFT, _NONE, at)
    assert jumped.args == [story.asked[19].n]


def test_a_click_on_a_rate_goes_to_an_event_of_that_time(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    chart = chart_of(board, EventsChart)
    with qtbot.waitSignal(board.jump) as jumped:
        QTest.mouseClick(chart.viewport(), _LEFT, _NONE, place_of(chart, 20.05, 1.0))
    assert abs(story[jumped.args[0]].monotonic_ns - 20 * SECOND_NS) < SECOND_NS


def test_a_click_on_a_bar_goes_to_a_call_that_took_that_long(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    chart = chart_of(board, DistributionChart)
    at = place_of(chart, float(np.log10(45.0)), 1.0)
    with qtbot.waitSignal(board.jump) as jumped:
        QTest.mouseClick(chart.viewport(), _LEFT, _NONE, at)
    (second,) = [second for second, asked in enumerate(story.asked, 1) if asked.n == jumped.args[0]]
    place = int(np.searchsorted(chart.edges, np.log10(45.0))) - 1
    assert chart.edges[place] <= np.log10(10.0 + second) <= chart.edges[place + 1]
    assert " of 39 calls (" in words_of(board)


def test_a_drop_is_a_flag_on_every_time_axis(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    drops = [drop.n for drop in story.availability.drops()]
    for chart in board.charts.values():
        assert ([flag.glyph for flag in chart.flags] == ["t1", "x", "t1"]) is chart.is_timed
    chart = chart_of(board, StreamsChart)
    at = QPointF(chart.axes.x_px(40.0), chart.axes.area.top() + 3).toPoint()
    with qtbot.waitSignal(board.jump) as jumped:
        QTest.mouseClick(chart.viewport(), _LEFT, _NONE, at)
    assert jumped.args == drops
    assert words_of(board).endswith("dropped: connection (connection reset, RST)")


def test_the_cross_hair_stands_at_one_time_in_all_charts(board: ChartBoard) -> None:
    chart = chart_of(board, LatencyChart)
    hover(chart, place_of(chart, 20.0, 30.0))
    timed = [each.cross for each in board.charts.values() if each.is_timed]
    assert timed == [pytest.approx(20.0)] * len(timed)
    assert chart_of(board, DistributionChart).cross is None
    QApplication.sendEvent(chart.viewport(), QEvent(QEvent.Type.Leave))
    assert {each.cross for each in board.charts.values()} == {None}
    assert words_of(board) == ""


def test_the_keyboard_moves_the_cross_hair_from_call_to_call(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    chart = chart_of(board, LatencyChart)
    control = Qt.KeyboardModifier.ControlModifier
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(chart, key, control)
    assert chart.cross == pytest.approx(38.0)
    assert "48.0 ms" in words_of(board)
    with qtbot.waitSignal(board.jump) as jumped:
        QTest.keyClick(chart, Qt.Key.Key_Return)
    assert jumped.args == [story.asked[37].n]
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    assert chart.cross is None
    with qtbot.assertNotEmitted(board.jump):
        QTest.keyClick(chart, Qt.Key.Key_Return)


def test_keys_move_and_zoom_all_charts(board: ChartBoard) -> None:
    chart = chart_of(board, EventsChart)
    span = board.span
    before = span.sight(500)
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    assert (span.mode, span.sight(500).width_ns < before.width_ns) == (Mode.FREE, True)
    QTest.keyClick(chart, Qt.Key.Key_Home)
    assert span.sight(500).start_ns == 0
    start_ns = span.sight(500).start_ns
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert span.sight(500).start_ns > start_ns
    QTest.keyClick(chart, Qt.Key.Key_Left)
    assert span.sight(500).start_ns == start_ns
    QTest.keyClick(chart, Qt.Key.Key_End)
    assert span.mode is Mode.FOLLOW
    QTest.keyClick(chart, Qt.Key.Key_0)
    QTest.keyClick(chart, Qt.Key.Key_Minus)
    assert span.sight(500) == before


def wheel(chart: Chart, turned: QPoint, modifiers: Any = _NONE) -> None:
    at = chart.axes.area.center()
    viewport = chart.viewport()
    place = QPointF(viewport.mapToGlobal(at.toPoint()))
    phase = Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, place, QPoint(), turned, Qt.MouseButton.NoButton, modifiers, phase, False)
    QApplication.sendEvent(viewport, event)


def test_the_wheel_zooms_at_the_pointer_and_a_drag_pans(board: ChartBoard) -> None:
    chart = chart_of(board, EventsChart)
    before = board.span.sight(500)
    wheel(chart, QPoint(0, 120))
    after = board.span.sight(500)
    assert after.width_ns < before.width_ns
    assert abs((after.start_ns + after.end_ns) - (before.start_ns + before.end_ns)) < before.width_ns // 20
    wheel(chart, QPoint(120, 0))
    assert board.span.sight(500).start_ns < after.start_ns
    board.redraw()
    start_ns, middle = board.span.sight(500).start_ns, chart.axes.area.center().toPoint()
    QTest.mousePress(chart.viewport(), _LEFT, _NONE, middle)
    QTest.mouseMove(chart.viewport(), middle - QPoint(50, 0))
    QTest.mouseRelease(chart.viewport(), _LEFT, _NONE, middle - QPoint(50, 0))
    moved_ns = board.span.sight(500).start_ns - start_ns
    assert moved_ns == pytest.approx(50 / chart.axes.area.width() * after.width_ns, rel=0.1)


def test_where_charts_do_not_fit_the_wheel_scrolls_them(up: Up, qtbot: QtBot, story: Story) -> None:
    board = up(story, width=420, height=300)
    qtbot.waitUntil(lambda: board.sheet.can_scroll)
    chart = chart_of(board, LatencyChart)
    before = board.span.sight(500)
    wheel(chart, QPoint(0, -120))
    assert board.span.sight(500) == before
    assert board.sheet.verticalScrollBar().value() > 0
    wheel(chart, QPoint(0, 120), Qt.KeyboardModifier.ControlModifier)
    assert board.span.sight(500).width_ns < before.width_ns


def test_one_chart_takes_all_the_room(board: ChartBoard) -> None:
    board.show_only("gaps")
    shown = [name for name, chart in board.charts.items() if chart.isVisible()]
    assert shown == ["gaps"]
    assert board.charts["gaps"].width() > 1_100
    board.show_only(None)
    assert all(chart.isVisible() for chart in board.charts.values())


def test_only_what_would_look_different_is_drawn_again(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    drawn: list[str] = []
    for chart in board.charts.values():
        before = chart.draw

        def draw(sight: Any, chart: Chart = chart, before: Any = before) -> None:
            drawn.append(chart.name)
            before(sight)

        chart.draw = draw  # type: ignore[method-assign]
    for _ in range(20):
        board._pace.touched()
        board.tick()
    assert drawn == []
    story.call(5.0)
    story.fold()
    for _ in range(20):
        board._pace.touched()
        board.tick()
    assert sorted(set(drawn)) == ["bytes", "distribution", "events", "latency", "streams"]
    assert len(drawn) == len(set(drawn))
    assert data_of(chart_of(board, LatencyChart).answered)[1][-1] == 5.0


def test_hidden_charts_cost_nothing(board: ChartBoard, story: Story, qtbot: QtBot) -> None:
    board.hide()
    assert not board._timer.isActive()
    board.show()
    assert board._timer.isActive()
    board.show_only("latency")
    story.call(5.0)
    story.fold()
    for _ in range(20):
        board._pace.touched()
        board.tick()
    assert len(chart_of(board, LatencyChart).places) == 41
    assert chart_of(board, DistributionChart).counts.sum() == 39


@pytest.mark.parametrize("kind", CHARTS)
def test_an_empty_chart_says_what_will_be_here(up: Up, kind: type[Chart]) -> None:
    board = up(Story())
    chart = chart_of(board, kind)
    assert chart.notice == kind.empty
    assert chart.accessibleDescription() == kind.empty
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_Return):
        QTest.keyClick(chart, key)
    QTest.keyClick(chart, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    QTest.mouseClick(chart.viewport(), _LEFT, _NONE, QPoint(100, 60))
    assert theme.colors().muted in colors_in(chart.grab().toImage())


def test_no_line_leaves_the_room_between_the_axes(board: ChartBoard) -> None:
    board.span.show(10 * SECOND_NS + 333_000_000, 20 * SECOND_NS + 777_000_000)
    board.redraw()
    latency = chart_of(board, LatencyChart)
    slots = (chart_of(board, EventsChart), chart_of(board, BytesChart), chart_of(board, StreamsChart))
    for item in (*latency.lines, *(chart.curve for chart in slots)):
        x, _ = data_of(item)
        assert (min(x), max(x)) == pytest.approx((latency.axes.start, latency.axes.end), abs=0.2)
        assert latency.axes.start <= min(x)
        assert max(x) <= latency.axes.end
    assert all(latency.axes.start <= rect.left() <= rect.right() <= latency.axes.end for rect in latency.band.rects)


def test_a_time_without_anything_says_so(board: ChartBoard) -> None:
    board.span.show(42 * SECOND_NS, 43 * SECOND_NS)
    board.redraw()
    assert chart_of(board, LatencyChart).notice == NOTHING_HERE
    assert chart_of(board, LatencyChart).summary == "0 calls"
    assert chart_of(board, DistributionChart).notice == NOTHING_HERE
    assert chart_of(board, EventsChart).notice == ""


def colors_in(picture: QImage) -> set[str]:
    plain = picture.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(bytes(plain.constBits()), dtype=np.uint32)
    return {QColor(pixel).name() for pixel in np.unique(pixels).tolist()}


def luminance(color: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    rgb = QColor(color)
    return 0.2126 * linear(rgb.redF()) + 0.7152 * linear(rgb.greenF()) + 0.0722 * linear(rgb.blueF())


@pytest.mark.parametrize("scheme", [theme.DARK, theme.LIGHT])
def test_every_colour_stands_out_from_the_ground(application: QApplication, scheme: theme.Colors) -> None:
    theme.apply(application, scheme)
    for role in ("first", "second", "third", "fourth", "failure", "bad", "good", "warn"):
        light, dark = sorted((luminance(chart_color(role)), luminance(scheme.base)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, role


def test_nothing_is_told_by_colour_alone(board: ChartBoard) -> None:
    for chart in board.charts.values():
        assert len({entry.glyph for entry in chart.legend}) == len(chart.legend)
    flags = {flag.glyph: flag.role for chart in board.charts.values() for flag in chart.flags}
    assert len(flags) == len(set(flags.values()))


def test_the_charts_take_another_theme_over(board: ChartBoard, application: QApplication) -> None:
    chart = chart_of(board, LatencyChart)
    dark = colors_in(chart.grab().toImage())
    assert theme.DARK.base in dark
    theme.apply(application, theme.LIGHT)
    light = colors_in(chart.grab().toImage())
    assert theme.LIGHT.base in light
    assert theme.DARK.base not in light
    assert chart.lines[0].opts["pen"].color().name() == chart_color("third")


def test_a_picture_is_saved_at_twice_the_resolution(board: ChartBoard, story: Story, tmp_path: Path) -> None:
    path = tmp_path / "charts.png"
    saving.save(board.shown, board.source, path)
    picture = QImage(str(path))
    ground = board.sheet.ground.size()
    assert abs(picture.width() - 2 * ground.width()) <= 4
    assert abs(picture.height() - 2 * ground.height()) <= 4
    assert {chart_color("third"), chart_color("second"), theme.colors().base} <= colors_in(picture)


def test_a_drawing_is_made_of_lines_and_letters(board: ChartBoard, tmp_path: Path) -> None:
    chart = chart_of(board, LatencyChart)
    board.show_only("latency")
    board.redraw()
    chart.setFocus()
    board.point_at(chart, chart.axes.area.center())
    path = tmp_path / "latency.SVG"
    saving.save(board.shown, board.source, path)
    text = path.read_text(encoding="utf-8")
    assert "<image" not in text
    assert "Latency, ms" in text
    assert theme.colors().accent not in text
    assert chart.cross is not None
    renderer = QSvgRenderer(text.encode())
    assert renderer.isValid()
    assert renderer.defaultSize().width() > 100


def test_a_table_has_every_value_in_sight(board: ChartBoard, story: Story) -> None:
    rows = list(csv.DictReader(io.StringIO(saving.table(board.shown, board.source))))
    assert {row["chart"] for row in rows} == {chart.title for chart in board.charts.values()}
    calls = [row for row in rows if row["series"] == "tools/call echo"]
    assert [float(row["value"]) for row in calls] == [10.0 + second for second in range(1, 41)]
    assert [int(row["event"]) for row in calls] == [asked.n for asked in story.asked]
    assert calls[6]["note"] == "answered with an error"
    assert calls[0]["time"].endswith(".000000")


def test_a_name_of_the_servers_is_no_formula_in_a_table(up: Up) -> None:
    story = Story()
    asked = story.ask(1, "=cmd()")
    story.answer(1, asked, rtt_ms=1.0, method="=cmd()\u202e")
    story.fail(asked, Outcome.LOST)
    story.fold()
    table = saving.table([chart_of(up(story), LatencyChart)], story.source())
    assert "'=cmd()\\u202e" in table


def test_what_cannot_be_saved_is_said(board: ChartBoard, tmp_path: Path) -> None:
    with pytest.raises(saving.SavingError, match=r"ends in \.png, \.svg or \.csv"):
        saving.save(board.shown, board.source, tmp_path / "charts.gif")
    with pytest.raises(saving.SavingError, match="Choose another place"):
        saving.save(board.shown, board.source, tmp_path / "nowhere" / "charts.png")


@pytest.mark.parametrize("is_log", [False, True])
@pytest.mark.parametrize("later_s", [0, 1e-9, 86_400, 1.8e9])
def test_no_recording_is_too_odd_to_be_drawn(up: Up, later_s: float, is_log: bool) -> None:
    story = Story()
    story.send(1, "GET", "stream")
    story.headers(1)
    for rtt_ms in (0.0, 1e-12, 1e300, float("inf"), -1.0):
        story.clock.advance(later_s)
        story.call(rtt_ms)
        story.comment(1)
        story.state(ConnectionState.RECONNECTING, attempt=0, delay_ms=rtt_ms if rtt_ms < 1e9 else 1e9, asked_ms=0)
    story.fold()
    board = up(story, is_live=False)
    board.set_log(is_log)
    for chart in board.charts.values():
        for share in (0.0, 0.3, 1.0):
            area = chart.axes.area
            chart.hit(QPointF(area.left() + share * area.width(), area.center().y()))
        assert not chart.grab().isNull()
    assert saving.table(board.shown, board.source).count("tools/call echo") == 4


def test_a_crowd_of_calls_is_thinned_to_what_can_be_seen(up: Up) -> None:
    story = Story()
    story.series.fold([story.state(ConnectionState.OPEN)])
    for place in range(20_000):
        story.series.calls.points.append(place * 1_000_000, 10.0 + place % 7, place, 0, 0)
    story.series.calls.keys.append("ping")
    story.wait(20_000)
    chart = chart_of(up(story), LatencyChart)
    assert len(chart.places) == 20_000
    assert 500 < len(data_of(chart.answered)[0]) < 8_000
    hit = chart.hit(QPointF(place_of(chart, 10.003, 14.0)))
    assert hit is not None
    assert "ping: 14.0 ms" in hit.words
