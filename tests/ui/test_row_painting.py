from __future__ import annotations

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from inspector.record.rows import ERROR
from inspector.trace.events import AnyEvent, ConnectionState, MessageType
from inspector.ui import theme
from inspector.ui.delegates.fitting import Fitting
from inspector.ui.models.evidence import Evidence, Held
from inspector.ui.models.timeline_cells import Column
from inspector.ui.views.timeline_pane import TimelinePane
from tests.support.panes import put_up, settle
from tests.support.rivers import Talk


@pytest.fixture
def pane(river: Talk, qtbot: QtBot) -> TimelinePane:
    return put_up(qtbot, TimelinePane(river), 1000, 500)


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def cell(pane: TimelinePane, position: int, column: Column) -> QRect:
    return pane.view.visualRect(pane.model.index(position, column))


def painted(image: QImage, rect: QRect) -> set[int]:
    """The colours in a part of the picture."""
    return {image.pixel(x, y) for x in range(rect.left(), rect.right()) for y in range(rect.top(), rect.bottom())}


def test_every_shown_cell_with_a_text_is_painted_in_its_own_place(
    river: Talk, pane: TimelinePane, qtbot: QtBot
) -> None:
    river.calls(3)
    settle(pane, qtbot)
    image = picture(pane.view.viewport())
    for position in range(pane.rows_shown()):
        for column in Column:
            if not pane.view.isColumnHidden(column) and column != Column.LANE:  # the lane has its colour besides
                is_painted = len(painted(image, cell(pane, position, column))) > 1
                assert is_painted == bool(pane.model.cell(position, column)), (position, column)


