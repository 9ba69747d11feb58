"""The lanes as a user works with them: what is painted, where a click leads, what keys and wheel do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QToolTip
from pytestqt.qtbot import QtBot

from inspector.record.lanes import BEAT, EVENTS, FAULT, HEADERS, IN, OUT, SENT, WARNING
from inspector.record.timeline import Timeline
from inspector.trace.events import ConnectionState, EndCause, FrameReceived, MessageType, Severity, Violation
from inspector.ui import theme
from inspector.ui.views.lanes_pixels import image
from inspector.ui.views.lanes_span import Mode
from inspector.ui.views.lanes_view import LanesView
from tests.support.panes import part, put_up
from tests.support.rivers import Talk

MS = 1_000_000


def tell(river: Talk) -> None:
    """Two streams within a second: a GET that stays open, and a call that is reset."""
    river.state(ConnectionState.OPEN)
    river.send(1, "GET", "stream")
    river.wait(100)
    river.headers(1)
    river.wait(100)
    for _ in range(5):
        river.hear(FrameReceived, 1, raw=b"data: 1\n\n")
        river.wait(50)
    river.send(2)
    river.ask(2, name="echo")
    river.wait(200)
    river.tell(Violation, rule="r", severity=Severity.WARN, text="t", stream=2)
    river.wait(100)
    river.end(2, EndCause.RESET)
    river.wait(150)
    river.comment(1)


def up(qtbot: QtBot, river: Talk, *, live: bool = True, width: int = 900, height: int = 200) -> LanesView:
    timeline = river.into(Timeline())
    view = put_up(qtbot, LanesView(timeline, river.clock.monotonic_ns if live else None), width, height)
    settle(view)
    return view


def settle(view: LanesView) -> QImage:
    while view.scene.is_behind:
        view.pull()
    return view.grab().toImage()


@pytest.fixture
def view(application: QApplication, qtbot: QtBot, river: Talk) -> Iterator[LanesView]:
    assert application is not None
    tell(river)
    yield up(qtbot, river)


def mode_of(view: LanesView) -> Mode:
    return view.scene.span.mode


def place(view: LanesView, lane: int, at_ms: float) -> QPoint:
    scene = view.scene
    top = next(top for shown, top in [(0, scene.axis_px), *scene.lanes_in_sight()] if shown == lane)
    return QPoint(scene.x_of(round(at_ms * MS)), top + scene.lane_px // 2)


def colors_of(picture: QImage, lane_top: int, height: int, left: int) -> set[str]:
    return {
        QColor(picture.pixel(x, y)).name()
        for y in range(lane_top, lane_top + height)
        for x in range(left, picture.width())
    }


def bottom_edge(view: LanesView) -> str:
    return settle(view).pixelColor(400, view.viewport().height() - 1).name()


def wheel(view: LanesView, at: QPoint, turned: QPoint, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    viewport = view.viewport()
    event = QWheelEvent(
        QPointF(at),
        QPointF(viewport.mapToGlobal(at)),
        QPoint(),
        turned,
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport, event)
    settle(view)


def test_an_empty_timeline_says_what_will_be_here(application: QApplication, qtbot: QtBot, river: Talk) -> None:
    view = up(qtbot, river)
    empty = settle(view)
    for key in (Qt.Key.Key_Plus, Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_R):
        QTest.keyClick(view, key)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 100))
    assert theme.colors().muted in colors_of(empty, 60, 80, 200)
    assert not part(view, QToolButton, "lanesFit").isEnabled()
    tell(river)
    view.scene.timeline.fold(river.since(0))
    view.pull()
    settle(view)
    assert view.scene.shown == [1, 2]
    assert part(view, QToolButton, "lanesFit").isEnabled()


@pytest.mark.parametrize("scheme", [theme.DARK, theme.LIGHT])
def test_each_lane_shows_its_stream_in_colours_of_the_theme(
    application: QApplication, qtbot: QtBot, river: Talk, scheme: theme.Colors
) -> None:
    theme.apply(application, scheme)
    tell(river)
    view = up(qtbot, river)
    picture = settle(view)
    scene = view.scene
    tops = dict(scene.lanes_in_sight())
    get = colors_of(picture, tops[1], scene.lane_px, scene.labels_px + 2)
    call = colors_of(picture, tops[2], scene.lane_px, scene.labels_px + 2)
    assert scheme.inbound in get
    assert scheme.heartbeat in get
    assert scheme.bad not in get
    assert {scheme.outbound, scheme.bad, scheme.warn} <= call


def test_an_error_is_wide_and_signs_tell_without_colour(view: LanesView) -> None:
    def column(flags: int) -> list[bool]:
        """Whether anything is painted in each line of a column."""
        picture = image([(bytes((0, flags, 0)), False)], 3, 18)
        return [QColor.fromRgba(picture.pixel(1, y)).alpha() > 0 for y in range(18)]

    assert len({tuple(column(flags)) for flags in (SENT, HEADERS, EVENTS, IN, OUT, BEAT, WARNING, FAULT)}) == 8
    wide = image([(bytes((FAULT, 0, 0, 0, FAULT)), False)], 5, 18)
    assert [QColor.fromRgba(wide.pixel(x, 9)).alpha() > 0 for x in range(5)] == [True, True, False, True, True]
    call = place(view, 2, 750)
    painted = settle(view)
    crossed = [painted.pixelColor(call.x() + x, call.y() + x).name() for x in (-3, 3)]
    assert crossed == [theme.colors().bad] * 2


def test_a_click_goes_to_the_row_nearest_in_its_lane(view: LanesView, qtbot: QtBot) -> None:
    timeline = view.scene.timeline
    for lane, at_ms, kind in (
        (1, 2, "HTTP request"),
        (1, 251, "SSE event"),
        (1, 96, "HTTP response"),
        (2, 748, "HTTP end"),
    ):
        with qtbot.waitSignal(view.row_wanted) as wanted:
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(view, lane, at_ms))
        row = wanted.args[0]
        assert timeline.kind_word(row) == kind
        assert timeline.streams[row] == lane
    with qtbot.assertNotEmitted(view.row_wanted):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(view, 2, 200))


def test_a_click_on_a_name_goes_to_where_the_stream_begins(view: LanesView, qtbot: QtBot) -> None:
    at = QPoint(20, place(view, 2, 0).y())
    with qtbot.waitSignal(view.row_wanted) as wanted:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted.args == [view.scene.lanes.facts(2).first_row]
    with qtbot.waitSignal(view.stream_wanted) as stream:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert stream.args == [2]


def test_dragging_chooses_the_rows_of_that_time_and_escape_forgets_them(view: LanesView, qtbot: QtBot) -> None:
    start, end = place(view, 1, 190), place(view, 1, 320)
    with qtbot.waitSignal(view.range_selected) as chosen:
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=end)
        QTest.mouseMove(view.viewport(), (start + end) / 2)
        QTest.mouseMove(view.viewport(), start)
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    timeline = view.scene.timeline
    stamps = [timeline.monotonic_ns[row] / MS for row in range(chosen.args[0], chosen.args[1] + 1)]
    assert stamps == [200, 250, 300]
    with qtbot.waitSignal(view.range_cleared):
        QTest.keyClick(view, Qt.Key.Key_Escape)
    with qtbot.assertNotEmitted(view.range_cleared):
        QTest.keyClick(view, Qt.Key.Key_Escape)


def test_a_range_without_a_row_is_none(view: LanesView, qtbot: QtBot) -> None:
    view.select_range(190 * MS, 320 * MS)
    with qtbot.waitSignal(view.range_cleared), qtbot.assertNotEmitted(view.range_selected):
        view.select_range(110 * MS, 190 * MS)
    assert view.scene.brush is None


def test_the_wheel_zooms_at_the_pointer_and_pans_with_shift(view: LanesView) -> None:
    at = place(view, 1, 450)
    before = view.scene.span.columns
    wheel(view, at, QPoint(0, 240))
    zoomed = view.scene.span.columns
    assert zoomed.step_ns < before.step_ns
    assert abs(view.scene.x_of(450 * MS) - at.x()) <= 2
    wheel(view, at, QPoint(0, -120), Qt.KeyboardModifier.ShiftModifier)
    assert view.scene.span.columns.start_ns > zoomed.start_ns
    assert view.scene.span.columns.step_ns == zoomed.step_ns
    wheel(view, at, QPoint(120, 0))
    assert abs(view.scene.span.columns.start_ns - zoomed.start_ns) <= zoomed.step_ns
    wheel(view, at, QPoint(5, 240))
    assert view.scene.span.columns.step_ns < zoomed.step_ns


def test_dragging_with_the_middle_button_pans(view: LanesView) -> None:
    wheel(view, place(view, 1, 450), QPoint(0, 600))
    at_ns = view.scene.ns_at(400)
    QTest.mousePress(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(400, 60))
    QTest.mouseMove(view.viewport(), QPoint(430, 60))
    QTest.mouseMove(view.viewport(), QPoint(460, 60))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.MiddleButton, pos=QPoint(460, 60))
    assert abs(view.scene.x_of(at_ns) - 460) <= 2


def test_keys_do_all_that_the_pointer_does(view: LanesView, qtbot: QtBot) -> None:
    span = view.scene.span
    whole = span.columns.step_ns
    for _ in range(4):
        QTest.keyClick(view, Qt.Key.Key_Plus)
    near = span.columns
    assert near.step_ns < whole / 2
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert span.columns.start_ns < near.start_ns
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert abs(span.columns.start_ns) <= span.columns.step_ns
    QTest.keyClick(view, Qt.Key.Key_Minus)
    assert span.columns.step_ns > near.step_ns
    QTest.keyClick(view, Qt.Key.Key_End)
    assert mode_of(view) is Mode.FOLLOW
    QTest.keyClick(view, Qt.Key.Key_0)
    assert mode_of(view) is Mode.FIT
    settle(view)
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_Down)
    assert view.scene.current == view.scene.shown[1] == 2
    with qtbot.waitSignal(view.stream_wanted) as stream:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert stream.args == [2]
    with qtbot.waitSignal(view.row_wanted) as row:
        QTest.keyClick(view, Qt.Key.Key_Space)
    assert view.scene.timeline.streams[row.args[0]] == 2
    with qtbot.waitSignal(view.range_selected) as chosen:
        QTest.keyClick(view, Qt.Key.Key_R)
    assert chosen.args == [0, len(view.scene.timeline) - 1]


def test_the_focus_is_seen(view: LanesView, qtbot: QtBot) -> None:
    view.window().activateWindow()
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    edges = [bottom_edge(view)]
    view.clearFocus()
    qtbot.waitUntil(lambda: not view.hasFocus())
    edges.append(bottom_edge(view))
    assert edges == [theme.colors().accent, theme.colors().base]


def test_buttons_zoom_fit_and_follow(view: LanesView) -> None:
    span = view.scene.span
    whole = span.columns.step_ns
    part(view, QToolButton, "lanesNearer").click()
    assert span.columns.step_ns < whole
    part(view, QToolButton, "lanesFarther").click()
    part(view, QToolButton, "lanesFollow").click()
    settle(view)
    assert part(view, QToolButton, "lanesFollow").isChecked()
    assert not part(view, QToolButton, "lanesFit").isChecked()
    part(view, QToolButton, "lanesFit").click()
    settle(view)
    assert part(view, QToolButton, "lanesFit").isChecked()


def test_lanes_with_problems_come_first_if_wanted(view: LanesView) -> None:
    assert view.scene.shown == [1, 2]
    QTest.keyClick(view, Qt.Key.Key_P)
    settle(view)
    assert view.scene.shown == [2, 1]
    assert part(view, QToolButton, "lanesProblems").isChecked()


def test_tips_say_exactly_what_is_there(view: LanesView) -> None:
    row = view.tip(place(view, 1, 250))
    assert "SSE event message" in row
    assert "(+0.250000 s)" in row
    assert "GET 1 · stream" in row
    assert "headers after 100 ms" in row
    assert "open for" in row
    ended = view.tip(QPoint(20, place(view, 2, 0).y()))
    assert "POST 2 · tools/call · echo" in ended
    assert "ended after 300 ms: connection reset" in ended
    assert "worst: error" in ended
    assert "Connection" in view.tip(QPoint(20, view.scene.axis_px + 3))
    assert view.tip(QPoint(400, 3)) == ""


def test_what_the_peer_wrote_is_neither_markup_nor_endless(
    application: QApplication, qtbot: QtBot, river: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    river.send(1, "GET<b>", "\u202eevil\x00" + "x" * 10_000)
    river.hear(FrameReceived, 1, event="<img src='file:///etc/passwd'>\n" * 50, raw=b"data: \n\n")
    river.message(1, MessageType.NOTIFICATION, method="a" * 10_000)
    view = up(qtbot, river)
    QTest.mouseMove(view.viewport(), QPoint(300, 50))
    at = place(view, 1, 0)
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _, words, __: shown.append(words))
    QApplication.sendEvent(view.viewport(), QHelpEvent(QEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at)))
    words = shown[0]
    assert "<img" not in words
    assert "\u202e" not in words
    assert len(words) < 2_000


def test_an_open_stream_grows_while_nothing_comes_and_a_recording_stands_still(
    application: QApplication, qtbot: QtBot, river: Talk
) -> None:
    tell(river)
    live, recorded = up(qtbot, river), up(qtbot, river, live=False)
    ends = [view.scene.span.columns.end_ns for view in (live, recorded)]
    river.wait(5_000)
    for view in (live, recorded):
        view.pull()
        settle(view)
    assert live.scene.span.columns.end_ns > ends[0] + 4_000 * MS
    assert recorded.scene.span.columns.end_ns == ends[1]
    assert live.scene.is_moving
    stale = [(live.scene.is_stale, recorded.scene.is_stale)]
    river.wait(1)
    assert [*stale, (live.scene.is_stale, recorded.scene.is_stale)] == [(False, False), (True, False)]


def test_pointing_at_a_row_brings_it_into_sight(view: LanesView) -> None:
    for _ in range(12):
        QTest.keyClick(view, Qt.Key.Key_Plus)
    last = len(view.scene.timeline) - 1
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.scene.x_of(view.scene.timeline.monotonic_ns[last]) > view.viewport().width()
    view.show_row(last)
    x = view.scene.x_of(view.scene.timeline.monotonic_ns[last])
    assert view.scene.labels_px <= x < view.viewport().width()
    assert theme.colors().text in colors_of(settle(view).copy(x, 100, 1, 50), 0, 50, 0)


def test_pointing_at_a_row_before_anything_is_painted_leaves_all_in_sight(
    application: QApplication, qtbot: QtBot, river: Talk
) -> None:
    tell(river)
    view = LanesView(river.into(Timeline()))
    view.show_row(2)
    put_up(qtbot, view, 900, 200)
    settle(view)
    assert mode_of(view) is Mode.FIT
    assert view.scene.span.columns.end_ns > view.scene.lanes.last_ns


def test_ten_thousand_streams_scroll_and_are_painted_in_no_time(
    application: QApplication, qtbot: QtBot, river: Talk
) -> None:
    for number in range(10_000):
        river.send(river.next_stream(), purpose=f"call {number}")
        river.wait(1)
        river.end(number + 1)
    view = up(qtbot, river, height=400)
    bar = view.verticalScrollBar()
    assert bar.maximum() > 9_000 * view.scene.lane_px
    QTest.keyClick(view, Qt.Key.Key_Down)
    for _ in range(3):
        QTest.keyClick(view, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    bar.setValue(bar.maximum())
    began = time.perf_counter()
    settle(view)
    assert time.perf_counter() - began < 1.0
    assert view.scene.lanes_in_sight()[-1][0] == 1
    assert "10,000 streams" in view.accessibleDescription()


def test_it_rests_while_it_is_hidden(view: LanesView, river: Talk) -> None:
    view.hide()
    river.comment(1)
    view.scene.timeline.fold(river.since(len(river) - 1))
    QApplication.processEvents()
    assert view.scene.is_behind
    view.show()
    assert not view.scene.is_behind


def test_every_button_has_room_in_a_window_of_the_usual_width(
    application: QApplication, qtbot: QtBot, river: Talk
) -> None:
    tell(river)
    names = ["lanesFarther", "lanesNearer", "lanesFit", "lanesProblems", "lanesFollow"]
    view = up(qtbot, river, width=740)
    buttons = [part(view, QToolButton, name) for name in names]
    assert all(button.isVisible() for button in buttons)
    assert max(button.geometry().right() for button in buttons) < view.scene.labels_px
    view.resize(460, 200)
    assert [button.isVisible() for button in buttons] == sorted(
        (button.isVisible() for button in buttons), reverse=True
    )
    assert not buttons[-1].isVisible()
    past = up(qtbot, river, live=False, width=740)
    assert part(past, QToolButton, "lanesProblems").isVisible()
    assert not part(past, QToolButton, "lanesFollow").isVisible()