def test_a_part_is_painted_as_the_whole(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(20)
    river.state(ConnectionState.RECONNECTING)
    settle(pane, qtbot)
    viewport = pane.view.viewport()
    whole = picture(viewport)
    for part in (QRect(0, 3, 1000, 7), QRect(150, 0, 40, 300), QRect(333, 101, 90, 61)):
        image = QImage(whole.size(), whole.format())
        image.fill(Qt.GlobalColor.magenta)
        painter = QPainter(image)
        viewport.render(painter, part.topLeft(), part)
        painter.end()
        shown = part & viewport.rect()
        assert image.copy(shown) == whole.copy(shown)
        assert image.pixelColor(shown.left(), shown.bottom() + 2) == Qt.GlobalColor.magenta


def test_only_events_in_sight_are_read(
    river: Talk, pane: TimelinePane, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    river.calls(200)
    settle(pane, qtbot)
    pane.model.cells.preview.cache_clear()
    read: set[int] = set()
    original = Talk.__getitem__

    def noted(self: Talk, n: int) -> AnyEvent:
        read.add(n)
        return original(self, n)

    monkeypatch.setattr(Talk, "__getitem__", noted)
    pane.view.tail.pause()
    pane.view.verticalScrollBar().setValue(300)
    picture(pane.view.viewport())
    in_sight = pane.view.viewport().height() // pane.view.rowHeight(0) + 2
    assert 300 - 4 <= min(read) < max(read) <= 300 + in_sight  # a preview may look at the request


def test_the_selected_row_has_the_colour_of_the_selection_over_its_whole_width(
    river: Talk, pane: TimelinePane, qtbot: QtBot
) -> None:
    river.calls(3)
    settle(pane, qtbot)
    pane.view.selectRow(4)
    image, row = picture(pane.view.viewport()), cell(pane, 4, Column.KIND)
    for x in (1, pane.view.viewport().width() // 2, pane.view.viewport().width() - 2):
        assert image.pixelColor(x, row.top()) == theme.color("selection")
        assert image.pixelColor(x, row.bottom()) == theme.color("selection")
        assert image.pixelColor(x, row.bottom() + 1) != theme.color("selection")


def test_stacked_accents_stay_in_their_row(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    for method in ("plain", "a" + "\u030a" * 40, "plain"):
        river.message(None, MessageType.NOTIFICATION, method=method)
    settle(pane, qtbot)
    image = picture(pane.view.viewport())
    assert image.copy(cell(pane, 0, Column.LABEL)) == image.copy(cell(pane, 2, Column.LABEL))
    assert image.copy(cell(pane, 1, Column.LABEL)) != image.copy(cell(pane, 0, Column.LABEL))


@pytest.mark.parametrize("is_mono", [True, False])
@pytest.mark.parametrize(
    "text", ["", "short", "a text that is longer than its cell", "grüße über grüße ← →", "你好" * 20]
)
def test_a_text_is_cut_to_its_cell(qtbot: QtBot, text: str, is_mono: bool) -> None:
    font = theme.mono_font(0.95) if is_mono else QFont()
    fitting, metrics = Fitting(font), QFontMetrics(font)
    for width in (0, 5, 11, 30, 99, 100, 101, 400):
        fitted = fitting.fit(text, width)
        assert fitted.text == metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        assert abs(fitted.width - metrics.horizontalAdvance(fitted.text)) <= 1


@pytest.mark.parametrize(
    ("text", "is_high"), [("plain", False), ("← 3 µs …", False), ("a\u030a\u030a", True), ("བོད", True)]
)
def test_only_what_may_be_high_is_clipped(qtbot: QtBot, text: str, is_high: bool) -> None:
    assert Fitting(QFont()).fit(text, 1_000).is_high is is_high


@pytest.mark.parametrize("text", ["notification", "← in", "<b>x</b>"])
def test_a_text_drawn_often_looks_the_same(qtbot: QtBot, text: str) -> None:
    images = []
    for fitting in (Fitting(QFont()), Fitting(theme.mono_font(0.95))):
        for draw in (fitting.draw, fitting.draw_often, fitting.draw_often):
            image = QImage(200, 40, QImage.Format.Format_RGB32)
            image.fill(0)
            painter = QPainter(image)
            painter.setFont(fitting.font)
            painter.setPen(Qt.GlobalColor.white)
            draw(painter, 10, 25, text)
            painter.end()
            images.append(image)
    assert images[0] == images[1] == images[2]
    assert images[3] == images[4] == images[5]
    assert len(painted(images[0], images[0].rect())) > 1


def test_the_view_tells_how_long_it_painted(river: Talk, pane: TimelinePane, qtbot: QtBot) -> None:
    river.calls(20)
    settle(pane, qtbot)
    told: list[int] = []
    pane.view.painted.connect(told.append)
    picture(pane.view.viewport())
    assert len(told) == 1
    assert told[0] > 0


def test_what_a_finding_rests_on_has_a_corner_and_a_bar_while_it_is_read(
    river: Talk, pane: TimelinePane, qtbot: QtBot
) -> None:
    river.calls(3)
    settle(pane, qtbot)
    viewport = pane.view.viewport()
    held = {pane.timeline.numbers[1]: Held(ERROR, "odd", ("Odd thing",))}
    pane.model.evidence = Evidence(held)
    number = cell(pane, 1, Column.NUMBER)
    corner = QRect(number.left(), number.top(), 4, 4)
    below = QRect(number.left(), number.bottom() - 6, 3, 5)
    bad = theme.color("bad").rgb()
    image = picture(viewport)
    assert bad in painted(image, corner) and bad not in painted(image, below)
    assert bad not in painted(image, corner.translated(0, number.height()))
    pane.model.evidence = Evidence(held, frozenset(held))
    assert painted(picture(viewport), below) == {bad}
    tip = pane.model.index(1, Column.PREVIEW).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.endswith("Evidence for: Odd thing")
    pane.view.setColumnHidden(Column.NUMBER, True)  # as in a narrow window
    time = cell(pane, 1, Column.TIME)
    assert painted(picture(viewport), QRect(time.left(), time.bottom() - 6, 3, 5)) == {bad}
